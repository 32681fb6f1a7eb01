"""Texts of time to milliseconds UTC, whole columns at once.

========  ====================================================================================
form      reads
========  ====================================================================================
iso       ``yyyy-mm-ddThh:mm:ss``, a blank or ``_`` for the T, fractions of a second, then
          nothing, ``Z``, ``UTC``, ``GMT`` or an offset
danish    ``dd/mm/yyyy hh:mm:ss``
compact   ``yyyymmdd_hhmmss``
unix      seconds, milliseconds, microseconds or nanoseconds since 1970, told by their size
loose     any other text that ISO 8601 allows, blanks around it; one text at a time
========  ====================================================================================

A time without an offset is in the zone that the caller names, UTC without one. Where clocks are
set back an hour comes twice: it is read as the first one.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo

import numpy as np

from cablewatch.archives.rows import NO_TIME_MS
from cablewatch.fixes import Array
from cablewatch.units import DAY_MS

WIDTH = 40  # bytes of the longest text of time, one NUL included
HALF_HOUR_MS = 1_800_000  # clocks change on half hours
UNIX_STEPS = ((1e11, 1e3), (1e14, 1.0), (1e17, 1e-3), (1e20, 1e-6))  # below this size: x this is ms
MOST_SUFFIXES = 8
DIGIT = ord("0")


def texts_ms(texts: Sequence[bytes], forms: Sequence[str], zone: tzinfo | None = None) -> Array:
    """Times i8 of texts in any of `forms`; NO_TIME_MS where one reads as none of them.

    >>> texts_ms([b"2024-11-18 06:01:44", b"1731909704", b"soon"], ["iso", "unix"]).tolist()[:2]
    [1731909704000, 1731909704000]
    """
    words = np.array(texts, f"S{WIDTH}")
    t_ms = np.full(len(texts), NO_TIME_MS, np.int64)
    for form in forms:
        left = t_ms == NO_TIME_MS
        if left.all():
            t_ms = READERS[form](words, zone)
        elif left.any():
            t_ms[left] = READERS[form](words[left], zone)
    return t_ms


def unix_ms(values: Array) -> Array:
    """Times i8 of numbers of seconds, ms, us or ns since 1970; NO_TIME_MS where not finite.

    >>> unix_ms(np.array([1443650402, 1443650402123.0, np.nan])).tolist()[:2]
    [1443650402000, 1443650402123]
    """
    t_ms = np.full(len(values), NO_TIME_MS, np.int64)
    size = np.abs(values)
    smaller = -1.0
    for limit, factor in UNIX_STEPS:
        mask = (size > smaller) & (size <= limit)
        t_ms[mask] = np.rint(values[mask] * factor).astype(np.int64)
        smaller = limit
    return t_ms


def zoned_ms(local_ms: Array, zone: tzinfo | None) -> Array:
    """UTC of clock times `local_ms` in `zone`; NO_TIME_MS stays.

    NO_TIME_MS too where the clock shows a time twice or never.

    >>> from zoneinfo import ZoneInfo
    >>> zoned_ms(np.array([1731909704000]), ZoneInfo("Europe/Copenhagen")).tolist()
    [1731906104000]
    """
    if zone is None or zone is UTC:
        return local_ms
    halves, which = np.unique(local_ms // HALF_HOUR_MS, return_inverse=True)
    first, second = (
        np.array([_offset_ms(int(half) * HALF_HOUR_MS, zone, fold) for half in halves], np.int64)
        for fold in (0, 1)
    )
    none = (local_ms == NO_TIME_MS) | (first != second)[which]
    return np.where(none, NO_TIME_MS, local_ms - first[which])


def _offset_ms(local_ms: int, zone: tzinfo, fold: int) -> int:
    try:
        clock = datetime.fromtimestamp(local_ms / 1000, UTC)
        offset = clock.replace(tzinfo=zone, fold=fold).utcoffset()
    except (ValueError, OverflowError, OSError):  # a year that datetime does not know
        return 0
    return round(offset.total_seconds() * 1000) if offset else 0


class _Clock:
    """Reader of texts with digits at fixed places, ``y m d H M S`` in a template."""

    def __init__(self, template: str) -> None:
        self.width = len(template)
        self._places = {mark: [i for i, c in enumerate(template) if c == mark] for mark in "ymdHMS"}
        self._marks = {i: ord(c) for i, c in enumerate(template) if c not in "ymdHMS?"}

    def local_ms(self, chars: Array) -> Array:
        """Clock times of n texts, as :func:`_chars` has them; NO_TIME_MS where unreadable."""
        good = np.ones(chars.shape[1], bool)
        for place, mark in self._marks.items():
            good &= chars[place] == mark
        year, month, day, hour, minute, second = (
            self._number(chars, mark, good) for mark in "ymdHMS"
        )
        good &= (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
        days = _days(year, month, day, good)
        seconds = (hour * 60 + minute) * 60 + second
        return np.where(good, days * DAY_MS + seconds.astype(np.int64) * 1000, NO_TIME_MS)

    def _number(self, chars: Array, mark: str, good: Array) -> Array:
        """The number i4 at the places of `mark`; `good` is unset where one is no digit."""
        number = np.zeros(chars.shape[1], np.int32)
        for place in self._places[mark]:
            digit = chars[place] - np.uint8(DIGIT)
            good &= digit <= 9
            number *= 10
            number += digit
        return number


def _days(year: Array, month: Array, day: Array, good: Array) -> Array:
    """Days i8 since 1970; `good` is unset where there is no such day."""
    months = np.where(good, (year - 1970) * 12 + month - 1, 0)
    first, last = (int(months.min()), int(months.max())) if len(months) else (0, 0)
    starts = np.arange(first, last + 2).astype("M8[M]").astype("M8[D]").astype(np.int64)
    lengths = np.diff(starts)
    good &= (day >= 1) & (day <= lengths[months - first])
    days: Array = starts[months - first] + day - 1
    return days


ISO = _Clock("yyyy-mm-dd?HH:MM:SS")
DANISH = _Clock("dd/mm/yyyy HH:MM:SS")
COMPACT = _Clock("yyyymmdd_HHMMSS")


def _chars(words: Array) -> Array:
    """Bytes u1 of n texts by their place, (WIDTH, n)."""
    return np.ascontiguousarray(words.view(np.uint8).reshape(len(words), WIDTH).T)


def _fixed(clock: _Clock) -> Callable[[Array, tzinfo | None], Array]:
    """Reader of texts that hold a clock's template and nothing else."""

    def read(words: Array, zone: tzinfo | None) -> Array:
        chars = _chars(words)
        local_ms = np.where(chars[clock.width] == 0, clock.local_ms(chars), NO_TIME_MS)
        return zoned_ms(local_ms, zone)

    return read


def _iso(words: Array, zone: tzinfo | None) -> Array:
    chars = _chars(words)
    local_ms = ISO.local_ms(chars)
    between = chars[10]
    good = (between == ord("T")) | (between == ord(" ")) | (between == ord("t"))
    good = (good | (between == ord("_"))) & (local_ms != NO_TIME_MS)
    fraction_ms, ends = _fractions(chars)
    local_ms += fraction_ms
    t_ms = np.full(len(words), NO_TIME_MS, np.int64)
    for end, suffix, these in _suffixes(chars, ends, good):
        t_ms[these] = _with_suffix(local_ms[these], chars[end:, suffix].tobytes(), zone)
    return t_ms


def _suffixes(chars: Array, ends: Array, good: Array) -> Iterator[tuple[int, int, Array]]:
    """Masks of the `good` texts that end alike from `ends` on, with that end and one such text.

    Few sources write times in two ways, and none in more than `MOST_SUFFIXES`: what is left after
    as many is left to slower readers.
    """
    left = good
    for _ in range(MOST_SUFFIXES):
        if not left.any():
            return
        example = int(np.argmax(left))
        end = int(ends[example])
        same = left & (ends == end)
        for place in range(end, WIDTH):
            char = chars[place, example]
            same &= chars[place] == char
            if char == 0:
                break
        yield end, example, same
        left = left & ~same


def _fractions(chars: Array) -> tuple[Array, Array]:
    """Milliseconds after the seconds of ISO texts, and where what follows them begins."""
    end = ISO.width
    fraction_ms = np.zeros(chars.shape[1])
    ends = np.full(chars.shape[1], end)
    more = (chars[end] == ord(".")) | (chars[end] == ord(","))
    weight_ms = 100.0
    for place in range(end + 1, WIDTH - 1):
        if not more.any():
            break
        ends += more
        digit = chars[place] - np.uint8(DIGIT)
        more &= digit <= 9
        fraction_ms += np.where(more, digit * weight_ms, 0)
        weight_ms /= 10
    return np.rint(fraction_ms).astype(np.int64), ends


def _with_suffix(local_ms: Array, suffix: bytes, zone: tzinfo | None) -> Array:
    """UTC of clock times followed by `suffix`: nothing, a name of UTC or an offset."""
    word = suffix.rstrip(b"\0").decode("latin-1").strip().upper()
    if not word:
        return zoned_ms(local_ms, zone)
    if word in ("Z", "UTC", "GMT"):
        return local_ms
    sign, digits = word[0], word[1:].removesuffix("UTC").strip().replace(":", "")
    if sign not in "+-" or not (digits.isascii() and digits.isdigit()) or len(digits) not in (2, 4):
        return np.full(len(local_ms), NO_TIME_MS)
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 23 or minutes > 59:
        return np.full(len(local_ms), NO_TIME_MS)
    offset_ms = (hours * 60 + minutes) * 60_000
    return local_ms - (offset_ms if sign == "+" else -offset_ms)


def _loose(words: Array, zone: tzinfo | None) -> Array:
    return np.array([_loose_ms(word, zone) for word in words.tolist()], np.int64)


def _loose_ms(text: bytes, zone: tzinfo | None) -> int:
    try:
        moment = datetime.fromisoformat(text.decode("ascii").strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone or UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return int(NO_TIME_MS)


def _unix(words: Array, _zone: tzinfo | None) -> Array:
    return unix_ms(np.array([_seconds(word) for word in words.tolist()], np.float64))


def _seconds(word: bytes) -> float:
    """A number written with digits, a point or comma, blanks around it; NaN for anything else."""
    digits = word.strip().replace(b",", b".")
    if not digits.replace(b".", b"", 1).isdigit():
        return np.nan
    return float(digits)


READERS: dict[str, Callable[[Array, tzinfo | None], Array]] = {
    "iso": _iso,
    "danish": _fixed(DANISH),
    "compact": _fixed(COMPACT),
    "unix": _unix,
    "loose": _loose,
}
