"""``serial:///dev/ttyUSB0?baud=38400``, ``serial://COM3``: a receiver on a serial port."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from threading import Event

from serial import Serial, SerialException

from cablewatch.feeds.base import FeedError, Received, Source
from cablewatch.feeds.clock import now_ms
from cablewatch.feeds.lines import Lines
from cablewatch.feeds.threads import chunks
from cablewatch.output.text import Json

BAUD = 38_400  # IEC 61162-2, which AIS receivers speak
LOOK_S = 0.5  # between looks whether anybody listens still


class SerialFeed:
    """A serial port: eight bits, no parity, one stop bit."""

    def __init__(self, source: Source, device: str, baud: int = BAUD) -> None:
        self.source, self._device, self._baud = source, device, baud

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Lines until the device is gone; see :class:`~cablewatch.feeds.base.Feed`."""
        try:
            port = Serial(self._device, self._baud, timeout=LOOK_S, exclusive=True)
        except (OSError, ValueError) as error:
            what = f"cannot be opened ({_said(error)})"
            do = "see whether it is plugged in, in use, and yours to read"
            raise FeedError(self.source.name, what, do) from error
        left, lines = Event(), Lines()
        reading = chunks(lambda: _read(port, left), self.source.name, port.close)
        try:
            async with aclosing(reading):
                async for data in reading:
                    if whole := lines.feed(data):
                        yield Received(whole, now_ms())
        except OSError as error:
            what = f"cut ({_said(error)})"
            raise FeedError(self.source.name, what, "see whether it is plugged in") from error
        finally:
            left.set()

    async def confirm(self, position: Json) -> None:
        """Nothing: what was read is gone."""


def _read(port: Serial, left: Event) -> bytes:
    """Some bytes; none once nobody listens."""
    data = b""
    while not data and not left.is_set():
        data = port.read(port.in_waiting or 1)
    return data


def _said(error: Exception) -> str:
    if isinstance(error, SerialException) or not isinstance(error, OSError):
        return str(error)
    return error.strerror or str(error)
