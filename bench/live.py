"""How soon a position and an alert are told that came live, and how much a watch bears.

``python -m bench live [positions|alerts|recorded|load|demo ...]``, all but the last if none named.
A real ``cablewatch watch --serve`` in processes of its own, fed here over TCP with sentences in tag
blocks of ten stations, and a client of its event stream:

positions  750 sentences a second for a minute; from the send to the event that tells it.
           Targets: median 250 ms, 99 in 100 within a second
alerts     a made-up drag at 600 times real time; from the send that lets the watermark pass to the
           event. Target: 99 in 100 within a second
recorded   recordings as fast as a watch takes them, against the time they cover; no service
load       20,000 sentences a second for ten minutes: lost, left unjudged, processor time, memory.
           Target: nothing lost, no growth
demo       the window round Yi Peng 3 at 600 times real time, to a client and a webhook's receiver:
           the alerts of its replay. Takes eight minutes
"""

import argparse
import gzip
import json
import re
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from bench.ordinary import shared
from cablewatch.alerts.records import record
from cablewatch.cables.model import collection_text, load_cables
from cablewatch.fixes import Array
from cablewatch.ordering.order import DUPLICATE_WINDOW_MS, LIVE_LATENESS_MS
from cablewatch.output.text import content_hash, epoch_ms
from cablewatch.scenario import encode, make_scenario
from cablewatch.scenario.reception import REPORT_DTYPE
from cablewatch.scenario.scenes import make_scene
from cablewatch.stores.alerts import AlertReader
from cablewatch.stores.folder import StoreWriter
from cablewatch.stores.run import read_run
from cablewatch.usecases.replay import replay

HOST, STATIONS, TICK_S = "127.0.0.1", 10, 0.01
BEGUN_S = int(time.time())  # ships sail on from here, over midnight too
BEHIND_MS = LIVE_LATENESS_MS + DUPLICATE_WINDOW_MS  # of the watermark, behind the newest time
EVERYWHERE = "-180,-90,180,90"
RECORDED = (
    "dma_sudden_stop_219165000.nmea",
    "dma_2013-11-12_5min.nmea.gz",
    "seine_2016-03-31.log.gz",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", nargs="*", choices=[*PARTS, []], default=[*PARTS][:-1])
    parser.add_argument("--rate", type=int, default=750, help="of positions, sentences a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="of positions")
    parser.add_argument("--load", type=int, default=20_000, help="sentences a second")
    parser.add_argument("--load-seconds", type=float, default=600.0)
    said = parser.parse_args()
    for what in said.what:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[what](Path(folder), said)


class Feed:
    """A server of lines that one watch connects to."""

    def __init__(self) -> None:
        self._server = socket.create_server((HOST, 0))
        self.port = self._server.getsockname()[1]
        self._out: socket.socket | None = None

    def send(self, data: bytes) -> None:
        """Send all of it."""
        if self._out is None:
            self._server.settimeout(300)
            self._out, _ = self._server.accept()
        self._out.sendall(data)

    def close(self) -> None:
        """End the connection, and the server."""
        for one in (self._out, self._server):
            if one is not None:
                one.close()


class Listener(threading.Thread):
    """A client of the event stream: each event, and the moment of its last byte."""

    def __init__(self, port: int, query: str) -> None:
        super().__init__(daemon=True)
        self.events: list[tuple[float, str, Any]] = []
        self._stopped = False
        self._socket = socket.create_connection((HOST, port))
        self._socket.sendall(
            f"GET /api/v1/stream?{query} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
        )
        self.start()

    def run(self) -> None:
        """Read until it is closed."""
        held = b""
        while not self._stopped:
            if not select.select([self._socket], [], [], 0.2)[0]:
                continue
            data = self._socket.recv(1 << 20)
            now_s = time.monotonic()
            if not data:
                return
            *whole, held = re.split(rb"\r?\n\r?\n", held + data)
            for event in whole:
                name = re.search(rb"^event: (\S+)", event, re.M)
                body = re.search(rb"^data: (.*)$", event, re.M)
                if name and body:
                    self.events.append((now_s, name[1].decode(), json.loads(body[1])))

    def close(self) -> None:
        """Stop reading."""
        self._stopped = True
        self.join()
        self._socket.close()


@contextmanager
def watching(
    folder: Path, feed: Feed, *options: str
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A watch of the feed that serves its store; its process, the port of its service."""
    store = folder / "store"
    command = [sys.executable, "-m", "cablewatch", "watch", f"tcp://{HOST}:{feed.port}?name=bench"]
    command += ["--store", str(store), "--serve", "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        port, said = 0, []
        for line in process.stderr:
            said.append(line)
            if found := re.search(rf"{HOST}:(\d+)/", line):
                port = int(found[1])
                break
        if not port:
            raise SystemExit("".join(said) or "the watch did not begin")
        reading = threading.Thread(target=process.stderr.read, daemon=True)
        reading.start()
        try:
            yield process, port
        finally:
            process.terminate()
            process.wait(60)


def lines_of(rng: np.random.Generator, ships: Array, t_s: int) -> list[bytes]:
    """A report of each of the ships at a time, heard by one of ten stations each."""
    rows = np.zeros(len(ships), REPORT_DTYPE)
    rows["mmsi"], rows["t_s"], rows["received_s"] = 219_000_000 + ships, t_s, t_s
    row, column = np.divmod(ships, 60)
    rows["lon_deg"] = 15.0 + column / 10.0 + (t_s - BEGUN_S) * 1e-4
    rows["lat_deg"] = 55.0 + row / 20.0 % 5.0
    rows["sog_kn"], rows["cog_deg"], rows["heading_deg"] = rng.normal(12.0, 0.1, len(ships)), 90, 90
    station = np.array([b"bench-%d" % k for k in range(STATIONS)])[ships % STATIONS]
    channel = np.array([b"A", b"B"])[ships % 2]
    text = encode.lines(encode.positions_a(rows, 1), station, rows["received_s"], channel)
    return [bytes(line) for line in np.ascontiguousarray(text)]


def paced(rate: int, seconds: float, send: Callable[[int, int], None]) -> float:
    """Call `send(first, after)` every tick for the messages due; seconds it was behind at most."""
    begun_s, sent, late_s = time.monotonic(), 0, 0.0
    while sent < rate * seconds:
        due = min(int((time.monotonic() - begun_s) * rate), int(rate * seconds))
        if due > sent:
            send(sent, due)
            late_s = max(late_s, time.monotonic() - begun_s - due / rate)
            sent = due
        time.sleep(TICK_S)
    return late_s


def positions(folder: Path, said: argparse.Namespace) -> None:
    """Delay of positions."""
    feed, rng = Feed(), np.random.default_rng(1)
    ships, sent = 4 * said.rate, {}  # each is heard every four seconds
    with watching(folder, feed) as (process, port):
        client = Listener(port, f"bbox={EVERYWHERE}")
        feed.send(b"".join(lines_of(rng, np.arange(100), int(time.time()))))
        time.sleep(3)  # the client listens, and all is loaded

        def send(first: int, after: int) -> None:
            some = np.arange(first, after) % ships
            data = b"".join(lines_of(rng, some, int(time.time())))
            now_s = time.monotonic()
            feed.send(data)
            for mmsi in (219_000_000 + some).tolist():
                sent.setdefault(mmsi, []).append(now_s)

        used_s = _processor_s(process.pid)
        late_s = paced(said.rate, said.seconds, send)
        time.sleep(3)
        used_s = _processor_s(process.pid) - used_s
        client.close()
        memory = memory_mb(process.pid)
    heard: dict[int, list[float]] = {}
    for at_s, name, event in client.events:
        if name == "positions":
            for mmsi in event["mmsi"]:
                heard.setdefault(mmsi, []).append(at_s)
    delays = []
    for mmsi, times in sent.items():
        for then_s in times:
            after = [at_s for at_s in heard.get(mmsi, ()) if at_s >= then_s]
            delays.append(after[0] - then_s if after else np.inf)
    feed.close()
    _delays(f"positions, {said.rate} sentences/s for {said.seconds:g} s", np.array(delays))
    print(f"sender behind by {1000 * late_s:.0f} ms at most; watch and service together")
    print(f"{used_s / said.seconds:.2f} s of a processor a second, {memory:.0f} MB")


def alerts(folder: Path, said: argparse.Namespace) -> None:
    """Delay of alerts, of a scene at 600 times real time."""
    made = make_scene("anchor-drag", 1)
    log, routes = folder / "scene.nmea", folder / "cables.geojson"
    made.write(log)
    routes.write_text(collection_text(tuple(made.cables)), encoding="utf-8")
    feed = Feed()
    with watching(folder, feed, "--cables", str(routes)) as (_, port):
        client = Listener(port, "since=0")
        passed = played(feed, log, 600.0)
        time.sleep(3)
        client.close()
    feed.close()
    delays = []
    times_ms, at_s = np.array(passed).T
    for heard_s, name, event in client.events:
        if name.startswith("alert."):
            updated_ms = epoch_ms(event["alert"]["properties"]["updated"])
            first = int(np.searchsorted(times_ms, updated_ms + BEHIND_MS))
            if first < len(at_s):
                delays.append(heard_s - at_s[first])
    _delays(f"alerts, {len(delays)} versions", np.array(delays))


def played(feed: Feed, log: Path, speed: float) -> list[tuple[int, float]]:
    """Send a log at a speed; the newest time of each piece, and when it was sent."""
    first_ms, begun_s, passed = None, 0.0, []
    newest_ms, held = 0, []
    for line in log.read_bytes().splitlines(keepends=True):
        found = re.search(rb"c:(\d+)", line)
        t_ms = 1000 * int(found[1]) if found else newest_ms
        if first_ms is None:
            feed.send(b"\r\n")
            time.sleep(3)
            first_ms, begun_s = t_ms, time.monotonic()
        due_s = begun_s + (t_ms - first_ms) / 1000.0 / speed
        if held and due_s > time.monotonic() + 0.001:
            feed.send(b"".join(held))
            passed.append((newest_ms, time.monotonic()))
            held = []
            time.sleep(max(0.0, due_s - time.monotonic()))
        held.append(line)
        newest_ms = max(newest_ms, t_ms)
    feed.send(b"".join(held))
    passed.append((newest_ms, time.monotonic()))
    return passed


def recorded(folder: Path, said: argparse.Namespace) -> None:
    """Ratio to real time; a short log tells what the start of a watch takes of it."""
    print("\nrecording: hours, sentences, seconds in all, times real time")
    for name in RECORDED:
        log = shared() / "nmea" / name
        if not log.exists():
            print(f"{name}: not here")
            continue
        opened = gzip.open if name.endswith(".gz") else open
        with opened(log, "rb") as file:
            sentences = sum(1 for _ in file)
        store = folder / name
        command = ["watch", f"file://{log}", "--speed", "0", "--store", str(store)]
        begun_s = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "cablewatch", *command], check=True, stderr=subprocess.DEVNULL
        )
        took_s = time.monotonic() - begun_s
        run = read_run(store)
        assert run is not None and run.start is not None and run.end is not None
        covers_s = (epoch_ms(run.end) - epoch_ms(run.start)) / 1000.0
        print(f"{name}: {covers_s / 3600:.2f} h, {sentences:,}, {took_s:.1f} s, ", end="")
        print(f"{covers_s / took_s:,.0f}")


def load(folder: Path, said: argparse.Namespace) -> None:
    """Sustained load: what is lost, and what it takes."""
    feed, rng = Feed(), np.random.default_rng(2)
    ships = 5 * said.load  # each is heard every five seconds
    with watching(folder, feed) as (process, port):
        feed.send(b"\r\n")
        time.sleep(3)
        used_s, held = _processor_s(process.pid), [memory_mb(process.pid)]

        def send(first: int, after: int) -> None:
            if first // (said.load * 30) != after // (said.load * 30):
                held.append(memory_mb(process.pid))
            text = lines_of(rng, np.arange(first, after) % ships, int(time.time()))
            feed.send(b"".join(text))

        late_s = paced(said.load, said.load_seconds, send)
        time.sleep(15)
        used_s = _processor_s(process.pid) - used_s
        state = asked(port, "/api/v1/feeds")["feeds"][0]
        held.append(memory_mb(process.pid))
    feed.close()
    total = round(said.load * said.load_seconds)
    print(f"\nload, {said.load:,} sentences/s for {said.load_seconds:g} s: {total:,} sent")
    print(f"read {state['fixes']:,}, refused {state['refused']}, left unjudged {state['shed']}")
    print(f"sender behind by {1000 * late_s:.0f} ms at most")
    print(f"{used_s / said.load_seconds:.2f} s of a processor a second")
    shown = ", ".join(f"{mb:.0f}" for mb in held)
    print(f"memory every half minute, MB: {shown}")


def demo(folder: Path, said: argparse.Namespace) -> None:
    """The window round Yi Peng 3 at 600 times, against its replay."""
    log = folder / "demo.nmea"
    make_scenario(0).write(log)
    writer = StoreWriter(folder / "replayed", "demo", "made up")
    replay([log], load_cables(), store=writer, lateness_ms=LIVE_LATENESS_MS)
    feed, got = Feed(), []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    receiver = HTTPServer((HOST, 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    settings = folder / "cablewatch.toml"
    hook = receiver.server_port
    settings.write_text(f'webhook_hosts = ["{HOST}"]\nwebhook_ports = [{hook}]\n')
    with watching(folder, feed, "--config", str(settings)) as (_, port):
        client = Listener(port, "since=0")
        asked(port, "/api/v1/webhooks", {"url": f"http://{HOST}:{hook}/"})
        passed = played(feed, log, 600.0)
        time.sleep(20)
        client.close()
    feed.close()
    receiver.shutdown()
    told = [event for _, name, event in client.events if name.startswith("alert.")]
    live, once = (_content(folder / name) for name in ("store", "replayed"))
    span_h = (passed[-1][0] - passed[0][0]) / 3.6e6
    print(f"\ndemo, {span_h:.0f} h in {passed[-1][1] - passed[0][1]:.0f} s")
    print(f"versions of alerts: live {len(live)}, replay {len(once)}, alike {len(live & once)}")
    print(f"told to the client {len(told)}, to the webhook {len(got)}")


def _content(store: Path) -> set[str]:
    """Hashes of all versions, without what names the input."""
    reader = AlertReader(store / "alerts.sqlite")
    found = set()
    cursor = None
    while True:
        page = reader.latest(limit=100, cursor=cursor)
        for alert in page.alerts:
            for version in reader.history(alert.id):
                said = record(version.alert)
                found.add(content_hash({k: v for k, v in said.items() if k != "source"}))
        cursor = page.cursor
        if cursor is None:
            return found


def asked(port: int, path: str, body: Any = None) -> Any:
    """Answer of the service as JSON."""
    import urllib.request

    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://{HOST}:{port}{path}", data)
    if data is not None:
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def _delays(what: str, delays_s: Array) -> None:
    missing = int(np.isinf(delays_s).sum())
    ms = 1000.0 * np.sort(delays_s[np.isfinite(delays_s)])
    print(f"\n{what}: {len(ms):,} told, {missing} missing")
    if len(ms):
        half, most = np.percentile(ms, [50, 99])
        print(f"half within {half:.0f} ms, 99 in 100 within {most:.0f}, all within {ms[-1]:.0f}")


def tree(pid: int) -> list[int]:
    """A process and those it began."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in tree(int(child)))]


def _processor_s(pid: int) -> float:
    ticks = 0
    for one in tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / 100.0


def memory_mb(pid: int) -> float:
    """Resident memory of a process and those it began."""
    found = (re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{k}/status").read_text()) for k in tree(pid))
    return sum(int(one[1]) for one in found if one) / 1024.0


PARTS: dict[str, Callable[[Path, argparse.Namespace], None]] = {
    "positions": positions,
    "alerts": alerts,
    "recorded": recorded,
    "load": load,
    "demo": demo,
}


if __name__ == "__main__":
    main()
