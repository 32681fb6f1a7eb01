"""Where positions lie on a map: a projection, and its metres in pixels.

A transverse Mercator projection about the middle of the track (WGS84; scale true to 0.3 % within
250 nmi of it), north up.
"""

import numpy as np
import pyproj
import shapely

from cablewatch.dossier.labels import Box
from cablewatch.fixes import Array
from cablewatch.units import NAUTICAL_MILE_M

WIDTH = 860.0  # px
TOP, SIDE, FOOT = 8.0, 8.0, 66.0  # px around the map; the legend is in the foot
TALLEST, FLATTEST = 1.15, 0.52  # height by width of the map
LEAST_M = 6.0 * NAUTICAL_MILE_M  # across the map at least
MARGIN = 0.13  # of the extent, on each side


class View:
    """A projection and where its metres lie on the page."""

    def __init__(self, lon: Array, lat: Array) -> None:
        turn = np.angle(np.exp(1j * np.radians(lon)).mean(), deg=True)  # across the antimeridian
        east = turn + (lon - turn + 180.0) % 360.0 - 180.0
        middle = (east.min() + east.max()) / 2, (lat.min() + lat.max()) / 2
        self._to = pyproj.Proj(proj="tmerc", lon_0=middle[0], lat_0=middle[1], ellps="WGS84")
        x, y = self._to(lon, lat)
        wide = max(float(np.ptp(x)) * (1 + 2 * MARGIN), LEAST_M)
        high = max(float(np.ptp(y)) * (1 + 2 * MARGIN), LEAST_M * FLATTEST)
        wide, high = max(wide, high / TALLEST), max(high, wide * FLATTEST)
        self._x, self._y = float(x.min() + x.max()) / 2, float(y.min() + y.max()) / 2
        self.px_m = (WIDTH - 2 * SIDE) / wide  # pixels in a metre
        self.box: Box = (SIDE, TOP, WIDTH - SIDE, TOP + high * self.px_m)
        corners = self._corners(wide, high)
        self.middle_deg = middle[0]
        self.bounds_deg = corners  # west, south, east, north; west and east about the middle

    def _corners(self, wide: float, high: float) -> tuple[float, float, float, float]:
        xs = self._x + wide * np.linspace(-0.5, 0.5, 9)
        ys = self._y + high * np.linspace(-0.5, 0.5, 9)
        grid = np.meshgrid(xs, ys)
        lon, lat = self._to(grid[0].ravel(), grid[1].ravel(), inverse=True)
        middle = self._to(self._x, self._y, inverse=True)[0]
        lon = middle + (lon - middle + 180.0) % 360.0 - 180.0
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    def at(self, lon: Array, lat: Array) -> Array:
        """Pixels (n, 2) of positions."""
        x, y = self._to(np.asarray(lon, float), np.asarray(lat, float))
        left, top, right, bottom = self.box
        px = (left + right) / 2 + (x - self._x) * self.px_m
        return np.column_stack([px, (top + bottom) / 2 - (y - self._y) * self.px_m])

    def near(self, shape: shapely.Geometry) -> list[shapely.Geometry]:
        """What of a shape in degrees lies about the map, on either side of the antimeridian."""
        west, south, east, north = self.bounds_deg
        pad = 0.3 * (north - south)
        parts = []
        for turn in (-360.0, 0.0, 360.0):
            window = shapely.box(
                west - pad - turn, south - pad, east + pad - turn, min(north + pad, 89.9)
            )
            cut = shapely.intersection(shape, window)
            parts += [part for part in shapely.get_parts(cut) if not part.is_empty]
        return parts

    def on_page(self, shape: shapely.Geometry) -> shapely.Geometry:
        """A shape in degrees, in pixels, cut at the frame."""
        drawn = shapely.transform(shapely.segmentize(shape, 0.05), lambda c: self.at(*c.T))
        return shapely.intersection(shapely.make_valid(drawn), shapely.box(*self.box))
