"""From any geometry on WGS84 to the route of a cable: what is mended, and what is refused.

Mended without loss: altitudes are dropped; longitudes beyond 180 degrees are brought back;
coordinates are rounded to 1e-7 degree (a centimetre); repeated vertices go; parts that meet end
to end become one; a part that crosses or retraces itself is cut where it does, since the
kilometre points of a model's part have to be unambiguous.
"""

import hashlib
from itertools import pairwise

import numpy as np
import shapely

from cablewatch.cables import lines
from cablewatch.cables.importers.properties import Refused
from cablewatch.errors import CableError
from cablewatch.fixes import Array

DECIMALS = 7  # of a degree, about a centimetre
ID_DECIMALS = 6  # coarser, so that ids do not depend on the last bits of a projection
SHORTEST_M = 1.0  # the cable index is exact to 1 m
LINES = ("LineString", "LinearRing", "MultiLineString")


def route_of(geometry: shapely.Geometry | None) -> tuple[shapely.MultiLineString, bool]:
    """The route, and whether it had to be cut where it crosses itself.

    Raises
    ------
    Refused
        Nothing there, no line, coordinates that are not finite or off the globe, too short.
    """
    parts = [_positions(part) for part in _line_parts(geometry)]
    parts = [part for part in parts if len(part) > 1]
    if not parts:
        raise Refused("fewer than two distinct vertices")
    merged = _merged(parts)
    pieces = [piece for part in merged for piece in _simple_pieces(part)]
    route = shapely.MultiLineString(pieces)
    if lines.length_km(route) * 1000 < SHORTEST_M:
        raise Refused(f"shorter than {SHORTEST_M:g} m")
    try:
        lines.check("", route)
    except CableError as error:
        raise Refused(error.what) from error
    return route, len(pieces) > len(merged)


def shape_key(route: shapely.MultiLineString) -> str:
    """Hash of a shape, the same in either direction and order of its parts."""
    keys = []
    for part in route.geoms:
        xy = np.round(shapely.get_coordinates(part), ID_DECIMALS) + 0.0
        keys.append(min(xy.astype("<f8").tobytes(), xy[::-1].astype("<f8").tobytes()))
    return hashlib.sha256(b"|".join(sorted(keys))).hexdigest()


def _line_parts(geometry: shapely.Geometry | None) -> list[shapely.Geometry]:
    if geometry is None or geometry.is_empty:
        raise Refused("no geometry")
    parts = [geometry]
    while any(hasattr(part, "geoms") for part in parts):
        parts = [inner for part in parts for inner in getattr(part, "geoms", [part])]
    found = [part for part in parts if part.geom_type in LINES and not part.is_empty]
    if not found:
        areas = any("Polygon" in part.geom_type for part in parts)
        raise Refused("an area, not a line" if areas else f"not a line ({geometry.geom_type})")
    return found


def _positions(part: shapely.Geometry) -> Array:
    """Vertices in range and rounded, without repetitions; the meridian of 180 degrees is +180."""
    xy = shapely.get_coordinates(part)
    if not np.isfinite(xy).all():
        vertex = int((~np.isfinite(xy)).any(axis=1).argmax())
        raise Refused("coordinates are NaN or infinite, or outside the projection", str(vertex))
    lon, lat = xy[:, 0], xy[:, 1]
    if (np.abs(lat) > 90).any() or (np.abs(lon) > 360).any():
        swapped = " (lon and lat swapped?)" if (np.abs(lon) <= 90).all() else ""
        do = "give the lines' own reference system by --crs"
        raise Refused(f"positions off the globe{swapped}", do=do)
    wrapped = np.where(np.abs(lon) > 180, (lon + 180) % 360 - 180, lon)
    xy = np.round(np.column_stack([np.where(wrapped == -180, 180.0, wrapped), lat]), DECIMALS) + 0.0
    return xy[np.r_[True, (np.diff(xy, axis=0) != 0).any(axis=1)]]


def _merged(parts: list[Array]) -> list[Array]:
    """Parts joined where exactly two meet, in the order and direction of the first vertices."""
    if len(parts) == 1:
        return parts
    merged = shapely.line_merge(shapely.MultiLineString(parts))
    joined = [shapely.get_coordinates(part) for part in getattr(merged, "geoms", [merged])]
    place = {tuple(xy): n for n, xy in reversed(list(enumerate(np.concatenate(parts))))}
    forward = []
    for part in joined:
        numbers = [place[tuple(xy)] for xy in part]
        steps = sum(b > a for a, b in pairwise(numbers)) * 2 - (len(numbers) - 1)
        forward.append((min(numbers), part if steps >= 0 else part[::-1]))
    return [part for _, part in sorted(forward, key=lambda item: item[0])]


def _simple_pieces(part: Array) -> list[Array]:
    """The part, cut greedily into the longest pieces that do not touch themselves.

    The end of a piece is looked for in doubling steps, so that the work depends on the length of
    the piece and not on what is left.
    """
    pieces: list[Array] = []
    while len(part) > 1:
        good, bad = 2, 4  # vertices; one leg is always simple
        while bad < len(part) and _is_simple(part[:bad]):
            good, bad = bad, 2 * bad
        bad = min(bad, len(part))
        if _is_simple(part[:bad]):
            return [*pieces, part]
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if _is_simple(part[:middle]) else (good, middle)
        pieces.append(part[:good])
        part = part[good - 1 :]
    return pieces


def _is_simple(part: Array) -> bool:
    return bool(shapely.LineString(lines.unwrapped(part)).is_simple)
