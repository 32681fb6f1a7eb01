"""The service in a process of its own, and one client that asks it over a kept connection."""

import http.client
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.served.store import Made, cablewatch

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Asked:
    """A request."""

    label: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None
    stream: bool = False  # without end: its first event is waited for


@dataclass(frozen=True)
class Answer:
    """What came, and how long it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ms: float


class Client:
    """One connection, which is made anew after a stream."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=120)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def ask(self, asked: Asked) -> Answer:
        """Send a request and wait for all of its answer."""
        with suppress(http.client.RemoteDisconnected, ConnectionError):  # kept for too long
            return self._ask(asked)
        self._connection.close()
        return self._ask(asked)

    def _ask(self, asked: Asked) -> Answer:
        start_s = time.perf_counter()
        self._connection.request(asked.method, asked.path, asked.body, dict(asked.headers))
        answer = self._connection.getresponse()
        if asked.stream:
            body = b""
            while b"\nid: " not in body:
                body += answer.readline()
        else:
            body = answer.read()
        ms = 1e3 * (time.perf_counter() - start_s)
        if asked.stream:
            self._connection.close()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body, ms)


@dataclass(frozen=True)
class Server:
    """A service that runs."""

    process: subprocess.Popen[str]
    port: int

    def busy_s(self) -> float:
        """Processor time so far, in hundredths of a second."""
        status = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(status[11]) + int(status[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> float:
        """Most memory it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


@contextmanager
def serving(made: Made) -> Iterator[Server]:
    """The service over a store, started as people start it."""
    where = [] if made.database is None else ["--database", made.database]
    command = cablewatch("serve", "--store", str(made.folder), "--port", "0", *where)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stderr is not None
        found = None
        while found is None:
            line = process.stderr.readline()
            if not line:
                raise SystemExit("the service did not begin")
            found = re.search(rf"{HOST}:(\d+)", line)
        try:
            yield Server(process, int(found[1]))
        finally:
            process.terminate()
