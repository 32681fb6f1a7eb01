"""The trail of a ship: the fixes of the last 40 minutes, with course and way, thinned.

Each kept fix comes 18 s or more after the one before and has a course. Kept are the time since that
one (0.1 s), the course (0.01 degree) and the way (quarter metres; what is rounded off stays for the
next). A fix without a course, of type 27, or whose course contradicts the way sailed to it is
passed over; the way goes on through it. After a quarter of an hour without any, the trail begins
anew.
"""

import math

import numpy as np

from cablewatch.engine.state import RING
from cablewatch.geodesy import radii_m
from cablewatch.jit import lean
from cablewatch.units import MINUTE_MS, NEVER_MS

SPACING_MS = 18_000  # every second report of class A below 14 kn, less the jitter of slots
GAP_MS = 15 * MINUTE_MS  # a longer one begins anew: two periods of a cycle or more are missing
HELD_MS = MINUTE_MS  # a course stands so long over fixes without one; assumed
CONTRARY_DEG = 60.0  # between a course and the way sailed to it: one of them is false; assumed
CONTRARY_M = 50.0  # of way, from which it has a direction
CONTRARY_MS = 3 * MINUTE_MS  # in longer a ship may have turned; assumed
WAY_M = 0.25  # unit of the ways kept; positions are reported in steps of 0.19 m
MOST_WAYS = 32_000  # that a place holds: 8 km, 16 minutes at 16 kn


@lean
def wrap180(angle_deg):
    """An angle as -180 (included) to 180 degrees."""
    if -180.0 <= angle_deg < 180.0:
        return angle_deg
    return angle_deg - 360.0 * np.floor((angle_deg + 180.0) / 360.0)


@lean
def _short_way_m(lon0, lat0, lon1, lat1):
    """Metres east and north between fixes minutes apart: radii of curvature at the middle."""
    lat = math.radians(0.5 * (lat0 + lat1))
    along_m, across_m = radii_m(math.sin(lat))
    east_m = math.radians(wrap180(lon1 - lon0)) * across_m * math.cos(lat)
    return east_m, math.radians(lat1 - lat0) * along_m


@lean
def _begin(trail, t_ms, cog):
    """Start the trail anew at a fix."""
    trail.t_ms = t_ms
    trail.x_m = trail.y_m = 0.0
    trail.n = 0
    _put(trail, 0, cog, 0, 0)


@lean
def _put(trail, step_ds, cog, dx, dy):
    k = trail.at + 1 if trail.at + 1 < RING else 0
    trail.at = k
    trail.n = min(RING, trail.n + 1)
    trail.t_ms += 100 * step_ds
    trail.step_ds[k] = step_ds
    trail.cog_cdeg[k] = int(cog * 100.0 + 0.5) % 36_000
    trail.dx[k] = dx
    trail.dy[k] = dy


@lean
def _is_contrary(x_m, y_m, cog):
    """Whether a course and the way since the fix before it cannot both be true."""
    if x_m * x_m + y_m * y_m < CONTRARY_M * CONTRARY_M:
        return False
    return abs(wrap180(math.degrees(math.atan2(x_m, y_m)) - cog)) > CONTRARY_DEG


@lean
def _extend(trail, t_ms, cog):
    """Keep a fix that is due, with the way and the time since the one before."""
    x, y = math.floor(trail.x_m / WAY_M + 0.5), math.floor(trail.y_m / WAY_M + 0.5)
    apart_ms = t_ms - trail.t_ms
    if trail.n == 0 or apart_ms > GAP_MS or max(abs(x), abs(y)) > MOST_WAYS:
        _begin(trail, t_ms, cog)
        return
    if apart_ms <= CONTRARY_MS and _is_contrary(trail.x_m, trail.y_m, cog):
        return
    trail.x_m -= x * WAY_M
    trail.y_m -= y * WAY_M
    _put(trail, (apart_ms + 50) // 100, cog, int(x), int(y))


@lean
def _hold_course(ship, t_ms, cog):
    """A course stands for a minute over fixes without one."""
    if not np.isnan(cog):
        ship.course_ms = t_ms
        ship.cog = cog
    elif t_ms - ship.course_ms > HELD_MS:
        ship.cog = np.nan


@lean
def begin(ship, usable):
    """Start the trail of a new track, at its first fix."""
    ship.course_ms = NEVER_MS
    _hold_course(ship, ship.t_ms, ship.cog)
    if usable and not np.isnan(ship.cog):
        _begin(ship.trail, ship.t_ms, ship.cog)


@lean
def follow(ship, t_ms, lon, lat, cog, usable):
    """Take the way from the ship's last fix to a new one, and keep that one if it is due.

    Returns that way, metres east and north. A fix that is not `usable`, or has no course, is passed
    over; the way goes on through it.
    """
    trail = ship.trail
    east_m, north_m = _short_way_m(ship.lon, ship.lat, lon, lat)
    trail.x_m += east_m
    trail.y_m += north_m
    if usable and not np.isnan(cog) and (trail.n == 0 or t_ms - trail.t_ms >= SPACING_MS):
        _extend(trail, t_ms, cog)
    _hold_course(ship, t_ms, cog)
    return east_m, north_m


@lean
def unrolled(trail, now_ms, window_ms, out):
    """Times (s), unwrapped courses and places (m) of the fixes of the window; how many."""
    n = 0
    age_ms = now_ms - trail.t_ms
    k = trail.at
    while n < trail.n and age_ms <= window_ms:
        n += 1
        age_ms += 100 * trail.step_ds[k]
        k = k - 1 if k > 0 else RING - 1
    k = k + 1 if k + 1 < RING else 0
    out.time_s[0] = out.course[0] = out.east_m[0] = out.north_m[0] = 0.0
    first = before = np.int64(trail.cog_cdeg[k])  # unsigned ones would not turn back
    run = np.int64(0)
    for i in range(1, n):
        k = k + 1 if k + 1 < RING else 0
        now = np.int64(trail.cog_cdeg[k])
        turn = now - before
        turn -= 36_000 if turn >= 18_000 else 0
        turn += 36_000 if turn < -18_000 else 0
        run += turn
        before = now
        out.time_s[i] = out.time_s[i - 1] + trail.step_ds[k] * 0.1
        out.course[i] = run * 0.01
        out.east_m[i] = out.east_m[i - 1] + trail.dx[k] * WAY_M
        out.north_m[i] = out.north_m[i - 1] + trail.dy[k] * WAY_M
    return n, first * 0.01
