"""What is told of every request: an id, a line in the log, and figures."""

import logging
import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cablewatch.service.logs import about
from cablewatch.service.metrics import Metrics

HEADER = "X-Request-ID"
_SOUND = re.compile(r"[\w.-]{1,64}", re.ASCII)
_STREAM = "text/event-stream"

log = logging.getLogger("cablewatch.requests")


class Observed:
    """Gives each request an id, its own where it has a sound one, and tells how it ended."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, whatever becomes of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _id(Headers(scope=scope).get(HEADER, ""))
        seen = _Seen(send, request_id, self.metrics)
        about(request_id=request_id)
        try:
            await self.app(scope, receive, seen.send)
        finally:
            seen.over()
            self._tell(scope, seen)

    def _tell(self, scope: Scope, seen: "_Seen") -> None:
        route = getattr(scope.get("route"), "path", None) or scope.get("root_path") or "none"
        self.metrics.answered(scope["method"], route, seen.status, seen.waited)
        said = {
            "method": scope["method"],
            "path": scope["path"],
            "status": seen.status,
            "ms": round(1000 * (time.perf_counter() - seen.start), 1),
            "client": (scope.get("client") or ("",))[0],
            "caller": scope.get("state", {}).get("caller"),
        }
        log.info("request", extra=said)


class _Seen:
    """An answer on its way out."""

    def __init__(self, send: Send, request_id: str, metrics: Metrics) -> None:
        self._send = send
        self._request_id = request_id
        self._metrics = metrics
        self._streams = False
        self.start = time.perf_counter()
        self._begun: float | None = None
        self.status = "none"  # where the client was gone first

    @property
    def waited(self) -> float:
        """Seconds until the answer began, or there was none."""
        return (self._begun or time.perf_counter()) - self.start

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = time.perf_counter()
            self.status = str(message["status"])
            headers = MutableHeaders(scope=message)
            headers[HEADER] = self._request_id
            if headers.get("content-type", "").startswith(_STREAM):
                self._streams = True
                self._metrics.streams.inc()
        await self._send(message)

    def over(self) -> None:
        if self._streams:
            self._metrics.streams.dec()


def _id(said: str) -> str:
    return said if _SOUND.fullmatch(said) else uuid4().hex
