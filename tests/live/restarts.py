"""A watch whose only source is a broker, which is restarted while a scene is sent."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import nats
from aiomqtt import Client, MqttError
from nats.errors import Error as NatsError

from cablewatch.archives.compression import Container
from cablewatch.archives.options import DEFAULTS
from cablewatch.archives.recording import entries
from cablewatch.cables.model import collection_text
from cablewatch.output.text import Json
from cablewatch.scenario.scenes import make_scene
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.feed_state import FeedStateStore
from cablewatch.stores.folder import StoreWriter
from cablewatch.usecases.replay import replay

from ..feeds.servers import PATIENCE_S, Broker, free_port
from .stored import content, ended, fixes

LATENESS_MS = 60_000
ENDS = (signal.SIGTERM, signal.SIGKILL)
TOGETHER = 10  # lines of a message
PAUSE_S = 0.005  # between two messages
REACH_S = 2
START_S = 300.0  # of a watch that compiles first
DOWN_S = 0.5  # what came before is written
AGAIN_S = 0.1  # between two attempts

Publish = Callable[[int, bytes], Awaitable[None]]


class Kind(Protocol):
    """A kind of broker: how it is run, read, and written to."""

    broker: Broker
    url: str

    def publishing(self) -> AbstractAsyncContextManager[Publish]:
        """What publishes a message, by its number, and returns once the broker has it."""


class Mosquitto:
    """MQTT: what it keeps for a client it knows is on disk once a second, and when it ends."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        settings = folder / "mosquitto.conf"
        settings.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {folder}/\nautosave_interval 1\nmax_queued_messages 0\n"
            f"user {Path.home().owner()}\n"
        )
        self.broker = Broker("mosquitto", ["-c", str(settings)], port, folder)
        self.url = f"mqtt://127.0.0.1:{port}/ais/%23?client=pier&name=pier"

    @asynccontextmanager
    async def publishing(self) -> AsyncIterator[Publish]:
        async with Client("127.0.0.1", self.broker.port, timeout=REACH_S) as client:

            async def publish(number: int, message: bytes) -> None:
                await client.publish("ais/pier", message, qos=1)

            yield publish


class Nats:
    """JetStream with its messages in files; one that is sent again is known by its number."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        arguments = ["-js", "-a", "127.0.0.1", "-p", str(port), "-sd", str(folder / "js")]
        self.broker = Broker("nats-server", arguments, port, folder)
        self.url = f"nats://127.0.0.1:{port}/ais.%3E?stream=AIS&name=pier"

    @asynccontextmanager
    async def publishing(self) -> AsyncIterator[Publish]:
        server = f"nats://127.0.0.1:{self.broker.port}"
        client = await nats.connect(server, allow_reconnect=False, connect_timeout=REACH_S)
        try:
            stream = client.jetstream(timeout=REACH_S)
            await stream.add_stream(name="AIS", subjects=["ais.>"])

            async def publish(number: int, message: bytes) -> None:
                await stream.publish("ais.pier", message, headers={"Nats-Msg-Id": str(number)})

            yield publish
        finally:
            await client.close()


class Outcome(NamedTuple):
    """What a run came to."""

    health: Json  # of the source, as the watch said last
    back_s: list[float]  # from each start of the broker to what came of it
    sent: list[bytes]  # lines that the broker acknowledged
    came: list[bytes]  # lines that the watch recorded
    alerts: tuple[list[str], list[str]]  # of the watch, and of a replay of what it recorded
    fixes: tuple[list[tuple[int, int]], list[tuple[int, int]]]  # likewise: time and ship


def run(kind: Kind, restarts: int, folder: Path, seed: int) -> Outcome:
    """Restart so many times, then compare with a replay of what came."""
    made = make_scene("anchor-drag", 1)
    made.write(folder / "scene.nmea")
    routes, store, kept = folder / "cables.geojson", folder / "live", folder / "kept"
    routes.write_text(collection_text(tuple(made.cables)), encoding="utf-8")
    lines = (folder / "scene.nmea").read_bytes().splitlines(keepends=True)
    several = [b"".join(lines[k : k + TOGETHER]) for k in range(0, len(lines), TOGETHER)]
    command = [sys.executable, "-m", "cablewatch", "watch", kind.url, "--store", str(store)]
    command += ["--cables", str(routes), "--lateness", str(LATENESS_MS // 1000)]
    command += ["--record", str(kept)]
    kind.broker.start()
    try:
        with (folder / "watch.log").open("wb") as log:
            process = subprocess.Popen(command, stderr=log)
        try:
            back_s = asyncio.run(
                _sent(kind, several, restarts, store / "journal", random.Random(seed))
            )
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0, (folder / "watch.log").read_text()
        finally:
            process.kill()
            process.wait()
    finally:
        kind.broker.stop()
    state = FeedStateStore(AlertStore(store / "alerts.sqlite").database).load("pier")
    assert state is not None
    ended(store, made.cables, LATENESS_MS)
    once = StoreWriter(folder / "replayed", "scene", "made up")
    replay([kept], made.cables, store=once, lateness_ms=LATENESS_MS)
    alerts, found = (tuple(map(of, (store, folder / "replayed"))) for of in (content, fixes))
    return Outcome(state.said, back_s, lines, recorded(kept), alerts, found)  # type: ignore[arg-type]


def recorded(kept: Path) -> list[bytes]:
    """Lines of recordings, in their order."""
    members = (m for path in sorted(kept.iterdir()) for m in Container(path, DEFAULTS).members())
    data = b"".join(entry.data for member in members for entry in entries(member))
    return data.splitlines(keepends=True)


async def _sent(
    kind: Kind, messages: Sequence[bytes], restarts: int, journal: Path, chance: random.Random
) -> list[float]:
    """Send all messages; seconds from each start of the broker to what came of it."""
    edges = [
        *sorted(chance.sample(range(1, len(messages) - restarts), restarts)),
        len(messages) - 1,
    ]
    await _heard(kind, 0, messages[0], journal, START_S)
    begin = await _published(kind, messages, 1, edges[0])
    back_s = []
    for k in range(restarts):
        wait_s, number = chance.uniform(0.0, 0.5), ENDS[k % len(ENDS)]
        restarting = asyncio.create_task(_restarted(kind.broker, wait_s, number, journal))
        begin = await _published(kind, messages, begin, edges[k + 1])
        back = await restarting
        await _heard(kind, begin, messages[begin], journal)
        back_s.append(await back)
        begin += 1
    return back_s


async def _restarted(
    broker: Broker, wait_s: float, number: int, journal: Path
) -> asyncio.Task[float]:
    """End a broker after a while and start it again; seconds from there to what came of it."""
    await asyncio.sleep(wait_s)
    await asyncio.to_thread(broker.stop, number)
    await asyncio.sleep(DOWN_S)
    growing = asyncio.create_task(_grown(journal, len(_written(journal))))
    await asyncio.to_thread(broker.start)
    return growing


async def _grown(journal: Path, before: int) -> float:
    """Seconds until more is written."""
    begun_s = time.monotonic()
    async with asyncio.timeout(PATIENCE_S):
        while len(_written(journal)) == before:
            await asyncio.sleep(AGAIN_S)
    return time.monotonic() - begun_s


async def _published(kind: Kind, messages: Sequence[bytes], begin: int, end: int) -> int:
    """Publish messages, each again until it is acknowledged; number of the next."""
    number = begin
    while number < end:
        try:
            async with kind.publishing() as publish:
                while number < end:
                    await publish(number, messages[number])
                    number += 1
                    await asyncio.sleep(PAUSE_S)
        except (MqttError, NatsError, OSError):
            await asyncio.sleep(AGAIN_S)
    return number


async def _heard(
    kind: Kind, number: int, message: bytes, journal: Path, patience_s: float = PATIENCE_S
) -> None:
    """Publish a message until the watch has it, for who is not known yet misses it."""
    before = len(_written(journal))
    async with asyncio.timeout(patience_s):
        while message not in _written(journal)[before:]:
            await _published(kind, [message] * (number + 1), number, number + 1)
            await asyncio.sleep(AGAIN_S)


def _written(journal: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(journal.glob("*.received")))
