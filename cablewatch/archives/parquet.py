"""Parquet of any table format: told by its columns, read by the engine that reads its CSV.

Times are timestamps (in the zone of the options where they have none), numbers since 1970 or texts;
numbers may be of any type or texts. Positions may be the points of GeoParquet. Row groups in which
nothing asked for can be are not read; see ``rowgroups``.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cablewatch.archives import generic
from cablewatch.archives.base import Archive, Batch
from cablewatch.archives.changes import LastSaid
from cablewatch.archives.columns import Columns, Text, coded, number
from cablewatch.archives.disorder import share_behind
from cablewatch.archives.geometry import Points, lon_lat, points_of
from cablewatch.archives.options import ReadOptions
from cablewatch.archives.refused import Refused
from cablewatch.archives.rowgroups import Statistics
from cablewatch.archives.rows import NO_TIME_MS
from cablewatch.archives.spec import NUMBERS, TableSpec, is_mapped, names_of
from cablewatch.archives.specs import spec_of
from cablewatch.archives.table import Parsed, checked
from cablewatch.archives.times import unix_ms, zoned_ms
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Array

BATCH_ROWS = 1 << 17


class Layout(NamedTuple):
    """What is where in a Parquet file: the names of the fields' columns, as the file has them."""

    spec: TableSpec
    fields: Mapping[str, str]
    points: Points | None
    ignored: list[str]

    def statistics(self, metadata: Any, zone: tzinfo) -> Statistics:
        """Statistics of a file that is laid out so."""
        return Statistics(metadata, self.spec, self.fields, zone)


class ParquetTable(Archive):
    """Reader of the tables of ``specs`` as Parquet."""

    format: ClassVar[str] = "parquet"
    keeps_order: ClassVar[bool] = False

    def stated_span(self) -> tuple[int, int] | None:
        """First and last time by the statistics of the row groups."""
        try:
            with pq.ParquetFile(self.path) as file:
                layout = layout_of(file.schema_arrow, self.options, str(self.path))
                return layout.statistics(file.metadata, self.options.zone).span()
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
        with pq.ParquetFile(self.path) as file:
            layout = layout_of(file.schema_arrow, self.options, str(self.path))
            for rows in file.iter_batches(BATCH_ROWS, columns=[layout.fields["time"]]):
                column = _plain(pa.table(rows).column(0))
                if pa.types.is_timestamp(column.type):
                    yield _timestamps_ms(column, self.options.zone)
                elif _is_number(column.type):
                    yield unix_ms(_floats(column))
                else:
                    raise ArchiveError(str(self.path), "the times are texts", "sort it")

    def _read(self) -> Iterator[Batch]:
        where = str(self.path)
        if self._container.packing != "plain":
            raise ArchiveError(where, "Parquet inside an archive", "unpack it first")
        rows_read = 0
        try:
            with self._container.file() as raw, pq.ParquetFile(raw) as file:
                layout = layout_of(file.schema_arrow, self.options, where)
                self.ignored_columns = layout.ignored
                last = LastSaid(layout.spec.scale)
                columns = [*layout.fields.values(), *(layout.points or [])]
                for group in layout.statistics(file.metadata, self.options.zone).wanted_groups(
                    self.options.selection
                ):
                    first = group.first_row
                    for rows in file.iter_batches(BATCH_ROWS, [group.number], columns=columns):
                        parsed = self._parse(pa.table(rows), layout, first)
                        first += rows.num_rows
                        rows_read += rows.num_rows
                        self.refused.merge(parsed.refused)
                        yield Batch(parsed.fixes, last.new(parsed.statics))
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            reason = str(error).partition("\n")[0]
            what = f"the Parquet file is damaged after {rows_read} rows ({reason})"
            raise ArchiveError(where, what, "get the file again") from error

    def _parse(self, table: Any, layout: Layout, first_row: int) -> Parsed:
        def row(k: int) -> tuple[str, str]:
            said = (str(value) for value in table.slice(k, 1).to_pylist()[0].values())
            return f"{self.path} row {first_row + k + 1}", ",".join(said)

        zone = self.options.zone
        numbers, texts, t_ms = {}, {}, None
        for field, name in layout.fields.items():
            column = _plain(table[name])
            if field in NUMBERS:
                numbers[field] = _floats(column)
            elif field == "time" and pa.types.is_timestamp(column.type):
                t_ms = _timestamps_ms(column, zone)
            elif field == "time" and _is_number(column.type):
                numbers[field] = _floats(column)
            else:
                texts[field] = _text(column)
        if layout.points:
            numbers["lon"], numbers["lat"] = lon_lat(table[layout.points.column])
        columns = Columns(numbers, texts, table.num_rows, row, t_ms)
        return checked(columns, layout.spec, zone, self._latest_ms, Refused())


def layout_of(schema: Any, options: ReadOptions, where: str) -> Layout:
    """Layout of a file with that arrow schema.

    Raises
    ------
    ArchiveError
        A required column is missing or there twice, or the geometry is of no use.
    """
    names = names_of(schema.names, options.columns)
    theirs = dict(zip(names, schema.names, strict=True))
    mapped = is_mapped(schema.names, options.columns)
    spec = (None if mapped else spec_of(names)) or generic.TABLE
    fields = spec.resolved(names)
    points = None
    if not {"lon", "lat"} <= fields.keys():
        points = points_of(schema, where)
    given = [spec.columns[field][0] for field in ("lon", "lat")] if points else []
    spec.require([*names, *given], where)
    if points:
        fields = {field: name for field, name in fields.items() if field not in ("lon", "lat")}
    ignored = [n for n in spec.ignored(names) if not (points and theirs[n] == points.column)]
    return Layout(spec, {field: theirs[n] for field, n in fields.items()}, points, ignored)


def _plain(column: Any) -> Any:
    """A column without dictionary encoding."""
    kind = column.type
    return column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column


def _timestamps_ms(column: Any, zone: tzinfo) -> Array:
    """Times i8 of a column of timestamps."""
    kind = column.type
    t_ms = column.cast(pa.timestamp("ms", kind.tz), safe=False).cast(pa.int64())
    filled: Array = pc.fill_null(t_ms, NO_TIME_MS).to_numpy()
    return filled if kind.tz else zoned_ms(filled, zone)


def _floats(column: Any) -> Array:
    """Values float64; NaN missing, infinite where a text is no number."""
    if _is_number(column.type):
        floats: Array = column.cast(pa.float64(), safe=False).to_numpy()
        return floats
    text = _text(column)
    return np.array([number(word) for word in text.values], np.float64)[text.codes]


def _text(column: Any) -> Text:
    """A column of words or of numbers as codes and texts; missing values are empty."""
    if _is_number(column.type):
        coded_numbers = pa.chunked_array([_floats(column)]).combine_chunks().dictionary_encode()
        values = coded_numbers.dictionary.to_pylist()
        return Text(
            coded_numbers.indices.to_numpy(), [b"" if v != v else b"%.12g" % v for v in values]
        )
    if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
        column = column.cast(pa.string())
    words = pc.fill_null(column.cast(pa.binary()), b"")
    return coded(words.combine_chunks().dictionary_encode())


def _is_number(kind: Any) -> bool:
    """Whether an arrow type holds numbers."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )
