"""Where a position lies with respect to the cables: nearest line, side, corridor.

The side of a position P with respect to a segment from A to B is the sign of (A x B).(P - A) in
Earth-centred vectors; on the plane through A, B and the Earth's centre counts as left.
"""

from math import cos, floor, radians, sqrt

import numpy as np

from cablewatch.cables.segments import (
    CELLS_PER_DEG,
    COLUMNS,
    DEGREE_M,
    ROWS,
    CableIndex,
    kilometre_point,
    members_at,
    members_near,
)
from cablewatch.geodesy import arc_m, to_vector
from cablewatch.jit import kernel

Point = tuple[float, float, float]
Found = tuple[int, float, float, float]  # segment or -1, squared chord, along 0..1, side

TINY_M2 = 1e-12  # m2; a shorter segment (vertices equal to rounding) is a point


@kernel
def _offset(index: CableIndex, s: int, x: float, y: float, z: float) -> Found:
    """Squared chord from a position to segment `s`, where along it, and the side (its sign)."""
    segment = index.segments[s]
    ax, ay, az = segment.ax, segment.ay, segment.az
    bx, by, bz = segment.bx, segment.by, segment.bz
    dx, dy, dz = bx - ax, by - ay, bz - az
    px, py, pz = x - ax, y - ay, z - az
    side = (ay * dz - az * dy) * px + (az * dx - ax * dz) * py + (ax * dy - ay * dx) * pz
    length2 = max(dx * dx + dy * dy + dz * dz, TINY_M2)
    along = (px * dx + py * dy + pz * dz) / length2
    if along >= 1.0:
        along = 1.0
        px, py, pz = x - bx, y - by, z - bz
    elif along <= 0.0:
        along = 0.0
    else:
        px, py, pz = px - along * dx, py - along * dy, pz - along * dz
    return s, px * px + py * py + pz * pz, along, side / sqrt(length2)


@kernel
def _nearer(a: Found, b: Found) -> Found:
    """Nearer of two segments; at a shared vertex the one that faces the position.

    Only that one has the position on the true side of the bend.
    """
    if a[0] < 0 or b[1] < a[1] or (b[1] == a[1] and abs(b[3]) > abs(a[3])):
        return b
    return a


@kernel
def _scan(index: CableIndex, lon: float, lat: float, reach_m: float, here: Point) -> Found:
    """Nearest segment of all cells within `reach_m` of a position."""
    best = (-1, np.inf, 0.0, 0.0)
    high = reach_m / DEGREE_M
    wide = 180.0
    if abs(lat) + high < 89.0:
        wide = min(180.0, high / cos(radians(abs(lat) + high)))
    south = max(floor((lat - high + 90.0) * CELLS_PER_DEG), 0)
    north = min(floor((lat + high + 90.0) * CELLS_PER_DEG), ROWS - 1)
    west = floor((lon - wide + 180.0) * CELLS_PER_DEG)
    east = min(floor((lon + wide + 180.0) * CELLS_PER_DEG), west + COLUMNS - 1)
    for row in range(south, north + 1):
        for column in range(west, east + 1):
            low, high = members_at(index.grid, row, column % COLUMNS)
            for k in range(low, high):
                best = _nearer(best, _offset(index, index.grid[k], here[0], here[1], here[2]))
    return best


@kernel
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
    The position's own cell answers up to the margin of the index; beyond it the search widens
    four times a round until what it found lies within what it has searched.
    """
    nothing = (-1, np.nan, np.nan, np.nan)
    if not (abs(lat) <= 90.0 and abs(lon) <= 1080.0 and max_m >= 0.0) or len(index.segments) == 0:
        return nothing
    here = to_vector(lon, lat)
    best = (-1, np.inf, 0.0, 0.0)
    low, high = members_near(index.grid, lon, lat)
    for k in range(low, high):
        best = _nearer(best, _offset(index, index.grid[k], here[0], here[1], here[2]))
    reach_m = index.margin_m
    while sqrt(best[1]) > reach_m and reach_m < max_m and reach_m < 2.1e7:
        reach_m *= 4.0
        best = _scan(index, lon, lat, min(reach_m, max_m + 1.0), here)
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


@kernel
def corridor(index: CableIndex, lon: float, lat: float, error_m: float) -> tuple[int, float, float]:
    """Nearest cable whose corridor, widened by the error of the position, holds it.

    Returns
    -------
    tuple
        Number of the cable, distance in metres, kilometre point. (-1, NaN, NaN) when there is
        none. An error that carries a corridor beyond the margin of the index (5 km, or 1 km
        more than the widest corridor) is cut at the margin; NaN finds nothing.
    """
    span = members_near(index.grid, lon, lat)
    if span[0] == span[1]:
        return -1, np.nan, np.nan
    return _corridor_near(index, span, lon, lat, error_m)


@kernel
def _corridor_near(
    index: CableIndex, span: tuple[int, int], lon: float, lat: float, error_m: float
) -> tuple[int, float, float]:
    best = (-1, np.inf, 0.0, 0.0)
    x, y, z = to_vector(lon, lat)
    for k in range(span[0], span[1]):
        s = index.grid[k]
        reach_m = min(index.segments[s].half_width_m + error_m, index.margin_m)
        found = _offset(index, s, x, y, z)
        if found[1] <= reach_m * reach_m:
            best = _nearer(best, found)
    if best[0] < 0:
        return -1, np.nan, np.nan
    km = kilometre_point(index, best[0], best[2])
    return int(index.segments[best[0]].cable), arc_m(sqrt(best[1]), lat), km
