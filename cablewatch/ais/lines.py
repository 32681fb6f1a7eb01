r"""Lines of a feed into messages: the kernel that :class:`cablewatch.ais.Decoder` drives.

A line is ``[prefix] [\tag block\] !sentence [,suffix]``, several of them where a line end was lost,
``$PGHP`` with the time of the next sentence, or not AIS. The time of a sentence comes from its tag
block, else its prefix, else its suffix, else a ``$PGHP`` line; each is passed over, with a flag, if
malformed or implausible. Without any of them the moment of receipt stands in, and in a recording,
which has none, the last time that the stream gave.
"""

from typing import NamedTuple

import numpy as np

from cablewatch.ais import reassembly
from cablewatch.ais.flags import MessageFlag, Reason
from cablewatch.ais.kernels import inlined, kernel
from cablewatch.ais.octets import line_end, seek
from cablewatch.ais.prefixes import AMBIGUOUS, Wall, read_prefix
from cablewatch.ais.reassembly import Pending
from cablewatch.ais.reports import accept, refuse
from cablewatch.ais.rows import LINE, MESSAGES, Rows, Stamp
from cablewatch.ais.sentences import (
    LETTER_D,
    LETTER_O,
    LETTER_V,
    MAX_LINE_BYTES,
    WORDS,
    Sentence,
    diagnose,
    find,
    scan,
)
from cablewatch.ais.tagblocks import BACKSLASH, MAX_SOURCE, Tag, read_blocks
from cablewatch.ais.times import (
    NONE,
    STAR,
    Second,
    i64,
    is_pghp,
    plausible,
    read_pghp,
    read_suffix,
)
from cablewatch.fixes import Array

MAX_SENTENCES = MAX_LINE_BYTES // 18 + 1
"""Most sentences in one line; the shortest has 18 bytes."""
MAX_SOURCES = 1 << 14

TIME_UNTRUSTED = int(MessageFlag.TIME_UNTRUSTED)
TAGBLOCK_UNTRUSTED = int(MessageFlag.TAGBLOCK_UNTRUSTED)
OWN_SHIP = int(MessageFlag.OWN_SHIP)
NOT_AIS, BAD_START = int(Reason.NOT_AIS), int(Reason.BAD_START)
BAD_FIELD_COUNT, BAD_TAGBLOCK = int(Reason.BAD_FIELD_COUNT), int(Reason.BAD_TAGBLOCK)
BAD_LENGTH, TOO_LONG = int(Reason.BAD_LENGTH), int(Reason.TOO_LONG)

PGHP_MS, LAST_MS, ORDINAL, SOURCES, LOST = range(5)
"""Indices of ``State.now``: pending $PGHP time, last time given, sentences seen, sources known, and
sentences or lines refused, which may have been any source's."""


class State(NamedTuple):
    """All that a stream carries from one line to the next, in arrays."""

    now: Array  # i8 (5,)
    words: Array  # i8, the payload at hand
    pending: Pending
    second: Second
    wall: Wall
    source_names: Array  # u1 (MAX_SOURCES, MAX_SOURCE)
    source_hash: Array  # i8 (2 MAX_SOURCES,), open addressing; 0 free
    source_code: Array  # i4
    source_sentences: Array  # i8 (MAX_SOURCES,), sentences seen of each; at 0 of all together

    @classmethod
    def make(cls, wall: Wall) -> "State":
        """Nothing seen yet; source 0 is "none named"."""
        return cls(
            np.array([NONE, NONE, 0, 1, 0], np.int64),
            np.zeros(WORDS, np.int64),
            Pending.make(),
            Second.make(),
            wall,
            np.zeros((MAX_SOURCES, MAX_SOURCE), np.uint8),
            np.zeros(2 * MAX_SOURCES, np.int64),
            np.zeros(2 * MAX_SOURCES, np.int32),
            np.zeros(MAX_SOURCES, np.int64),
        )


@kernel
def read_lines(
    data: Array,
    a: int,
    b: int,
    receipt_ms: int,
    limit_ms: int,
    state: State,
    rows: Rows,
) -> int:
    """Read the lines of ``data[a:b]``, each with its end, until `rows` could overflow.

    PAD bytes of `data` follow. No table has more rows than that of the messages.
    Returns the position of the first line not read.
    """
    room = len(rows.messages) - MAX_SENTENCES
    while a < b and rows.filled[MESSAGES] <= room:
        rows.filled[LINE] = a
        end, bang = line_end(data, a, b)
        _read_line(data, a, end, bang, receipt_ms, limit_ms, state, rows)
        a = end + 1
    return a


@inlined
def _read_line(
    data: Array,
    a: int,
    b: int,
    bang: int,
    receipt_ms: int,
    limit_ms: int,
    state: State,
    rows: Rows,
) -> None:
    if b - a > MAX_LINE_BYTES:
        refuse(rows, TOO_LONG)
        return
    while a < b and data[a] <= 32:
        a += 1
    if a == b:
        return
    first = data[a]
    if bang >= 0:
        bang = -1 if first == ord("{") or first == ord("#") else find(data, bang, b)
    if is_pghp(data, a, b):
        state.now[PGHP_MS] = read_pghp(data, a, b, state.second)
    elif bang < 0:
        refuse(rows, _not_ais(data, a, b))
        state.now[LOST] += first != ord("$") and first != BACKSLASH
    while bang >= 0:
        state.now[ORDINAL] += 1
        part = scan(data, bang, b, state.words)
        end = part.end if part.correct else bang + 1
        following = find(data, end, b) if b - end > 5 else -1
        stop = following if following >= 0 else b
        _sentence(data, a, bang, stop, part, receipt_ms, limit_ms, state, rows)
        state.now[PGHP_MS] = NONE
        a, bang = end, following


@kernel
def _not_ais(data: Array, a: int, b: int) -> int:
    """Reason for a line without a sentence."""
    if data[a] == BACKSLASH:
        if seek(data, a, b, ord("c")) == b:
            return NOT_AIS  # without the key of the time
        tag = read_blocks(data, a, b)
        if tag.well_formed and tag.t_ms != NONE:
            return BAD_FIELD_COUNT  # the block of a lost sentence
    dollar = data[a] == ord("$") and b - a > 5
    if dollar and data[a + 3] == LETTER_V and data[a + 4] == LETTER_D:
        for i in range(a, b):
            if data[i] == STAR:
                return BAD_START
        return BAD_FIELD_COUNT
    return NOT_AIS


@inlined
def _sentence(
    data: Array,
    a: int,
    bang: int,
    stop: int,
    part: Sentence,
    receipt_ms: int,
    limit_ms: int,
    state: State,
    rows: Rows,
) -> None:
    """One sentence with the text before it from `a` and behind it up to `stop`."""
    slash = a
    while slash < bang and data[slash] != BACKSLASH:
        slash += 1
    tag = read_blocks(data, slash, bang)
    if not part.correct:
        refuse(rows, diagnose(data, bang, stop, state.words))
        state.now[LOST] += 1
        return
    if not tag.well_formed:
        refuse(rows, BAD_TAGBLOCK)
        state.now[LOST] += 1
        return
    code, source = 0, 0 if tag.trusted else reassembly.UNTRUSTED
    if tag.source_chars > 0:
        code, source = _source(data, tag, state)
    state.source_sentences[0] += 1
    if code > 0:
        state.source_sentences[code] += 1
    before, behind = slash > a, stop > part.end
    prefix_ms = read_prefix(data, a, slash, state.wall) if before else NONE
    suffix_ms = read_suffix(data, part.end, stop) if behind else NONE
    doubts = 0 if tag.trusted else TAGBLOCK_UNTRUSTED
    if part.address & 0xFF == LETTER_O:
        doubts |= OWN_SHIP
    stamp = _stamp(tag.t_ms, prefix_ms, suffix_ms, receipt_ms, limit_ms, doubts, code, state)
    if part.parts == 1:
        accept(state.words, 6 * part.chars - part.fill, stamp, rows)
        return
    pending = state.pending
    near = state.source_sentences[code] + state.now[LOST]
    slot = reassembly.add(
        data, part, stamp, tag.group, source, state.now[ORDINAL], near, pending, rows
    )
    if slot >= 0:
        row = pending.slots[slot]
        chars = reassembly.payload(slot, part.parts, state.words, pending)
        whole = Stamp(row.t_ms, row.heard_ms, row.given != 0, i64(row.flags), i64(row.station))
        accept(state.words, 6 * chars - row.fill, whole, rows)


@inlined
def _stamp(
    tag_ms: int,
    prefix_ms: int,
    suffix_ms: int,
    receipt_ms: int,
    limit_ms: int,
    flags: int,
    code: int,
    state: State,
) -> Stamp:
    """Take the best plausible time of a sentence, in the order of the module's text."""
    for t_ms in (tag_ms, prefix_ms, suffix_ms, state.now[PGHP_MS]):
        if t_ms == NONE:
            continue
        if plausible(t_ms, limit_ms):
            state.now[LAST_MS] = t_ms
            heard_ms = receipt_ms if receipt_ms != NONE else t_ms
            return Stamp(t_ms, heard_ms, True, flags, code)
        flags |= TIME_UNTRUSTED
    borrowed = receipt_ms if receipt_ms != NONE else state.now[LAST_MS]
    lost = receipt_ms == NONE and prefix_ms == AMBIGUOUS
    return Stamp(AMBIGUOUS if lost else borrowed, borrowed, False, flags, code)


@kernel
def _source(data: Array, tag: Tag, state: State) -> tuple[int, int]:
    """Code and hash of a source's name; code 0 once MAX_SOURCES are known."""
    digest = i64(0xCBF29CE484222325 - (1 << 64))  # FNV-1a, 64 bits
    for i in range(tag.source, tag.source + tag.source_chars):
        digest = (digest ^ i64(data[i])) * 0x100000001B3
    if digest == 0:
        digest = 1
    at = (digest >> 32) & (2 * MAX_SOURCES - 1)
    while state.source_hash[at] != 0:
        if state.source_hash[at] == digest:
            return i64(state.source_code[at]), digest
        at = (at + 1) & (2 * MAX_SOURCES - 1)
    code = state.now[SOURCES]
    if code >= MAX_SOURCES:
        return 0, digest
    for i in range(tag.source_chars):
        state.source_names[code, i] = data[tag.source + i]
    state.source_hash[at] = digest
    state.source_code[at] = code
    state.now[SOURCES] = code + 1
    return code, digest
