"""``file://PATH``: a recording of lines as if it came now, packed or not.

At speed 1 a line comes when it came once, at 600 six hundred times as soon, at 0 as soon as it is
taken. Its own times count, not the moment of receipt. What was read before is known by its content:
a log that has grown goes on behind it, another file of the same name is read from its start.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

from cablewatch.archives.compression import Container, Head
from cablewatch.archives.lines import line_decoder
from cablewatch.archives.options import DEFAULTS
from cablewatch.archives.sniff import sniff
from cablewatch.errors import ArchiveError
from cablewatch.feeds.base import FeedError, Received, Source, behind
from cablewatch.fixes import Stations
from cablewatch.output.text import Json

BLOCK_BYTES = 1 << 16
PACED_BYTES = 1 << 11  # a second or so of a busy coast

log = logging.getLogger(__name__)


class FileFeed:
    """A file of lines.

    Parameters
    ----------
    speed : float
        Times real time; 0 is as fast as it is taken.

    Raises
    ------
    ArchiveError
        The file cannot be read, or is of no known format.
    UsageError
        Its format is not one of lines.
    """

    def __init__(self, path: Path, speed: float = 0.0, name: str = "") -> None:
        format = sniff(Head(path, DEFAULTS), {})
        self.source = Source(name or path.name, format, waits=True, silence_s=0.0)
        self._path, self._speed = path, speed
        self._clock = line_decoder(format, path.name, Stations())

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Lines until the end of the file; see :class:`~cablewatch.feeds.base.Feed`."""
        loop = asyncio.get_running_loop()
        begun_s, first_ms, read = loop.time(), None, 0
        blocks, digest = self._blocks(), _digest()
        try:
            known = await asyncio.to_thread(self._known, since)
            while data := await asyncio.to_thread(next, blocks, b""):
                fresh = data[max(0, known - read) :]
                lines, whole = data[: data.rfind(b"\n") + 1], digest.copy()
                whole.update(lines)  # a line that is being written comes again, then whole
                position = {"bytes": read + len(lines), "hash": whole.hexdigest()}
                read += len(data)
                digest.update(data)
                if not fresh:
                    continue
                t_ms = self._newest_ms(fresh) if self._speed else None
                if t_ms is not None:
                    first_ms = t_ms if first_ms is None else first_ms
                    due_s = begun_s + (t_ms - first_ms) / 1000.0 / self._speed
                    await asyncio.sleep(max(0.0, due_s - loop.time()))
                yield Received(fresh if fresh.endswith(b"\n") else fresh + b"\n", None, position)
        except ArchiveError as error:
            raise FeedError(error.where, error.what, error.do) from error

    async def confirm(self, position: Json) -> None:
        """Nothing: a file stays."""

    def _known(self, since: Json | None) -> int:
        """How many bytes were read before: all that a position says, where they are the same."""
        found = behind(self.source, since, "bytes", "hash")
        if found is None:
            return 0
        digest, left = _digest(), int(found[0])
        for data in self._blocks():
            digest.update(data[:left])
            left -= min(left, len(data))
            if not left:
                break
        if left or digest.hexdigest() != found[1]:
            log.warning("%s is another file than before: read from its start", self.source.name)
            return 0
        return int(found[0])

    def _blocks(self) -> Iterator[bytes]:
        size = PACED_BYTES if self._speed else BLOCK_BYTES
        for member in Container(self._path, DEFAULTS).members():
            for block in member.blocks(size):
                yield block.data

    def _newest_ms(self, data: bytes) -> int | None:
        fixes = self._clock.feed(data, None).fixes
        return int(fixes.t_ms.max()) if len(fixes) else None


def _digest() -> "hashlib.blake2b":
    return hashlib.blake2b(digest_size=16)
