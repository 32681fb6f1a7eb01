"""CSV tables of any :class:`TableSpec`, read in blocks, several of them at a time.

Beside the reasons of ``checked``, ``bad_row`` is a row of more or fewer fields than the header.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from typing import ClassVar, TypeVar

from cablewatch.archives.changes import LastSaid
from cablewatch.archives.checked import Parsed, checked, times_ms
from cablewatch.archives.columns import parse
from cablewatch.archives.compression import Block
from cablewatch.archives.disorder import Sampled, samples
from cablewatch.archives.refused import Refused
from cablewatch.archives.sniff import format_of
from cablewatch.archives.spec import (
    BLANK_LINES,
    NUMBERS,
    Header,
    TableSpec,
    header_of,
)
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Array

BLOCK_BYTES = 8 << 20
WORKERS = min(4, os.cpu_count() or 1)
S = TypeVar("S")
T = TypeVar("T")


class CsvTable(Sampled):
    """Reader of CSV as its `SPEC` says; made by :func:`csv_reader`."""

    SPEC: ClassVar[TableSpec]

    def _sampled_times(self) -> Iterator[Array]:
        """Times of some rows, in the order of the file."""
        with closing(self._blocks(Refused())) as blocks:
            block = next(blocks, None)
        if block is None:
            return
        header, first = block
        plain = self._container.packing == "plain"
        found = self.SPEC.resolved(header.names)
        times = {field: name for field, name in found.items() if field in ("time", "millisecond")}
        for sample in samples(self.path, self.size_bytes) if plain else [first]:
            columns = parse(sample, header, times, self._numbers, Refused())
            yield times_ms(columns, self.SPEC, self.options.zone)

    def _read(self) -> Iterator[Batch]:
        last = LastSaid(self.SPEC.scale)
        for parsed in in_order(self._parse, self._blocks(self.refused)):
            self.refused.merge(parsed.refused)
            yield parsed.batch(self._stations, last)

    def _parse(self, item: tuple[Header, Block]) -> Parsed:
        header, block = item
        refused = Refused()
        refused.examples = dict.fromkeys(self.refused.examples, "")  # known: need not be shown
        spec = self.SPEC
        columns = parse(block, header, spec.resolved(header.names), self._numbers, refused)
        return checked(columns, spec, self.options.zone, self._latest_ms, refused)

    @property
    def _numbers(self) -> tuple[str, ...]:
        """Fields that are numbers in the file."""
        return (*NUMBERS, "time") if self.SPEC.times == ("unix",) else NUMBERS

    def _blocks(self, refused: Refused) -> Generator[tuple[Header, Block]]:
        """Blocks of rows, each with its member's header.

        In a zip, members of another content are passed over and counted in `refused`.

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
            if (
                self._container.packing == "zip"
                and format_of(first.data, self.options.columns) != self.format
            ):
                refused.add("other_member", where=member.name)
                continue
            found = True
            head = BLANK_LINES.sub(b"", first.data, 1)
            line, _, rest = head.partition(b"\n")
            header = self._header(line, member.name)
            number = first.data.count(b"\n") - rest.count(b"\n") + 1
            for block in chain([Block(member.name, number, rest)], blocks):
                if block.data.strip():
                    yield header, block
        if not found:
            what = f"there is no {self.format} inside"
            raise ArchiveError(str(self.path), what, "leave --format out, or get the file again")

    def _header(self, line: bytes, where: str) -> Header:
        """Header of a member that has all that is needed; notes the columns that are not read."""
        header = header_of(line, where, self.options.columns)
        self.SPEC.require(header.names, where)
        for name in self.SPEC.ignored(header.names):
            if name not in self.ignored_columns:
                self.ignored_columns.append(name)
        return header


def csv_reader(spec: TableSpec) -> type[CsvTable]:
    """The reader of CSV of one format."""
    return type(
        "CsvTable", (CsvTable,), {"format": spec.format, "keeps_order": spec.ordered, "SPEC": spec}
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
