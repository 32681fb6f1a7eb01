"""The documented table of positions, as CSV and as Parquet, columns in any order.

Required: ``time_utc, mmsi, lon, lat, sog_kn, cog_deg``; optional: ``heading_deg, nav_status,
ship_type, name``. Status and type are codes or words (see ``phrases``). In CSV, time is ISO 8601;
in Parquet, a timestamp (UTC when it has no zone) or such a text.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cablewatch.archives.base import Archive, Batch
from cablewatch.archives.changes import Candidates, LastSaid, candidates
from cablewatch.archives.compression import Block
from cablewatch.archives.phrases import nav_status_codes
from cablewatch.archives.refused import Refused, RowText
from cablewatch.archives.rows import NO_TIME_MS, Rows, whole
from cablewatch.archives.statistics import file_span, wanted_groups
from cablewatch.archives.table import (
    Columns,
    CsvArchive,
    Text,
    coded,
    in_order,
    line_text,
    number,
    parse,
    readable,
    require,
)
from cablewatch.archives.times import iso_ms
from cablewatch.errors import ArchiveError
from cablewatch.fixes import NAV_STATUS_UNDEFINED, Array, Fixes

TIME = "time_utc"
NUMBERS = ["mmsi", "lon", "lat", "sog_kn", "cog_deg"]
HEADING = "heading_deg"
STATICS = ["ship_type", "name"]
WORDS = ["nav_status", *STATICS]
REQUIRED = [TIME, *NUMBERS]
KNOWN = {*REQUIRED, HEADING, *WORDS}
BATCH_ROWS = 1 << 17


class _Parsed(NamedTuple):
    fixes: Fixes
    statics: Candidates
    refused: Refused


class GenericCsv(CsvArchive):
    """Reader of the documented CSV."""

    format: ClassVar[str] = "csv"
    ordered: ClassVar[bool] = False

    def _read(self) -> Iterator[Batch]:
        last = LastSaid()
        for parsed in in_order(self._parse, self._blocks(REQUIRED, KNOWN)):
            self.refused.merge(parsed.refused)
            yield Batch(parsed.fixes, last.new(parsed.statics))

    def _parse(self, item: tuple[list[str], Block]) -> _Parsed:
        names, block = item
        refused = Refused()
        numbers = NUMBERS + [HEADING] * (HEADING in names)
        words = [name for name in WORDS if name in names]
        columns = parse(block, names, numbers, [TIME, *words], refused)
        time = columns.texts[TIME]
        text = line_text(block)
        return _checked(columns, iso_ms(time.values)[time.codes], self._latest_ms, refused, text)


class GenericParquet(Archive):
    """Reader of the documented columns as Parquet."""

    format: ClassVar[str] = "parquet"
    ordered: ClassVar[bool] = False

    def stated_span(self) -> tuple[int, int] | None:
        """First and last time by the statistics of the row groups."""
        try:
            return file_span(pq.read_metadata(self.path), TIME)
        except (pa.ArrowException, OSError):
            return None

    def _read(self) -> Iterator[Batch]:
        where = str(self.path)
        if self._container.packing != "plain":
            raise ArchiveError(where, "Parquet inside an archive", "unpack it first")
        last = LastSaid()
        rows_read = 0
        selection = self.options.selection
        try:
            with self._container.file() as raw, pq.ParquetFile(raw) as file:
                names = file.schema_arrow.names
                require(names, REQUIRED, where)
                self.ignored_columns = [name for name in names if name not in KNOWN]
                wanted = [name for name in names if name in KNOWN]
                for group in wanted_groups(file.metadata, TIME, selection):
                    for rows in file.iter_batches(BATCH_ROWS, [group], columns=wanted):
                        parsed = self._parse(pa.table(rows), rows_read)
                        rows_read += rows.num_rows
                        self.refused.merge(parsed.refused)
                        yield Batch(parsed.fixes, last.new(parsed.statics))
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            reason = str(error).partition("\n")[0]
            what = f"the Parquet file is damaged after {rows_read} rows ({reason})"
            raise ArchiveError(where, what, "get the file again") from error

    def _parse(self, table: Any, before: int) -> _Parsed:
        refused = Refused()
        names = table.column_names
        numbers = {name: _floats(table[name]) for name in [*NUMBERS, HEADING] if name in names}
        numbers[TIME] = _milliseconds(table[TIME])
        texts = {name: _text(table[name]) for name in WORDS if name in names}
        columns = readable(Columns(numbers, texts, table.num_rows), refused)

        def text(row: int) -> tuple[str, str]:
            said = ",".join(str(value) for value in table.slice(row, 1).to_pylist()[0].values())
            return f"{self.path} row {before + row + 1}", said

        return _checked(
            columns, columns.numbers[TIME].astype(np.int64), self._latest_ms, refused, text
        )


def _checked(
    columns: Columns, t_ms: Array, latest_ms: int, refused: Refused, text: RowText
) -> _Parsed:
    """Fixes and static data of a block, refused rows counted."""
    status = columns.texts.get("nav_status")
    rows = Rows(
        t_ms=t_ms,
        mmsi=whole(columns.numbers["mmsi"]),
        lon_deg=columns.numbers["lon"],
        lat_deg=columns.numbers["lat"],
        sog_kn=columns.numbers["sog_kn"],
        cog_deg=columns.numbers["cog_deg"],
        heading_deg=columns.numbers.get(HEADING, np.full(columns.n, np.nan)),
        nav_status=nav_status_codes(status.values)[status.codes]
        if status
        else np.full(columns.n, NAV_STATUS_UNDEFINED, np.uint8),
        flags=np.zeros(columns.n, np.uint8),
        text=text,
    )
    usable = rows.identified(np.ones(columns.n, bool), latest_ms, refused)
    said = {name: columns.texts[name] for name in STATICS if name in columns.texts}
    fixes = rows.fixes(usable, refused)
    return _Parsed(fixes, candidates(rows.t_ms, rows.mmsi, usable, said), refused)


def _milliseconds(column: Any) -> Array:
    """Times i8 of a timestamp or text column."""
    if not pa.types.is_timestamp(column.type):
        text = _text(column)
        return iso_ms(text.values)[text.codes]
    t_ms = column.cast(pa.timestamp("ms", column.type.tz), safe=False).cast(pa.int64())
    filled: Array = pc.fill_null(t_ms, NO_TIME_MS).to_numpy()
    return filled


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
        values, codes = np.unique(_floats(column), return_inverse=True)
        return Text(codes, [b"%d" % v if v == np.floor(v) else b"" for v in values])
    words = pc.fill_null(column.cast(pa.string()), "").cast(pa.binary())
    return coded(words.combine_chunks().dictionary_encode())


def _is_number(kind: Any) -> bool:
    """Whether an arrow type holds numbers."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )
