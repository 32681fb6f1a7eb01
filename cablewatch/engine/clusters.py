"""Clusters: many ships on one point, as receivers of satellite navigation report when misled.

Within a bin of half an hour the ships are counted that report the very same position, to a tenth of
a metre; at the end of the bin every ship of a point with at least `SHIPS_MIN` is noticed as
``gnss_interference_suspect``. Antennas of different ships cannot lie so close. Receivers at berth
scatter by metres, and in a crowded marina, a boat every 25 square metres with ten reports over some
hundred in half an hour, a square metre sees 0.4 boats; positions archived to five decimals are such
squares. Eight boats in one are a matter of 1e-8 (Poisson).

The bins are those of the fold, and a bin is judged once, from all ships: clusters do not depend on
how the input is cut or shared. Type 27 reports are left out: their grid is 185 m wide.

*Cannot see:* receivers misled to different places, and circles; their jumps are seen by `quality`.
"""

import numpy as np

from cablewatch.engine.quality import is_ship_mmsi
from cablewatch.engine.state import BIN_MS
from cablewatch.engine.transitions import INTERFERENCE, NOTICE_DTYPE
from cablewatch.fixes import Array, Fixes, FixFlag

SHIPS_MIN = 8  # see the module's text
PER_DEGREE = 600_000  # a ten-thousandth of a minute, ITU-R M.1371-5: 0.19 m
_LAT_SPAN = 1 << 28  # more than the latitudes there are


class Clusters:
    """Places of the bin under way, and who reported them."""

    def __init__(self) -> None:
        self._bin = 0
        self._places: list[Array] = []
        self._mmsi: list[Array] = []

    def push(self, fixes: Fixes, watermark_ms: int) -> Array:
        """Take fixes sorted by time; notices of the bins that end by the watermark."""
        counted = is_ship_mmsi(fixes.mmsi) & (fixes.flags & FixFlag.COARSE == 0)
        fixes = fixes if counted.all() else fixes.take(counted)
        said = []
        numbers = fixes.t_ms // BIN_MS
        start = 0
        while start < len(fixes):
            number = int(numbers[start])
            stop = int(np.searchsorted(numbers, number, side="right"))
            said.append(self._turn_to(number))
            self._places.append(_places(fixes.lon_deg[start:stop], fixes.lat_deg[start:stop]))
            self._mmsi.append(fixes.mmsi[start:stop])
            start = stop
        said.append(self._turn_to(max(self._bin, watermark_ms // BIN_MS)))
        return np.concatenate(said)

    def flush(self) -> Array:
        """Notices of the bin under way, at the global end of the input."""
        return self._turn_to(self._bin + 1)

    def _turn_to(self, number: int) -> Array:
        """Judge the bin under way if another begins."""
        if number == self._bin:
            return np.empty(0, NOTICE_DTYPE)
        end_ms, self._bin = (self._bin + 1) * BIN_MS, number
        mmsi = _crowded(self._places, self._mmsi)
        self._places, self._mmsi = [], []
        notices = np.empty(len(mmsi), NOTICE_DTYPE)
        notices["t_ms"], notices["mmsi"], notices["code"] = end_ms, mmsi, INTERFERENCE
        return notices


def _places(lon_deg: Array, lat_deg: Array) -> Array:
    """Number of the square that holds each position."""
    lon = np.rint(lon_deg * PER_DEGREE).astype(np.int64)
    places: Array = lon * _LAT_SPAN + np.rint(lat_deg * PER_DEGREE).astype(np.int64)
    return places


def _crowded(places: list[Array], mmsi: list[Array]) -> Array:
    """Ships, in order, that share a place with SHIPS_MIN - 1 others."""
    if sum(map(len, places)) < SHIPS_MIN:
        return np.empty(0, np.int32)
    place = np.concatenate(places)
    by_place = np.sort(place)
    often = by_place[SHIPS_MIN - 1 :]
    often = np.unique(often[often == by_place[: 1 - SHIPS_MIN]])
    near = np.isin(place, often)
    pairs = np.unique(np.stack([place[near], np.concatenate(mmsi)[near]]), axis=1)
    _, which, ships = np.unique(pairs[0], return_inverse=True, return_counts=True)
    return np.unique(pairs[1][ships[which] >= SHIPS_MIN]) if len(which) else np.empty(0, np.int32)
