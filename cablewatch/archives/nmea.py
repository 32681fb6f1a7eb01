"""NMEA 0183 logs: blocks of bytes go to the decoder as they are.

The time of a sentence comes from the log itself (tag block, line prefix, suffix, ``$PGHP``); a log
in which no position has one cannot be replayed.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from cablewatch.archives.base import Archive, Batch
from cablewatch.errors import ArchiveError
from cablewatch.units import EARLIEST_MS

if TYPE_CHECKING:
    from cablewatch.ais import Decoded

BLOCK_BYTES = 2 << 20
NO_TIME = "no_time"  # the decoder's reason for a report without a time


class NmeaLog(Archive):
    """Reader of an NMEA log."""

    format: ClassVar[str] = "nmea"
    keeps_order: ClassVar[bool] = True

    def _read(self) -> Iterator[Batch]:
        from cablewatch.ais import Decoder  # compiled code is loaded for those who need it

        decoder = Decoder(stations=self._stations)
        failure: ArchiveError | None = None
        timed = 0
        try:
            for member in self._container.members():
                for block in member.blocks(BLOCK_BYTES):
                    batch = self._batch(decoder.feed(block.data))
                    timed += len(batch.fixes) + len(batch.statics)
                    yield batch
        except ArchiveError as error:
            failure = error
        batch = self._batch(decoder.flush())
        yield batch
        if failure:
            raise failure
        if self.refused.counts[NO_TIME] and not timed + len(batch.fixes) + len(batch.statics):
            raise ArchiveError(
                str(self.path),
                f"no sentence has a time ({self.refused.counts[NO_TIME]} reports)",
                "give a log with tag blocks (c:), $PGHP lines or a time before each sentence",
            )

    def _batch(self, decoded: "Decoded") -> Batch:
        self.refused.merge_counts(decoded.refused)
        fixes, statics = decoded.fixes, decoded.statics
        timed = (fixes.t_ms >= EARLIEST_MS) & (fixes.t_ms <= self._latest_ms)
        if not timed.all():
            self.refused.add("bad_time", len(fixes) - int(timed.sum()))
            fixes = fixes.take(timed)
        timed = (statics.t_ms >= EARLIEST_MS) & (statics.t_ms <= self._latest_ms)
        return Batch(fixes, statics if timed.all() else statics.take(timed))
