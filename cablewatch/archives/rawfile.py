"""Files and objects to be read front to back or here and there, which count what is read of them.

A read of an object is a request: :func:`buffered` reads ahead, of an object more. Whatever is wrong
is an OSError with a number.
"""

import errno
import hashlib
import io
from pathlib import Path
from typing import Any

from cablewatch.errors import StoreError
from cablewatch.objects import ObjectFile, Place

FILE_BYTES, OBJECT_BYTES = 1 << 18, 1 << 20  # read ahead


class _Counting:
    """Counts the bytes of a raw file that are read from it."""

    consumed_bytes = 0

    def readinto(self, buffer: Any, /) -> int:
        n: int = super().readinto(buffer) or 0  # type: ignore[misc]
        self.consumed_bytes += n
        return n


class _File(_Counting, io.FileIO):
    """A file of this machine."""


class _Object(_Counting, ObjectFile):
    """An object, whose failures are those of a file."""

    def readinto(self, buffer: Any, /) -> int:
        try:
            return super().readinto(buffer)
        except (StoreError, FileNotFoundError) as error:
            raise _as_of_a_file(error) from error


RawFile = _File | _Object


def raw_file(place: Place) -> RawFile:
    """Open a file or an object without a buffer; OSError where it cannot be."""
    if isinstance(place, Path):
        return _File(place)
    try:
        return _Object(place)
    except (StoreError, FileNotFoundError) as error:
        raise _as_of_a_file(error) from error


def buffered(raw: RawFile) -> io.BufferedReader:
    """The same, read ahead."""
    room = FILE_BYTES if isinstance(raw, _File) else OBJECT_BYTES
    return io.BufferedReader(raw, room)


def sha256(place: Place) -> str:
    """SHA-256 of a whole file, as it lies there, in hexadecimal digits."""
    with raw_file(place) as raw, buffered(raw) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_of_a_file(error: StoreError | FileNotFoundError) -> OSError:
    if isinstance(error, StoreError):
        return OSError(errno.EIO, error.what)
    return FileNotFoundError(errno.ENOENT, "there is no such object")
