"""``-``: lines of the standard input, as they come."""

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing

from cablewatch.feeds.base import FeedError, Received, Source
from cablewatch.feeds.clock import now_ms
from cablewatch.feeds.lines import Lines
from cablewatch.feeds.threads import chunks
from cablewatch.output.text import Json

CHUNK_BYTES = 1 << 16


class StdinFeed:
    """A file descriptor that is read until its end."""

    def __init__(self, source: Source, descriptor: int = 0) -> None:
        self.source, self._descriptor = source, descriptor

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Lines until the end of the input; see :class:`~cablewatch.feeds.base.Feed`."""
        lines = Lines()
        reading = chunks(lambda: os.read(self._descriptor, CHUNK_BYTES), self.source.name)
        try:
            async with aclosing(reading):
                async for data in reading:
                    if whole := lines.feed(data):
                        yield Received(whole, now_ms())
        except OSError as error:
            what = f"cannot be read ({error.strerror})"
            raise FeedError(self.source.name, what, "see what writes it") from error
        if rest := lines.rest():
            yield Received(rest, now_ms())

    async def confirm(self, position: Json) -> None:
        """Nothing: what was read is gone."""
