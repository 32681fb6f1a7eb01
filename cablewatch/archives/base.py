"""What all archives have in common."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import ClassVar

from cablewatch.archives.compression import Container
from cablewatch.archives.options import ReadOptions
from cablewatch.archives.refused import Refused
from cablewatch.archives.rows import AFTER_TIME
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Stations
from cablewatch.units import DAY_MS, NEVER_MS


def latest_ms() -> int:
    """Later times are slips of a clock: a day ahead of now, UTC milliseconds."""
    return time.time_ns() // 1_000_000 + DAY_MS


class Archive(ABC):
    """A file to be read once, front to back, in bounded memory.

    Attributes
    ----------
    path : Place
        The file, or object.
    size_bytes : int
        Its size on disk.
    ignored_columns : list of str
        Columns of the file that are not read, known once the first batch has come.
    refused : Refused
        Rows or lines left out, by reason; grows while batches are read.
    reached_ms : int
        Newest time of the batch read last, UTC milliseconds.
    options : ReadOptions
        How to read it.
    """

    format: ClassVar[str]
    """Name of the format."""
    keeps_order: ClassVar[bool]
    """Whether the format promises time order within a minute."""

    def __init__(self, container: Container, stations: Stations, options: ReadOptions) -> None:
        self.path = container.path
        self.size_bytes = container.size_bytes
        self.ignored_columns: list[str] = []
        self.refused = Refused()
        self.reached_ms = NEVER_MS
        self.options = options
        self._container = container
        self._stations = stations
        self._timed = 0

    @property
    def _latest_ms(self) -> int:
        return latest_ms()

    @property
    def ordered(self) -> bool:
        """Whether this archive keeps time order within a minute, as far as can be seen."""
        return self.keeps_order

    def batches(self, progress: Callable[[int], None]) -> Iterator[Batch]:
        """Batches in the order of the file; `progress` gets the bytes of the file read so far.

        Raises
        ------
        ArchiveError
            The file is damaged, or all of it is unusable; every batch read before comes first.
        """
        for batch in self._read():
            self._timed += len(batch.fixes)
            progress(self._container.consumed_bytes)
            if len(batch.fixes) or len(batch.statics):
                self.reached_ms = batch.newest_ms
                yield batch
        progress(self.size_bytes)
        timed = self._timed + sum(self.refused.counts[reason] for reason in AFTER_TIME)
        if self.refused.counts["bad_time"] and not timed:
            raise ArchiveError(
                str(self.path),
                f"no time lies between 2000 and now ({self.refused.counts['bad_time']} rows)",
                "check the clock and the time format of the source",
            )

    def stated_span(self) -> tuple[int, int] | None:
        """First and last time, UTC milliseconds, where the file states them; else None."""
        return None

    @abstractmethod
    def _read(self) -> Iterator[Batch]:
        """Batches, empty ones included; adds to `refused` and `ignored_columns`."""
