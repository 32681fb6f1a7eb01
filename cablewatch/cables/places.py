"""Where a position lies with respect to the cables: nearest line, side, corridor.

Sides and distances are those of Earth-centred vectors (see :mod:`cablewatch.cables.segments`).
"""

from math import sqrt

import numpy as np

from cablewatch.cables.segments import (
    LEG_M,
    PAD_M,
    CableIndex,
    kilometre_point,
    members_near,
)
from cablewatch.geodesy import arc_m, to_vector
from cablewatch.jit import lean

Point = tuple[float, float, float]
Found = tuple[int, float, float, float]  # segment or -1, squared chord, along 0..1, side

TINY_M2 = 1e-12  # m2; a shorter segment (vertices equal to rounding) is a point


@lean
def side_of(p: Point, a: Point, b: Point) -> float:
    """Triple product p.(a x b): above 0 where `p` lies left of the way from `a` to `b`.

    Taken from differences, it is exactly 0 when `p` is one of the ends.
    """
    ux, uy, uz = a[0] - p[0], a[1] - p[1], a[2] - p[2]
    wx, wy, wz = b[0] - p[0], b[1] - p[1], b[2] - p[2]
    return p[0] * (uy * wz - uz * wy) + p[1] * (uz * wx - ux * wz) + p[2] * (ux * wy - uy * wx)


@lean
def _offset(index: CableIndex, s: int, p: Point) -> Found:
    """Squared chord from a position to segment `s`, where along it, and the side (its sign)."""
    segment = index.segments[s]
    a = segment.ax, segment.ay, segment.az
    b = segment.bx, segment.by, segment.bz
    dx, dy, dz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    ux, uy, uz = p[0] - a[0], p[1] - a[1], p[2] - a[2]
    length2 = max(dx * dx + dy * dy + dz * dz, TINY_M2)
    along = (ux * dx + uy * dy + uz * dz) / length2
    if along >= 1.0:
        along = 1.0
        ux, uy, uz = p[0] - b[0], p[1] - b[1], p[2] - b[2]
    elif along <= 0.0:
        along = 0.0
    else:
        ux, uy, uz = ux - along * dx, uy - along * dy, uz - along * dz
    return s, ux * ux + uy * uy + uz * uz, along, side_of(p, a, b) / sqrt(length2)


@lean
def apart2(index: CableIndex, s: int, p: Point) -> float:
    """Squared chord from a position to the first end of segment `s`: a cheap first look."""
    segment = index.segments[s]
    x, y, z = p[0] - segment.ax, p[1] - segment.ay, p[2] - segment.az
    return float(x * x + y * y + z * z)


@lean
def _nearer(a: Found, b: Found) -> Found:
    """Nearer of two segments; at a shared vertex the one that faces the position.

    Only that one has the position on the true side of the bend.
    """
    if a[0] < 0 or b[1] < a[1] or (b[1] == a[1] and abs(b[3]) > abs(a[3])):
        return b
    return a


@lean
def nearest(
    index: CableIndex, lon: float, lat: float, max_m: float
) -> tuple[int, float, float, float]:
    """Cable nearest to a position, within `max_m`.

    Returns
    -------
    tuple
        Number of the cable, distance in metres, side (+1 left of the cable's direction or on
        it, -1 right), kilometre point. (-1, NaN, NaN, NaN) when there is none.

    Notes
    -----
    The position's own cell answers up to the margin of the index; beyond it all segments are looked
    at, for the cells about hold each of them many times.
    """
    nothing = (-1, np.nan, np.nan, np.nan)
    if not (abs(lat) <= 90.0 and abs(lon) <= 1080.0 and max_m >= 0.0) or len(index.segments) == 0:
        return nothing
    here = to_vector(lon, lat)
    best = (-1, np.inf, 0.0, 0.0)
    low, high = members_near(index.grid, lon, lat)
    for k in range(low, high):
        best = _nearer(best, _offset(index, index.grid[k], here))
    if sqrt(best[1]) > index.margin_m and max_m > index.margin_m:
        for k in range(len(index.segments)):
            best = _nearer(best, _offset(index, k, here))
    if best[0] < 0:
        return nothing
    away_m = arc_m(sqrt(best[1]), lat)
    if away_m > max_m:
        return nothing
    side = 1.0 if best[3] >= 0.0 else -1.0
    return (
        int(index.segments[best[0]].cable),
        away_m,
        side,
        kilometre_point(index, best[0], best[2]),
    )


@lean
def corridor(index: CableIndex, lon: float, lat: float, error_m: float) -> tuple[int, float, float]:
    """Nearest cable whose corridor, widened by the error of the position, holds it.

    Returns
    -------
    tuple
        Number of the cable, distance in metres, kilometre point. (-1, NaN, NaN) when there is
        none. An error that carries a corridor beyond the margin of the index (5 km, or 1 km
        more than the widest corridor) is cut at the margin; NaN finds nothing.
    """
    cable, distance_m, km, _half_width_m = near_corridor(index, lon, lat, error_m)
    return cable, distance_m, km


@lean
def near_corridor(
    index: CableIndex, lon: float, lat: float, error_m: float
) -> tuple[int, float, float, float]:
    """As :func:`corridor`, with the half width of the corridor, without the error, in metres."""
    span = members_near(index.grid, lon, lat)
    if span[0] == span[1]:
        return -1, np.nan, np.nan, np.nan
    return _corridor_near(index, span, lon, lat, error_m)[0]


@lean
def survey(index: CableIndex, lon: float, lat: float, error_m: float) -> tuple[int, float, float]:
    """As :func:`corridor`, with how far about a position there surely is no line.

    Returns
    -------
    tuple
        Number of the cable or -1, kilometre point or NaN, and metres: at most the margin of the
        index, and up to a leg short of the nearest line, below 0 where that leaves nothing.
    """
    span = members_near(index.grid, lon, lat)
    if span[0] == span[1]:
        return -1, np.nan, index.margin_m
    found, apart_m = _corridor_near(index, span, lon, lat, error_m)
    return found[0], found[2], min(index.margin_m, apart_m - LEG_M - PAD_M)


@lean
def within(index: CableIndex, cable: int, lon: float, lat: float, reach_m: float) -> bool:
    """Whether a position lies within `reach_m` (at most the margin of the index) of one line."""
    span = members_near(index.grid, lon, lat)
    if span[0] == span[1]:
        return False
    here = to_vector(lon, lat)
    for k in range(span[0], span[1]):
        s = index.grid[k]
        if index.segments[s].cable != cable:
            continue
        if apart2(index, s, here) > (reach_m + LEG_M + PAD_M) ** 2:
            continue
        if _offset(index, s, here)[1] <= reach_m * reach_m:
            return True
    return False


@lean
def _corridor_near(
    index: CableIndex, span: tuple[int, int], lon: float, lat: float, error_m: float
) -> tuple[tuple[int, float, float, float], float]:
    """What :func:`near_corridor` finds, and how far off the nearest first end of a segment is."""
    best, nearest2 = (-1, np.inf, 0.0, 0.0), np.inf
    here = to_vector(lon, lat)
    for k in range(span[0], span[1]):
        s = index.grid[k]
        reach_m = min(index.segments[s].half_width_m + error_m, index.margin_m)
        end2 = apart2(index, s, here)
        nearest2 = min(nearest2, end2)
        if end2 > (reach_m + LEG_M + PAD_M) ** 2:
            continue
        found = _offset(index, s, here)
        if found[1] <= reach_m * reach_m:
            best = _nearer(best, found)
    if best[0] < 0:
        return (-1, np.nan, np.nan, np.nan), sqrt(nearest2)
    segment = index.segments[best[0]]
    km = kilometre_point(index, best[0], best[2])
    found = int(segment.cable), arc_m(sqrt(best[1]), lat), km, float(segment.half_width_m)
    return found, sqrt(nearest2)
