"""Streams of packed bytes as streams of plain ones: gzip and zstd, told from their first bytes.

Both formats may hold several streams one behind the other (RFC 1952 2.2 members, RFC 8878 3.1
frames); they are read as one.
"""

import errno
import gzip
import zipfile
import zlib
from typing import Protocol, cast

import pyarrow as pa

from cablewatch.errors import ArchiveError

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
ZSTD_SKIPPABLE = b"\x2a\x4d\x18"  # behind a first byte of 0x50 to 0x5f
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
MAGIC_BYTES = 4
ZSTD_READ_BYTES = 1 << 16  # what one read has unpacked is lost where it meets damage

AGAIN = "get the file again; what was read before this point is kept"
DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What reading damaged or unreadable data raises."""


class Source(Protocol):
    """Anything that hands out what it has, up to a size; an empty answer is the end."""

    def read1(self, size: int, /) -> bytes: ...  # noqa: D102


def packing_of(magic: bytes) -> str:
    r"""``gzip``, ``zstd``, ``zip`` or ``plain``, by the first bytes.

    >>> packing_of(b"\x1f\x8b\x08\x00"), packing_of(b"time")
    ('gzip', 'plain')
    """
    if magic.startswith(GZIP):
        return "gzip"
    if magic.startswith(ZSTD) or (magic[1:4] == ZSTD_SKIPPABLE and 0x50 <= magic[0] <= 0x5F):
        return "zstd"
    return "zip" if magic.startswith(ZIP) else "plain"


def unpacked(source: Source) -> Source:
    """The plain bytes of `source`; a zip inside is not opened."""
    magic = b""
    while len(magic) < MAGIC_BYTES and (part := source.read1(MAGIC_BYTES - len(magic))):
        magic += part
    whole = _Rest(magic, source)
    packing = packing_of(magic)
    if packing == "gzip":
        return gzip.GzipFile(fileobj=cast("gzip._ReadableFileobj", whole))
    return _Zstd(whole) if packing == "zstd" else whole


class _Rest:
    """A source whose first bytes have been read from it."""

    closed = False

    def __init__(self, head: bytes, source: Source) -> None:
        self._head = head
        self._source = source

    def read1(self, size: int, /) -> bytes:
        if self._head:
            part, self._head = self._head[:size], self._head[size:]
            return part
        return self._source.read1(size)

    read = read1

    def close(self) -> None:
        """Nothing; arrow asks for it, and the file is its opener's to close."""


class _Zstd:
    """The plain bytes of zstd frames."""

    def __init__(self, source: _Rest) -> None:
        self._stream = pa.CompressedInputStream(pa.PythonFile(source, "r"), "zstd")

    def read1(self, size: int, /) -> bytes:
        data: bytes = self._stream.read(min(size, ZSTD_READ_BYTES))
        return data


def failure(where: str, error: Exception) -> ArchiveError:
    """The error of an archive that a reading error of :data:`DAMAGE` means, which is its cause."""
    said = ArchiveError(where, damage(error), AGAIN)
    said.__cause__ = error
    return said


def is_unread(error: ArchiveError) -> bool:
    """Whether a disk or a server failed, whatever the content is."""
    return not_had(error.__cause__) is not None


def not_had(error: BaseException | None) -> OSError | None:
    """The error of a disk or a server; None of another, as where a content names no place."""
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return error
    return None


def damage(error: Exception) -> str:
    """What a reading error of :data:`DAMAGE` means."""
    if isinstance(error, OSError) and error.errno is not None:
        return f"cannot be read ({error.strerror})"
    if isinstance(error, RuntimeError):  # NotImplementedError is one
        return f"the zip member cannot be unpacked ({error})"
    return "the compressed data are cut off or damaged here"
