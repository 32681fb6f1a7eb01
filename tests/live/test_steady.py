"""A watch takes the load of a busy feed for hours, and does not grow."""

import os
from pathlib import Path

import pytest

from .steady import RATE, run

HOURS = float(os.environ.get("CABLEWATCH_SOAK_HOURS", "2"))  # 1.2 at least, for growth by bins
GROWTH_MB_H = 1.0  # of memory at most, beyond the standard error of the measurement


def test_all_that_comes_for_some_seconds_is_judged(tmp_path: Path) -> None:
    outcome = run(6.0, 0.5, tmp_path)
    assert (outcome.judged, outcome.refused, outcome.shed) == (6 * RATE, {}, {})
    assert outcome.more_descriptors() <= 2  # files that are written just then


@pytest.mark.soak
def test_memory_and_descriptors_do_not_grow(tmp_path: Path) -> None:
    outcome = run(HOURS * 3600.0, min(30.0, HOURS * 100.0), tmp_path)
    print(outcome)
    assert (outcome.judged, outcome.refused, outcome.shed) == (outcome.sent, {}, {})
    growth, error = outcome.growth_mb_h()
    assert growth - error < GROWTH_MB_H
    assert outcome.more_descriptors() <= 0
