"""A swing against a wander: the filter beside a plain reading, and what each course gives."""

import numpy as np
import oracle_wander
import pytest

from cablewatch.engine import cycle, fishtail
from cablewatch.engine.transitions import OUTPUT_DTYPE
from cablewatch.engine.wander import swing_gain
from cablewatch.fixes import Array

SPEED_M_S, PERIOD_S = 5.0, 240.0


def filtered(t: Array, course: Array, across: Array, period_s: float = PERIOD_S) -> float:
    """Gain as the engine has it."""
    out: Array = np.zeros(1, OUTPUT_DTYPE)[0]
    n = len(t)
    out["time_s"][:n], out["course"][:n], out["across_m"][:n] = t, course, across
    out["line"][:n] = t - t.mean()
    out["line"][:n] /= np.linalg.norm(out["line"][:n])
    bow = out["line"][:n] ** 2
    bow -= np.polyval(np.polyfit(t, bow, 1), t)
    out["bow"][:n] = bow / np.linalg.norm(bow)
    return float(swing_gain(n, SPEED_M_S, period_s, out))


def times(rng: np.random.Generator, n: int, span_s: float = 1200.0) -> Array:
    """Irregular times over a window."""
    return np.concatenate([[0.0], np.sort(rng.uniform(1.0, span_s - 1.0, n - 2)), [span_s]])


def weighed(rng: np.random.Generator, t: Array, fine_s: Array, course: Array) -> float:
    """Gain of the wave that fits best, as the rule finds and weighs it; `course` is made good."""
    out: Array = np.zeros(1, OUTPUT_DTYPE)[0]
    way = np.concatenate([[0.0], np.cumsum(np.radians(course[:-1]) * SPEED_M_S * np.diff(fine_s))])
    n = len(t)
    out["time_s"][:n] = t
    out["course"][:n] = np.interp(t, fine_s, course) + rng.normal(0.0, 0.3, n)
    out["across_m"][:n] = np.interp(t, fine_s, way) + rng.normal(0.0, 1.0, n)
    n, left, _ = cycle.detrended(n, out)
    long = fine_s[-1] > 1200.0
    searched = (cycle.UNREFUTED_CYCLES, 200.0) if long else (cycle.SHORT_CYCLES, 60.0)
    found, clear, period_s = cycle.best_cycle(n, left, SPEED_M_S, *searched, out)
    if found < cycle.WEIGHED_DEG or clear < cycle.WEIGHED_CLEAR:
        return -np.inf
    return float(swing_gain(n, SPEED_M_S, period_s, out))


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


@pytest.mark.parametrize(("span_s", "n"), [(1200.0, 60), (2400.0, 120), (2400.0, 40)])
@pytest.mark.parametrize("memory_s", [60.0, 120.0, 240.0])
def test_no_wander_counts_and_every_swing_does(span_s: float, n: int, memory_s: float) -> None:
    rng, fine_s = np.random.default_rng(round(n + memory_s)), np.arange(0.0, span_s + 1.0)
    wanders, swings = [], []
    for _ in range(60):
        t = times(rng, n, span_s)
        wanders.append(weighed(rng, t, fine_s, wandering(rng, fine_s, memory_s, 3.0)))
        turn = 2.0 * np.pi * fine_s / 260.0 + rng.uniform(0.0, 6.3)
        swing = 3.0 * np.cos(turn) + wandering(rng, fine_s, memory_s, 1.0)
        swings.append(weighed(rng, t, fine_s, swing))
    assert np.mean(np.array(wanders) > fishtail.SWING_NONE) <= 0.1
    assert np.max(wanders) < fishtail.SWING_FULL
    assert np.mean(np.array(swings) > fishtail.SWING_FULL) >= 0.9


def test_trends_that_go_with_a_wander_make_no_swing() -> None:
    """A line in the course and a parabola in the way, whatever they are, change nothing."""
    rng, t = np.random.default_rng(2), np.linspace(0.0, 1200.0, 50)
    course, across = rng.normal(0.0, 1.0, 50), rng.normal(0.0, 5.0, 50)
    plain = filtered(t, course, across)
    turned = filtered(t, course + 4.0 + 0.01 * t, across - 80.0 + 0.3 * t + 4e-4 * t * t)
    assert turned == pytest.approx(plain, abs=1e-6)
