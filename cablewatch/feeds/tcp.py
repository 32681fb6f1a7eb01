"""``tcp://HOST:PORT``: connects to a server of lines; ``tcp-listen://ADDRESS:PORT``: waits for one.

Where it listens, any number of senders may connect; each has its own cut lines, and what they say
is one source. An address that is no loopback takes what anybody sends: a firewall decides who.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator

from cablewatch.feeds.base import FeedError, Received, Source
from cablewatch.feeds.clock import now_ms
from cablewatch.feeds.lines import Lines
from cablewatch.output.text import Json

CHUNK_BYTES = 1 << 16
CONNECT_S = 10.0
SENDERS = 64  # that may be connected to a listener at a time
WAITING = 256  # chunks of all of them that wait to be taken


class TcpFeed:
    """A connection to a server that sends lines."""

    def __init__(self, source: Source, host: str, port: int) -> None:
        self.source, self._host, self._port = source, host, port

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Lines until the connection ends; see :class:`~cablewatch.feeds.base.Feed`."""
        try:
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(self._host, self._port)
        except (OSError, TimeoutError) as error:
            raise _unreachable(self.source.name, error) from error
        keep_alive(writer.get_extra_info("socket"))
        lines = Lines()
        try:
            while data := await reader.read(CHUNK_BYTES):
                if whole := lines.feed(data):
                    yield Received(whole, now_ms())
        except OSError as error:
            raise FeedError(self.source.name, f"cut ({_said(error)})", "see its sender") from error
        finally:
            writer.transport.abort()
        if rest := lines.rest():
            yield Received(rest, now_ms())
        raise FeedError(self.source.name, "closed by its sender", "see there why")

    async def confirm(self, position: Json) -> None:
        """Nothing: a connection cannot go back."""


class TcpListenFeed:
    """Connections that senders of lines make."""

    def __init__(self, source: Source, host: str, port: int) -> None:
        self.source, self._host, self._port = source, host, port
        self.address: tuple[str, int] | None = None  # while it listens

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Lines of all senders; see :class:`~cablewatch.feeds.base.Feed`."""
        waiting: asyncio.Queue[Received] = asyncio.Queue(WAITING)
        senders: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

        async def sent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(senders) >= SENDERS:
                writer.transport.abort()
                return
            senders[writer] = asyncio.current_task()
            keep_alive(writer.get_extra_info("socket"))
            lines, sender = Lines(), _named(writer)
            try:
                while data := await reader.read(CHUNK_BYTES):
                    if whole := lines.feed(data):
                        await waiting.put(Received(whole, now_ms(), sender=sender))
                if rest := lines.rest():
                    await waiting.put(Received(rest, now_ms(), sender=sender))
            except OSError:
                pass  # the sender connects again
            finally:
                del senders[writer]
                writer.transport.abort()

        try:
            server = await asyncio.start_server(sent, self._host, self._port, limit=CHUNK_BYTES)
        except OSError as error:
            what = f"cannot be listened on ({_said(error)})"
            raise FeedError(self.source.name, what, "choose another address or port") from error
        self.address = server.sockets[0].getsockname()[:2]
        try:
            while True:
                yield await waiting.get()
        finally:
            self.address = None
            server.close()
            reading = [task for task in senders.values() if task is not None]
            for writer in senders:
                writer.transport.abort()
            await asyncio.wait_for(asyncio.gather(*reading, return_exceptions=True), 1.0)

    async def confirm(self, position: Json) -> None:
        """Nothing: a connection cannot go back."""


def keep_alive(connection: socket.socket) -> None:
    """Let the system notice a peer that is gone, within half a minute where it can."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _named(writer: asyncio.StreamWriter) -> str:
    host, port = writer.get_extra_info("peername")[:2]
    return f"{host}:{port}"


def _unreachable(name: str, error: Exception) -> FeedError:
    return FeedError(name, f"cannot be reached ({_said(error)})", "check the host and the port")


def _said(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return said or "no answer"
