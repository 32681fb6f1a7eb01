"""``-``: lines of the standard input, as they come; ``serial:///dev/ttyUSB0`` is read alike.

A thread of its own reads: neither pipes nor terminals can be waited for everywhere.
"""

import asyncio
import os
from collections.abc import AsyncGenerator
from threading import Thread

from cablewatch.feeds.base import FeedError, Received, Source
from cablewatch.feeds.clock import now_ms
from cablewatch.feeds.lines import Lines
from cablewatch.output.text import Json

CHUNK_BYTES = 1 << 16
WAITING = 16  # chunks that wait to be taken


class StdinFeed:
    """A file descriptor that is read until its end."""

    def __init__(self, source: Source, descriptor: int = 0) -> None:
        self.source, self._descriptor = source, descriptor

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Lines until the end of the input; see :class:`~cablewatch.feeds.base.Feed`."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[bytes | OSError] = asyncio.Queue(WAITING)

        def read() -> None:
            data: bytes | OSError = b"x"
            while data and not isinstance(data, OSError):
                try:
                    data = os.read(self._descriptor, CHUNK_BYTES)
                except OSError as error:
                    data = error
                try:
                    asyncio.run_coroutine_threadsafe(waiting.put(data), loop).result()
                except RuntimeError:  # nobody listens any more
                    return

        Thread(target=read, name=self.source.name, daemon=True).start()
        lines = Lines()
        while data := await waiting.get():
            if isinstance(data, OSError):
                what = f"cannot be read ({data.strerror})"
                raise FeedError(self.source.name, what, "see what writes it") from data
            if whole := lines.feed(data):
                yield Received(whole, now_ms())
        if rest := lines.rest():
            yield Received(rest, now_ms())

    async def confirm(self, position: Json) -> None:
        """Nothing: what was read is gone."""
