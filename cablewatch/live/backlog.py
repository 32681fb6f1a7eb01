"""The backlog: what was decoded and not yet judged; too much of it is shed, the least useful first.

Static data are said again after six minutes, and a ship far from all cables threatens none for
hours: both go before a fix near a cable does. Of each kind the oldest go first. What was shed is
counted, and stands in the journal: a replay of the recording judges it.
"""

from collections import Counter, deque
from collections.abc import Sequence

import numpy as np
import shapely

from cablewatch.batches import Batch
from cablewatch.cables.model import Cable
from cablewatch.fixes import Array

ROWS_MAX = 500_000  # half a minute of 20,000 sentences a second; 50 MB
NEAR_DEG = 1.0  # about 60 nmi of latitude: four hours of a fast ship


class Backlog:
    """Batches in the order they came.

    Parameters
    ----------
    cables : sequence of Cable
        Fixes within a degree or so of one are near.
    """

    def __init__(self, cables: Sequence[Cable], rows_max: int = ROWS_MAX) -> None:
        self._near = _cells(cables)
        self._rows_max = rows_max
        self._batches: deque[Batch] = deque()
        self.rows = 0
        self.shed: Counter[str] = Counter()

    def add(self, batch: Batch) -> None:
        """Take a batch; shed what is too much."""
        self._batches.append(batch)
        self.rows += len(batch.fixes) + len(batch.statics)
        if self.rows > self._rows_max:
            self._shed()

    def take(self, rows: int) -> Batch:
        """The oldest fixes, so many at most, and the static data among them."""
        taken, n = [], 0
        while self._batches and n < rows:
            batch = self._batches.popleft()
            if len(batch.fixes) > rows - n:
                batch, rest = batch.parted(rows - n)
                self._batches.appendleft(rest)
            taken.append(batch)
            n += len(batch.fixes) + len(batch.statics)
        self.rows -= n
        return Batch.joined(taken)

    def _shed(self) -> None:
        """Halve the backlog: static data, then fixes far from cables, then any, oldest first."""
        goal = self._rows_max // 2
        batch = self.take(self.rows + 1)
        fixes, statics = batch
        excess = len(fixes) + len(statics) - goal
        no_statics = _oldest(np.ones(len(statics), bool), excess)
        far = ~self.near(fixes.lon_deg, fixes.lat_deg)
        excess -= int(no_statics.sum())
        no_far = _oldest(far, excess)
        excess -= int(no_far.sum())
        no_near = _oldest(~far, excess)
        self.shed += Counter(
            shed_static=int(no_statics.sum()),
            shed_far=int(no_far.sum()),
            shed_near=int(no_near.sum()),
        )
        kept = batch.select(~(no_far | no_near), ~no_statics)
        self._batches.append(kept)
        self.rows = len(kept.fixes) + len(kept.statics)

    def near(self, lon_deg: Array, lat_deg: Array) -> Array:
        """Whether positions are within a degree or so of a cable."""
        return np.isin(_cell(lon_deg, lat_deg), self._near)


def _oldest(mask: Array, most: int) -> Array:
    """The first rows of a mask, `most` of them."""
    return mask & (np.cumsum(mask) <= most)


def _cell(lon_deg: Array, lat_deg: Array) -> Array:
    column = np.floor(np.asarray(lon_deg) / NEAR_DEG).astype(np.int64) % int(360 / NEAR_DEG)
    row = np.floor(np.asarray(lat_deg) / NEAR_DEG).astype(np.int64)
    cells: Array = (row << 16) + column
    return cells


def _cells(cables: Sequence[Cable]) -> Array:
    """Cells that routes pass, and those around them."""
    routes = [shapely.segmentize(cable.route, NEAR_DEG / 2.0) for cable in cables]
    lon, lat = shapely.get_coordinates(routes).T
    steps = (-NEAR_DEG, 0.0, NEAR_DEG)
    return np.unique([_cell(lon + east, lat + north) for east in steps for north in steps])
