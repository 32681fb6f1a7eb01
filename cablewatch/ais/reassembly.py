"""Parts of messages, kept until the others arrive.

Parts belong together when source (tag block), group (tag block) or else talker, count, sequence
number and channel are equal and their times are within 10 s. In a group the source may stand in
the first part's tag block only. A table of SETS x WAYS messages bounds memory: a flood displaces
the oldest of its set, which is counted as every other part that no message comes of.

Sequence numbers are reused after ten messages, on a busy coast within seconds. So that the parts
of two ships never meet when others are lost, parts without a group must also arrive within NEAR
sentences of their source (refused ones count as any source's), or of the stream where they name
none. Parts whose tag block fails may be anyone's: they must follow each other at once, in their
order. A new part 1 starts the message anew, and a message stays in the table when it is complete:
the copy of one of its parts from another receiver waits for nobody.
"""

from typing import Any, NamedTuple

import numpy as np

from cablewatch.ais.flags import Reason
from cablewatch.ais.kernels import inlined, kernel
from cablewatch.ais.octets import PAD, pack
from cablewatch.ais.prefixes import AMBIGUOUS
from cablewatch.ais.reports import refuse
from cablewatch.ais.rows import Rows, Stamp
from cablewatch.ais.sentences import MAX_CHARS, Sentence
from cablewatch.ais.times import NONE, i64
from cablewatch.fixes import Array

SETS, WAYS = 64, 8
MAX_PARTS = 9
WINDOW_MS = 10_000  # ms; a five-slot message lasts 133 ms, the rest is transport
NEAR = 16  # sentences; ten messages of two parts or more take at least 20
UNTRUSTED = -1  # stands for the source of a part whose tag block fails

ORPHAN = int(Reason.ORPHAN_FRAGMENT)
MISSING = int(Reason.MISSING_FRAGMENT)
STALE = int(Reason.STALE_FRAGMENT)
BAD_LENGTH = int(Reason.BAD_LENGTH)

SLOT_DTYPE = np.dtype(
    [
        ("address", "i8"),  # talker, M or O, count, sequence, channel
        ("group", "i8"),  # -1 none
        ("source", "i8"),  # hash of the source's name; 0 none, or UNTRUSTED
        ("t_ms", "i8"),
        ("heard_ms", "i8"),
        ("born", "i8"),  # ordinal, within the stream, of the first part; 0 free
        ("near", "i8"),  # ordinal, within its source or the stream, of the last part
        ("have", "i4"),  # bit k-1: part k is here
        ("flags", "u4"),
        ("station", "i4"),
        ("fill", "i4"),  # padding bits of the last part
        ("given", "u1"),
        ("done", "u1"),
    ],
    align=True,
)


class Pending(NamedTuple):
    """The table; rows of a set are neighbours."""

    slots: Array  # SLOT_DTYPE
    chars: Array  # i2 (slots, parts)
    payload: Array  # u1 (slots, parts, MAX_CHARS)
    joined: Array  # u1 (MAX_CHARS + PAD,), room for one message

    @classmethod
    def make(cls) -> "Pending":
        """Make an empty table."""
        n = SETS * WAYS
        return cls(
            np.zeros(n, SLOT_DTYPE),
            np.zeros((n, MAX_PARTS), np.int16),
            np.zeros((n, MAX_PARTS, MAX_CHARS), np.uint8),
            np.zeros(MAX_CHARS + PAD, np.uint8),
        )


@kernel
def add(
    data: Array,
    part: Sentence,
    stamp: Stamp,
    group: int,
    source: int,
    ordinal: int,
    near: int,
    pending: Pending,
    rows: Rows,
) -> int:
    """Keep a part, number `ordinal` of the stream and `near` of its source.

    Returns the slot that it completes, or -1.
    """
    if part.chars > MAX_CHARS:
        refuse(rows, BAD_LENGTH)
        return -1
    address = (part.address << 4 | part.parts) << 14 | (part.sequence + 1)
    address = address << 21 | part.channel  # 24 + 4 + 14 + 21 bits, the first always 0
    slot = _lookup(address, group, source, pending, rows.refused)
    row = pending.slots[slot]
    if row.born > 0 and not _goes_with(data, part, stamp, near, slot, pending, rows):
        return -1
    if row.born == 0:
        row.address, row.group, row.source = address, group, source
        row.t_ms, row.given, row.heard_ms = stamp.t_ms, stamp.given, stamp.heard_ms
        row.flags, row.station = 0, stamp.station
        row.have, row.done, row.born = 0, 0, ordinal
    if source != 0:
        row.source, row.station = source, stamp.station
    if row.t_ms <= AMBIGUOUS or (stamp.given and not row.given):
        row.t_ms, row.given = stamp.t_ms, stamp.given
    if part.number == part.parts:
        row.fill = part.fill
    row.near = near
    row.flags |= stamp.flags
    row.have |= 1 << (part.number - 1)
    pending.chars[slot, part.number - 1] = part.chars
    for i in range(part.chars):
        pending.payload[slot, part.number - 1, i] = data[part.payload + i]
    if row.have != (1 << part.parts) - 1:
        return -1
    row.done = 1
    return slot


@kernel
def _lookup(address: int, group: int, source: int, pending: Pending, refused: Array) -> int:
    """Slot of the key: its own, or a free one of its set, or the oldest after dropping it."""
    key = address ^ group * 0x9E3779B1
    if group < 0:
        key ^= source
    base = ((key * 0x2545F4914F6CDD1D) >> 40 & (SETS - 1)) * WAYS
    oldest = base
    for slot in range(base, base + WAYS):
        row = pending.slots[slot]
        if row.born == 0:
            oldest = slot
            continue
        if row.address == address and row.group == group:
            same = row.source == source
            if same or (group >= 0 and (source == 0 or row.source == 0)):
                return slot
        if row.born < pending.slots[oldest].born:
            oldest = slot
    drop(oldest, 0, pending, refused)
    return oldest


@inlined
def _is_next(part: Sentence, row: Any) -> bool:
    """Whether a part is the one behind those that are here, of which none is missing."""
    before: bool = row.have == (1 << (part.number - 1)) - 1
    return before


@kernel
def _goes_with(
    data: Array,
    part: Sentence,
    stamp: Stamp,
    near: int,
    slot: int,
    pending: Pending,
    rows: Rows,
) -> bool:
    """Whether a part is kept; the slot is freed first where the part begins another message."""
    row = pending.slots[slot]
    known = row.have >> (part.number - 1) & 1
    if _apart(stamp, row) or (row.group < 0 and near - row.near > NEAR):
        drop(slot, STALE, pending, rows.refused)
    elif row.source == UNTRUSTED and not (near - row.near == 1 and _is_next(part, row)):
        drop(slot, 0, pending, rows.refused)
    elif part.number > 1 and known and _is_copy(data, part, slot, pending):
        refuse(rows, ORPHAN)
        return False
    elif known or row.done:
        drop(slot, 0, pending, rows.refused)
    return True


@kernel
def _apart(stamp: Stamp, row: Any) -> bool:
    """Whether more than the window lies between them, by the source's clock where both give it."""
    apart_ms = 0
    if stamp.given and row.given:
        apart_ms = abs(stamp.t_ms - row.t_ms)
    elif stamp.heard_ms != NONE and row.heard_ms != NONE:
        apart_ms = abs(stamp.heard_ms - row.heard_ms)
    return apart_ms > WINDOW_MS


@kernel
def _is_copy(data: Array, part: Sentence, slot: int, pending: Pending) -> bool:
    k = part.number - 1
    if pending.chars[slot, k] != part.chars:
        return False
    same = 0
    for i in range(part.chars):
        same += pending.payload[slot, k, i] == data[part.payload + i]
    return same == part.chars


@kernel
def drop(slot: int, reason: int, pending: Pending, refused: Array) -> None:
    """Free a slot and count its parts; reason 0 says MISSING or ORPHAN by its first part."""
    row = pending.slots[slot]
    if row.born > 0 and row.done == 0:
        if reason == 0:
            reason = MISSING if row.have & 1 else ORPHAN
        for k in range(MAX_PARTS):
            refused[reason] += row.have >> k & 1
    row.born = 0


@kernel
def drop_all(pending: Pending, refused: Array) -> None:
    """End of the stream: nothing more can arrive."""
    for slot in range(len(pending.slots)):
        drop(slot, 0, pending, refused)


@kernel
def payload(slot: int, count: int, words: Array, pending: Pending) -> int:
    """Pack the parts of a complete message; its characters, MAX_CHARS + 1 for too many."""
    at = 0
    for k in range(count):
        chars = i64(pending.chars[slot, k])
        if at + chars > MAX_CHARS:
            return MAX_CHARS + 1
        for i in range(chars):
            pending.joined[at + i] = pending.payload[slot, k, i]
        at += chars
    pack(pending.joined, 0, at, words)
    return at
