"""Sorting of fixes by (t_ms, mmsi, all fields), and which of them repeat an earlier one."""

import numpy as np

from cablewatch.fixes import Array
from cablewatch.jit import kernel

_KEY_SPAN_MS = 1 << 32  # a time and a 30-bit MMSI share one 63-bit sort key


def sorted_index(t_ms: Array, mmsi: Array) -> Array:
    """Index that sorts by (t_ms, mmsi); ties in any order."""
    if not len(t_ms):
        return np.empty(0, np.int64)
    start = int(t_ms.min())
    if int(t_ms.max()) - start >= _KEY_SPAN_MS:
        return np.lexsort((mmsi, t_ms))
    return np.argsort(((t_ms - start) << 30) | mmsi, kind="stable")


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
def order_ties(t, mmsi, lon, lat, sog, cog, heading, status, flags, station):
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
def leaders(window_ms, t, mmsi, lon, lat, sog, cog, heading, status, flags, station):
    """For each row of a sorted batch: itself, or the earlier row that it repeats."""
    n = len(t)
    size = 16
    while size < 2 * n:
        size *= 2
    last = np.full(size, -1, np.int64)  # newest leader of a ship, open addressing
    earlier = np.full(n, -1, np.int64)  # the leader before it of the same ship
    leader = np.arange(n)
    for i in range(n):
        slot = (mmsi[i] * 2654435761) & (size - 1)
        while last[slot] >= 0 and mmsi[last[slot]] != mmsi[i]:
            slot = (slot + 1) & (size - 1)
        j = last[slot]
        while j >= 0 and t[i] - t[j] <= window_ms:
            if (
                lon[j] == lon[i]
                and lat[j] == lat[i]
                and _same(sog[j], sog[i])
                and _same(cog[j], cog[i])
                and _same(heading[j], heading[i])
                and status[j] == status[i]
            ):
                leader[i] = j
                break
            j = earlier[j]
        if leader[i] == i:
            earlier[i], last[slot] = last[slot], i
    return leader


@kernel
def split(leader, cut):
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
