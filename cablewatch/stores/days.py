"""The files of a track store: a folder a UTC day, parts as they come, and what compaction made.

::

    FOLDER/day=2024-11-18/part-000000-015959-3f2a91c07be45d18.parquet         a span of time
                          ships-219000001-219004711-8c01d2a37be45d18.parquet  a span of MMSI
                          blocks-000000-023959-77aa91c07be45d18.parquet       a span of time
                          compacted.json                                      which of these count

Parts and ``ships`` files are sorted by (mmsi, time). ``blocks`` files hold the same fixes again, a
row group for every 10 minutes, sorted likewise inside. ``compacted.json`` names the files that
compaction made and every part they replace. A part counts unless it is named there; a ``ships`` or
``blocks`` file counts only when it is. It is renamed into place when all it names is on disk, and
only then are the parts removed: a reader that lists the parts first and reads ``compacted.json``
second sees the parts or what replaced them, never both or none. Where a file has gone meanwhile it
looks again (:func:`looked`).

A file gets its name when it is complete and on disk. What a crash leaves behind is never read, and
is removed by the next writer. One process writes at a time.
"""

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from cablewatch.errors import StoreError
from cablewatch.units import DAY_MS

T = TypeVar("T")

PART, SHIPS, BLOCKS = "part", "ships", "blocks"
MANIFEST = "compacted.json"
NAME = re.compile(r"(part|ships|blocks)-(\d+)-(\d+)-[0-9a-f]{16}\.parquet")
LOOKS = 5  # how often a reader looks again; a compaction takes seconds, a look milliseconds


@dataclass(frozen=True)
class File:
    """A file, and the first and last time (seconds of its day) or MMSI that its name tells."""

    path: Path
    kind: str
    first: int
    last: int


@dataclass(frozen=True)
class Day:
    """What counts of a day's folder."""

    home: Path
    start_ms: int
    parts: tuple[File, ...]
    ships: tuple[File, ...]
    blocks: tuple[File, ...]
    replaced: frozenset[str]  # names of parts that compaction has taken in

    def within(self, files: Sequence[File], start_ms: int, end_ms: int) -> list[File]:
        """Those of `files`, named by time, that may hold a time in [`start_ms`, `end_ms`)."""
        return [
            file
            for file in files
            if self.start_ms + 1000 * file.first < end_ms
            and start_ms < self.start_ms + 1000 * (file.last + 1)
        ]


def day_home(folder: Path, day: int) -> Path:
    """Folder of a day, counted from 1970."""
    return folder / f"day={datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}"


def days(folder: Path, start_ms: int | None = None, end_ms: int | None = None) -> list[Day]:
    """Days of a track store that meet [`start_ms`, `end_ms`], in order of time.

    Raises
    ------
    StoreError
        There is no such folder.
    """
    if not folder.is_dir():
        raise StoreError(str(folder), "there is no track store", "write one with --store")
    found = []
    for home in sorted(folder.glob("day=*")):
        first_ms = int(datetime.fromisoformat(f"{home.name[4:]}T00:00:00+00:00").timestamp()) * 1000
        after = start_ms is not None and first_ms + DAY_MS <= start_ms
        before = end_ms is not None and first_ms > end_ms
        if not after and not before:
            found.append(day_of(home, first_ms))
    return found


def day_of(home: Path, start_ms: int) -> Day:
    """What counts of one folder: parts are listed before the manifest is read."""
    names = sorted(os.listdir(home)) if home.is_dir() else []
    manifest = _manifest(home)
    replaced = frozenset(manifest.get("replaced", ()))
    files = [_file(home, name) for name in [*names, *manifest.get("files", ())]]
    unique = {file.path: file for file in files if file is not None}.values()
    counted = set(manifest.get("files", ()))

    def those(kind: str) -> tuple[File, ...]:
        return tuple(
            file
            for file in unique
            if file.kind == kind
            and (file.path.name not in replaced if kind == PART else file.path.name in counted)
        )

    return Day(home, start_ms, those(PART), those(SHIPS), those(BLOCKS), replaced)


def looked(read: Callable[[], T], folder: Path) -> T:
    """Result of `read`, which lists the files it opens; anew where one has gone meanwhile.

    Raises
    ------
    StoreError
        A file is damaged, or gone for good.
    """
    gone: FileNotFoundError | None = None
    for _ in range(LOOKS):
        try:
            return read()
        except FileNotFoundError as error:
            gone = error
        except (pa.ArrowException, OSError, ValueError) as error:
            what = f"a part is damaged ({str(error).partition(chr(10))[0]})"
            do = "remove the part and replay its day again"
            raise StoreError(str(folder), what, do) from error
    raise StoreError(str(folder), f"a file is missing ({gone})", "replay its day again") from gone


def write(final: Path, make: Callable[[Path], object]) -> None:
    """Have `make` write a file under a temporary name, bring it to disk and name it `final`."""
    temporary = final.with_suffix(".tmp")
    make(temporary)
    _to_disk(temporary)
    temporary.replace(final)
    _to_disk(final.parent)


def commit(day: Day, made: Sequence[Path]) -> None:
    """Let the files `made` replace all that counts of `day`, then remove what they replace."""
    replaced = day.replaced | {part.path.name for part in day.parts}
    said = {"files": sorted(path.name for path in made), "replaced": sorted(replaced)}
    write(day.home / MANIFEST, lambda path: path.write_text(json.dumps(said, indent=1)))
    sweep(day.home)


def sweep(home: Path) -> None:
    """Remove what does not count; only by who holds the store (:func:`held`)."""
    manifest = _manifest(home)
    counted, replaced = set(manifest.get("files", ())), set(manifest.get("replaced", ()))
    for path in home.iterdir():
        file = _file(home, path.name)
        orphan = file is not None and file.kind != PART and path.name not in counted
        if orphan or path.suffix == ".tmp" or path.name in replaced:
            path.unlink()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the store for writing; it is free again when the process ends, however it ends.

    Raises
    ------
    StoreError
        Another run holds it.
    """
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


def clock(t_ms: int) -> str:
    """Time of day as in names."""
    return f"{datetime.fromtimestamp(t_ms / 1000, UTC):%H%M%S}"


def _file(home: Path, name: str) -> File | None:
    match = NAME.fullmatch(name)
    if not match:
        return None
    kind, *ends = match.groups()
    first, last = (int(end) if kind == SHIPS else _seconds(int(end)) for end in ends)
    return File(home / name, kind, first, last)


def _seconds(hhmmss: int) -> int:
    return hhmmss // 10_000 * 3_600 + hhmmss // 100 % 100 * 60 + hhmmss % 100


def _manifest(home: Path) -> dict[str, Any]:
    try:
        said = json.loads((home / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if not isinstance(said, dict):
        raise ValueError(f"{MANIFEST} is no JSON object")
    return said


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
