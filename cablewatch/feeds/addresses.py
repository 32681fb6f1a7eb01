"""Sources by URL.

===============================  ==================================================================
``tcp://HOST:PORT``              connects, and again when it is cut
``tcp-listen://ADDRESS:PORT``    waits for senders to connect
``udp://ADDRESS:PORT``           datagrams; a multicast address is joined (``?interface=ADDRESS``)
``-``                            the standard input
``file://PATH``, ``PATH``        a recording, at ``--speed``
===============================  ==================================================================

``?name=pier`` names a source; else it is called by its address. ``?silence=60`` is how many seconds
without a byte count as a cut; 0 is never. ``?format=ais-catcher`` says what its lines are.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from cablewatch.errors import UsageError
from cablewatch.feeds.base import Feed, Source

SILENCE_S = 20.0  # a receiver that hears one moored ship hears it every three minutes; see ?silence


class Address(NamedTuple):
    """A URL taken apart."""

    url: str
    parts: SplitResult
    options: dict[str, str]

    def take(self, name: str, otherwise: str = "") -> str:
        """An option behind the ``?``; each is taken once."""
        return self.options.pop(name, otherwise)

    def place(self, host: str = "") -> tuple[str, int]:
        """Host and port; UsageError where one is missing."""
        try:
            port = self.parts.port
        except ValueError:
            port = None
        host = self.parts.hostname or host
        if not host or port is None:
            do = f"write {self.parts.scheme}://HOST:PORT"
            raise UsageError(self.url, "names no host and port", do)
        return host, port

    def source(self, name: str, format: str, waits: bool, silence_s: float) -> Source:
        """The source, by the options that all have."""
        said = self.take("silence", f"{silence_s:g}")
        try:
            seconds = float(said)
        except ValueError:
            seconds = -1.0
        if not 0.0 <= seconds < 1e6:
            raise UsageError(self.url, f"silence={said} is no number of seconds", "write 60, say")
        return Source(self.take("name", name), self.take("format", format), waits, seconds)


def open_feed(url: str, speed: float = 0.0) -> Feed:
    """Feed of a URL; nothing is connected yet.

    Parameters
    ----------
    url : str
        As in the table of this module.
    speed : float
        Of recordings: 1 is as recorded, 0 as fast as they are taken.

    Raises
    ------
    UsageError
        The URL is of no known kind, or says what its kind does not know.
    """
    if url == "-":
        from cablewatch.feeds.stdin import StdinFeed

        return StdinFeed(Source("stdin", "nmea", waits=True, silence_s=0.0))
    parts = urlsplit(url)
    address = Address(url, parts, dict(parse_qsl(parts.query, keep_blank_values=True)))
    if not parts.scheme or parts.scheme == "file":
        feed = _file(address, speed)
    elif parts.scheme in KINDS:
        feed = KINDS[parts.scheme](address)
    else:
        raise UsageError(url, f"{parts.scheme}:// is no kind of source", f"use {_kinds()}")
    if address.options:
        raise UsageError(url, f"the option {next(iter(address.options))!r} is unknown", "leave it")
    return feed


def open_feeds(urls: Sequence[str], speed: float = 0.0) -> list[Feed]:
    """Feeds of URLs, each with a name of its own; see :func:`open_feed`.

    Raises
    ------
    UsageError
        Also where two would have one name: what is kept of a source is kept under it.
    """
    feeds = [open_feed(url, speed) for url in urls]
    names = [feed.source.name for feed in feeds]
    for url, name in zip(urls, names, strict=True):
        if names.count(name) > 1:
            raise UsageError(url, f"two sources have the name {name}", "add ?name= to each")
    return feeds


def _tcp(address: Address) -> Feed:
    from cablewatch.feeds.tcp import TcpFeed

    host, port = address.place()
    return TcpFeed(address.source(f"{host}:{port}", "nmea", False, SILENCE_S), host, port)


def _tcp_listen(address: Address) -> Feed:
    from cablewatch.feeds.tcp import TcpListenFeed

    host, port = address.place("127.0.0.1")
    return TcpListenFeed(address.source(f"listen:{port}", "nmea", False, 0.0), host, port)


def _udp(address: Address) -> Feed:
    from cablewatch.feeds.udp import UdpFeed

    host, port = address.place("127.0.0.1")
    interface = address.take("interface", "0.0.0.0")
    return UdpFeed(address.source(f"udp:{port}", "nmea", False, 0.0), host, port, interface)


def _file(address: Address, speed: float) -> Feed:
    from cablewatch.feeds.file import FileFeed

    path = Path(unquote(address.parts.path) if address.parts.scheme else address.url)
    return FileFeed(path, speed, address.take("name"))


KINDS: dict[str, Callable[[Address], Feed]] = {
    "tcp": _tcp,
    "tcp-listen": _tcp_listen,
    "udp": _udp,
}


def _kinds() -> str:
    return ", ".join(f"{scheme}://" for scheme in (*KINDS, "file"))
