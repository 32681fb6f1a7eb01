"""Where a store lies: what is done otherwise in a folder of this machine than with objects.

A folder is a :class:`pathlib.Path`, and is read and written as if there were no objects;
:class:`~cablewatch.objects.ObjectPath` offers what is asked of both.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pds
import pyarrow.parquet as pq

from cablewatch.errors import StoreError, UsageError
from cablewatch.objects import ObjectPath
from cablewatch.places import Place
from cablewatch.stores.leases import check, leased

GAP_BYTES = 1 << 20  # read along rather than asked for twice


def inside(folder: Place) -> list[Place]:
    """What lies directly in a folder, by name."""
    return sorted(folder.iterdir(), key=lambda path: path.name)


def local(folder: Place) -> Path:
    """The folder; UsageError where it is none of this machine."""
    if isinstance(folder, ObjectPath):
        what = "not a folder of this machine, which a live run needs"
        raise UsageError(str(folder), what, "give a folder")
    return folder


def named(folder: Place) -> str:
    """Name of a folder alone."""
    return folder.name if isinstance(folder, ObjectPath) else folder.resolve().name


def is_same(one: Place, other: Place) -> bool:
    """Whether two places are one, also where a link leads to it."""
    if isinstance(one, Path) and isinstance(other, Path):
        return one.resolve() == other.resolve()
    return one == other


def write(final: Place, make: Callable[[Path], object]) -> None:
    """Have `make` write a file; under the name `final` there is all of it or what was before.

    On a disk it is written under a temporary name, brought to disk and renamed. An object is
    written by one request.
    """
    if isinstance(final, ObjectPath):
        with TemporaryDirectory(prefix="cablewatch-") as folder:
            made = Path(folder) / final.name
            make(made)
            check(final)
            final.write_bytes(made.read_bytes())
        return
    temporary = final.with_suffix(".tmp")
    make(temporary)
    to_disk(temporary)
    temporary.replace(final)
    to_disk(final.parent)


def remove(path: Place) -> None:
    """Remove a file; an object by who holds its store alone."""
    if isinstance(path, ObjectPath):
        check(path)
    path.unlink()


@contextmanager
def held(folder: Place) -> Iterator[None]:
    """Hold a store for writing. A folder is free again when the process ends, however it ends.

    It is held among the processes of one machine: a volume of the network may not pass such a lock
    on to other machines. Of objects see ``leases``.

    Raises
    ------
    StoreError
        Another run holds it.
    """
    if isinstance(folder, ObjectPath):
        with leased(folder):
            yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        what, do = "another run is writing into it", "wait for it or choose another folder"
        raise StoreError(str(folder), what, do) from error
    try:
        yield
    finally:
        os.close(handle)


@contextmanager
def on_disk(place: Place) -> Iterator[Path]:
    """A file of this machine with the content of a place; where there is none, there is none."""
    if isinstance(place, Path):
        yield place
        return
    with TemporaryDirectory(prefix="cablewatch-") as folder:
        path = Path(folder) / place.name
        with suppress(FileNotFoundError):
            path.write_bytes(place.read_bytes())
        yield path


def parquet(place: Place, **options: Any) -> pq.ParquetFile:
    """Open a Parquet file to read some of its row groups."""
    if isinstance(place, Path):
        return pq.ParquetFile(place, **options)
    return pq.ParquetFile(place.open(), pre_buffer=True, **options)


def read_table(place: Place, **options: Any) -> pa.Table:
    """Rows of one Parquet file; an object is read as a whole."""
    if isinstance(place, Path):
        return pq.read_table(place, partitioning=None, **options)
    return pq.read_table(pa.BufferReader(place.read_bytes()), partitioning=None, **options)


def dataset(places: Sequence[Place], schema: pa.Schema) -> pds.Dataset:
    """Parquet files of one schema, to be filtered; of objects in few, larger ranges."""
    if all(isinstance(place, Path) for place in places):
        return pds.dataset([str(place) for place in places], schema, "parquet")
    ranges = pa.CacheOptions(hole_size_limit=GAP_BYTES)
    scan = pds.ParquetFragmentScanOptions(pre_buffer=True, cache_options=ranges)
    form = pds.ParquetFileFormat(default_fragment_scan_options=scan)
    fragments = [form.make_fragment(p.open()) for p in places if isinstance(p, ObjectPath)]
    return pds.FileSystemDataset(fragments, schema, form)


def stamp(place: Place) -> object:
    """Changes when a file does; None where there is none."""
    if isinstance(place, ObjectPath):
        return place.stamp()
    try:
        stat = place.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def total_bytes(folder: Place) -> int:
    """Size of all files below a folder."""
    if isinstance(folder, ObjectPath):
        return folder.total_bytes()
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size if path.is_file() else 0
        except OSError:  # a replay has just moved it
            continue
    return total


def to_disk(path: Path) -> None:
    """Bring to disk what a file holds, or which names a folder does."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def writing(folder: Place) -> Iterator[None]:
    """Make of a failure to write one of the store."""
    try:
        yield
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise StoreError(str(folder), what, "free space or choose another folder") from error
