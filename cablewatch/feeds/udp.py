"""``udp://ADDRESS:PORT``: datagrams of whole lines; a multicast address is joined.

``?interface=192.0.2.7`` names the address of the interface to join on. A datagram may hold several
lines, and need not end in a line's end. Datagrams for which the system or this process had no room
are lost, and counted with what comes next (the system's on Linux alone).
"""

import asyncio
import socket
import struct
import sys
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from ipaddress import IPv4Address, IPv6Address
from itertools import groupby
from operator import itemgetter

from cablewatch.feeds.base import FeedError, Received, Source
from cablewatch.feeds.clock import now_ms
from cablewatch.feeds.lines import TOGETHER, whole
from cablewatch.output.text import Json

BUFFER_BYTES = 4 << 20  # asked of the system
WAITING = 1 << 14  # datagrams; then the oldest is left out, and counted
DATAGRAM_BYTES = 1 << 16
SO_RXQ_OVFL = 40  # asm-generic/socket.h: with a datagram comes how many were dropped before it
SAID_BYTES = socket.CMSG_SPACE(4)
ANY = IPv4Address(0)

Address = IPv4Address | IPv6Address


class UdpFeed:
    """Datagrams that arrive at an address."""

    def __init__(
        self, source: Source, host: Address, port: int, interface: IPv4Address = ANY
    ) -> None:
        self.source, self._host, self._port, self._interface = source, host, port, interface
        self.address: tuple[str, int] | None = None  # while it listens

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Datagrams, those that wait taken together; see :class:`~cablewatch.feeds.base.Feed`."""
        try:
            connection = self._bound()
        except OSError as error:
            what = f"cannot be listened on ({error.strerror or error})"
            raise FeedError(self.source.name, what, "choose another address or port") from error
        waiting = _Datagrams(connection)
        loop = asyncio.get_running_loop()
        loop.add_reader(connection, waiting.read)
        self.address = connection.getsockname()[:2]
        try:
            while True:
                await waiting.there.wait()
                for received in waiting.take():
                    yield received
        finally:
            self.address = None
            loop.remove_reader(connection)
            connection.close()

    async def confirm(self, position: Json) -> None:
        """Nothing: a datagram is sent once."""

    def _bound(self) -> socket.socket:
        address = self._host
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = socket.socket(family, socket.SOCK_DGRAM)
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            if sys.platform == "linux":
                connection.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
            if address.is_multicast:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            connection.bind((str(address), self._port))
            if isinstance(address, IPv4Address) and address.is_multicast:
                group = address.packed + self._interface.packed
                connection.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
            elif address.is_multicast:
                group = address.packed + struct.pack("@I", 0)
                connection.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        except OSError:
            connection.close()
            raise
        return connection


class _Datagrams:
    """Datagrams that wait to be taken, and how many were lost before them."""

    def __init__(self, connection: socket.socket) -> None:
        self.there = asyncio.Event()
        self._connection = connection
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=WAITING)
        self._dropped = self._lost = 0

    def read(self) -> None:
        """Keep what the system has, some of it at a time; each ends a line."""
        for _ in range(TOGETHER):
            try:
                data, said, _, sender = self._connection.recvmsg(DATAGRAM_BYTES, SAID_BYTES)
            except OSError:  # nothing more, or word of one that we never sent
                return
            self._count(said)
            self._lost += len(self._waiting) == WAITING
            self._waiting.append((f"{sender[0]}:{sender[1]}", whole(data)))
            self.there.set()

    def take(self) -> list[Received]:
        """All that wait; those in a row of one sender together."""
        at_ms = now_ms()
        taken = [
            Received(b"".join(data for _, data in several), at_ms, sender=sender)
            for sender, several in groupby(self._waiting, key=itemgetter(0))
        ]
        taken[0] = taken[0]._replace(lost=self._lost)
        self._lost = 0
        self._waiting.clear()
        self.there.clear()
        return taken

    def _count(self, said: Sequence[tuple[int, int, bytes]]) -> None:
        """Note how many the system has dropped since it listens, as it says with the next one."""
        for level, kind, value in said:
            if (level, kind) == (socket.SOL_SOCKET, SO_RXQ_OVFL):
                dropped = int.from_bytes(value, sys.byteorder)
                self._lost += (dropped - self._dropped) % (1 << 32)
                self._dropped = dropped
