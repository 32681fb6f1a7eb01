"""Order: the one owner of the watermark.

Fixes come in any order and in any cut; they leave sorted by (t_ms, mmsi, all fields), without
duplicates, in batches that end at a watermark. The watermark trails the newest time seen by the
allowed lateness, plus the window in which receivers repeat each other. Whatever disorder there is
within the lateness, the concatenation of what leaves is the same, bit for bit.

A duplicate is a report of the same ship with the same position, speed, course, heading and status
within `DUPLICATE_WINDOW_MS` of its first reception; the repeat indicator does not matter. The first
stays, and its stations become a set.

Fixes are admitted one by one, in the order they come, so that no cut of the input matters. A fix
behind the watermark is late: it goes to the store and is counted, never into the fold; one that
repeats a fix of the last ten minutes to the letter, from a source that sends its buffer again, is a
duplicate. The input ends with its last fix, whatever static data say later times. A fix more
than an hour ahead of all others waits for a second that agrees; when 16 in a row do not, its clock
is wrong: it is treated like a late one and counted as `clock_ahead`. So one wild time stamp cannot
make the rest of an archive late.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np

from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.jit import kernel
from cablewatch.vessels import Statics

ARCHIVE_LATENESS_MS = 60_000  # DESIGN: archives
LIVE_LATENESS_MS = 5_000  # DESIGN: live
DUPLICATE_WINDOW_MS = 5_000  # receivers differ by up to 2 s each way; class A repeats after 6-10 s
AHEAD_MS = 3_600_000  # beyond it a time needs a second one; assumed: longer than clocks drift
DOUBTS = 16  # fixes that must disagree with it; assumed: more than straggle over a real gap
PAST_MS = 600_000  # a source that comes back sends again what it kept; assumed: minutes of it
SEPARATOR = ","  # between names of a set; no tag block value holds one
_KEY_SPAN_MS = 1 << 32  # a time and a 30-bit MMSI share one 63-bit sort key


class Ordered(NamedTuple):
    """What left the buffer: all of it is older than `watermark_ms`."""

    fixes: Fixes  # station: code in Order.heard, a set of stations
    statics: Statics
    late: Fixes  # likewise
    watermark_ms: int


class Order:
    """Sorts within the allowed lateness and merges duplicates.

    `heard` is the table of station sets that released fixes name: sorted names joined by commas.

    >>> order = Order(Stations())
    >>> f = Fixes.from_columns(t_ms=[9000, 0, 1000], mmsi=[1, 1, 1], lon_deg=[2, 1, 1],
    ...                        lat_deg=[0, 0, 0])
    >>> out = order.push(f, Statics.empty())
    >>> len(out.fixes), order.flush().fixes.t_ms.tolist(), dict(order.counts)
    (0, [0, 9000], {'duplicate': 1})
    """

    def __init__(self, stations: Stations, lateness_ms: int = ARCHIVE_LATENESS_MS) -> None:
        self.stations = stations
        self.lateness_ms = lateness_ms
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, str] = {}  # the first fix of a reason, where one is known
        self._fixes = Fixes.empty()
        self._statics = Statics.empty()
        self._waiting = Fixes.empty()  # at most one, ahead of all others
        self._doubts = 0
        self._past: list[Fixes] = []  # admitted, newest PAST_MS behind the watermark
        self._newest_ms = NEVER_MS
        self._edge_ms = NEVER_MS
        self.heard = Stations()

    def push(self, fixes: Fixes, statics: Statics) -> Ordered:
        """Take a batch in any order; release what the watermark has passed."""
        fixes = Fixes.concat([self._waiting, fixes])
        behind_ms = self.lateness_ms + DUPLICATE_WINDOW_MS
        verdict, self._newest_ms, self._doubts = _admit(
            fixes.t_ms, len(self._waiting), self._newest_ms, self._doubts, behind_ms
        )
        self._waiting = fixes.take(verdict == _WAITS)
        admitted = fixes if (verdict == _IN_TIME).all() else fixes.take(verdict == _IN_TIME)
        self._past.append(admitted)
        again = self._sent_again(fixes, verdict == _LATE)
        verdict[again] = _AGAIN
        late = fixes.take((verdict == _LATE) | (verdict == _AHEAD) | (verdict == _OLD))
        counted = {"late": (_LATE, _OLD), "clock_ahead": (_AHEAD,), "duplicate": (_AGAIN,)}
        for reason, codes in counted.items():
            self._count(reason, fixes, np.isin(verdict, codes))
        self._forget_past(behind_ms)
        return self._release(admitted, statics, late, max(NEVER_MS, self._newest_ms - behind_ms))

    def _count(self, reason: str, fixes: Fixes, mask: Array) -> None:
        n = int(mask.sum())
        if not n:
            return
        self.counts[reason] += n
        first = int(np.argmax(mask))
        time = np.datetime64(int(fixes.t_ms[first]), "ms")
        self.examples.setdefault(reason, f"{fixes.mmsi[first]} at {time}Z")

    def _sent_again(self, fixes: Fixes, late: Array) -> Array:
        """Rows among the late ones that are equal to one admitted before."""
        rows = np.flatnonzero(late)
        if not len(rows):
            return rows
        times = fixes.t_ms[rows]
        near = [past.take(np.isin(past.t_ms, times)) for past in self._past]
        known = set(_content(Fixes.concat(near)))
        said = _content(fixes.take(rows))
        return rows[np.array([content in known for content in said], bool)]

    def _forget_past(self, behind_ms: int) -> None:
        oldest_ms = self._newest_ms - behind_ms - PAST_MS
        self._past = [p for p in self._past if len(p) and int(p.t_ms.max()) >= oldest_ms]

    def flush(self) -> Ordered:
        """Release all that is left: the end of the input."""
        waiting, self._waiting = self._waiting, Fixes.empty()
        late = Fixes.empty()
        if len(waiting) and self._newest_ms != NEVER_MS and self._doubts:
            self._count("clock_ahead", waiting, np.ones(1, bool))
            waiting, late = late, waiting
        ends = [c.max() for c in (waiting.t_ms, self._fixes.t_ms) if len(c)]
        if not ends and self._edge_ms == NEVER_MS and len(self._statics):  # no fix came at all
            ends = [self._statics.t_ms.max()]
        edge = max([self._edge_ms, *(int(end) + 1 for end in ends)])
        out = self._release(waiting, Statics.empty(), late, edge)
        self.counts.update({"static_after_end": n} if (n := len(self._statics)) else {})
        self._statics = Statics.empty()
        return out

    def _release(self, fixes: Fixes, statics: Statics, late: Fixes, edge_ms: int) -> Ordered:
        if len(late):
            late.station[:] = self._sets(late.station, np.arange(len(late)), len(late))
        before_ms, self._edge_ms = self._edge_ms, edge_ms
        held = Fixes.concat([self._fixes, fixes])
        held = held.take(_sorted_index(held.t_ms, held.mmsi))
        _order_ties(*held.columns())
        leader = _leaders(DUPLICATE_WINDOW_MS, *held.columns())
        cut = int(np.searchsorted(held.t_ms, edge_ms, side="left"))
        released, waiting = _split(leader, cut)
        out = held.take(released)
        out.station[:] = self._sets(held.station, leader, len(released))
        self.counts["duplicate"] += len(held) - len(released) - len(waiting)
        self._fixes = held.take(waiting)
        return Ordered(out, self._release_statics(statics, before_ms, edge_ms), late, edge_ms)

    def _sets(self, station: Array, leader: Array, released: int) -> Array:
        """Codes in `heard` of the station sets of the first `released` leaders."""
        if not station.any():
            return np.zeros(released, np.uint16)
        pairs = np.sort((leader << 16) | station)
        pairs = pairs[np.diff(pairs, prepend=-1) != 0]
        of, code = pairs >> 16, pairs & 0xFFFF
        starts = np.flatnonzero(np.diff(of, prepend=-1))
        mixed = (code.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        sums = np.add.reduceat(mixed ^ (mixed >> np.uint64(29)), starts)[:released]
        ends = np.append(starts[1:], len(pairs))
        _, first, inverse = np.unique(sums, return_index=True, return_inverse=True)
        named = np.zeros(len(first), np.uint16)
        for k in np.argsort(first).tolist():  # codes by first appearance, in whatever batch
            i = first[k]
            named[k] = self._heard_by(code[starts[i] : ends[i]].tolist())
        return named[inverse]

    def _heard_by(self, codes: list[int]) -> int:
        names = {n for code in codes if code for n in self.stations.name(code).split(SEPARATOR)}
        return self.heard.code(SEPARATOR.join(sorted(names)))

    def _release_statics(self, statics: Statics, before_ms: int, edge_ms: int) -> Statics:
        on_time = statics.t_ms >= before_ms
        self.counts.update({"late_static": n} if (n := int((~on_time).sum())) else {})
        held = Statics.concat([self._statics, statics.take(on_time)])
        if not len(held):
            return held
        held = held.take(np.lexsort([column for column in reversed(list(held.columns()))]))
        cut = int(np.searchsorted(held.t_ms, edge_ms, side="left"))
        self._statics = held.take(slice(cut, None))
        return held.take(slice(0, cut))


NEVER_MS = -(1 << 62)
_IN_TIME, _LATE, _AHEAD, _WAITS, _OLD, _AGAIN = range(6)
"""Verdicts; a late fix may be one sent again, an old one is too late to tell."""


@kernel
def _admit(t_ms, waiting, newest_ms, doubts, behind_ms):
    """Verdict on each fix in the order they come; the newest time, and doubts in the one waiting.

    `waiting` is 1 when the first row is the fix that waited at the end of the batch before.
    """
    verdict = np.empty(len(t_ms), np.uint8)
    held = 0 if waiting else -1
    for i in range(waiting, len(t_ms)):
        t = t_ms[i]
        if held >= 0 and t >= t_ms[held] - AHEAD_MS:  # agrees with it, or is later still
            verdict[held] = _IN_TIME
            newest_ms = max(newest_ms, t_ms[held])
            held = -1
        first = newest_ms == NEVER_MS and held < 0
        if first or (newest_ms != NEVER_MS and t > newest_ms + AHEAD_MS):
            if held >= 0:
                verdict[held] = _AHEAD
            held, doubts = i, 0
            continue
        verdict[i] = _IN_TIME
        if t < newest_ms - behind_ms:
            verdict[i] = _LATE if t >= newest_ms - behind_ms - PAST_MS else _OLD
        newest_ms = max(newest_ms, t)
        doubts += 1
        if held >= 0 and doubts >= DOUBTS:
            verdict[held] = _AHEAD
            held = -1
    if held >= 0:
        verdict[held] = _WAITS
    return verdict, newest_ms, doubts


def _content(fixes: Fixes) -> list[tuple[float, ...]]:
    """What each fix says, apart from who heard it and how; what is not available is -1."""
    columns = list(fixes.columns())[:-2]
    return list(zip(*(np.nan_to_num(column, nan=-1.0).tolist() for column in columns), strict=True))


def _sorted_index(t_ms: Array, mmsi: Array) -> Array:
    """Index that sorts by (t_ms, mmsi); ties in any order."""
    if not len(t_ms):
        return np.empty(0, np.int64)
    start = int(t_ms.min())
    if int(t_ms.max()) - start >= _KEY_SPAN_MS:
        return np.lexsort((mmsi, t_ms))
    return np.argsort(((t_ms - start) << 30) | mmsi)


@kernel
def _before(t, mmsi, lon, lat, sog, cog, heading, status, flags, station, a, b):
    """Whether row a comes before row b by the fields after (t_ms, mmsi); NaN comes last."""
    if lon[a] != lon[b]:
        return lon[a] < lon[b]
    if lat[a] != lat[b]:
        return lat[a] < lat[b]
    for column in (sog, cog, heading):
        x, y = column[a], column[b]
        if x != y and not (np.isnan(x) and np.isnan(y)):
            return x < y or np.isnan(y)
    if status[a] != status[b]:
        return status[a] < status[b]
    if flags[a] != flags[b]:
        return flags[a] < flags[b]
    return station[a] < station[b]


@kernel
def _order_ties(t, mmsi, lon, lat, sog, cog, heading, status, flags, station):
    """Sort runs of equal (t_ms, mmsi) by all other fields, in place (insertion sort)."""
    for i in range(1, len(t)):
        j = i
        while (
            j > 0
            and t[j] == t[j - 1]
            and mmsi[j] == mmsi[j - 1]
            and _before(t, mmsi, lon, lat, sog, cog, heading, status, flags, station, j, j - 1)
        ):
            lon[j], lon[j - 1] = lon[j - 1], lon[j]
            lat[j], lat[j - 1] = lat[j - 1], lat[j]
            sog[j], sog[j - 1] = sog[j - 1], sog[j]
            cog[j], cog[j - 1] = cog[j - 1], cog[j]
            heading[j], heading[j - 1] = heading[j - 1], heading[j]
            status[j], status[j - 1] = status[j - 1], status[j]
            flags[j], flags[j - 1] = flags[j - 1], flags[j]
            station[j], station[j - 1] = station[j - 1], station[j]
            j -= 1


@kernel
def _same(a, b):
    return a == b or (np.isnan(a) and np.isnan(b))


@kernel
def _leaders(window_ms, t, mmsi, lon, lat, sog, cog, heading, status, flags, station):
    """For each row of a sorted batch: itself, or the earlier row that it repeats."""
    n = len(t)
    size = 16
    while size < 2 * n:
        size *= 2
    last = np.full(size, -1, np.int64)  # newest row of a ship, open addressing
    earlier = np.full(n, -1, np.int64)  # the row before it of the same ship
    leader = np.arange(n)
    for i in range(n):
        slot = (mmsi[i] * 2654435761) & (size - 1)
        while last[slot] >= 0 and mmsi[last[slot]] != mmsi[i]:
            slot = (slot + 1) & (size - 1)
        j = last[slot]
        earlier[i] = j
        last[slot] = i
        while j >= 0 and t[i] - t[j] <= window_ms:
            if (
                leader[j] == j
                and lon[j] == lon[i]
                and lat[j] == lat[i]
                and _same(sog[j], sog[i])
                and _same(cog[j], cog[i])
                and _same(heading[j], heading[i])
                and status[j] == status[i]
            ):
                leader[i] = j
                break
            j = earlier[j]
    return leader


@kernel
def _split(leader, cut):
    """Rows to release (leaders before `cut`) and rows to keep (not yet part of a released set)."""
    n = len(leader)
    released = np.empty(n, np.int64)
    waiting = np.empty(n, np.int64)
    r = w = 0
    for i in range(n):
        if leader[i] < cut:
            if leader[i] == i:
                released[r] = i
                r += 1
        else:
            waiting[w] = i
            w += 1
    return released[:r], waiting[:w]
