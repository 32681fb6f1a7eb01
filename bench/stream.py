"""How soon a thousand clients of the event stream hear of an alert, and whether they miss any.

``python -m bench stream [--clients N] [--rate N] [--seconds N] [--stalled N]`` serves a store in a
process of its own, appends alerts in another one and listens here, on plain sockets. The delay is
from the moment that is stored with an event (`at`) to the last byte of the event. Some clients more
ask and never read. Targets: 99 of 100 events within 500 ms, no gap, and those who do not read are
closed.
"""

import argparse
import asyncio
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from cablewatch.alerts.model import Alert, CableCrossing, Evidence
from cablewatch.output.text import epoch_ms
from cablewatch.stores.alerts import AlertStore

HOST = "127.0.0.1"
T0 = 1_731_830_400_000
_TRACK = tuple((19.6 - n / 400, 57.2 - n / 700, T0 + n * 60_000) for n in range(60))
_TERM = Evidence("speed_loss", 0.62, "", 3.4, "made 62% of its own usual 11.4 kn for 95 min")
ALERT = Alert(
    id="",
    incident_id="i",
    kind="anchor_drag",
    mmsi=414270000,
    name="YI PENG 3",
    state="open",
    review="new",
    severity="critical",
    probability=0.9,
    started_ms=T0,
    raised_ms=T0,
    updated_ms=T0,
    ended_ms=None,
    cables=(CableCrossing("c-lion1", 91.5, T0, 71.0, 7.1, False),),
    next_cables=(),
    evidence=(_TERM,) * 5,
    suppressed_by=(),
    geometry_confidence="charted",
    stations=("gotland",),
    rule_version="1",
    config_hash="c",
    source="bench",
    track=_TRACK,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=5.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--stalled", type=int, default=10, help="clients that never read")
    said = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        AlertStore(store / "alerts.sqlite").append([replace(ALERT, id="first")])
        with _serving(store, 2 * (said.clients + said.stalled)) as (server, port):
            asyncio.run(_measure(store, port, said))
            _print_server(server, port)


@contextmanager
def _serving(store: Path, connections: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The service over a store, and its port."""
    room = {"MAX_CONNECTIONS": connections, "CONNECTIONS_PER_ADDRESS": connections}
    names = {f"CABLEWATCH_{name}": str(value) for name, value in room.items()}
    command = [sys.executable, "-m", "cablewatch", "serve", "--store", str(store), "--port", "0"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | names
    ) as server:
        assert server.stderr is not None
        found = None
        while found is None:
            line = server.stderr.readline()
            if not line:
                raise SystemExit("the service did not begin")
            found = re.search(rf"{HOST}:(\d+)", line)
        try:
            yield server, int(found[1])
        finally:
            server.terminate()


async def _measure(store: Path, port: int, said: argparse.Namespace) -> None:
    clients = [await _connected(port) for _ in range(said.clients)]
    stalled = [_stalled(port) for _ in range(said.stalled)]
    await asyncio.sleep(1)
    events = round(said.rate * said.seconds)
    writing = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import sys; from bench.stream import write; write(*sys.argv[1:])"),
        *(str(store), str(events), str(said.rate)),
    )
    await writing.wait()
    for _ in range(100):
        if all(len(client.seqs) >= events for client in clients):
            break
        await asyncio.sleep(0.1)
    wanted = list(range(2, events + 2))
    wrong = sum(client.seqs != wanted for client in clients)
    delays_ms = np.array([delay for client in clients for delay in client.delays_ms])
    p50, p99 = np.percentile(delays_ms, (50, 99))
    told = f"{said.clients:,} clients, {said.rate:g} events a second, {said.seconds:g} s"
    print(f"{told}: {len(delays_ms):,} told of {events * said.clients:,}")
    print(f"delay {p50:.0f} ms, of 99 in 100 {p99:.0f} ms, at most {delays_ms.max():.0f} ms")
    size = sum(client.bytes for client in clients) / len(delays_ms)
    print(f"clients with a gap, a double or another order: {wrong}; {size:,.0f} bytes an event")
    for one in stalled:
        one.close()


class _Client(asyncio.Protocol):
    """Notes the number of every event, and how long after it was stored it is here."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.delays_ms: list[float] = []
        self.bytes = 0
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        here_ms = time.time() * 1000
        self.bytes += len(data)
        *events, self._held = (self._held + data).split(b"\n\n")
        for event in events:
            number = event.rfind(b"\nid: ")
            if number < 0:
                continue
            self.seqs.append(int(event[number + 5 :]))
            at = event.index(b'"at":"') + 6
            stored = datetime.fromisoformat(event[at : event.index(b'"', at)].decode())
            self.delays_ms.append(here_ms - epoch_ms(stored))


async def _connected(port: int) -> _Client:
    _, client = await asyncio.get_running_loop().create_connection(_Client, HOST, port)
    return client


def _stalled(port: int) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((HOST, port))
    client.sendall(b"GET /api/v1/stream?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return client


def write(folder: str, events: str, rate: str) -> None:
    """Append alerts at a steady rate."""
    store, begun_s = AlertStore(Path(folder) / "alerts.sqlite"), time.monotonic()
    for n in range(int(events)):
        time.sleep(max(0.0, begun_s + n / float(rate) - time.monotonic()))
        store.append([replace(ALERT, id=f"alert{n}", updated_ms=T0 + n)])


def _print_server(server: subprocess.Popen[str], port: int) -> None:
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics") as answer:
        figures = answer.read().decode()
    (left,) = re.findall(r"^cablewatch_event_stream_clients (\S+)", figures, re.MULTILINE)
    status = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    busy_s = (int(status[11]) + int(status[12])) / os.sysconf("SC_CLK_TCK")
    memory = Path(f"/proc/{server.pid}/status").read_text()
    peak_mb = int(re.findall(r"VmHWM:\s+(\d+)", memory)[0]) / 1024
    print(
        f"service: {busy_s:.1f} s of a processor, {peak_mb:.0f} MB; clients left {float(left):.0f}"
    )


if __name__ == "__main__":
    main()
