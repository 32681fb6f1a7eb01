"""Times as feeds write them, read from raw bytes into milliseconds since 1970, UTC.

Every reader returns :data:`NONE` where there is no time at all and :data:`MALFORMED` where there is
something that is no time; :func:`plausible` then refuses what no AIS receiver can have heard.

=====================================  ==========================================================
tag block ``c:``, line prefix, suffix  Unix seconds, whole or with a fraction; milliseconds above
                                       1e11 (AIS-catcher's rule)
line prefix                            as well, and those of :mod:`cablewatch.ais.prefixes`
line before the sentence               ``$PGHP,1,2008,5,9,0,0,0,10,...``: year to millisecond
=====================================  ==========================================================
"""

from typing import Any, NamedTuple

import numpy as np

from cablewatch.ais.kernels import inlined, kernel
from cablewatch.ais.lanes import eight
from cablewatch.ais.octets import xor
from cablewatch.fixes import Array
from cablewatch.units import DAY_MS, EARLIEST_MS, HOUR_MS, MINUTE_MS

NONE = np.iinfo(np.int64).min
MALFORMED = NONE + 1
LATEST_MS = 4_102_444_800_000  # 2100-01-01T00:00:00Z; bounds times where no receipt time is known

ZERO, NINE = ord("0"), ord("9")
DOT, DASH, COLON, COMMA = ord("."), ord("-"), ord(":"), ord(",")
STAR = ord("*")
PGHP = int.from_bytes(b"$PGHP,", "little")


@inlined
def i64(value: Any) -> int:
    """Make a byte or flag signed: unsigned and signed together would give a float."""
    return np.int64(value)  # type: ignore[return-value]


@inlined
def plausible(t_ms: int, limit_ms: int) -> bool:
    """Whether AIS existed at `t_ms` and the future, after `limit_ms`, has not begun."""
    return EARLIEST_MS <= t_ms <= limit_ms


@kernel
def read_int(data: Array, a: int, b: int) -> int:
    """Decimal digits of ``data[a:b]``, 1 to 18 of them; -1 for anything else."""
    if b - a < 1 or b - a > 18:
        return -1
    value = 0
    for i in range(a, b):
        c = i64(data[i])
        if c < ZERO or c > NINE:
            return -1
        value = value * 10 + c - ZERO
    return value


@kernel
def read_unix(data: Array, a: int, b: int) -> int:
    """Unix time in ``data[a:b]``: seconds, seconds with a fraction, or milliseconds."""
    dot = a
    while dot < b and data[dot] != DOT:
        dot += 1
    whole = read_int(data, a, dot)
    if whole < 0 or whole > 100_000_000_000_000:
        return MALFORMED
    if dot == b:
        return whole if whole > 100_000_000_000 else whole * 1000
    last = min(b, dot + 4)
    fraction = read_int(data, dot + 1, last)
    if fraction < 0:
        return whole * 1000 if dot + 1 == b else MALFORMED
    for _ in range(dot + 4 - last):
        fraction *= 10
    return whole * 1000 + fraction


@inlined
def civil_ms(year: int, month: int, day: int, second_of_day: int) -> int:
    """Milliseconds since 1970 of a date of the Gregorian calendar, for years after 0."""
    y = year - 1 if month <= 2 else year
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1  # year counted from 1 March
    days = 365 * y + y // 4 - y // 100 + y // 400 + day_of_year - 719_468
    return days * DAY_MS + second_of_day * 1000


@inlined
def date_ms(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Milliseconds since 1970, or MALFORMED where a part is out of its range."""
    if year < 1 or year > 9999 or month < 1 or month > 12 or day < 1 or day > 31:
        return MALFORMED
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 60:
        return MALFORMED
    return civil_ms(year, month, day, 0) + hour * HOUR_MS + minute * MINUTE_MS + second * 1000


@kernel
def read_iso(data: Array, a: int, b: int) -> tuple[int, int]:
    """``YYYY-MM-DDThh:mm:ss[.fff]`` or with a blank in place of the T, at the start of the range.

    Returns the time as if UTC and the position behind it; NONE where the range does not begin so.
    """
    if b - a < 19 or data[a + 4] != DASH or data[a + 7] != DASH:
        return NONE, a
    if data[a + 13] != COLON or data[a + 16] != COLON:
        return NONE, a
    t_ms = date_ms(
        read_int(data, a, a + 4),
        read_int(data, a + 5, a + 7),
        read_int(data, a + 8, a + 10),
        read_int(data, a + 11, a + 13),
        read_int(data, a + 14, a + 16),
        read_int(data, a + 17, a + 19),
    )
    if t_ms == MALFORMED:
        return MALFORMED, a
    fraction_ms, at = read_fraction(data, a + 19, b)
    return t_ms + fraction_ms, at


@kernel
def read_fraction(data: Array, a: int, b: int) -> tuple[int, int]:
    """Milliseconds of a fraction of a second that begins with its dot; the position behind it."""
    fraction_ms = 0
    if a >= b or data[a] != DOT:
        return fraction_ms, a
    scale = 100
    a += 1
    while a < b and ZERO <= data[a] <= NINE:
        fraction_ms += (i64(data[a]) - ZERO) * scale
        scale //= 10
        a += 1
    return fraction_ms, a


@kernel
def read_suffix(data: Array, a: int, b: int) -> int:
    """Unix time in the last of the fields that the US Coast Guard adds behind the checksum."""
    while b > a and data[b - 1] <= 32:
        b -= 1
    start = b
    while start > a and data[start - 1] != COMMA:
        start -= 1
    if start == a or b - start < 9 or read_int(data, start, b) < 0:
        return NONE
    return read_unix(data, start, b)


class Second(NamedTuple):
    """Text of the last ``$PGHP`` line up to its milliseconds, and the time that it means.

    A receiver writes hundreds of such lines a second, all with this text.
    """

    text: Array  # i8 (4,): eight bytes at 0, 8, and 16 and 8 before its end
    now: Array  # i8 (2,): length, 0 for no text; time

    @classmethod
    def make(cls) -> "Second":
        """No line seen yet."""
        return cls(np.zeros(4, np.int64), np.zeros(2, np.int64))


@inlined
def is_pghp(data: Array, a: int, b: int) -> bool:
    """Whether ``data[a:b]`` begins with ``$PGHP,``."""
    return b - a > 6 and eight(data, a) & 0xFFFF_FFFF_FFFF == PGHP


@inlined
def read_pghp(data: Array, a: int, b: int, second: Second) -> int:
    """Time of a ``$PGHP`` line; MALFORMED where its checksum or a field is wrong."""
    while b > a and data[b - 1] <= 32:
        b -= 1
    star = b - 3
    if star < a + 6 or data[star] != STAR:
        return MALFORMED
    if read_hex(data, star + 1) != xor(data, a + 1, star):
        return MALFORMED
    at = a + second.now[0]
    if second.now[0] == 0 or at > star or not _same_text(data, a, at, second.text):
        at = _read_second(data, a, star, second)
    if at < 0:
        return MALFORMED
    millisecond, _ = _field(data, at, star)
    if millisecond < 0 or millisecond > 999:
        return MALFORMED
    return second.now[1] + millisecond  # type: ignore[no-any-return]


@inlined
def _same_text(data: Array, a: int, b: int, text: Array) -> bool:
    """Whether the 16 to 32 bytes before `b` are the text."""
    return bool(
        eight(data, a) == text[0]
        and eight(data, a + 8) == text[1]
        and eight(data, b - 16) == text[2]
        and eight(data, b - 8) == text[3]
    )


@kernel
def _read_second(data: Array, a: int, star: int, second: Second) -> int:
    """Read year to second into `second`; the position of the milliseconds, -1 for no time."""
    one, at = _field(data, a + 6, star)
    year, at = _field(data, at, star)
    month, at = _field(data, at, star)
    day, at = _field(data, at, star)
    hour, at = _field(data, at, star)
    minute, at = _field(data, at, star)
    whole, at = _field(data, at, star)
    t_ms = date_ms(year, month, day, hour, minute, whole)
    second.now[0] = 0
    if one != 1 or t_ms == MALFORMED:
        return -1
    second.now[1] = t_ms
    if 16 <= at - a <= 32 and data[at - 1] == COMMA:
        second.now[0] = at - a
        second.text[0], second.text[1] = eight(data, a), eight(data, a + 8)
        second.text[2], second.text[3] = eight(data, at - 16), eight(data, at - 8)
    return at


@inlined
def _field(data: Array, a: int, b: int) -> tuple[int, int]:
    """Read the number before the next comma, and where the field behind it begins."""
    value = 0
    malformed = a >= b or data[a] == COMMA
    for c in data[a:b]:
        a += 1
        if c == COMMA:
            break
        malformed |= c < ZERO or c > NINE or value > 1_000_000
        value = value * 10 + i64(c) - ZERO
    return -1 if malformed else value, a


@inlined
def read_hex(data: Array, a: int) -> int:
    """Two hexadecimal digits of either case at `a`; -1 for anything else."""
    value = 0
    for i in range(a, a + 2):
        c = i64(data[i])
        if ZERO <= c <= NINE:
            value = value * 16 + c - ZERO
        elif 65 <= c <= 70:
            value = value * 16 + c - 55
        elif 97 <= c <= 102:
            value = value * 16 + c - 87
        else:
            return -1
    return value
