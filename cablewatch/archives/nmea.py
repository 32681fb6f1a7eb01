"""NMEA 0183 logs: blocks of bytes go to the decoder as they are.

The time of a sentence comes from the log itself (tag block, line prefix, suffix, ``$PGHP``); a log
in which no position has one cannot be replayed. Prefixes that name no zone are in that of the
options, and those that are a time of day begin on the first day of the file's name.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cablewatch.archives.base import Archive, latest_ms
from cablewatch.archives.refused import Refused
from cablewatch.archives.spans import named_days
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.units import EARLIEST_MS

if TYPE_CHECKING:
    from cablewatch.ais import Decoded

BLOCK_BYTES = 2 << 20
NO_TIME = "no_time"  # the decoder's reason for a report without a time


class Sentences:
    """Our decoder for an archive: it counts there, and refuses times no archive can hold.

    Parameters
    ----------
    where : str
        The file, for examples of what is refused.
    stations : Stations
        The run's table of stations.
    refused : Refused
        Gets what is left out.
    zone : tzinfo
        Zone of prefixes that name none.
    date_ms : int, optional
        Day of the first prefix that is a time of day.
    payloads : bool
        Hand out the payload of every message.
    """

    def __init__(
        self,
        where: str,
        stations: Stations,
        refused: Refused,
        *,
        zone: tzinfo = UTC,
        date_ms: int | None = None,
        payloads: bool = False,
    ) -> None:
        from cablewatch.ais import Decoder  # compiled code is loaded for those who need it

        self._decoder = Decoder(stations=stations, zone=zone, date_ms=date_ms, payloads=payloads)
        self._where = where
        self._refused = refused

    def feed(self, data: bytes) -> Batch:
        """What these lines say."""
        return self.batch(self.decode(data))

    def flush(self) -> Batch:
        """What is left at the end."""
        return self.batch(self.decode(None))

    def decode(self, data: bytes | None) -> "Decoded":
        """What the decoder makes of these lines, of the end where there are none; counts."""
        decoded = self._decoder.flush() if data is None else self._decoder.feed(data)
        for reason, n in decoded.refused.items():
            text = decoded.examples.get(reason)
            self._refused.add(
                reason, n, where="" if text is None else self._where, text=text or b""
            )
        return decoded

    def batch(self, decoded: "Decoded") -> Batch:
        """The rows with a time that an archive can hold; counts the others."""
        fixes, statics = decoded.fixes, decoded.statics
        timed = self._timed(fixes.t_ms)
        if not timed.all():
            self._refused.add_rows("bad_time", ~timed, lambda i: self._report(fixes, i))
        return Batch(fixes, statics).select(timed, self._timed(statics.t_ms))

    def _timed(self, t_ms: Array) -> Array:
        timed: Array = (t_ms >= EARLIEST_MS) & (t_ms <= latest_ms())
        return timed

    def _report(self, fixes: Fixes, i: int) -> tuple[str, str]:
        return self._where, f"{fixes.mmsi[i]} at {np.datetime64(int(fixes.t_ms[i]), 'ms')}Z"


class NmeaLog(Archive):
    """Reader of an NMEA log."""

    format: ClassVar[str] = "nmea"
    keeps_order: ClassVar[bool] = True

    def messages(self, progress: Callable[[int], None]) -> Iterator["Decoded"]:
        """Every message with its payload, whether it has a time or not.

        `progress` gets the bytes of the file read so far.

        Raises
        ------
        ArchiveError
            The file is damaged; every message before comes first.
        """
        for decoded in self._decoded(self._sentences(payloads=True)):
            progress(self._container.consumed_bytes)
            yield decoded

    def _read(self) -> Iterator[Batch]:
        sentences = self._sentences()
        timed = 0
        for decoded in self._decoded(sentences):
            batch = sentences.batch(decoded)
            timed += len(batch.fixes) + len(batch.statics)
            yield batch
        if self.refused.counts[NO_TIME] and not timed:
            raise ArchiveError(
                str(self.path),
                f"no sentence has a time ({self.refused.counts[NO_TIME]} reports)",
                "give a log with tag blocks (c:), $PGHP lines or a time before each sentence; for"
                " times of day, the date in the file's name (2016-03-31.log)",
            )

    def _sentences(self, payloads: bool = False) -> Sentences:
        days = named_days(self.path.name)
        return Sentences(
            str(self.path),
            self._stations,
            self.refused,
            zone=self.options.zone,
            date_ms=days[0] if days else None,
            payloads=payloads,
        )

    def _decoded(self, sentences: Sentences) -> Iterator["Decoded"]:
        """The log block by block; a fault comes behind what was read before it."""
        failure: ArchiveError | None = None
        try:
            for member in self._container.members():
                for block in member.blocks(BLOCK_BYTES):
                    yield sentences.decode(block.data)
        except ArchiveError as error:
            failure = error
        yield sentences.decode(None)
        if failure:
            raise failure
