"""Hearing: how surely a ship under way is heard, where and when, by what the other ships say.

The votes (`HEARD_DTYPE`, see :mod:`.hints`) are integers that merge by addition: of each bin, cell
and set of stations, how many ships were heard late in the bin, and how many fell silent in it.
*Coverage* reads those of a day, of a cell and the eight about it, up to the bin before the last;
*witnesses* those of this very bin, about a place and by stations.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import numpy as np

from cablewatch.engine.state import BIN_MS
from cablewatch.fixes import Array
from cablewatch.units import DAY_MS

READ_TO = 2  # bins back; DESIGN section 2: at most k-2
READ_FROM = DAY_MS // BIN_MS + READ_TO - 1  # a day of bins, tides and watches included
VOTERS_MIN = 4  # DESIGN section 2; fewer tell nothing of a place or a bin
BELIEF = 4.0  # observations as far as the wider count is believed beside the narrower; assumed
SILENT_PRIOR, WEIGHT_PRIOR = 0.1, 1.0  # of a place of which nothing is known: one ship in ten falls
# silent, believed as far as one vote; assumed. A place is covered or not: the votes decide soon


def shrunk(silent: float, heard: float, wider: float) -> float:
    """Share of silent ones in a count, as it stands beside a share of which more is known."""
    return (silent + BELIEF * wider) / (silent + heard + BELIEF)


Count = tuple[int, int]
"""Ships heard, and ships that fell silent."""


def _sum_of(counts: dict[int, Count], cells: Collection[int]) -> Count:
    found = [counts[cell] for cell in cells if cell in counts]
    return sum(heard for heard, _ in found), sum(gone for _, gone in found)


class Ballot:
    """The votes of one bin."""

    def __init__(self, votes: Array, stations: Callable[[int], tuple[str, ...]]) -> None:
        self.cells: dict[int, Count] = {}
        self._stations = stations
        self._heard_by: Counter[str] = Counter()
        of_code: Counter[int] = Counter()
        for cell, code, heard, gone in votes[["cell", "station", "heard", "gone"]].tolist():
            have = self.cells.get(cell, (0, 0))
            self.cells[cell] = (have[0] + heard, have[1] + gone)
            of_code[code] += heard
        for code, heard in of_code.items():
            if code:
                self._heard_by.update(dict.fromkeys(stations(code), heard))

    def witnesses(self, cells: Collection[int], station: int) -> "Witnesses":
        """Ships of some cells; and of all, those that each station of a set heard."""
        heard, gone = _sum_of(self.cells, cells)
        if station == 0:
            return Witnesses(heard, heard, gone)
        return Witnesses(min(self._heard_by[name] for name in self._stations(station)), heard, gone)


class Witnesses(NamedTuple):
    """Ships of one bin about a place."""

    by_each: int  # heard by each station of a set, wherever they are; without names: `heard`
    heard: int
    gone: int


class Coverage:
    """Votes of a day, by bin and cell."""

    def __init__(self, bins: dict[int, dict[int, Count]] | None = None) -> None:
        self.bins = bins or {}
        self._read: set[int] = set()
        self._sums: dict[int, Count] = {}

    def add(self, number: int, ballot: Ballot) -> None:
        """Take the votes of a bin that ended, the newest."""
        self.bins[number] = ballot.cells

    def turn_to(self, number: int) -> None:
        """Read as bin `number` does, not before the last one; older bins are forgotten."""
        for k in [k for k in self.bins if k < number - READ_FROM]:
            if k in self._read:
                self._read.remove(k)
                self._count(self.bins[k], -1)
            del self.bins[k]
        for k in [k for k in self.bins if k <= number - READ_TO and k not in self._read]:
            self._read.add(k)
            self._count(self.bins[k], 1)

    def _count(self, cells: dict[int, Count], sign: int) -> None:
        for cell, (heard, gone) in cells.items():
            have = self._sums.get(cell, (0, 0))
            now = have[0] + sign * heard, have[1] + sign * gone
            if any(now):
                self._sums[cell] = now
            else:
                self._sums.pop(cell, None)

    def votes(self, cells: Collection[int]) -> Count:
        """Ships heard in some cells, and those that fell silent."""
        return _sum_of(self._sums, cells)

    def share(self, cells: Sequence[int]) -> tuple[float, int]:
        """Share of ships that fall silent in the first of nine cells, and how many voted in all.

        NaN where too few did.
        """
        heard, silent = self.votes(cells)
        if heard + silent < VOTERS_MIN:
            return np.nan, heard + silent
        about = (silent + SILENT_PRIOR) / (silent + heard + WEIGHT_PRIOR)
        inside = self.votes(cells[:1])
        return shrunk(inside[1], inside[0], about), heard + silent
