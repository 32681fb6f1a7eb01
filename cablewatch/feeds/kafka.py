"""``kafka://HOST:PORT/TOPIC?group=NAME``: a topic of Kafka, from which nothing is lost.

All partitions are read. A position is the next offset of each; where one is missing, a partition
begins at what the group has committed, else at its first message. Partitions that are added are
read after the next connection. A message came when its sender or the broker says; parts of an AIS
message are joined within their partition.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby
from typing import Any, TypeVar

from confluent_kafka import (
    OFFSET_BEGINNING,
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from cablewatch.feeds.base import FeedError, Received, Source, behind
from cablewatch.feeds.clock import now_ms
from cablewatch.feeds.lines import TOGETHER, whole
from cablewatch.output.text import Json

CONNECT_S = 10.0
FETCH_S = 0.2
TOGETHER_MS = 100  # messages of a partition that came within are handed out together
CUT = (KafkaError._ALL_BROKERS_DOWN, KafkaError._AUTHENTICATION)

T = TypeVar("T")
log = logging.getLogger(__name__)


def settings(
    server: str, group: str, tls: bool = False, sasl: str = "", user: str = "", password: str = ""
) -> dict[str, Any]:
    """Settings of the client, by librdkafka's names."""
    said: dict[str, Any] = {
        "bootstrap.servers": server,
        "group.id": group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "security.protocol": ("SASL_" if user else "") + ("SSL" if tls else "PLAINTEXT"),
    }
    if user:
        said |= {"sasl.mechanism": sasl, "sasl.username": user, "sasl.password": password}
    return said


class KafkaFeed:
    """A topic.

    Parameters
    ----------
    settings : dict
        See :func:`settings`.
    """

    def __init__(self, source: Source, topic: str, settings: dict[str, Any]) -> None:
        self.source, self._topic, self._settings = source, topic, settings
        self._consumer: Consumer | None = None

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Messages until no broker answers; see :class:`~cablewatch.feeds.base.Feed`."""
        (offsets,) = behind(self.source, since, "offsets") or [{}]
        known = {int(p): n for p, n in offsets.items()}
        failures: list[KafkaError] = []
        said = self._settings | {"error_cb": failures.append, "logger": log}
        loop, one = asyncio.get_running_loop(), ThreadPoolExecutor(1, self.source.name)

        async def done(call: Callable[[], T]) -> T:  # one after another, the last also
            return await loop.run_in_executor(one, call)

        try:
            consumer = await done(lambda: Consumer(said))
            self._consumer = consumer
            offsets = await done(lambda: self._begun(consumer, known))
            while not (cut := [error for error in failures if error.code() in CUT]):
                for messages in _together(await done(lambda: consumer.consume(TOGETHER, FETCH_S))):
                    partition, last = str(messages[-1].partition()), messages[-1].offset()
                    offsets = offsets | {partition: (last or 0) + 1}
                    data = b"".join(whole(message.value() or b"") for message in messages)
                    yield Received(data, _came_ms(messages[-1]), {"offsets": offsets}, partition)
            raise FeedError(self.source.name, f"was cut ({cut[0].str()})", "see the brokers")
        except KafkaException as error:
            what = f"cannot be reached or was cut ({_said(error, failures)})"
            do = "check the brokers, CABLEWATCH_KAFKA_USER and CABLEWATCH_KAFKA_PASSWORD"
            raise FeedError(self.source.name, what, do) from None
        finally:
            left, self._consumer = self._consumer, None
            if left is not None:
                one.submit(left.close)
            one.shutdown(wait=False)

    async def confirm(self, position: Json) -> None:
        """The group has got to a position."""
        if self._consumer is not None:
            reached = [self._at(int(p), offset) for p, offset in position["offsets"].items()]
            with suppress(KafkaException, RuntimeError):  # the next one confirms this one too
                self._consumer.commit(offsets=reached, asynchronous=True)

    def _begun(self, consumer: Consumer, known: dict[int, int]) -> dict[str, int]:
        """Begin to read behind known offsets; all that are known."""
        found = consumer.list_topics(self._topic, timeout=CONNECT_S).topics[self._topic]
        if found.error is not None or not found.partitions:
            what = f"there is no topic {self._topic}"
            raise FeedError(self.source.name, what, "check its name, and the rights of the user")
        unknown = [self._at(p) for p in found.partitions if p not in known]
        for at in consumer.committed(unknown, timeout=CONNECT_S) if unknown else []:
            if at.offset >= 0:
                known[at.partition] = at.offset
        begin = [self._at(p, known.get(p, OFFSET_BEGINNING)) for p in found.partitions]
        consumer.assign(begin)
        return {str(at.partition): at.offset for at in begin if at.offset >= 0}

    def _at(self, partition: int, offset: int = OFFSET_BEGINNING) -> TopicPartition:
        return TopicPartition(self._topic, partition, offset)


def _together(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Messages of one partition that came at about the same time; KafkaException for an error."""
    for message in messages:
        if (error := message.error()) is not None:
            raise KafkaException(error)
    for _, several in groupby(
        messages, key=lambda message: (message.partition(), _came_ms(message) // TOGETHER_MS)
    ):
        yield list(several)


def _came_ms(message: Message) -> int:
    kind, t_ms = message.timestamp()
    return now_ms() if kind == TIMESTAMP_NOT_AVAILABLE else t_ms


def _said(error: KafkaException, failures: list[KafkaError]) -> str:
    """What was wrong; failures said before are nearer to the cause than a time-out."""
    return str((failures or [error.args[0]])[-1].str())
