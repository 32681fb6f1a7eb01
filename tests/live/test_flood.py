"""However many ships a feed makes up, those that are there are watched as before."""

import os
from pathlib import Path

import pytest

from .flood import run

SHIPS = int(os.environ.get("CABLEWATCH_SOAK_FLOOD", "1000000"))
MOST_MB = 4_000.0  # the tables of 262,144 ships, and a snapshot of them


@pytest.mark.parametrize("ships", [5_000, pytest.param(SHIPS, marks=pytest.mark.soak)])
def test_made_up_ships_change_no_alert_of_others(tmp_path: Path, ships: int) -> None:
    outcome = run(ships, tmp_path)
    print(f"{ships:,} ships: {outcome.memory_without_mb:.0f} to {outcome.memory_mb:.0f} MB")
    assert outcome.alerts == outcome.without and outcome.without
    assert outcome.memory_mb < MOST_MB
