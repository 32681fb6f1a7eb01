"""Tracks on disk: fixes as Parquet, by UTC day, sorted by ship and time.

:class:`TrackWriter` takes fixes in order of time and writes parts of at most :data:`PART_ROWS`
rows of one day, named by a hash of their rows: the same fixes written again replace their parts
and double nothing. Where runs overlap or batches were cut differently a fix can lie in two parts;
reading and compaction drop exact duplicates. ``days`` says which files there are and when they
count, ``compaction`` makes the two copies of a day that are fastest to read.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cablewatch.archives.selection import within
from cablewatch.errors import StoreError
from cablewatch.fixes import Fixes, Stations
from cablewatch.output.tables import FIX_SCHEMA, table_fixes
from cablewatch.places import Place
from cablewatch.stores.days import PART, clock, day_home, day_of, days, forget, looked, sweep
from cablewatch.stores.parts import distinct, ship_order, write_file
from cablewatch.stores.places import dataset, held, parquet
from cablewatch.units import DAY_MS

PART_ROWS = 1 << 20  # 45 MB in memory, about 15 MB on disk
OPEN_DAYS = 2  # days that grow side by side around midnight
_TIME = FIX_SCHEMA.field("time_utc").type


class TrackWriter:
    """Writes fixes that come in order of time; a context manager, or :meth:`close` it.

    Parameters
    ----------
    folder : Place
        The track store; made when it does not exist.
    stations : Stations
        The table of the fixes' station codes; stations are stored by name.

    Raises
    ------
    StoreError
        The folder cannot be made, another run writes into it, or a part cannot be written (raised
        by a later :meth:`append` or :meth:`close`).
    """

    def __init__(self, folder: Place, stations: Stations) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"the folder cannot be made ({error.strerror})"
            raise StoreError(str(folder), what, "choose another folder") from error
        self.folder = folder
        self._stations = stations
        with ExitStack() as holding:
            holding.enter_context(held(folder))
            for day in days(folder):
                sweep(day.home)
            self._held = holding.pop_all()
        self._days: dict[int, list[Fixes]] = {}
        self._rows: dict[int, int] = {}
        self._pool = ThreadPoolExecutor(1, "tracks")
        self._writing: tuple[Future[None], int, Fixes] | None = None

    def __enter__(self) -> "TrackWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(self, fixes: Fixes) -> None:
        """Take over `fixes`; full parts are written meanwhile, and held where they cannot be."""
        for day, rows in _by_day(fixes):
            self._days.setdefault(day, []).append(rows)
            self._rows[day] = self._rows.get(day, 0) + len(rows)
        for day in sorted(self._days):
            while self._rows.get(day, 0) >= PART_ROWS:
                self._write(day)
        while len(self._days) > OPEN_DAYS:
            self._write(min(self._days))

    @property
    def held(self) -> Fixes:
        """What no part holds yet; StoreError where the newest part cannot be written."""
        self._wait()
        return Fixes.concat([part for day in sorted(self._days) for part in self._days[day]])

    def flush(self) -> None:
        """Write what is held; everything appended is on disk afterwards."""
        while self._days:
            self._write(min(self._days))
        self._wait()

    def close(self) -> None:
        """Flush, and let go of the store."""
        try:
            self.flush()
        finally:
            self._pool.shutdown()
            forget()
            self._held.close()

    def _write(self, day: int) -> None:
        """Hand a part of `day` to the writing thread, one at a time."""
        self._wait()
        rows = Fixes.concat(self._days.pop(day))
        part, rest = rows.take(slice(PART_ROWS)), rows.take(slice(PART_ROWS, None))
        del self._rows[day]
        if len(rest):
            self._hold(day, rest)
        writing = self._pool.submit(_write_part, self.folder, day, part, self._stations)
        self._writing = writing, day, part

    def _hold(self, day: int, rows: Fixes) -> None:
        """Keep rows of a day in front of those that came later."""
        self._days.setdefault(day, []).insert(0, rows)
        self._rows[day] = self._rows.get(day, 0) + len(rows)

    def _wait(self) -> None:
        """Wait for the part that is written; one that cannot be is held again."""
        if self._writing is None:
            return
        (writing, day, part), self._writing = self._writing, None
        try:
            writing.result()
        except OSError as error:
            self._hold(day, part)
            what = f"a part cannot be written ({error.strerror or error})"
            raise StoreError(
                str(self.folder), what, "free space or choose another folder"
            ) from error


def read_track(
    folder: Place,
    mmsi: int,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    stations: Stations | None = None,
) -> Fixes:
    """Fixes of one ship, sorted by time, exact duplicates dropped; none is an empty result.

    Parameters
    ----------
    folder : Place
        A folder that :class:`TrackWriter` has written.
    mmsi : int
        The ship.
    start_ms, end_ms : int, optional
        First and last time to give, both included.
    stations : Stations, optional
        Table the station codes are given in; without it all are 0.

    Raises
    ------
    StoreError
        There is no such folder, or a part is damaged.
    """

    def read() -> list[pa.Table]:
        return [
            _rows_of_ship(file.path, mmsi)
            for day in days(folder, start_ms, end_ms)
            for file in (*day.parts, *day.ships)
            if file.kind == PART or file.first <= mmsi <= file.last
        ]

    fixes = _fixes(looked(read, folder), stations)
    fixes = distinct(fixes, fixes.mmsi, fixes.t_ms)
    first = 0 if start_ms is None else int(np.searchsorted(fixes.t_ms, start_ms))
    last = None if end_ms is None else int(np.searchsorted(fixes.t_ms, end_ms, side="right"))
    return _coded(fixes.take(slice(first, last)), stations)


def read_block(
    folder: Place,
    start_ms: int,
    end_ms: int,
    bbox: tuple[float, float, float, float] | None = None,
    *,
    stations: Stations | None = None,
) -> Fixes:
    """Fixes of all ships in a span of time, sorted by (time, mmsi), exact duplicates dropped.

    Parameters
    ----------
    folder : Place
        A folder that :class:`TrackWriter` has written.
    start_ms, end_ms : int
        From `start_ms` up to but without `end_ms`.
    bbox : (4,) floats, optional
        West, south, east, north, degrees, all included; west > east crosses the antimeridian.
    stations : Stations, optional
        Table the station codes are given in; without it all are 0.

    Raises
    ------
    StoreError
        There is no such folder, or a part is damaged.
    """
    time = pc.field("time_utc")
    wanted = (time >= pa.scalar(start_ms, _TIME)) & (time < pa.scalar(end_ms, _TIME))

    def read() -> list[pa.Table]:
        met = [
            file.path
            for day in days(folder, start_ms, end_ms)
            for file in day.within((*day.parts, *day.blocks), start_ms, end_ms)
        ]
        return [dataset(met, FIX_SCHEMA).to_table(filter=wanted)] if met else []

    fixes = _fixes(looked(read, folder), stations)
    if bbox is not None:
        fixes = fixes.take(within(bbox, fixes.lon_deg, fixes.lat_deg))
    return _coded(distinct(fixes, fixes.t_ms, fixes.mmsi), stations)


def _by_day(fixes: Fixes) -> Iterator[tuple[int, Fixes]]:
    if not len(fixes):
        return
    first, last = int(fixes.t_ms.min()) // DAY_MS, int(fixes.t_ms.max()) // DAY_MS
    if first == last:
        yield first, fixes
        return
    days = fixes.t_ms // DAY_MS
    for day in np.unique(days):
        yield int(day), fixes.take(days == day)


def _write_part(folder: Place, day: int, fixes: Fixes, stations: Stations) -> None:
    home = day_home(folder, day)
    home.mkdir(parents=True, exist_ok=True)
    span = clock(int(fixes.t_ms.min())), clock(int(fixes.t_ms.max()))
    rows = fixes.take(ship_order(fixes))
    write_file(home, PART, span, rows, stations, day_of(home, day * DAY_MS).replaced)


def _rows_of_ship(path: Place, mmsi: int) -> pa.Table:
    """Rows of one ship in a file sorted by (mmsi, time)."""
    column = FIX_SCHEMA.get_field_index("mmsi")
    with parquet(path, read_dictionary=["station"]) as file:
        groups = []
        for group in range(file.num_row_groups):
            span = file.metadata.row_group(group).column(column).statistics
            if span.min <= mmsi <= span.max:
                groups.append(group)
        table = file.read_row_groups(groups, use_threads=False)
    first, after = np.searchsorted(table["mmsi"].to_numpy(), [mmsi, mmsi + 1])
    return table.slice(first, after - first)


def _fixes(tables: list[pa.Table], stations: Stations | None) -> Fixes:
    """Fixes of tables in all; their stations are told apart even where no `stations` are given."""
    if not tables:
        return Fixes.empty()
    return table_fixes(pa.concat_tables(tables), stations or Stations())


def _coded(fixes: Fixes, stations: Stations | None) -> Fixes:
    """The fixes, without station codes where no table of them was given."""
    if stations is None:
        fixes.station[:] = 0
    return fixes
