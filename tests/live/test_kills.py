"""A watch that is killed at any moment goes on where it was: nothing lost, nothing twice."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cablewatch.cables.model import collection_text
from cablewatch.scenario.scenes import make_scene
from cablewatch.stores.alerts import AlertReader
from cablewatch.stores.folder import StoreWriter
from cablewatch.stores.tracks import read_block
from cablewatch.usecases.replay import replay

from .stored import content

CHILD = Path(__file__).with_name("child.py")
LATENESS_MS = 60_000
KILLS = int(os.environ.get("CABLEWATCH_SOAK_WATCH_KILLS", "200"))


def versions(store: Path) -> list[tuple[str, str]]:
    """Every version of every alert, in the order of the store."""
    reader = AlertReader(store / "alerts.sqlite")
    ids = sorted(alert.id for alert in reader.latest(limit=1000).alerts)
    return [(k, version.hash) for k in ids for version in reader.history(k)]


def lived(arguments: list[str], seconds: float | None) -> tuple[list[str], bool]:
    """What a watch said in a time before it was killed, and whether it came to its end."""
    process = subprocess.Popen(
        [sys.executable, str(CHILD), *arguments], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    if seconds is not None:
        time.sleep(seconds)
        process.kill()
    said, _ = process.communicate(timeout=300)
    lines = said.splitlines() if first == "ready\n" else []
    whole = lines if said.endswith("\n") else lines[:-1]
    return [line for line in whole if line != "done"], "done" in lines


def check(folder: Path, kills: int, seed: int) -> int:
    """Kill so often, unless the watch comes to its end before; how often it was."""
    made, chance = make_scene("anchor-drag", 1), random.Random(seed)
    log, cables, store = folder / "scene.nmea", folder / "cables.geojson", folder / "live"
    made.write(log)
    cables.write_text(collection_text(tuple(made.cables)), encoding="utf-8")
    replay(
        [log],
        made.cables,
        store=StoreWriter(folder / "replayed", "scene", "made up"),
        lateness_ms=LATENESS_MS,
    )
    acknowledged: list[str] = []
    killed, ended = -1, False
    while not ended:
        killed += 1
        seconds = chance.uniform(0.0, 1.5) if killed < kills else None
        said, ended = lived([str(log), str(cables), str(store)], seconds)
        assert ended or seconds is not None
        acknowledged += said
    stored = versions(store)
    assert len(stored) == len(set(stored))
    assert {tuple(line.split()) for line in acknowledged} <= set(stored)
    assert content(store) == content(folder / "replayed")
    span = 0, 1 << 45
    live, once = (read_block(folder / k / "tracks", *span) for k in ("live", "replayed"))
    assert len(live) == len(once) > 0
    assert (live.t_ms == once.t_ms).all() and (live.mmsi == once.mmsi).all()
    return killed


def test_three_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    assert check(tmp_path, 3, 7) > 0


@pytest.mark.soak
def test_two_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    killed = scenes = 0
    while killed < KILLS:
        (tmp_path / str(scenes)).mkdir()
        killed += check(tmp_path / str(scenes), 10, scenes)
        scenes += 1
    print(f"{killed} kills in {scenes} runs of a scene")
