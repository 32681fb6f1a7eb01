"""Connections over HTTP/1.1 that nobody can hold by sending or taking next to nothing.

uvicorn alone waits without end for the rest of a header that was half sent, for a body, and for a
client that takes no more of its answer. Here each has its time:

===========  ==============================================================  =====================
phase        ends                                                            else
===========  ==============================================================  =====================
head         when line and headers of a request are whole                    408, and closed
body         when the body is whole, which the application waits for         closed
answer       with each `LEAST_BYTES` that the client takes in time           closed
===========  ==============================================================  =====================

Connections are counted, together and by address; one too many is told so (503) and closed.
"""

import asyncio
import json
from collections import Counter
from http import HTTPStatus
from ipaddress import ip_network
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from cablewatch.service.guard.addresses import network_of, within
from cablewatch.service.settings import Settings

LEAST_BYTES = 4096  # that a client takes while it may stall, 400 B/s at 10 s
BODY_MORE_S = 5  # for the application to say first that a body is late

_PHASES = {h11.IDLE: "head", h11.SEND_BODY: "body"}


class Connections:
    """How many connections there are, of all and of each address but trusted proxies."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.seconds = {
            "head": settings.header_seconds,
            "body": settings.request_seconds + BODY_MORE_S,
        }
        self._trusted = tuple(map(ip_network, settings.trusted_proxies))
        self._of: Counter[str] = Counter()

    def enter(self, address: str) -> str | None:
        """Count a connection; return what it counts as, None where there is no room for it."""
        said, caller = self.settings, network_of(address)
        if self._of.total() >= said.max_connections:
            return None
        full = self._of[caller] >= said.connections_per_address
        if full and not within(address, self._trusted):
            return None
        self._of[caller] += 1
        return caller

    def leave(self, caller: str) -> None:
        """Forget a connection that was counted."""
        self._of[caller] -= 1
        if not self._of[caller]:
            del self._of[caller]


class GuardedProtocol(H11Protocol):
    """A connection whose phases each have their time."""

    def __init__(self, *arguments: Any, connections: Connections, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._house = connections
        self._caller: str | None = None  # None: not counted
        self._phase: str | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and wait for its first request."""
        super().connection_made(transport)
        self._caller = self._house.enter(self.client[0] if self.client else "")
        if self._caller is None:
            self._refuse(503, "too many connections")
            return
        socket = transport.get_extra_info("socket")
        socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # head and body are written one by one
        transport.set_write_buffer_limits(0)  # told of everything that is not taken at once
        self._enter_phase()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give its place to another."""
        for timer in (self._deadline, self._stall):
            if timer is not None:
                timer.cancel()
        if self._caller is not None:
            self._house.leave(self._caller)
            self._caller = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; only a phase that ends sets a new time."""
        super().data_received(data)
        self._enter_phase()

    def _enter_phase(self) -> None:
        phase = _PHASES.get(self.conn.their_state)
        if phase == self._phase:
            return
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._phase = phase
        if phase is not None:
            self._deadline = self.loop.call_later(self._house.seconds[phase], self._late)

    def _late(self) -> None:
        if self._phase == "head" and self.conn.our_state is h11.IDLE:
            self._refuse(408, "the headers did not arrive in time")
        else:
            self.transport.abort()

    def pause_writing(self) -> None:
        """Watch a client that does not take at once what is sent."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Watch no longer: all was taken."""
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _watch(self) -> None:
        waiting = self.transport.get_write_buffer_size()
        seconds = self._house.settings.stall_seconds
        self._stall = self.loop.call_later(seconds, self._stalled, waiting)

    def _stalled(self, waiting: int) -> None:
        if waiting - self.transport.get_write_buffer_size() < LEAST_BYTES:
            self.transport.abort()
        else:
            self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or is longer than it may be."""
        self._refuse(400, "not a request, or its line and headers are too long")

    def _refuse(self, status: int, detail: str) -> None:
        """Answer without the application, and close."""
        title = HTTPStatus(status).phrase
        said = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        body = json.dumps(said | {"instance": "", "errors": []}).encode()
        head = (
            f"HTTP/1.1 {status} {title}\r\nContent-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
