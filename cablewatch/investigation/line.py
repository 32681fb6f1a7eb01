"""The route of one cable for distances: points along it, places by kilometre, nearest points."""

import math

import numpy as np

from cablewatch.cables.index import AHEAD_DTYPE, ahead, build_index, nearest
from cablewatch.cables.meetings import RHUMB_STEP_M
from cablewatch.cables.model import Cable
from cablewatch.cables.segments import LEG_M
from cablewatch.fixes import Array
from cablewatch.geodesy import B2_OVER_A2, distances_m, rhumb_step

FAR_M = 310_000.0  # m; farther off the line nobody asks how far
HALF_LEG_M = LEG_M / 2.0  # m; no point of the line is farther from the nearest of `points`


class Line:
    """One cable's line; kilometre points run as in the index, through the parts in their order.

    Attributes
    ----------
    length_km : float
    km, lon, lat : arrays of float (n,)
        Middles of the segments of at most 2 km.
    """

    def __init__(self, cable: Cable) -> None:
        self._index = build_index([cable])
        rows = self._index.segments
        self.length_km = float(rows["km"][-1] + rows["length_km"][-1])
        self.km = rows["km"] + rows["length_km"] / 2.0
        self.lon, self.lat = self._between(rows, np.full(len(rows), 0.5))

    def place(self, km: float) -> tuple[float, float]:
        """Longitude and latitude, degrees, of a kilometre point; beyond an end, the end."""
        lon, lat = self.places(np.array([km], float))
        return float(lon[0]), float(lat[0])

    def places(self, km: Array) -> tuple[Array, Array]:
        """The same of many kilometre points."""
        rows = self._index.segments
        rows = rows[np.maximum(np.searchsorted(rows["km"], km, side="right") - 1, 0)]
        length_km = np.where(rows["length_km"] > 0.0, rows["length_km"], np.inf)
        return self._between(rows, np.clip((km - rows["km"]) / length_km, 0.0, 1.0))

    def nearest(self, lon: float, lat: float) -> tuple[float, float]:
        """Kilometre point of the nearest place and distance to it, metres; NaN, inf if far off."""
        number, away_m, _, km = nearest(self._index, lon, lat, FAR_M)
        return (km, away_m) if number >= 0 else (math.nan, math.inf)

    def ahead(
        self, lon: float, lat: float, cog_deg: float, max_m: float
    ) -> tuple[float, float] | None:
        """Kilometre point and distance, metres, at which a held course meets the line first."""
        out = np.zeros(1, AHEAD_DTYPE)
        if not ahead(self._index, lon, lat, cog_deg, max_m, out):
            return None
        run_m = float(out[0]["distance_m"])
        km, _ = self.nearest(*_sailed(lon, lat, cog_deg, run_m))
        return km, run_m

    def away_m(self, lon: float, lat: float) -> Array:
        """Distances of a position to all points, metres."""
        n = len(self.km)
        return distances_m(np.full(n, lon), np.full(n, lat), self.lon, self.lat)

    def _between(self, rows: Array, along: Array) -> tuple[Array, Array]:
        """Points of segments, at shares of their lengths."""
        x, y, z = (rows[f"a{i}"] + along * (rows[f"b{i}"] - rows[f"a{i}"]) for i in "xyz")
        lat = np.arctan2(z, B2_OVER_A2 * np.hypot(x, y))
        return np.degrees(np.arctan2(y, x)), np.degrees(lat)


def _sailed(lon: float, lat: float, cog_deg: float, run_m: float) -> tuple[float, float]:
    """Where a rhumb line ends, by the steps of the index."""
    while run_m > 0.0:
        lon, lat = rhumb_step(lon, lat, cog_deg, min(run_m, RHUMB_STEP_M))
        run_m -= RHUMB_STEP_M
    return lon, lat
