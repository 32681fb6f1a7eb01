"""NMEA 0183 logs: blocks of bytes go to the decoder as they are.

The time of a sentence comes from the log itself (tag block, line prefix, suffix, ``$PGHP``); a log
in which no position has one cannot be replayed. Prefixes that name no zone are in that of the
options, and those that are a time of day begin on the first day of the file's name.
"""

from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from cablewatch.archives.base import Archive, Batch
from cablewatch.archives.refused import Refused
from cablewatch.archives.spans import named_days
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
    latest_ms : int
        Later times are refused.
    refused : Refused
        Gets what is left out.
    zone : tzinfo
        Zone of prefixes that name none.
    date_ms : int, optional
        Day of the first prefix that is a time of day.
    """

    def __init__(
        self,
        where: str,
        stations: Stations,
        latest_ms: int,
        refused: Refused,
        *,
        zone: tzinfo = UTC,
        date_ms: int | None = None,
    ) -> None:
        from cablewatch.ais import Decoder  # compiled code is loaded for those who need it

        self._decoder = Decoder(stations=stations, zone=zone, date_ms=date_ms)
        self._where = where
        self._latest_ms = latest_ms
        self._refused = refused

    def feed(self, data: bytes) -> Batch:
        """What these lines say."""
        return self._batch(self._decoder.feed(data))

    def flush(self) -> Batch:
        """What is left at the end."""
        return self._batch(self._decoder.flush())

    def _batch(self, decoded: "Decoded") -> Batch:
        for reason, n in decoded.refused.items():
            text = decoded.examples.get(reason)
            self._refused.add(
                reason, n, where="" if text is None else self._where, text=text or b""
            )
        fixes, statics = decoded.fixes, decoded.statics
        timed = self._timed(fixes.t_ms)
        if not timed.all():
            self._refused.add_rows("bad_time", ~timed, lambda i: self._report(fixes, i))
            fixes = fixes.take(timed)
        timed = self._timed(statics.t_ms)
        return Batch(fixes, statics if timed.all() else statics.take(timed))

    def _timed(self, t_ms: Array) -> Array:
        timed: Array = (t_ms >= EARLIEST_MS) & (t_ms <= self._latest_ms)
        return timed

    def _report(self, fixes: Fixes, i: int) -> tuple[str, str]:
        return self._where, f"{fixes.mmsi[i]} at {np.datetime64(int(fixes.t_ms[i]), 'ms')}Z"


class NmeaLog(Archive):
    """Reader of an NMEA log."""

    format: ClassVar[str] = "nmea"
    keeps_order: ClassVar[bool] = True

    def _read(self) -> Iterator[Batch]:
        where = str(self.path)
        days = named_days(self.path)
        sentences = Sentences(
            where,
            self._stations,
            self._latest_ms,
            self.refused,
            zone=self.options.zone,
            date_ms=days[0] if days else None,
        )
        failure: ArchiveError | None = None
        timed = 0
        try:
            for member in self._container.members():
                for block in member.blocks(BLOCK_BYTES):
                    batch = sentences.feed(block.data)
                    timed += len(batch.fixes) + len(batch.statics)
                    yield batch
        except ArchiveError as error:
            failure = error
        batch = sentences.flush()
        yield batch
        if failure:
            raise failure
        if self.refused.counts[NO_TIME] and not timed + len(batch.fixes) + len(batch.statics):
            raise ArchiveError(
                where,
                f"no sentence has a time ({self.refused.counts[NO_TIME]} reports)",
                "give a log with tag blocks (c:), $PGHP lines or a time before each sentence; for"
                " times of day, the date in the file's name (2016-03-31.log)",
            )
