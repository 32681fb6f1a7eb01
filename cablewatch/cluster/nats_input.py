"""A subject of JetStream as the input of a stream: messages by their numbers.

An offset is the number of the last message taken, when its stream was made, and from which number
on the messages before it are needed: where the stream has dropped some before they were taken, that
is said and passed over; where it drops what a micro-batch that is repeated needs, the stream ends.
Messages are neither confirmed nor kept: what was read is in the checkpoint, and the stream keeps
them by limits of its own.
"""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from cablewatch.archives.recording import Entry
from cablewatch.cluster.packing import packed
from cablewatch.cluster.tasks import Read
from cablewatch.errors import StoreError, UsageError
from cablewatch.feeds.addresses import open_feed
from cablewatch.feeds.lines import whole

if TYPE_CHECKING:
    from cablewatch.feeds.nats_ranges import Ranges

MESSAGES = 200_000  # of a micro-batch, at most
PART = 50_000  # of a task
ROW = 500
LEFT = 20  # part of what a stream holds

log = logging.getLogger(__name__)


class Numbers(NamedTuple):
    """Messages from a number to another, both included, of a stream that was made at a moment."""

    first: int
    last: int
    made: str


@dataclass(frozen=True)
class NatsInput:
    """A subject; `url` is its address, and `name` what may be shown of it.

    `most` is how many messages a micro-batch reads, `part` how many a task.
    """

    url: str
    name: str
    most: int
    part: int

    def first(self) -> dict[str, Any]:
        """The offset before the first message."""
        return {"seq": 0, "from": 1, "made": ""}

    def newest(self) -> dict[str, Any]:
        """The offset behind all that the stream holds."""
        extent = asyncio.run(self._ranges().extent())
        return {"seq": extent.last, "from": extent.first, "made": extent.made}

    def some(self, start: dict[str, Any], newest: dict[str, Any]) -> dict[str, Any]:
        """The offset behind as many messages as a micro-batch takes.

        Of a stream that has dropped some the oldest are left: they go while Spark begins.

        Raises
        ------
        StoreError
            The stream was made anew: its numbers are of other messages.
        """
        self._check_made(start, newest["made"])
        begin = start["seq"] + 1
        if begin < newest["from"]:
            begin = newest["from"] + max(0, newest["seq"] - newest["from"]) // LEFT
        end = min(newest["seq"], begin + self.most - 1)
        if end <= start["seq"]:
            return start
        if begin > start["seq"] + 1 and start["seq"]:
            log.warning("%s has dropped messages before %d", self.name, begin)
        return {"seq": end, "from": begin, "made": newest["made"]}

    def parts(self, start: dict[str, Any], end: dict[str, Any]) -> list[Numbers]:
        """Ranges of what lies between two offsets."""
        begin = max(start["seq"] + 1, end["from"])
        n, last = self.part, end["seq"]
        firsts = range(begin, last + 1, n)
        return [Numbers(first, min(first + n - 1, last), end["made"]) for first in firsts]

    def read(self, part: Numbers) -> Iterator[Read]:
        """Rows of messages; those that came in one millisecond are one entry.

        Raises
        ------
        FeedError
            The server cannot be reached, has dropped one of them, or has another stream by now.
        """
        ranges = self._ranges()
        messages = asyncio.run(ranges.read(*part))
        format = ranges.format
        for k in range(0, len(messages), ROW):
            some = messages[k : k + ROW]
            said = [
                Entry(self.name, format, b"".join(whole(data) for *_, data in same), at_ms)
                for at_ms, same in groupby(some, key=itemgetter(1))
            ]
            yield 0, some[0][1], some[0][0], packed(said)

    def _check_made(self, start: dict[str, Any], made: str) -> None:
        if start["made"] not in ("", made):
            do = "begin anew with another store and an empty checkpoint"
            raise StoreError(self.name, "the stream was made anew, with other numbers", do)

    def _ranges(self) -> "Ranges":
        from cablewatch.feeds.nats import NatsFeed
        from cablewatch.feeds.nats_ranges import Ranges

        feed = open_feed(self.url)
        assert isinstance(feed, NatsFeed)
        return Ranges(feed)


def nats_input(url: str) -> NatsInput:
    """The input of an address ``nats://HOST:PORT/SUBJECT`` or ``natss://``.

    Raises
    ------
    UsageError
        As :func:`~cablewatch.feeds.addresses.open_feed` says.
    """
    if "durable=" in url:
        do = "leave it: the checkpoint holds how far a stream has read"
        raise UsageError("nats://", "a stream has no durable consumer", do)
    return NatsInput(url, open_feed(url).source.name, MESSAGES, PART)
