"""Scenarios that many tests look at, made once; helpers of this folder are importable by name."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cablewatch.scenario import Scenario, make_scenario


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """Seed 3 with 60 ships: small enough to be quick, large enough for every class."""
    return make_scenario(seed=3, background=60)
