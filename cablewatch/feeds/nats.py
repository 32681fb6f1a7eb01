"""``nats://HOST:PORT/SUBJECT?stream=NAME&durable=NAME``: a JetStream, from which nothing is lost.

``natss://`` is over TLS. A server may ask for that of ``nats://`` too; only ``natss://`` refuses
one that does not, before it has told it a password.

The stream keeps the messages, a *durable consumer* how far they were confirmed. A position is the
number of a message, and when its stream was made: one that was made anew numbers others. A
connection begins behind the position given; without one, behind what was confirmed; else at the
first message kept. What the consumer handed out to a client that is gone it would send again only
after a time and among newer messages: so the consumer is made anew to begin at the right place, and
messages always come in their order. It counts what it hands out, so that one that is missing is
noticed before a later one is confirmed.

A message came when the stream took it. One process reads through one consumer.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import groupby
from ssl import SSLError
from typing import Any, NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js import JetStreamContext, api
from nats.js.errors import BadRequestError, NotFoundError

from cablewatch.feeds.base import OWN_AUTHORITY, FeedError, Received, Source, behind
from cablewatch.feeds.lines import TOGETHER, whole
from cablewatch.output.text import Json

CONNECT_S, LEAVE_S = 10.0, 2.0
PING_S = 10  # a server that does not answer two in a row is cut
FETCH_S = 0.2
TOGETHER_MS = 100  # messages that came within are handed out together
UNCONFIRMED = 1 << 17  # then the server sends no more
AGAIN_S = 3600.0  # a client that lives is sent nothing twice before

log = logging.getLogger(__name__)


class Consumer(NamedTuple):
    """What is asked of a server; without a `stream`, the one that keeps the subject."""

    subject: str
    stream: str
    durable: str


class NatsFeed:
    """A durable consumer of a stream."""

    def __init__(
        self, source: Source, server: str, consumer: Consumer, user: str = "", password: str = ""
    ) -> None:
        self.source, self._server, self.consumer = source, server, consumer
        self._user, self._password = user, password
        self._handed: deque[tuple[int, Msg]] = deque()  # positions not confirmed yet

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Messages until the connection ends; see :class:`~cablewatch.feeds.base.Feed`."""
        known = behind(self.source, since, "seq", "made")
        self._handed.clear()
        try:
            async with self.connected() as client:
                stream = client.jetstream()
                info = await self.info(stream)
                begin, lost, pull = await self._subscribed(stream, info, known)
                taken = 0
                while client.is_connected:
                    fetched = await _fetched(pull)
                    taken = self._counted(fetched, taken)
                    for messages in _together(fetched, begin):
                        at = messages[-1].metadata
                        begin = at.sequence.stream + 1
                        self._handed.append((at.sequence.stream, messages[-1]))
                        yield Received(
                            b"".join(whole(message.data) for message in messages),
                            round(at.timestamp.timestamp() * 1000.0),
                            {"seq": at.sequence.stream, "made": made(info)},
                            lost=lost,
                        )
                        lost = 0
        except (Error, OSError) as error:
            what = f"was cut ({str(error) or 'no answer'})"
            raise FeedError(self.source.name, what, "check the server and its JetStream") from error
        raise FeedError(self.source.name, "closed by the server", "see there why")

    async def confirm(self, position: Json) -> None:
        """The server may forget messages up to a position."""
        last = None
        while self._handed and self._handed[0][0] <= int(position["seq"]):
            _, last = self._handed.popleft()
        if last is not None:
            with suppress(Error, OSError):  # the next one confirms this one too
                await last.ack()

    def _counted(self, fetched: Sequence[Msg], taken: int) -> int:
        """How many messages have come; FeedError where one is missing, to ask for it again."""
        for number, message in enumerate(fetched, taken + 1):
            if message.metadata.sequence.consumer != number:
                raise FeedError(self.source.name, "a message is missing", "it is asked for again")
        return taken + len(fetched)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """A connection, until it is left; FeedError where there is none."""
        failures: list[Exception] = []

        async def noted(error: Exception) -> None:
            failures.append(error)

        client = _Encrypted() if self._server.startswith("tls:") else Client()
        try:
            try:
                await client.connect(
                    self._server,
                    name="cablewatch",
                    user=self._user or None,
                    password=self._password or None,
                    allow_reconnect=False,
                    max_reconnect_attempts=1,
                    reconnect_time_wait=0,
                    connect_timeout=int(CONNECT_S),
                    ping_interval=PING_S,
                    error_cb=noted,
                )
            except (Error, OSError) as error:
                raise self._refused(failures[-1] if failures else error) from None
            yield client
        finally:  # also of a connection that failed half-way; one that failed in TLS never closes
            with suppress(Error, OSError):
                async with asyncio.timeout(LEAVE_S):
                    await client.close()

    def _refused(self, cause: Exception) -> FeedError:
        if "authorization" in str(cause).lower():
            do = "check CABLEWATCH_NATS_USER and CABLEWATCH_NATS_PASSWORD"
            return FeedError(self.source.name, "refused by the server", do)
        what = f"cannot be reached ({str(cause) or 'no answer'})"
        do = OWN_AUTHORITY if isinstance(cause, SSLError) else "check the host and the port"
        return FeedError(self.source.name, what, do)

    async def _subscribed(
        self, stream: JetStreamContext, info: api.StreamInfo, since: list[Any] | None
    ) -> tuple[int, int, JetStreamContext.PullSubscription]:
        """Number of the first message wanted, how many are known to be gone, and a consumer."""
        subject, _, durable = self.consumer
        name = info.config.name or ""
        try:
            before = await stream.consumer_info(name, durable)
        except NotFoundError:
            before = None
        begin = _begin(info, before, since)
        dropped = max(0, info.state.first_seq - begin) if begin > 1 else 0
        alone = info.config.subjects == [subject]  # else some may be of other subjects
        if dropped:
            said = "%s: %s has dropped %d messages" + ("" if alone else " of all its subjects")
            log.warning(said, self.source.name, name, dropped)
        config = api.ConsumerConfig(
            durable_name=durable,
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=begin,
            ack_policy=api.AckPolicy.ALL,
            ack_wait=AGAIN_S,
            filter_subject=subject,
            max_ack_pending=UNCONFIRMED,
        )
        if before is not None:
            await stream.delete_consumer(name, durable)
        try:
            await stream.add_consumer(name, config)
        except BadRequestError as error:
            what = f"{name} does not give {subject} ({error.description})"
            raise FeedError(self.source.name, what, "see nats stream info") from None
        return begin, dropped * alone, await stream.pull_subscribe_bind(durable, name)

    async def info(self, stream: JetStreamContext) -> api.StreamInfo:
        """The stream that keeps the subject; FeedError where none does, or not by limits."""
        subject, name, _ = self.consumer
        try:
            info = await stream.stream_info(
                name or await stream.find_stream_name_by_subject(subject)
            )
        except NotFoundError:
            what = f"there is no stream {name}" if name else f"no stream keeps {subject}"
            raise FeedError(self.source.name, what, "see nats stream ls, and ?stream=") from None
        if info.config.retention != api.RetentionPolicy.LIMITS:
            what = f"{info.config.name} forgets what was read"
            raise FeedError(self.source.name, what, "let it keep messages by limits")
        return info


class _Encrypted(Client):
    """A client that says nothing to a server without TLS."""

    async def _process_info(self, info: Json, initial_connection: bool = False) -> None:
        if not info.get("tls_required"):
            raise Error("it speaks no TLS")
        await super()._process_info(info, initial_connection)


def _begin(info: api.StreamInfo, before: api.ConsumerInfo | None, since: list[Any] | None) -> int:
    """Number of the first message wanted; 1 in a stream that was made anew, or lost its end."""
    begin = 1
    if since is not None:
        seq, known = since
        begin = int(seq) + 1 if known == made(info) else 1
    elif before is not None and before.ack_floor is not None:
        begin = max(before.ack_floor.stream_seq + 1, before.config.opt_start_seq or 1)
    return begin if begin <= info.state.last_seq + 1 else 1


def made(info: api.StreamInfo) -> str:
    """When a stream was made."""
    return "" if info.created is None else info.created.isoformat()


async def _fetched(pull: JetStreamContext.PullSubscription) -> list[Msg]:
    try:
        return await pull.fetch(TOGETHER, timeout=FETCH_S)
    except TimeoutError:
        return []


def _together(messages: Sequence[Msg], begin: int) -> Iterator[list[Msg]]:
    """Messages from a number on, those that came at about the same time together."""
    new = (message for message in messages if message.metadata.sequence.stream >= begin)
    for _, several in groupby(
        new, key=lambda message: message.metadata.timestamp.timestamp() * 1000.0 // TOGETHER_MS
    ):
        yield list(several)
