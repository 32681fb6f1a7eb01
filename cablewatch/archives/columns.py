"""Blocks of CSV to columns, by pyarrow.

Texts are dictionary-encoded while they are parsed, so that a phrase, a name or a time is looked at
once a block and not once a row. Numbers are parsed as numbers; a block in which one is unreadable
is parsed again with decimal commas where commas do not separate fields, then with numbers as text.
A quoted field never holds a line end: where one would, the block is parsed again without the quotes
of lines in which they do not pair, then with quotes as plain text.
"""

import math
from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from cablewatch.archives.compression import Block
from cablewatch.archives.phrases import NA_FORMS, is_na
from cablewatch.archives.refused import Refused, RowText
from cablewatch.archives.spec import Header
from cablewatch.fixes import Array

TEXT = pa.dictionary(pa.int32(), pa.binary())


class Text(NamedTuple):
    """A text column: for each row a code, and the distinct texts the codes stand for."""

    codes: Array
    values: list[bytes]


class Columns(NamedTuple):
    """The fields of one block of n rows.

    `numbers` are float64, NaN missing and infinite where the file has no number; `row` shows a row
    as the file has it; `t_ms` are the times where they need no reading.
    """

    numbers: dict[str, Array]
    texts: dict[str, Text]
    n: int
    row: RowText
    t_ms: Array | None = None


class _Dialect(NamedTuple):
    delimiter: str
    quote: str | Literal[False]
    decimal: str


def parse(
    block: Block,
    header: Header,
    fields: Mapping[str, str],
    numbers: Collection[str],
    refused: Refused,
) -> Columns:
    """Columns of the fields named in `fields`, those in `numbers` as numbers, of a CSV block."""
    of_numbers = {name for field, name in fields.items() if field in numbers}
    types = {name: pa.float64() if name in of_numbers else TEXT for name in fields.values()}
    bad_rows, table = _table(block.data, header, types)
    row = _line_text(block, bad_rows)
    for number in bad_rows[:1]:
        where, text = _line(block, number)
        refused.add("bad_row", len(bad_rows), where=where, text=text)
    return Columns(
        {
            field: _floats(table[name], header.delimiter)
            for field, name in fields.items()
            if field in numbers
        },
        {
            field: coded(table[name].combine_chunks())
            for field, name in fields.items()
            if field not in numbers
        },
        table.num_rows,
        row,
    )


def _line_text(block: Block, bad_rows: list[int]) -> RowText:
    """Lines of a block by the rows that are left of it without `bad_rows`."""

    def text(row: int) -> tuple[str, bytes]:
        number = row + 1
        for bad in bad_rows:  # ascending
            number += bad <= number
        return _line(block, number)

    return text


def _line(block: Block, number: int) -> tuple[str, bytes]:
    """Where the line of that number, from 1 and without empty ones, is, and what it says."""
    seen = 0
    for at, line in enumerate(block.data.splitlines()):
        seen += bool(line)
        if seen == number:
            return f"{block.name}:{block.first_line + at}", line
    return block.name, b""


def _table(data: bytes, header: Header, types: dict[str, Any]) -> tuple[list[int], Any]:
    """Numbers of rows of the wrong length, and the arrow table of the others."""
    if not data.isascii():  # the handler of wrong rows is given text, which must be UTF-8
        data = data.decode("utf-8", "replace").encode()
    if b'"' in data:
        bad_rows, table = _typed(data, header, types, '"')
        rows = len(bad_rows) + table.num_rows
        if rows == data.rstrip(b"\r\n").count(b"\n") + 1:
            return bad_rows, table
        lines = [line for line in data.splitlines() if line]
        if rows == len(lines):
            return bad_rows, table
        bad_rows, table = _typed(b"\n".join(map(_paired, lines)), header, types, '"')
        if len(bad_rows) + table.num_rows == len(lines):
            return bad_rows, table
    return _typed(data, header, types, False)


def _paired(line: bytes) -> bytes:
    """A line without its quotes where one has no fellow."""
    return line.replace(b'"', b"") if line.count(b'"') % 2 else line


def _typed(
    data: bytes, header: Header, types: dict[str, Any], quote: str | Literal[False]
) -> tuple[list[int], Any]:
    """As :func:`_table`; numbers are texts where one of them is unreadable."""
    for decimal in "." if header.delimiter == "," else ".,":
        try:
            return _arrow(data, header.names, types, _Dialect(header.delimiter, quote, decimal))
        except pa.ArrowInvalid:
            continue
    as_texts = dict.fromkeys(types, TEXT)
    return _arrow(data, header.names, as_texts, _Dialect(header.delimiter, quote, "."))


def _arrow(
    data: bytes, names: list[str], types: dict[str, Any], dialect: _Dialect
) -> tuple[list[int], Any]:
    bad_rows: list[int] = []

    def skip(row: Any) -> str:
        bad_rows.append(row.number)
        return "skip"

    table = pcsv.read_csv(
        pa.BufferReader(data),
        read_options=pcsv.ReadOptions(
            column_names=names, block_size=len(data) + 1, use_threads=False
        ),
        parse_options=pcsv.ParseOptions(
            delimiter=dialect.delimiter, quote_char=dialect.quote, invalid_row_handler=skip
        ),
        convert_options=pcsv.ConvertOptions(
            include_columns=list(types),
            column_types=types,
            null_values=NA_FORMS,
            decimal_point=dialect.decimal,
        ),
    )
    return bad_rows, table


def _floats(column: Any, delimiter: str) -> Array:
    """Values float64: NaN missing, infinite where a text is no number."""
    if pa.types.is_floating(column.type):
        floats: Array = column.combine_chunks().to_numpy(zero_copy_only=False)
        return floats
    codes, texts = coded(column.combine_chunks())
    if delimiter != ",":
        texts = [text.replace(b",", b".") for text in texts]
    values = np.array([number(text) for text in texts], np.float64)
    taken: Array = values[codes]
    return taken


def number(text: bytes) -> float:
    """The number a text says; NaN for "not available", infinite where it is no number."""
    try:
        return float(text) if b"_" not in text else math.inf
    except ValueError:
        return math.nan if is_na(text) else math.inf


def coded(dictionary: Any) -> Text:
    """An arrow dictionary array of binary without nulls as codes and texts."""
    return Text(
        dictionary.indices.to_numpy(zero_copy_only=False), dictionary.dictionary.to_pylist()
    )
