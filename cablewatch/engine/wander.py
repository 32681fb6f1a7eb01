"""A course that swings against one that only wanders: two Kalman filters over a window.

Ships that are steered wander: slowly, by no period, and a wander of two waves looks like a cycle.
Two models of the course *y* and the way across it *x*, with v the speed:

    wander   w, an Ornstein-Uhlenbeck process        y = w + noise         dx/dt = v w
    swing    w, and p that turns with q at omega     y = w + p + noise     x = wander's + v/omega q

each about trends that nothing is known of: a line in the course, a parabola in the way. Both are
filtered fix by fix, whatever the time between them, and the columns of the trends with the series;
the likelihood is the restricted one (REML) of what is left by the trends that fit best *under the
model*: trends that were taken out before would leave what a wander never does, and a swing would
explain it. The scale of all noises is free, so that a window of coarse positions counts no more
than one of fine ones.

Of the first model the likeliest of a grid of wanders, memories and noises counts, of the second the
likeliest of the wanders, with the memory and the noise of the first. What is returned is the gain
in log-likelihood of the second over the first.

Sources: state-space models of quasi-periodic processes (Solin and Särkkä 2014); the exact
transition of an integrated Ornstein-Uhlenbeck process (Gillespie 1996); the diffuse likelihood
through columns filtered alike (de Jong 1991).
"""

import math

import numpy as np

from cablewatch.jit import lean

WANDERS_DEG = (0.3, 1.0, 3.0)  # standard deviations of a course that is steered; assumed
MEMORIES_S = (60.0, 240.0)  # of the wander: a correction of the helm, a set of the sea; assumed
NOISES_DEG = (0.3, 1.0)  # of a course: median 0.5, upper decile 1.9 (Danish feed, 2013)
ACROSS_M = 4.0  # noise of a position: GNSS without corrections, over minutes; assumed
SWING_DEG = 3.0  # standard deviation that a swing is expected with; the target's deviation
KEPT_PERIODS = 6.0  # after which a swing has forgotten its phase; assumed
SERIES = 6  # the measured one, and the trends: two of the course, three of the way across
_RAD = math.pi / 180.0  # rad in a degree


@lean
def _begin(filter_, wander_deg):
    """The first way across is a trend, and known."""
    filter_.state[:] = 0.0
    filter_.products[:] = 0.0
    filter_.covariance[:] = 0.0
    filter_.covariance[1, 1] = wander_deg**2
    for j in range(2, len(filter_.state)):
        filter_.covariance[j, j] = SWING_DEG**2


@lean
def _move(filter_, way, variance, keep, lag):
    """Let the way across and the wander go on, of which `keep` is left after `lag` memories."""
    state, p = filter_.state, filter_.covariance
    step = way * (1.0 - keep)
    for s in range(SERIES):
        state[0, s] += step * state[1, s]
        state[1, s] *= keep
    for j in range(len(state)):
        p[0, j] += step * p[1, j]
        p[1, j] *= keep
    for j in range(len(state)):
        p[j, 0] += step * p[j, 1]
        p[j, 1] *= keep
    p[0, 0] += variance * way**2 * (2.0 * lag - 3.0 + 4.0 * keep - keep * keep)
    p[0, 1] += variance * way * (1.0 - keep) ** 2
    p[1, 0] = p[0, 1]
    p[1, 1] += variance * (1.0 - keep * keep)


@lean
def _turn(filter_, cos, sin, gained):
    """Let the swing and its quadrature turn and fade, by cosine and sine of which less is left."""
    state, p = filter_.state, filter_.covariance
    for s in range(SERIES):
        a, b = state[2, s], state[3, s]
        state[2, s], state[3, s] = cos * a - sin * b, sin * a + cos * b
    for j in range(4):
        a, b = p[2, j], p[3, j]
        p[2, j], p[3, j] = cos * a - sin * b, sin * a + cos * b
    for j in range(4):
        a, b = p[j, 2], p[j, 3]
        p[j, 2], p[j, 3] = cos * a - sin * b, sin * a + cos * b
    p[2, 2] += gained
    p[3, 3] += gained


@lean
def _see(filter_, one, factor, variance):
    """Take ``state[one]``, with its part of a swing, as measured in all series; its variance.

    That part is ``factor state[3 - one]``, where there is a swing. The products of the surprises,
    each by that variance, are added up.
    """
    state, p, gain, seen = filter_.state, filter_.covariance, filter_.gain, filter_.seen
    n = len(state)
    for j in range(n):
        gain[j] = p[j, one]
        if n == 4:
            gain[j] += factor * p[j, 3 - one]
    spread = gain[one] + variance
    if n == 4:
        spread = gain[one] + factor * gain[3 - one] + variance
    share = 1.0 / spread
    for s in range(SERIES):
        seen[s] -= state[one, s]
        if n == 4:
            seen[s] -= factor * state[3 - one, s]
        weighed = seen[s] * share
        for j in range(n):
            state[j, s] += gain[j] * weighed
        for r in range(s + 1):
            filter_.products[s, r] += weighed * seen[r]
    for j in range(n):
        weighed = gain[j] * share
        for k in range(n):
            p[j, k] -= weighed * gain[k]
    return spread


@lean
def _restricted(filter_, spreads, n):
    """Restricted log-likelihood of `n` values, scale free, from the products of the surprises.

    They are factored by Cholesky, the trends first: what is left on the last diagonal is the sum of
    squares that no trend explains.
    """
    a, trends = filter_.products, 0.0
    for i in range(1, SERIES + 1):
        row = i % SERIES  # the measured series last
        for j in range(1, i):
            left = a[row, j] if row > 0 else a[j, 0]
            for k in range(1, j):
                left -= filter_.factor[row, k] * filter_.factor[j, k]
            filter_.factor[row, j] = left / filter_.factor[j, j]
        left = a[row, row]
        for k in range(1, i):
            left -= filter_.factor[row, k] ** 2
        if row == 0:
            free = n - (SERIES - 1)
            return -0.5 * (spreads + trends + free * math.log(max(left, 1e-12)))
        filter_.factor[row, row] = math.sqrt(max(left, 1e-12))
        trends += math.log(max(left, 1e-12))
    return np.nan


@lean
def _log_likelihood(n, filter_, swing_m, speed_m_s, wander_deg, memory_s, noise_deg, out):
    """Of one model on the first `n` fixes of the scratch, `swing_m` metres across a degree of it.

    The logarithm of the variances is taken of eight fixes at once: their product is no number that
    is too large.
    """
    _begin(filter_, wander_deg)
    way, variance, seen = speed_m_s * _RAD * memory_s, wander_deg**2, filter_.seen
    spreads, spread = 0.0, 1.0
    for i in range(n):
        if i > 0:
            lag = (out.time_s[i] - out.time_s[i - 1]) / memory_s
            _move(filter_, way, variance, out.keep[i], lag)
            if len(filter_.state) == 4:
                _turn(filter_, out.cos[i], out.sin[i], out.gained[i])
        seen[0], seen[1], seen[2] = out.course[i], 1.0, out.line[i]
        seen[3] = seen[4] = seen[5] = 0.0
        spread *= _see(filter_, 1, 1.0, noise_deg**2)
        seen[0], seen[3], seen[4], seen[5] = out.across_m[i], 1.0, out.line[i], out.bow[i]
        seen[1] = seen[2] = 0.0
        spread *= _see(filter_, 0, swing_m, ACROSS_M**2)
        if i % 8 == 7:
            spreads += math.log(spread)
            spread = 1.0
    return _restricted(filter_, spreads + math.log(spread), 2 * n)


@lean
def _keep(n, memory_s, out):
    """How much of a wander is left from fix to fix."""
    for i in range(1, n):
        out.keep[i] = math.exp(-(out.time_s[i] - out.time_s[i - 1]) / memory_s)


@lean
def _swing(n, omega, out):
    """How a swing turns and fades from fix to fix, and what its variance gains."""
    for i in range(1, n):
        dt_s = out.time_s[i] - out.time_s[i - 1]
        hold = math.exp(-dt_s * omega / (2.0 * math.pi * KEPT_PERIODS))
        out.cos[i], out.sin[i] = hold * math.cos(omega * dt_s), hold * math.sin(omega * dt_s)
        out.gained[i] = SWING_DEG**2 * (1.0 - hold * hold)


@lean
def swing_gain(n, speed_m_s, period_s, out):
    """Nats by which a swing of a period explains `n` fixes better than wander alone.

    `out` holds their times (s), courses (degrees) and ways across (m), with or without trends, and
    an orthonormal line and parabola over the times.
    """
    omega, wandering = 2.0 * math.pi / period_s, -np.inf
    memory_s, noise_deg = MEMORIES_S[0], NOISES_DEG[0]
    for memory in MEMORIES_S:
        _keep(n, memory, out)
        for noise in NOISES_DEG:
            for wander in WANDERS_DEG:
                told = _log_likelihood(n, out.wandering, 0.0, speed_m_s, wander, memory, noise, out)
                if told > wandering:
                    wandering, memory_s, noise_deg = told, memory, noise
    _keep(n, memory_s, out)
    _swing(n, omega, out)
    swinging, swing_m = -np.inf, speed_m_s * _RAD / omega
    for wander in WANDERS_DEG:
        told = _log_likelihood(
            n, out.swinging, swing_m, speed_m_s, wander, memory_s, noise_deg, out
        )
        swinging = max(swinging, told)
    return swinging - wandering
