"""``mqtt://HOST:PORT/TOPIC``, ``mqtts://``: messages of a broker; ``digitraffic://``: Fintraffic's.

A message holds one or several lines. Lines of Digitraffic need their topic, and become ``topic
payload``, as ``mosquitto_sub -v`` writes them. Messages that the broker had kept (*retained*) are
old: their own times count, not the moment of receipt.

Messages are asked for at least once (QoS 1). For a client that it knows by name (``?client=``) a
broker keeps those that come while it is away; two connected under one name push each other out.
What was received counts as taken: for what must not be lost there is ``nats://``.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, cast

from aiomqtt import Client, Message, MqttError
from aiomqtt.exceptions import MqttConnectError

from cablewatch.feeds.base import OWN_AUTHORITY, FeedError, Received, Source
from cablewatch.feeds.clock import now_ms
from cablewatch.feeds.lines import TOGETHER, one_line, whole
from cablewatch.output.text import Json

SILENCE_S = 60.0  # of Digitraffic, which speaks many times a second
CONNECT_S, LEAVE_S = 10.0, 2.0
KEEPALIVE_S = (
    20  # a broker that says nothing for so long is asked, and is cut if it does not answer
)
WAITING = 1 << 14  # messages that wait to be taken; then those that come are left out, and counted


@dataclass(frozen=True)
class Broker:
    """Where a broker is, and who asks; `websocket` is a path where it speaks over HTTP."""

    host: str
    port: int
    tls: bool = False
    websocket: str = ""
    client: str = ""
    user: str = ""
    password: str = field(default="", repr=False)


DIGITRAFFIC = Broker("meri.digitraffic.fi", 443, tls=True, websocket="/mqtt")
DIGITRAFFIC_TOPICS = ("vessels-v2/+/location", "vessels-v2/+/metadata")


class MqttFeed:
    """A subscription to topics of a broker."""

    def __init__(self, source: Source, broker: Broker, topics: Sequence[str]) -> None:
        self.source, self._broker, self._topics = source, broker, topics

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Messages until the connection ends; see :class:`~cablewatch.feeds.base.Feed`."""
        try:
            async with self._connected() as (client, waiting):
                for topic in self._topics:
                    await self._subscribe(client, topic)
                async for message in client.messages:
                    messages = [message]
                    while not waiting.empty() and len(messages) < TOGETHER:
                        messages.append(waiting.get_nowait())
                    lost, waiting.lost = waiting.lost, 0
                    for received in self._received(messages):
                        yield received._replace(lost=lost)
                        lost = 0
        except MqttConnectError as error:
            do = "check CABLEWATCH_MQTT_USER and CABLEWATCH_MQTT_PASSWORD"
            raise FeedError(self.source.name, f"refused by the broker ({error})", do) from None
        except (MqttError, OSError, ValueError) as error:
            what = f"cannot be reached or was cut ({error})"
            do = (
                OWN_AUTHORITY
                if "CERTIFICATE" in what
                else "check the address; mqtts:// is over TLS"
            )
            raise FeedError(self.source.name, what, do) from None

    async def confirm(self, position: Json) -> None:
        """Nothing: what was received counts as taken."""

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[Client, "_Waiting"]]:
        """The client and what has come for it.

        That it cannot take leave of a broker that is gone is no matter.
        """
        broker = self._broker
        waiting = _Waiting(WAITING)
        client = Client(
            broker.host,
            broker.port,
            username=broker.user or None,
            password=broker.password or None,
            identifier=broker.client or None,
            clean_session=not broker.client,
            transport="websockets" if broker.websocket else "tcp",
            websocket_path=broker.websocket or None,
            tls_context=ssl.create_default_context() if broker.tls else None,
            timeout=CONNECT_S,
            keepalive=KEEPALIVE_S,
            queue_type=cast(Any, lambda maxsize: waiting),
        )
        await client.__aenter__()
        try:
            yield client, waiting
        finally:
            with suppress(MqttError, TimeoutError):
                async with asyncio.timeout(LEAVE_S):
                    await client.__aexit__(None, None, None)

    async def _subscribe(self, client: Client, topic: str) -> None:
        for code in await client.subscribe(topic, qos=1):
            if not isinstance(code, int) and code.is_failure:
                what = f"the broker does not give {topic} ({code})"
                raise FeedError(self.source.name, what, "ask who keeps it which topics there are")

    def _received(self, messages: Sequence[Message]) -> Iterator[Received]:
        """Messages in a row that are of one kind, together."""
        at_ms, format = now_ms(), self.source.format
        for (retained, sender), several in groupby(messages, self._kind):
            if format == "digitraffic":
                lines = [str(m.topic).encode() + b" " + one_line(_bytes(m)) for m in several]
            else:
                lines = [whole(_bytes(message)) for message in several]
            yield Received(b"".join(lines), None if retained else at_ms, sender=sender)

    def _kind(self, message: Message) -> tuple[bool, str]:
        """Whether it is an old one, and who sent it: parts of an AIS message share their topic."""
        return message.retain, str(message.topic) if self.source.format == "nmea" else ""


class _Waiting(asyncio.Queue[Message]):
    """Messages that wait to be taken, and how many found no room."""

    lost = 0

    def put_nowait(self, item: Message) -> None:
        self.lost += self.full()
        super().put_nowait(item)


def _bytes(message: Message) -> bytes:
    return message.payload if isinstance(message.payload, bytes) else b""
