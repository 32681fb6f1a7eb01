"""A run of live sources gives the alerts of a replay, whatever carries the bytes or cuts it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cablewatch.alerts.records import record
from cablewatch.cables.model import Cable
from cablewatch.feeds.addresses import open_feeds
from cablewatch.feeds.base import Feed
from cablewatch.live.watcher import Watcher
from cablewatch.scenario.scenes import make_scene
from cablewatch.stores.alerts import AlertReader
from cablewatch.stores.folder import StoreWriter
from cablewatch.stores.journal import Journal
from cablewatch.usecases.replay import replay
from cablewatch.usecases.watch import Watch

LATENESS_MS = 60_000
INPUT = ("source", "title")  # of an alert that say where it is from


class Scene:
    """A made-up log, its cables, and the alerts of its replay."""

    def __init__(self, folder: Path) -> None:
        made = make_scene("anchor-drag", 1)
        self.log, self.cables = folder / "scene.nmea", made.cables
        made.write(self.log)
        store = StoreWriter(folder / "replayed", "scene", "made up")
        replay([self.log], self.cables, store=store, lateness_ms=LATENESS_MS)
        self.said = said(folder / "replayed")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("scene"))


def said(store: Path) -> list[dict[str, Any]]:
    """Every version of every alert, without what names the input."""
    reader = AlertReader(store / "alerts.sqlite")
    ids = sorted(alert.id for alert in reader.latest(limit=1000).alerts)
    versions = [record(version.alert) for k in ids for version in reader.history(k)]
    return [{k: v for k, v in version.items() if k not in INPUT} for version in versions]


def watcher(store: Path, cables: Sequence[Cable], keep: Path | None = None) -> Watcher:
    writer = StoreWriter.of_sources(store, ["test"])
    return Watcher(cables, writer, Journal(store / "journal", keep), lateness_ms=LATENESS_MS)


def run(
    store: Path, cables: Sequence[Cable], feeds: Sequence[Feed], keep: Path | None = None
) -> None:
    """Watch until the sources end."""

    async def watched() -> bool:
        return await Watch(feeds, watching).run(asyncio.Event())

    with watcher(store, cables, keep) as watching:
        assert asyncio.run(watched())
        watching.end()
        watching.close(done=True)


def test_a_file_says_what_its_replay_says(scene: Scene, tmp_path: Path) -> None:
    run(tmp_path / "live", scene.cables, open_feeds([f"file://{scene.log}"]))
    assert scene.said
    assert said(tmp_path / "live") == scene.said


def test_a_recording_replays_to_the_same(scene: Scene, tmp_path: Path) -> None:
    run(tmp_path / "live", scene.cables, open_feeds([f"file://{scene.log}"]), tmp_path / "kept")
    assert not list((tmp_path / "live" / "journal").iterdir())
    store = StoreWriter(tmp_path / "again", "scene", "made up")
    replay([tmp_path / "kept"], scene.cables, store=store, lateness_ms=LATENESS_MS)
    assert said(tmp_path / "again") == scene.said
