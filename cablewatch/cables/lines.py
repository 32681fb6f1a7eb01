"""Route geometry from untrusted GeoJSON: finite positions in range, lines that do not cross.

Every check names the feature. What is refused, and why:

- anything but LineString and MultiLineString: a cable is a line;
- non-numeric, NaN or infinite coordinates, positions off the globe, a single distinct vertex;
- a part that crosses itself (a bow-tie): its kilometre points would be ambiguous. Parts may
  cross each other, as twin cables do;
- longitude and latitude swapped, where that can be known (see :func:`refuse_swapped`).
"""

from typing import Any

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from cablewatch.errors import CableError
from cablewatch.fixes import Array

WGS84 = Geod(ellps="WGS84")
MAX_VERTICES = 1_000_000  # in a file; the submarine cables of the whole world have about 50,000
SLACK = 1.2  # a drawn route may exceed the published length by a fifth


def lines(where: str, geometry: Any) -> shapely.MultiLineString:
    """Planar lines of a GeoJSON geometry, in the coordinates of the file.

    Raises
    ------
    CableError
        Geometry that is missing, not a line, or has positions that are not finite numbers.
    """
    if not isinstance(geometry, dict):
        raise CableError(where, "no geometry", "give it a LineString or MultiLineString")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "LineString":
        parts = [coordinates]
    elif kind == "MultiLineString" and isinstance(coordinates, list) and coordinates:
        parts = coordinates
    else:
        raise _not_a_line(where, kind, geometry)
    return shapely.MultiLineString([_part(where, part) for part in parts])


def _not_a_line(where: str, kind: Any, geometry: dict[str, Any]) -> CableError:
    try:
        bow_tie = not shapely.geometry.shape(geometry).is_valid
    except Exception:
        bow_tie = False
    crossed = ", crossing itself (a bow-tie)" if bow_tie else ""
    return CableError(
        where,
        f"geometry is {kind or 'untyped'}{crossed}, not a line",
        "draw the route as a LineString or MultiLineString",
    )


def _part(where: str, part: Any) -> Array:
    try:
        xy = np.asarray(part)
    except ValueError:
        xy = np.empty(0, object)
    if xy.ndim != 2 or xy.shape[1] not in (2, 3) or xy.dtype.kind not in "if":
        raise CableError(
            where, "coordinates are not a list of [lon, lat] numbers", "correct the coordinates"
        )
    xy = xy[:, :2].astype("f8")
    bad = ~np.isfinite(xy).all(axis=1)
    if bad.any():
        raise CableError(
            where,
            f"vertex {int(bad.argmax())} is not finite (NaN or infinite)",
            "correct or remove the vertex",
        )
    xy = xy[np.r_[True, (np.diff(xy, axis=0) != 0).any(axis=1)]]
    if len(xy) < 2:
        raise CableError(
            where, "a line has fewer than two distinct vertices", "add a vertex or drop the line"
        )
    return xy


def check(where: str, route: BaseGeometry) -> None:
    """Refuse positions off the globe and parts that cross themselves; `route` is in degrees.

    Raises
    ------
    CableError
        As above.
    """
    lon, lat = shapely.get_coordinates(route).T
    if (np.abs(lat) > 90).any() or (np.abs(lon) > 180).any():
        worst = int(np.argmax(np.maximum(np.abs(lat) / 90, np.abs(lon) / 180)))
        swapped = (np.abs(lon) <= 90).all() and (np.abs(lat) <= 180).all()
        raise CableError(
            where,
            f"position lon {lon[worst]:g}, lat {lat[worst]:g} is off the globe"
            + (" and looks swapped" if swapped else ""),
            "write GeoJSON positions as [lon, lat] in degrees",
        )
    for part in route.geoms:
        if not shapely.LineString(unwrapped(shapely.get_coordinates(part))).is_simple:
            raise CableError(
                where,
                "the line crosses itself (a bow-tie), so its kilometre points are ambiguous",
                "correct the order of its vertices or split it into parts",
            )


def unwrapped(lon_lat: Array) -> Array:
    """The same vertices with each longitude within 180 degrees of the one before it."""
    lon = np.unwrap(lon_lat[:, 0], period=360.0)
    return np.column_stack([lon, lon_lat[:, 1]])


def refuse_swapped(where: str, route: BaseGeometry, published_length_km: float) -> None:
    """Refuse a route that fits its published length only with lon and lat exchanged.

    Swapped positions of a place like the Baltic are valid positions elsewhere; the one thing in
    a file that tells is a length, as degrees of longitude are shorter than degrees of latitude.
    A route that is drawn in part (shorter than published) says nothing either way.

    Raises
    ------
    CableError
        The route is over a fifth longer than published and would not be if swapped.
    """
    limit_km = published_length_km * SLACK
    if length_km(route) <= limit_km:
        return
    mirrored = shapely.transform(route, lambda xy: xy[:, ::-1])
    if np.abs(shapely.get_coordinates(mirrored)[:, 1]).max() > 90:
        return
    if length_km(mirrored) <= limit_km:
        raise CableError(
            where,
            f"the line is {length_km(route):.0f} km long, {published_length_km:g} km published: "
            "it looks swapped",
            "write GeoJSON positions as [lon, lat] in degrees",
        )


def length_km(route: BaseGeometry) -> float:
    """Geodesic length of all parts on WGS84, kilometres."""
    metres = sum(WGS84.line_length(*shapely.get_coordinates(p).T) for p in route.geoms)
    return float(metres) / 1000.0
