"""The search for a cycle: what noise reaches, and what rare and irregular reports still show."""

import numpy as np
import pytest
from laws import Scene
from tracks import CABLES, DRAG_FROM_S, DRAGGER, T0_MS, dragging, lengths, with_gaps

from cablewatch.engine import cycle, drag
from cablewatch.engine.episode import BANDS
from cablewatch.engine.transitions import OUTPUT_DTYPE
from cablewatch.fixes import Array
from cablewatch.units import MINUTE_MS

SPAN_S, SPEED_M_S = 1190.0, 5.0


def searched(
    rng: np.random.Generator, n: int, deviation_deg: float, period_s: float = 240.0
) -> tuple[float, float, float]:
    """Deviation, clearness and period found in noisy fixes at random times."""
    out: Array = np.zeros(1, OUTPUT_DTYPE)[0]
    t = np.concatenate([[0.0], np.sort(rng.uniform(0.0, SPAN_S, n - 2)), [SPAN_S]])
    turn = 2.0 * np.pi / period_s
    course = deviation_deg * np.cos(turn * t) + rng.normal(0.0, 1.0, n)
    across = np.radians(deviation_deg) * SPEED_M_S / turn * np.sin(turn * t)
    out["time_s"][:n], out["course"][:n] = t, course + 0.002 * t
    out["across_m"][:n] = across + rng.normal(0.0, 4.0, n) + 1e-5 * t * t
    kept, left, _ = cycle.detrended(n, out)
    found: tuple[float, float, float] = cycle.best_cycle(kept, left, SPEED_M_S, 3.0, 60.0, out)
    return found


@pytest.mark.parametrize("n", [8, 20, 60])
def test_noise_is_as_clear_as_the_rule_says(n: int) -> None:
    """One window of noise in twenty reaches 6 nats at most."""
    rng = np.random.default_rng(n)
    clear = np.array([searched(rng, n, 0.0)[1] for _ in range(2000)])
    assert (clear >= cycle.WEIGHED_CLEAR).mean() <= 0.06


@pytest.mark.parametrize("n", [15, 20, 60])
def test_a_cycle_is_found_in_few_and_irregular_fixes(n: int) -> None:
    rng = np.random.default_rng(n)
    found = np.array([searched(rng, n, 3.0) for _ in range(200)])
    assert (found[:, 1] >= cycle.WEIGHED_CLEAR).mean() >= 0.95
    assert np.median(found[:, 0]) == pytest.approx(3.0, abs=0.3)
    assert np.median(found[:, 2]) == pytest.approx(240.0, rel=0.05)


def test_a_wander_slower_than_the_periods_searched_is_no_cycle() -> None:
    rng = np.random.default_rng(3)
    found = [searched(rng, 40, 3.0, 800.0)[0] for _ in range(50)]
    assert np.median(found) == 0.0


@pytest.mark.parametrize("interval_s", [30.0, 60.0, 90.0])
def test_a_tow_is_raised_from_rare_reports_with_gaps(interval_s: float) -> None:
    fixes = dragging(np.random.default_rng(1), DRAGGER, T0_MS)
    fixes = fixes.take(slice(None, None, round(interval_s / 10.0)))
    minutes = DRAG_FROM_S / 60.0
    fixes = with_gaps(fixes, (100.0, 104.0), (minutes + 10.0, minutes + 13.0))
    said = Scene(fixes, lengths([(T0_MS, DRAGGER, 180)]), CABLES).play().all.events
    watched = said[(said["rule"] == drag.RULE) & (said["log_odds"] >= BANDS[1])]
    assert len(watched)
    assert watched["t_ms"][0] <= T0_MS + int(DRAG_FROM_S * 1000) + 40 * MINUTE_MS
