"""Sources by URL.

===============================  ==================================================================
``tcp://HOST:PORT``              connects, and again when it is cut
``tcp-listen://ADDRESS:PORT``    waits for senders to connect
``udp://ADDRESS:PORT``           datagrams; a multicast address is joined (``?interface=ADDRESS``)
``aisstream://``                 aisstream.io, of the boxes watched; also as ``wss://HOST/PATH``
``digitraffic://``               Digitraffic Marine, all of Finland
``mqtt://HOST:PORT/TOPIC``       messages of a broker; ``mqtts://`` over TLS, ``?client=NAME`` by
                                 which it keeps them, ``?websocket=/PATH``
``nats://HOST:PORT/SUBJECT``     a JetStream; ``natss://`` over TLS, ``?stream=NAME&durable=NAME``
``kafka://HOST:PORT/TOPIC``      a topic; ``kafkas://`` over TLS, ``?group=NAME``
``serial:///dev/ttyUSB0``        a receiver; ``?baud=38400``
``-``                            the standard input
``file://PATH``, ``PATH``        a recording, at ``--speed``
===============================  ==================================================================

``?name=pier`` names a source; else it is called by its address. ``?silence=60`` is how many seconds
without a byte count as a cut; 0 is never. ``?format=ais-catcher`` says what its lines are.

Keys and passwords come from the environment: ``CABLEWATCH_AISSTREAM_KEY``, and ``_USER`` and
``_PASSWORD`` behind ``CABLEWATCH_MQTT``, ``CABLEWATCH_NATS`` and ``CABLEWATCH_KAFKA``. An address
that holds one is refused.
"""

import os
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from cablewatch.archives.lines import check_lines
from cablewatch.errors import UsageError
from cablewatch.feeds.base import WORLD, Box, Feed, Source

IP = TypeVar("IP", IPv4Address, IPv4Address | IPv6Address)
ENVIRONMENT = "CABLEWATCH_"
SILENCE_S = 20.0  # a receiver that hears one moored ship hears it every three minutes; see ?silence


class Address(NamedTuple):
    """A URL taken apart; `url` is what may be shown of it, `boxes` what is watched."""

    url: str
    parts: SplitResult
    options: dict[str, str]
    boxes: Sequence[Box]

    def take(self, name: str, otherwise: str = "") -> str:
        """An option behind the ``?``; each is taken once."""
        return self.options.pop(name, otherwise)

    def check_all_taken(self) -> None:
        """UsageError where an option is left."""
        if self.options:
            what = f"the option {next(iter(self.options))!r} is unknown"
            raise UsageError(self.url, what, "leave it")

    def place(self, host: str = "", port: int | None = None) -> tuple[str, int]:
        """Host and port, else those given; UsageError where one is missing."""
        try:
            port = port if self.parts.port is None else self.parts.port
        except ValueError:
            port = None
        host = self.parts.hostname or host
        if not host or port is None:
            do = f"write {self.parts.scheme}://HOST:PORT"
            raise UsageError(self.url, "names no host and port", do)
        return host, port

    def subject(self, what: str) -> str:
        """The path, which names what is asked of a broker; UsageError where there is none."""
        path = unquote(self.parts.path).removeprefix("/")
        if not path:
            do = f"write {self.parts.scheme}://HOST:PORT/{what.upper()}"
            raise UsageError(self.url, f"names no {what}", do)
        return path

    def whole(self, name: str, otherwise: str) -> int:
        """An option that is a whole number above 0."""
        said = self.take(name, otherwise)
        if not (said.isascii() and said.isdigit() and 0 < int(said) < 1 << 31):
            raise UsageError(self.url, f"{name}={said} is no number", f"write {otherwise}, say")
        return int(said)

    def numbers(self, said: str, read: Callable[[str], IP]) -> IP:
        """An address of this machine, or a group, in numbers; UsageError where it is a name."""
        try:
            return read(said)
        except ValueError:
            do = "write numbers, such as 127.0.0.1; none, as in udp://:PORT, is this machine alone"
            raise UsageError(self.url, f"{said} is no address to listen on", do) from None

    def source(self, name: str, format: str, waits: bool, silence_s: float) -> Source:
        """The source, by the options that all have."""
        said = self.take("silence", f"{silence_s:g}")
        try:
            seconds = float(said)
        except ValueError:
            seconds = -1.0
        if not 0.0 <= seconds < 1e6:
            raise UsageError(self.url, f"silence={said} is no number of seconds", "write 60, say")
        format = self.take("format", format)
        check_lines(format, self.url)
        return Source(self.take("name") or name, format, waits, seconds)


def open_feed(url: str, speed: float = 0.0, boxes: Sequence[Box] = (WORLD,)) -> Feed:
    """Feed of a URL; nothing is connected yet.

    Parameters
    ----------
    url : str
        As in the table of this module.
    speed : float
        Of recordings: 1 is as recorded, 0 as fast as they are taken.
    boxes : sequence of Box
        What is watched: services that can are asked for no more.

    Raises
    ------
    UsageError
        The URL is of no known kind, says what its kind does not know, or holds a password; a
        library or a key that its kind needs is missing.
    """
    if url == "-":
        from cablewatch.feeds.stdin import StdinFeed

        return StdinFeed(Source("stdin", "nmea", waits=True, silence_s=0.0))
    address = taken_apart(url, boxes)
    kind = address.parts.scheme
    if kind in ("", "file"):
        feed = _file(address, speed)
    elif kind in KINDS:
        feed = _live(address, kind)
    else:
        raise UsageError(address.url, f"{kind}:// is no kind of source", f"use {_kinds()}")
    address.check_all_taken()
    return feed


def open_feeds(
    urls: Sequence[str], speed: float = 0.0, boxes: Sequence[Box] = (WORLD,)
) -> list[Feed]:
    """Feeds of URLs, each with a name of its own; see :func:`open_feed`.

    Raises
    ------
    UsageError
        Also where two would have one name: what is kept of a source is kept under it.
    """
    feeds = [open_feed(url, speed, boxes) for url in urls]
    names = [feed.source.name for feed in feeds]
    for url, name in zip(urls, names, strict=True):
        if names.count(name) > 1:
            raise UsageError(url, f"two sources have the name {name}", "add ?name= to each")
    return feeds


def taken_apart(url: str, boxes: Sequence[Box] = (WORLD,)) -> Address:
    """A URL in its parts; UsageError where it cannot be read, or holds a password."""
    try:
        parts = urlsplit(url, allow_fragments=False)  # of MQTT, # is part of a topic
    except ValueError:
        raise UsageError("source", "its address cannot be read", "see docs/feeds.md") from None
    _, at, place = parts.netloc.rpartition("@")
    shown = url
    if parts.scheme not in ("", "file"):  # passwords stand before the host or behind the ?
        shown = f"{parts.scheme}://{place}{parts.path}"
    if at:
        do = f"set {ENVIRONMENT}MQTT_USER and {ENVIRONMENT}MQTT_PASSWORD, say: see docs/feeds.md"
        raise UsageError(shown, "a user and a password are no part of an address", do)
    return Address(shown, parts, dict(parse_qsl(parts.query, keep_blank_values=True)), boxes)


def _live(address: Address, kind: str) -> Feed:
    try:
        return KINDS[kind](address)
    except ModuleNotFoundError as error:
        extra = "kafka" if kind.startswith("kafka") else "feeds"
        library = (error.name or "a library").partition(".")[0]
        what = f"{kind}:// needs {library}, which is not installed"
        raise UsageError(address.url, what, f"pip install 'cablewatch[{extra}]'") from None


def _tcp(address: Address) -> Feed:
    from cablewatch.feeds.tcp import TcpFeed

    host, port = address.place()
    return TcpFeed(address.source(f"{host}:{port}", "nmea", False, SILENCE_S), host, port)


def _tcp_listen(address: Address) -> Feed:
    from cablewatch.feeds.tcp import TcpListenFeed

    host, port = address.place("127.0.0.1")
    return TcpListenFeed(address.source(f"listen:{port}", "nmea", False, 0.0), host, port)


def _udp(address: Address) -> Feed:
    from cablewatch.feeds.udp import ANY, UdpFeed

    host, port = address.place("127.0.0.1")
    listened = address.numbers(host, ip_address)
    interface = address.numbers(address.take("interface", str(ANY)), IPv4Address)
    source = address.source(f"udp:{port}", "nmea", False, 0.0)
    return UdpFeed(source, listened, port, interface)


def _aisstream(address: Address) -> Feed:
    from cablewatch.feeds import aisstream

    host = address.parts.netloc or aisstream.HOST
    url = f"wss://{host}{address.parts.path or aisstream.PATH}"
    name = f"{ENVIRONMENT}AISSTREAM_KEY"
    key = os.environ.get(name, "")
    if not key:
        raise UsageError(address.url, "needs a key", f"set {name}; aisstream.io gives keys")
    source = address.source("aisstream", "aisstream", False, aisstream.SILENCE_S)
    return aisstream.AisStreamFeed(source, url, key, address.boxes)


def _mqtt(address: Address) -> Feed:
    from cablewatch.feeds.mqtt import Broker, MqttFeed

    tls = address.parts.scheme == "mqtts"
    host, port = address.place(port=8883 if tls else 1883)
    topic = address.subject("topic")
    websocket = address.take("websocket")
    broker = Broker(host, port, tls, websocket, address.take("client"), *login("MQTT"))
    source = address.source(f"{host}:{port}/{topic}", "nmea", False, 0.0)
    return MqttFeed(source, broker, [topic])


def _digitraffic(address: Address) -> Feed:
    from cablewatch.feeds import mqtt

    source = address.source("digitraffic", "digitraffic", False, mqtt.SILENCE_S)
    return mqtt.MqttFeed(source, mqtt.DIGITRAFFIC, mqtt.DIGITRAFFIC_TOPICS)


def _nats(address: Address) -> Feed:
    from cablewatch.feeds.nats import Consumer, NatsFeed

    host, port = address.place(port=4222)
    subject = address.subject("subject")
    durable = address.take("durable", "cablewatch")
    consumer = Consumer(subject, address.take("stream"), durable)
    source = address.source(f"{host}:{port}/{subject}", "nmea", True, 0.0)
    scheme = "tls" if address.parts.scheme == "natss" else "nats"
    server = f"{scheme}://{netloc(host, port)}"
    return NatsFeed(source, server, consumer, *login("NATS"))


def _kafka(address: Address) -> Feed:
    from cablewatch.feeds.kafka import KafkaFeed, settings

    tls = address.parts.scheme == "kafkas"
    host, port = address.place(port=9092)
    topic = address.subject("topic")
    group, sasl = address.take("group", "cablewatch"), address.take("sasl", "SCRAM-SHA-512")
    source = address.source(f"{host}:{port}/{topic}", "nmea", True, 0.0)
    return KafkaFeed(source, topic, settings(netloc(host, port), group, tls, sasl, *login("KAFKA")))


def _serial(address: Address) -> Feed:
    from cablewatch.feeds.serial import BAUD, SerialFeed

    device = address.parts.netloc + unquote(address.parts.path)
    if not device:
        do = "write serial:///dev/ttyUSB0 or serial://COM3"
        raise UsageError(address.url, "names no device", do)
    baud = address.whole("baud", str(BAUD))
    name = device.rpartition("/")[2]
    return SerialFeed(address.source(name, "nmea", False, 0.0), device, baud)


def netloc(host: str, port: int) -> str:
    """Host and port as a URL has them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def login(broker: str) -> tuple[str, str]:
    """User and password of a kind of broker, from the environment; empty where not set."""
    said = (f"{ENVIRONMENT}{broker}_{what}" for what in ("USER", "PASSWORD"))
    user, password = (os.environ.get(name, "") for name in said)
    return user, password


def _file(address: Address, speed: float) -> Feed:
    from cablewatch.feeds.file import FileFeed

    said = address.parts.path
    path = Path(unquote(said) if address.parts.scheme else said)
    return FileFeed(path, speed, address.take("name"))


KINDS: dict[str, Callable[[Address], Feed]] = {
    "tcp": _tcp,
    "tcp-listen": _tcp_listen,
    "udp": _udp,
    "aisstream": _aisstream,
    "wss": _aisstream,
    "digitraffic": _digitraffic,
    "mqtt": _mqtt,
    "mqtts": _mqtt,
    "nats": _nats,
    "natss": _nats,
    "kafka": _kafka,
    "kafkas": _kafka,
    "serial": _serial,
}


def _kinds() -> str:
    return ", ".join(f"{scheme}://" for scheme in (*KINDS, "file"))
