"""Where a position or a track lies with respect to the cables: compiled searches of the index.

Two quantities decide everything, both exact to rounding in Earth-centred vectors:

- the *side* of a position P with respect to a segment from A to B: the sign of (A x B).(P - A),
  above or on the plane through A, B and the Earth's centre is left;
- a track from S to T crosses the segment when S and T lie on different sides of it, and A and B
  on different sides of the track. On the plane counts as left, for both. Neighbouring pairs
  share a fix and neighbouring segments share a vertex, and each is judged by the same numbers,
  so a crossing through either is counted once, by one pair and one segment.

A NaN or a latitude off the globe finds nothing; longitude may be of any turn (to 1,080 degrees).
Distances are within 1 m of the geodesic below 100 km, kilometre points within 1 m below 20 km.
"""

from math import atan2, ceil, cos, degrees, floor, radians, sin, sqrt

import numpy as np

from cablewatch.cables.segments import (
    BLOCK_CELLS,
    CELLS_PER_DEG,
    COLUMNS,
    DEGREE_M,
    ROWS,
    CableIndex,
    build_index,
)
from cablewatch.fixes import Array
from cablewatch.geodesy import arc_m, rhumb_step, to_lon_lat, to_vector
from cablewatch.jit import kernel
from cablewatch.units import WGS84_A_M, WGS84_E2

__all__ = [
    "AHEAD_DTYPE",
    "CROSSING_HIT_DTYPE",
    "CableIndex",
    "ahead",
    "build_index",
    "corridor",
    "crossings",
    "nearest",
]

CROSSING_HIT_DTYPE = np.dtype(
    [("cable", "i4"), ("fraction", "f8"), ("km", "f8"), ("angle_deg", "f8")]
)
AHEAD_DTYPE = np.dtype([("cable", "i4"), ("distance_m", "f8")])

Point = tuple[float, float, float]
Found = tuple[int, float, float, float]  # segment or -1, squared chord, along 0..1, side

RHUMB_STEP_M = 2000.0  # m; a rhumb line bends 0.2 m away from the geodesic on it at 70 degrees
LONGEST_CHORD_DEG_M = 111_700.0  # m in a degree of latitude at a pole, where it is longest, WGS84


@kernel
def _cell(index: CableIndex, row: int, column: int) -> int:
    block = index.blocks[row // CELLS_PER_DEG, column // CELLS_PER_DEG]
    if block < 0:
        return -1
    return block * BLOCK_CELLS + row % CELLS_PER_DEG * CELLS_PER_DEG + column % CELLS_PER_DEG


@kernel
def _members(index: CableIndex, lon: float, lat: float) -> tuple[int, int]:
    """Range in `members` of the cell that holds a position; empty off the globe."""
    if not (abs(lat) <= 90.0 and abs(lon) <= 1080.0):
        return 0, 0
    row = min(int((lat + 90.0) * CELLS_PER_DEG), ROWS - 1)
    column = int(floor((lon + 180.0) * CELLS_PER_DEG)) % COLUMNS
    cell = _cell(index, row, column)
    if cell < 0:
        return 0, 0
    return index.starts[cell], index.starts[cell + 1]


@kernel
def _offset(index: CableIndex, s: int, x: float, y: float, z: float) -> Found:
    """Squared chord from a position to segment `s`, where along it, and the side (its sign)."""
    ax, ay, az = index.ends[s, 0], index.ends[s, 1], index.ends[s, 2]
    bx, by, bz = index.ends[s, 3], index.ends[s, 4], index.ends[s, 5]
    dx, dy, dz = bx - ax, by - ay, bz - az
    px, py, pz = x - ax, y - ay, z - az
    side = (ay * dz - az * dy) * px + (az * dx - ax * dz) * py + (ax * dy - ay * dx) * pz
    length2 = dx * dx + dy * dy + dz * dz
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
    """The nearer of two segments; at a shared vertex the one that faces the position.

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
    south = max(int(floor((lat - high + 90.0) * CELLS_PER_DEG)), 0)
    north = min(int(floor((lat + high + 90.0) * CELLS_PER_DEG)), ROWS - 1)
    west = int(floor((lon - wide + 180.0) * CELLS_PER_DEG))
    east = min(int(floor((lon + wide + 180.0) * CELLS_PER_DEG)), west + COLUMNS - 1)
    for row in range(south, north + 1):
        for column in range(west, east + 1):
            cell = _cell(index, row, column % COLUMNS)
            if cell < 0:
                continue
            for k in range(index.starts[cell], index.starts[cell + 1]):
                best = _nearer(best, _offset(index, index.members[k], here[0], here[1], here[2]))
    return best


@kernel
def _km(index: CableIndex, s: int, along: float) -> float:
    return index.km[s] + along * index.length_km[s]


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
    if not (abs(lat) <= 90.0 and abs(lon) <= 1080.0 and max_m >= 0.0) or len(index.cable) == 0:
        return nothing
    here = to_vector(lon, lat)
    best = (-1, np.inf, 0.0, 0.0)
    low, high = _members(index, lon, lat)
    for k in range(low, high):
        best = _nearer(best, _offset(index, index.members[k], here[0], here[1], here[2]))
    reach_m = index.margin_m[0]
    while sqrt(best[1]) > reach_m and reach_m < max_m and reach_m < 2.1e7:
        reach_m *= 4.0
        best = _scan(index, lon, lat, min(reach_m, max_m + 1.0), here)
    if best[0] < 0:
        return nothing
    distance_m = arc_m(sqrt(best[1]), lat)
    if distance_m > max_m:
        return nothing
    side = 1.0 if best[3] >= 0.0 else -1.0
    return int(index.cable[best[0]]), distance_m, side, _km(index, best[0], best[2])


@kernel
def corridor(index: CableIndex, lon: float, lat: float, error_m: float) -> tuple[int, float, float]:
    """The nearest cable whose corridor, widened by the error of the position, holds it.

    Returns
    -------
    tuple
        Number of the cable, distance in metres, kilometre point. (-1, NaN, NaN) when there is
        none. An error that carries a corridor beyond the margin of the index (5 km, or 1 km
        more than the widest corridor) is cut at the margin; NaN finds nothing.
    """
    low, high = _members(index, lon, lat)
    best = (-1, np.inf, 0.0, 0.0)
    if low < high:
        x, y, z = to_vector(lon, lat)
        for k in range(low, high):
            s = index.members[k]
            reach_m = min(index.half_width_m[index.cable[s]] + error_m, index.margin_m[0])
            found = _offset(index, s, x, y, z)
            if found[1] <= reach_m * reach_m:
                best = _nearer(best, found)
    if best[0] < 0:
        return -1, np.nan, np.nan
    return int(index.cable[best[0]]), arc_m(sqrt(best[1]), lat), _km(index, best[0], best[2])


@kernel
def _meet(index: CableIndex, s: int, p: Point, q: Point) -> tuple[float, float]:
    """Fractions along the track from `p` to `q` and along segment `s` where they cross; or -1."""
    ax, ay, az = index.ends[s, 0], index.ends[s, 1], index.ends[s, 2]
    bx, by, bz = index.ends[s, 3], index.ends[s, 4], index.ends[s, 5]
    dx, dy, dz = bx - ax, by - ay, bz - az
    nx, ny, nz = ay * dz - az * dy, az * dx - ax * dz, ax * dy - ay * dx
    side_p = nx * (p[0] - ax) + ny * (p[1] - ay) + nz * (p[2] - az)
    side_q = nx * (q[0] - ax) + ny * (q[1] - ay) + nz * (q[2] - az)
    if (side_p >= 0.0) == (side_q >= 0.0):
        return -1.0, -1.0
    ex, ey, ez = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    mx, my, mz = p[1] * ez - p[2] * ey, p[2] * ex - p[0] * ez, p[0] * ey - p[1] * ex
    side_a = mx * (ax - p[0]) + my * (ay - p[1]) + mz * (az - p[2])
    side_b = mx * (bx - p[0]) + my * (by - p[1]) + mz * (bz - p[2])
    if (side_a >= 0.0) == (side_b >= 0.0):
        return -1.0, -1.0
    return side_p / (side_p - side_q), side_a / (side_a - side_b)


@kernel
def _angle_deg(index: CableIndex, s: int, p: Point, q: Point) -> float:
    """Acute angle between a track and a segment, degrees 0..90."""
    ex, ey, ez = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    dx = index.ends[s, 3] - index.ends[s, 0]
    dy = index.ends[s, 4] - index.ends[s, 1]
    dz = index.ends[s, 5] - index.ends[s, 2]
    cx, cy, cz = ey * dz - ez * dy, ez * dx - ex * dz, ex * dy - ey * dx
    return degrees(atan2(sqrt(cx * cx + cy * cy + cz * cz), abs(ex * dx + ey * dy + ez * dz)))


@kernel
def _between(p: Point, q: Point, turn: float, fraction: float) -> Point:
    """The point of the ellipsoid above the great ellipse from `p` to `q`, `turn` radians apart."""
    u, v = sin((1.0 - fraction) * turn), sin(fraction * turn)
    x, y, z = u * p[0] + v * q[0], u * p[1] + v * q[1], u * p[2] + v * q[2]
    scale = WGS84_A_M / sqrt(x * x + y * y + z * z / (1.0 - WGS84_E2))
    return x * scale, y * scale, z * scale


@kernel
def _crossings_near(
    index: CableIndex,
    span: tuple[int, int],
    p: Point,
    q: Point,
    from_fraction: float,
    share: float,
    out: Array,
    n: int,
) -> int:
    """Add the crossings of one piece of a track to the `n` hits in `out`, kept in order."""
    for k in range(span[0], span[1]):
        s = index.members[k]
        u, t = _meet(index, s, p, q)
        if u < 0.0:
            continue
        fraction = from_fraction + u * share
        i = n
        while i > 0 and out[i - 1]["fraction"] > fraction:
            i -= 1
        if i == len(out):
            continue
        n = min(n + 1, len(out))
        for j in range(n - 1, i, -1):
            out[j] = out[j - 1]
        out[i]["cable"] = index.cable[s]
        out[i]["fraction"] = fraction
        out[i]["km"] = _km(index, s, t)
        out[i]["angle_deg"] = _angle_deg(index, s, p, q)
    return n


@kernel
def crossings(
    index: CableIndex, lon0: float, lat0: float, lon1: float, lat1: float, out: Array
) -> int:
    """Crossings of the track between two positions, the shorter way round, in their order.

    Parameters
    ----------
    index : CableIndex
    lon0, lat0, lon1, lat1 : float
        Ends of the track, degrees.
    out : array of CROSSING_HIT_DTYPE
        Receives the crossings: cable, fraction of the way, kilometre point, acute angle. The
        first ones are kept when there are more than it holds.

    Returns
    -------
    int
        How many are in `out`.

    Notes
    -----
    A track no longer than the margin meets only segments listed in the cell of its start. A
    longer one is walked in pieces that are.
    """
    turn_deg = abs(lon1 - lon0) % 360.0
    bound_m = (min(turn_deg, 360.0 - turn_deg) + abs(lat1 - lat0)) * LONGEST_CHORD_DEG_M
    if bound_m <= index.margin_m[0]:
        span = _members(index, lon0, lat0)
        if span[0] == span[1] or not abs(lat1) <= 90.0:
            return 0
        p, q = to_vector(lon0, lat0), to_vector(lon1, lat1)
        return _crossings_near(index, span, p, q, 0.0, 1.0, out, 0)
    if not (bound_m < np.inf and abs(lat0) <= 90.0 and abs(lat1) <= 90.0):
        return 0
    return _crossings_far(index, to_vector(lon0, lat0), to_vector(lon1, lat1), out)


@kernel
def _crossings_far(index: CableIndex, start: Point, end: Point, out: Array) -> int:
    cx = start[1] * end[2] - start[2] * end[1]
    cy = start[2] * end[0] - start[0] * end[2]
    cz = start[0] * end[1] - start[1] * end[0]
    dot = start[0] * end[0] + start[1] * end[1] + start[2] * end[2]
    turn = atan2(sqrt(cx * cx + cy * cy + cz * cz), dot)
    pieces = int(ceil(turn * WGS84_A_M / index.margin_m[0])) + 1
    n, p = 0, start
    for k in range(pieces):
        q = end if k == pieces - 1 else _between(start, end, turn, (k + 1) / pieces)
        lon, lat = to_lon_lat(p[0], p[1], p[2])
        span = _members(index, lon, lat)
        if span[0] < span[1]:
            n = _crossings_near(index, span, p, q, k / pieces, 1.0 / pieces, out, n)
        p = q
    return n


@kernel
def _first_meeting(out: Array, n: int, cable: int, distance_m: float) -> int:
    """Put a meeting among the `n` in `out`, sorted by distance, one per cable."""
    i = 0
    while i < n and out[i]["cable"] != cable:
        i += 1
    if i < n and out[i]["distance_m"] <= distance_m:
        return n
    if i == len(out):
        i -= 1
        if out[i]["distance_m"] <= distance_m:
            return n
    n = max(n, i + 1)
    while i > 0 and out[i - 1]["distance_m"] > distance_m:
        out[i] = out[i - 1]
        i -= 1
    out[i]["cable"] = cable
    out[i]["distance_m"] = distance_m
    return n


@kernel
def ahead(
    index: CableIndex, lon: float, lat: float, cog_deg: float, max_m: float, out: Array
) -> int:
    """Cables that a ship meets if it holds its course: the first crossing of each line.

    Parameters
    ----------
    index : CableIndex
    lon, lat : float
        Position, degrees.
    cog_deg : float
        Course of the rhumb line, degrees.
    max_m : float
        How far to look, metres.
    out : array of AHEAD_DTYPE
        Receives cable and distance along the course, nearest first; further ones are dropped.

    Returns
    -------
    int
        How many are in `out`. The look ends at 89 degrees of latitude.
    """
    n, run_m = 0, 0.0
    if not (abs(lon) <= 1080.0 and len(out) > 0) or cog_deg != cog_deg:
        return 0
    while run_m < max_m and abs(lat) < 89.0:
        step_m = min(RHUMB_STEP_M, max_m - run_m)
        next_lon, next_lat = rhumb_step(lon, lat, cog_deg, step_m)
        span = _members(index, lon, lat)
        if span[0] < span[1]:
            p, q = to_vector(lon, lat), to_vector(next_lon, next_lat)
            for k in range(span[0], span[1]):
                s = index.members[k]
                u, _ = _meet(index, s, p, q)
                if u >= 0.0:
                    n = _first_meeting(out, n, int(index.cable[s]), run_m + u * step_m)
        if n == len(out):
            break
        lon, lat, run_m = (next_lon + 180.0) % 360.0 - 180.0, next_lat, run_m + step_m
    return n
