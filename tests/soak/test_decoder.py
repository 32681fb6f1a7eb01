"""The decoder's long promise: millions of damaged lines, no two ships joined, memory bounded."""

import os

import pytest

from ..ais.mutation import TAGGED, UNTAGGED, Outcome, run

LINES = int(os.environ.get("CABLEWATCH_SOAK_LINES", "10000000"))


@pytest.mark.soak
@pytest.mark.parametrize("sources", [TAGGED, UNTAGGED], ids=["tagged", "untagged"])
def test_damaged_lines_never_raise_join_or_grow(sources: tuple[str, ...]) -> None:
    outcome: Outcome = run(20241118, LINES // 2, sources, unseen=True, fields_of_every=100)
    print(outcome)
    assert outcome.lines >= LINES // 2
    assert outcome.whole > LINES // 20
    assert outcome.grown_mb < 50
