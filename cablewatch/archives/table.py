"""Tables of any :class:`TableSpec`: what is in their columns becomes fixes and static data.

One engine for all of them. :func:`checked` is the same for CSV and Parquet; :class:`CsvTable`
reads CSV in blocks, several of them at a time. Beside the reasons of ``rows``:

========================  ===============================================
bad_row                   not as many fields as the header has
unparsable                a number that is none
not_ship                  a sender that is neither class A nor class B
other_message             a message with neither position nor static data
========================  ===============================================
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import tzinfo
from itertools import chain
from typing import ClassVar, NamedTuple, TypeVar

import numpy as np

from cablewatch.archives.base import Archive
from cablewatch.archives.changes import Candidates, LastSaid, candidates
from cablewatch.archives.columns import Columns, Text, number, parse
from cablewatch.archives.compression import Block
from cablewatch.archives.disorder import FEW, samples, share_behind
from cablewatch.archives.phrases import is_na, nav_status_codes
from cablewatch.archives.refused import Refused
from cablewatch.archives.rows import NO_TIME_MS, Rows, whole
from cablewatch.archives.sniff import format_of
from cablewatch.archives.spec import (
    BLANK_LINES,
    NUMBERS,
    STAND_INS,
    STATICS,
    Header,
    TableSpec,
    header_of,
)
from cablewatch.archives.times import texts_ms, unix_ms
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError
from cablewatch.fixes import NAV_STATUS_UNDEFINED, Array, Fixes, FixFlag, Stations

BLOCK_BYTES = 8 << 20
WORKERS = min(4, os.cpu_count() or 1)
S = TypeVar("S")
T = TypeVar("T")

NOT_SHIP, OTHER_MESSAGE, STATIC_DATA = 1 << 8, 1 << 9, 1 << 10  # above the bits of FixFlag
ALL_FLAGS = range(sum(FixFlag) + 1)
SENDERS = {"a": 0, "class a": 0, "b": int(FixFlag.CLASS_B), "class b": int(FixFlag.CLASS_B)}
MESSAGES = {  # ITU-R M.1371-5, table 46
    **dict.fromkeys((1, 2, 3), 0),
    **dict.fromkeys((18, 19), int(FixFlag.CLASS_B)),
    27: int(FixFlag.COARSE),
    **dict.fromkeys((5, 24), STATIC_DATA),
    **dict.fromkeys((4, 9, 11, 21), NOT_SHIP),
}


class Parsed(NamedTuple):
    """What one block says."""

    fixes: Fixes  # station: place in `heard`
    statics: Candidates
    refused: Refused
    heard: list[str]

    def batch(self, stations: Stations, last: LastSaid) -> Batch:
        """The fixes, their stations in the run's table, and what is new of the static data."""
        codes = np.array([stations.code(name) for name in self.heard], np.uint16)
        self.fixes.station[:] = codes[self.fixes.station]
        return Batch(self.fixes, last.new(self.statics))


def checked(
    columns: Columns, spec: TableSpec, zone: tzinfo, latest_ms: int, refused: Refused
) -> Parsed:
    """Fixes and static data of a block; rows that are left out are counted in `refused`."""
    good = np.ones(columns.n, bool)
    for values in columns.numbers.values():
        good &= ~np.isinf(values)
    ship = columns.texts["mmsi"]
    said_mmsi = np.array([number(text) for text in ship.values], np.float64)
    good &= ~np.isinf(said_mmsi)[ship.codes]
    refused.add_rows("unparsable", ~good, columns.row)
    kinds = _kinds(columns.texts, columns.n)
    if kinds.any():
        for reason, bit in (("not_ship", NOT_SHIP), ("other_message", OTHER_MESSAGE)):
            of_this = kinds & bit > 0
            refused.add_rows(reason, good & of_this, columns.row)
            good &= ~of_this
    station, heard = _stations(columns.texts.get("station"), columns.n)
    rows = _rows(columns, spec, zone, whole(said_mmsi)[ship.codes], kinds, station)
    usable = rows.identified(good, latest_ms, refused)
    said = {
        STAND_INS.get(field, field): text
        for field, text in columns.texts.items()
        if field in STATICS or field in STAND_INS
    }
    placed = rows.positioned(usable & (kinds & STATIC_DATA == 0), refused)
    statics = candidates(rows.t_ms, rows.mmsi, ship.codes, usable, placed, said)
    return Parsed(rows.fixes(placed), statics, refused, heard)


def _rows(
    columns: Columns, spec: TableSpec, zone: tzinfo, mmsi: Array, kinds: Array, station: Array
) -> Rows:
    numbers, missing = columns.numbers, np.full(columns.n, np.nan)
    scaled = {field: numbers[field] * by for field, by in spec.scale.items() if field in numbers}
    numbers = numbers | scaled
    status = columns.texts.get("nav_status")
    return Rows(
        t_ms=times_ms(columns, spec, zone),
        mmsi=mmsi,
        lon_deg=numbers["lon"],
        lat_deg=numbers["lat"],
        sog_kn=numbers["sog"],
        cog_deg=numbers["cog"],
        heading_deg=numbers.get("heading", missing),
        nav_status=nav_status_codes(status.values)[status.codes]
        if status
        else np.full(columns.n, NAV_STATUS_UNDEFINED, np.uint8),
        flags=kinds.astype(np.uint8),
        station=station,
        text=columns.row,
    )


def times_ms(columns: Columns, spec: TableSpec, zone: tzinfo) -> Array:
    """Times i8 of the rows, in ms UTC."""
    if columns.t_ms is not None:
        t_ms = columns.t_ms
    elif "time" in columns.numbers:
        t_ms = unix_ms(columns.numbers["time"])
    else:
        text = columns.texts["time"]
        t_ms = texts_ms(text.values, spec.times, zone)[text.codes]
    if "millisecond" in columns.numbers:
        part = columns.numbers["millisecond"]
        part = np.where((part >= 0) & (part < 1000), part, 0).astype(np.int64)
        t_ms = np.where(t_ms == NO_TIME_MS, t_ms, t_ms + part)
    return t_ms


def _stations(text: Text | None, n: int) -> tuple[Array, list[str]]:
    """Places u2 of the rows' stations in a list of names, of which the first is the unknown one."""
    if text is None:
        return np.zeros(n, np.uint16), [""]
    names = ["" if is_na(v) else v.decode("utf-8", "replace").strip() for v in text.values]
    heard = ["", *names[: Stations.CAPACITY - 1]]
    places = np.arange(1, len(names) + 1)
    places[len(heard) - 1 :] = 0
    return places.astype(np.uint16)[text.codes], heard


def _kinds(texts: Mapping[str, Text], n: int) -> Array:
    """Bits u2 of FixFlag, NOT_SHIP, OTHER_MESSAGE and STATIC_DATA of each row."""
    kinds = np.zeros(n, np.uint16)
    for field, kind in KINDS.items():
        if field in texts:
            text = texts[field]
            codes = [0 if is_na(value) else kind(value) for value in text.values]
            kinds |= np.array(codes, np.uint16)[text.codes]
    return kinds


def _sender(text: bytes) -> int:
    return SENDERS.get(text.decode("latin-1").strip().lower(), NOT_SHIP)


def _message(text: bytes) -> int:
    said = number(text)
    return MESSAGES.get(int(said), OTHER_MESSAGE) if 0 < said < 64 else OTHER_MESSAGE


def _repeat(text: bytes) -> int:
    return int(FixFlag.REPEATED) if 0 < number(text) <= 3 else 0


def _accuracy(text: bytes) -> int:
    return int(FixFlag.ACCURATE) if text.strip().lower() in (b"1", b"1.0", b"true") else 0


def _flags(text: bytes) -> int:
    said = number(text)
    return int(said) if said in ALL_FLAGS else 0


KINDS: dict[str, Callable[[bytes], int]] = {
    "flags": _flags,
    "sender": _sender,
    "message": _message,
    "repeat": _repeat,
    "accuracy": _accuracy,
}


class CsvTable(Archive):
    """Reader of CSV as its `SPEC` says; made by :func:`csv_reader`."""

    SPEC: ClassVar[TableSpec]

    @property
    def ordered(self) -> bool:
        """Whether the format promises order and a sample of the file keeps it."""
        if not self.keeps_order:
            return False
        try:
            return share_behind(self._sampled_times(), self._latest_ms) <= FEW
        except (ArchiveError, OSError):
            return True  # what is wrong is said when the file is read

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
