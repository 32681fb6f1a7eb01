"""A feed that is cut comes back, what was missed is a gap, and nothing is told twice."""

import os
from pathlib import Path

import pytest

from cablewatch.feeds.keeping import GAPS
from cablewatch.output.text import epoch_ms

from .cuts import SILENCE_S, run

BACK_S = 30.0
CUTS = int(os.environ.get("CABLEWATCH_SOAK_CUTS", "100"))


@pytest.mark.parametrize("cuts", [12, pytest.param(CUTS, marks=pytest.mark.soak)])
def test_cuts_lose_and_double_nothing_that_came(tmp_path: Path, cuts: int) -> None:
    outcome = run(cuts, tmp_path, seed=20241118)
    health, gaps = outcome.health, outcome.health["gaps"]
    assert (health["state"], health["cuts"], len(gaps)) == ("receiving", cuts, min(cuts, GAPS))
    reasons = {gap["reason"] for gap in gaps}
    assert reasons >= {"closed by its sender", f"nothing came for {SILENCE_S:g} s"}
    assert all(epoch_ms(gap["from"]) <= epoch_ms(gap["to"]) for gap in gaps)
    print(f"{cuts} cuts, back after {max(outcome.back_s):.1f} s at most")
    assert max(outcome.back_s) < BACK_S
    live, once = outcome.alerts
    assert live == once and once
    live_fixes, once_fixes = outcome.fixes
    assert live_fixes == once_fixes and once_fixes
