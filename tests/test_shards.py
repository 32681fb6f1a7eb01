"""Shards over processes: what one of them dying means."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cablewatch.cables.index import build_index
from cablewatch.errors import WorkerError
from cablewatch.fixes import Fixes
from cablewatch.shards import Shards, restored
from cablewatch.units import HOUR_MS
from cablewatch.vessels.statics import Statics

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


def two() -> Shards:
    index = build_index([])
    return Shards(index, restored([], index, 2))


def test_a_worker_that_dies_is_one_error_and_the_others_end() -> None:
    with two() as shards:
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
            shards.snapshots()
    assert other.exitcode == 0


def test_a_worker_that_dies_at_its_work_is_the_same_error() -> None:
    """What it cannot compute ends it: the answer never comes, and nobody waits for it."""
    with two() as shards:
        shards._pipes[1].send("no job")
        with pytest.raises(WorkerError, match="a worker process ended"):
            shards.push(fixes(T0_MS), Statics.empty(), T0_MS + HOUR_MS)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What takes a while to read."""
    path = tmp_path_factory.mktemp("archive") / "a.csv"
    with path.open("w") as file:
        file.write("timestamp,mmsi,lon,lat,sog,cog\n")
        file.writelines(
            f"2024-11-18T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z,"
            f"{219000001 + n % 5000},{18 + n % 977 / 1000:.3f},{56 + n % 877 / 1000:.3f},10,200\n"
            for n in range(1_200_000)
        )
    return path


@pytest.mark.parametrize("after_s", [0.0, 1.0, 3.0])
def test_an_interrupt_of_all_processes_is_one_line_and_leaves_none(
    archive: Path, tmp_path: Path, after_s: float
) -> None:
    """Ctrl-C reaches the workers too: before they are loaded, as they load, and at their work."""
    store = tmp_path / "store"
    call = [sys.executable, "-m", "cablewatch", "replay", archive, "--store", store, "--workers", 2]
    process = subprocess.Popen(
        list(map(str, call)), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not (store / "run.json").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=120)
    lines = [line for line in said.splitlines() if "interrupt" in line.lower()]
    assert (process.returncode, lines) == (130, ["cablewatch: interrupted"])
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):  # the tracker of resources ends last
        for _ in range(200):
            os.killpg(process.pid, 0)
            time.sleep(0.1)
