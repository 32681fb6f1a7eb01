"""Bit layouts of the decoded messages (ITU-R M.1371-5, annex 8): first bit, width.

====================  =========  =========  =======  =======  =======  =======  =========
field                 1, 2, 3    4, 11      9        18       19       21       27
====================  =========  =========  =======  =======  =======  =======  =========
type, repeat, mmsi    0 6, 6 2, 8 30 in every type
nav status            38 4                                                      40 4
rate of turn          42 s8
SOG, 1/10 kn          50 10                 50 10 *  46 10    46 10             79 6 *
accuracy              60 1       78 1       60 1     56 1     56 1     163 1    38 1
longitude             61 s28     79 s28     61 s28   57 s28   57 s28   164 s28  44 s18
latitude              89 s27     107 s27    89 s27   85 s27   85 s27   192 s27  62 s17
COG, 1/10 degree      116 12                116 12   112 12   112 12            85 9 *
heading               128 9                          124 9    124 9
====================  =========  =========  =======  =======  =======  =======  =========

Positions count 1/10,000 minute, in type 27 1/10 minute; a star marks whole knots and degrees.
Types 4 and 11 also carry year 38 14, month 52 4, day 56 5, hour 61 5, minute 66 6, second 72 6;
type 9 altitude 38 12 (m); type 21 its kind 38 5 and name 43 120.

====================  =========  =========  =======  =======
static field          5          19         24 A     24 B
====================  =========  =========  =======  =======
part number                                 38 2     38 2
IMO number            40 30
call sign             70 42                          90 42
name                  112 120    143 120    40 120
ship type             232 8      263 8               40 8
bow, stern            240 9 9    271 9 9             132 9 9
port, starboard       258 6 6    289 6 6             150 6 6
draught, 1/10 m       294 8
destination           302 120
====================  =========  =========  =======  =======

Text has six bits a character; ``@`` ends it and blanks at its end are cut off.
"""

from typing import Any, NamedTuple

import numpy as np

from cablewatch.ais.flags import TYPES, MessageFlag, Reason
from cablewatch.ais.kernels import inlined, kernel
from cablewatch.ais.octets import WORD_BITS
from cablewatch.ais.times import i64
from cablewatch.fixes import Array

MIN_BITS = np.zeros(TYPES + 1, np.int64)
MAX_BITS = np.zeros(TYPES + 1, np.int64)
FULL_BITS = np.zeros((TYPES + 1, 2), np.int64)
"""Shortest and longest form without a SHORT or LONG flag; zeros where any length is ordinary."""

_LENGTHS = {
    # type: (fewest, most bits accepted), and in types 1-5 and 18, 19 the ordinary length
    1: (149, 300, 168, 168),  # sync and slot fields may be missing: nothing here reads them
    2: (149, 300, 168, 168),
    3: (149, 300, 168, 168),
    4: (149, 300, 168, 168),
    5: (422, 450, 422, 426),  # 424, sent in 71 characters with 2 or no fill bits, 422 by some
    6: (88, 1008, 0, 1064),
    7: (72, 168, 0, 1064),
    8: (56, 1008, 0, 1064),
    9: (149, 300, 168, 168),
    10: (72, 168, 0, 1064),
    11: (149, 300, 168, 168),
    12: (72, 1008, 0, 1064),
    13: (72, 168, 0, 1064),
    14: (40, 1008, 0, 1064),
    15: (88, 168, 0, 1064),
    16: (92, 168, 0, 1064),
    17: (80, 816, 0, 1064),
    18: (149, 300, 168, 168),
    19: (301, 360, 312, 312),
    20: (72, 186, 0, 1064),
    21: (253, 370, 0, 1064),
    22: (168, 168, 0, 1064),
    23: (160, 168, 0, 1064),
    24: (160, 168, 0, 1064),
    25: (40, 168, 0, 1064),
    26: (60, 1064, 0, 1064),
    27: (94, 168, 0, 1064),
    28: (168, 168, 0, 1064),  # ITU-R M.1371-6: an aid to navigation in one slot
}
for _kind, (_fewest, _most, _low, _high) in _LENGTHS.items():
    MIN_BITS[_kind], MAX_BITS[_kind] = _fewest, _most
    FULL_BITS[_kind] = _low, _high

SHORT, LONG = int(MessageFlag.SHORT), int(MessageFlag.LONG)
NO_POSITION = int(MessageFlag.NO_POSITION)
OUT_OF_RANGE = int(MessageFlag.POSITION_OUT_OF_RANGE)
NULL_ISLAND = int(MessageFlag.POSITION_SUSPECT_NULL_ISLAND)
NO_SPEED, SPEED_SATURATED = int(MessageFlag.NO_SPEED), int(MessageFlag.SPEED_SATURATED)
NO_COURSE, NO_HEADING = int(MessageFlag.NO_COURSE), int(MessageFlag.NO_HEADING)
NO_ROT = int(MessageFlag.NO_ROT)
STATUS_SPEED = int(MessageFlag.STATUS_SPEED_CONFLICT)
TEXT_UNTRUSTED = int(MessageFlag.TEXT_UNTRUSTED)

BAD_LENGTH, UNKNOWN_TYPE = int(Reason.BAD_LENGTH), int(Reason.UNKNOWN_TYPE)
BAD_PARTNO = int(Reason.BAD_PARTNO)

UNITS_PER_DEGREE = 600_000  # 1/10,000 minute
COARSE_PER_DEGREE = 600  # 1/10 minute
STILL_MAX_SOG_KN = 3.0  # SOLAS V/19.2.4 reporting of A.917(22): anchored or moored means below 3 kn
STRAY = (ord("<"), ord(">"))
BLANK = ord(" ")


class Motion(NamedTuple):
    """Position, speed and course of one report; NaN is not available."""

    flags: int
    valid: bool  # position usable
    accurate: bool
    lon_deg: float
    lat_deg: float
    sog_kn: float
    cog_deg: float
    heading_deg: float


@inlined
def uint(words: Any, start: int, width: int) -> int:
    """Unsigned field of at most 48 bits."""
    i = start // WORD_BITS
    end = start - WORD_BITS * i + width
    if end <= WORD_BITS:
        return i64((words[i] >> (WORD_BITS - end)) & ((1 << width) - 1))
    head = words[i] & ((1 << (WORD_BITS - end + width)) - 1)
    return i64(head << (end - WORD_BITS) | words[i + 1] >> (2 * WORD_BITS - end))


@inlined
def sint(words: Array, start: int, width: int) -> int:
    """Two's complement field."""
    value = uint(words, start, width)
    return value - (1 << width) if value >> (width - 1) else value


@kernel
def text(words: Array, start: int, chars: int, row: Array, at: int) -> int:
    """Write six-bit text to ``row[at:at + chars]``, padded with zeros; TEXT_UNTRUSTED or 0."""
    used = 0
    flags = 0
    for k in range(chars):
        six = uint(words, start + 6 * k, 6)
        if six == 0:
            break
        c = six + 64 if six < 32 else six
        row[at + k] = c
        if c in STRAY:
            flags = TEXT_UNTRUSTED
        if c != BLANK:
            used = k + 1
    row[at + used : at + chars] = 0
    return flags


@kernel
def safety_text_flags(words: Array, start: int, bits: int) -> int:
    """TEXT_UNTRUSTED or 0 for the free text of types 12 and 14."""
    for at in range(start, bits - 5, 6):
        c = uint(words, at, 6)
        if c in STRAY:
            return TEXT_UNTRUSTED
    return 0


@inlined
def fault(words: Array, bits: int) -> int:
    """Why a payload of so many bits is no message, or 0."""
    if bits < 38:
        return BAD_LENGTH
    kind = uint(words, 0, 6)
    if kind == 0 or kind > TYPES:
        return UNKNOWN_TYPE
    if bits < MIN_BITS[kind] or bits > MAX_BITS[kind]:
        return BAD_LENGTH
    if kind == 24:
        part = uint(words, 38, 2)
        if part > 1:
            return BAD_PARTNO
        if part == 1 and bits < 162:
            return BAD_LENGTH
    return 0


@inlined
def length_flags(kind: int, bits: int) -> int:
    """SHORT, LONG or 0."""
    if bits < FULL_BITS[kind, 0]:
        return SHORT
    return LONG if bits > FULL_BITS[kind, 1] else 0


@inlined
def motion(
    words: Array, sog_at: int, accuracy_at: int, lon_at: int, cog_at: int, heading_at: int
) -> Motion:
    """Read a report whose fields begin at the given bits; -1 for a field that it lacks."""
    flags = 0
    sog_kn = cog_deg = heading_deg = np.nan
    if sog_at >= 0:
        raw = uint(words, sog_at, 10)
        if raw == 1023:
            flags |= NO_SPEED
        elif raw == 1022:
            flags |= SPEED_SATURATED
        else:
            sog_kn = raw / 10.0
    if cog_at >= 0:
        raw = uint(words, cog_at, 12)
        if raw >= 3600:
            flags |= NO_COURSE
        else:
            cog_deg = raw / 10.0
    if heading_at >= 0:
        raw = uint(words, heading_at, 9)
        if raw >= 360:
            flags |= NO_HEADING
        else:
            heading_deg = np.float64(raw)
    lon = sint(words, lon_at, 28)
    lat = sint(words, lon_at + 28, 27)
    doubt = position_flags(lon, lat, UNITS_PER_DEGREE)
    lon_deg, lat_deg = lon / 600_000.0, lat / 600_000.0
    accurate = uint(words, accuracy_at, 1) == 1
    return Motion(
        flags | doubt, doubt == 0, accurate, lon_deg, lat_deg, sog_kn, cog_deg, heading_deg
    )


@inlined
def position_flags(lon: int, lat: int, per_degree: int) -> int:
    """Why a position is unusable, or 0."""
    if lon == 181 * per_degree or lat == 91 * per_degree:
        return NO_POSITION
    if abs(lon) > 180 * per_degree or abs(lat) > 90 * per_degree:
        return OUT_OF_RANGE
    return NULL_ISLAND if lon == 0 and lat == 0 else 0


@kernel
def coarse_motion(words: Array) -> Motion:
    """Type 27."""
    flags = 0
    sog_kn = cog_deg = np.nan
    raw = uint(words, 79, 6)
    if raw == 63:
        flags |= NO_SPEED
    else:
        sog_kn = np.float64(raw)
    raw = uint(words, 85, 9)
    if raw >= 360:
        flags |= NO_COURSE
    else:
        cog_deg = np.float64(raw)
    lon, lat = sint(words, 44, 18), sint(words, 62, 17)
    doubt = position_flags(lon, lat, COARSE_PER_DEGREE)
    accurate = uint(words, 38, 1) == 1
    lon_deg, lat_deg = lon / 600.0, lat / 600.0
    return Motion(flags | doubt, doubt == 0, accurate, lon_deg, lat_deg, sog_kn, cog_deg, np.nan)


@inlined
def status_flags(status: int, sog_kn: float) -> int:
    """STATUS_SPEED_CONFLICT where a ship at anchor (1), moored (5) or aground (6) is fast."""
    still = status == 1 or status == 5 or status == 6
    return STATUS_SPEED if still and sog_kn > STILL_MAX_SOG_KN else 0
