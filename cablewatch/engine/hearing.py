"""Hearing: how surely a ship under way is heard, where and when, by what the other ships say.

The votes (`HEARD_DTYPE`, see :mod:`.hints`) are integers that merge by addition: of each bin, cell
and set of stations, how many ships were heard late in the bin, and how many fell silent in it.
*Coverage* reads those of a day, of a cell and the eight about it, up to the bin before the last;
*witnesses* those of this very bin, about a place and by stations.
"""

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


class Coverage:
    """Votes of a day, by bin and cell."""

    def __init__(self) -> None:
        self.bins: dict[int, dict[int, tuple[int, int]]] = {}

    def add(self, number: int, heard: Array) -> None:
        """Take the votes of a bin that ended; those that none can read any more are forgotten."""
        cells = self.bins.setdefault(number, {})
        for cell, n, gone in heard[["cell", "heard", "gone"]].tolist():
            have = cells.get(cell, (0, 0))
            cells[cell] = (have[0] + n, have[1] + gone)
        for old in [n for n in self.bins if n < number - READ_FROM]:
            del self.bins[old]

    def votes(self, number: int, cells: Collection[int]) -> tuple[int, int]:
        """Ships heard in some cells, and silent ones, as bin `number` reads them."""
        n = gone = 0
        for k in range(number - READ_FROM, number - READ_TO + 1):
            of_bin = self.bins.get(k, {})
            for cell in cells:
                have = of_bin.get(cell, (0, 0))
                n, gone = n + have[0], gone + have[1]
        return n, gone

    def share(self, number: int, cells: Sequence[int]) -> tuple[float, int]:
        """Share of ships that fall silent in the first of nine cells, and how many voted in all.

        NaN where too few did.
        """
        heard, silent = self.votes(number, cells)
        if heard + silent < VOTERS_MIN:
            return np.nan, heard + silent
        about = (silent + SILENT_PRIOR) / (silent + heard + WEIGHT_PRIOR)
        inside = self.votes(number, cells[:1])
        return shrunk(inside[1], inside[0], about), heard + silent


class Witnesses(NamedTuple):
    """Ships of one bin about a place."""

    by_each: int  # heard by each station of a set, wherever they are; without names: `heard`
    heard: int
    gone: int


class Hearers:
    """Who witnesses, by the names of stations behind the codes of votes."""

    def __init__(self, stations: Callable[[int], tuple[str, ...]]) -> None:
        self._stations = stations

    def witnesses(self, votes: Array, cells: Sequence[int], station: int) -> Witnesses:
        """Ships of some cells in the votes of a bin; and of all, those each station heard."""
        near = votes[np.isin(votes["cell"], cells)]
        heard, gone = int(near["heard"].sum()), int(near["gone"].sum())
        if station == 0:
            return Witnesses(heard, heard, gone)
        of_code: dict[int, int] = {}
        for code, n in votes[["station", "heard"]].tolist():
            of_code[code] = of_code.get(code, 0) + n
        by = {code: set(self._stations(code)) for code in of_code if code}
        each = [
            sum(n for code, n in of_code.items() if code and name in by[code])
            for name in self._stations(station)
        ]
        return Witnesses(min(each), heard, gone)
