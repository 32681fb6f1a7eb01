"""Spans of days as people write them: a day, a month, or two of them with dots between."""

import re
from datetime import date, timedelta
from typing import NamedTuple

from cablewatch.errors import UsageError

MAX_DAYS = 3660  # ten years; a longer span is a slip of the pen
WANTED = "write 2024-11-16, 2024-11-16..18, 2024-11-16..2024-12-02 or 2023-05"
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_REST = re.compile(r"(?:(\d{2})-)?(\d{2})")


class Span(NamedTuple):
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def days(self) -> list[date]:
        """All of them."""
        count = (self.last - self.first).days + 1
        return [self.first + timedelta(days=n) for n in range(count)]


def parse_span(text: str) -> Span:
    """Read a span; what the end leaves out is as in the start.

    >>> parse_span("2024-11-29..12-02").days()[-1]
    datetime.date(2024, 12, 2)
    >>> len(parse_span("2024-02").days())
    29

    Raises
    ------
    UsageError
        No such date, the end before the start, or more than ten years.
    """
    start, dots, end = text.strip().partition("..")
    first = _numbers(text, start, _DATE)
    has_year = _DATE.fullmatch(end) is not None
    last = _numbers(text, end, _DATE if has_year else _REST) if dots else first
    whole = last if has_year else [*first[: len(first) - len(last)], *last]
    if len(whole) != len(first):
        raise UsageError(text, "a day and a month do not make a span", WANTED)
    span = Span(_day(text, first), _last_day(text, whole))
    if span.last < span.first:
        raise UsageError(text, "ends before it starts", "swap the two")
    if (span.last - span.first).days >= MAX_DAYS:
        raise UsageError(text, "is longer than ten years", "ask for less at a time")
    return span


def _numbers(text: str, part: str, pattern: re.Pattern[str]) -> list[int]:
    found = pattern.fullmatch(part)
    if not found:
        raise UsageError(text, f"no date: {part!r}", WANTED)
    return [int(number) for number in found.groups() if number]


def _day(text: str, numbers: list[int]) -> date:
    year, month, day = [*numbers, 1][:3]
    try:
        return date(year, month, day)
    except ValueError as error:
        raise UsageError(text, f"no date: {error}", WANTED) from None


def _last_day(text: str, numbers: list[int]) -> date:
    """The day itself, or the last one of a month."""
    day = _day(text, numbers)
    if len(numbers) == 3:
        return day
    return (day + timedelta(days=31)).replace(day=1) - timedelta(days=1)
