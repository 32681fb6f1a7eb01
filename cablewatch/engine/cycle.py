"""The course limit cycle of a ship that tows its anchor: sampling, and the search for it.

A ship towed back by its bow yaws about its course with a steady period. The last 20 minutes are
kept on a 10 s grid and the last hour on a 30 s grid: the reported course, and the way made good
from one grid point to the next. Both are laid from each fix with a course to the next one: a fix
without is passed over, and more than a minute without any is a gap. In both series the best
sinusoid is sought; the deviation is the lesser amplitude, each weighted by its share of the
variance (R2). Both series must agree in frequency (one search over their product), in amplitude
(within a factor of two) and in phase.

Departure from DESIGN section 4: the hour is searched like the 20 minutes, without averaged spectra
and coherence; agreement in phase stands in for coherence.
"""

import math

import numpy as np

from cablewatch.engine.state import E7, FREQUENCIES, RING
from cablewatch.geodesy import radii_m
from cablewatch.jit import lean
from cablewatch.units import NEVER_MS

FINE_MS = 10_000  # grid of the 20-minute window; DESIGN section 4
COARSE_MS = 30_000  # grid of the hour's window
BREAK_MS = 60_000  # a longer gap gives no evidence; DESIGN section 4
NET_TURN_DEG = 15.0  # a turn, not a cycle; DESIGN section 4
QUIET_DEG = 0.4  # standard deviation below which no amplitude reaches 1 degree with R2 > 0.3
AMPLITUDE_FACTOR = 2.0  # the two series differ by smoothing and noise, not more; assumed
PHASE_COS = 0.7  # cosine of the largest phase difference, 45 degrees; assumed
_STEP_LIMIT_DM = 32_000.0

FIRST_HALF_CYCLES = 6  # half cycles in the window: a third of it is the longest period
HALF = RING // 2
_HALF_CYCLES = FIRST_HALF_CYCLES + np.arange(FREQUENCIES)
_ANGLES = np.outer(np.arange(HALF + 1), np.pi / RING * _HALF_CYCLES)
EVEN_COS, EVEN_SIN = np.cos(_ANGLES[:, 0::2]), np.sin(_ANGLES[:, 0::2])
ODD_COS, ODD_SIN = np.cos(_ANGLES[:, 1::2]), np.sin(_ANGLES[:, 1::2])
EVENS = EVEN_COS.shape[1]


@lean
def wrap180(angle_deg):
    """An angle as -180 (included) to 180 degrees."""
    if -180.0 <= angle_deg < 180.0:
        return angle_deg
    return angle_deg - 360.0 * np.floor((angle_deg + 180.0) / 360.0)


@lean
def _wrap360(course_deg):
    """A course after less than a turn more or less, as 0 to 360 degrees."""
    if course_deg < 0.0:
        return course_deg + 360.0
    return course_deg - 360.0 if course_deg >= 360.0 else course_deg


@lean
def break_off(grid):
    """Start a window anew: no course was heard for too long."""
    grid.n = -1
    grid.x_m = 0.0
    grid.y_m = 0.0


@lean
def _put(grid, point, course_deg, east_m, north_m):
    k = point % RING
    grid.at = point
    grid.n = min(RING, grid.n + 1)
    grid.cog_cdeg[k] = int(course_deg * 100.0 + 0.5) % 36_000
    grid.dx_dm[k] = int(math.floor(max(-_STEP_LIMIT_DM, min(_STEP_LIMIT_DM, east_m * 10.0)) + 0.5))
    grid.dy_dm[k] = int(math.floor(max(-_STEP_LIMIT_DM, min(_STEP_LIMIT_DM, north_m * 10.0)) + 0.5))


@lean
def sample(grid, step_ms, t0_ms, cog0, t1_ms, cog1, east_m, north_m):
    """Lay the way from one fix to the next on a grid, straight and with a steady turn."""
    if t1_ms - t0_ms > BREAK_MS:
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
            _wrap360(cog0 + turn * part),
            grid.x_m + east_m * (part - done),
            grid.y_m + north_m * (part - done),
        )
        grid.x_m = 0.0
        grid.y_m = 0.0
        done = part
        point += 1
    grid.x_m += east_m * (1.0 - done)
    grid.y_m += north_m * (1.0 - done)


@lean
def _short_way_m(lon0, lat0, lon1, lat1):
    """Metres east and north between fixes a minute apart: radii of curvature at the middle."""
    lat = math.radians(0.5 * (lat0 + lat1))
    along_m, across_m = radii_m(math.sin(lat))
    east_m = math.radians(wrap180(lon1 - lon0)) * across_m * math.cos(lat)
    return east_m, math.radians(lat1 - lat0) * along_m


@lean
def begin(ship):
    """Start both windows of a new track, at its first fix."""
    break_off(ship.fine)
    break_off(ship.coarse)
    ship.course_ms = NEVER_MS
    _hold(ship, ship.t_ms, ship.lon, ship.lat, ship.cog)


@lean
def _hold(ship, t_ms, lon, lat, cog):
    """Let a fix be the one that the next way begins at, if it has a course.

    A course stands for a minute over fixes without one.
    """
    if not np.isnan(cog):
        ship.course_ms = t_ms
        ship.course_lon_e7 = int(math.floor(lon / E7 + 0.5))
        ship.course_lat_e7 = int(math.floor(lat / E7 + 0.5))
        ship.cog = cog
    elif t_ms - ship.course_ms > BREAK_MS:
        ship.cog = np.nan


@lean
def sample_course(ship, t_ms, lon, lat, cog):
    """Lay the way from the last fix with a course on both grids, if the new one has a course."""
    if not np.isnan(cog):
        east_m = north_m = 0.0
        if t_ms - ship.course_ms <= BREAK_MS:
            lon0, lat0 = ship.course_lon_e7 * E7, ship.course_lat_e7 * E7
            east_m, north_m = _short_way_m(lon0, lat0, lon, lat)
        sample(ship.fine, FINE_MS, ship.course_ms, ship.cog, t_ms, cog, east_m, north_m)
        sample(ship.coarse, COARSE_MS, ship.course_ms, ship.cog, t_ms, cog, east_m, north_m)
    _hold(ship, t_ms, lon, lat, cog)


@lean
def _detrend(series):
    """Remove mean and slope in place; returns the net turn and the standard deviation left."""
    n = len(series)
    middle = (n - 1) / 2.0
    mean = slope = 0.0
    for i in range(n):
        mean += series[i]
        slope += (i - middle) * series[i]
    mean /= n
    slope /= n * (n * n - 1) / 12.0  # the sum of (i - middle)^2
    variance = 0.0
    for i in range(n):
        series[i] -= mean + slope * (i - middle)
        variance += series[i] * series[i]
    return slope * (n - 1), math.sqrt(variance / n)


@lean
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


@lean
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


@lean
def _half_spectrum(with_cos, with_sin, cos, sin, re, im, count):
    """Amplitudes of every second frequency from folded samples; those of the ends are there."""
    for i in range(1, HALF):
        for k in range(count):
            re[k] += with_cos[i] * cos[i, k]
            im[k] -= with_sin[i] * sin[i, k]


@lean
def _spectrum(series, half_cycles, folded, re, im):
    """Amplitudes (real, imaginary) of the first `half_cycles` frequencies of the table.

    Those of an even number of half cycles come first, those of an odd one from `EVENS` on. About
    the middle of the window a cosine of an even number is even and a sine odd, and of an odd number
    the other way round; so the samples are folded there, added and subtracted, and half of them
    suffices. The order of each sum is fixed, and the machine still works on several at once.
    """
    sums, differences = folded[0], folded[1]
    scale = 2.0 / RING
    for i in range(1, HALF):
        sums[i] = (series[i] + series[RING - i]) * scale
        differences[i] = (series[i] - series[RING - i]) * scale
    first, middle = series[0] * scale, series[HALF] * scale
    evens, odds = (half_cycles + 1) // 2, half_cycles // 2
    for k in range(evens):
        re[k] = first + middle * EVEN_COS[HALF, k]
        im[k] = -middle * EVEN_SIN[HALF, k]
    for k in range(odds):
        re[EVENS + k] = first + middle * ODD_COS[HALF, k]
        im[EVENS + k] = -middle * ODD_SIN[HALF, k]
    _half_spectrum(sums, differences, EVEN_COS, EVEN_SIN, re, im, evens)
    _half_spectrum(differences, sums, ODD_COS, ODD_SIN, re[EVENS:], im[EVENS:], odds)


@lean
def best_cycle(course, made_good, step_s, shortest_s, out):
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
    re_a, im_a, re_b, im_b = out.spectra[0], out.spectra[1], out.spectra[2], out.spectra[3]
    _spectrum(course, half_cycles, out.folded, re_a, im_a)
    _spectrum(made_good, half_cycles, out.folded, re_b, im_b)
    best, cycles, best_power = 0, 0, 0.0
    for n in range(half_cycles):
        k = n // 2 + EVENS * (n % 2)
        power = (re_a[k] ** 2 + im_a[k] ** 2) * (re_b[k] ** 2 + im_b[k] ** 2)
        if power > best_power:
            best, cycles, best_power = k, n, power
    if best_power == 0.0:
        return 0.0, np.nan
    period_s = 2.0 * RING * step_s / (cycles + FIRST_HALF_CYCLES)
    a = math.hypot(re_a[best], im_a[best])
    b = math.hypot(re_b[best], im_b[best])
    in_phase = (re_a[best] * re_b[best] + im_a[best] * im_b[best]) / (a * b)
    if in_phase < PHASE_COS or a > AMPLITUDE_FACTOR * b or b > AMPLITUDE_FACTOR * a:
        return 0.0, period_s
    share_a = min(1.0, 0.5 * a * a / (sd_a * sd_a))
    share_b = min(1.0, 0.5 * b * b / (sd_b * sd_b))
    return min(a * share_a, b * share_b), period_s


@lean
def search(grid, step_ms, now_ms, interval_s, out):
    """Cycle in one window that ends within `BREAK_MS` of `now_ms`; NaN, NaN where none is full."""
    if grid.n < RING or now_ms - grid.at * step_ms > BREAK_MS + step_ms:
        return np.nan, np.nan
    course, made_good = out.course, out.made_good
    _unrolled_course(grid, course)
    _unrolled_made_good(grid, course, made_good)
    step_s = step_ms / 1000.0
    return best_cycle(course, made_good, step_s, max(4.0 * step_s, 6.0 * interval_s), out)
