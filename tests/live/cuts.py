"""A watch whose only feed is cut again and again, while a scene is sent to it."""

import random
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import ExitStack
from fcntl import ioctl
from pathlib import Path
from termios import TIOCOUTQ
from typing import NamedTuple

from cablewatch.cables.model import collection_text
from cablewatch.output.text import Json
from cablewatch.scenario.scenes import make_scene
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.feed_state import FeedStateStore
from cablewatch.stores.folder import StoreWriter
from cablewatch.usecases.replay import replay

from .stored import content, ended, fixes

LATENESS_MS = 60_000
SILENCE_S = 2.0  # then a connection is taken for cut
LOST = 10  # lines at most that nobody hears at a cut
KINDS = ("reset", "half open", "closed")


class Outcome(NamedTuple):
    """What a run came to."""

    health: Json  # of the source, as the watch said last
    back_s: list[float]  # from each cut to the next connection
    alerts: tuple[list[str], list[str]]  # of the watch, and of a replay of what came
    fixes: tuple[list[tuple[int, int]], list[tuple[int, int]]]  # likewise: time and ship


def run(cuts: int, folder: Path, seed: int) -> Outcome:
    """Cut so many times, then compare with a replay of the lines that were sent whole."""
    made, chance = make_scene("anchor-drag", 1), random.Random(seed)
    made.write(folder / "scene.nmea")
    routes, store = folder / "cables.geojson", folder / "live"
    routes.write_text(collection_text(tuple(made.cables)), encoding="utf-8")
    lines = (folder / "scene.nmea").read_bytes().splitlines(keepends=True)
    with ExitStack() as opened, socket.create_server(("127.0.0.1", 0)) as server:
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}?name=pier&silence={SILENCE_S}"
        command = [sys.executable, "-m", "cablewatch", "watch", url, "--store", str(store)]
        command += ["--cables", str(routes), "--lateness", str(LATENESS_MS // 1000)]
        with (folder / "watch.log").open("wb") as log:
            process = subprocess.Popen(command, stderr=log)
        try:
            came, back_s = _sent(server, opened, lines, cuts, chance)
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0, (folder / "watch.log").read_text()
        finally:
            process.kill()
            process.wait()
    state = FeedStateStore(AlertStore(store / "alerts.sqlite").database).load("pier")
    assert state is not None
    ended(store, made.cables, LATENESS_MS)
    (folder / "came.nmea").write_bytes(b"".join(came))
    once = StoreWriter(folder / "replayed", "scene", "made up")
    replay([folder / "came.nmea"], made.cables, store=once, lateness_ms=LATENESS_MS)
    alerts, found = (tuple(map(of, (store, folder / "replayed"))) for of in (content, fixes))
    return Outcome(state.said, back_s, alerts, found)  # type: ignore[arg-type]


def _sent(
    server: socket.socket, opened: ExitStack, lines: list[bytes], cuts: int, chance: random.Random
) -> tuple[list[bytes], list[float]]:
    """Send lines over so many connections and one; those sent whole, seconds until each next."""
    edges = [0, *sorted(chance.sample(range(1, len(lines)), cuts)), len(lines)]
    came: list[bytes] = []
    back_s: list[float] = []
    server.settimeout(120)
    connection = opened.enter_context(server.accept()[0])
    for k in range(cuts + 1):
        part = lines[edges[k] : edges[k + 1]]
        lost = min(chance.randint(0, LOST), len(part) - 1) if k else 0
        came += part[lost:]
        half = lines[edges[k + 1]][: chance.randint(1, 40)] if k < cuts else b""
        connection.sendall(b"".join(part[lost:]) + half)
        _arrived(connection)
        if k < cuts:
            cut_s = time.monotonic()
            _cut(connection, KINDS[k % len(KINDS)])
            connection = opened.enter_context(server.accept()[0])
            back_s.append(time.monotonic() - cut_s)
    return came, back_s


def _arrived(connection: socket.socket) -> None:
    """Wait until the other end has all of it, and some time to take it."""
    while struct.unpack("i", ioctl(connection, TIOCOUTQ, b"\0" * 4))[0]:
        time.sleep(0.001)
    time.sleep(0.1)


def _cut(connection: socket.socket, kind: str) -> None:
    """Cut a connection; of one that is half open nothing comes any more."""
    if kind == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if kind != "half open":
        connection.close()
