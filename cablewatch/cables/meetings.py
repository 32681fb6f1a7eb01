"""Where a track meets the cables: crossings between two fixes, and cables ahead on a course.

A track from P to Q crosses the segment from A to B when P and Q lie on different sides of the
segment, and A and B on different sides of the track. A fix exactly on a line, or a vertex exactly
on a track, lies on neither side; then all tracks are judged as if they ran a hair further east,
and, where the line runs due east there, a still finer hair further north. That is one displacement
for all fixes: a track shifted by it meets no vertex, so at every bend each crossing is found once,
by one pair and one segment. Two crossings of one pair at the same place are a bend that the track
touches from one side, and are none.
"""

from math import atan2, ceil, degrees, sqrt

import numpy as np

from cablewatch.cables.places import Point, apart2, side_of
from cablewatch.cables.segments import LEG_M, PAD_M, CableIndex, kilometre_point, members_near
from cablewatch.fixes import Array
from cablewatch.geodesy import bearing_deg, destination, distance_m, rhumb_step, to_vector
from cablewatch.jit import lean

CROSSING_HIT_DTYPE = np.dtype(
    [("cable", "i4"), ("fraction", "f8"), ("km", "f8"), ("angle_deg", "f8")]
)
AHEAD_DTYPE = np.dtype([("cable", "i4"), ("distance_m", "f8")])

RHUMB_STEP_M = 2000.0  # m; a rhumb line bends 0.2 m away from the geodesic on it at 70 degrees
SAME = 1e-9  # share of a track, or kilometres: the same place but for rounding
DEGREE_MAX_M = 111_700.0  # m in a degree of latitude where it is longest, at a pole, WGS84


@lean
def _is_left(side: float, p: Point, a: Point, b: Point, east: float) -> bool:
    """Whether `p`, whose side of the way from `a` to `b` is known, lies left of it.

    On the way it is judged a hair to the east (`east` 1) or to the west and south (-1) of itself.
    """
    if side != 0.0:
        return side > 0.0
    dx, dy, dz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    nx, ny, nz = a[1] * dz - a[2] * dy, a[2] * dx - a[0] * dz, a[0] * dy - a[1] * dx
    eastward = p[0] * ny - p[1] * nx
    return (eastward if eastward != 0.0 else nz) * east > 0.0


@lean
def _share(first: float, second: float) -> float:
    """Share of the way from one side to the other at which the line lies."""
    return first / (first - second) if first != second else 0.0


@lean
def _meet(index: CableIndex, s: int, p: Point, q: Point) -> tuple[float, float]:
    """Fractions along the track from `p` to `q` and along segment `s` where they cross; or -1."""
    segment = index.segments[s]
    a = segment.ax, segment.ay, segment.az
    b = segment.bx, segment.by, segment.bz
    side_p, side_q = side_of(p, a, b), side_of(q, a, b)
    if _is_left(side_p, p, a, b, 1.0) == _is_left(side_q, q, a, b, 1.0):
        return -1.0, -1.0
    side_a, side_b = side_of(a, p, q), side_of(b, p, q)
    if _is_left(side_a, a, p, q, -1.0) == _is_left(side_b, b, p, q, -1.0):
        return -1.0, -1.0
    return _share(side_p, side_q), _share(side_a, side_b)


@lean
def _angle_deg(index: CableIndex, s: int, p: Point, q: Point) -> float:
    """Acute angle between a track and a segment, degrees 0..90."""
    ex, ey, ez = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    segment = index.segments[s]
    dx, dy, dz = segment.bx - segment.ax, segment.by - segment.ay, segment.bz - segment.az
    cx, cy, cz = ey * dz - ez * dy, ez * dx - ex * dz, ex * dy - ey * dx
    return degrees(atan2(sqrt(cx * cx + cy * cy + cz * cz), abs(ex * dx + ey * dy + ez * dz)))


@lean
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
    length_m = sqrt((q[0] - p[0]) ** 2 + (q[1] - p[1]) ** 2 + (q[2] - p[2]) ** 2)
    for k in range(span[0], span[1]):
        s = index.grid[k]
        if apart2(index, s, p) > (length_m + LEG_M + PAD_M) ** 2:
            continue
        u, t = _meet(index, s, p, q)
        if u < 0.0:
            continue
        fraction, km = from_fraction + u * share, kilometre_point(index, s, t)
        i = _touch(out, n, int(index.segments[s].cable), fraction, km)
        if i >= 0:
            n -= 1
            for j in range(i, n):
                out[j] = out[j + 1]
            continue
        i = n
        while i > 0 and out[i - 1]["fraction"] > fraction:
            i -= 1
        if i == len(out):
            continue
        n = min(n + 1, len(out))
        for j in range(n - 1, i, -1):
            out[j] = out[j - 1]
        out[i]["cable"] = index.segments[s].cable
        out[i]["fraction"] = fraction
        out[i]["km"] = km
        out[i]["angle_deg"] = _angle_deg(index, s, p, q)
    return n


@lean
def _touch(out: Array, n: int, cable: int, fraction: float, km: float) -> int:
    """Place among `n` hits of one at the same place of the same cable, or -1."""
    for i in range(n):
        if (
            out[i]["cable"] == cable
            and abs(out[i]["fraction"] - fraction) < SAME
            and abs(out[i]["km"] - km) < SAME
        ):
            return i
    return -1


@lean
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
    longer one is a geodesic walked in pieces that are (places within 1 m to 100 km, 5 m at
    500 km).
    """
    if (abs(lon1 - lon0) + abs(lat1 - lat0)) * DEGREE_MAX_M > index.margin_m:
        return _crossings_far(index, lon0, lat0, lon1, lat1, out)
    span = members_near(index.grid, lon0, lat0)
    if span[0] == span[1]:
        return 0
    return _crossings_short(index, span, lon0, lat0, lon1, lat1, out)


@lean
def _crossings_short(
    index: CableIndex,
    span: tuple[int, int],
    lon0: float,
    lat0: float,
    lon1: float,
    lat1: float,
    out: Array,
) -> int:
    p, q = to_vector(lon0, lat0), to_vector(lon1, lat1)
    return _crossings_near(index, span, p, q, 0.0, 1.0, out, 0)


@lean
def _crossings_far(
    index: CableIndex, lon0: float, lat0: float, lon1: float, lat1: float, out: Array
) -> int:
    if not (max(abs(lon0), abs(lon1)) <= 1080.0 and max(abs(lat0), abs(lat1)) <= 90.0):
        return 0
    length_m, course = distance_m(lon0, lat0, lon1, lat1), bearing_deg(lon0, lat0, lon1, lat1)
    pieces = ceil(length_m / index.margin_m) + 1
    n, lon, lat, p = 0, lon0, lat0, to_vector(lon0, lat0)
    for k in range(1, pieces + 1):
        span = members_near(index.grid, lon, lat)
        lon, lat = lon1, lat1
        if k < pieces:
            lon, lat = destination(lon0, lat0, course, length_m * k / pieces)
        q = to_vector(lon, lat)
        if span[0] < span[1]:
            n = _crossings_near(index, span, p, q, (k - 1) / pieces, 1.0 / pieces, out, n)
        p = q
    return n


@lean
def _first_meeting(out: Array, n: int, cable: int, run_m: float) -> int:
    """Put a meeting among the `n` in `out`, sorted by distance, one per cable."""
    i = 0
    while i < n and out[i]["cable"] != cable:
        i += 1
    if i < n and out[i]["distance_m"] <= run_m:
        return n
    if i == len(out):
        i -= 1
        if out[i]["distance_m"] <= run_m:
            return n
    n = max(n, i + 1)
    while i > 0 and out[i - 1]["distance_m"] > run_m:
        out[i] = out[i - 1]
        i -= 1
    out[i]["cable"] = cable
    out[i]["distance_m"] = run_m
    return n


@lean
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
        span = members_near(index.grid, lon, lat)
        if span[0] < span[1]:
            p, q = to_vector(lon, lat), to_vector(next_lon, next_lat)
            for k in range(span[0], span[1]):
                s = index.grid[k]
                u, _ = _meet(index, s, p, q)
                if u >= 0.0:
                    n = _first_meeting(out, n, int(index.segments[s].cable), run_m + u * step_m)
        if n == len(out):
            break
        lon, lat, run_m = (next_lon + 180.0) % 360.0 - 180.0, next_lat, run_m + step_m
    return n
