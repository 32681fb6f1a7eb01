"""A run of live sources gives the alerts of a replay, whatever carries the bytes or cuts it."""

import asyncio
import random
import re
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cablewatch.alerts.model import Alert
from cablewatch.alerts.records import record
from cablewatch.archives.recording import Entry
from cablewatch.cables.model import Cable
from cablewatch.feeds import file as file_feed
from cablewatch.feeds.addresses import open_feeds
from cablewatch.feeds.base import Feed, Source
from cablewatch.feeds.udp import UdpFeed
from cablewatch.fixes import Fixes
from cablewatch.live import backlog, inbox
from cablewatch.live import watcher as live_watcher
from cablewatch.live.watcher import Watcher
from cablewatch.output.text import Json
from cablewatch.scenario.scenes import make_scene
from cablewatch.stores.alerts import AlertReader
from cablewatch.stores.folder import StoreWriter
from cablewatch.stores.journal import Journal
from cablewatch.stores.tracks import read_block
from cablewatch.usecases import watch as watch_module
from cablewatch.usecases.replay import replay
from cablewatch.usecases.watch import Watch

LATENESS_MS = 60_000
T0 = 1_731_888_000_000
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
        self.fixes = read_block(folder / "replayed" / "tracks", 0, 1 << 45)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("scene"))


def said(store: Path) -> list[dict[str, Any]]:
    """Every version of every alert, without what names the input."""
    reader = AlertReader(store / "alerts.sqlite")
    ids = sorted(alert.id for alert in reader.latest(limit=1000).alerts)
    versions = [record(version.alert) for k in ids for version in reader.history(k)]
    return [{k: v for k, v in version.items() if k not in INPUT} for version in versions]


def watcher(
    store: Path,
    cables: Sequence[Cable],
    keep: Path | None = None,
    positions: Callable[[Fixes], None] = lambda fixes: None,
) -> Watcher:
    writer, journal = StoreWriter.of_sources(store, ["test"]), Journal(store / "journal", keep)
    return Watcher(cables, writer, journal, lateness_ms=LATENESS_MS, positions=positions)


def run(
    store: Path, cables: Sequence[Cable], feeds: Sequence[Feed], keep: Path | None = None
) -> None:
    """Watch until the sources end."""

    async def watched() -> bool:
        return await Watch(feeds, watching).run(asyncio.Event())

    with watcher(store, cables, keep) as watching:
        assert asyncio.run(watched())
        watching.end()
        watching.close()


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


class Sender:
    """Sends the lines of a log over real connections, some seconds of it at a time.

    A round is sent when the round before has been received, so that no source runs ahead of
    another by more than a round: bounded disorder.
    """

    ROUND_MS = 20_000

    def __init__(self, log: Path, seed: int) -> None:
        self._chance = random.Random(seed)
        self._rounds: dict[int, list[bytes]] = {}
        for line in log.read_bytes().splitlines(keepends=True):
            found = re.search(rb"c:(\d+)", line)
            assert found is not None
            t_ms = int(found[1]) * (1000 if len(found[1]) < 12 else 1)
            self._rounds.setdefault(t_ms // self.ROUND_MS, []).append(line)

    async def send(self, watch: Watch, outs: Sequence[Callable[[bytes], Awaitable[None]]]) -> None:
        sent = 0
        for number in sorted(self._rounds):
            for lines in self._shares(self._rounds[number], len(outs)):
                out, data = lines
                sent += len(data)
                for piece in self._pieces(data):
                    await outs[out](piece)
            while sum(health.received_bytes for health in watch.health.values()) < sent:
                await asyncio.sleep(0.001)

    def _shares(self, lines: list[bytes], n: int) -> list[tuple[int, bytes]]:
        """Each line goes to one source or more; messages in parts go whole."""
        shares: list[list[bytes]] = [[] for _ in range(n)]
        for line in lines:
            parts = b",1,1," not in line
            heard = range(n) if parts else self._chance.sample(range(n), self._chance.randint(1, n))
            for k in heard:
                shares[k].append(line)
        return [(k, b"".join(share)) for k, share in enumerate(shares) if share]

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        while data:
            n = self._chance.choice((1, 3, 61, 1_000, 4_096))
            yield data[:n]
            data = data[n:]


@pytest.mark.parametrize("sources", [1, 3])
def test_connections_say_what_the_replay_says(scene: Scene, tmp_path: Path, sources: int) -> None:
    async def run() -> None:
        waiting: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
        server = await asyncio.start_server(lambda _, w: waiting.put(w), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        feeds = open_feeds([f"tcp://127.0.0.1:{port}?name=s{k}" for k in range(sources)])
        stopped, watch = asyncio.Event(), Watch(feeds, watching)
        running = asyncio.create_task(watch.run(stopped))
        writers = [await waiting.get() for _ in feeds]

        def out(writer: asyncio.StreamWriter) -> Callable[[bytes], Awaitable[None]]:
            async def write(data: bytes) -> None:
                writer.write(data)
                await writer.drain()

            return write

        await Sender(scene.log, sources).send(watch, [out(writer) for writer in writers])
        stopped.set()
        assert not await running
        server.close()
        for writer in writers:
            writer.transport.abort()

    with watcher(tmp_path / "live", scene.cables) as watching:
        asyncio.run(run())
        watching.end()
        watching.close()
    assert said(tmp_path / "live") == scene.said


def test_datagrams_say_what_the_replay_says(scene: Scene, tmp_path: Path) -> None:
    async def run() -> None:
        feeds = open_feeds(["udp://127.0.0.1:0"])
        assert isinstance(feeds[0], UdpFeed)
        stopped, watch = asyncio.Event(), Watch(feeds, watching)
        running = asyncio.create_task(watch.run(stopped))
        while feeds[0].address is None:
            await asyncio.sleep(0.01)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(feeds[0].address)

            async def out(data: bytes) -> None:
                sender.send(data)

            whole = Sender(scene.log, 2)
            whole._pieces = lambda data: iter(data.splitlines(keepends=True))  # type: ignore[method-assign]
            await whole.send(watch, [out])
        stopped.set()
        assert not await running

    with watcher(tmp_path / "live", scene.cables) as watching:
        asyncio.run(run())
        watching.end()
        watching.close()
    assert said(tmp_path / "live") == scene.said


def test_days_are_compacted_while_parts_are_written(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"SNAPSHOT_S": 0.0, "SNAPSHOT_SHARE": 1e9, "SETTLE_ROWS": 1}.items():
        monkeypatch.setattr(live_watcher, name, value)
    monkeypatch.setattr(live_watcher, "FOLD_ROWS", 500)
    monkeypatch.setattr(live_watcher, "MAX_PARTS", 2)
    run(tmp_path / "live", scene.cables, open_feeds([f"file://{scene.log}"], 50_000.0))
    names = [path.name for path in (tmp_path / "live" / "tracks").rglob("*.parquet")]
    assert any(name.startswith("ships") for name in names)
    live, once = (read_block(tmp_path / "live" / "tracks", 0, 1 << 45), scene.fixes)
    assert live.t_ms.tolist() == once.t_ms.tolist()
    assert live.mmsi.tolist() == once.mmsi.tolist()
    assert said(tmp_path / "live") == scene.said


def test_a_watch_that_is_stopped_goes_on_and_judges_nothing_twice(
    scene: Scene, tmp_path: Path
) -> None:
    lines = scene.log.read_bytes().splitlines(keepends=True)
    half = tmp_path / "half.nmea"
    for part in (lines[: len(lines) // 2], lines):
        half.write_bytes(b"".join(part))

        async def watched() -> bool:
            return await Watch(open_feeds([f"file://{half}"]), watching).run(asyncio.Event())

        with watcher(tmp_path / "live", scene.cables) as watching:
            assert asyncio.run(watched())
            watching.close()
    with watcher(tmp_path / "live", scene.cables) as watching:
        watching.end()
        watching.close()
    assert said(tmp_path / "live") == scene.said
    live = read_block(tmp_path / "live" / "tracks", 0, 1 << 45)
    assert live.t_ms.tolist() == scene.fixes.t_ms.tolist()
    assert watching.figures.fixes == len(scene.fixes)


def test_a_snapshot_before_anything_came_holds_the_journal_once(
    scene: Scene, tmp_path: Path
) -> None:
    """A watch is killed, the next one snapshots while its source is away, and is killed too."""
    entry = Entry("test", "nmea", scene.log.read_bytes()[:20_000])
    with watcher(tmp_path, scene.cables) as watching:
        watching.take([entry], T0)
        watching._journal.close(done=False)
    taken = watching.tallies["test"].fixes
    assert taken > 10
    with watcher(tmp_path, scene.cables) as watching:
        watching._save()
    with watcher(tmp_path, scene.cables) as watching:
        assert watching.tallies["test"].fixes == taken


def test_positions_that_are_judged_again_are_not_told_again(scene: Scene, tmp_path: Path) -> None:
    told: list[Fixes] = []
    entry = Entry("test", "nmea", scene.log.read_bytes()[:20_000])
    with watcher(tmp_path, scene.cables, positions=told.append) as watching:
        watching.take([entry], T0)
        watching._journal.close(done=False)
    assert len(told) == 1 and len(told[0]) == watching.tallies["test"].fixes
    with watcher(tmp_path, scene.cables, positions=told.append) as watching:
        assert watching.tallies["test"].fixes == len(told[0])
    assert len(told) == 1


def test_a_file_waits_and_nothing_of_it_is_shed(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backlog that holds less than the file, and a fold that is slower than the reading."""
    assert len(scene.fixes) > 2 * 3_000
    monkeypatch.setattr(
        backlog.Backlog.__init__, "__defaults__", (4_000,)
    )  # two full inboxes, and some more
    monkeypatch.setattr(live_watcher, "FOLD_ROWS", 50)
    monkeypatch.setattr(watch_module, "FOLD_ROWS", 50)
    monkeypatch.setattr(file_feed, "BLOCK_BYTES", 60_000)
    monkeypatch.setattr(inbox, "ROOM_BYTES", 60_000)  # some 600 rows
    with watcher(tmp_path / "live", scene.cables) as watching:
        watch = Watch(open_feeds([f"file://{scene.log}"]), watching)
        judge = watching._judge

        def judge_last() -> list[Alert]:
            """Judge once nothing more is read: the inbox is full, or the file has ended."""
            while watch.inbox.waiting_bytes <= inbox.ROOM_BYTES and not watch.inbox.ended:
                time.sleep(0.001)
            return judge()

        monkeypatch.setattr(watching, "_judge", judge_last)
        assert asyncio.run(watch.run(asyncio.Event()))
        watching.end()
        watching.close()
    assert not +watching.backlog.shed
    assert said(tmp_path / "live") == scene.said


def test_a_confirmation_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "BATCH_S", 0.0)
    monkeypatch.setattr(watch_module, "SAY_S", 0.0)

    class Broker:
        source = Source("broker", "nmea", waits=True, silence_s=0.0)
        asked: list[Json]

        def __init__(self) -> None:
            self.asked = []

        async def confirm(self, position: Json) -> None:
            self.asked.append(position)
            if len(self.asked) == 1:
                raise AttributeError("the connection has just gone")

    async def run() -> list[Json]:
        feed: Any = Broker()
        watching: Any = SimpleNamespace(safe={"broker": {"seq": 7}})
        task = asyncio.create_task(Watch([feed], watching)._confirm(feed))
        for _ in range(100):
            await asyncio.sleep(0)
            if len(feed.asked) == 2:
                break
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return feed.asked

    assert asyncio.run(run()) == [{"seq": 7}, {"seq": 7}]
