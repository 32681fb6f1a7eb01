"""The service on a socket of its own, in a thread, and clients that speak to the socket itself."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cablewatch.service import create_app
from cablewatch.service.server import Server, config_of, listen
from cablewatch.service.settings import Settings


class Running:
    """A server that runs, and where."""

    def __init__(self, server: Server, address: tuple[str, int]) -> None:
        self.server = server
        self.address = address

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


@contextmanager
def running(store: Path, **settings: object) -> Iterator[Running]:
    """The service over a store, on a free port of loopback; `app` is served instead if given."""
    app = settings.pop("app", None)
    said = Settings(**settings)
    listening = listen("127.0.0.1", 0)
    server = Server(config_of(app or create_app(store, settings=said), said))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield Running(server, listening.getsockname())
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()
