"""Decode: archives of any format into one table of fixes, which replay reads back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from cablewatch.archives import ReadOptions, Refused, opened
from cablewatch.archives.options import DEFAULTS
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.output.tables import TABLE_SCHEMA, fix_table, static_columns
from cablewatch.places import Place
from cablewatch.usecases.output import whole
from cablewatch.vessels.statics import STATIC_NAMES, Statics


@dataclass
class Decoded:
    """What was decoded, and what was not."""

    fixes: int = 0
    mmsi: set[int] = field(default_factory=set)
    refused: Refused = field(default_factory=Refused)
    errors: list[ArchiveError] = field(default_factory=list)
    strays: list[ArchiveError] = field(default_factory=list)  # files in folders, no archives

    @property
    def ships(self) -> int:
        """Different MMSI among the fixes."""
        return len(self.mmsi)

    @property
    def failed(self) -> bool:
        """Whether nothing came of it: nothing was written then."""
        return bool(self.errors) and not self.fixes

    @property
    def summary(self) -> str:
        """What was written, in words."""
        return f"{self.fixes:,} fixes of {self.ships:,} ships"


def decode(
    paths: Sequence[Place],
    output: Path,
    *,
    options: ReadOptions = DEFAULTS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Decoded:
    """Write the fixes of archives, file by file in time order, as ``.parquet`` or ``.csv``.

    A row says in the static columns what its ship has said of itself since her row before. The
    output is replaced at the end, and not at all if archives failed and nothing was read.

    Raises
    ------
    ArchiveError, UsageError
        No archive can be opened, or the output's ending is neither or it cannot be written.
    """
    writers = {".parquet": _parquet, ".csv": _csv}
    if output.suffix not in writers:
        raise UsageError(str(output), "unknown ending", "end it in .parquet or .csv")
    stations = Stations()
    source = opened(paths, options, stations)
    archives = source.archives
    result = Decoded(errors=source.errors, strays=source.strays)
    total = sum(archive.size_bytes for archive in archives)
    before = 0
    with whole(output, [archive.path for archive in archives]) as unfinished:
        with writers[output.suffix](unfinished) as writer:
            for archive in archives:
                joined = Joined()
                try:
                    for batch in archive.batches(partial(_advance, progress, before, total)):
                        said = static_columns(joined.beside(batch.fixes, batch.statics))
                        columns = [*fix_table(batch.fixes, stations).columns, *said.values()]
                        writer.write_table(pa.table(columns, schema=TABLE_SCHEMA))
                        result.fixes += len(batch.fixes)
                        result.mmsi.update(set(batch.fixes.mmsi.tolist()))
                except ArchiveError as error:
                    result.errors.append(error)
                before += archive.size_bytes
                result.refused.merge(archive.refused)
        if result.failed:
            unfinished.unlink()
    return result


def _advance(progress: Callable[[int, int], None], before: int, total: int, read: int) -> None:
    progress(before + read, total)


def _parquet(path: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, TABLE_SCHEMA, compression="zstd")


def _csv(path: Path) -> pa_csv.CSVWriter:
    return pa_csv.CSVWriter(path, TABLE_SCHEMA)


WAITING = 8  # messages kept of a ship that has no row: 48 minutes of type 5 (ITU-R M.1371-5: 6 min)


class Joined:
    """Puts each static message on the ship's next row, so that the table says it as often.

    Of messages between two rows each field is taken from the last that says it. Messages after a
    ship's last row are lost.

    >>> joined = Joined()
    >>> fixes = Fixes.from_columns(t_ms=[5, 9], mmsi=[1, 1], lon_deg=[0, 0], lat_deg=[0, 0])
    >>> said = Statics.from_columns(t_ms=[7, 10], mmsi=[1, 1], name=[b"ANNA", b"BERTA"])
    >>> joined.beside(fixes, said).name.tolist()
    [b'', b'ANNA']
    >>> joined.beside(fixes.take([1]), Statics.empty()).name.tolist()
    [b'']
    """

    def __init__(self) -> None:
        self._waiting = Statics.empty()

    def beside(self, fixes: Fixes, statics: Statics) -> Statics:
        """A row of static data for each fix; most of them say nothing."""
        said = Statics.concat([self._waiting, statics])
        said = said.take(np.argsort(said.t_ms, kind="stable"))
        rows = _next_rows(fixes, said)
        now = rows < len(fixes)
        self._waiting = _newest(said.take(~now))
        return _merged(said.take(now), rows[now], len(fixes))


def _next_rows(fixes: Fixes, said: Statics) -> Array:
    """Row of the ship's first fix at or after each message; the number of fixes where none is."""
    ships, ship = np.unique(np.concatenate([fixes.mmsi, said.mmsi]), return_inverse=True)
    times = np.concatenate([fixes.t_ms, said.t_ms])
    if not len(times):
        return np.empty(0, np.int64)
    span = int(times.max()) - int(times.min()) + 1  # 2^41 ms at most, and ships fewer than 2^22
    key = ship * span + (times - times.min())
    n = len(fixes)
    order = np.argsort(key[:n], kind="stable")
    at = np.searchsorted(key[:n][order], key[n:])
    rows = np.append(order, n)[at]
    same = np.append(ship[:n], len(ships))[rows] == ship[n:]
    return np.where(same, rows, n)


def _newest(said: Statics) -> Statics:
    """The newest :data:`WAITING` messages of each ship."""
    said = said.take(np.lexsort((said.t_ms, said.mmsi)))
    keep = np.ones(len(said), bool)
    keep[:-WAITING] = said.mmsi[WAITING:] != said.mmsi[:-WAITING]
    return said.take(keep)


def _merged(said: Statics, rows: Array, n: int) -> Statics:
    """`n` rows: what the messages with a row's number say, a field said later over an earlier."""
    unsaid = np.zeros(n)
    made = Statics.from_columns(t_ms=unsaid, mmsi=unsaid)
    made.t_ms[rows], made.mmsi[rows] = said.t_ms, said.mmsi
    for name in STATIC_NAMES:
        column = getattr(said, name)
        there = (
            ~np.isnan(column) if column.dtype.kind == "f" else column != np.zeros((), column.dtype)
        )
        getattr(made, name)[rows[there]] = column[there]
    return made
