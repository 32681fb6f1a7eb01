"""From when to when an archive reaches, learned without reading it.

In this order: what the file itself says (statistics of Parquet); the date in its name, if its first
usable time agrees with it; that first time alone, for formats that keep order. A log of local time
begins up to 14 h before its date in UTC and 12 h after. Bounds are an hour wide of what is known,
for a report can be older than the line before it.
"""

import re
from datetime import UTC, date, datetime
from typing import NamedTuple

from cablewatch.archives.base import Archive
from cablewatch.archives.compression import Head
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Stations
from cablewatch.units import DAY_MS, HOUR_MS

DAY = re.compile(r"(?<!\d)(20\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)")
MONTH = re.compile(r"(?<!\d)(20\d\d)[-_.](\d\d)(?![-_.]?\d)")
EAST_MS, WEST_MS = 14 * HOUR_MS, 12 * HOUR_MS  # the widest offsets of local time from UTC
SLACK_MS = HOUR_MS


class Span(NamedTuple):
    """First and last possible time, UTC milliseconds; None is "not known"."""

    first_ms: int | None = None
    last_ms: int | None = None


def span_of(archive: Archive) -> Span:
    """The times of `archive`, from its metadata, name and first lines."""
    stated = archive.stated_span()
    if stated is not None:
        return Span(*stated)
    first_ms = _first_ms(archive)
    if first_ms is None:
        return Span()
    days = named_days(archive.path.name)
    if days is not None and days[0] - EAST_MS <= first_ms < days[1] + WEST_MS:
        return _dated(archive.ordered, first_ms, *days)
    return Span(first_ms - SLACK_MS) if archive.ordered else Span()


def _dated(ordered: bool, first_ms: int, start_ms: int, end_ms: int) -> Span:
    """Span of a file with the days from `start_ms` to `end_ms` in its name."""
    if ordered:
        last_ms = max(end_ms, first_ms + end_ms - start_ms)
        return Span(first_ms - SLACK_MS, last_ms + SLACK_MS)
    if start_ms <= first_ms < end_ms:
        return Span(start_ms - SLACK_MS, end_ms + SLACK_MS)
    return Span(start_ms - EAST_MS, end_ms + WEST_MS)


def named_days(name: str) -> tuple[int, int] | None:
    """Start and end (UTC milliseconds, as if the days were UTC) of the days in a file's name.

    >>> named_days("aisdk-2024-11-18.zip")
    (1731888000000, 1731974400000)
    >>> named_days("aisdk-2024-02.zip")
    (1706745600000, 1709251200000)
    """
    days = [found for y, _, m, d in DAY.findall(name) if (found := _day(y, m, d))]
    if days:
        return min(days), max(days) + DAY_MS
    months = [
        (start, _day(int(y) + int(m) // 12, int(m) % 12 + 1, 1))
        for y, m in MONTH.findall(name)
        if (start := _day(y, m, 1))
    ]
    if not months:
        return None
    return min(start for start, _ in months), max(end or start for start, end in months)


def _day(year: str | int, month: str | int, day: str | int) -> int | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    midnight = datetime(found.year, found.month, found.day, tzinfo=UTC)
    return int(midnight.timestamp()) * 1000


def _first_ms(archive: Archive) -> int | None:
    """Earliest time in the first lines that have one."""
    try:
        head = type(archive)(Head(archive.path, archive.options), Stations(), archive.options)
        for batch in head.batches(lambda _: None):
            times = [t_ms for t_ms in (batch.fixes.t_ms, batch.statics.t_ms) if len(t_ms)]
            return min(int(t_ms.min()) for t_ms in times)
    except ArchiveError:
        pass  # whatever is wrong is said when the file itself is read
    return None
