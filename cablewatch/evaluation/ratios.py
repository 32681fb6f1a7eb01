"""The log-likelihood ratios of the drag rule against those that are measured.

Of each kind of evidence: in how many minutes of target drags, and of ordinary ships, the rule gives
a ratio in a bin. The logarithm of the two shares is what the ratio should be. A kind is counted
under the condition of the rule, so that its ratio may be added to those before it:

=============  ===========================================================
speed_loss     minutes with an own speed known
course_cycle   of those, minutes with a speed loss that is suspected
cycle_held     of those, minutes in which the cycle is found
=============  ===========================================================

Minutes of one ship in one hour are one draw. The interval of a ratio is that of the two shares at
their ends (Wilson, 95 % each), so it holds more than 95 %.
"""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from cablewatch.engine import speed_loss
from cablewatch.evaluation.metrics import wilson_interval
from cablewatch.evaluation.minutes import RATIOS, Minute
from cablewatch.units import HOUR_MS

BINS = (-math.inf, -0.5, 0.05, 1.0, 2.0, 3.0, math.inf)  # nats; the middle one is "says nothing"
CLASSES_S = (0.0, 12.0, 30.0, 100.0, 200.0, math.inf)
"""Bounds of the report intervals: class A below 14 kn, one or two lost, rare, 180 s, satellites."""

Figures = dict[str, Any]


def class_of(interval_s: float) -> int:
    """Number of the class of a report interval.

    >>> [class_of(s) for s in (10.0, 12.0, 60.0, 180.0, 3600.0)]
    [0, 0, 2, 3, 4]
    """
    return next(k for k, high in enumerate(CLASSES_S[1:]) if interval_s <= high)


class Shares:
    """How often each ratio is given, by kind of evidence and class of report interval."""

    def __init__(self) -> None:
        self.counts: dict[tuple[int, int], list[int]] = {}  # (kind, class): minutes a bin
        self.sums: dict[tuple[int, int], list[float]] = {}  # of the ratios given
        self.draws: dict[tuple[int, int], set[tuple[int, int]]] = {}  # ships and hours

    def add(self, minutes: Iterable[Minute]) -> None:
        """Count minutes."""
        for minute in minutes:
            if not minute.told:
                continue
            of_class = class_of(float(minute.ship["interval_s"]))
            for kind in range(_kinds(minute)):
                self._count(minute, kind, of_class)

    def _count(self, minute: Minute, kind: int, of_class: int) -> None:
        ratio = minute.ratios[kind]
        k = next(i for i, (low, high) in enumerate(pairwise(BINS)) if low <= ratio < high)
        place = kind, of_class
        empty = len(BINS) - 1
        self.counts.setdefault(place, [0] * empty)[k] += 1
        self.sums.setdefault(place, [0.0] * empty)[k] += ratio
        hour = int(minute.ship["mmsi"]), minute.now_ms // HOUR_MS
        self.draws.setdefault(place, set()).add(hour)


def _kinds(minute: Minute) -> int:
    """How many kinds of evidence a minute counts for."""
    if minute.ship["cusum"] < speed_loss.SUSPECT:
        return 1
    return len(minute.ratios) if minute.ratios[1] > 0.0 else 2


def measured(drags: Shares, ordinary: Shares) -> list[Figures]:
    """A row for each kind, class and bin that occurs: shares, ratio given and measured."""
    rows = []
    for kind, of_class in sorted(drags.counts.keys() & ordinary.counts.keys()):
        place = kind, of_class
        sides = drags.counts[place], ordinary.counts[place]
        draws = len(drags.draws[place]), len(ordinary.draws[place])
        for k, (low, high) in enumerate(pairwise(BINS)):
            minutes = sides[0][k], sides[1][k]
            if not sum(minutes):
                continue
            given = (drags.sums[place][k] + ordinary.sums[place][k]) / sum(minutes)
            parts = [n / sum(side) for n, side in zip(minutes, sides, strict=True)]
            rows.append(
                {
                    "evidence": RATIOS[kind],
                    "interval_s": CLASSES_S[of_class : of_class + 2],
                    "from": low,
                    "to": high,
                    "drags": parts[0],
                    "ordinary": parts[1],
                    "draws": draws,
                    "given": given,
                    **_ratio(parts, draws, given),
                }
            )
    return rows


def _ratio(parts: list[float], draws: tuple[int, int], given: float) -> Figures:
    """Measured ratio of two shares, its interval, and whether the one given lies beyond it."""
    bounds = [_share_interval(p, n) for p, n in zip(parts, draws, strict=True)]
    low, high = (_log(bounds[0][k], bounds[1][1 - k]) for k in (0, 1))
    return {
        "measured": _log(*parts),
        "interval": (low, high),
        "verdict": _verdict(given, low, high),
    }


def _verdict(given: float, low: float, high: float) -> str:
    """What the ratio given is beside the interval measured; few draws bound nothing."""
    if given > high:
        return "too high"
    if given < low:
        return "too low"
    return "agrees" if math.isfinite(low) and math.isfinite(high) else "not refuted"


def _share_interval(share: float, draws: int) -> tuple[float, float]:
    """Interval of a share of so many independent draws."""
    low, high = wilson_interval(round(share * draws), draws)
    return min(low, share), max(high, share)


def _log(over: float, under: float) -> float:
    if over <= 0.0:
        return -math.inf if under > 0.0 else math.nan
    return math.log(over / under) if under > 0.0 else math.inf
