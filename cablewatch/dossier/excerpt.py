"""The raw rows of one ship out of an archive, as a file that the same reader reads.

===================  =========================================================================
archive              excerpt
===================  =========================================================================
NMEA log             the ship's sentences with their tag blocks, prefixes and times, verbatim
table as CSV         the header and every line in which the ship's number stands, verbatim
JSON, a line each    every such line, verbatim
JSON document        the records in which it stands, a line each, written anew
Parquet              the rows whose MMSI it is, written anew
===================  =========================================================================

A line that only mentions the number of the ship comes along and harms nothing: the reader tells
whose it is. Lines keep the number that they have in the unpacked file, from 1; records and rows
likewise.
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cablewatch.archives import Archive, ReadOptions
from cablewatch.archives.arrow import layout_of
from cablewatch.archives.compression import Block, Container, Member
from cablewatch.archives.elements import BrokenJson, elements
from cablewatch.archives.jsonfile import JsonArchive
from cablewatch.archives.nmea import NmeaLog
from cablewatch.archives.parquet import ParquetTable
from cablewatch.archives.rawfile import raw_file
from cablewatch.archives.sniff import PARQUET_MAGIC
from cablewatch.archives.table import CsvTable
from cablewatch.dossier.nmea import Finder, Line
from cablewatch.errors import ArchiveError
from cablewatch.places import Place

BLOCK_BYTES = 4 << 20
PACKED = (".gz", ".zip", ".zst", ".zstd")
MADE = 0  # line number of what stands in an excerpt for form alone


class Excerpt(NamedTuple):
    """A ship's rows of one member of an archive."""

    name: str  # of the file it came from, without the ending of its packing
    data: bytes
    lines: tuple[int, ...]  # number of each row in the unpacked file; MADE for none
    heads: int = 0  # rows before those of the ship, which every part of it needs

    @property
    def rows(self) -> list[bytes]:
        """The rows, without line ends."""
        return rows_of(self.data)

    def part(self, start: int, stop: int) -> bytes:
        """An excerpt of some of the ship's rows, counted from 0."""
        if self.data.startswith(PARQUET_MAGIC):
            sink = io.BytesIO()
            pq.write_table(pq.read_table(io.BytesIO(self.data)).slice(start, stop - start), sink)
            return sink.getvalue()
        rows = self.rows
        wanted = rows[self.heads :][start:stop]
        if MADE not in self.lines:
            return b"".join(row + b"\n" for row in [*rows[: self.heads], *wanted])
        listed = b",\n".join(row.rstrip(b",") for row in wanted)
        return b"\n".join([rows[0], listed, rows[-1], b""])


def rows_of(data: bytes) -> list[bytes]:
    """Rows of an excerpt; of Parquet each as JSON."""
    if data.startswith(PARQUET_MAGIC):
        table = pq.read_table(io.BytesIO(data))
        return [json.dumps(row, sort_keys=True, default=str).encode() for row in table.to_pylist()]
    return [line.rstrip(b"\r") for line in data.removesuffix(b"\n").split(b"\n")] if data else []


def row_hash(row: bytes) -> str:
    """SHA-256 of a row without its line end, hexadecimal."""
    return hashlib.sha256(row).hexdigest()


def place_of(number: int, member: int, excerpt: Excerpt) -> str:
    """Path in a bundle of an excerpt of a member of the archive of that number, both from 1."""
    return f"rows/{number:02}/{member:02}/{excerpt.name}"


def written(excerpts: Mapping[str, Excerpt], folder: Path) -> list[Path]:
    """Write excerpts, by their paths in a bundle, as archives; members of one make a zip again.

    Only the last part of a name is used: what a bundle says never leads out of the folder.
    """
    archives: dict[str, list[Excerpt]] = {}
    for path, excerpt in excerpts.items():
        archives.setdefault(path.split("/")[1], []).append(excerpt)
    paths = []
    for number, members in enumerate(archives.values()):
        home = folder / str(number)
        home.mkdir()
        name = Path(members[0].name).name or "rows"
        paths.append(home / name)
        if len(members) == 1:
            paths[-1].write_bytes(members[0].data)
            continue
        with zipfile.ZipFile(paths[-1], "w") as packed:
            for k, member in enumerate(members):
                packed.writestr(f"{k:06}/{Path(member.name).name}", member.data)
    return paths


def excerpts(
    archive: Archive, options: ReadOptions, mmsi: int, progress: Callable[[int], None]
) -> Iterator[Excerpt]:
    """Excerpts of the members of an archive that hold rows of a ship.

    `progress` gets the bytes of the file read so far. A damaged archive ends where it is damaged,
    as it does for its reader.
    """
    if isinstance(archive, ParquetTable):
        yield from _of_parquet(archive.path, options, mmsi)
        return
    container = Container(archive.path, options)
    try:
        for member in container.members():
            blocks = _told(member.blocks(BLOCK_BYTES), container, progress)
            made = _of_member(archive, member, blocks, mmsi)
            if made.data:
                yield made
    except ArchiveError:
        return  # the reader says so


def _told(
    blocks: Iterator[Block], container: Container, progress: Callable[[int], None]
) -> Iterator[Block]:
    for block in blocks:
        yield block
        progress(container.consumed_bytes)


def _of_member(archive: Archive, member: Member, blocks: Iterator[Block], mmsi: int) -> Excerpt:
    name = Path(member.name).name
    for ending in PACKED:
        name = name.removesuffix(ending)
    first = next(blocks, None)
    if first is None:
        return Excerpt(name, b"", ())
    both = chain([first], blocks)
    opener = archive.opener(first.data) if isinstance(archive, JsonArchive) else None
    if opener is not None:
        return _of_document(name, both, opener, mmsi)
    if isinstance(archive, NmeaLog):
        own = dict(Finder(mmsi).take(_lines(both)))
    else:
        own = dict(_mentioning(both, mmsi, header=isinstance(archive, CsvTable)))
    numbers = sorted(own)
    heads = int(isinstance(archive, CsvTable))
    return Excerpt(name, b"".join(own[n] + b"\n" for n in numbers), tuple(numbers), heads)


def _lines(blocks: Iterator[Block]) -> Iterator[Line]:
    for block in blocks:
        lines = block.data.split(b"\n")
        yield from enumerate(lines[:-1] if not lines[-1] else lines, block.first_line)


def _token(mmsi: int) -> re.Pattern[bytes]:
    """The number of a ship, and no part of a longer one."""
    return re.compile(rb"(?<![\d.])0*%d(?!\d)" % mmsi)


def _mentioning(blocks: Iterator[Block], mmsi: int, header: bool) -> Iterator[Line]:
    """Lines in which the number of a ship stands; with the `header`, if any of them does."""
    token, head = _token(mmsi), None
    for block in blocks:
        if header and head is None:
            head = next(line for line in _lines(iter([block])) if line[1].strip())
        at, number = 0, block.first_line
        for found in token.finditer(block.data):
            if found.start() < at:
                continue
            start = block.data.rfind(b"\n", 0, found.start()) + 1
            number += block.data.count(b"\n", at, start)
            stop = block.data.find(b"\n", start)
            stop = len(block.data) if stop < 0 else stop
            if head is not None:
                yield head
            yield number, block.data[start:stop]
            at, number = stop + 1, number + 1


def _of_document(name: str, blocks: Iterator[Block], opener: re.Pattern[str], mmsi: int) -> Excerpt:
    """Records of a document, between what opens their list and what closes it."""
    token = _token(mmsi)
    head = ""

    def pieces() -> Iterator[bytes]:
        nonlocal head
        for block in blocks:
            head = head or block.data.decode("utf-8", "replace")
            yield block.data

    kept: list[tuple[int, bytes]] = []
    try:
        for number, record in enumerate(elements(pieces(), opener), 1):
            text = json.dumps(record).encode()
            if token.search(text):
                kept.append((number, text))
    except BrokenJson:
        pass  # the reader says so
    found = opener.search(head)
    if not kept or found is None:
        return Excerpt(name, b"", ())
    begun = " ".join(head[: found.end()].split())
    closers = "".join({"{": "}", "[": "]"}[c] for c in reversed(_unclosed(begun)))
    data = b"%s\n%s\n%s\n" % (
        begun.encode(),
        b",\n".join(text for _, text in kept),
        closers.encode(),
    )
    return Excerpt(name, data, (MADE, *(number for number, _ in kept), MADE), heads=1)


def _unclosed(text: str) -> list[str]:
    """Brackets of a text that nothing closes."""
    depth: list[str] = []
    for letter in re.sub(r'"(?:[^"\\]|\\.)*"', "", text):
        if letter in "{[":
            depth.append(letter)
        elif letter in "}]" and depth:
            depth.pop()
    return depth


def _of_parquet(path: Place, options: ReadOptions, mmsi: int) -> Iterator[Excerpt]:
    parts, lines, first = [], [], 1
    try:
        with raw_file(path) as raw, pq.ParquetFile(raw) as file:
            column = layout_of(file.schema_arrow, options, str(path)).fields["mmsi"]
            for rows in file.iter_batches():
                own = _is_ship(rows.column(column), mmsi)
                parts.append(pa.table(rows).filter(own))
                lines += [first + k for k in pc.indices_nonzero(own).to_pylist()]
                first += rows.num_rows
    except (pa.ArrowException, OSError):
        pass  # the reader says so
    if lines:
        sink = io.BytesIO()
        pq.write_table(pa.concat_tables(parts), sink, compression="zstd")
        yield Excerpt(path.name, sink.getvalue(), tuple(lines))


def _is_ship(column: pa.Array, mmsi: int) -> pa.Array:
    """Which values of a column are the number of a ship."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pc.equal(pc.utf8_ltrim(pc.utf8_trim_whitespace(column), "0"), str(mmsi)).fill_null(
            False
        )
    return pc.equal(pc.cast(column, pa.int64(), safe=False), mmsi).fill_null(False)
