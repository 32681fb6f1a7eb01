"""Compaction: a day's parts become one copy by ship and one by block of 10 minutes.

A track then lies in one file of ``ships``, in a row group or two, and a block of all ships in one
row group of ``blocks``. Each fix is on disk twice; of exact duplicates one stays in each copy. Both
copies are written in ranges of about :data:`FILE_ROWS` rows, so memory does not grow with the day.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cablewatch.errors import StoreError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.output.tables import FIX_SCHEMA, table_fixes
from cablewatch.places import Place
from cablewatch.stores.days import BLOCKS, SHIPS, Day, File, clock, commit, days
from cablewatch.stores.parts import distinct, write_file
from cablewatch.stores.places import dataset, held, read_table
from cablewatch.units import MINUTE_MS

BLOCK_MS = 10 * MINUTE_MS  # as long as the blocks in which a map replays
FILE_ROWS = 1 << 20  # 45 MB in memory
MAX_PARTS = 16  # of a day that is still written to: compacting rewrites all of it
FEW_PARTS = 3  # of a day that a replay has ended: a block of ten takes five times as long
Progress = Callable[[int, int], None]
"""Gets days done and days in all."""
_TIME = FIX_SCHEMA.field("time_utc").type


def compact(
    folder: Place, max_parts: int = 0, progress: Progress = lambda done, total: None
) -> list[str]:
    """Compact the days that have more than `max_parts` parts; names of their folders.

    Raises
    ------
    StoreError
        There is no such folder, another run writes into it, or a part is damaged.
    """
    days(folder, 0, 0)  # an absent store has its own words
    with held(folder):
        return compact_held(folder, max_parts, progress)


def compact_held(
    folder: Place, max_parts: int = 0, progress: Progress = lambda done, total: None
) -> list[str]:
    """:func:`compact` by who holds the store; parts may be added meanwhile."""
    crowded = [day for day in days(folder) if len(day.parts) > max_parts]
    try:
        with ThreadPoolExecutor(2, "compaction") as pool:
            for done, day in enumerate(crowded):
                progress(done, len(crowded))
                by_ship, by_block = pool.submit(_ships, day), pool.submit(_blocks, day)
                commit(day, by_ship.result() + by_block.result())
    except (pa.ArrowException, OSError) as error:
        what = f"a day cannot be compacted ({str(error).partition(chr(10))[0]})"
        do = "nothing is lost: free space, or remove a damaged part and replay its day again"
        raise StoreError(str(folder), what, do) from error
    return [day.home.name for day in crowded]


def _ships(day: Day) -> list[Place]:
    """Write the copy by ship."""
    files, made = (*day.parts, *day.ships), []
    for first, last in _ranges(*_counted(files, "mmsi", lambda mmsi: mmsi)):
        met = [
            file
            for file in files
            if file.kind != SHIPS or (file.first <= last and first <= file.last)
        ]
        mmsi = pc.field("mmsi")
        stations = Stations()
        fixes = _read(met, (mmsi >= first) & (mmsi <= last), stations)
        rows = distinct(fixes, fixes.mmsi, fixes.t_ms)
        ends = f"{first:09d}", f"{last:09d}"
        made.append(write_file(day.home, SHIPS, ends, rows, stations))
    return made


def _blocks(day: Day) -> list[Place]:
    """Write the copy by block."""
    files, made, time = (*day.parts, *day.blocks), [], pc.field("time_utc")
    for first, last in _ranges(*_counted(files, "time_utc", lambda t_ms: t_ms // BLOCK_MS)):
        start_ms, end_ms = first * BLOCK_MS, (last + 1) * BLOCK_MS
        wanted = (time >= pa.scalar(start_ms, _TIME)) & (time < pa.scalar(end_ms, _TIME))
        stations = Stations()
        fixes = _read(day.within(files, start_ms, end_ms), wanted, stations)
        block = fixes.t_ms // BLOCK_MS - first
        rows = distinct(fixes, block << 30 | fixes.mmsi, fixes.t_ms)
        starts = np.flatnonzero(np.diff(rows.t_ms // BLOCK_MS, prepend=first - 1))
        ends = clock(start_ms), clock(end_ms - 1)
        made.append(write_file(day.home, BLOCKS, ends, rows, stations, groups=starts))
    return made


def _read(files: Sequence[File], wanted: Any, stations: Stations) -> Fixes:
    found = dataset([file.path for file in files], FIX_SCHEMA).to_table(filter=wanted)
    return table_fixes(found, stations)


def _counted(
    files: Sequence[File], column: str, group: Callable[[Array], Array]
) -> tuple[Array, Array]:
    """Groups of a column's values over all files, ascending, and the rows of each."""
    values, rows = np.empty(0, np.int64), np.empty(0, np.int64)
    for file in files:
        table = read_table(file.path, columns=[column])
        said = group(table[column].cast(pa.int64()).to_numpy())
        more, n = np.unique(said, return_counts=True)
        values, place = np.unique(np.append(values, more), return_inverse=True)
        rows = np.bincount(place, np.append(rows, n)).astype(np.int64)
    return values, rows


def _ranges(values: Array, rows: Array) -> list[tuple[int, int]]:
    """First and last of consecutive `values` that have about FILE_ROWS `rows` in all."""
    edge = np.flatnonzero(np.diff((np.cumsum(rows) - 1) // FILE_ROWS)) + 1
    firsts = np.append(0, edge)
    lasts = np.append(edge, len(values)) - 1
    return list(zip(values[firsts].tolist(), values[lasts].tolist(), strict=True))
