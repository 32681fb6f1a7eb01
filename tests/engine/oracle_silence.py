"""Silence once more, slow and plain: from raw fixes and `docs/rules.md`, without the kernels.

Clean class A ships, all heard by one station too, each a track of its own; cables within reach.
"""

import math
from typing import NamedTuple

import numpy as np
from oracle import GEOD, Fix, rows

from cablewatch.fixes import Fixes
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS

HALF_HOUR_MS = 30 * MINUTE_MS
LEVELS = (math.log(0.1 / 0.9), math.log(0.2 / 0.8), math.log(0.5 / 0.5))  # info, watch, warning

Cell = tuple[int, int]


class Told(NamedTuple):
    """What is said of a ship, when, and with which log odds."""

    t_ms: int
    mmsi: int
    what: str
    odds: float


class Vote(NamedTuple):
    """A ship's vote for a half hour."""

    cell: Cell
    silent: bool


def told(fixes: Fixes) -> list[Told]:
    """All that is said, sorted by time and ship."""
    ships = {int(m): rows(fixes.take(fixes.mmsi == m)) for m in np.unique(fixes.mmsi)}
    first, last = (int(t) // HALF_HOUR_MS for t in fixes.t_ms[[0, -1]])
    votes = {k: ballot(ships, k) for k in range(first, last + 30)}
    found = [line for mmsi in ships for line in of_ship(mmsi, ships, votes, last)]
    return sorted(found)


def cell_of(lon: float, lat: float) -> Cell:
    """Row and column of cells of 0.25 by 0.5 degree."""
    return math.floor((lat + 90.0) / 0.25), math.floor((lon + 180.0) / 0.5) % 720


def is_under_way(past: list[Fix]) -> bool:
    """Whether the last two fixes make 3 kn, of a ship heard in ten minutes at least."""
    heard = {fix.t_ms // MINUTE_MS for fix in past}
    return len(past) > 1 and len(heard) >= 10 and min(past[-1].sog, past[-2].sog) >= 3.0


def ballot(ships: dict[int, list[Fix]], k: int) -> dict[int, Vote]:
    """Votes of half hour `k` by ship."""
    end_ms = (k + 1) * HALF_HOUR_MS
    cast = {}
    for mmsi, track in ships.items():
        past = [fix for fix in track if fix.t_ms < end_ms]
        if not is_under_way(past):
            continue
        ago_ms = end_ms - past[-1].t_ms
        silent = HALF_HOUR_MS < ago_ms <= 2 * HALF_HOUR_MS
        if silent or ago_ms <= 15 * MINUTE_MS:
            cast[mmsi] = Vote(cell_of(past[-1].lon, past[-1].lat), silent)
    return cast


def of_day(votes: dict[int, dict[int, Vote]], k: int, cells: set[Cell]) -> tuple[int, int]:
    """Heard and silent votes in cells, of the 48 half hours to the one before the last."""
    cast = [v for j in range(k - 49, k - 1) for v in votes.get(j, {}).values() if v.cell in cells]
    return sum(not v.silent for v in cast), sum(v.silent for v in cast)


def coverage(votes: dict[int, dict[int, Vote]], k: int, cell: Cell) -> float:
    """Share that fell silent in a cell, beside that of nine."""
    heard, silent = of_day(votes, k, nine(cell))
    if heard + silent < 4:
        return math.nan
    nine_cells = (silent + 0.1) / (heard + silent + 1.0)
    heard, silent = of_day(votes, k, {cell})
    return (silent + 4.0 * nine_cells) / (heard + silent + 4.0)


def nine(cell: Cell) -> set[Cell]:
    """A cell and those around it."""
    return {(cell[0] + n, (cell[1] + e) % 720) for n in (-1, 0, 1) for e in (-1, 0, 1)}


def reckoned(fix: Fix, t_ms: int) -> Cell:
    """Cell where a ship would be at a time, by its last course and speed."""
    run_m = fix.sog * KNOT_M_S * (t_ms - fix.t_ms) / 1000.0
    lon, lat, _ = GEOD.fwd(fix.lon, fix.lat, fix.cog, run_m)
    return cell_of(lon, lat)


def of_ship(
    mmsi: int, ships: dict[int, list[Fix]], votes: dict[int, dict[int, Vote]], last: int
) -> list[Told]:
    """What is said of one ship."""
    track, found = ships[mmsi], []
    gaps = 0
    for i in range(1, len(track) + 1):
        before = track[i - 1]
        after = track[i] if i < len(track) else None
        onset = before.t_ms // HALF_HOUR_MS
        upto = after.t_ms // HALF_HOUR_MS if after else last + 1
        if upto - onset < 2:
            continue
        past = track[:i]
        heard = len({fix.t_ms // HALF_HOUR_MS for fix in past})
        best, said, vanished = -math.inf, False, 0
        q = math.nan
        for k in range(onset + 1, min(upto, onset + 4)):
            end_ms = (k + 1) * HALF_HOUR_MS
            if not votes[k] or not is_under_way(past):
                continue
            here = cell_of(before.lon, before.lat)
            there = reckoned(before, end_ms - HALF_HOUR_MS // 2)
            onward = reckoned(before, end_ms + HALF_HOUR_MS)
            further = nine(onward) - nine(here) | {onward}
            others = [vote for other, vote in votes[k].items() if other != mmsi]
            around = nine(here) | nine(there)
            vanished = max(vanished, sum(v.silent for v in others if v.cell in around))
            heard_now = [v for v in others if not v.silent]
            present = sum(v.cell in around for v in heard_now)
            c = max(coverage(votes, k, here), coverage(votes, k, there))
            if math.isnan(coverage(votes, k, here) + coverage(votes, k, there)):
                continue
            if len(heard_now) < 4 or heard < 4:
                continue
            if onward != here and of_day(votes, k, further)[0] < 4:
                continue
            now = max(
                c,
                (vanished + 4.0 * c) / (vanished + present + 4.0),
                (gaps + 4.0 * c) / (gaps + heard + 4.0),
            )
            odds = math.log(0.001) + min(math.log(500.0), -math.log(now))
            if odds > best:
                higher = sum(odds >= bound for bound in LEVELS)
                if higher > sum(best >= bound for bound in LEVELS):
                    found.append(Told(end_ms, mmsi, "updated" if said else "raised", odds))
                    said = True
                best, q = odds, now
        if after is None:
            end_ms = -(-(before.t_ms + 12 * HOUR_MS) // HALF_HOUR_MS) * HALF_HOUR_MS
            if said:
                found.append(Told(end_ms, mmsi, "closed", best))
        elif i + 1 < len(track):
            gaps += 1
            second = track[i + 1]
            end_ms = (second.t_ms // HALF_HOUR_MS + 1) * HALF_HOUR_MS
            if not math.isnan(q):
                best += across(before, after)
                if best >= LEVELS[0]:
                    found.append(Told(end_ms, mmsi, "updated" if said else "raised", best))
                    found.append(Told(end_ms + HALF_HOUR_MS, mmsi, "closed", best))
    return found


def across(before: Fix, after: Fix) -> float:
    """Ratio of the speed made good over a silence."""
    metres = GEOD.inv(before.lon, before.lat, after.lon, after.lat)[2]
    made_kn = metres / ((after.t_ms - before.t_ms) / 1000.0) / KNOT_M_S
    own_kn = min(kn for kn in (before.sog, after.sog) if kn >= 0.5)
    share = made_kn / own_kn
    return math.log(5.0) * min(1.0, max(0.0, min((0.9 - share) / 0.3, (share - 0.1) / 0.2)))
