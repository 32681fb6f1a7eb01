"""The service on a socket of its own, in a thread, and clients that speak to the socket itself."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from cablewatch.service import create_app
from cablewatch.service.guard import middleware
from cablewatch.service.server import Server, config_of, listen
from cablewatch.service.settings import Settings


class Running:
    """A server that runs, and where."""

    def __init__(self, server: Server, address: tuple[str, int], thread: threading.Thread) -> None:
        self.server = server
        self.address = address
        self._thread = thread

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return not self._thread.is_alive()

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{self.address[0]}:{self.address[1]}"

    def connect(self) -> socket.socket:
        """A connection that waits at most 20 s for anything."""
        return socket.create_connection(self.address, timeout=20)

    def ask(self, request: bytes) -> "Answer":
        """Send a request, and read until the connection is closed."""
        with self.connect() as client:
            client.sendall(request)
            return answer(client)


class Answer:
    """What came until the connection was closed, and when."""

    def __init__(self, raw: bytes, seconds: float) -> None:
        self.raw = raw
        self.seconds = seconds
        head, _, body = raw.partition(b"\r\n\r\n")
        self.head = head.decode("latin-1").lower()
        self.status = int(head.split()[1]) if head else 0
        self.problem = json.loads(body) if b"problem+json" in head else None


def answer(client: socket.socket) -> Answer:
    """Read to the end; a reset is an end as well."""
    start, parts = time.monotonic(), []
    try:
        while part := client.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return Answer(b"".join(parts), time.monotonic() - start)


class Client:
    """A client that speaks to the socket itself, as ``curl -N`` does."""

    def __init__(
        self,
        server: Running,
        path: str,
        last: object = None,
        room: int | None = None,
        key: str | None = None,
    ) -> None:
        self.socket = socket.socket()
        if room:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.socket.settimeout(20)
        self.socket.connect(server.address)
        resumed = "" if last is None else f"Last-Event-ID: {last}\r\n"
        keyed = "" if key is None else f"X-API-Key: {key}\r\n"
        asked = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{resumed}{keyed}\r\n"
        self.socket.sendall(asked.encode())
        self._raw = self._body = b""
        while b"\r\n\r\n" not in self._raw:
            self._raw += self.socket.recv(65_536)
        head, _, self._raw = self._raw.partition(b"\r\n\r\n")
        self.head = head.decode().lower()
        self.status = int(head.split()[1])
        self.ended = False

    def frames(self) -> Iterator[dict[str, str]]:
        """Every event or comment as a dict of its fields, until the stream ends."""
        while True:
            while b"\n\n" in self._body:
                one, _, self._body = self._body.partition(b"\n\n")
                yield dict(line.split(": ", 1) for line in one.decode().split("\n"))
            if self.ended:
                return
            self._read()

    def events(self) -> Iterator[dict[str, str]]:
        """The events that carry data."""
        return (said for said in self.frames() if "data" in said)

    def take(self, n: int) -> list[dict[str, str]]:
        """The next `n` events."""
        found = self.events()
        return [next(found) for _ in range(n)]

    def _read(self) -> None:
        """Take one chunk (RFC 9112, section 7.1) of the body."""
        while b"\r\n" not in self._raw:
            self._more()
        size, _, self._raw = self._raw.partition(b"\r\n")
        while len(self._raw) < int(size, 16) + 2:
            self._more()
        self._body += self._raw[: int(size, 16)]
        self._raw = self._raw[int(size, 16) + 2 :]
        self.ended = int(size, 16) == 0

    def _more(self) -> None:
        part = self.socket.recv(65_536)
        if not part:
            raise ConnectionError("cut in the middle of a chunk")
        self._raw += part

    def close(self) -> None:
        """Leave."""
        self.socket.close()


@contextmanager
def running(store: Path, **settings: object) -> Iterator[Running]:
    """The service over a store, on a free port of loopback or on `port`.

    `app` is served instead if given, by another `kind` of server.
    """
    app, kind = settings.pop("app", None), settings.pop("kind", Server)
    port = settings.pop("port", 0)
    said = Settings(**settings)
    listening = listen("127.0.0.1", port)
    server = kind(config_of(app or create_app(store, settings=said), said))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield Running(server, listening.getsockname(), thread)
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


def without(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Build applications without one of the steps that requests pass."""

    class Away:
        def __init__(self, app: ASGIApp, **_options: object) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(scope, receive, send)

    monkeypatch.setattr(middleware, name, Away)
