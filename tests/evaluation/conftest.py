"""Traffic for the tests of the measurement."""

import sys
from pathlib import Path

import pytest

from cablewatch.evaluation.traffic import Traffic, synthetic

sys.path.insert(0, str(Path(__file__).parent))  # for sailing


@pytest.fixture(scope="session")
def traffic() -> Traffic:
    """Three days of forty invented ships."""
    return synthetic(3, 40)
