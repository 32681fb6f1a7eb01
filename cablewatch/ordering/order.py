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
watermark is late, or counted as `station_clock_skew` where it tells of a slow clock
(:mod:`.clocks`). All of these go to the store, never into the fold; a late one that repeats a fix
of the last ten minutes to the letter, from a source that sends its buffer again, is a duplicate. A
late static message counts from when it came: the watermark after the fixes before it in the feed.
One that is ahead waits for its time. `HELD_MAX` may wait; then one that is more than `AHEAD_MS`
ahead of the mark is refused, and any where `WAIT_MAX` do: `static_ahead`. The input ends with its
last fix, whatever static data say later times.
"""

from collections import Counter
from dataclasses import replace
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.ordering.admission import (
    AGAIN,
    AHEAD,
    HELD,
    HELD_MAX,
    IN_TIME,
    LATE,
    OLD,
    PAST_MS,
    SLOW,
    SLOW_OLD,
    WAIT_MAX,
    judge,
    judge_last,
    unjudged,
)
from cablewatch.ordering.clocks import AHEAD_MS, BY, TOLD, unheard
from cablewatch.ordering.duplicates import leaders, order_ties, sorted_index, split
from cablewatch.units import NEVER_MS
from cablewatch.vessels.statics import Statics

ARCHIVE_LATENESS_MS = 60_000  # DESIGN: archives
LIVE_LATENESS_MS = 5_000  # DESIGN: live
DUPLICATE_WINDOW_MS = 5_000  # receivers differ by up to 2 s each way; class A repeats after 6-10 s
PART_ROWS = 1 << 12  # of what may be sent again; larger parts are not copied
SEPARATOR = ","  # between names of a set; no tag block value holds one


COUNTED = {
    "late": (LATE, OLD),
    "clock_ahead": (AHEAD,),
    "station_clock_skew": (SLOW, SLOW_OLD),
    "duplicate": (AGAIN,),
}
"""Names of counts, and the verdicts that each adds up."""


class Ordered(NamedTuple):
    """What left the buffer: all of it is older than `watermark_ms`."""

    fixes: Fixes  # station: code in Order.heard, a set of stations
    statics: Statics
    late: Fixes  # likewise
    watermark_ms: int
    slow: list[tuple[int, int]]  # watermark and MMSI where a station's clock was first found slow


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
        self._clocks = unheard()
        self._slow: set[int] = set()  # stations
        self._past: list[tuple[int, Fixes]] = []  # admitted; newest time, PAST_MS behind at most
        self._edge_ms = NEVER_MS
        self.heard = Stations()

    def push(self, fixes: Fixes, statics: Statics) -> Ordered:
        """Take a batch, in the order of the feed; release what the watermark has passed."""
        fixes = Fixes.concat([self._held, fixes])
        held = len(self._held)
        source = fixes.t_ms, fixes.mmsi, fixes.station
        verdict, marks = judge(*source, held, self._times, self._clocks, self._behind_ms)
        edges_ms = np.maximum(marks, NEVER_MS + self._behind_ms) - self._behind_ms
        self._held = fixes.take(verdict == HELD)
        slow = self._slow_stations(fixes, verdict)
        admitted, late = self._admitted(fixes, verdict)
        edge_ms = int(edges_ms[-1])
        self._take_statics(statics, edges_ms[statics.after])
        return self._release(admitted, late, edge_ms)._replace(slow=slow)

    def _slow_stations(self, fixes: Fixes, verdict: Array) -> list[tuple[int, int]]:
        """Watermark and MMSI where a station was found slow for the first time."""
        found = set(fixes.station[np.isin(verdict, (SLOW, SLOW_OLD))].tolist()) - self._slow
        self._slow |= found
        told = self._clocks[sorted(found)][:, [TOLD, BY]].tolist()
        return [(mark_ms - self._behind_ms, mmsi) for mark_ms, mmsi in told]

    def _admitted(self, fixes: Fixes, verdict: Array) -> tuple[Fixes, Fixes]:
        """Fixes in time, and those that are not; these are counted."""
        admitted = fixes if (verdict == IN_TIME).all() else fixes.take(verdict == IN_TIME)
        self._remember(admitted)
        verdict[self._sent_again(fixes, np.isin(verdict, (LATE, SLOW)))] = AGAIN
        for reason, codes in COUNTED.items():
            self._count(reason, fixes, np.isin(verdict, codes))
        return admitted, fixes.take(np.isin(verdict, (LATE, AHEAD, OLD, SLOW, SLOW_OLD)))

    def _count(self, reason: str, fixes: Fixes, mask: Array) -> None:
        n = int(mask.sum())
        if not n:
            return
        self.counts[reason] += n
        first = int(np.argmax(mask))
        time = np.datetime64(int(fixes.t_ms[first]), "ms")
        station = self.stations.name(int(fixes.station[first]))
        heard = f" by {station}" if reason == "station_clock_skew" else ""
        self.examples.setdefault(reason, f"{fixes.mmsi[first]} at {time}Z{heard}")

    def _remember(self, fixes: Fixes) -> None:
        """Keep fixes that may be sent again; small pushes are joined, so that the parts are few."""
        newest_ms = int(fixes.t_ms.max(initial=NEVER_MS))
        while self._past and len(self._past[-1][1]) <= min(len(fixes), PART_ROWS):
            before_ms, before = self._past.pop()
            newest_ms, fixes = max(before_ms, newest_ms), Fixes.concat([before, fixes])
        self._past.append((newest_ms, fixes))
        self._past = [past for past in self._past if past[0] >= self._edge_ms - PAST_MS]

    def _sent_again(self, fixes: Fixes, late: Array) -> Array:
        """Rows among the late ones that are equal to one admitted before."""
        rows = np.flatnonzero(late)
        if not len(rows):
            return rows
        times = fixes.t_ms[rows]
        near = [past.take(np.isin(past.t_ms, times)) for _, past in self._past]
        known = set(_content(Fixes.concat(near)))
        said = _content(fixes.take(rows))
        return rows[np.array([content in known for content in said], bool)]

    def flush(self) -> Ordered:
        """Release all that is left: the end of the input."""
        held, self._held = self._held, Fixes.empty()
        source = held.t_ms, held.mmsi, held.station
        verdict = judge_last(*source, self._times, self._clocks, self._behind_ms)
        slow = self._slow_stations(held, verdict)
        held, late = self._admitted(held, verdict)
        ends = [c.max() for c in (held.t_ms, self._fixes.t_ms) if len(c)]
        if not ends and self._edge_ms == NEVER_MS and len(self._statics):  # no fix came at all
            ends = [self._statics.t_ms.max()]
        edge = max([self._edge_ms, *(int(end) + 1 for end in ends)])
        out = self._release(held, late, edge)
        self.counts.update({"static_after_end": n} if (n := len(self._statics)) else {})
        self._statics = Statics.empty()
        return out._replace(slow=slow)

    def _release(self, fixes: Fixes, late: Fixes, edge_ms: int) -> Ordered:
        if len(late):
            late.station[:] = self._sets(late.station, np.arange(len(late)), len(late))
        self._edge_ms = edge_ms
        held = Fixes.concat([self._fixes, fixes])
        held = held.take(sorted_index(held.t_ms, held.mmsi))
        order_ties(*held.columns())
        leader = leaders(DUPLICATE_WINDOW_MS, *held.columns())
        cut = int(np.searchsorted(held.t_ms, edge_ms, side="left"))
        released, waiting = split(leader, cut)
        out = held.take(released)
        out.station[:] = self._sets(held.station, leader, len(released))
        self.counts["duplicate"] += len(held) - len(released) - len(waiting)
        self._fixes = held.take(waiting)
        return Ordered(out, self._release_statics(edge_ms), late, edge_ms, [])

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

    def _take_statics(self, statics: Statics, edges_ms: Array) -> None:
        """Keep static messages until they count: at their time, or the watermark as they came."""
        late = edges_ms > statics.t_ms
        self.counts.update({"late_static": int(late.sum())} if late.any() else {})
        counting = replace(
            statics, t_ms=np.maximum(statics.t_ms, edges_ms), after=np.zeros_like(statics.after)
        )
        if len(self._statics) + len(counting) > HELD_MAX:
            ahead = (edges_ms > NEVER_MS) & (counting.t_ms - edges_ms > self._behind_ms + AHEAD_MS)
            room = _room(counting.t_ms, edges_ms, ahead, self._statics.t_ms)
            self.counts.update({"static_ahead": n} if (n := int((~room).sum())) else {})
            counting = counting.take(room)
        self._statics = Statics.concat([self._statics, counting])

    def _release_statics(self, edge_ms: int) -> Statics:
        before = self._statics.t_ms < edge_ms
        if not before.any():
            return Statics.empty()
        statics, self._statics = self._statics.take(before), self._statics.take(~before)
        return statics.take(np.lexsort(list(statics.columns())[::-1]))


def _room(counts_ms: Array, edges_ms: Array, ahead: Array, waiting_ms: Array) -> Array:
    """Mask of static messages that may wait, by how many do as each comes."""
    waiting = np.sort(waiting_ms).tolist()  # a heap
    room = np.ones(len(counts_ms), bool)
    rows = zip(counts_ms.tolist(), edges_ms.tolist(), ahead.tolist(), strict=True)
    for i, (count_ms, edge_ms, far) in enumerate(rows):
        while waiting and waiting[0] < edge_ms:
            heappop(waiting)
        room[i] = len(waiting) < (HELD_MAX if far else WAIT_MAX)
        if room[i]:
            heappush(waiting, count_ms)
    return room


def _content(fixes: Fixes) -> list[tuple[float, ...]]:
    """What each fix says, apart from who heard it and how; what is not available is -1."""
    columns = list(fixes.columns())[:-2]
    return list(zip(*(np.nan_to_num(column, nan=-1.0).tolist() for column in columns), strict=True))
