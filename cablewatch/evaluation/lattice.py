"""Lines laid over the traffic, so that every ship under way has a cable ahead.

An alert needs a cable that was met, or one within 12 h ahead. Whether a drag is told from its track
must not depend on where cables happen to lie: so recall is measured with two lines, one each way,
through the middle of every cell of half a degree in which a ship was heard, and of its neighbours.
A ship of 4 kn reaches the next line within 12 h. The lines are not real, and say so.
"""

from collections.abc import Iterator

import numpy as np
import shapely

from cablewatch.cables.model import Cable
from cablewatch.fixes import Array, Fixes

CELL_DEG = 0.5
ID = "laid-lattice"
MOST_LAT_DEG = 80.0  # no lines beyond: cells become slivers


def lattice(fixes: Fixes) -> Cable:
    """The lines over the cells of half a degree that hold a fix, as one cable."""
    cells = np.unique(
        np.stack(
            [
                np.floor(fixes.lon_deg / CELL_DEG),
                np.floor(np.clip(fixes.lat_deg, -MOST_LAT_DEG, MOST_LAT_DEG) / CELL_DEG),
            ],
            axis=1,
        ).astype(int),
        axis=0,
    )
    around = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    cells = np.unique(np.concatenate([cells + step for step in around]), axis=0)
    width = int(360 / CELL_DEG)
    cells[:, 0] = (cells[:, 0] + width // 2) % width - width // 2
    cells = np.unique(cells, axis=0)
    lines = [*_runs(cells, 0), *_runs(cells[:, ::-1], 1)]
    return Cable(
        id=ID,
        name="lines laid for the measurement; no such cable",
        kind="telecom",
        owner="",
        status="laid for the measurement",
        source="cablewatch evaluate",
        licence="CC0-1.0",
        position_class="surveyed",
        position_uncertainty_m=0.0,
        protection_zone_m=200.0,
        zone_basis="laid for the measurement",
        route=shapely.MultiLineString(lines),
    )


def _runs(cells: Array, turned: int) -> Iterator[Array]:
    """A line through the middle of each run of cells (n, 2) along the first axis."""
    for row in np.unique(cells[:, 1]):
        along = np.sort(cells[cells[:, 1] == row, 0])
        for run in np.split(along, np.flatnonzero(np.diff(along) > 1) + 1):
            ends = np.append(run, run[-1] + 1) * CELL_DEG
            points = np.stack([ends, np.full(len(ends), (row + 0.5) * CELL_DEG)], axis=1)
            yield points[:, ::-1] if turned else points
