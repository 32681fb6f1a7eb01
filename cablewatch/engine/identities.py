"""The life of changes of identity: found at the end of a bin, said again, ended after half a day.

Two ways lead here: hints of the fold, of ships that vanish and of numbers that are first heard; and
fields of the register that two values take turns in. Of the latter ships the fixes are followed:
two tracks that are heard under one number are two ships, and nothing is said.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cablewatch.cables.index import CableIndex, corridor
from cablewatch.engine.context import bin_end, cell_of, cells_about
from cablewatch.engine.crossing import POSITION_ERROR_M
from cablewatch.engine.episode import BANDS, CRITICAL_MS, SILENCE_MS, cables_ahead
from cablewatch.engine.identity import (
    AFTER_S,
    BEFORE_S,
    MATCH_M,
    MATCH_SHARE,
    MOVING_KN,
    RULE,
    TERMS,
    TURNS_LLR,
    are_names_apart,
    evaluate,
    is_imo,
    motion_llr,
    place_llr,
)
from cablewatch.engine.quality import is_ship
from cablewatch.engine.state import BIN_MS, CORRIDOR, NO_SPEED
from cablewatch.engine.transitions import (
    APPEARED,
    CLOSED,
    RAISED,
    UPDATED,
    VANISHED,
    Event,
)
from cablewatch.engine.turning import Fix, Turning
from cablewatch.fixes import Array, Fixes
from cablewatch.geodesy import destination, distance_m
from cablewatch.units import KNOT_M_S, MINUTE_MS
from cablewatch.vessels.register import Alternation

KEPT_BINS = 3  # that first reports are remembered: who vanishes is known a bin later
LEAST_M_DEG = 110_000.0  # m; a degree of latitude, and of longitude at the equator, is longer


@dataclass
class Change:
    """A change of identity that was found, until it is closed."""

    mmsi: int
    other: int  # 0 none
    started_ms: int
    newest_ms: int
    fix: Fix
    ratio: list[float]
    value: list[float]
    raised_ms: int = 0  # 0 not raised
    met: list[tuple[int, float, int, int, int, int]] = field(default_factory=list)
    soon: bool = False
    next_cable: int = -1


class Identities:
    """Changes of identity, of all ships.

    Parameters
    ----------
    index : CableIndex
        Cables to watch.
    """

    def __init__(self, index: CableIndex) -> None:
        self._index = index
        self._first: dict[int, Array] = {}  # hints of first reports, by bin
        self._turning: dict[int, Turning] = {}
        self._waiting: list[tuple[int, Fix]] = []  # fixes of those ships, of bins that did not end
        self._said: list[Alternation] = []  # likewise
        self._kept: dict[int, Change] = {}

    def state(self) -> tuple[Any, ...]:
        """All that is kept, for a snapshot; :meth:`take_back` takes it."""
        return self._first, self._turning, self._waiting, self._said, self._kept

    def take_back(self, state: tuple[Any, ...]) -> None:
        """Go on from what a snapshot holds."""
        self._first, self._turning, self._waiting, self._said, self._kept = state

    @property
    def bins(self) -> set[int]:
        """Bins for which something waits."""
        return {t_ms // BIN_MS for t_ms in (*(s.t_ms for s in self._said), *self._times())}

    def _times(self) -> list[int]:
        return [fix[0] for _, fix in self._waiting]

    def follow(self, fixes: Fixes, alternations: Sequence[Alternation]) -> None:
        """Take what is said in turns, and the fixes of those ships from then on, in time order."""
        self._said += [said for said in alternations if _tells(said)]
        since = {ship: kept.since_ms for ship, kept in self._turning.items()}
        for said in self._said:
            since.setdefault(said.mmsi, said.t_ms)
        if not since:
            return
        mine = fixes.take(np.isin(fixes.mmsi, list(since)))
        columns = (mine.t_ms, mine.lon_deg, mine.lat_deg, mine.sog_kn, mine.cog_deg, mine.station)
        for mmsi, *fix in zip(mine.mmsi.tolist(), *(c.tolist() for c in columns), strict=True):
            if fix[0] >= since[mmsi]:
                self._waiting.append((mmsi, tuple(fix)))

    def close_bin(self, number: int, hints: Array) -> list[Event]:
        """Judge a bin that ended, with its hints."""
        end_ms = (number + 1) * BIN_MS
        said = self.expire(number * BIN_MS)
        found = [*self._handed_over(number, hints), *self._taking_turns(end_ms)]
        for change in found:
            said += self._told(change, end_ms)
        return said + self.expire(end_ms)

    def expire(self, until_ms: int) -> list[Event]:
        """End what was not found again for twelve hours."""
        ends = {ship: bin_end(kept.newest_ms + SILENCE_MS) for ship, kept in self._kept.items()}
        over = [ship for ship, end_ms in ends.items() if end_ms <= until_ms]
        return [self._event(self._kept.pop(ship), ends[ship], CLOSED) for ship in over]

    def _told(self, change: Change, now_ms: int) -> list[Event]:
        """What is said of a change: nothing where no cable is met or near, or nothing is new."""
        before = self._kept.get(change.mmsi)
        if before is not None:
            odds = evaluate(*before.ratio)
            _join(before, change)
            if evaluate(*before.ratio) <= odds:
                return []
            return [self._event(before, now_ms, UPDATED)]
        if evaluate(*change.ratio) < BANDS[0]:
            return []
        if not (self._meet(change) or cables_ahead(self._index, *change.fix[1:5])):
            return []
        change.raised_ms = now_ms
        self._kept[change.mmsi] = change
        return [self._event(change, now_ms, RAISED)]

    def _handed_over(self, number: int, hints: Array) -> list[Change]:
        """Ships that vanished in the bin before, where others were first heard."""
        held = self._first.get(number, hints[:0])
        self._first[number] = np.concatenate([held, hints[hints["what"] == APPEARED]])
        self._first = {n: rows for n, rows in self._first.items() if n > number - KEPT_BINS}
        first = np.concatenate(list(self._first.values()))
        cells = np.array([cell_of(*place) for place in first[["lon", "lat"]].tolist()], np.int64)
        order = np.argsort(cells, kind="stable")
        first, cells = first[order], cells[order]
        found = []
        for gone in hints[hints["what"] == VANISHED]:
            about = np.array(cells_about(float(gone["lon"]), float(gone["lat"])))
            lows, highs = (np.searchsorted(cells, about, side) for side in ("left", "right"))
            spans = zip(lows.tolist(), highs.tolist(), strict=True)
            near = np.concatenate([first[low:high] for low, high in spans])
            matches = [
                m for f in near[_within_reach(gone, near)] if (m := _match(gone, f, len(near)))
            ]
            found += sorted(matches, key=lambda m: (-evaluate(*m.ratio), m.mmsi))[:1]
        return found

    def _taking_turns(self, end_ms: int) -> list[Change]:
        """Ships that say two identities in turns, and are one."""
        said = [s for s in self._said if s.t_ms < end_ms]
        self._said = self._said[len(said) :]
        for one in said:
            kept = self._turning.get(one.mmsi)
            if kept is None or one.t_ms - kept.newest_ms > SILENCE_MS:
                kept = self._turning[one.mmsi] = Turning(one.t_ms, one.t_ms, set())
            kept.newest_ms = one.t_ms
            kept.fields.add(one.field)
        for mmsi, heard in self._waiting:
            if heard[0] < end_ms and heard[0] >= self._turning[mmsi].since_ms:
                self._turning[mmsi].take(heard)
        self._waiting = [(mmsi, fix) for mmsi, fix in self._waiting if fix[0] >= end_ms]
        self._forget(end_ms)
        return [
            _turned(mmsi, kept, fix)
            for mmsi, kept in sorted(self._turning.items())
            if kept.newest_ms >= end_ms - BIN_MS and kept.is_one
            if (fix := kept.fix) is not None
        ]

    def _forget(self, end_ms: int) -> None:
        """Drop ships that said one identity for so long that another time begins anew."""
        due = {mmsi for mmsi, _ in self._waiting} | {one.mmsi for one in self._said}
        self._turning = {
            mmsi: kept
            for mmsi, kept in self._turning.items()
            if kept.newest_ms + SILENCE_MS >= end_ms or mmsi in due
        }

    def _meet(self, change: Change) -> bool:
        """Whether the last fix lies in a corridor, which is named then."""
        t_ms, lon, lat, sog, _, _ = change.fix
        cable, _, km = corridor(self._index, lon, lat, POSITION_ERROR_M)
        if cable < 0:
            return False
        speed = NO_SPEED if math.isnan(sog) else round(sog * 100.0)
        change.met.append((t_ms // 1000, km, cable, speed, 0, CORRIDOR))
        return True

    def _event(self, change: Change, now_ms: int, what: int) -> Event:
        t_ms, lon, lat, sog, cog, station = change.fix
        following = cables_ahead(self._index, lon, lat, sog, cog) if what != CLOSED else []
        if following:
            change.next_cable = following[0][0]
            change.soon |= following[0][1] <= sog * KNOT_M_S * CRITICAL_MS / 1000.0
        fields = {
            "t_ms": now_ms,
            "mmsi": change.mmsi,
            "rule": RULE,
            "event": what,
            "soon": change.soon,
            "incident_rule": RULE,
            "incident_ms": change.started_ms,
            "started_ms": change.started_ms,
            "raised_ms": change.raised_ms,
            "last_ms": t_ms,
            "lon": lon,
            "lat": lat,
            "sog_kn": sog,
            "cog_deg": cog,
            "log_odds": evaluate(*change.ratio),
            "value": list(change.value),
            "ratio": list(change.ratio),
            "stations": [station],
            "other_mmsi": change.other,
            "next_cable": change.next_cable,
        }
        return Event(fields, list(change.met), [], following)


def _tells(said: Alternation) -> bool:
    """Whether two values are of two ships; what has no ship's number is none."""
    one, other = said.value, said.other
    if not is_ship(said.mmsi):
        return False
    if isinstance(one, bytes) and isinstance(other, bytes):
        return are_names_apart(one.decode("utf-8", "replace"), other.decode("utf-8", "replace"))
    return isinstance(one, int) and isinstance(other, int) and is_imo(one) and is_imo(other)


def _join(before: Change, change: Change) -> None:
    """Let a change that was found again count; the terms of a hand-over go together."""
    if change.newest_ms >= before.newest_ms:
        before.newest_ms, before.fix = change.newest_ms, change.fix
    if sum(change.ratio[:2]) > sum(before.ratio[:2]):
        before.other = change.other
        before.ratio[:2] = change.ratio[:2]
        before.value[:2], before.value[4:] = change.value[:2], change.value[4:]
    before.ratio[2:] = map(max, before.ratio[2:], change.ratio[2:])
    before.value[2:4] = map(max, before.value[2:4], change.value[2:4])


def _fix_of(hint: Any) -> Fix:
    names = ("last_ms", "lon", "lat", "sog_kn", "cog_deg", "station")
    return tuple(hint[name].item() for name in names)


def _within_reach(gone: Any, first: Array) -> Array:
    """Mask of first reports that may lie where a ship leads, in time and by the widest box."""
    ahead_m = np.nan_to_num(gone["sog_kn"]) * KNOT_M_S * AFTER_S
    reach_deg = (MATCH_M + (1.0 + MATCH_SHARE) * ahead_m) / LEAST_M_DEG
    apart_s = (first["last_ms"] - gone["last_ms"]) / 1000.0
    wide = np.cos(np.radians(np.minimum(np.abs(gone["lat"]) + reach_deg, 90.0)))
    east_deg = (first["lon"] - gone["lon"] + 180.0) % 360.0 - 180.0
    mask: Array = (
        (apart_s >= -BEFORE_S)
        & (apart_s <= AFTER_S)
        & (np.abs(first["lat"] - gone["lat"]) <= reach_deg)
        & (np.abs(east_deg) * wide <= reach_deg)
    )
    return mask


def _match(gone: Any, first: Any, first_heard: int) -> Change | None:
    """Whether a ship that vanished goes on as one that was first heard."""
    a, b = _fix_of(gone), _fix_of(first)
    apart_s = (b[0] - a[0]) / 1000.0
    if gone["mmsi"] == first["mmsi"] or not -BEFORE_S <= apart_s <= AFTER_S:
        return None
    known = not any(map(math.isnan, (*a[3:5], *b[3:5])))
    way_m = a[3] * KNOT_M_S * apart_s if known else 0.0
    lon, lat = destination(a[1], a[2], a[4], way_m) if known else a[1:3]
    off_m = float(distance_m(lon, lat, b[1], b[2]))
    if off_m > MATCH_M + MATCH_SHARE * abs(way_m) or not min(a[3], b[3]) >= MOVING_KN:
        return None
    apart_kn = math.dist(_velocity(a), _velocity(b)) if known else math.nan
    ratio = [place_llr(off_m, first_heard, a[2]), motion_llr(apart_kn), 0.0, 0.0]
    value = [off_m, apart_kn, 0.0, 0.0, apart_s, float(first_heard)]
    started_ms = a[0] // MINUTE_MS * MINUTE_MS
    return Change(int(first["mmsi"]), int(gone["mmsi"]), started_ms, b[0], b, ratio, value)


def _velocity(fix: Fix) -> tuple[float, float]:
    """Knots east and north."""
    course = math.radians(fix[4])
    return fix[3] * math.sin(course), fix[3] * math.cos(course)


def _turned(mmsi: int, turning: Turning, fix: Fix) -> Change:
    """A ship that says two identities in turns."""
    said = [field in turning.fields for field in ("name", "imo")]
    ratio = [0.0, 0.0, *(TURNS_LLR * is_said for is_said in said)]
    value = [math.nan, math.nan, *(2.0 * is_said for is_said in said)]
    started_ms = turning.since_ms // MINUTE_MS * MINUTE_MS
    value += [math.nan] * (len(TERMS) - len(value))
    return Change(mmsi, 0, started_ms, turning.newest_ms, fix, ratio, value)
