"""What was acknowledged before the server of the database went away is there after, once."""

import pytest

from tests.durability.cluster import running_cluster
from tests.durability.restarts import run

pytest.importorskip("psycopg")


def test_nothing_acknowledged_is_lost_or_doubled_by_restarts(tmp_path):
    with running_cluster() as cluster:
        outcome = run(3, tmp_path, cluster, seed=1)
    print(outcome)
    assert set(outcome.reads) == {200, 503}
    assert outcome.refused_writes > 0
    log = (tmp_path / "service.log").read_text()
    assert "Traceback" not in log
