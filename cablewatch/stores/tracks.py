"""Tracks on disk: fixes as Parquet parts in a folder a UTC day, sorted by ship and time.

::

    FOLDER/day=2024-11-18/part-000000-015959-3f2a91c07be45d18.parquet

A part holds at most :data:`PART_ROWS` rows of one day. Its name is the first and last time of day
and a hash of its rows, so that the same fixes written again replace their parts and double
nothing. Parts get their name when they are complete and on disk; what a crash leaves behind ends
in ``.tmp``, is never read, and is overwritten by the next run of the same data. The columns are
those of the documented Parquet format (``docs/formats.md``) and ``flags`` and ``station``; each
part is itself an archive.
"""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pds
import pyarrow.parquet as pq

from cablewatch.errors import StoreError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.units import DAY_MS

PART_ROWS = 1 << 20  # 45 MB in memory, about 15 MB on disk
ROW_GROUP_ROWS = 1 << 15  # a ship of a Danish day lies in one or two groups of each part
OPEN_DAYS = 2  # days that grow side by side around midnight

SCHEMA = pa.schema(
    [
        ("time_utc", pa.timestamp("ms", "UTC")),
        ("mmsi", pa.int32()),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
        ("sog_kn", pa.float32()),
        ("cog_deg", pa.float32()),
        ("heading_deg", pa.float32()),
        ("nav_status", pa.uint8()),
        ("flags", pa.uint8()),
        ("station", pa.string()),
    ]
)
ENCODINGS = {"time_utc": "DELTA_BINARY_PACKED", "lon": "BYTE_STREAM_SPLIT"}
ENCODINGS |= {"lat": "BYTE_STREAM_SPLIT"}


class TrackWriter:
    """Writes fixes that come in order of time; a context manager, or :meth:`close` it.

    Parameters
    ----------
    folder : Path
        The track store; made when it does not exist.
    stations : Stations
        The table of the fixes' station codes; stations are stored by name.

    Raises
    ------
    StoreError
        The folder cannot be made, or a part not be written (raised by a later :meth:`append` or
        :meth:`close`).
    """

    def __init__(self, folder: Path, stations: Stations) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"the folder cannot be made ({error.strerror})"
            raise StoreError(str(folder), what, "choose another folder") from error
        self.folder = folder
        self._stations = stations
        self._days: dict[int, list[Fixes]] = {}
        self._rows: dict[int, int] = {}
        self._pool = ThreadPoolExecutor(1, "tracks")
        self._writing: Future[None] | None = None

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
        """Take over `fixes`; full parts are written meanwhile."""
        for day, rows in _by_day(fixes):
            taken = 0
            while taken < len(rows):
                more = rows.take(slice(taken, taken + PART_ROWS - self._rows.get(day, 0)))
                self._days.setdefault(day, []).append(more)
                self._rows[day] = self._rows.get(day, 0) + len(more)
                taken += len(more)
                if self._rows[day] == PART_ROWS:
                    self._write(day)
            while len(self._days) > OPEN_DAYS:
                self._write(min(self._days))

    def close(self) -> None:
        """Write what is left; everything appended is on disk afterwards."""
        try:
            for day in sorted(self._days):
                self._write(day)
            self._wait()
        finally:
            self._pool.shutdown()

    def _write(self, day: int) -> None:
        """Hand the rows of `day` to the writing thread, one part at a time."""
        self._wait()
        rows = Fixes.concat(self._days.pop(day))
        del self._rows[day]
        self._writing = self._pool.submit(_write_part, self.folder, day, rows, self._stations)

    def _wait(self) -> None:
        writing, self._writing = self._writing, None
        if writing is None:
            return
        try:
            writing.result()
        except OSError as error:
            what = f"a part cannot be written ({error.strerror or error})"
            raise StoreError(
                str(self.folder), what, "free space or choose another folder"
            ) from error


def read_track(
    folder: Path,
    mmsi: int,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    stations: Stations | None = None,
) -> Fixes:
    """Fixes of one ship, sorted by time, exact duplicates dropped; none is an empty result.

    Parameters
    ----------
    folder : Path
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
    if not folder.is_dir():
        raise StoreError(str(folder), "there is no track store", "write one with --store")
    parts = _parts(folder, start_ms, end_ms)
    if not parts:
        return Fixes.empty()
    wanted = pc.field("mmsi") == mmsi
    if start_ms is not None:
        wanted &= pc.field("time_utc") >= pa.scalar(start_ms, SCHEMA.field("time_utc").type)
    if end_ms is not None:
        wanted &= pc.field("time_utc") <= pa.scalar(end_ms, SCHEMA.field("time_utc").type)
    try:
        table = pds.dataset(parts, schema=SCHEMA, format="parquet").to_table(filter=wanted)
    except (pa.ArrowException, OSError) as error:
        what = f"a part is damaged ({str(error).splitlines()[0]})"
        raise StoreError(str(folder), what, "remove the part and replay its day again") from error
    return _distinct(_fixes(table, stations or Stations(), stations is not None))


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


def _write_part(folder: Path, day: int, fixes: Fixes, stations: Stations) -> None:
    fixes = fixes.take(_ship_order(fixes))
    codes, used = _station_names(fixes.station, stations)
    digest = hashlib.sha256("\0".join(used).encode())
    for column in [*list(fixes.columns())[:-1], codes]:
        digest.update(column.tobytes())
    table = _table(fixes, codes, used)
    first, last = (_clock(int(t_ms)) for t_ms in (fixes.t_ms.min(), fixes.t_ms.max()))
    home = folder / f"day={datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}"
    home.mkdir(parents=True, exist_ok=True)
    final = home / f"part-{first}-{last}-{digest.hexdigest()[:16]}.parquet"
    temporary = final.with_suffix(".tmp")
    with temporary.open("wb") as file:
        pq.write_table(
            table,
            file,
            compression="zstd",
            row_group_size=ROW_GROUP_ROWS,
            use_dictionary=[name for name in SCHEMA.names if name not in ENCODINGS],
            column_encoding=ENCODINGS,
        )
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(final)


def _ship_order(fixes: Fixes) -> Array:
    """Rows by (mmsi, t_ms), rows alike in both in the order they came."""
    if (fixes.t_ms[1:] < fixes.t_ms[:-1]).any():
        return np.lexsort((fixes.t_ms, fixes.mmsi))
    coded = pa.array(fixes.mmsi).dictionary_encode()
    ships = coded.dictionary.to_numpy()
    rank = np.empty(len(ships), np.uint16 if len(ships) <= 1 << 16 else np.uint32)
    rank[np.argsort(ships)] = np.arange(len(ships))
    return np.argsort(rank[coded.indices.to_numpy()], kind="stable")


def _station_names(codes: Array, stations: Stations) -> tuple[Array, list[str]]:
    """Codes into the sorted names of the stations present, which do not depend on the run."""
    present = np.unique(codes)
    names = [stations.name(int(code)) for code in present]
    order = np.argsort(np.array(names))
    rank = np.zeros(int(present[-1]) + 1, np.int32)
    rank[present[order]] = np.arange(len(present))
    return rank[codes], [names[i] for i in order]


def _table(fixes: Fixes, codes: Array, names: list[str]) -> Any:
    station = pa.DictionaryArray.from_arrays(pa.array(codes), names).cast(pa.string())
    columns = [pa.array(column) for column in list(fixes.columns())[:-1]]
    time, *others = columns
    return pa.table([time.cast(SCHEMA.field(0).type), *others, station], schema=SCHEMA)


def _clock(t_ms: int) -> str:
    return f"{datetime.fromtimestamp(t_ms / 1000, UTC):%H%M%S}"


def _parts(folder: Path, start_ms: int | None, end_ms: int | None) -> list[str]:
    """Paths of the parts of the days between two times."""
    parts: list[str] = []
    for home in sorted(folder.glob("day=*")):
        day = datetime.fromisoformat(f"{home.name[4:]}T00:00:00+00:00")
        first_ms = int(day.timestamp()) * 1000
        if start_ms is not None and first_ms + DAY_MS <= start_ms:
            continue
        if end_ms is not None and first_ms > end_ms:
            continue
        parts += [str(part) for part in sorted(home.glob("part-*.parquet"))]
    return parts


def _fixes(table: Any, stations: Stations, named: bool) -> Fixes:
    columns = [table[name].to_numpy() for name in SCHEMA.names[1:-1]]
    station = table["station"].combine_chunks().dictionary_encode()
    codes = [stations.code(name) if named else 0 for name in station.dictionary.to_pylist()]
    t_ms = table["time_utc"].cast(pa.int64()).to_numpy()
    order = np.array([*codes, 0], np.uint16)[station.indices.to_numpy()]
    return Fixes.from_columns(
        **dict(zip(Fixes.__dataclass_fields__, [t_ms, *columns, order], strict=True))
    )


def _distinct(fixes: Fixes) -> Fixes:
    """Rows sorted by time, then by the other columns, one of each kind."""
    bits = [column.view(f"u{column.dtype.itemsize}") for column in fixes.columns()]
    order = np.lexsort([*bits[:0:-1], fixes.t_ms])
    new = np.ones(len(order), bool)
    if len(order):
        rows = [column[order] for column in bits]
        new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in rows])
    return fixes.take(order[new])
