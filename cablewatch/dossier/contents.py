"""What a dossier holds, as files of a bundle.

===================  ===========================================================================
``manifest.json``    what is here and how it was made; SHA-256 of the files below
``alert.json``       every version of the alert, each with the hash of its content
``rows/NN/MM/NAME``  the ship's raw rows of member MM of input NN (``excerpt``)
``rows.csv``         path, line in the unpacked input and SHA-256 of each row
``context.csv``      votes of other ships in the cells and half hours that this ship read
``cables.geojson``   all routes of the run, with source and licence
``run.json``         what the store says of itself: what is modelled, what was not read
``map.png``          the picture
===================  ===========================================================================

The SHA-256 of ``manifest.json`` is the *seal*: it stands in the page, the one file beside these,
and fixes all of the above.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cablewatch.alerts.model import Alert
from cablewatch.alerts.records import alert_from_record, record
from cablewatch.archives import ReadOptions, Selection
from cablewatch.arguments import zone_of
from cablewatch.dossier.excerpt import Excerpt, row_hash
from cablewatch.engine.transitions import TALLY_DTYPE
from cablewatch.errors import StoreError
from cablewatch.fixes import Array
from cablewatch.output.text import Json, content_hash, epoch_ms, rfc3339
from cablewatch.stores.alerts import Version

FORMAT = "cablewatch-report/1"
MANIFEST, ALERT, ROWS, CONTEXT = "manifest.json", "alert.json", "rows.csv", "context.csv"
CABLES, RUN, IMAGE = "cables.geojson", "run.json", "map.png"
PLACE = re.compile(r"rows/\d\d+/\d\d+/(?!\.\.?$)[^/\0]{1,255}")  # of an excerpt
DAMAGE = (
    *(ValueError, TypeError, AttributeError, IndexError, OverflowError, OSError),
    *(RecursionError, csv.Error),
)
"""What comes of reading files that :meth:`Contents.files` did not make."""
TALLY_NAMES = TALLY_DTYPE.names or ()


@dataclass(frozen=True)
class Contents:
    """All of a dossier but its page.

    Attributes
    ----------
    about : dict
        The manifest without its hashes: alert, inputs, options of reading, how far the run went,
        and what came of checking when it was made.
    versions : tuple of Version
        Of the alert, in their order.
    excerpts : dict
        The ship's rows by their path in the bundle.
    tallies : array of TALLY_DTYPE
        What other ships cast.
    cables, run : bytes
        Files of the store, as they are.
    picture : bytes
        Map and figures over time; drawn from the rest.
    """

    about: Json
    versions: tuple[Version, ...]
    excerpts: Mapping[str, Excerpt]
    tallies: Array
    cables: bytes
    run: bytes
    picture: bytes = b""

    @property
    def alert(self) -> Alert:
        """The newest version."""
        return newest(self.versions).alert

    @property
    def until_ms(self) -> int:
        """How far the timers of the run went."""
        return epoch_ms(self.about["until"])

    @property
    def options(self) -> ReadOptions:
        """How its inputs are read."""
        return options_of(self.about["reading"])

    def files(self) -> dict[str, bytes]:
        """The files of the bundle, the manifest among them."""
        made = {
            ALERT: _json([_version(version) for version in self.versions]),
            **{path: excerpt.data for path, excerpt in self.excerpts.items()},
            ROWS: _csv(("path", "line", "sha256"), row_hashes(self.excerpts)),
            CONTEXT: _csv(TALLY_NAMES, self.tallies.tolist()),
            CABLES: self.cables,
            RUN: self.run,
            IMAGE: self.picture,
        }
        rows = [
            {"path": path, "rows": len(e.lines) - e.heads, "heads": e.heads}
            for path, e in self.excerpts.items()
        ]
        hashes = {path: sha256(data) for path, data in made.items()}
        return {MANIFEST: _json({**self.about, "rows": rows, "files": hashes}), **made}


def newest(versions: Sequence[Version]) -> Version:
    """The version that was last said; of one moment the one that came last."""
    return max(versions, key=lambda version: (version.alert.updated_ms, version.number))


def contents_of(files: Mapping[str, bytes]) -> Contents:
    """Contents of the files of a bundle, whether or not their hashes are right.

    Raises
    ------
    StoreError
        They are no files that :meth:`Contents.files` made.
    """
    try:
        about = json.loads(files[MANIFEST])
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']!r}")
        rows = about.pop("rows")
        lines: dict[str, list[int]] = {}
        for path, line, _ in _rows(files[ROWS]):
            lines.setdefault(path, []).append(int(line))
        excerpts = {
            row["path"]: Excerpt(
                row["path"].rpartition("/")[2],
                files[row["path"]],
                tuple(lines[row["path"]]),
                int(row["heads"]),
            )
            for row in rows
        }
        if not all(map(PLACE.fullmatch, excerpts)):
            raise ValueError("its rows lie in odd places")
        if excerpts.keys() != lines.keys():
            raise ValueError(f"{MANIFEST} and {ROWS} name other rows")
        if not isinstance(about.pop("files"), dict):
            raise ValueError("its hashes are no table")
        for path, excerpt in excerpts.items():
            if len(excerpt.rows) != len(excerpt.lines):
                raise ValueError(f"{path}: not as many rows as {ROWS} states")
        tallies = [tuple(map(int, row)) for row in _rows(files[CONTEXT])]
        versions = tuple(map(_read, json.loads(files[ALERT])))
        if not versions:
            raise ValueError("its alert is none")
        found = Contents(
            about,
            versions,
            excerpts,
            np.array(tallies, TALLY_DTYPE),
            files[CABLES],
            files[RUN],
            files[IMAGE],
        )
        _ = found.until_ms, found.options
        if not _is_said(about):
            raise ValueError("its manifest does not say how it was made")
    except KeyError as error:
        raise _odd(f"{error} is missing") from error
    except DAMAGE as error:
        raise _odd(str(error).partition("\n")[0]) from error
    return found


def _is_said(about: Json) -> bool:
    """Whether all that is read of a manifest later is what :meth:`Contents.files` writes."""
    outcome, reading = about["recheck"], about["reading"]
    texts = [about["alert"], about["made"], about["made_by"], *about["surroundings"]]
    texts += [*outcome["whole"], *outcome["alone"], reading["format"] or ""]
    texts += reading["columns"].values()
    texts += [one[name] for one in about["inputs"] for name in ("name", "sha256")]
    lists = [about["surroundings"], outcome["whole"], outcome["alone"], about["inputs"]]
    return (
        all(isinstance(text, str) for text in texts)
        and all(isinstance(items, list) for items in lists)
        and all(isinstance(one["bytes"], int) for one in about["inputs"])
    )


def _read(said: Json) -> Version:
    """A version as it was written; ValueError where it says more, less, or of other types."""
    version = Version(int(said["version"]), said["sha256"], alert_from_record(said["alert"]))
    alert = version.alert
    texts = [alert.id, alert.kind, alert.name, alert.severity, alert.state, alert.review]
    texts += [alert.rule_version, alert.config_hash, alert.source, alert.incident_id, version.hash]
    texts += [text for term in alert.evidence for text in (term.name, term.unit, term.text)]
    texts += [*alert.suppressed_by, *alert.stations]
    texts += [met.id for met in alert.cables] + [cable.id for cable in alert.next_cables]
    written = all(isinstance(text, str) for text in texts) and all(t.text for t in alert.evidence)
    if not alert.track or not written or record(alert) != said["alert"]:
        raise ValueError("its alert is none")
    return version


def row_hashes(excerpts: Mapping[str, Excerpt]) -> list[tuple[str, int, str]]:
    """Path, line and hash of each row."""
    return [
        (path, line, row_hash(row))
        for path, excerpt in excerpts.items()
        for line, row in zip(excerpt.lines, excerpt.rows, strict=True)
    ]


def said_hashes(files: Mapping[str, bytes]) -> list[tuple[str, int, str]]:
    """The same as the bundle states it."""
    return [(path, int(line), digest) for path, line, digest in _rows(files[ROWS])]


def reading_of(options: ReadOptions) -> Json:
    """Options of reading as plain values; caps and such decide nothing."""
    chosen = options.selection
    return {
        "format": options.format,
        "columns": dict(options.columns),
        "zone": str(options.zone),
        "from": None if chosen.start_ms is None else rfc3339(chosen.start_ms),
        "to": None if chosen.end_ms is None else rfc3339(chosen.end_ms),
        "bbox": None if chosen.bbox is None else list(chosen.bbox),
        "mmsi": None if chosen.mmsi is None else sorted(chosen.mmsi),
    }


def options_of(said: Json) -> ReadOptions:
    """The inverse of :func:`reading_of`."""
    start, end, bbox, mmsi = (said[name] for name in ("from", "to", "bbox", "mmsi"))
    return ReadOptions(
        format=said["format"],
        columns=dict(said["columns"]),
        zone=zone_of(said["zone"]),
        selection=Selection(
            None if start is None else epoch_ms(start),
            None if end is None else epoch_ms(end),
            None if bbox is None else _four(bbox),
            None if mmsi is None else frozenset(map(int, mmsi)),
        ),
    )


def versions_of(alerts: Sequence[Alert]) -> tuple[Version, ...]:
    """Alerts as versions in their order."""
    return tuple(
        Version(number, content_hash(record(alert)), alert)
        for number, alert in enumerate(alerts, 1)
    )


def sha256(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _version(version: Version) -> Json:
    return {"version": version.number, "sha256": version.hash, "alert": record(version.alert)}


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _csv(names: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue().encode()


def _rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode())))[1:]


def _four(values: Sequence[float]) -> tuple[float, float, float, float]:
    west, south, east, north = map(float, values)
    return west, south, east, north


def _odd(what: str) -> StoreError:
    return StoreError("bundle", f"is none of 'cablewatch report': {what}", "get the file again")
