"""CSV in blocks: each block is parsed into columns by pyarrow, several blocks at a time.

Texts are dictionary-encoded while they are parsed, so that a phrase, a name or a time is looked at
once a block and not once a row. Numbers are parsed as numbers; a block in which one is unreadable
is parsed again with numbers as text, and only its unreadable rows are refused. A quoted field
never holds a line end: where one would, the block is parsed again with quotes as plain text.

========================  ===============================================
bad_row                   not as many fields as the header has
unparsable                a number that is none
========================  ===============================================
"""

import csv
import math
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from cablewatch.archives.base import Archive
from cablewatch.archives.compression import Block
from cablewatch.archives.phrases import NA_FORMS, is_na
from cablewatch.archives.refused import Refused, RowText
from cablewatch.archives.sniff import format_of
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Array

BLOCK_BYTES = 8 << 20
WORKERS = min(4, os.cpu_count() or 1)
TEXT = pa.dictionary(pa.int32(), pa.binary())
S = TypeVar("S")
T = TypeVar("T")


class Text(NamedTuple):
    """A text column: for each row a code, and the distinct texts the codes stand for."""

    codes: Array
    values: list[bytes]


class Columns(NamedTuple):
    """The wanted columns of one block of n rows."""

    numbers: dict[str, Array]
    texts: dict[str, Text]
    n: int


class CsvArchive(Archive):
    """Base of the readers of CSV: headers checked, rows in blocks."""

    def _blocks(self, required: list[str], known: set[str]) -> Iterator[tuple[list[str], Block]]:
        """Blocks of rows, each with its member's column names.

        In a zip, members of another content are passed over and counted as ``other_member``.

        Raises
        ------
        ArchiveError
            A required column is missing, or no member has this format.
        """
        found = False
        for member in self._container.members():
            blocks = member.blocks(BLOCK_BYTES)
            first = next(blocks, None)
            if first is None:
                continue
            if self._container.packing == "zip" and format_of(first.data) != self.format:
                self.refused.add("other_member", where=member.name)
                continue
            found = True
            header, _, rest = first.data.partition(b"\n")
            names = column_names(header, member.name)
            require(names, required, member.name)
            for name in names:
                if name not in known and name not in self.ignored_columns:
                    self.ignored_columns.append(name)
            for block in chain([Block(member.name, first.first_line + 1, rest)], blocks):
                if block.data.strip():
                    yield names, block
        if not found:
            what = f"there is no {self.format} inside"
            raise ArchiveError(str(self.path), what, "leave --format out, or get the file again")


def column_names(header: bytes, where: str) -> list[str]:
    """Names of a header line without BOM, leading "# ", quotes and case."""
    text = header.decode("utf-8-sig", "replace").strip().removeprefix("#")
    try:
        names = [name.strip().lower() for name in next(csv.reader([text]), [])]
    except csv.Error as error:
        raise ArchiveError(
            where, f"the header is unreadable ({error})", "check the file"
        ) from error
    for name, times in Counter(names).items():
        if times > 1:
            raise ArchiveError(where, f"column {name!r} is there {times} times", "keep one of them")
    return names


def require(names: Sequence[str], required: Sequence[str], where: str) -> None:
    """ArchiveError unless all `required` names are among `names`."""
    missing = [name for name in required if name not in names]
    if missing:
        there = "".join(c for c in ", ".join(names)[:200] if c.isprintable())
        what = f"missing column {', '.join(missing)}"
        raise ArchiveError(where, what, f"add or rename it; the file has {there}")


def line_text(block: Block) -> RowText:
    """Rows of a block as lines, counted as if none before had been left out."""

    def text(row: int) -> tuple[str, bytes]:
        lines = block.data.split(b"\n", row + 1)
        return f"{block.name}:{block.first_line + row}", lines[min(row, len(lines) - 1)]

    return text


def parse(
    block: Block, names: list[str], numbers: list[str], texts: list[str], refused: Refused
) -> Columns:
    """Columns `numbers` (float64, NaN missing) and `texts` of a block with the columns `names`."""
    bad_rows, table = _table(block.data, names, numbers, texts)
    if bad_rows:
        refused.add("bad_row", bad_rows)
    columns = Columns(
        {name: _floats(table[name]) for name in numbers},
        {name: coded(table[name].combine_chunks()) for name in texts},
        table.num_rows,
    )
    return readable(columns, refused)


def readable(columns: Columns, refused: Refused) -> Columns:
    """The rows without an infinite number; the others are counted as unparsable."""
    good = np.ones(columns.n, bool)
    for values in columns.numbers.values():
        good &= ~np.isinf(values)
    if good.all():
        return columns
    n = int(np.count_nonzero(good))
    refused.add("unparsable", columns.n - n)
    return Columns(
        {name: values[good] for name, values in columns.numbers.items()},
        {name: Text(text.codes[good], text.values) for name, text in columns.texts.items()},
        n,
    )


def _table(data: bytes, names: list[str], numbers: list[str], texts: list[str]) -> tuple[int, Any]:
    """Count of rows of the wrong length, and the arrow table of the others."""
    if not data.isascii():  # the handler of wrong rows is given text, which must be UTF-8
        data = data.decode("utf-8", "replace").encode()
    if b'"' in data:
        lines = data.rstrip(b"\r\n").count(b"\n") + 1
        bad_rows, table = _typed(data, names, numbers, texts, '"')
        if bad_rows + table.num_rows == lines:
            return bad_rows, table
    return _typed(data, names, numbers, texts, False)


def _typed(
    data: bytes, names: list[str], numbers: list[str], texts: list[str], quote: str | Literal[False]
) -> tuple[int, Any]:
    """As :func:`_table`; `numbers` are texts where one of them is unreadable."""
    types = dict.fromkeys(texts, TEXT)
    try:
        return _arrow(data, names, types | dict.fromkeys(numbers, pa.float64()), quote)
    except pa.ArrowInvalid:
        return _arrow(data, names, types | dict.fromkeys(numbers, TEXT), quote)


def _arrow(
    data: bytes, names: list[str], types: dict[str, Any], quote: str | Literal[False]
) -> tuple[int, Any]:
    bad_rows = 0

    def skip(_row: Any) -> str:
        nonlocal bad_rows
        bad_rows += 1
        return "skip"

    table = pcsv.read_csv(
        pa.BufferReader(data),
        read_options=pcsv.ReadOptions(
            column_names=names, block_size=len(data) + 1, use_threads=False
        ),
        parse_options=pcsv.ParseOptions(quote_char=quote, invalid_row_handler=skip),
        convert_options=pcsv.ConvertOptions(
            include_columns=list(types), column_types=types, null_values=NA_FORMS
        ),
    )
    return bad_rows, table


def _floats(column: Any) -> Array:
    """Values float64: NaN missing, infinite where a text is no number."""
    if pa.types.is_floating(column.type):
        floats: Array = column.combine_chunks().to_numpy(zero_copy_only=False)
        return floats
    codes, texts = coded(column.combine_chunks())
    values = np.array([number(text) for text in texts], np.float64)
    taken: Array = values[codes]
    return taken


def number(text: bytes) -> float:
    """The number a text says; NaN for "not available", infinite where it is no number."""
    word = text.decode("latin-1").strip()
    if is_na(text):
        return math.nan
    try:
        return float(word) if "_" not in word else math.inf
    except ValueError:
        return math.inf


def coded(dictionary: Any) -> Text:
    """An arrow dictionary array of binary without nulls as codes and texts."""
    return Text(
        dictionary.indices.to_numpy(zero_copy_only=False), dictionary.dictionary.to_pylist()
    )


def in_order(work: Callable[[S], T], items: Iterator[S]) -> Iterator[T]:
    """Results of `work` in the order of `items`, at most WORKERS + 1 items ahead.

    Where `items` fails, the results of all items before the failure come first.
    """
    failure: ArchiveError | None = None
    with ThreadPoolExecutor(WORKERS, "archive") as pool:
        pending: deque[Future[T]] = deque()
        try:
            while True:
                try:
                    item = next(items, None)
                except ArchiveError as error:
                    item, failure = None, error
                if item is None:
                    break
                pending.append(pool.submit(work, item))
                if len(pending) > WORKERS:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
    if failure:
        raise failure
