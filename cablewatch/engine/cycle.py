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
from cablewatch.geodesy import east_north_m
from cablewatch.jit import kernel

FINE_MS = 10_000  # grid of the 20-minute window; DESIGN section 4
COARSE_MS = 30_000  # grid of the hour's window
BREAK_MS = 60_000  # a longer gap gives no evidence; DESIGN section 4
NET_TURN_DEG = 15.0  # a turn, not a cycle; DESIGN section 4
QUIET_DEG = 0.4  # standard deviation below which no amplitude reaches 1 degree with R2 > 0.3
AMPLITUDE_FACTOR = 2.0  # the two series differ by smoothing and noise, not more; assumed
PHASE_COS = 0.7  # cosine of the largest phase difference, 45 degrees; assumed
_STEP_LIMIT_DM = 32_000.0


@kernel
def wrap180(angle_deg):
    """An angle as -180 (inclusive) to 180 degrees."""
    return (angle_deg + 180.0) % 360.0 - 180.0


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
def sample_pair(ship, t1_ms, lon1, lat1, cog1):
    """Lay the way from the ship's last fix to a new one on both grids."""
    east_m, north_m = east_north_m(ship.lon, ship.lat, lon1, lat1)
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
def _series(grid, course, made_good):
    """Unroll a full ring into course and course made good, degrees, each unwrapped.

    The course made good is taken over the two steps about a grid point, so that the noise of a
    position weighs little against the way sailed.
    """
    first = grid.at - RING + 1
    reference = grid.cog_cdeg[first % RING] / 100.0
    unwrapped = 0.0
    for i in range(RING):
        angle = grid.cog_cdeg[(first + i) % RING] / 100.0 - reference
        unwrapped += wrap180(angle - unwrapped)
        course[i] = unwrapped
        x = y = 0.0
        for j in range(i, min(RING, i + 2)):
            k = (first + j) % RING
            x += grid.dx_dm[k]
            y += grid.dy_dm[k]
        made_good[i] = unwrapped
        if x != 0.0 or y != 0.0:
            bearing = math.degrees(math.atan2(x, y)) - reference
            made_good[i] = unwrapped + wrap180(bearing - unwrapped)


@kernel
def _phasor(series, step_rad):
    """Amplitude (real, imaginary) of a sinusoid in a detrended series."""
    turn_re, turn_im = math.cos(step_rad), -math.sin(step_rad)
    re, im = 1.0, 0.0
    sum_re = sum_im = 0.0
    for value in series:
        sum_re += value * re
        sum_im += value * im
        re, im = re * turn_re - im * turn_im, re * turn_im + im * turn_re
    scale = 2.0 / len(series)
    return sum_re * scale, sum_im * scale


@kernel
def best_cycle(course, made_good, step_s, shortest_s):
    """Deviation (degrees, amplitude times R2) and period (s) of the cycle both series share.

    Periods lie between `shortest_s` and a third of the window; 0 and NaN where none agrees.
    """
    turn_a, sd_a = _detrend(course)
    turn_b, sd_b = _detrend(made_good)
    if abs(turn_a) > NET_TURN_DEG or abs(turn_b) > NET_TURN_DEG:
        return np.nan, np.nan
    if sd_a < QUIET_DEG or sd_b < QUIET_DEG:
        return 0.0, np.nan
    window_s = RING * step_s
    best = best_re_a = best_im_a = best_re_b = best_im_b = best_period = 0.0
    k = 6  # half cycles in the window: a third of it is the longest period
    while window_s * 2.0 / k >= shortest_s:
        step_rad = math.pi * k / RING
        re_a, im_a = _phasor(course, step_rad)
        re_b, im_b = _phasor(made_good, step_rad)
        power = (re_a * re_a + im_a * im_a) * (re_b * re_b + im_b * im_b)
        if power > best:
            best, best_period = power, window_s * 2.0 / k
            best_re_a, best_im_a, best_re_b, best_im_b = re_a, im_a, re_b, im_b
        k += 1
    if best == 0.0:
        return 0.0, np.nan
    a = math.hypot(best_re_a, best_im_a)
    b = math.hypot(best_re_b, best_im_b)
    in_phase = (best_re_a * best_re_b + best_im_a * best_im_b) / (a * b)
    if in_phase < PHASE_COS or a > AMPLITUDE_FACTOR * b or b > AMPLITUDE_FACTOR * a:
        return 0.0, best_period
    share_a = min(1.0, 0.5 * a * a / (sd_a * sd_a))
    share_b = min(1.0, 0.5 * b * b / (sd_b * sd_b))
    return min(a * share_a, b * share_b), best_period


@kernel
def search(grid, step_ms, now_ms, interval_s):
    """Cycle in one window that ends within `BREAK_MS` of `now_ms`; NaN, NaN where none is full."""
    if grid.n < RING or now_ms - grid.at * step_ms > BREAK_MS + step_ms:
        return np.nan, np.nan
    course = np.empty(RING)
    made_good = np.empty(RING)
    _series(grid, course, made_good)
    step_s = step_ms / 1000.0
    return best_cycle(course, made_good, step_s, max(4.0 * step_s, 6.0 * interval_s))
