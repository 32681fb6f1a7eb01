"""Geodesy on WGS84 as compiled scalar kernels.

Positions are turned into Earth-centred vectors (metres; x towards 0E 0N, z towards the north
pole) and measured there, so that neither the antimeridian nor a pole is a special case and a
turn of 360 degrees of longitude changes nothing. A chord becomes an arc with the mean radius of
curvature at the middle of the two positions.

Against Karney's geodesics (pyproj), measured between 75S and 75N: distances, bearings and
destinations within 0.1 mm below 20 km, 2 cm below 100 km, 2 m below 500 km; towards the antipode
within 5 %. NaN in, NaN out.
"""

from math import asin, atan2, cos, degrees, radians, sin, sqrt

import numpy as np

from cablewatch.fixes import Array
from cablewatch.jit import kernel, lean
from cablewatch.units import WGS84_A_M, WGS84_E2

B2_OVER_A2 = 1.0 - WGS84_E2  # squared ratio of the axes


@lean
def to_vector(lon_deg: float, lat_deg: float) -> tuple[float, float, float]:
    """Earth-centred x, y, z in metres of a point on the ellipsoid."""
    lon, lat = radians(lon_deg), radians(lat_deg)
    sin_lat = sin(lat)
    normal_m = WGS84_A_M / sqrt(1.0 - WGS84_E2 * sin_lat * sin_lat)
    level_m = normal_m * cos(lat)
    return level_m * cos(lon), level_m * sin(lon), normal_m * B2_OVER_A2 * sin_lat


@lean
def to_lon_lat(x: float, y: float, z: float) -> tuple[float, float]:
    """Longitude [-180, 180] and latitude, degrees, of a point on the ellipsoid."""
    return degrees(atan2(y, x)), degrees(atan2(z, B2_OVER_A2 * sqrt(x * x + y * y)))


@lean
def radii_m(sin_lat: float) -> tuple[float, float]:
    """Radii of curvature of the meridian and across it, at a latitude given by its sine."""
    flat = 1.0 - WGS84_E2 * sin_lat * sin_lat
    normal_m = WGS84_A_M / sqrt(flat)
    return normal_m * B2_OVER_A2 / flat, normal_m


@lean
def radius_m(lat_deg: float) -> float:
    """Mean radius of curvature, sqrt(M N), at a latitude."""
    sin_lat = sin(radians(lat_deg))
    return WGS84_A_M * sqrt(B2_OVER_A2) / (1.0 - WGS84_E2 * sin_lat * sin_lat)


@lean
def arc_m(chord_m: float, lat_deg: float) -> float:
    """Length over ground of a straight chord around a latitude."""
    diameter_m = 2.0 * radius_m(lat_deg)
    return diameter_m * asin(min(1.0, chord_m / diameter_m))


@lean
def _step_m(lon_diff: float, lat_diff: float, lat_deg: float) -> float:
    sin_lat = sin(radians(lat_deg))
    meridian_m, normal_m = radii_m(sin_lat)
    east_m = radians(lon_diff) * normal_m * sqrt(1.0 - sin_lat * sin_lat)
    north_m = radians(lat_diff) * meridian_m
    return sqrt(east_m * east_m + north_m * north_m)


@lean
def distance_m(lon0: float, lat0: float, lon1: float, lat1: float) -> float:
    """Distance over ground between two positions (degrees), metres.

    Steps of a ship, within a tenth of a degree, take the radii of the middle latitude: a quarter
    of the time for a difference below 1 cm.

    >>> round(distance_m(179.9, 0.0, -179.9, 0.0))
    22264
    """
    if abs(lon1 - lon0) + abs(lat1 - lat0) < 0.1:
        return _step_m(lon1 - lon0, lat1 - lat0, 0.5 * (lat0 + lat1))
    x0, y0, z0 = to_vector(lon0, lat0)
    x1, y1, z1 = to_vector(lon1, lat1)
    chord_m = sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2 + (z1 - z0) ** 2)
    if chord_m != chord_m:
        return np.nan
    return arc_m(chord_m, 0.5 * (lat0 + lat1))


@kernel
def distances_m(lon0: Array, lat0: Array, lon1: Array, lat1: Array) -> Array:
    """:func:`distance_m` over four columns of equal length."""
    out = np.empty(len(lon0))
    for i in range(len(lon0)):
        out[i] = distance_m(lon0[i], lat0[i], lon1[i], lat1[i])
    return out


@lean
def east_north_m(lon0: float, lat0: float, lon1: float, lat1: float) -> tuple[float, float]:
    """Metres east and north of position 0 to position 1, true in distance and bearing.

    The local frame of swing circles and sketches; below 100 km.
    """
    x0, y0, z0 = to_vector(lon0, lat0)
    x1, y1, z1 = to_vector(lon1, lat1)
    x, y, z = x1 - x0, y1 - y0, z1 - z0
    lon, lat = radians(lon0), radians(lat0)
    outward = x * cos(lon) + y * sin(lon)
    east = y * cos(lon) - x * sin(lon)
    north = z * cos(lat) - outward * sin(lat)
    level_m = sqrt(east * east + north * north)
    if level_m == 0.0:
        return east, north
    scale = arc_m(sqrt(x * x + y * y + z * z), 0.5 * (lat0 + lat1)) / level_m
    return east * scale, north * scale


@lean
def bearing_deg(lon0: float, lat0: float, lon1: float, lat1: float) -> float:
    """Bearing at position 0 towards position 1, degrees [0, 360); NaN between equal positions.

    >>> round(bearing_deg(20.0, 55.0, 20.0, 56.0)), round(bearing_deg(179.9, 0.0, -179.9, 0.0))
    (0, 90)
    """
    east, north = east_north_m(lon0, lat0, lon1, lat1)
    if east == 0.0 and north == 0.0:
        return np.nan
    return degrees(atan2(east, north)) % 360.0


@lean
def destination(
    lon_deg: float, lat_deg: float, bearing: float, run_m: float
) -> tuple[float, float]:
    """Longitude and latitude reached after `run_m` on the geodesic leaving at `bearing` degrees.

    The run follows the circle that osculates the ellipsoid in that direction (Euler's radius).
    """
    lon, lat, course = radians(lon_deg), radians(lat_deg), radians(bearing)
    sin_lat, cos_lat = sin(lat), cos(lat)
    meridian_m, normal_m = radii_m(sin_lat)
    circle_m = 1.0 / (cos(course) ** 2 / meridian_m + sin(course) ** 2 / normal_m)
    turn = run_m / circle_m
    east, north = circle_m * sin(turn) * sin(course), circle_m * sin(turn) * cos(course)
    up = -2.0 * circle_m * sin(0.5 * turn) ** 2
    x0, y0, z0 = to_vector(lon_deg, lat_deg)
    outward = up * cos_lat - north * sin_lat
    x = x0 + outward * cos(lon) - east * sin(lon)
    y = y0 + outward * sin(lon) + east * cos(lon)
    return to_lon_lat(x, y, z0 + north * cos_lat + up * sin_lat)


@lean
def rhumb_step(lon_deg: float, lat_deg: float, course: float, run_m: float) -> tuple[float, float]:
    """Longitude and latitude after `run_m` at a constant course in degrees, for steps to 10 km.

    Radii of curvature are those of the middle latitude. Longitude is not wrapped.
    """
    north_m, east_m = run_m * cos(radians(course)), run_m * sin(radians(course))
    middle_deg = lat_deg + degrees(0.5 * north_m / radius_m(lat_deg))
    meridian_m, normal_m = radii_m(sin(radians(middle_deg)))
    lon = lon_deg + degrees(east_m / (normal_m * cos(radians(middle_deg))))
    return lon, lat_deg + degrees(north_m / meridian_m)
