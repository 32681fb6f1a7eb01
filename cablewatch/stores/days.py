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

A folder of this machine is listed at each look. Of objects a listing is kept for as long as
``run.json`` is the same and says that all replays came to their end: each begins with writing it.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import pyarrow as pa

from cablewatch.errors import StoreError
from cablewatch.objects import ObjectPath
from cablewatch.places import Place
from cablewatch.stores.places import inside, remove, write
from cablewatch.stores.run import Run, read_run
from cablewatch.units import DAY_MS

T = TypeVar("T")

PART, SHIPS, BLOCKS = "part", "ships", "blocks"
MANIFEST = "compacted.json"
HOME = re.compile(r"day=(\d{4}-\d\d-\d\d)", re.ASCII)
NAME = re.compile(r"(part|ships|blocks)-(\d+)-(\d+)-[0-9a-f]{16}\.parquet")
KEPT_STORES, KEPT_DAYS = 8, 1024  # listings of objects, of 20 files or so each
LOOKS = 5  # how often a reader looks again; a compaction takes seconds, a look milliseconds

_seen: ContextVar[dict[Place, Run | None] | None] = ContextVar("seen", default=None)


@dataclass(frozen=True)
class File:
    """A file, and the first and last time (seconds of its day) or MMSI that its name tells."""

    path: Place
    kind: str
    first: int
    last: int


@dataclass(frozen=True)
class Day:
    """What counts of a day's folder."""

    home: Place
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


def day_home(folder: Place, day: int) -> Place:
    """Folder of a day, counted from 1970."""
    return folder / f"day={datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}"


def days(folder: Place, start_ms: int | None = None, end_ms: int | None = None) -> list[Day]:
    """Days of a track store that meet [`start_ms`, `end_ms`], in order of time.

    Raises
    ------
    StoreError
        There is no such folder.
    """
    return list(newest_first(folder, start_ms, end_ms))[::-1]


def newest_first(
    folder: Place, start_ms: int | None = None, end_ms: int | None = None
) -> Iterator[Day]:
    """The days that :func:`days` gives, the last one first, each looked at in its turn."""
    if not folder.is_dir():
        raise StoreError(str(folder), "there is no track store", "write one with --store")
    run = _complete(folder)
    for home in reversed(_homes(folder) if run is None else _kept_homes(folder, run)):
        first_ms = _start_ms(home) or 0
        after = start_ms is not None and first_ms + DAY_MS <= start_ms
        before = end_ms is not None and first_ms > end_ms
        if not after and not before:
            yield day_of(home, first_ms) if run is None else _kept_day(home, first_ms, run)


def _homes(folder: Place) -> list[Place]:
    return [path for path in inside(folder) if _start_ms(path) is not None]


def _start_ms(home: Place) -> int | None:
    """Begin of the day of a folder; None of any other, such as a copy that somebody made."""
    said = HOME.fullmatch(home.name)
    try:
        start = datetime.fromisoformat(f"{said[1]}T00:00:00+00:00") if said else None
    except ValueError:
        return None
    return None if start is None else int(start.timestamp()) * 1000


def day_of(home: Place, start_ms: int) -> Day:
    """What counts of one folder: parts are listed before the manifest is read."""
    listed = {path.name: path for path in inside(home)} if home.is_dir() else {}
    manifest = _manifest(home)
    replaced = frozenset(manifest.get("replaced", ()))
    counted = set(manifest.get("files", ()))
    paths = [*listed.values(), *(home / name for name in sorted(counted - listed.keys()))]
    unique = [file for file in map(_file, paths) if file is not None]

    def those(kind: str) -> tuple[File, ...]:
        return tuple(
            file
            for file in unique
            if file.kind == kind
            and (file.path.name not in replaced if kind == PART else file.path.name in counted)
        )

    return Day(home, start_ms, those(PART), those(SHIPS), those(BLOCKS), replaced)


def looked(read: Callable[[], T], folder: Place) -> T:
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
            forget()
        except (pa.ArrowException, OSError, ValueError) as error:
            what = f"a part is damaged ({str(error).partition(chr(10))[0]})"
            do = "remove the part and replay its day again"
            raise StoreError(str(folder), what, do) from error
    raise StoreError(str(folder), f"a file is missing ({gone})", "replay its day again") from gone


def commit(day: Day, made: Sequence[Place]) -> None:
    """Let the files `made` replace all that counts of `day`, then remove what they replace."""
    replaced = day.replaced | {part.path.name for part in day.parts}
    said = {"files": sorted(path.name for path in made), "replaced": sorted(replaced)}
    write(day.home / MANIFEST, lambda path: path.write_text(json.dumps(said, indent=1)))
    _remove_uncounted(day.home)
    forget()


def sweep(home: Place) -> None:
    """Remove what does not count; by who holds the store and writes nothing (:func:`held`)."""
    _remove_uncounted(home)
    for path in home.iterdir():
        if path.name.endswith(".tmp"):
            remove(path)


def _remove_uncounted(home: Place) -> None:
    """Remove what a compaction replaced, and what one that was cut left; a part may be written."""
    manifest = _manifest(home)
    counted, replaced = set(manifest.get("files", ())), set(manifest.get("replaced", ()))
    for path in home.iterdir():
        file = _file(path)
        orphan = file is not None and file.kind != PART and path.name not in counted
        if orphan or path.name in replaced:
            remove(path)


def clock(t_ms: int) -> str:
    """Time of day as in names."""
    return f"{datetime.fromtimestamp(t_ms / 1000, UTC):%H%M%S}"


def _file(path: Place) -> File | None:
    match = NAME.fullmatch(path.name)
    if not match:
        return None
    kind, *ends = match.groups()
    first, last = (int(end) if kind == SHIPS else _seconds(int(end)) for end in ends)
    return File(path, kind, first, last)


def _seconds(hhmmss: int) -> int:
    return hhmmss // 10_000 * 3_600 + hhmmss // 100 % 100 * 60 + hhmmss % 100


def _manifest(home: Place) -> dict[str, Any]:
    try:
        said = json.loads((home / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if not isinstance(said, dict):
        raise ValueError(f"{MANIFEST} is no JSON object")
    return said


@contextmanager
def one_look() -> Iterator[None]:
    """Ask a store of objects once, for all that is read of it within, whether it has changed."""
    token = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(token)


def _complete(folder: Place) -> Run | None:
    """Run of a store of objects that no replay writes into; None of all others."""
    if not isinstance(folder, ObjectPath):
        return None
    seen = _seen.get()
    if seen is None or folder not in seen:
        run = read_run(folder.parent)
        seen = {} if seen is None else seen
        seen[folder] = run if run is not None and run.complete else None
    return seen[folder]


@lru_cache(KEPT_STORES)
def _kept_homes(folder: Place, _run: Run) -> list[Place]:
    return _homes(folder)


@lru_cache(KEPT_DAYS)
def _kept_day(home: Place, start_ms: int, _run: Run) -> Day:
    return day_of(home, start_ms)


def forget() -> None:
    """Look at all days anew."""
    _kept_homes.cache_clear()
    _kept_day.cache_clear()
    if seen := _seen.get():
        seen.clear()
