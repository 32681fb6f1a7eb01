"""What is acknowledged is kept: kills at random moments, restarts of the database's server."""

import os

import pytest

from tests.durability import kills, restarts
from tests.durability.cluster import running_cluster

KILLS = int(os.environ.get("CABLEWATCH_SOAK_KILLS", "200"))
RESTARTS = int(os.environ.get("CABLEWATCH_SOAK_RESTARTS", "30"))


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_or_doubled_by_kills(tmp_path):
    outcome = kills.run(KILLS, tmp_path, seed=20241118)
    print(outcome)
    assert outcome.of_the_service > KILLS // 5


@pytest.mark.soak
def test_nothing_acknowledged_is_lost_or_doubled_by_restarts(tmp_path):
    pytest.importorskip("psycopg")
    with running_cluster() as cluster:
        outcome = restarts.run(RESTARTS, tmp_path, cluster, seed=20241118)
    print(outcome)
    assert set(outcome.reads) == {200, 503}
