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
from cablewatch.objects import ObjectFile
from cablewatch.places import Place

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

    def read(self, size: int | None = -1, /) -> bytes:  # of FileIO it does not ask `readinto`
        data = super().read(size)
        self.consumed_bytes += len(data)
        return data


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


def looked_up(place: Place) -> Place:
    """An object as it is now; of a file the same. OSError where there is none."""
    if isinstance(place, Path):
        return place
    try:
        found = place.found()
    except StoreError as error:
        raise _as_of_a_file(error) from error
    if found is None:
        raise _as_of_a_file(FileNotFoundError())
    return found


def is_as_it_was(now: Place, then: Place) -> bool:
    """Whether an object was not replaced; a file is what it is to who holds it open."""
    if isinstance(now, Path) or isinstance(then, Path) or then.size is None:
        return True
    return now.version == then.version


def buffered(raw: RawFile) -> io.BufferedReader:
    """The same, read ahead."""
    if isinstance(raw, _Object):  # what asks may ask for little: 8 kB at once does gzip
        raw.ahead = OBJECT_BYTES
    return io.BufferedReader(raw, FILE_BYTES)


def sha256(place: Place) -> str:
    """SHA-256 of a whole file, as it lies there, in hexadecimal digits."""
    with raw_file(place) as raw, buffered(raw) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_of_a_file(error: StoreError | FileNotFoundError) -> OSError:
    if isinstance(error, StoreError):
        return OSError(errno.EIO, f"{error.what}; {error.do}")
    return FileNotFoundError(errno.ENOENT, "there is no such object")
