r"""Members of a zip from their local headers alone, for files without the directory at their end.

A local header (PKWARE APPNOTE 6.3.10, 4.3.7) is 30 bytes little-endian, then name and extra::

    0 signature "PK\x03\x04"   8 method (0 stored, 8 deflate)   18 packed size
    6 flags                     26 name length                   28 extra length

Deflate tells its own end, so that a size of 0 ("see the descriptor behind the data") is no
hindrance; a stored member needs its size.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

HEADER = struct.Struct("<4s2xHH8xI4xHH")
SIGNATURE = b"PK\x03\x04"
ENCRYPTED = 1  # flag bit
STORED, DEFLATED = 0, 8
CHUNK_BYTES = 1 << 16


class _Deflated:
    """The unpacked bytes of a deflate stream that starts at the file's position."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)

    def read1(self, size: int, /) -> bytes:
        while not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._file.read(CHUNK_BYTES)
            if not packed:
                raise EOFError("deflate stream has no end")
            data = self._inflate.decompress(packed, size)
            if data:
                return data
        return b""

    def close(self) -> None:
        """Leave the file at the byte behind the stream."""
        while self.read1(CHUNK_BYTES):
            pass
        self._file.seek(-len(self._inflate.unused_data), io.SEEK_CUR)


class _Stored:
    """The next `size` bytes of the file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def read1(self, size: int, /) -> bytes:
        data = self._file.read(min(size, self._left))
        if not data and self._left:
            raise EOFError("stored member is cut off")
        self._left -= len(data)
        return data

    def close(self) -> None:
        while self.read1(CHUNK_BYTES):
            pass


def local_members(file: BinaryIO) -> Iterator[tuple[str, _Deflated | _Stored]]:
    """Names and contents in the order of the file, as far as headers follow each other."""
    while header := _next_header(file):
        _, flags, method, packed_bytes, name_bytes, extra_bytes = HEADER.unpack(header)
        name = file.read(name_bytes).decode("utf-8", "replace")
        file.seek(extra_bytes, io.SEEK_CUR)
        if flags & ENCRYPTED or method not in (STORED, DEFLATED):
            return
        source = _Deflated(file) if method == DEFLATED else _Stored(file, packed_bytes)
        if not name.endswith("/"):
            yield name, source
        source.close()


def _next_header(file: BinaryIO) -> bytes | None:
    """The next local header, a data descriptor of up to 24 bytes before it passed over."""
    start = file.tell()
    skip = file.read(24 + len(SIGNATURE)).find(SIGNATURE)
    if skip < 0:
        return None
    file.seek(start + skip)
    header = file.read(HEADER.size)
    return header if len(header) == HEADER.size else None
