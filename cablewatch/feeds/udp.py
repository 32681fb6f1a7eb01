"""``udp://ADDRESS:PORT``: datagrams of whole lines; a multicast address is joined.

``?interface=192.0.2.7`` names the address of the interface to join on. A datagram may hold several
lines, and need not end in a line's end. Datagrams beyond what the system keeps are lost: nobody
counts them.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import AsyncGenerator
from ipaddress import IPv4Address, ip_address
from itertools import groupby
from operator import itemgetter
from typing import Any

from cablewatch.feeds.base import FeedError, Received, Source
from cablewatch.feeds.clock import now_ms
from cablewatch.output.text import Json

BUFFER_BYTES = 4 << 20  # asked of the system
WAITING = 1 << 14  # datagrams; then the oldest is left out, and counted


class UdpFeed:
    """Datagrams that arrive at an address.

    `left_out` counts those that came faster than they were taken.
    """

    def __init__(self, source: Source, host: str, port: int, interface: str = "0.0.0.0") -> None:
        self.source, self._host, self._port, self._interface = source, host, port, interface
        self.address: tuple[str, int] | None = None  # while it listens
        self.left_out = 0

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Datagrams, those that wait taken together; see :class:`~cablewatch.feeds.base.Feed`."""
        try:
            connection = self._bound()
        except (OSError, ValueError) as error:
            what = f"cannot be listened on ({getattr(error, 'strerror', None) or error})"
            raise FeedError(self.source.name, what, "choose another address or port") from error
        waiting = _Datagrams()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: waiting, sock=connection)
        self.address = connection.getsockname()[:2]
        try:
            while True:
                await waiting.there.wait()
                self.left_out = waiting.left_out
                for sender, data in waiting.take():
                    yield Received(data, now_ms(), sender=sender)
        finally:
            self.address = None
            transport.close()

    async def confirm(self, position: Json) -> None:
        """Nothing: a datagram is sent once."""

    def _bound(self) -> socket.socket:
        address = ip_address(self._host)
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = socket.socket(family, socket.SOCK_DGRAM)
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            if address.is_multicast:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            connection.bind((self._host, self._port))
            if isinstance(address, IPv4Address) and address.is_multicast:
                group = address.packed + IPv4Address(self._interface).packed
                connection.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
            elif address.is_multicast:
                group = address.packed + struct.pack("@I", 0)
                connection.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        except (OSError, ValueError):
            connection.close()
            raise
        return connection


class _Datagrams(asyncio.DatagramProtocol):
    """Datagrams that wait to be taken."""

    def __init__(self) -> None:
        self.there = asyncio.Event()
        self.left_out = 0
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=WAITING)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Keep one; it ends a line."""
        self.left_out += len(self._waiting) == WAITING
        whole = data if data.endswith((b"\n", b"\r")) else data + b"\n"
        self._waiting.append((f"{addr[0]}:{addr[1]}", whole))
        self.there.set()

    def take(self) -> list[tuple[str, bytes]]:
        """All that wait; those in a row of one sender together."""
        taken = [
            (sender, b"".join(data for _, data in several))
            for sender, several in groupby(self._waiting, key=itemgetter(0))
        ]
        self._waiting.clear()
        self.there.clear()
        return taken
