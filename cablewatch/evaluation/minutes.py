"""What the engine holds of a ship at the end of each minute, of injected drags and as recorded.

An engine that is stopped at a whole minute says the same as one that is not (the law of the split):
its records are looked at, never changed. Rounds are stopped only while a drag is under way.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cablewatch.cables.index import build_index
from cablewatch.cables.model import Cable
from cablewatch.engine import drag, fishtail, speed_loss
from cablewatch.engine.fold import Engine
from cablewatch.engine.typical_speed import usual_kn
from cablewatch.evaluation.injections import thinned
from cablewatch.evaluation.splits import split_of_day, split_of_ship
from cablewatch.evaluation.traffic import Traffic
from cablewatch.fixes import Fixes
from cablewatch.units import MINUTE_MS
from cablewatch.vessels.register import Vessels

RATIOS = tuple(name for name, _ in drag.TERMS[:3])
"""Names of the kinds of evidence, as `drag.evidence` gives them."""

LIVE_MS = 15 * MINUTE_MS  # a minute is evaluated while the last fix is at most so old; rules.md


class Minute(NamedTuple):
    """One ship at the end of a minute, and the log-likelihood ratios that the drag rule gives."""

    now_ms: int
    ship: np.void  # a copy of its record
    ratios: tuple[float, ...]  # in the order of `RATIOS`

    @property
    def told(self) -> bool:
        """Whether the rule says anything: an own or a typical speed is known, and the present."""
        usual = usual_kn(self.ship)  # type: ignore[no-untyped-call]
        return not (np.isnan(usual) or np.isnan(self.ship["minute_kn"]))

    @property
    def evidence(self) -> float:
        """Sum of the ratios, nats; -inf where the rule says nothing."""
        return sum(self.ratios) if self.told else -np.inf


def minute_of(ship: np.void, now_ms: int) -> Minute:
    """Take a ship's record as it is at the end of a minute."""
    ratios = drag.evidence(ship, now_ms)  # type: ignore[no-untyped-call]
    return Minute(now_ms, ship, tuple(map(float, ratios)))


def during(
    traffic: Traffic, fixes: Fixes, cables: Sequence[Cable], spans: Mapping[int, tuple[int, int]]
) -> dict[int, list[Minute]]:
    """Minutes of ships, each after the start of its span and up to the end (ms).

    `fixes` are those of the traffic, drags laid into them; statics are the traffic's.
    """
    wanted = {
        end_ms
        for first_ms, last_ms in spans.values()
        for end_ms in range(-(-first_ms // MINUTE_MS) * MINUTE_MS, last_ms + 1, MINUTE_MS)
    }
    seen: dict[int, list[Minute]] = {mmsi: [] for mmsi in spans}
    for end_ms, engine in _stopped(traffic, fixes, cables, sorted(wanted)):
        for mmsi, (first_ms, last_ms) in spans.items():
            if first_ms < end_ms <= last_ms:
                ship = newest(engine, mmsi)
                if ship is not None:
                    seen[mmsi].append(minute_of(ship, end_ms))
    return seen


def as_recorded(
    traffic: Traffic, cables: Sequence[Cable], split: str, interval_s: float, step_min: int
) -> Iterator[Minute]:
    """Minutes of all ships and days of a split as recorded, one in `step_min`.

    Reports of each ship are thinned so that no two are nearer than `interval_s`; 0 leaves all.
    """
    fixes = _thinned(traffic, interval_s)
    ships = [mmsi for mmsi in sorted(traffic.ships) if split_of_ship(mmsi) == split]
    step_ms = step_min * MINUTE_MS
    first_ms, last_ms = int(traffic.fixes.t_ms[0]), int(traffic.fixes.t_ms[-1])
    ends = [
        end_ms
        for end_ms in range(first_ms // step_ms * step_ms + step_ms, last_ms, step_ms)
        if split_of_day(end_ms - 1) == split
    ]
    for end_ms, engine in _stopped(traffic, fixes, cables, ends):
        records = engine.state.ships
        here = np.isin(records["mmsi"], ships) & (records["t_ms"] >= end_ms - LIVE_MS)
        for k in np.flatnonzero(here):
            yield minute_of(records[k].copy(), end_ms)


def _thinned(traffic: Traffic, interval_s: float) -> Fixes:
    keep = np.ones(len(traffic.fixes), bool)
    for ship in traffic.ships.values():
        keep[ship.rows] = thinned(traffic.fixes.t_ms[ship.rows], interval_s)
    return traffic.fixes.take(keep)


def known(minutes: Sequence[Minute]) -> dict[str, float | None]:
    """Shares of minutes in which the parts of the rule could be computed; None of none."""
    ships = [minute.ship for minute in minutes]
    columns = {
        "own speed": [minute.told for minute in minutes],
        "speed loss": [ship["cusum"] >= speed_loss.SUSPECT for ship in ships],
        "cycle": [not np.isnan(ship["cycle_deg"]) for ship in ships],
        "own habit": [ship["habit_n"] >= fishtail.HABIT_MIN for ship in ships],
    }
    return {name: float(np.mean(told)) if told else None for name, told in columns.items()}


def newest(engine: Engine, mmsi: int) -> np.void | None:
    """Copy of the record of a ship, of several tracks the one heard last; None where none is."""
    tracks = engine.state.ships[engine.state.ships["mmsi"] == mmsi]
    if not len(tracks):
        return None
    record: np.void = tracks[int(tracks["t_ms"].argmax())].copy()
    return record


def _stopped(
    traffic: Traffic, fixes: Fixes, cables: Sequence[Cable], ends: Sequence[int]
) -> Iterator[tuple[int, Engine]]:
    """An engine that has folded all before each of the times given, whole minutes that rise."""
    engine, vessels = Engine(build_index(cables)), Vessels()
    cuts = np.searchsorted(fixes.t_ms, ends).tolist()
    said = np.searchsorted(traffic.statics.t_ms, ends).tolist()
    done = told = 0
    for end_ms, cut, until in zip(ends, cuts, said, strict=True):
        confirmed = vessels.update(traffic.statics.take(slice(told, until)))
        engine.push(fixes.take(slice(done, cut)), confirmed, end_ms)
        done, told = cut, until
        yield end_ms, engine
