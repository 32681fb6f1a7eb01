"""Where drags are injected: levels of the design, stretches under way, rounds.

Every combination of the levels is drawn equally often, in an order drawn once. Ships take turns,
each at most once a round; where on her stretches a drag begins is drawn uniformly. A round injects
at most a tenth of the ships heard on any day, so that the norms of the neighbours stay real.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from cablewatch.errors import UsageError
from cablewatch.evaluation.classes import MERCHANT
from cablewatch.evaluation.injections import Drag
from cablewatch.evaluation.splits import split_of_day, split_of_ship
from cablewatch.evaluation.traffic import UNDER_WAY_KN, Ship, Traffic
from cablewatch.fixes import Array, Fixes
from cablewatch.geodesy import distance_m
from cablewatch.units import DAY_MS, HOUR_MS, KNOT_M_S, MINUTE_MS

SHARE = 0.1  # of the ships heard on a day, injected at once
HISTORY_MS = 2 * HOUR_MS  # under way before a drag: a baseline takes an hour, half an hour late
GAP_MS = 15 * MINUTE_MS  # a longer silence ends a stretch
FASTEST_KN = 40.0  # from one report to the next; faster is another ship on the same number
LENGTHS = (5.0, 12.0)  # ship lengths sailed in a period; DESIGN section 6
STOP_SHARE, STOP_MIN = 1 / 3, (15.0, 240.0)  # recovery stop; DESIGN section 4
UNKNOWN_LENGTH_M = (90.0, 230.0)  # drawn where a ship has not said it; assumed


@dataclass(frozen=True)
class Design:
    """Levels that are crossed, and how often each combination is drawn."""

    speed_ratio: tuple[float, ...] = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6)
    deviation_deg: tuple[float, ...] = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0)
    minutes: tuple[float, ...] = (15.0, 30.0, 60.0, 120.0)
    interval_s: tuple[float, ...] = (0.0, 30.0, 60.0, 180.0)
    repeats: int = 6

    def cells(self) -> list[tuple[float, float, float, float]]:
        """Every combination, as often as it is drawn."""
        levels = (self.speed_ratio, self.deviation_deg, self.minutes, self.interval_s)
        return [cell for cell in product(*levels) for _ in range(self.repeats)]


FULL = Design()
INVENTED = Design(repeats=2)  # where every ship is a model, more drags show no more
QUICK = Design((1.0, 0.8, 0.65), (3.0, 5.0), (60.0, 120.0), (0.0,), 4)


def plan(traffic: Traffic, split: str, design: Design, seed: int) -> list[list[Drag]]:
    """Rounds of drags to inject.

    Raises
    ------
    UsageError
        No cargo ship or tanker of the split sails long enough.
    """
    rng = np.random.default_rng([seed, 1])
    ships = _able(traffic, split, design.minutes)
    cells = [design.cells()[k] for k in rng.permutation(len(design.cells()))]
    if not ships:
        raise UsageError(
            traffic.source,
            f"no cargo ship or tanker of the split {split!r} sails for "
            f"{(HISTORY_MS / MINUTE_MS + min(design.minutes)) / 60:.1f} h without a silence",
            "give archives of whole days, or the other split",
        )
    most = _most_at_once(traffic)
    turns = dict.fromkeys(ships, 0)
    rounds: list[list[Drag]] = []
    while cells:
        cells = _fill(rounds, cells, ships, turns, most, rng, seed)
    return rounds


def _fill(
    rounds: list[list[Drag]],
    cells: list[tuple[float, float, float, float]],
    ships: dict[int, "_Able"],
    turns: dict[int, int],
    most: int,
    rng: np.random.Generator,
    seed: int,
) -> list[tuple[float, float, float, float]]:
    """Fill one more round; gives the cells that are left for later ones."""
    free = sorted(ships, key=lambda mmsi: (turns[mmsi], rng.random()))
    drags: list[Drag] = []
    left = []
    for cell in cells:
        able = (m for m in free if len(ships[m].starts[cell[2]])) if len(drags) < most else iter(())
        mmsi = next(able, None)
        if mmsi is None:
            left.append(cell)
            continue
        free.remove(mmsi)
        turns[mmsi] += 1
        drags.append(_drawn(ships[mmsi], cell, rng, (seed, mmsi, len(rounds))))
    if not drags:
        return []  # what is left is longer than any stretch
    rounds.append(drags)
    return left


def _drawn(
    ship: "_Able",
    cell: tuple[float, float, float, float],
    rng: np.random.Generator,
    seed: tuple[int, int, int],
) -> Drag:
    speed_ratio, deviation_deg, minutes, interval_s = cell
    starts = ship.starts[minutes]
    span_ms = starts[:, 1] - starts[:, 0]
    k = int(rng.choice(len(starts), p=span_ms / span_ms.sum()))
    low, high = np.log(STOP_MIN)
    stop_min = float(np.exp(rng.uniform(low, high))) if rng.random() < STOP_SHARE else 0.0
    return Drag(
        mmsi=ship.mmsi,
        start_ms=int(starts[k, 0] + rng.uniform() * span_ms[k]),
        minutes=minutes,
        speed_ratio=speed_ratio,
        deviation_deg=deviation_deg,
        lengths=float(rng.uniform(*LENGTHS)),
        length_m=ship.length_m,
        interval_s=interval_s,
        stop_min=round(stop_min, 1),
        seed=seed,
    )


@dataclass(frozen=True)
class _Able:
    """A ship that can be injected: where drags of each duration may begin, ms, (n, 2)."""

    mmsi: int
    length_m: float
    starts: dict[float, Array]


def _able(traffic: Traffic, split: str, minutes: Sequence[float]) -> dict[int, _Able]:
    able = {}
    for mmsi, ship in sorted(traffic.ships.items()):
        if ship.kind.name not in MERCHANT or split_of_ship(mmsi) != split:
            continue
        legs = list(stretches(traffic.fixes.take(ship.rows)))
        starts = {m: _starts(legs, split, round(m * MINUTE_MS)) for m in minutes}
        if any(map(len, starts.values())):
            able[mmsi] = _Able(mmsi, _length_m(ship), starts)
    return able


def stretches(track: Fixes) -> Iterator[tuple[int, int]]:
    """First and last time of each stretch of a ship under way and heard."""
    if len(track) < 2:
        return
    pairs = zip(*(c.tolist() for c in (track.lon_deg, track.lat_deg)), strict=True)
    places = list(pairs)
    way_m = np.array([distance_m(*a, *b) for a, b in pairwise(places)])
    step_ms = np.diff(track.t_ms)
    fast = way_m > 100.0 + FASTEST_KN * KNOT_M_S * step_ms / 1000.0
    slow = ~(track.sog_kn >= UNDER_WAY_KN)
    ends = (step_ms > GAP_MS) | fast | slow[1:] | slow[:-1]
    for part in np.split(np.arange(len(track)), np.flatnonzero(ends) + 1):
        if len(part) > 1:
            yield int(track.t_ms[part[0]]), int(track.t_ms[part[-1]])


def _starts(legs: Sequence[tuple[int, int]], split: str, length_ms: int) -> Array:
    """Spans in which a drag of that length may begin: on one day of the split, after history."""
    spans = []
    for first_ms, last_ms in legs:
        for day in range((first_ms + HISTORY_MS) // DAY_MS, last_ms // DAY_MS + 1):
            low = max(first_ms + HISTORY_MS, day * DAY_MS)
            high = min(last_ms, (day + 1) * DAY_MS) - length_ms
            if split_of_day(day * DAY_MS) == split and low < high:
                spans.append((low, high))
    return np.array(spans, np.int64).reshape(-1, 2)


def _length_m(ship: Ship) -> float:
    if ship.length_m:
        return ship.length_m
    return float(np.random.default_rng(ship.mmsi).uniform(*UNKNOWN_LENGTH_M))


def _most_at_once(traffic: Traffic) -> int:
    """A tenth of the ships of the day on which the fewest were heard, at least one."""
    days = np.unique((traffic.fixes.t_ms // DAY_MS << 30) | traffic.fixes.mmsi) >> 30
    return max(1, int(SHARE * np.unique(days, return_counts=True)[1].min()))
