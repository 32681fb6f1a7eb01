"""A swing against a wander: the filter beside a plain reading, and what each course gives."""

import numpy as np
import oracle_wander
import pytest

from cablewatch.engine.transitions import OUTPUT_DTYPE
from cablewatch.engine.wander import swing_gain
from cablewatch.fixes import Array

SPEED_M_S, PERIOD_S = 5.0, 240.0


def filtered(t: Array, course: Array, across: Array, period_s: float = PERIOD_S) -> float:
    """Gain as the engine has it."""
    out: Array = np.zeros(1, OUTPUT_DTYPE)[0]
    n = len(t)
    out["time_s"][:n], out["course"][:n], out["across_m"][:n] = t, course, across
    return float(swing_gain(n, SPEED_M_S, period_s, out))


def times(rng: np.random.Generator, n: int) -> Array:
    """Irregular times over 20 minutes."""
    return np.concatenate([[0.0], np.sort(rng.uniform(1.0, 1199.0, n - 2)), [1200.0]])


def measured(
    rng: np.random.Generator, t: Array, fine_s: Array, course: Array
) -> tuple[Array, Array]:
    """Course at the fixes, and the way across that it adds up to, both noisy."""
    way = np.concatenate([[0.0], np.cumsum(np.radians(course[:-1]) * SPEED_M_S * np.diff(fine_s))])
    across = np.interp(t, fine_s, way) + rng.normal(0.0, 3.0, len(t))
    seen = np.interp(t, fine_s, course) + rng.normal(0.0, 0.7, len(t))
    return (
        seen - np.polyval(np.polyfit(t, seen, 1), t),
        across - np.polyval(np.polyfit(t, across, 2), t),
    )


def wandering(rng: np.random.Generator, fine_s: Array, memory_s: float, sd_deg: float) -> Array:
    """An Ornstein-Uhlenbeck course on a fine grid."""
    keep = np.exp(-np.diff(fine_s) / memory_s)
    course = np.zeros(len(fine_s))
    course[0] = rng.normal(0.0, sd_deg)
    for k, share in enumerate(keep):
        course[k + 1] = share * course[k] + rng.normal(0.0, sd_deg * np.sqrt(1.0 - share**2))
    return course


@pytest.mark.parametrize("n", [9, 25, 60])
@pytest.mark.parametrize("period_s", [90.0, 240.0])
def test_the_filter_gives_what_all_covariances_at_once_give(n: int, period_s: float) -> None:
    rng = np.random.default_rng(n)
    t = times(rng, n)
    for course, across in (
        (rng.normal(0.0, 1.0, n), rng.normal(0.0, 5.0, n)),
        (3.0 * np.cos(0.02 * t), 8.0 * np.sin(0.02 * t) + rng.normal(0.0, 3.0, n)),
    ):
        expected = oracle_wander.swing_gain(t, course, across, SPEED_M_S, period_s)
        assert filtered(t, course, across, period_s) == pytest.approx(expected, abs=1e-6)


def test_a_swing_is_told_from_a_wander_of_its_size() -> None:
    rng, fine_s = np.random.default_rng(5), np.arange(0.0, 1201.0)
    swings, wanders = [], []
    for _ in range(40):
        t = times(rng, 60)
        swing = 3.0 * np.cos(2.0 * np.pi * fine_s / PERIOD_S + rng.uniform(0.0, 6.3))
        swings.append(filtered(t, *measured(rng, t, fine_s, swing)))
        wander = wandering(rng, fine_s, rng.uniform(60.0, 240.0), 3.0)
        wanders.append(filtered(t, *measured(rng, t, fine_s, wander)))
    assert np.median(swings) > 26.0  # in full, of a fix each 20 s: `drag.SWING_NONE`, `SWING_FULL`
    assert np.max(wanders) < 16.0  # nothing
