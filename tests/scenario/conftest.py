"""Scenarios made once and looked at by many tests."""

import pytest

from cablewatch.scenario import Scenario, make_scenario


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """Seed 3 with 60 ships: small enough to be quick, large enough for every class."""
    return make_scenario(seed=3, background=60)
