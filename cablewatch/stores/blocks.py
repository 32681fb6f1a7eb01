"""Blocks: ten minutes of all ships, as a replay plays them.

Which files a block lies in is in their names, and so is a hash of what they hold. The version of a
block is therefore known without opening any: it changes when a file does, which may be without a
change of rows (compaction), never the other way round.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc

from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.output.tables import FIX_SCHEMA, table_fixes
from cablewatch.places import Place
from cablewatch.stores.compaction import BLOCK_MS
from cablewatch.stores.days import BLOCKS, Day, File, days, looked, newest_first
from cablewatch.stores.parts import joint_order
from cablewatch.stores.places import parquet, read_table
from cablewatch.stores.run import Run
from cablewatch.stores.tracks import read_block
from cablewatch.units import DAY_MS

BLOCKS_A_DAY = DAY_MS // BLOCK_MS
COUNTED_FILES = 4096  # whose counts are kept, 1.2 kB each
_TIME = FIX_SCHEMA.get_field_index("time_utc")


class DayBlocks(NamedTuple):
    """How many fixes lie in each block of a UTC day; of a fix in two files both count."""

    day: str
    version: str
    counts: Array  # (BLOCKS_A_DAY,) i8


def read_ships(
    folder: Place,
    start_ms: int,
    bbox: tuple[float, float, float, float] | None = None,
    *,
    before: bool = False,
    stations: Stations | None = None,
) -> Fixes:
    """Fixes of the block that begins at `start_ms`, sorted by (mmsi, time).

    `before` puts the last fix of each ship in the block before in front. The rest is as
    :func:`cablewatch.stores.tracks.read_block` takes and raises it, but without a folder there is
    nothing.
    """
    if not folder.is_dir():
        return Fixes.empty()
    fixes = read_block(folder, start_ms, start_ms + BLOCK_MS, bbox, stations=stations)
    if before:
        earlier = read_block(folder, start_ms - BLOCK_MS, start_ms, bbox, stations=stations)
        fixes = Fixes.concat([last_of_each(earlier), fixes])
    return fixes.take(joint_order(fixes.mmsi, fixes.t_ms))


def last_of_each(fixes: Fixes) -> Fixes:
    """The last fix of each ship, of fixes sorted by time; sorted by mmsi."""
    _, backwards = np.unique(fixes.mmsi[::-1], return_index=True)
    return fixes.take(len(fixes) - 1 - backwards)


def block_version(folder: Place, start_ms: int, end_ms: int) -> str:
    """Name for what the store holds of [`start_ms`, `end_ms`), without opening a file of it."""

    def names() -> list[File]:
        return [
            file
            for day in _days(folder, start_ms, end_ms)
            for file in day.within((*day.parts, *day.blocks), start_ms, end_ms)
        ]

    return _version(looked(names, folder))


def closed_ms(folder: Place, run: Run) -> int | None:
    """End of the last block that nothing is added to; None while a replay still writes, or was cut.

    Fixes that come late are stored too, so that no block is closed before its replay is.
    """

    def data_end_ms() -> int | None:
        for day in _newest_first(folder):
            if files := (*day.parts, *day.blocks):
                return day.start_ms + 1000 * (1 + max(file.last for file in files))
        return None

    end_ms = looked(data_end_ms, folder) if run.complete else None
    return None if end_ms is None else end_ms - end_ms % BLOCK_MS


def day_blocks(folder: Place, start_ms: int | None, end_ms: int | None) -> list[DayBlocks]:
    """Days that meet [`start_ms`, `end_ms`] and hold a fix, in order of time.

    Raises
    ------
    StoreError
        A file is damaged.
    """

    def counted() -> list[DayBlocks]:
        return [_counted(day) for day in _days(folder, start_ms, end_ms) if day.parts or day.blocks]

    return looked(counted, folder)


def _days(folder: Place, start_ms: int | None = None, end_ms: int | None = None) -> list[Day]:
    return days(folder, start_ms, end_ms) if folder.is_dir() else []


def _newest_first(folder: Place) -> Iterator[Day]:
    return newest_first(folder) if folder.is_dir() else iter(())


def _counted(day: Day) -> DayBlocks:
    files = (*day.parts, *day.blocks)
    counts = np.zeros(BLOCKS_A_DAY, np.int64)
    for file in files:
        counts += _counts(file, day.start_ms)
    return DayBlocks(day.home.name.removeprefix("day="), _version(files), counts)


@lru_cache(COUNTED_FILES)
def _counts(file: File, start_ms: int) -> Array:
    """Fixes of a file, whose name tells its content, in each block of its day."""
    with parquet(file.path) as opened:
        if file.kind == BLOCKS:  # a row group a block
            groups = [opened.metadata.row_group(i) for i in range(opened.num_row_groups)]
            times = [group.column(_TIME).statistics.min for group in groups]
            t_ms = np.array([round(time.timestamp() * 1000) for time in times], np.int64)
            weights = np.array([group.num_rows for group in groups], np.int64)
        else:
            column = opened.read(columns=["time_utc"])["time_utc"]
            t_ms, weights = pc.cast(column, "int64").to_numpy(), None
    counts = np.bincount((t_ms - start_ms) // BLOCK_MS, weights, BLOCKS_A_DAY).astype(np.int64)
    counts.flags.writeable = False
    return counts


def _version(files: Sequence[File]) -> str:
    return sha256("\0".join(sorted(file.path.name for file in files)).encode()).hexdigest()[:16]


def newest_parts(folder: Place) -> list[Place]:
    """Parts, as a writer leaves them, of the newest two days that hold any file."""
    newest = looked(lambda: list(islice(_newest_first(folder), 2)), folder)
    return [part.path for day in reversed(newest) for part in day.parts]


def read_last(parts: Sequence[Place], folder: Place) -> Fixes:
    """The last fix of each ship in parts of the track store `folder`, sorted by mmsi.

    Raises
    ------
    StoreError
        A part is damaged, or gone.
    """
    stations = Stations()

    def read() -> list[Fixes]:
        return [table_fixes(read_table(path), stations) for path in parts]

    return newest_of_each(Fixes.concat(looked(read, folder)))


def newest_of_each(fixes: Fixes) -> Fixes:
    """The newest fix of each ship, of fixes in any order; sorted by mmsi."""
    return last_of_each(fixes.take(np.argsort(fixes.t_ms, kind="stable")))
