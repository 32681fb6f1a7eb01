"""The course limit cycle of a ship that tows its anchor: the search in its trail.

A ship towed back by its bow yaws about its course with a steady period. Nothing is interpolated
between the fixes of its trail (:mod:`.trail`), so that rare and irregular reports are evidence too.
A yaw of amplitude ``a`` at angular frequency ``w`` shows twice:

    course over ground       c + slope t + a cos(w t + phase)
    way across the course    polynomial of degree 2 + a v/w sin(w t + phase)

Both are one model with two unknowns for each frequency, fitted by least squares to both series at
once, each weighted by its noise, in steps of half a cycle a window:

    window    periods from                                       down to the longest of
    20 min    a third of it                                      60 s, 2.5 report intervals
    40 min    two fifths of it; a quarter, length not known      200 s, 2.5 report intervals

The *clearness* of the best fit is its gain in log-likelihood, noise unknown, over none:

    (2 n - 7) / 2  ln(residual without / residual with)

for n fixes and 7 unknowns. Two separate fits at that frequency must agree in phase and amplitude,
and a wave slower than those searched must not fit better: it would be a wander. Up to three fixes
are left out as false, each of which holds more of the residual than any fix of a wave can.

That there is a wave and not noise alone does not tell a swing from a course that wanders. A wave of
a degree and more that noise would hardly make is weighed against a wander (:mod:`.wander`).

Departure from DESIGN section 4: least squares on the fixes as they come, instead of a grid that a
gap of 60 s breaks: of 20-minute windows of ships under way off California 4 % have none. 40 minutes
stand for the hour: 12 lengths of a ship of 225 m at 5.5 kn last 16 of them.
"""

import math

import numpy as np

from cablewatch.engine.trail import unrolled
from cablewatch.engine.wander import swing_gain
from cablewatch.jit import lean
from cablewatch.units import MINUTE_MS

SHORT_MS, LONG_MS = 20 * MINUTE_MS, 40 * MINUTE_MS  # windows; see above
STALE_MS = 5 * MINUTE_MS  # a window without a newer fix says nothing of now; as speeds are held
FILLED = 0.75  # of a window, between its first and last fix; assumed
LEAST_FIXES = 8  # 16 values for 7 unknowns and a frequency
SHORT_CYCLES = 3.0  # in the span, at least: DESIGN, a third of the window is the longest period
LONG_CYCLES = 2.5  # 16 of the 40 minutes; DESIGN, 20 of an hour
UNREFUTED_CYCLES = 4.0  # length not known: a slow-down and two turns make three waves; assumed
STEP_CYCLES = 0.5  # between frequencies: no cycle lies further than a quarter from one
SHORTEST_S = 60.0  # 5 lengths of a ship of 60 m at 10 kn
LONG_SHORTEST_S = 200.0  # half a third of the short window: what that shows as well is left to it
SHORTEST_INTERVALS = 2.5  # fewer reports a cycle do not show it; DESIGN has 6, of a regular grid
FALSE_SHARE = 0.4  # of all that is left, that one fix holds: it is false; of a wave in 8 fixes 0.25
MOST_FALSE = 3  # fixes left out of a window of at least 8; assumed
NET_TURN_DEG = 15.0  # a turn, not a cycle; DESIGN section 4
COURSE_SIGMA_DEG = 1.0  # weights; median noise of courses 0.5, upper decile 1.9 (Danish feed, 2013)
ACROSS_SIGMA_M = 4.0  # GNSS without corrections, over minutes; assumed
WEIGHED_DEG = 1.0  # ordinary ships show clean cycles below it; DESIGN section 4
WEIGHED_CLEAR = 6.0  # nats that noise alone reaches in one window of 20: simulated, 8 to 120 fixes
AMPLITUDE_FACTOR = 2.0  # the two series differ by noise, not more; assumed
PHASE_COS = 0.7  # cosine of the largest phase difference, 45 degrees; assumed
SLOWEST_M_S = 1.0  # below it the way across says nothing of a course
_RAD = math.pi / 180.0  # rad in a degree


@lean
def _mean_course(n, out):
    mean = 0.0
    for i in range(n):
        mean += out.course[i] / n
    return mean


@lean
def _across(n, out, course_deg):
    """Turn places into the way across a course; returns the way along it."""
    sin, cos = math.sin(course_deg * _RAD), math.cos(course_deg * _RAD)
    for i in range(n):
        east, north = out.east_m[i], out.north_m[i]
        out.across_m[i] = east * cos - north * sin
    return out.east_m[n - 1] * sin + out.north_m[n - 1] * cos


@lean
def _trends(n, out):
    """Orthonormal line and parabola over the times, zero mean, into `out.line` and `out.bow`."""
    mean = norm = 0.0
    for i in range(n):
        mean += out.time_s[i]
    mean /= n
    for i in range(n):
        out.line[i] = out.time_s[i] - mean
        norm += out.line[i] * out.line[i]
    norm = 1.0 / math.sqrt(norm)
    level = slope = 0.0
    for i in range(n):
        out.line[i] *= norm
        out.bow[i] = out.line[i] * out.line[i]
        level += out.bow[i] / n
        slope += out.bow[i] * out.line[i]
    norm = 0.0
    for i in range(n):
        out.bow[i] -= level + slope * out.line[i]
        norm += out.bow[i] * out.bow[i]
    norm = 1.0 / math.sqrt(norm)
    for i in range(n):
        out.bow[i] *= norm


@lean
def _residual(n, series, line, bow, bows):
    """Take mean, line and (`bows` 1) parabola out; the squares left, and the rise of the line."""
    level = slope = curve = 0.0
    for i in range(n):
        level += series[i] / n
        slope += series[i] * line[i]
        curve += series[i] * bow[i]
    left = 0.0
    for i in range(n):
        series[i] -= level + slope * line[i] + bows * curve * bow[i]
        left += series[i] * series[i]
    return left, slope * (line[n - 1] - line[0])


@lean
def _worst(n, out):
    """The fix that holds most of what is left, and how much."""
    worst, most = 0, 0.0
    for i in range(n):
        holds = (out.course[i] / COURSE_SIGMA_DEG) ** 2 + (out.across_m[i] / ACROSS_SIGMA_M) ** 2
        if holds > most:
            worst, most = i, holds
    return worst, most


@lean
def _leave_out(n, out, worst):
    for i in range(worst, n - 1):
        out.time_s[i] = out.time_s[i + 1]
        out.course[i] = out.course[i + 1]
        out.across_m[i] = out.across_m[i + 1]
    start_s = out.time_s[0]
    for i in range(n - 1):
        out.time_s[i] -= start_s


@lean
def detrended(n, out):
    """Take the trends out of courses and ways across, without up to three false fixes.

    A fix that holds more than `FALSE_SHARE` of all that is left is false. Returns how many fixes
    are left, their weighted sum of squares, and how far the course turned.
    """
    turn_deg, tries = 0.0, 0
    while True:
        _trends(n, out)
        courses, turned_deg = _residual(n, out.course, out.line, out.bow, 0.0)
        ways, _ = _residual(n, out.across_m, out.line, out.bow, 1.0)
        turn_deg += turned_deg
        left = courses / COURSE_SIGMA_DEG**2 + ways / ACROSS_SIGMA_M**2
        worst, most = _worst(n, out)
        if tries == MOST_FALSE or n <= LEAST_FIXES or most <= FALSE_SHARE * left:
            return n, left, turn_deg
        _leave_out(n, out, worst)
        n -= 1
        tries += 1


@lean
def _waves(n, out, cycles, step):
    """Cosine and sine of so many cycles a span at each fix, and of the step to the next ones."""
    turn = 2.0 * math.pi / out.time_s[n - 1]
    for i in range(n):
        angle = turn * out.time_s[i]
        out.cos[i], out.sin[i] = math.cos(cycles * angle), math.sin(cycles * angle)
        out.cos_step[i], out.sin_step[i] = math.cos(step * angle), math.sin(step * angle)


@lean
def _next_waves(n, out):
    for i in range(n):
        cos = out.cos[i]
        out.cos[i] = cos * out.cos_step[i] - out.sin[i] * out.sin_step[i]
        out.sin[i] = out.sin[i] * out.cos_step[i] + cos * out.sin_step[i]


@lean
def _moments(n, out):
    """Normal equations of a wave in each series, what the trends explain taken out.

    Of the course: the matrix (cos cos, cos sin, sin sin) and the right side (cos, sin); then the
    same of the way across.
    """
    c = s = lc = ls = bc = bs = cc = cs = 0.0
    course_c = course_s = across_c = across_s = 0.0
    for i in range(n):
        cos, sin = out.cos[i], out.sin[i]
        c += cos
        s += sin
        lc += out.line[i] * cos
        ls += out.line[i] * sin
        bc += out.bow[i] * cos
        bs += out.bow[i] * sin
        cc += cos * cos
        cs += cos * sin
        course_c += out.course[i] * cos
        course_s += out.course[i] * sin
        across_c += out.across_m[i] * cos
        across_s += out.across_m[i] * sin
    ss = n - cc - s * s / n - ls * ls
    cc, cs = cc - c * c / n - lc * lc, cs - c * s / n - lc * ls
    course = cc, cs, ss, course_c, course_s
    across = cc - bc * bc, cs - bc * bs, ss - bs * bs, across_c, across_s
    return course, across


@lean
def _solved(m):
    """Coefficients of cos and sin, and the sum of squares that they explain; 0 if undetermined."""
    cc, cs, ss, c, s = m
    det = cc * ss - cs * cs
    if det <= 1e-6 * cc * ss:
        return 0.0, 0.0, 0.0
    a, b = (ss * c - cs * s) / det, (cc * s - cs * c) / det
    return a, b, a * c + b * s


@lean
def _both(course, across, metres_deg):
    """Normal equations of one wave in both series, where a degree of course is so many metres.

    A course ``a cos + b sin`` is a way across of ``metres (a sin - b cos)``.
    """
    cc, cs, ss, c, s = course
    wcc, wcs, wss, wc, ws = across
    k = metres_deg / (ACROSS_SIGMA_M * ACROSS_SIGMA_M)
    w = 1.0 / (COURSE_SIGMA_DEG * COURSE_SIGMA_DEG)
    return (
        w * cc + k * metres_deg * wss,
        w * cs - k * metres_deg * wcs,
        w * ss + k * metres_deg * wcc,
        w * c + k * ws,
        w * s - k * wc,
    )


@lean
def _agree(course, across, metres_deg):
    """Whether waves fitted to each series apart are the same one."""
    a, b, _ = _solved(course)
    p, q, _ = _solved(across)
    c, d = q / metres_deg, -p / metres_deg
    one, other = math.hypot(a, b), math.hypot(c, d)
    if one > AMPLITUDE_FACTOR * other or other > AMPLITUDE_FACTOR * one:
        return False
    return a * c + b * d >= PHASE_COS * one * other


@lean
def best_cycle(n, left, speed_m_s, least, shortest_s, out):
    """Amplitude (degrees), clearness (nats) and period (s) of the cycle in `n` fixes.

    They are those of :func:`detrended`, `left` their sum of squares. Searched are `least` cycles in
    the span and more. 0, 0 and NaN where none of them fits best, or the series do not agree; NaN
    where none can be searched.
    """
    span_s = out.time_s[n - 1]
    steps = int(math.floor((span_s / shortest_s - least) / STEP_CYCLES)) + 1
    if steps < 1:
        return np.nan, np.nan, np.nan
    _waves(n, out, least - STEP_CYCLES, STEP_CYCLES)
    best, won, deviation_deg, agreed = 0, 0.0, 0.0, False
    for k in range(steps + 1):
        cycles = least + STEP_CYCLES * (k - 1)
        metres_deg = _RAD * speed_m_s * span_s / (2.0 * math.pi * cycles)
        course, across = _moments(n, out)
        a, b, explained = _solved(_both(course, across, metres_deg))
        if explained > won:
            best, won, deviation_deg = k, explained, math.hypot(a, b)
            agreed = _agree(course, across, metres_deg)
        _next_waves(n, out)
    if best == 0 or not agreed:
        return 0.0, 0.0, np.nan
    clear = 0.5 * (2 * n - 7) * math.log(left / max(left - won, 1e-9 * left))
    return deviation_deg, clear, span_s / (least + STEP_CYCLES * (best - 1))


@lean
def search(ship, now_ms, window_ms, out):
    """Cycle in a window that ends at `now_ms`: deviation (degrees), swing gain (nats), period (s).

    The gain is NaN where the wave is too small or too unclear to be weighed. All are NaN where
    nothing can be said: too few fixes, a window too little filled or too old, no way, a turn.
    """
    trail = ship.trail
    if trail.n < LEAST_FIXES or now_ms - trail.t_ms > STALE_MS:
        return np.nan, np.nan, np.nan
    n, first_deg = unrolled(trail, now_ms, window_ms, out)
    if n < LEAST_FIXES or 1000.0 * out.time_s[n - 1] < FILLED * window_ms:
        return np.nan, np.nan, np.nan
    speed_m_s = _across(n, out, first_deg + _mean_course(n, out)) / out.time_s[n - 1]
    n, left, turn_deg = detrended(n, out)
    if speed_m_s < SLOWEST_M_S or abs(turn_deg) > NET_TURN_DEG:
        return np.nan, np.nan, np.nan
    least, shortest_s = SHORT_CYCLES, SHORTEST_S
    if window_ms == LONG_MS:
        least = LONG_CYCLES if ship.length_m != 0.0 else UNREFUTED_CYCLES
        shortest_s = LONG_SHORTEST_S
    shortest_s = max(shortest_s, SHORTEST_INTERVALS * ship.interval_s)
    found_deg, clear, period_s = best_cycle(n, left, speed_m_s, least, shortest_s, out)
    gain = np.nan
    if found_deg >= WEIGHED_DEG and clear >= WEIGHED_CLEAR:
        gain = swing_gain(n, speed_m_s, period_s, out)
    return found_deg, gain, period_s
