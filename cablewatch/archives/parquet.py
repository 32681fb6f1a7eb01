"""Parquet of any table format: told by its columns, read by the engine that reads its CSV.

``arrow`` says what its rows mean. Row groups in which nothing asked for can be are not read; see
``rowgroups``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from cablewatch.archives.arrow import Layout, instants_ms, is_table, layout_of, parsed
from cablewatch.archives.base import Archive
from cablewatch.archives.changes import LastSaid
from cablewatch.archives.compression import Container
from cablewatch.archives.disorder import share_behind
from cablewatch.archives.options import ReadOptions
from cablewatch.archives.packing import failure, not_had
from cablewatch.archives.rowgroups import Statistics
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Array, Stations

BATCH_ROWS = 1 << 17


class ParquetTable(Archive):
    """Reader of the tables of ``specs`` as Parquet; ArchiveError where it is another table."""

    format: ClassVar[str] = "parquet"
    keeps_order: ClassVar[bool] = False

    def __init__(self, container: Container, stations: Stations, options: ReadOptions) -> None:
        super().__init__(container, stations, options)
        if container.packing != "plain":
            return
        try:
            with container.raw() as raw:
                schema = pq.read_schema(raw)
        except (pa.ArrowException, OSError):
            return  # what is wrong is said when the file is read
        if not is_table(schema, options):
            layout_of(schema, options, str(self.path))

    def stated_span(self) -> tuple[int, int] | None:
        """First and last time by the statistics of the row groups."""
        try:
            with self._opened() as file:
                layout = layout_of(file.schema_arrow, self.options, str(self.path))
                return self._statistics(file.metadata, layout).span()
        except (pa.ArrowException, OSError, ArchiveError):
            return None

    @property
    def ordered(self) -> bool:
        """Whether no row steps back; all times that are no texts are looked at."""
        try:
            return share_behind(self._times(), self._latest_ms) == 0.0
        except (pa.ArrowException, OSError, ArchiveError):
            return False

    def _times(self) -> Iterator[Array]:
        """Times of all rows, in batches; ArchiveError where they would have to be read as text."""
        with self._opened() as file:
            layout = layout_of(file.schema_arrow, self.options, str(self.path))
            for rows in file.iter_batches(BATCH_ROWS, columns=[layout.fields["time"]]):
                t_ms = instants_ms(pa.table(rows).column(0), self.options.zone)
                if t_ms is None:
                    raise ArchiveError(str(self.path), "the times are texts", "sort it")
                yield t_ms

    def _read(self) -> Iterator[Batch]:
        where = str(self.path)
        if self._container.packing != "plain":
            raise ArchiveError(where, "Parquet inside an archive", "unpack it first")
        rows_read = 0
        try:
            with self._opened() as file:
                layout = layout_of(file.schema_arrow, self.options, where)
                self.ignored_columns = layout.ignored
                last = LastSaid(layout.spec.scale)
                groups = self._statistics(file.metadata, layout)
                for number, first in groups.wanted_groups(self.options.selection):
                    for rows in file.iter_batches(BATCH_ROWS, [number], columns=layout.columns):
                        said = parsed(
                            pa.table(rows), layout, where, first, self.options.zone, self._latest_ms
                        )
                        first += rows.num_rows
                        rows_read += rows.num_rows
                        self.refused.merge(said.refused)
                        yield said.batch(self._stations, last)
            self._container.check()
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            if not_had(error):
                raise failure(where, error) from error
            reason = str(error).partition("\n")[0]
            what = f"the Parquet file is damaged after {rows_read} rows ({reason})"
            raise ArchiveError(where, what, "get the file again") from error

    @contextmanager
    def _opened(self) -> Iterator[pq.ParquetFile]:
        """The file, of which the columns of a row group are read at once."""
        with self._container.raw() as raw, pq.ParquetFile(raw) as file:
            yield file

    def _statistics(self, metadata: Any, layout: Layout) -> Statistics:
        return Statistics(metadata, layout.spec, layout.fields, self.options.zone)
