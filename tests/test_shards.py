"""Shards over processes: what one of them dying means."""

import os
import signal

import numpy as np
import pytest

from cablewatch.cables.index import build_index
from cablewatch.errors import WorkerError
from cablewatch.fixes import Fixes
from cablewatch.shards import Shards
from cablewatch.units import HOUR_MS
from cablewatch.vessels import Statics

T0_MS = 1_731_801_600_000


def fixes(start_ms: int) -> Fixes:
    """Ships of every shard, for an hour."""
    n = 600
    return Fixes.from_columns(
        t_ms=start_ms + np.sort(np.arange(n) * HOUR_MS // n),
        mmsi=219000001 + np.arange(n) % 20,
        lon_deg=np.full(n, 10.0),
        lat_deg=np.full(n, 55.0),
    )


def test_a_worker_that_dies_is_one_error_and_the_others_end() -> None:
    with Shards(build_index([]), 2) as shards:
        shards.push(fixes(T0_MS), Statics.empty(), T0_MS + HOUR_MS)
        assert shards.counts["fixes"] == 600
        killed, other = shards._workers
        os.kill(killed.pid, signal.SIGKILL)
        killed.join(timeout=60)
        for _ in range(2):
            with pytest.raises(WorkerError, match="a worker process ended"):
                shards.push(fixes(T0_MS + HOUR_MS), Statics.empty(), T0_MS + 2 * HOUR_MS)
        with pytest.raises(WorkerError, match="try fewer workers"):
            _ = shards.counts
        with pytest.raises(WorkerError):
            shards.finish(T0_MS + 9 * HOUR_MS)
    assert other.exitcode == 0


def test_a_worker_that_dies_at_its_work_is_the_same_error() -> None:
    """What it cannot compute ends it: the answer never comes, and nobody waits for it."""
    with Shards(build_index([]), 2) as shards:
        shards._pipes[1].send("no job")
        with pytest.raises(WorkerError, match="a worker process ended"):
            shards.push(fixes(T0_MS), Statics.empty(), T0_MS + HOUR_MS)
