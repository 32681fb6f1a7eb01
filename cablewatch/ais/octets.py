"""Searches, checksums and six-bit payloads over the bytes of a feed, 32 at a time.

Every search may read, though not heed, PAD bytes behind the range that it is given: whoever hands
data to a kernel ends the range so long before the end of its array.
"""

from cablewatch.ais.kernels import inlined
from cablewatch.ais.lanes import LANES, among, lowest, store_sixes, xor_first
from cablewatch.fixes import Array

PAD = LANES
CHARS_PER_WORD = 8
WORD_BITS = 6 * CHARS_PER_WORD

LF, CR, BANG = ord("\n"), ord("\r"), ord("!")


@inlined
def seek(data: Array, a: int, b: int, byte: int) -> int:
    """Position of the first `byte` in ``data[a:b]``, or `b`."""
    p = a
    while p < b:
        mask = among(data, p, byte, byte)
        if mask != 0:
            return min(p + lowest(mask), b)
        p += LANES
    return b


@inlined
def line_end(data: Array, a: int, b: int) -> tuple[int, int]:
    """Position of the first line end in ``data[a:b]``, or `b`, and of the first ``!`` before it.

    The second is -1 where the line has none.
    """
    bang = -1
    p = a
    while p < b:
        if bang < 0:
            mask = among(data, p, BANG, BANG)
            if mask != 0:
                bang = p + lowest(mask)
        mask = among(data, p, LF, LF) | among(data, p, CR, CR)
        if mask != 0:
            end = min(p + lowest(mask), b)
            return end, bang if bang < end else -1
        p += LANES
    return b, bang if bang < b else -1


@inlined
def xor(data: Array, a: int, b: int) -> int:
    """XOR of the bytes of ``data[a:b]``, the checksum of NMEA."""
    x = 0
    for p in range(a, b, LANES):
        x ^= xor_first(data, p, min(b - p, LANES))
    x ^= x >> 32
    x ^= x >> 16
    return (x ^ x >> 8) & 0xFF


@inlined
def pack(data: Array, a: int, b: int, words: Array) -> int:
    """Pack payload characters of ``data[a:b]`` into `words`, eight in 48 bits, the first highest.

    ``0``-``W`` are 0-39 and a backquote to ``w`` are 40-63 (ITU-R M.1371-5 and IEC 61162-1, table
    of six-bit fields). Returns where the payload ends; behind it `words` holds zeros for as long
    as the word, and one more.
    """
    k = 0
    p = a
    while True:
        armour = among(data, p, ord("0"), ord("W")) | among(data, p, ord("`"), ord("w"))
        used = min(lowest(~armour), LANES, b - p)
        store_sixes(data, p, used, words, k)
        k += LANES // CHARS_PER_WORD
        p += used
        if used < LANES:
            words[k] = 0
            return p
