"""Stops of ships in a stream of fixes: where each lay at rest, for how long, and moved on.

Fixes are taken together in blocks of ten minutes, of each ship the medians, so that a false fix or
speed moves nothing. A stay begins with a block at rest, goes on while the blocks lie within half a
nautical mile of it, the swing of a ship at anchor, and is over once two blocks in a row lie beyond:
only then it counts, if half an hour lay between blocks at rest. A ship that still lies there, or
falls silent there for good, has not moved on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import NamedTuple

import numpy as np
import pandas as pd

from cablewatch.context.learned import Stay, cell_of
from cablewatch.engine.quality import is_ship_mmsi
from cablewatch.fixes import Fixes
from cablewatch.geodesy import distance_m
from cablewatch.units import DAY_MS, HOUR_MS, MINUTE_MS, NAUTICAL_MILE_M, NEVER_MS
from cablewatch.vessels.ship_classes import UNKNOWN, class_of
from cablewatch.vessels.statics import Statics

BLOCK_MS = 10 * MINUTE_MS
REST_KN = 0.5  # below it a course says nothing; a moored receiver reports up to that
REST_MS = 30 * MINUTE_MS  # shorter stops are manoeuvres; assumed
HEARD_MS = HOUR_MS  # of a longer silence no more is told as time at rest; assumed
SWING_M = 0.5 * NAUTICAL_MILE_M  # across the circle of a ship on 300 m of chain
GONE_BLOCKS = 2  # in a row beyond the swing: one may be a false fix
TIGHT_M = 50.0  # a berth holds a ship within position noise; assumed
TIDE_MS = 6 * HOUR_MS  # the tide turns, and a ship at anchor with it
FORGET_MS = 60 * DAY_MS  # silence that ends a stay without its moving on; assumed
MAX_SHIPS = 1 << 18  # as many as the register of ships keeps
AT_ANCHOR, MOORED = 1, 5  # navigational status, ITU-R M.1371-5, table 45
THRESHOLDS = {
    "rest_kn": REST_KN,
    "rest_minutes": REST_MS / MINUTE_MS,
    "swing_m": SWING_M,
}


@dataclass(slots=True)
class _Open:
    """A stay that is not over."""

    lon: float
    lat: float
    first_ms: int
    last_ms: int
    rest_ms: int  # last block at rest
    heard_ms: int = 0  # at rest
    blocks: int = 0  # at rest
    moored: int = 0  # of them
    anchored: int = 0
    reach_m: float = 0.0  # farthest block at rest from the first
    outside: int = 0  # blocks in a row beyond the swing


class Brought(NamedTuple):
    """What came of some fixes."""

    fixes: int = 0
    first_ms: int = NEVER_MS  # of them
    last_ms: int = NEVER_MS
    stays: Sequence[Stay] = ()
    refused: int = 0  # blocks of ships beyond `MAX_SHIPS`

    @classmethod
    def of(cls, fixes: Fixes, stays: Sequence[Stay] = ()) -> "Brought":
        """How many they are, and their times."""
        if not len(fixes):
            return cls(stays=stays)
        return cls(len(fixes), int(fixes.t_ms.min()), int(fixes.t_ms.max()), stays)


@dataclass
class Stops:
    """Takes fixes in time order within a block, of all ships or of some."""

    refused: int = 0  # blocks of ships beyond `MAX_SHIPS`
    _held: list[Fixes] = field(default_factory=list)
    _newest: int = 0  # block
    _open: dict[int, _Open] = field(default_factory=dict)
    _last: dict[int, tuple[int, float, float]] = field(default_factory=dict)
    _types: dict[int, int] = field(default_factory=dict)

    def push(self, fixes: Fixes, statics: Statics, reached_ms: int) -> Iterator[Stay]:
        """Stays that ended, of all blocks before the one of the newest fix of all ships."""
        self._hear(statics)
        self._held.append(fixes.take(is_ship_mmsi(fixes.mmsi)))
        if reached_ms // BLOCK_MS <= self._newest:
            return
        self._newest = reached_ms // BLOCK_MS
        rows = Fixes.concat(self._held)
        ready = rows.t_ms // BLOCK_MS < self._newest
        self._held = [rows.take(~ready)]
        yield from self._take(rows.take(ready))

    def finish(self) -> Iterator[Stay]:
        """Stays that ended in the newest block; those not over do not count."""
        rows, self._held = Fixes.concat(self._held), []
        yield from self._take(rows)

    def _take(self, rows: Fixes) -> Iterator[Stay]:
        for block, mmsi, lon, lat, sog, moored, anchored in _blocks(rows):
            t_ms = block * BLOCK_MS
            if isnan(sog):
                sog = self._made_good(mmsi, t_ms, lon, lat)
            self._note(mmsi, t_ms, lon, lat)
            if stay := self._step(mmsi, t_ms, lon, lat, sog < REST_KN, moored, anchored):
                yield stay

    def _hear(self, statics: Statics) -> None:
        said = statics.ship_type != 0
        known = zip(statics.mmsi[said].tolist(), statics.ship_type[said].tolist(), strict=True)
        for mmsi, ship_type in known:
            if mmsi in self._types or len(self._types) < MAX_SHIPS:
                self._types[mmsi] = ship_type

    def _made_good(self, mmsi: int, t_ms: int, lon: float, lat: float) -> float:
        """Knots since the block before; NaN where there is none."""
        last = self._last.get(mmsi)
        if last is None or t_ms <= last[0]:
            return float("nan")
        return distance_m(*last[1:], lon, lat) / NAUTICAL_MILE_M * HOUR_MS / (t_ms - last[0])

    def _note(self, mmsi: int, t_ms: int, lon: float, lat: float) -> None:
        if mmsi in self._last or len(self._last) < MAX_SHIPS:
            self._last[mmsi] = t_ms, lon, lat

    def _step(
        self, mmsi: int, t_ms: int, lon: float, lat: float, rest: bool, moored: bool, anchored: bool
    ) -> Stay | None:
        """One block of one ship; the stay that it ends."""
        stay, ended = self._open.get(mmsi), None
        if stay is not None and t_ms - stay.last_ms > FORGET_MS:
            del self._open[mmsi]
            stay = None
        way_m = 0.0 if stay is None else distance_m(stay.lon, stay.lat, lon, lat)
        if stay is not None and way_m > SWING_M:
            stay.outside += 1
            if stay.outside < GONE_BLOCKS:
                return None
            del self._open[mmsi]
            ended = self._ended(mmsi, stay)
            stay = None
        if not rest:
            if stay is not None:
                stay.outside, stay.last_ms = 0, t_ms
            return ended
        if stay is None:
            if len(self._open) >= MAX_SHIPS:
                self.refused += 1
                return ended
            stay = self._open[mmsi] = _Open(lon, lat, t_ms, t_ms, t_ms)
            way_m = 0.0
        stay.outside, stay.last_ms = 0, t_ms
        stay.heard_ms += min(t_ms - stay.rest_ms, HEARD_MS)
        stay.rest_ms = t_ms
        stay.blocks += 1
        stay.moored += moored
        stay.anchored += anchored
        stay.reach_m = max(stay.reach_m, way_m)
        return ended

    def _ended(self, mmsi: int, stay: _Open) -> Stay | None:
        lay_ms = stay.rest_ms + BLOCK_MS - stay.first_ms
        if lay_ms < REST_MS:
            return None
        says_moored = 2 * stay.moored >= stay.blocks
        says_anchored = not says_moored and 2 * stay.anchored >= stay.blocks
        held = lay_ms >= TIDE_MS and stay.reach_m <= TIGHT_M
        return Stay(
            cell_of(stay.lon, stay.lat),
            mmsi,
            (stay.heard_ms + BLOCK_MS) / HOUR_MS,
            says_moored or (held and not says_anchored),
            says_anchored,
            class_of(self._types[mmsi]) if mmsi in self._types else UNKNOWN,
        )


def _blocks(rows: Fixes) -> Iterator[tuple[int, int, float, float, float, bool, bool]]:
    """Block, ship, median position and speed, and whether most reports say moored, at anchor."""
    frame = pd.DataFrame(
        {
            "block": rows.t_ms // BLOCK_MS,
            "mmsi": rows.mmsi,
            "lon": rows.lon_deg,
            "lat": rows.lat_deg,
            "sog": rows.sog_kn,
            "moored": rows.nav_status == MOORED,
            "anchored": rows.nav_status == AT_ANCHOR,
        }
    )
    keys = ["block", "mmsi"]
    frame["first"] = frame.groupby(keys)["lon"].transform("first")
    frame["lon"] = np.remainder(frame["lon"] - frame["first"] + 180.0, 360.0) - 180.0
    by = frame.groupby(keys)
    made = by[["lon", "lat", "sog", "first"]].median()
    made["lon"] = np.remainder(made["lon"] + made["first"] + 180.0, 360.0) - 180.0
    said = by[["moored", "anchored"]].mean() >= 0.5
    columns = [made[name].tolist() for name in ("lon", "lat", "sog")]
    columns += [said[name].tolist() for name in ("moored", "anchored")]
    for (block, mmsi), *values in zip(made.index.tolist(), *columns, strict=True):
        lon, lat, sog, moored, anchored = values
        yield block, mmsi, lon, lat, sog, moored, anchored
