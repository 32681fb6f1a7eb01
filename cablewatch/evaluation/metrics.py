"""Intervals and curves of a measurement; every random draw is seeded.

An interval holds 95 % unless it says otherwise. NaN where there is nothing to measure.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from cablewatch.fixes import Array

CONFIDENCE = 0.95
NORMAL_QUANTILE = 1.959963985  # of (1 + CONFIDENCE) / 2
RESAMPLES = 1000

Interval = tuple[float, float]


def poisson_interval(count: int, confidence: float = CONFIDENCE) -> Interval:
    """Exact interval (Garwood 1936) of the mean behind a Poisson count.

    >>> [round(v, 3) for v in poisson_interval(0) + poisson_interval(5)]
    [0.0, 3.689, 1.623, 11.668]
    """
    tail = (1.0 - confidence) / 2.0
    high = _falls_to(tail, lambda mean: _poisson_cdf(count, mean), count)
    if count == 0:
        return 0.0, high
    return _falls_to(1.0 - tail, lambda mean: _poisson_cdf(count - 1, mean), count), high


def _poisson_cdf(count: int, mean: float) -> float:
    """Probability of at most `count` events."""
    logs = (k * math.log(mean) - mean - math.lgamma(k + 1.0) for k in range(count + 1))
    return math.fsum(math.exp(value) for value in logs)


def _falls_to(target: float, falling: Callable[[float], float], count: int) -> float:
    """Mean at which a falling function of it reaches `target`, by bisection."""
    low, high = 1e-9, 10.0 * count + 20.0
    for _ in range(100):
        middle = (low + high) / 2.0
        low, high = (middle, high) if falling(middle) > target else (low, middle)
    return (low + high) / 2.0


def wilson_interval(hits: int, n: int) -> Interval:
    """Interval of a share (Wilson 1927); trials of one ship count as independent.

    >>> [round(v, 3) for v in wilson_interval(0, 10) + wilson_interval(5, 10)]
    [0.0, 0.278, 0.237, 0.763]
    """
    if n == 0:
        return math.nan, math.nan
    z2 = NORMAL_QUANTILE**2
    share, spread = hits / n, 1.0 + z2 / n
    middle = (share + z2 / (2 * n)) / spread
    half = math.sqrt(z2 * share * (1 - share) / n + z2 * z2 / (4 * n * n)) / spread
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap_interval(
    groups: Sequence[int],
    values: Sequence[float],
    seed: int,
    statistic: Callable[[Array], float] = lambda values: float(values.mean()),
) -> Interval:
    """Percentile interval of a statistic when whole groups (ships) are drawn anew.

    With one group, or none, there is nothing to draw from.
    """
    of, inverse = np.unique(np.asarray(groups, np.int64), return_inverse=True)
    if len(of) < 2:
        return math.nan, math.nan
    column = np.asarray(values, float)
    parts = [column[inverse == k] for k in range(len(of))]
    rng = np.random.default_rng([seed, 2])
    drawn = rng.integers(len(of), size=(RESAMPLES, len(of)))
    found = [statistic(np.concatenate([parts[k] for k in row])) for row in drawn]
    low, high = np.quantile(found, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def precision_recall(scores: Array, positive: Array) -> tuple[Array, Array]:
    """Recall and precision as the threshold falls, a point for each score that occurs."""
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(positive[order])
    last: Array = np.flatnonzero(np.diff(ranked, append=-np.inf))
    return hits[last] / max(int(positive.sum()), 1), hits[last] / (last + 1.0)


def average_precision(scores: Array, positive: Array) -> float:
    """Area under precision over recall, in steps; the share of positives when all score alike.

    >>> average_precision(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False]))
    0.8333333333333333
    """
    if not positive.any():
        return math.nan
    recall, precision = precision_recall(scores, positive)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def posterior(hits: float, false: float, base: float) -> float:
    """Share of true alerts: `hits` a drag, `false` a ship-day, `base` drags a ship-day."""
    return hits * base / (hits * base + false) if hits * base + false > 0.0 else math.nan
