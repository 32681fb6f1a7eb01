"""The benches over the made-up day run, each contender in a process of its own."""

import sys

import pytest

from bench import store
from bench.danish import rounds


def test_growth_of_every_contender(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["bench archives", "--rows", "3000", "--rounds", "1", "--growth"]
    )
    monkeypatch.setattr(rounds, "GROWTH", (0.5, 1.0))
    monkeypatch.setattr(rounds, "SMALL_ROWS", 100)
    rounds.main("bench.archives", "A bench.")
    said = capsys.readouterr().out
    for name in ("bare", "reader", "stored"):
        assert said.count(f"\n{name} ") == 3  # two sizes and the growth


def test_a_peak_is_the_contenders_own() -> None:
    """What this process holds does not count as the memory of the one it starts."""
    ballast = bytearray(700 << 20)
    ballast[::4096] = b"x" * len(ballast[::4096])
    runs = rounds.measured("bench.archives", 1000, 1)
    assert all(60 < run.peak_mb < 600 for own in runs.values() for run in own)


def test_the_store_is_asked_in_parts_and_compacted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench store", "--rows", "3000"])
    monkeypatch.setattr(store, "TIMES", 5)
    store.main()
    said = capsys.readouterr().out
    assert "1 part\n" in said and "1 blocks, 1 ships\n" in said
    assert said.count("\ntrack ") == said.count("\nblock ") == 2
