"""Messages of a JetStream by their numbers: the same again, however often they are asked for.

A consumer without a name begins at the first number, confirms nothing and is gone with its
connection. It hands out in order, counts what it hands out and says how many are left, so that a
message that is missing on the way is noticed and the end is known, also where other subjects have
numbers of the range. What the stream drops from its beginning meanwhile is noticed at the end.
"""

from typing import Any, NamedTuple

from nats.errors import Error
from nats.js import api

from cablewatch.feeds.base import FeedError
from cablewatch.feeds.nats import NatsFeed, made

FETCH = 1000
WAIT_S = 10.0


class Extent(NamedTuple):
    """Numbers of the first and the last message that a stream keeps, and when it was made."""

    first: int
    last: int
    made: str


class Message(NamedTuple):
    """A message: its number, when the stream took it, and what it says."""

    number: int
    at_ms: int
    data: bytes


class Ranges:
    """What the stream of a feed keeps.

    Raises
    ------
    FeedError
        The server cannot be reached or asked, from each method.
    """

    def __init__(self, feed: NatsFeed) -> None:
        self._feed, self._name = feed, feed.source.name
        self.format = feed.source.format

    async def extent(self) -> Extent:
        """What there is."""
        async with self._feed.connected() as client:
            info = await self._told(client.jetstream())
            return Extent(info.state.first_seq, info.state.last_seq, made(info))

    async def read(self, first: int, last: int, when: str) -> list[Message]:
        """Messages of the subject from one number to another, both included.

        Raises
        ------
        FeedError
            Also where the stream was not made `when` it is said to be, or drops some of the range
            before all is read.
        """
        async with self._feed.connected() as client:
            stream = client.jetstream()
            info = await self._told(stream)
            if made(info) != when or info.state.last_seq < last:
                do = "begin anew with another store and an empty checkpoint"
                raise FeedError(self._name, "the stream was made anew, with other numbers", do)
            self._check_kept(info, first)
            subject = self._feed.consumer.subject
            config = api.ConsumerConfig(
                deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=first,
                ack_policy=api.AckPolicy.NONE,
                filter_subject=subject,
                inactive_threshold=60.0,
            )
            try:
                name = info.config.name or ""
                consumer = await stream.add_consumer(name, config)
                if not consumer.num_pending:
                    return []
                pull = await stream.pull_subscribe_bind(consumer.name, name)
                found = await self._fetched(pull, last, consumer.num_pending)
                self._check_kept(await self._told(stream), first)
                return found
            except (Error, OSError) as error:
                raise self._cut(error) from error

    def _check_kept(self, info: api.StreamInfo, first: int) -> None:
        if info.state.first_seq > first:
            what = f"has dropped message {first}, which is needed"
            raise FeedError(self._name, what, "let the stream keep them for longer; begin anew")

    async def _fetched(self, pull: Any, last: int, left: int) -> list[Message]:
        found: list[Message] = []
        taken = 0
        while True:
            for message in await pull.fetch(min(FETCH, left), timeout=WAIT_S):
                at, taken = message.metadata, taken + 1
                if at.sequence.consumer != taken:
                    raise FeedError(self._name, "a message is missing", "start the stream again")
                if at.sequence.stream > last:
                    return found
                at_ms = round(at.timestamp.timestamp() * 1000.0)
                found.append(Message(at.sequence.stream, at_ms, message.data))
                left = at.num_pending
                if at.sequence.stream == last or not left:
                    return found

    async def _told(self, stream: object) -> api.StreamInfo:
        try:
            return await self._feed.info(stream)  # type: ignore[arg-type]
        except (Error, OSError) as error:
            raise self._cut(error) from error

    def _cut(self, error: Exception) -> FeedError:
        what = f"was cut ({str(error) or 'no answer'})"
        return FeedError(self._name, what, "check the server and its JetStream")
