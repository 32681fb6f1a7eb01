"""Recorded incidents as positives: what the rules say of them, and which terms could be computed.

A table names them, a line an incident, comma separated, with a head::

    name,mmsi,from,to,what,archive
    Yi Peng 3,414270000,2024-11-18T06:01:00Z,2024-11-18T11:00:00Z,drag,keyframes.csv

``what`` is `drag` or `ordinary` (a ship that was cleared, a control); ``archive`` a recording, its
path relative to the table. Recordings are run whole, over the cables given and lines laid as for
injected drags. Few incidents are on record, most of them thinned: a row says how much of each could
be judged.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cablewatch.archives import ReadOptions
from cablewatch.cables.model import Cable
from cablewatch.errors import ArchiveError
from cablewatch.evaluation.figures import Figures, as_json
from cablewatch.evaluation.lattice import lattice
from cablewatch.evaluation.minutes import during, known
from cablewatch.evaluation.traffic import Traffic
from cablewatch.evaluation.trials import GRACE_MS, KIND, WATCH, Detector, Sighting
from cablewatch.output.text import rfc3339
from cablewatch.usecases.read import read_files

COLUMNS = ("name", "mmsi", "from", "to", "what", "archive")
WHAT = ("drag", "ordinary")


@dataclass(frozen=True, slots=True)
class Incident:
    """A ship and a time of which it is known what she did."""

    name: str
    mmsi: int
    start_ms: int
    end_ms: int
    what: str  # of `WHAT`
    archive: Path


def load_incidents(path: Path) -> list[Incident]:
    """Read a table of incidents.

    Raises
    ------
    ArchiveError
        It cannot be read, a column is missing, or a field of a line is no time, number or label.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ArchiveError(
            str(path), f"cannot be read: {error}", "name a table of incidents"
        ) from error
    missing = [name for name in COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise ArchiveError(
            str(path), f"lacks {', '.join(missing)}", f"give columns {','.join(COLUMNS)}"
        )
    return [_incident(path, number, row) for number, row in enumerate(rows, 2)]


def _incident(path: Path, number: int, row: dict[str, str]) -> Incident:
    try:
        start_ms, end_ms = _ms(row["from"]), _ms(row["to"])
        one = Incident(
            row["name"],
            int(row["mmsi"]),
            start_ms,
            end_ms,
            row["what"],
            path.parent / row["archive"],
        )
    except (ValueError, TypeError) as error:
        raise ArchiveError(
            f"{path}:{number}", str(error), "write times as 2024-11-18T06:00:00Z"
        ) from error
    if one.what not in WHAT or start_ms >= end_ms:
        raise ArchiveError(
            f"{path}:{number}",
            f"{one.what!r} from {row['from']} to {row['to']}",
            f"say {' or '.join(WHAT)}, and an end after the start",
        )
    return one


def _ms(text: str) -> int:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return round(time.timestamp() * 1000)


def incidents(
    named: Sequence[Incident], cables: Sequence[Cable], options: ReadOptions, detector: Detector
) -> list[Figures]:
    """What the rules say of each incident; every recording is run once."""
    rows = []
    for archive in dict.fromkeys(one.archive for one in named):
        traffic = Traffic.of(read_files([archive], options))
        both = [*cables, lattice(traffic.fixes)]
        said = detector(traffic.fixes, traffic.statics, traffic.stations, both).sightings
        rows += [_told(one, traffic, both, said) for one in named if one.archive == archive]
    told: list[Figures] = as_json(rows)
    return told


def _told(
    one: Incident, traffic: Traffic, cables: Sequence[Cable], said: Sequence[Sighting]
) -> Figures:
    """Highest alert in the time of an incident, when `watch` was reached, and what was known."""
    last_ms = one.end_ms + GRACE_MS
    drags = [s for s in said if s.mmsi == one.mmsi and s.kind == KIND]
    own = [s for s in drags if one.start_ms < s.t_ms <= last_ms]
    watched = [s.t_ms for s in own if s.severity >= WATCH]
    spans = {one.mmsi: (one.start_ms, one.end_ms)}
    minutes = during(traffic, traffic.fixes, cables, spans)[one.mmsi]
    track = traffic.fixes.t_ms[traffic.fixes.mmsi == one.mmsi]
    return {
        "name": one.name,
        "what": one.what,
        "from": rfc3339(one.start_ms),
        "to": rfc3339(one.end_ms),
        "fixes": int(((track > one.start_ms) & (track <= one.end_ms)).sum()),
        "minutes": len(minutes),
        "known": known(minutes),
        "highest_nats": max((minute.evidence for minute in minutes), default=None),
        "probability": max((s.probability for s in own), default=0.0),
        "watch": rfc3339(min(watched)) if watched else None,
    }
