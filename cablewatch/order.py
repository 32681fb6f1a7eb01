"""Order: the one owner of the watermark.

Fixes come in any order and in any cut; they leave sorted by (t_ms, mmsi, all fields), without
duplicates, in batches that end at a watermark. The watermark trails the newest time seen by the
allowed lateness, plus the window in which receivers repeat each other. Whatever disorder there is
within the lateness, the concatenation of what leaves is the same, bit for bit.

A duplicate is a report of the same ship with the same position, speed, course, heading and status
within `DUPLICATE_WINDOW_MS` of its first reception; the repeat indicator does not matter. The first
stays, and its stations become a set.

Fixes are judged one by one, in the order they come (:mod:`.admission`): no source alone moves the
watermark far ahead of the others, so that a wild or fast clock makes nobody else late. A fix that
leads all others is held until it is believed, or counted as `clock_ahead`. A fix behind the
watermark is late. Both go to the store, never into the fold; a late one that repeats a fix of the
last ten minutes to the letter, from a source that sends its buffer again, is a duplicate. A late
static message counts from when it came, told by the static messages before it. The input ends with
its last fix, whatever static data say later times.
"""

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from cablewatch.admission import (
    AGAIN,
    AHEAD,
    HELD,
    IN_TIME,
    LATE,
    MARK,
    OLD,
    PAST_MS,
    dated,
    judge,
    judge_last,
    unjudged,
)
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.jit import kernel
from cablewatch.units import NEVER_MS
from cablewatch.vessels import Statics

ARCHIVE_LATENESS_MS = 60_000  # DESIGN: archives
LIVE_LATENESS_MS = 5_000  # DESIGN: live
DUPLICATE_WINDOW_MS = 5_000  # receivers differ by up to 2 s each way; class A repeats after 6-10 s
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
        self._behind_ms = lateness_ms + DUPLICATE_WINDOW_MS
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, str] = {}  # the first fix of a reason, where one is known
        self._fixes = Fixes.empty()
        self._statics = Statics.empty()
        self._held = Fixes.empty()  # ahead of all others
        self._times = unjudged()
        self._static_times = np.array([NEVER_MS, 0, NEVER_MS])
        self._past: list[Fixes] = []  # admitted, newest PAST_MS behind the watermark
        self._edge_ms = NEVER_MS
        self.heard = Stations()

    def push(self, fixes: Fixes, statics: Statics) -> Ordered:
        """Take a batch in any order; release what the watermark has passed."""
        fixes = Fixes.concat([self._held, fixes])
        held = len(self._held)
        verdict = judge(fixes.t_ms, fixes.mmsi, fixes.station, held, self._times, self._behind_ms)
        self._held = fixes.take(verdict == HELD)
        admitted, late = self._admitted(fixes, verdict)
        edge_ms = max(NEVER_MS, int(self._times[MARK]) - self._behind_ms)
        self._past = [p for p in self._past if len(p) and int(p.t_ms.max()) >= edge_ms - PAST_MS]
        return self._release(admitted, statics, late, edge_ms)

    def _admitted(self, fixes: Fixes, verdict: Array) -> tuple[Fixes, Fixes]:
        """Fixes in time, and those that are not; these are counted."""
        admitted = fixes if (verdict == IN_TIME).all() else fixes.take(verdict == IN_TIME)
        self._past.append(admitted)
        verdict[self._sent_again(fixes, verdict == LATE)] = AGAIN
        counted = {"late": (LATE, OLD), "clock_ahead": (AHEAD,), "duplicate": (AGAIN,)}
        for reason, codes in counted.items():
            self._count(reason, fixes, np.isin(verdict, codes))
        return admitted, fixes.take(np.isin(verdict, (LATE, AHEAD, OLD)))

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

    def flush(self) -> Ordered:
        """Release all that is left: the end of the input."""
        held, self._held = self._held, Fixes.empty()
        verdict = judge_last(held.t_ms, held.mmsi, held.station, self._times, self._behind_ms)
        held, late = self._admitted(held, verdict)
        ends = [c.max() for c in (held.t_ms, self._fixes.t_ms) if len(c)]
        if not ends and self._edge_ms == NEVER_MS and len(self._statics):  # no fix came at all
            ends = [self._statics.t_ms.max()]
        edge = max([self._edge_ms, *(int(end) + 1 for end in ends)])
        out = self._release(held, Statics.empty(), late, edge)
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
        mark_ms, behind_ms = int(self._times[MARK]), self._behind_ms
        counts_ms = dated(statics.t_ms, statics.mmsi, self._static_times, behind_ms, mark_ms)
        counts_ms = np.maximum(counts_ms, before_ms)
        late = int((counts_ms > statics.t_ms).sum())
        self.counts.update({"late_static": late} if late else {})
        held = Statics.concat([self._statics, replace(statics, t_ms=counts_ms)])
        if not len(held):
            return held
        held = held.take(np.lexsort([column for column in reversed(list(held.columns()))]))
        cut = int(np.searchsorted(held.t_ms, edge_ms, side="left"))
        self._statics = held.take(slice(cut, None))
        return held.take(slice(0, cut))


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
