"""Arrow tables of any table format: rows of Parquet, or of a table that is in memory already.

Times are timestamps (in the zone of the options where they have none), numbers since 1970 or texts;
numbers may be of any type or texts. Positions may be the points of GeoParquet.
"""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cablewatch.archives import generic
from cablewatch.archives.checked import Parsed, checked
from cablewatch.archives.columns import Columns, Text, coded, number
from cablewatch.archives.geometry import GEO, USUAL_NAME, Points, lon_lat, points_of
from cablewatch.archives.options import ReadOptions
from cablewatch.archives.refused import Refused, RowText
from cablewatch.archives.rows import NO_TIME_MS
from cablewatch.archives.spec import NUMBERS, TableSpec, is_mapped, names_of
from cablewatch.archives.specs import spec_of
from cablewatch.archives.times import unix_ms, zoned_ms
from cablewatch.fixes import Array


class Layout(NamedTuple):
    """What is where in a table: the names of the fields' columns, as the table has them."""

    spec: TableSpec
    fields: Mapping[str, str]
    points: Points | None
    ignored: list[str]

    @property
    def columns(self) -> list[str]:
        """The columns to be read."""
        return [*self.fields.values(), *(self.points or [])]


def is_table(schema: Any, options: ReadOptions) -> bool:
    """Whether a table with that arrow schema is meant to hold positions of ships, as far as seen.

    Columns that are needed may lack, as in CSV.
    """
    names = names_of(schema.names, options.columns)
    if is_mapped(schema.names, options.columns) or spec_of(names) is not None:
        return True
    pointed = GEO in (schema.metadata or {}) or USUAL_NAME in schema.names
    return pointed and {"time", "mmsi"} <= generic.TABLE.resolved(names).keys()


def layout_of(
    schema: Any, options: ReadOptions, where: str, given: TableSpec | None = None
) -> Layout:
    """Layout of a table with that arrow schema, of the format `given` or the one its columns tell.

    Columns of lists and the like are as good as not there, and shown with their type.

    Raises
    ------
    ArchiveError
        A required column is missing or there twice, or the geometry is of no use.
    """
    names = [
        f"{name} ({column.type})" if pa.types.is_nested(column.type) else name
        for name, column in zip(names_of(schema.names, options.columns), schema, strict=True)
    ]
    theirs = dict(zip(names, schema.names, strict=True))
    mapped = is_mapped(schema.names, options.columns)
    spec = given or (None if mapped else spec_of(names)) or generic.TABLE
    fields = spec.resolved(names)
    points = None
    if not {"lon", "lat"} <= fields.keys():
        points = points_of(schema, where)
    placed = [spec.columns[field][0] for field in ("lon", "lat")] if points else []
    spec.require([*names, *placed], where)
    if points:
        fields = {field: name for field, name in fields.items() if field not in ("lon", "lat")}
    ignored = [n for n in spec.ignored(names) if not (points and theirs[n] == points.column)]
    return Layout(spec, {field: theirs[n] for field, n in fields.items()}, points, ignored)


def parsed(
    table: Any, layout: Layout, where: str, first_row: int, zone: tzinfo, latest_ms: int
) -> Parsed:
    """What the rows of an arrow table say, of which the first is row `first_row` of `where`."""
    numbers, texts, t_ms = {}, {}, None
    for field, name in layout.fields.items():
        column = _plain(table[name])
        if field in NUMBERS:
            numbers[field] = _floats(column)
        elif field == "time" and (pa.types.is_timestamp(column.type) or _is_number(column.type)):
            t_ms = instants_ms(column, zone)
        else:
            texts[field] = _text(column)
    if layout.points:
        numbers["lon"], numbers["lat"] = lon_lat(table[layout.points.column])
    columns = Columns(numbers, texts, table.num_rows, _row_text(table, where, first_row), t_ms)
    return checked(columns, layout.spec, zone, latest_ms, Refused())


def _row_text(table: Any, where: str, first_row: int) -> RowText:
    def text(k: int) -> tuple[str, str]:
        said = (str(value) for value in table.slice(k, 1).to_pylist()[0].values())
        return f"{where} row {first_row + k + 1}", ",".join(said)

    return text


def instants_ms(column: Any, zone: tzinfo) -> Array | None:
    """Times i8 of a column of timestamps, or of numbers since 1970; None where it holds texts."""
    column = _plain(column)
    if _is_number(column.type):
        return unix_ms(_floats(column))
    if not pa.types.is_timestamp(column.type):
        return None
    t_ms = column.cast(pa.timestamp("ms", column.type.tz), safe=False).cast(pa.int64())
    filled: Array = pc.fill_null(t_ms, NO_TIME_MS).to_numpy()
    return filled if column.type.tz else zoned_ms(filled, zone)


def _plain(column: Any) -> Any:
    """A column without dictionary encoding."""
    kind = column.type
    return column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column


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
