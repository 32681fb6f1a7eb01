"""What will be fetched, announced before anything is, and then the fetching of it.

At most two files come at a time: these hosts are free, and shared.
"""

import errno
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from threading import Event, Lock

import httpx2

from cablewatch import __version__
from cablewatch.errors import FetchError, UsageError
from cablewatch.usecases.fetch.dates import Span
from cablewatch.usecases.fetch.partial import Partial, Version, is_complete
from cablewatch.usecases.fetch.sources import Source
from cablewatch.usecases.fetch.transfer import Patience, Stopped, Tell, download, head

PARALLEL = 2
HEADERS = {"User-Agent": f"cablewatch/{__version__}", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Item:
    """A file to fetch: where it is, where it goes, what the host says of it, what is there."""

    url: str
    target: Path
    version: Version
    complete: bool
    kept: int

    @property
    def missing(self) -> int:
        """Bytes to come, as far as the host says."""
        return 0 if self.complete else max((self.version.size or 0) - self.kept, 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """The files that hold the days, and the days that no file holds."""

    source: Source
    into: Path
    items: tuple[Item, ...]
    absent: tuple[date, ...]

    @property
    def to_fetch(self) -> tuple[Item, ...]:
        """Files that are not there yet."""
        return tuple(item for item in self.items if not item.complete)

    @property
    def n_bytes(self) -> int:
        """Bytes to come; of some files the size may be unknown."""
        return sum(item.missing for item in self.items)

    @property
    def n_kept(self) -> int:
        """Bytes that an earlier run left."""
        return sum(item.kept for item in self.to_fetch)

    @property
    def sizes_known(self) -> bool:
        """Whether the host says of every file how large it is."""
        return all(item.version.size is not None for item in self.to_fetch)


@contextmanager
def connect(patience: Patience) -> Iterator[httpx2.Client]:
    """A client for a run, with the run's idea of silence."""
    limits = httpx2.Limits(max_connections=PARALLEL)
    timeout = httpx2.Timeout(patience.silence_s, pool=None)
    with httpx2.Client(
        headers=HEADERS, timeout=timeout, limits=limits, follow_redirects=True
    ) as client:
        yield client


def make_plan(
    client: httpx2.Client,
    source: Source,
    span: Span,
    into: Path,
    patience: Patience,
    base_url: str | None = None,
) -> Plan:
    """Ask the host which files hold the days, and how large they are.

    Raises
    ------
    UsageError
        The span begins before the archive, or `base_url` is none.
    FetchError
        The host cannot be reached, or has no file for any of the days.
    """
    base = (base_url or source.base_url).rstrip("/")
    if httpx2.URL(base).scheme not in ("http", "https"):
        raise UsageError("--base-url", f"no address of the web: {base}", "write http://host/path")
    if span.first < source.first_day:
        raise UsageError(
            str(span.first), f"{source.title}: begins {source.first_day}", "ask for later days"
        )
    stop = Event()
    version_of = cache(lambda path: head(client, f"{base}/{path}", patience, stop))

    def path_of(day: date) -> str | None:
        return next((path for path in source.paths(day) if version_of(path) is not None), None)

    days = span.days()
    paths = dict(zip(days, map(path_of, days), strict=True))
    absent = tuple(day for day, path in paths.items() if path is None)
    if len(absent) == len(days):
        raise absence(source, absent)
    items = []
    for path in dict.fromkeys(path for path in paths.values() if path):
        target, version = into / Path(path).name, version_of(path) or Version()
        complete = is_complete(target, version)
        kept = Partial(target).size_of(version)
        items.append(Item(f"{base}/{path}", target, version, complete, kept))
    return Plan(source, into, tuple(items), absent)


def absence(source: Source, days: Sequence[date]) -> FetchError:
    """The error for days that no file holds."""
    names = " or ".join(path.rpartition("/")[2] for path in source.paths(days[0]))
    more = f" and {len(days) - 1} more days" if len(days) > 1 else ""
    return FetchError(
        source.name, f"has nothing for {days[0]}{more}: no {names}", f"note that {source.remark}"
    )


def fetch(client: httpx2.Client, plan: Plan, tell: Tell, patience: Patience) -> list[FetchError]:
    """Fetch what is missing of a plan; returns an error for each file that could not be had.

    Raises
    ------
    FetchError
        There is no room, or the folder cannot be written.
    """
    _make_room(plan)
    stop, lock = Event(), Lock()

    def locked_tell(count: int) -> None:
        with lock:
            tell(count)

    def one(item: Item) -> FetchError | None:
        partial = Partial(item.target)
        try:
            with partial.held():
                if not item.kept and item.version != Version():
                    partial.discard()  # what the host holds is another version
                download(client, item.url, partial, locked_tell, patience, stop)
        except FetchError as error:
            return error
        except Stopped:
            return None
        except OSError as error:
            stop.set()
            return _on_disk(item.target, error)
        return None

    with ThreadPoolExecutor(PARALLEL) as pool:
        futures = [pool.submit(one, item) for item in plan.to_fetch]
        try:
            return [error for future in futures if (error := future.result())]
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def _make_room(plan: Plan) -> None:
    try:
        plan.into.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(plan.into).free
    except OSError as error:
        raise _on_disk(plan.into, error) from error
    if free < plan.n_bytes:
        raise FetchError(
            str(plan.into),
            f"{plan.n_bytes / 1e9:.1f} GB to come, {free / 1e9:.1f} GB free",
            "make room, or name another folder by --into",
        )


def _on_disk(path: Path, error: OSError) -> FetchError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    do = "make room and run it again; what came is kept" if full else "choose another --into"
    return FetchError(str(path), f"cannot be written: {error.strerror or error}", do)
