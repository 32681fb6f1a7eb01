r"""Tag blocks: ``\k:v,k:v*hh\`` in front of a sentence (NMEA 0183 4.10; IEC 62320-1 and 61162-450).

===========  ==========================================================================
key          use here
===========  ==========================================================================
c            time of the source, see :mod:`cablewatch.ais.times`
s            source, the name of a station; up to 32 characters count
g, 1G2       group: ``g:1-2-73874`` and ``1G2:73874`` are part 1 of 2 of group 73874
d, n, r, t   and any other key: read over
===========  ==========================================================================

A block is trusted as a whole or not at all: where its checksum fails or is missing, none of its
values is used and the message carries ``TAGBLOCK_UNTRUSTED``.
"""

from typing import NamedTuple

from cablewatch.ais.kernels import inlined, kernel
from cablewatch.ais.octets import seek, xor
from cablewatch.ais.times import (
    COLON,
    COMMA,
    DASH,
    NINE,
    NONE,
    STAR,
    ZERO,
    read_hex,
    read_int,
    read_unix,
)
from cablewatch.fixes import Array

BACKSLASH = ord("\\")
MAX_SOURCE = 32


class Tag(NamedTuple):
    """What the tag blocks of one sentence say together; later blocks complete earlier ones."""

    well_formed: bool
    trusted: bool
    t_ms: int  # NONE, MALFORMED or a time
    source: int  # position of the source's name
    source_chars: int
    group: int  # -1 none


@inlined
def read_blocks(data: Array, a: int, b: int) -> Tag:
    """Read all blocks in ``data[a:b]``, the text from the first backslash to the sentence."""
    tag = Tag(True, True, NONE, a, 0, -1)
    if b - a == 1:  # a lone backslash is an empty block without a checksum
        return Tag(True, False, NONE, a, 0, -1)
    while a < b:
        close = seek(data, a + 1, b, BACKSLASH)
        if data[a] != BACKSLASH or close >= b:
            return Tag(False, False, NONE, a, 0, -1)
        tag = _read_block(data, a + 1, close, tag)
        a = close + 1
        while a < b and data[a] <= 32:
            a += 1
    return tag


@inlined
def _read_block(data: Array, a: int, b: int, tag: Tag) -> Tag:
    star = seek(data, a, b, STAR)
    if not tag.trusted or star + 3 != b:
        return Tag(True, False, NONE, a, 0, -1)
    if read_hex(data, star + 1) != xor(data, a, star):
        return Tag(True, False, NONE, a, 0, -1)
    t_ms, source, source_chars, group = tag.t_ms, tag.source, tag.source_chars, tag.group
    while a < star:
        end = seek(data, a, star, COMMA)
        if end - a > 2 and data[a + 1] == COLON:
            key = data[a]
            if key == ord("c"):
                t_ms = read_unix(data, a + 2, end)
            elif key == ord("s"):
                source, source_chars = a + 2, min(end - a - 2, MAX_SOURCE)
            elif key == ord("g"):
                group = _read_group(data, a + 2, end)
        elif end - a > 4 and data[a + 1] == ord("G") and data[a + 3] == COLON:
            group = read_int(data, a + 4, end)
        a = end + 1
    return Tag(True, True, t_ms, source, source_chars, group)


@kernel
def _read_group(data: Array, a: int, b: int) -> int:
    """Group id of ``number-total-id``; -1 where the value is something else."""
    dashes = 0
    while a < b and dashes < 2:
        c = data[a]
        if c == DASH:
            dashes += 1
        elif c < ZERO or c > NINE:
            return -1
        a += 1
    return read_int(data, a, b) if dashes == 2 else -1
