"""Station clocks: which late fixes tell of a clock that is slow.

A late fix comes late, is sent again, or bears the time of a slow clock. The clock is slow

- where its station was never in time, and the fix is too old to be one that was sent again;
- where the station has been late by the same, to within `REPORT_MS`, while the mark of `admission`
  went on by `AHEAD_MS`. What is sent again catches up, and so is late by less and less.

*Cannot see:* a clock that is slow by less than the allowed lateness, and any of a station without a
name.
"""

import numpy as np

from cablewatch.fixes import Array, Stations
from cablewatch.jit import lean
from cablewatch.units import NEVER_MS

REPORT_MS = 180_000  # the longest ordinary report interval; ITU-R M.1371-5 table 1
AHEAD_MS = 2 * REPORT_MS  # one report may be lost

FROM, LAG, TOLD, BY = range(4)
"""Of a station: the mark when its row of late fixes began, and how late that one was (`NEVER_MS`
where it was never in time, and where it is); the mark when it was found slow, and the ship that
told."""


def unheard() -> Array:
    """Clocks before any fix (`i8`, a row for each code of a station)."""
    return np.full((Stations.CAPACITY + 1, BY + 1), NEVER_MS)


@lean
def was_in_time(clocks, station):
    """Take note of a fix in time."""
    clocks[station, FROM], clocks[station, LAG] = 0, NEVER_MS


@lean
def is_slow(clocks, station, ship, mark_ms, t_ms, old):
    """Whether a late fix tells of a slow clock; it is noted. Too old for one sent again: `old`."""
    if station == 0:
        return False
    lag_ms = mark_ms - t_ms
    never = old and clocks[station, FROM] == NEVER_MS
    if not never and abs(lag_ms - clocks[station, LAG]) > REPORT_MS:
        clocks[station, FROM], clocks[station, LAG] = mark_ms, lag_ms
    if not never and mark_ms - clocks[station, FROM] < AHEAD_MS:
        return False
    if clocks[station, TOLD] == NEVER_MS:
        clocks[station, TOLD], clocks[station, BY] = mark_ms, ship
    return True
