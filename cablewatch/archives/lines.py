"""Lines as they come from one sender, live or recorded, into fixes and static data."""

from typing import Protocol

from cablewatch.ais import Decoder
from cablewatch.archives.refused import Refused
from cablewatch.batches import Batch
from cablewatch.errors import UsageError
from cablewatch.fixes import Stations

NMEA = "nmea"


class LineDecoder(Protocol):
    """What one sender sends, line by line; it can be pickled between two calls.

    `refused` counts what is left out.
    """

    refused: Refused

    def feed(self, data: bytes, at_ms: int | None) -> Batch:
        """What whole lines say that had come at `at_ms`; None: they bear times of their own."""


class NmeaLines:
    """Sentences of one sender.

    Parameters
    ----------
    name : str
        Station of sentences that name none.
    """

    def __init__(self, name: str, stations: Stations) -> None:
        self.refused = Refused()
        self._name = name
        self._decoder = Decoder(station=name, stations=stations)

    def feed(self, data: bytes, at_ms: int | None) -> Batch:
        """What the sentences say."""
        decoded = self._decoder.feed(data, at_ms)
        for reason, n in decoded.refused.items():
            text = decoded.examples.get(reason)
            self.refused.add(reason, n, where="" if text is None else self._name, text=text or b"")
        return Batch(decoded.fixes, decoded.statics)


def line_decoder(format: str, name: str, stations: Stations) -> LineDecoder:
    """Decoder for what one sender of a source sends.

    Raises
    ------
    UsageError
        The format has no lines.
    """
    if format == NMEA:
        return NmeaLines(name, stations)
    raise UsageError(name, f"the format {format!r} is not read line by line", f"send {NMEA}")
