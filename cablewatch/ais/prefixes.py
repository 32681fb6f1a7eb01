"""Times in front of sentences, and the clock on the wall that wrote them.

===========================  ====================================================================
prefix                       meaning
===========================  ====================================================================
``1700000000.25 ``           Unix time, see :mod:`cablewatch.ais.times`
``2017-02-20T00:00:00.5Z;``  UTC; also ``UTC``, ``GMT``, ``+01:00`` or ``+0100``, after a blank too
``2016-03-31 00:00:01,``     the wall clock's zone, UTC where none is named
``22:13:20.5``, ``221320``   time of day by that clock, where the day that the log begins is named
===========================  ====================================================================

A wall clock that is put back shows an hour twice, one put forward leaves one out. A time in such an
hour is :data:`AMBIGUOUS`, as is one behind which another zone or a half of the day stands (``EST``,
``PM``): abbreviations of zones have several meanings each, and none is guessed.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

import numpy as np

from cablewatch.ais.kernels import inlined, kernel
from cablewatch.ais.times import (
    COLON,
    DASH,
    DOT,
    MALFORMED,
    NINE,
    NONE,
    ZERO,
    i64,
    read_fraction,
    read_int,
    read_iso,
    read_unix,
)
from cablewatch.fixes import Array
from cablewatch.units import DAY_MS, HOUR_MS, MINUTE_MS

AMBIGUOUS = NONE + 2
"""A local time that occurs twice or never, or is of a zone that is not understood."""
PLUS, BLANK = ord("+"), ord(" ")
UTC_NAMES = tuple(int.from_bytes(name, "big") for name in (b"Z", b"UTC", b"GMT"))
OTHER_NAMES = tuple(int.from_bytes(name, "big") for name in (b"AM", b"PM", b"MSK", b"WIB", b"WITA"))
"""Beside the other abbreviations of the IANA time zone data, which end in T."""
NAME_LETTERS = 5
ZONE_FROM, ZONE_TO = datetime(1999, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
SEARCH_STEP = timedelta(hours=12)  # no zone changes its offset twice within it
LATE_MS = 10 * MINUTE_MS  # a line so much behind others still belongs to the day before


class Wall(NamedTuple):
    """Offsets of a zone, each valid for local times from one to another, and the day at hand."""

    local_from: Array  # i8 (n,), ms; n = 0 is UTC
    local_to: Array  # i8 (n,), ms, excluded
    offset: Array  # i8 (n,), ms east of UTC
    today: Array  # i8 (2,): midnight of the day at hand, NONE for no date; last time of day

    @classmethod
    def make(cls, zone: tzinfo | None, date_ms: int | None) -> "Wall":
        """Tabulate a zone from 1999 to 2101; `date_ms` is any time of the first day."""
        midnight = NONE if date_ms is None else date_ms // DAY_MS * DAY_MS
        changes = [] if zone is None else _changes(zone)
        starts = np.array([t for t, _ in changes], np.int64)
        offset = np.array([offset for _, offset in changes], np.int64)
        ends = np.append(starts[1:], _ms(ZONE_TO)) if changes else starts
        today = np.array([midnight, NONE], np.int64)
        return cls(starts + offset, ends + offset, offset, today)


def _changes(zone: tzinfo) -> list[tuple[int, int]]:
    """Times at which an offset begins and the offset, both ms; the first at ZONE_FROM."""
    changes = [(_ms(ZONE_FROM), _offset_ms(zone, ZONE_FROM))]
    time = ZONE_FROM
    while time < ZONE_TO:
        following = time + SEARCH_STEP
        offset = _offset_ms(zone, following)
        if offset != changes[-1][1]:
            changes.append((_ms(_first_with(zone, time, following, offset)), offset))
        time = following
    return changes


def _first_with(zone: tzinfo, low: datetime, high: datetime, offset: int) -> datetime:
    """First whole second in (low, high] at which the zone has the offset that it has at `high`."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if _offset_ms(zone, middle) == offset:
            high = middle
        else:
            low = middle
    return high


def _offset_ms(zone: tzinfo, time: datetime) -> int:
    offset = time.astimezone(zone).utcoffset() or timedelta(0)
    return offset // timedelta(milliseconds=1)


def _ms(time: datetime) -> int:
    return round(time.timestamp()) * 1000


@kernel
def read_prefix(data: Array, a: int, b: int, wall: Wall) -> int:
    """Time in front of a sentence; NONE where the text before it is something else."""
    while a < b and (data[a] <= 32 or data[a] == ord("[")):
        a += 1
    t_ms, at = read_iso(data, a, b)
    if t_ms != NONE:
        return t_ms if t_ms == MALFORMED else _to_utc(data, at, b, t_ms, wall)
    end = a
    while end < b and (ZERO <= data[end] <= NINE or data[end] == DOT):
        end += 1
    if wall.today[0] != NONE:
        t_ms, at = _time_of_day(data, a, b, end)
        if t_ms == MALFORMED:
            return MALFORMED
        if t_ms != NONE:
            return _to_utc(data, at, b, _on_its_day(t_ms, wall.today), wall)
    if end - a < 9 or (end < b and ord("A") <= (data[end] & 0xDF) <= ord("Z")):
        return NONE
    return read_unix(data, a, end)


@kernel
def _time_of_day(data: Array, a: int, b: int, end: int) -> tuple[int, int]:
    """``hh:mm:ss`` or ``hhmmss`` with a fraction if need be, and the position behind it.

    The digits from `a` on end at `end`. NONE for anything else, MALFORMED for 24:00 and later.
    """
    if b - a >= 8 and data[a + 2] == COLON and data[a + 5] == COLON:
        step = 3
    elif end - a >= 6 and (end - a == 6 or data[a + 6] == DOT):
        step = 2
    else:
        return NONE, a
    hour, minute = read_int(data, a, a + 2), read_int(data, a + step, a + step + 2)
    second = read_int(data, a + 2 * step, a + 2 * step + 2)
    if hour < 0 or minute < 0 or second < 0:
        return NONE, a
    if hour > 23 or minute > 59 or second > 60:
        return MALFORMED, a
    fraction_ms, at = read_fraction(data, a + 2 * step + 2, b)
    return hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + fraction_ms, at


@inlined
def _on_its_day(of_day_ms: int, today: Array) -> int:
    """Local time of a time of day: a step back by more than 12 h begins the next day."""
    step = 0 if today[1] == NONE else of_day_ms - today[1]
    if step > DAY_MS - LATE_MS:
        return today[0] - DAY_MS + of_day_ms  # type: ignore[no-any-return]
    if step < -12 * HOUR_MS:
        today[0] += DAY_MS
    today[1] = of_day_ms
    return today[0] + of_day_ms  # type: ignore[no-any-return]


@kernel
def _to_utc(data: Array, a: int, b: int, local_ms: int, wall: Wall) -> int:
    """UTC of a time as written, with the zone that stands behind it at `a` or that of the wall."""
    at = a
    while at < b and data[at] == BLANK:
        at += 1
    if at < b and (data[at] == PLUS or data[at] == DASH):
        east_ms = _offset_ms_at(data, at, b)
        if east_ms == NONE or (east_ms == MALFORMED and at > a):  # a dash, or a level in dBm
            return _from_wall(local_ms, wall)
        return MALFORMED if east_ms == MALFORMED else local_ms - east_ms
    name = _zone_name(data, at, b, at == a)
    if name == AMBIGUOUS:
        return AMBIGUOUS
    return _from_wall(local_ms, wall) if name == NONE else local_ms


@kernel
def _offset_ms_at(data: Array, a: int, b: int) -> int:
    """``+hh``, ``+hhmm`` or ``+hh:mm`` at `a` as ms east; NONE where no digits follow the sign."""
    hour = read_int(data, a + 1, min(a + 3, b))
    if hour < 0:
        return NONE
    minutes = a + 4 if b - a > 4 and data[a + 3] == COLON else a + 3
    minute = 0
    if minutes < b and ZERO <= data[minutes] <= NINE:
        minute = read_int(data, minutes, min(minutes + 2, b))
    if hour > 14 or minute < 0 or minute > 59:
        return MALFORMED
    east_ms = hour * HOUR_MS + minute * MINUTE_MS
    return east_ms if data[a] == PLUS else -east_ms


@kernel
def _zone_name(data: Array, a: int, b: int, close: bool) -> int:
    """The word at `a` if it is a zone: 0 for UTC, AMBIGUOUS for another, NONE for no zone.

    Letters `close` behind the time belong to it, whatever they say. A word after a blank is a zone
    where it stands alone and looks like one.
    """
    word, end, capitals = 0, a, True
    while end < b and end - a <= NAME_LETTERS and ord("A") <= (data[end] & 0xDF) <= ord("Z"):
        word = (word << 8) | i64(data[end] & 0xDF)
        capitals &= data[end] <= ord("Z")
        end += 1
    if end == a:
        return NONE
    alone = end == b or not (
        ZERO <= data[end] <= NINE or ord("A") <= (data[end] & 0xDF) <= ord("Z")
    )
    shifted = b - end > 1 and (data[end] == PLUS or data[end] == DASH)
    shifted = shifted and ZERO <= data[end + 1] <= NINE
    if word in UTC_NAMES and (alone or end - a == 1):
        return AMBIGUOUS if shifted else 0
    looks = word in OTHER_NAMES or (
        capitals and 1 < end - a <= NAME_LETTERS and word & 0xFF == ord("T")
    )
    return AMBIGUOUS if close or (alone and looks) else NONE


@kernel
def _from_wall(local_ms: int, wall: Wall) -> int:
    """UTC of a local time, AMBIGUOUS where it occurs twice or never."""
    low, high = 0, len(wall.offset)
    if high == 0:
        return local_ms
    while low < high:  # the first that begins later
        middle = (low + high) // 2
        if wall.local_from[middle] <= local_ms:
            low = middle + 1
        else:
            high = middle
    found = 0
    utc_ms = AMBIGUOUS
    for k in range(max(low - 2, 0), low):
        if local_ms < wall.local_to[k]:
            found += 1
            utc_ms = local_ms - wall.offset[k]
    return utc_ms if found == 1 else AMBIGUOUS
