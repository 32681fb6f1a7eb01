"""The course limit cycle of a ship that tows its anchor: sampling, and the search for it.

A ship towed back by its bow yaws about its course with a steady period. The last 20 minutes are
kept on a 10 s grid and the last hour on a 30 s grid: the reported course, and the way made good
from one grid point to the next. In both series the best sinusoid is sought; the deviation is the
lesser amplitude, each weighted by its share of the variance (R2). Both series must agree in
frequency (one search over their product), in amplitude (within a factor of two) and in phase.

Departure from DESIGN section 4: the hour is searched like the 20 minutes, without averaged spectra
and coherence; agreement in phase stands in for coherence.
"""

import math

import numpy as np

from cablewatch.engine.state import RING
from cablewatch.jit import kernel
from cablewatch.units import WGS84_A_M, WGS84_E2

FINE_MS = 10_000  # grid of the 20-minute window; DESIGN section 4
COARSE_MS = 30_000  # grid of the hour's window
BREAK_MS = 60_000  # a longer gap gives no evidence; DESIGN section 4
NET_TURN_DEG = 15.0  # a turn, not a cycle; DESIGN section 4
QUIET_DEG = 0.4  # standard deviation below which no amplitude reaches 1 degree with R2 > 0.3
AMPLITUDE_FACTOR = 2.0  # the two series differ by smoothing and noise, not more; assumed
PHASE_COS = 0.7  # cosine of the largest phase difference, 45 degrees; assumed
_STEP_LIMIT_DM = 32_000.0

FIRST_HALF_CYCLES = 6  # half cycles in the window: a third of it is the longest period
FREQUENCIES = 55  # up to 60 half cycles: periods of four grid steps and more
_ANGLES = np.outer(np.arange(RING), np.pi / RING * (FIRST_HALF_CYCLES + np.arange(FREQUENCIES)))
COS, SIN = np.cos(_ANGLES), np.sin(_ANGLES)


@kernel
def wrap180(angle_deg):
    """An angle as -180 (included) to 180 degrees."""
    return angle_deg - 360.0 * np.floor((angle_deg + 180.0) / 360.0)


@kernel
def break_off(grid):
    """Start a window anew: the ship was not heard, or its course was not reported."""
    grid.n = -1
    grid.x_m = 0.0
    grid.y_m = 0.0


@kernel
def _put(grid, point, course_deg, east_m, north_m):
    k = point % RING
    grid.at = point
    grid.n = min(RING, grid.n + 1)
    grid.cog_cdeg[k] = int(course_deg * 100.0 + 0.5) % 36_000
    grid.dx_dm[k] = int(math.floor(max(-_STEP_LIMIT_DM, min(_STEP_LIMIT_DM, east_m * 10.0)) + 0.5))
    grid.dy_dm[k] = int(math.floor(max(-_STEP_LIMIT_DM, min(_STEP_LIMIT_DM, north_m * 10.0)) + 0.5))


@kernel
def sample(grid, step_ms, t0_ms, cog0, t1_ms, cog1, east_m, north_m):
    """Lay the way from one fix to the next on a grid, straight and with a steady turn."""
    if t1_ms - t0_ms > BREAK_MS or np.isnan(cog0) or np.isnan(cog1):
        break_off(grid)
        return
    turn = wrap180(cog1 - cog0)
    done = 0.0
    point = t0_ms // step_ms + 1
    while point * step_ms <= t1_ms:
        part = (point * step_ms - t0_ms) / (t1_ms - t0_ms)
        _put(
            grid,
            point,
            (cog0 + turn * part) % 360.0,
            grid.x_m + east_m * (part - done),
            grid.y_m + north_m * (part - done),
        )
        grid.x_m = 0.0
        grid.y_m = 0.0
        done = part
        point += 1
    grid.x_m += east_m * (1.0 - done)
    grid.y_m += north_m * (1.0 - done)


@kernel
def _short_way_m(lon0, lat0, lon1, lat1):
    """Metres east and north between fixes a minute apart: radii of curvature at the middle."""
    lat = math.radians(0.5 * (lat0 + lat1))
    sin_lat = math.sin(lat)
    w2 = 1.0 - WGS84_E2 * sin_lat * sin_lat
    across_m = WGS84_A_M / math.sqrt(w2)
    along_m = across_m * (1.0 - WGS84_E2) / w2
    east_m = math.radians(wrap180(lon1 - lon0)) * across_m * math.cos(lat)
    return east_m, math.radians(lat1 - lat0) * along_m


@kernel
def sample_pair(ship, t1_ms, lon1, lat1, cog1):
    """Lay the way from the ship's last fix to a new one on both grids."""
    east_m = north_m = 0.0
    if t1_ms - ship.t_ms <= BREAK_MS:
        east_m, north_m = _short_way_m(ship.lon, ship.lat, lon1, lat1)
    sample(ship.fine, FINE_MS, ship.t_ms, ship.cog, t1_ms, cog1, east_m, north_m)
    sample(ship.coarse, COARSE_MS, ship.t_ms, ship.cog, t1_ms, cog1, east_m, north_m)


@kernel
def _detrend(series):
    """Remove mean and slope in place; returns the net turn and the standard deviation left."""
    n = len(series)
    middle = (n - 1) / 2.0
    mean = slope = spread = 0.0
    for i in range(n):
        mean += series[i]
        slope += (i - middle) * series[i]
        spread += (i - middle) * (i - middle)
    mean /= n
    slope /= spread
    variance = 0.0
    for i in range(n):
        series[i] -= mean + slope * (i - middle)
        variance += series[i] * series[i]
    return slope * (n - 1), math.sqrt(variance / n)


@kernel
def _unrolled_course(grid, course):
    """Unroll a full ring into degrees from its first course, unwrapped.

    Whole hundredths are unwrapped, which is exact and takes no division.
    """
    k = (grid.at + 1) % RING
    before = int(grid.cog_cdeg[k])
    run = 0
    for i in range(RING):
        now = int(grid.cog_cdeg[k])
        step = now - before
        step -= 36_000 if step >= 18_000 else 0
        step += 36_000 if step < -18_000 else 0
        run += step
        course[i] = run / 100.0
        before = now
        k = k + 1 if k + 1 < RING else 0


@kernel
def _unrolled_made_good(grid, course, made_good):
    """Unroll a full ring into the course made good, unwrapped along `course`.

    It is taken over the two steps about a grid point, so that the noise of a position weighs
    little against the way sailed.
    """
    k = (grid.at + 1) % RING
    reference = grid.cog_cdeg[k] / 100.0
    for i in range(RING):
        after = k + 1 if k + 1 < RING else 0
        x, y = float(grid.dx_dm[k]), float(grid.dy_dm[k])
        if i + 1 < RING:
            x += grid.dx_dm[after]
            y += grid.dy_dm[after]
        made_good[i] = course[i]
        if x != 0.0 or y != 0.0:
            made_good[i] += wrap180(math.degrees(math.atan2(x, y)) - reference - course[i])
        k = after


@kernel
def _spectrum(series, half_cycles, re, im):
    """Amplitudes (real, imaginary) of the first `half_cycles` frequencies of the table.

    The sum runs over the samples one by one, and over the frequencies side by side: the order of
    each sum is fixed, and the machine still works on several at once.
    """
    re[:] = 0.0
    im[:] = 0.0
    for i in range(RING):
        value = series[i] * (2.0 / RING)
        for k in range(half_cycles):
            re[k] += value * COS[i, k]
            im[k] -= value * SIN[i, k]


@kernel
def best_cycle(course, made_good, step_s, shortest_s):
    """Deviation (degrees, amplitude times R2) and period (s) of the cycle both series share.

    Periods lie between `shortest_s` and a third of the window; 0 and NaN where none agrees.
    """
    turn_a, sd_a = _detrend(course)
    turn_b, sd_b = _detrend(made_good)
    if abs(turn_a) > NET_TURN_DEG or abs(turn_b) > NET_TURN_DEG:
        return np.nan, np.nan
    half_cycles = min(FREQUENCIES, int(2.0 * RING * step_s / shortest_s) - FIRST_HALF_CYCLES + 1)
    if sd_a < QUIET_DEG or sd_b < QUIET_DEG or half_cycles < 1:
        return 0.0, np.nan
    spectra = np.empty((4, FREQUENCIES))
    re_a, im_a, re_b, im_b = spectra[0], spectra[1], spectra[2], spectra[3]
    _spectrum(course, half_cycles, re_a, im_a)
    _spectrum(made_good, half_cycles, re_b, im_b)
    best, best_power = 0, 0.0
    for k in range(half_cycles):
        power = (re_a[k] ** 2 + im_a[k] ** 2) * (re_b[k] ** 2 + im_b[k] ** 2)
        if power > best_power:
            best, best_power = k, power
    if best_power == 0.0:
        return 0.0, np.nan
    period_s = 2.0 * RING * step_s / (best + FIRST_HALF_CYCLES)
    a = math.hypot(re_a[best], im_a[best])
    b = math.hypot(re_b[best], im_b[best])
    in_phase = (re_a[best] * re_b[best] + im_a[best] * im_b[best]) / (a * b)
    if in_phase < PHASE_COS or a > AMPLITUDE_FACTOR * b or b > AMPLITUDE_FACTOR * a:
        return 0.0, period_s
    share_a = min(1.0, 0.5 * a * a / (sd_a * sd_a))
    share_b = min(1.0, 0.5 * b * b / (sd_b * sd_b))
    return min(a * share_a, b * share_b), period_s


@kernel
def search(grid, step_ms, now_ms, interval_s):
    """Cycle in one window that ends within `BREAK_MS` of `now_ms`; NaN, NaN where none is full."""
    if grid.n < RING or now_ms - grid.at * step_ms > BREAK_MS + step_ms:
        return np.nan, np.nan
    course = np.empty(RING)
    made_good = np.empty(RING)
    _unrolled_course(grid, course)
    _unrolled_made_good(grid, course, made_good)
    step_s = step_ms / 1000.0
    return best_cycle(course, made_good, step_s, max(4.0 * step_s, 6.0 * interval_s))
