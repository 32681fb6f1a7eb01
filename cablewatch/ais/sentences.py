"""One AIS sentence: ``!ttVDM,count,number,sequence,channel,payload,fill*hh``.

=========  ==================================================================================
field      grammar
=========  ==================================================================================
tt         talker, two characters; VDM from others, VDO own ship
count      1-9, parts of the message
number     1-count, this part
sequence   empty or 1-4 digits
channel    empty, one letter or digit, or a letter with up to two digits
payload    six bits a character: ``0``-``W`` are 0-39, a backquote to ``w`` are 40-63
fill       0-5, padding bits at the end
hh         XOR of all between ``!`` and ``*``, hexadecimal in either case
=========  ==================================================================================

:func:`scan` reads a correct sentence in one pass, payload included; where it stops,
:func:`diagnose` finds the first broken rule in the order of its text. A payload is packed into
words of 48 bits, eight characters each, so that a field is found by a division and a shift.
"""

from typing import NamedTuple

import numpy as np

from cablewatch.ais.flags import Reason
from cablewatch.ais.kernels import inlined, kernel
from cablewatch.ais.octets import CHARS_PER_WORD, pack, xor
from cablewatch.ais.times import COMMA, NINE, STAR, ZERO, i64, read_hex
from cablewatch.fixes import Array

BANG, LETTER_V, LETTER_D, LETTER_M, LETTER_O = (ord(c) for c in "!VDMO")
ONE = ord("1")
MIN_BITS = 38  # type, repeat indicator and MMSI: what every message begins with
MAX_CHARS = 180
"""Payload characters kept; the longest message, type 26 in five slots, has 1,064 bits in 178."""
MAX_LINE_BYTES = 1024
WORDS = MAX_LINE_BYTES // CHARS_PER_WORD + 5  # a payload as long as a line, written by fours

BAD_CHAR = int(Reason.BAD_CHAR)
BAD_FIELD_COUNT = int(Reason.BAD_FIELD_COUNT)
NO_CHECKSUM = int(Reason.NO_CHECKSUM)
BAD_FRAGMENT_FIELD = int(Reason.BAD_FRAGMENT_FIELD)
BAD_CHECKSUM = int(Reason.BAD_CHECKSUM)
BAD_SEQ_ID = int(Reason.BAD_SEQ_ID)
BAD_CHANNEL = int(Reason.BAD_CHANNEL)
BAD_FILL = int(Reason.BAD_FILL)
BAD_ARMOR = int(Reason.BAD_ARMOR)
BAD_LENGTH = int(Reason.BAD_LENGTH)

ARMOR = np.full(256, 255, np.uint8)  # ITU-R M.1371-5 and IEC 61162-1, table of six-bit fields
ARMOR[48:88] = np.arange(40)
ARMOR[96:120] = np.arange(40, 64)


class Sentence(NamedTuple):
    """A scanned sentence; where it is not `correct` the rest means nothing."""

    correct: bool
    end: int  # behind the checksum
    address: int  # talker and M or O, three bytes
    parts: int  # the count of the sentence
    number: int
    sequence: int  # -1 empty
    channel: int  # its bytes as a number; 0 empty
    payload: int  # position of the payload
    chars: int
    fill: int


@inlined
def find(data: Array, a: int, b: int) -> int:
    """Position of the first ``!ttVDM`` or ``!ttVDO`` in ``data[a:b]``, or -1."""
    for i in range(a, b - 5):
        if data[i] == BANG and data[i + 3] == LETTER_V and data[i + 4] == LETTER_D:
            own = data[i + 5] == LETTER_O
            if (own or data[i + 5] == LETTER_M) and _talker(data[i + 1]) and _talker(data[i + 2]):
                return i
    return -1


@inlined
def _talker(c: int) -> bool:
    return ord("A") <= c <= ord("Z") or ZERO <= c <= NINE


@inlined
def scan(data: Array, a: int, b: int, words: Array) -> Sentence:
    """Read the sentence whose ``!`` is at `a`, within ``data[:b]``; its payload goes to `words`."""
    refused = Sentence(False, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    if b - a < 18 or data[a + 6] != COMMA or data[a + 8] != COMMA or data[a + 10] != COMMA:
        return refused
    count = i64(data[a + 7]) - ZERO
    number = i64(data[a + 9]) - ZERO
    if number < 1 or number > count or count > 9:
        return refused
    sequence, p = read_sequence(data, a + 11, b)
    channel, payload = read_channel(data, p, b)
    if sequence == -2 or channel < 0:
        return refused
    p = pack(data, payload, b, words)
    if p + 5 > b or data[p] != COMMA or data[p + 2] != STAR:
        return refused
    fill = i64(data[p + 1]) - ZERO
    if fill < 0 or fill > 5 or xor(data, a + 1, p + 2) != read_hex(data, p + 3):
        return refused
    address = i64(data[a + 1]) << 16 | i64(data[a + 2]) << 8 | i64(data[a + 5])
    chars = p - payload
    return Sentence(True, p + 5, address, count, number, sequence, channel, payload, chars, fill)


@inlined
def read_sequence(data: Array, a: int, b: int) -> tuple[int, int]:
    """Sequence number, -1 empty or -2 malformed, and where the next field begins."""
    value = -1
    p = a
    while p < b and data[p] != COMMA:
        c = i64(data[p])
        if c < ZERO or c > NINE or p - a == 4:
            return -2, p
        value = max(value, 0) * 10 + c - ZERO
        p += 1
    return value, p + 1


@inlined
def read_channel(data: Array, a: int, b: int) -> tuple[int, int]:
    """Channel as a number of at most 21 bits, 0 empty or -1 malformed, and where it ends."""
    value = 0
    p = a
    while p < b and data[p] != COMMA:
        c = i64(data[p])
        digit = ZERO <= c <= NINE
        letter = ord("A") <= (c & 0xDF) <= ord("Z")
        if p == a:
            if not (digit or letter):
                return -1, p
        elif not digit or p - a == 3 or value <= NINE:
            return -1, p
        value = value << 7 | c
        p += 1
    return value, p + 1


@kernel
def diagnose(data: Array, a: int, b: int, comma: Array) -> int:
    """Find the first rule that the sentence at `a` breaks; `comma` is room for seven positions."""
    following = find(data, a + 1, b)
    if following >= 0:
        b = following
    star = a
    while star < b and data[star] != STAR:
        if data[star] < 32 or data[star] > 126:
            return BAD_CHAR
        star += 1
    commas = 0
    for i in range(a, star):
        if data[i] == COMMA:
            if commas < 7:
                comma[commas] = i
            commas += 1
    if star + 1 >= b or data[star + 1] <= 32 or data[star + 1] == COMMA:
        return BAD_FIELD_COUNT if commas < 5 else NO_CHECKSUM
    if commas < 6:
        return BAD_FIELD_COUNT
    sequence, _ = read_sequence(data, comma[2] + 1, star)
    if not _fragment_fields(data, comma, sequence):
        return BAD_FRAGMENT_FIELD
    if commas > 6:
        return BAD_FIELD_COUNT
    first = comma[4] + 1
    for i in range(first, comma[5]):
        if ARMOR[data[i]] == 255:
            return BAD_ARMOR
    if data[a + 7] == ONE and (comma[5] - first) * 6 < MIN_BITS:
        return BAD_LENGTH
    x = 0
    for i in range(a + 1, star):
        x ^= i64(data[i])
    if star + 3 > b or read_hex(data, star + 1) != x:
        return BAD_CHECKSUM
    if sequence == -2:
        return BAD_SEQ_ID
    channel, _ = read_channel(data, comma[3] + 1, star)
    if channel < 0:
        return BAD_CHANNEL
    return BAD_FILL


@kernel
def _fragment_fields(data: Array, comma: Array, sequence: int) -> bool:
    if comma[1] - comma[0] != 2 or comma[2] - comma[1] != 2:
        return False
    count = i64(data[comma[0] + 1]) - ZERO
    number = i64(data[comma[1] + 1]) - ZERO
    if count > 1 and sequence == -2:
        return False
    return count <= 9 and 1 <= number <= count
