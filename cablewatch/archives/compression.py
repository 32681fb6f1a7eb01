"""Packed files as streams of line-aligned blocks, never extracted, always capped.

::

    Container(path, options).members() -> Member.blocks(size) -> Block(name, first_line, data)

A file is plain, gzip, zstd or zip. A zip's members come in the order of their names, and may be
gzip or zstd files themselves. A zip whose directory is missing, as after a broken download, is read
from its local headers as far as it goes (PKWARE APPNOTE 6.3.10, 4.3.7).
A block ends at a line end; at a failure the unfinished line is dropped, all blocks before it have
been handed out, and the error names the line. A member of a zip that fails, or is encrypted, ends
there; the others are read before the error is raised. Bytes and lines are capped over the whole
file, so that a small archive cannot unpack without end; a cap on the ratio would refuse real ones.
"""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np

from cablewatch.archives.options import ReadOptions
from cablewatch.archives.packing import (
    AGAIN,
    DAMAGE,
    MAGIC_BYTES,
    Source,
    failure,
    is_unread,
    not_had,
    packing_of,
    unpacked,
)
from cablewatch.archives.rawfile import RawFile, buffered, is_as_it_was, looked_up, raw_file
from cablewatch.archives.zipstream import ENCRYPTED, local_members
from cablewatch.errors import ArchiveError
from cablewatch.places import Place

REPLACED = "run it again, and let objects be as they are meanwhile"
MAX_LINE_BYTES = 1 << 20  # a longer line is cut, and its pieces are refused by the reader
READ_BYTES = 1 << 20
HEAD_BYTES = 1 << 16
BOM = b"\xef\xbb\xbf"  # of UTF-8


class Block(NamedTuple):
    """Whole lines of a member, and the number of the first one, from 1."""

    name: str
    first_line: int
    data: bytes


@dataclass(slots=True)
class Limits:
    """What is left of the caps of one archive."""

    n_bytes: int
    lines: int

    def spend(self, data: bytes, lines: int, where: str) -> None:
        """Take off a block; ArchiveError once a cap is passed."""
        self.n_bytes -= len(data)
        self.lines -= lines
        if self.n_bytes < 0 or self.lines < 0:
            raise ArchiveError(
                where,
                "the unpacked archive passes the cap",
                "raise --max-bytes or --max-lines if it can be trusted",
            )


@dataclass(slots=True)
class Member:
    """One file of an archive: the whole file when it is no zip.

    Damage is put among `failures` where there are other members to be read before it is raised.
    """

    name: str
    source: Source
    limits: Limits
    failures: list[ArchiveError] | None = None

    def blocks(self, size: int) -> Iterator[Block]:
        """Blocks of about `size` bytes, without a byte order mark before the first line.

        ArchiveError where the data end too early.
        """
        line, tail = 1, b""
        while True:
            try:
                data = self._fill(size)
            except DAMAGE as error:
                said = failure(f"{self.name}:{line}", error)
                if self.failures is None:
                    raise said from error
                self.failures.append(said)
                return
            whole = (tail + data).removeprefix(BOM) if line == 1 else tail + data
            cut = whole.rfind(b"\n") + 1 if data else len(whole)
            if len(whole) - cut > MAX_LINE_BYTES:
                cut = len(whole)
            block, tail = whole[:cut], whole[cut:]
            if block:
                lines = count_lines(block)
                self.limits.spend(block, lines, f"{self.name}:{line}")
                yield Block(self.name, line, block)
                line += lines
            if not data:
                return

    def _fill(self, size: int) -> bytes:
        """Up to `size` bytes; damage is reported by the call after the last good bytes."""
        parts: list[bytes] = []
        room = size
        while room > 0:
            try:
                part = self.source.read1(min(room, READ_BYTES))
            except DAMAGE as error:
                if not parts:
                    raise
                self.source = _Failed(error)
                break
            if not part:
                break
            parts.append(part)
            room -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class _Failed:
    """A source that has failed: raises at every read."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read1(self, size: int, /) -> bytes:
        raise self._error


def count_lines(data: bytes) -> int:
    """Line ends in `data`."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n")))


class Container:
    """A file or an object and how it is packed, told from its first bytes.

    Raises
    ------
    ArchiveError
        The file is missing, unreadable or empty, or is a stream.
    """

    def __init__(self, path: Place, options: ReadOptions) -> None:
        self.path = path
        self._options = options
        if isinstance(path, Path) and _is_stream(path):
            what = "is a stream, and archives are looked at before they are read"
            raise ArchiveError(str(path), what, "save it to a file and name that")
        try:
            self.path = path = looked_up(path)
            with raw_file(path) as file:
                self.size_bytes = file.seek(0, io.SEEK_END)
                file.seek(0)
                magic = file.read(MAGIC_BYTES)
        except OSError as error:
            what = f"cannot be read ({error.strerror})"
            raise ArchiveError(str(path), what, "give the path of a readable file") from error
        if not magic:
            raise ArchiveError(str(path), "the file is empty", "get the file again")
        self.packing = packing_of(magic)
        self._file: RawFile | None = None

    @property
    def consumed_bytes(self) -> int:
        """Bytes of the file read so far."""
        return min(self._file.consumed_bytes, self.size_bytes) if self._file else 0

    def check(self) -> None:
        """ArchiveError where an object was replaced since this was made."""
        try:
            same = is_as_it_was(looked_up(self.path), self.path)
        except OSError as error:
            raise failure(str(self.path), error) from error
        if not same:
            raise ArchiveError(str(self.path), "was replaced while it was read", REPLACED)

    @contextmanager
    def raw(self) -> Iterator[RawFile]:
        """The file itself, its bytes counted as they are read."""
        with raw_file(self.path) as self._file:
            yield self._file

    def members(self) -> Iterator[Member]:
        """The files inside, in the order of their names; one when not a zip."""
        limits = Limits(self._options.max_bytes, self._options.max_lines)
        try:
            with self.raw() as raw, buffered(raw) as file:
                if self.packing == "zip":
                    yield from self._zip_members(file, limits)
                elif self.packing == "plain":
                    yield Member(str(self.path), cast(Source, file), limits)
                else:
                    yield Member(str(self.path), unpacked(cast(Source, file)), limits)
        except OSError as error:  # before a member, for those in one are told with its line
            raise failure(str(self.path), error) from error
        self.check()

    def _zip_members(self, file: BinaryIO, limits: Limits) -> Iterator[Member]:
        try:
            packed = zipfile.ZipFile(file)
        except zipfile.BadZipFile as error:
            if (cause := not_had(error.__context__)) is not None:  # of which it makes this
                raise cause from None
            file.seek(0)
            try:
                for name, found in local_members(file):
                    yield Member(f"{self.path}/{name}", unpacked(found), limits)
            except DAMAGE as error:  # behind what was looked at of a member
                raise failure(str(self.path), error) from error
            raise ArchiveError(str(self.path), "the zip's directory is missing", AGAIN) from None
        failures: list[ArchiveError] = []
        for info in sorted(packed.infolist(), key=lambda info: info.filename):
            if info.is_dir() or not info.file_size or info.filename.startswith("__MACOSX/"):
                continue
            name = f"{self.path}/{info.filename}"
            if info.flag_bits & ENCRYPTED:
                do = "unpack it by its password"
                failures.append(ArchiveError(name, "the zip member is encrypted", do))
                continue
            try:
                opened = packed.open(info)
                source = unpacked(cast(Source, opened))
            except DAMAGE as error:
                failures.append(failure(name, error))
                continue
            with opened:
                yield Member(name, source, limits, failures)
        if failures:
            first, *more = failures
            others = f" ({len(more)} more members fail)" if more else ""
            unread = next((one for one in failures if is_unread(one)), first)
            raise ArchiveError(first.where, first.what + others, first.do) from unread.__cause__


def _is_stream(path: Path) -> bool:
    return str(path) == "-" or path.is_fifo() or path.is_char_device()


class Unread(Container):
    """No file at all: what is read comes from a sender of that name."""

    def __init__(self, name: str) -> None:
        self.path, self.size_bytes, self.packing = Path(name), 0, "plain"
        self._file = None


class Head(Container):
    """The first lines of each file inside, to look at before reading."""

    def check(self) -> None:
        """Nothing: whoever reads all of it looks."""

    def members(self) -> Iterator[Member]:
        """As of the whole container, each cut after about :data:`HEAD_BYTES`."""
        for member in super().members():
            for block in member.blocks(HEAD_BYTES):
                yield Member(member.name, io.BytesIO(block.data), member.limits)
                break
