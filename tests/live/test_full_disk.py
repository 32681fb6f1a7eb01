"""A full disk costs no alert: what comes waits, and is judged once there is room."""

import asyncio
import resource
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from cablewatch.commands import live_table
from cablewatch.commands.live_table import LiveTable
from cablewatch.errors import StoreError
from cablewatch.feeds.addresses import open_feeds
from cablewatch.live import watcher as live_watcher
from cablewatch.stores.tracks import read_block
from cablewatch.usecases import watch as watch_module
from cablewatch.usecases.watch import Watch

from .disks import room
from .test_watch import Scene, said, scene, watcher

__all__ = ["scene"]


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SNAPSHOT_S": 0.05, "SNAPSHOT_SHARE": 1.0, "SETTLE_ROWS": 500}.items():
        monkeypatch.setattr(live_watcher, name, value)
    monkeypatch.setattr(live_watcher, "SYNC_S", 0.01)
    monkeypatch.setattr(watch_module, "AGAIN_S", 0.05)


def test_a_watch_goes_on_when_there_is_room_again(scene: Scene, tmp_path: Path) -> None:
    async def run() -> None:
        running = asyncio.create_task(watch.run(asyncio.Event()))
        stuck = 0
        for _ in range(4):
            await asyncio.sleep(0.2)
            with room(1_000):
                await asyncio.sleep(0.3)
                stuck += watching.intake.stuck is not None
        assert stuck and not watch._failure
        assert await running

    with watcher(tmp_path / "live", scene.cables, tmp_path / "kept") as watching:
        watch = Watch(open_feeds([f"file://{scene.log}"], 20_000.0), watching)
        asyncio.run(run())
        watching.end()
        watching.close()
    assert said(tmp_path / "live") == scene.said
    live = read_block(tmp_path / "live" / "tracks", 0, 1 << 45)
    assert live.t_ms.tolist() == scene.fixes.t_ms.tolist()
    assert not any((tmp_path / "live" / "journal").iterdir())


def test_a_watch_that_is_stopped_on_a_full_disk_says_why(scene: Scene, tmp_path: Path) -> None:
    async def run() -> None:
        with room(1_000):
            await watch.run(asyncio.Event())

    soft = resource.getrlimit(resource.RLIMIT_FSIZE)
    with watcher(tmp_path / "live", scene.cables) as watching:
        watch = Watch(open_feeds([f"file://{scene.log}"]), watching)
        with pytest.raises(StoreError, match="cannot be written"):
            asyncio.run(run())
        assert not watching.reached
        watching._journal.close(done=False)
    assert resource.getrlimit(resource.RLIMIT_FSIZE) == soft


def test_alerts_are_judged_where_they_cannot_be_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error stream may go to a file of the same disk."""
    monkeypatch.setattr(live_table, "line", lambda alert: "x" * 5_000)
    table, alert = LiveTable(), SimpleNamespace(state="open", id="a")
    with (tmp_path / "log").open("w") as file, room(1_000):
        table.console = Console(file=file)
        table.told([alert])  # type: ignore[list-item]
        with suppress(OSError):
            file.close()
