"""Whether a table keeps time order, learned before it is read.

A table steps back where a row is more than a minute older than one before it, the lateness that
archives are allowed. Of a CSV a sample is looked at: `SAMPLES` places of a plain file, the first
block of a packed one; up to `FEW` of its rows may step back, for single reports come late in every
archive. A file sorted by ship steps back with nearly all of its rows.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator

import numpy as np

from cablewatch.archives.base import Archive
from cablewatch.archives.compression import Block
from cablewatch.archives.packing import is_unread
from cablewatch.archives.rawfile import raw_file
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Array
from cablewatch.places import Place
from cablewatch.units import EARLIEST_MS, MINUTE_MS

SAMPLES = 16
SAMPLE_BYTES = 1 << 16
FEW = 0.01
LATENESS_MS = MINUTE_MS


class Sampled(Archive):
    """An archive of which a sample tells whether it keeps order."""

    @property
    def ordered(self) -> bool:
        """Whether the format promises order and a sample of the file can be had and keeps it."""
        if not self.keeps_order:
            return False
        try:
            return share_behind(self._sampled_times(), self._latest_ms) <= FEW
        except OSError:
            return False
        except ArchiveError as error:  # what is wrong is said when the file is read
            return not is_unread(error)

    @abstractmethod
    def _sampled_times(self) -> Iterator[Array]:
        """Times i8 of some rows, in the order of the file."""


def share_behind(blocks: Iterable[Array], latest_ms: int) -> float:
    """Share of times that step back, of blocks of times i8 in the order of the file.

    Times outside 2000-01-01 .. `latest_ms` are no times.
    """
    behind = rows = 0
    newest_ms = EARLIEST_MS
    for t_ms in blocks:
        times = t_ms[(t_ms >= EARLIEST_MS) & (t_ms <= latest_ms)]
        if len(times) == 0:
            continue
        newest = np.maximum.accumulate(np.maximum(times, newest_ms))
        behind += int(np.count_nonzero(newest - times > LATENESS_MS))
        rows += len(times)
        newest_ms = int(newest[-1])
    return behind / rows if rows else 0.0


def samples(path: Place, size_bytes: int) -> Iterator[Block]:
    """Whole lines from places spread over a plain file, without its first line."""
    end = 0
    with raw_file(path) as file:
        for place in range(SAMPLES):
            start = max(end, size_bytes * place // SAMPLES)
            file.seek(start)
            data = file.read(SAMPLE_BYTES)
            first, last = data.find(b"\n") + 1, data.rfind(b"\n") + 1  # the first line may be cut
            if first < last:
                end = start + last - 1  # the line end is the next sample's first
                yield Block(str(path), 0, data[first:last])
