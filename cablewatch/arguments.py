"""What people write after options, or give to functions, as the values the use cases take."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from operator import index
from typing import SupportsIndex
from zoneinfo import ZoneInfo

import numpy as np

from cablewatch.archives import ReadOptions, Selection
from cablewatch.archives.options import MAX_BYTES, MAX_LINES
from cablewatch.archives.rows import MMSI_MAX
from cablewatch.archives.selection import EVERYTHING
from cablewatch.archives.specs import documented_name
from cablewatch.errors import UsageError

Time = str | date | datetime | np.datetime64
Ship = str | SupportsIndex
MAX_WORKERS = 64
YEARS = range(2000, 2101)  # AIS began in 2000; later times are slips of the pen


def read_options(
    *,
    format: str | None = None,
    columns: Sequence[str] | None = None,
    zone: str | None = None,
    max_bytes: int | None = None,
    max_lines: int | None = None,
    selection: Selection = EVERYTHING,
) -> ReadOptions:
    """Options of reading from their texts; UsageError names the one that cannot be used."""
    return ReadOptions(
        format=format,
        columns=documented_columns(_pairs(columns or ())),
        zone=UTC if zone is None else zone_of(zone),
        max_bytes=max_bytes or MAX_BYTES,
        max_lines=max_lines or MAX_LINES,
        selection=selection,
    )


def selected(
    start: Time | None,
    end: Time | None,
    bbox: str | Iterable[float] | None,
    mmsi: Iterable[Ship] | None,
) -> Selection:
    """What ``--from``, ``--to``, ``--bbox`` and ``--mmsi`` ask for; of no ships it is nothing."""
    start_ms = None if start is None else time_ms("--from", start, timedelta(0))
    end_ms = None if end is None else time_ms("--to", end, timedelta(days=1))
    if start_ms is not None and end_ms is not None and end_ms <= start_ms:
        raise UsageError("--to", f"{end} is not after {start}", "swap them")
    ships = None if mmsi is None else frozenset(map(_ship, mmsi))
    return Selection(start_ms, end_ms, None if bbox is None else _bbox(bbox), ships)


def _pairs(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Ours and theirs, of texts such as ``lon=LONGITUDE,lat=LATITUDE``."""
    for pair in ",".join(texts).split(",") if texts else ():
        said, equals, theirs = (part.strip() for part in pair.partition("="))
        if not (said and equals and theirs):
            do = "write it as lon=LONGITUDE,lat=LATITUDE"
            raise UsageError("--map", f"not name=column: {pair!r}", do)
        yield said, theirs


def documented_columns(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names of the documented table -> theirs; UsageError where one is none, or there twice."""
    columns: dict[str, str] = {}
    for said, theirs in pairs:
        ours = documented_name(said)
        if ours is None:
            raise UsageError("--map", f"{said} is no column of ours", "see docs/formats.md, `csv`")
        if ours in columns:
            raise UsageError("--map", f"{said} is there twice", "name one column for it")
        columns[ours] = theirs
    return columns


def zone_of(name: str | tzinfo) -> tzinfo:
    """The time zone of that name."""
    if isinstance(name, tzinfo):
        return name
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError, TypeError):
        raise UsageError("--tz", f"no time zone: {name!r}", "name it as Europe/Paris") from None


def processes(workers: int) -> int:
    """A number of processes that the fold can be spread over."""
    if not (isinstance(workers, int) and 1 <= workers <= MAX_WORKERS):
        do = f"give a whole number from 1 to {MAX_WORKERS}"
        raise UsageError("--workers", f"no number of processes: {workers!r}", do)
    return workers


def time_ms(option: str, said: Time, whole_day: timedelta = timedelta(0)) -> int:
    """UTC milliseconds of a time; a bare date has `whole_day` added."""
    do = "write it as 2024-11-17 or 2024-11-17T08:00Z"
    text = said.isoformat() if isinstance(said, date) else said
    text = str(text) if isinstance(text, np.datetime64) else text
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise UsageError(option, f"no time: {said!r}", do) from None
    if time.year not in YEARS:
        raise UsageError(option, f"{said} is not between 2000 and 2100", do)
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    if not set("T :") & set(text):
        time += whole_day
    return round(time.timestamp() * 1000)


def _bbox(said: str | Iterable[float]) -> tuple[float, float, float, float]:
    do = "give west,south,east,north in degrees, such as 16,55,20,58"
    try:
        parts = said.split(",") if isinstance(said, str) else said
        west, south, east, north = (float(part) for part in parts)
    except (TypeError, ValueError):
        raise UsageError("--bbox", f"not four numbers: {said!r}", do) from None
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
        raise UsageError("--bbox", f"out of range or south above north: {said!r}", do)
    return west, south, east, north


def _ship(said: Ship) -> int:
    try:
        mmsi = int(said) if isinstance(said, str) else index(said)
    except (TypeError, ValueError):
        mmsi = 0
    if not 1 <= mmsi <= MMSI_MAX:
        do = "give whole numbers from 1 to 999999999, such as 219000001"
        raise UsageError("--mmsi", f"no ship: {said!r}", do)
    return mmsi
