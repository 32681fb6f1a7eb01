"""Lines as they come from one sender, live or recorded, into fixes and static data."""

from typing import Protocol

from cablewatch.ais import Decoder
from cablewatch.archives.aiscatcher import AisCatcher
from cablewatch.archives.aisstream import AisStream
from cablewatch.archives.changes import LastSaid
from cablewatch.archives.compression import Unread
from cablewatch.archives.digitraffic import Digitraffic
from cablewatch.archives.jsonfile import JsonArchive
from cablewatch.archives.options import DEFAULTS
from cablewatch.archives.refused import Refused
from cablewatch.batches import Batch
from cablewatch.errors import UsageError
from cablewatch.fixes import Stations

NMEA = "nmea"
JSON: dict[str, type[JsonArchive]] = {
    reader.format: reader for reader in (AisStream, Digitraffic, AisCatcher)
}
SHIPS = 1 << 16  # of one sender whose repeated static data are known; 1.5 MB


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


class JsonLines:
    """Lines of JSON of one sender, read as a file of them is.

    Records that say no time were heard when they came.

    Parameters
    ----------
    format : str
        One of :data:`JSON`.
    name : str
        Station of records that name none.
    """

    def __init__(self, format: str, name: str, stations: Stations) -> None:
        self.refused = Refused()
        self._reader = JSON[format](Unread(name), stations, DEFAULTS)
        self._last = LastSaid({}, SHIPS)
        self._station = stations.code(name)

    def feed(self, data: bytes, at_ms: int | None) -> Batch:
        """What the records say."""
        batch = self._reader.received(data, at_ms, self._last)
        station = batch.fixes.station
        station[station == 0] = self._station
        self.refused.merge(self._reader.refused)
        self._reader.refused.clear()
        return batch


def check_lines(format: str, name: str) -> None:
    """UsageError where a format has no lines that a sender could send."""
    if format != NMEA and format not in JSON:
        do = f"send {', '.join((NMEA, *JSON))}"
        raise UsageError(name, f"the format {format!r} is not read line by line", do)


def line_decoder(format: str, name: str, stations: Stations) -> LineDecoder:
    """Decoder for what one sender of a source sends; see :func:`check_lines`."""
    check_lines(format, name)
    return NmeaLines(name, stations) if format == NMEA else JsonLines(format, name, stations)
