"""A host of archives on the loopback interface, with the faults of real ones, in order.

Each GET of a file takes the next fault off the file's list; without one it answers as it should.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODIFIED = "Mon, 18 Nov 2024 03:00:00 GMT"


@dataclass
class Fault:
    """What goes wrong with one answer.

    `cut_after` bytes the connection goes; `silent_after` bytes nothing comes any more; `extra`
    bytes are announced and never come; `status` is answered instead, with `headers`.
    """

    cut_after: int | None = None
    silent_after: int | None = None
    extra: int = 0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class File:
    """A file of the host, and how the host treats it."""

    content: bytes
    etag: str = '"v1"'
    modified: str = MODIFIED
    ranges: bool = True
    if_range: bool = True
    length: bool = True
    heads: bool = True
    faults: list[Fault] = field(default_factory=list)


@dataclass
class Host:
    """The files by path, and every request that came: method, path, Range."""

    files: dict[str, File]
    url: str = ""
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    open_now: int = 0
    open_most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ranges(self, path: str) -> list[str]:
        """The Range of each GET of a path."""
        return [asked for method, name, asked in self.requests if (method, name) == ("GET", path)]


class Handler(BaseHTTPRequestHandler):
    """Answers for the host that its server carries."""

    protocol_version = "HTTP/1.1"
    host: Host

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer with the head of the whole file."""
        self.host.requests.append(("HEAD", self.path, ""))
        file = self.host.files.get(self.path)
        if file is None or not file.heads:
            self.answer(404 if file is None else 405, {})
        else:
            self.answer(200, self.marks(file), len(file.content) if file.length else None)

    def do_GET(self) -> None:
        """Answer with the file or a part of it, and the next fault."""
        asked = self.headers.get("Range", "")
        self.host.requests.append(("GET", self.path, asked))
        file = self.host.files.get(self.path)
        if file is None:
            self.answer(404, {})
            return
        with self.host.lock:
            self.host.open_now += 1
            self.host.open_most = max(self.host.open_most, self.host.open_now)
        try:
            self.send(file, file.faults.pop(0) if file.faults else Fault(), asked)
        finally:
            with self.host.lock:
                self.host.open_now -= 1

    def send(self, file: File, fault: Fault, asked: str) -> None:
        """Send the bytes asked for, as far as the fault lets them through."""
        if fault.status:
            self.answer(fault.status, fault.headers)
            return
        condition = self.headers.get("If-Range")
        fits = not file.if_range or condition in (None, file.etag, file.modified)
        status, start = 200, 0
        headers = self.marks(file)
        if asked and file.ranges and fits:
            status, start = 206, int(asked.removeprefix("bytes=").rstrip("-"))
            size = len(file.content)
            if start >= size:
                self.answer(416, {"Content-Range": f"bytes */{size}"})
                return
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        body = file.content[start:]
        self.answer(status, headers, len(body) + fault.extra if file.length else None, body=True)
        for after, silent in ((fault.cut_after, False), (fault.silent_after, True)):
            if after is not None:
                self.wfile.write(body[:after])
                self.wfile.flush()
                time.sleep(1.0 if silent else 0)
                self.close_connection = True
                return
        self.wfile.write(body)
        self.close_connection = bool(fault.extra) or not file.length

    def marks(self, file: File) -> dict[str, str]:
        """Headers that name the version."""
        named = {"ETag": file.etag, "Last-Modified": file.modified}
        return {name: value for name, value in named.items() if value}

    def answer(
        self, status: int, headers: dict[str, str], length: int | None = 0, body: bool = False
    ) -> None:
        """Send a status and headers."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if body and length is None:
            self.send_header("Connection", "close")
        self.end_headers()


@contextmanager
def serving(host: Host) -> Iterator[Host]:
    """The host, answering on a free port of the loopback interface."""
    handler = type("Bound", (Handler,), {"host": host})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # clients go as they like
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
