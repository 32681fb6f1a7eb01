"""Rounds of injected traffic through order, fold and book, and what became of each drag.

::

    traffic -> clean run over the cables          -> alerts (false ones)
            -> clean run over cables and lattice  -> episodes, where there is a cable or not
    plan    -> a run a round over both, with its drags in their places -> outcomes

All runs go through the one `Pipeline`, whole archives at a time: neighbours are the real ones.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cablewatch.alerts.model import SEVERITIES, Alert
from cablewatch.cables.model import Cable
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.evaluation.injections import Drag, injected
from cablewatch.evaluation.traffic import Traffic
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.pipeline import Pipeline
from cablewatch.units import MINUTE_MS
from cablewatch.vessels.statics import Statics

WATCH = SEVERITIES.index("watch")
KIND = "anchor_drag"
GRACE_MS = 30 * MINUTE_MS  # after drag and stop: evidence looks back over 20 to 120 minutes
CHUNK_ROWS = 200_000


class Sighting(NamedTuple):
    """One version of an alert."""

    id: str
    kind: str
    mmsi: int
    t_ms: int
    severity: int  # place in SEVERITIES
    probability: float


@dataclass(frozen=True)
class Seen:
    """What a detector said of traffic: versions of alerts by time, crossings of cables."""

    sightings: list[Sighting]
    crossings: Array  # fields t_ms, mmsi, cable


Detector = Callable[[Fixes, Statics, Stations, Sequence[Cable]], Seen]
"""Anything that takes ordered fixes, statics, their stations and cables."""


def product(
    fixes: Fixes,
    statics: Statics,
    stations: Stations,
    cables: Sequence[Cable],
    surroundings: Surroundings = NOWHERE,
) -> Seen:
    """Run the detectors of cablewatch as `replay` does."""
    sightings: list[Sighting] = []
    crossings: list[Array] = []
    with Pipeline(cables, stations, surroundings=surroundings) as pipeline:
        steps = (pipeline.push(*batch) for batch in _batches(fixes, statics))
        for step in (*steps, pipeline.flush()):
            sightings += map(_sighting, step.alerts)
            crossings.append(step.said.crossings)
    return Seen(sightings, np.concatenate(crossings))


def _sighting(alert: Alert) -> Sighting:
    severity = SEVERITIES.index(alert.severity)
    return Sighting(alert.id, alert.kind, alert.mmsi, alert.updated_ms, severity, alert.probability)


def _batches(fixes: Fixes, statics: Statics) -> Iterator[tuple[Fixes, Statics]]:
    """Parts of sorted rows; static data go with the fixes of their time."""
    done = 0
    for start in range(0, len(fixes), CHUNK_ROWS):
        part = fixes.take(slice(start, start + CHUNK_ROWS))
        last = start + CHUNK_ROWS >= len(fixes)
        until = len(statics) if last else int(np.searchsorted(statics.t_ms, part.t_ms[-1], "right"))
        yield part, statics.take(slice(done, until))
        done = until


class Raised(NamedTuple):
    """An alert that reached `watch`, dated at the version that first did."""

    kind: str
    mmsi: int
    t_ms: int
    probability: float  # highest of its versions


def raised(sightings: Sequence[Sighting]) -> list[Raised]:
    """Alerts of `watch` or higher, each once."""
    first: dict[str, Sighting] = {}
    best: dict[str, float] = {}
    for seen in sightings:
        best[seen.id] = max(best.get(seen.id, 0.0), seen.probability)
        if seen.severity >= WATCH:
            first.setdefault(seen.id, seen)
    return [Raised(s.kind, s.mmsi, s.t_ms, best[s.id]) for s in first.values()]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one injected drag."""

    drag: Drag
    kind: str  # class of the ship
    detected_ms: int | None  # first `watch`, in the drag or up to `GRACE_MS` after it
    probability: float  # highest told in that time; 0 none
    chance: bool  # the ship reaches `watch` in that time as recorded, too
    next_ms: int | None  # first crossing of a given cable after the detection
    reports: int  # of the ship during the drag

    @property
    def minutes(self) -> float:
        """From the start of the drag to its detection; NaN where there is none."""
        if self.detected_ms is None:
            return np.nan
        return (self.detected_ms - self.drag.start_ms) / MINUTE_MS


@dataclass(frozen=True)
class Run:
    """All that was seen."""

    clean: list[Raised]  # over the cables, as recorded
    episodes: list[Sighting]  # drags over cables and lattice, as recorded: all versions
    outcomes: list[Outcome]
    crossings: int  # of the given cables, as recorded


def run(
    traffic: Traffic,
    rounds: Sequence[Sequence[Drag]],
    cables: Sequence[Cable],
    laid: Cable,
    detector: Detector = product,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Run:
    """Run the traffic as recorded and with each round's drags in it."""
    total = len(rounds) + 2
    said = traffic.statics, traffic.stations
    recorded = detector(traffic.fixes, *said, cables)
    progress(1, total)
    both = [*cables, laid]
    plain = detector(traffic.fixes, *said, both).sightings
    episodes = [s for s in plain if s.kind == KIND]
    progress(2, total)
    outcomes: list[Outcome] = []
    for number, drags in enumerate(rounds):
        fixes, reports = with_drags(traffic, drags)
        seen = detector(fixes, *said, both)
        outcomes += outcomes_of(traffic, drags, reports, seen, episodes, len(cables))
        progress(number + 3, total)
    return Run(raised(recorded.sightings), episodes, outcomes, len(recorded.crossings))


def with_drags(traffic: Traffic, drags: Sequence[Drag]) -> tuple[Fixes, list[int]]:
    """The traffic with drags in the places of the recorded tracks, and reports in each drag."""
    fixes = Fixes(*(column.copy() for column in traffic.fixes.columns()))
    keep = np.ones(len(fixes), bool)
    reports = []
    for drag in drags:
        rows = traffic.ships[drag.mmsi].rows
        track, kept = injected(traffic.fixes.take(rows), drag)
        inside = (track.t_ms >= drag.start_ms) & (track.t_ms < drag.end_ms)
        reports.append(int((inside & kept).sum()))
        keep[rows] = kept
        for column, values in zip(fixes.columns(), track.columns(), strict=True):
            column[rows] = values
    return fixes.take(keep), reports


def outcomes_of(
    traffic: Traffic,
    drags: Sequence[Drag],
    reports: Sequence[int],
    seen: Seen,
    plain: Sequence[Sighting],
    given: int,
) -> Iterator[Outcome]:
    """What became of each drag of a round.

    `reports` are those of the ship in each, `plain` the drag alerts as recorded, `given` the number
    of cables that are no lattice.
    """
    crossed = seen.crossings[seen.crossings["cable"] < given]
    for drag, count in zip(drags, reports, strict=True):
        own = [s for s in seen.sightings if s.mmsi == drag.mmsi and s.kind == KIND]
        as_recorded = [s for s in plain if s.mmsi == drag.mmsi]
        detected_ms, probability = _found(own, drag)
        after = crossed["t_ms"][crossed["mmsi"] == drag.mmsi]
        after = after[after > (drag.over_ms if detected_ms is None else detected_ms)]
        yield Outcome(
            drag=drag,
            kind=traffic.ships[drag.mmsi].kind.name,
            detected_ms=detected_ms,
            probability=probability,
            chance=_found(as_recorded, drag)[0] is not None,
            next_ms=int(after.min()) if detected_ms is not None and len(after) else None,
            reports=count,
        )


def _found(own: Sequence[Sighting], drag: Drag) -> tuple[int | None, float]:
    """When drag alerts of a ship first reach `watch` in the time of a drag, and their best.

    An alert that stood at `watch` before the drag began has not found it.
    """
    last_ms = drag.over_ms + GRACE_MS
    before = {s.id for s in own if s.severity >= WATCH and s.t_ms <= drag.start_ms}
    told = [s for s in own if drag.start_ms < s.t_ms <= last_ms and s.id not in before]
    watched = [s.t_ms for s in told if s.severity >= WATCH]
    return min(watched, default=None), max((s.probability for s in told), default=0.0)
