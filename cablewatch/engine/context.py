"""Context: what other ships do, as an argument of the fold.

Event time has 30-minute bins, the sea has cells of 0.25 degree of latitude and 0.5 of longitude. At
the end of a bin each ship that moved in it casts one vote in the cell where it is: the logarithm of
its mean speed over its own plain mean, in thousandths, an integer, held between a halving and a
doubling: less is no longer traffic (the floor of the norm), and the other bound mirrors it. So one
foreign ship among n voters moves their mean by at most ln 2 / n, 0.14 among five. Votes come from
the ship's own fixes alone, never from context or suspicion; tallies merge by addition, so any
sharding gives the same sums. A fix in bin k reads the votes of bins k-5 to k-2 (two hours), so that
no micro-batch within a bin can see its own effect; and of each bin only cells where at least five
ships voted, for the reader may be one of them, and four outweigh it.
"""

import math

import numpy as np

from cablewatch.engine.state import BIN_MS
from cablewatch.engine.transitions import TALLIES
from cablewatch.fixes import Array
from cablewatch.jit import lean

READ_FROM, READ_TO = 5, 2  # bins back, both included; DESIGN: at most k-2
VOTERS_MIN = 5  # of one bin: four besides the ship itself, which may be among them
CELL_LAT_DEG, CELL_LON_DEG = 0.25, 0.5  # about 15 nmi: half an hour's sailing
MINUTES_MIN = 5  # of a bin under way, for a vote
PLAIN_GAIN = 1.0 - math.exp(-0.5 / 6.0)  # a bin's weight in the plain mean, 6 h memory
NORM_FLOOR = math.log(0.5)  # more than half of the way lost is no longer traffic
VOTE_MILLI = int(-1000.0 * NORM_FLOOR)  # no ship says more, in either direction


@lean
def cell_of(lon_deg, lat_deg):
    """Number of the cell that holds a position; longitude wraps."""
    row = int(math.floor((lat_deg + 90.0) / CELL_LAT_DEG))
    column = int(math.floor((lon_deg + 180.0) / CELL_LON_DEG)) % int(360.0 / CELL_LON_DEG)
    return row * int(360.0 / CELL_LON_DEG) + column


def cells_about(lon_deg: float, lat_deg: float) -> list[int]:
    """Numbers of the cell that holds a position, first, and of those around it."""
    found = [cell_of(lon_deg, lat_deg)]
    for north in (-1, 0, 1):
        lat = min(90.0, max(-90.0, lat_deg + north * CELL_LAT_DEG))
        found += [cell_of(lon_deg + east * CELL_LON_DEG, lat) for east in (-1, 0, 1)]
    return list(dict.fromkeys(found))


def bin_end(t_ms: int) -> int:
    """The first end of a bin at a time or after it.

    >>> bin_end(BIN_MS), bin_end(BIN_MS + 1) // BIN_MS
    (1800000, 2)
    """
    return -(-t_ms // BIN_MS) * BIN_MS


@lean
def norm_at(cells, norms, lon_deg, lat_deg):
    """Mean log speed ratio of the ships in a cell; NaN where too few voted."""
    cell = cell_of(lon_deg, lat_deg)
    k = np.searchsorted(cells, cell)
    return norms[k] if k < len(cells) and cells[k] == cell else np.nan


@lean
def count_minute(ship, moving_kn):
    """Add a minute's speed to the ship's bin."""
    if ship.minute_kn >= moving_kn:
        ship.bin_sum += ship.minute_kn
        ship.bin_n += 1


@lean
def vote(ship, out, bin_number):
    """Cast the ship's vote for a bin that ends, and let the bin enter its plain mean."""
    if ship.bin_n >= MINUTES_MIN:
        mean_kn = ship.bin_sum / ship.bin_n
        if ship.plain_kn > 0.0:
            row = out.tallies[out.used[TALLIES]]
            row.bin = bin_number
            row.cell = cell_of(ship.lon, ship.lat)
            row.votes = 1
            said_milli = int(math.floor(1000.0 * math.log(mean_kn / ship.plain_kn) + 0.5))
            row.sum_milli = max(-VOTE_MILLI, min(VOTE_MILLI, said_milli))
            out.used[TALLIES] += 1
            ship.plain_kn += PLAIN_GAIN * (mean_kn - ship.plain_kn)
        else:
            ship.plain_kn = mean_kn
    ship.bin_sum = 0.0
    ship.bin_n = 0


class Context:
    """Tallies of the bins that can still be read, merged from any number of shards."""

    def __init__(self) -> None:
        self._bins: dict[int, dict[int, tuple[int, int]]] = {}

    def add(self, tallies: Array) -> None:
        """Merge tallies (`TALLY_DTYPE`) by addition."""
        for number, cell, votes, total in tallies.tolist():
            cells = self._bins.setdefault(number, {})
            have = cells.get(cell, (0, 0))
            cells[cell] = (have[0] + votes, have[1] + total)

    def norms(self, number: int) -> tuple[Array, Array]:
        """Cells (sorted) and norms that fixes of bin `number` read; older bins are forgotten."""
        for old in [n for n in self._bins if n < number - READ_FROM]:
            del self._bins[old]
        merged: dict[int, tuple[int, int]] = {}
        for k in range(number - READ_FROM, number - READ_TO + 1):
            for cell, (votes, total) in self._bins.get(k, {}).items():
                if votes >= VOTERS_MIN:
                    have = merged.get(cell, (0, 0))
                    merged[cell] = (have[0] + votes, have[1] + total)
        kept = sorted((c, t / v / 1000.0) for c, (v, t) in merged.items())
        cells = np.array([c for c, _ in kept], np.int64)
        return cells, np.clip(np.array([n for _, n in kept], np.float64), NORM_FLOOR, 0.0)

    def state(self) -> dict[int, dict[int, tuple[int, int]]]:
        """All that is kept, for a snapshot; :meth:`restore` takes it back."""
        return {number: dict(cells) for number, cells in self._bins.items()}

    @classmethod
    def restore(cls, bins: dict[int, dict[int, tuple[int, int]]]) -> "Context":
        """Context of a snapshot."""
        context = cls()
        context._bins = {number: dict(cells) for number, cells in bins.items()}
        return context
