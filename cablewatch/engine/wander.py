"""A course that swings against one that only wanders: two Kalman filters over a window.

Ships that are steered wander: slowly, by no period, and a wander of two waves looks like a cycle.
Two models of the course *y* and the way across it *x*, trends taken out, with v the speed:

    wander   w, an Ornstein-Uhlenbeck process        y = w + noise         dx/dt = v w
    swing    w, and p that turns with q at omega     y = w + p + noise     x = wander's + v/omega q

Both are filtered fix by fix, whatever the time between them. Of the first the likeliest of a grid
of wanders, memories and noises counts, of the second the likeliest of the wanders, with the memory
and the noise of the first. The scale of all noises is free, so that a window of coarse positions
counts no more than one of fine ones. What is returned is the gain in log-likelihood of the second
over the first.

Source: state-space models of quasi-periodic processes (Solin and Särkkä 2014); the exact transition
of an integrated Ornstein-Uhlenbeck process (Gillespie 1996).
"""

import math

import numpy as np

from cablewatch.jit import lean

WANDERS_DEG = (0.3, 1.0, 3.0)  # standard deviations of a course that is steered; assumed
MEMORIES_S = (60.0, 240.0)  # of the wander: a correction of the helm, a set of the sea; assumed
NOISES_DEG = (0.3, 1.0)  # of a course: median 0.5, upper decile 1.9 (Danish feed, 2013)
ACROSS_M = 4.0  # noise of a position: GNSS without corrections, over minutes; assumed
FIRST_ACROSS_M = 20.0  # of the first way across, from a trend that is none; assumed
SWING_DEG = 3.0  # standard deviation that a swing is expected with; the target's deviation
KEPT_PERIODS = 6.0  # after which a swing has forgotten its phase; assumed
_RAD = math.pi / 180.0  # rad in a degree


@lean
def _begin(covariance, wander_deg, swing_deg):
    covariance[:] = 0.0
    covariance[0, 0] = FIRST_ACROSS_M**2
    covariance[1, 1] = wander_deg**2
    covariance[2, 2] = covariance[3, 3] = swing_deg**2


@lean
def _move(state, p, dt_s, metres_deg_s, memory_s, wander_deg, omega, swing_deg):
    """Let the state (way across, wander, swing and its quadrature) and its covariance go on."""
    keep = math.exp(-dt_s / memory_s)
    step = metres_deg_s * memory_s * (1.0 - keep)
    hold = math.exp(-dt_s * omega / (2.0 * math.pi * KEPT_PERIODS))
    cos, sin = hold * math.cos(omega * dt_s), hold * math.sin(omega * dt_s)
    state[0] += step * state[1]
    state[1] *= keep
    state[2], state[3] = cos * state[2] - sin * state[3], sin * state[2] + cos * state[3]
    for j in range(4):
        p[0, j] += step * p[1, j]
        p[1, j] *= keep
        p[2, j], p[3, j] = cos * p[2, j] - sin * p[3, j], sin * p[2, j] + cos * p[3, j]
    for j in range(4):
        p[j, 0] += step * p[j, 1]
        p[j, 1] *= keep
        p[j, 2], p[j, 3] = cos * p[j, 2] - sin * p[j, 3], sin * p[j, 2] + cos * p[j, 3]
    way = metres_deg_s * memory_s
    variance = wander_deg**2
    p[0, 0] += variance * way**2 * (2.0 * dt_s / memory_s - 3.0 + 4.0 * keep - keep * keep)
    p[0, 1] += variance * way * (1.0 - keep) ** 2
    p[1, 0] = p[0, 1]
    p[1, 1] += variance * (1.0 - keep * keep)
    p[2, 2] += swing_deg**2 * (1.0 - hold * hold)
    p[3, 3] += swing_deg**2 * (1.0 - hold * hold)


@lean
def _see(state, p, gain, one, factor, other, variance, value):
    """Take a measured value of ``state[one] + factor state[other]``; its variance and surprise."""
    for j in range(4):
        gain[j] = p[j, one] + factor * p[j, other]
    spread = gain[one] + factor * gain[other] + variance
    off = value - state[one] - factor * state[other]
    for j in range(4):
        state[j] += gain[j] * off / spread
        for k in range(4):
            p[j, k] -= gain[j] * gain[k] / spread
    return spread, off * off / spread


@lean
def _log_likelihood(n, speed_m_s, wander_deg, memory_s, noise_deg, omega, swing_deg, out):
    """Of one model on the first `n` fixes of the scratch, its scale unknown."""
    state, p, gain = out.state, out.covariance, out.gain
    state[:] = 0.0
    _begin(p, wander_deg, swing_deg)
    swing_m = speed_m_s * _RAD / omega
    spreads = squares = 0.0
    for i in range(n):
        if i > 0:
            dt_s = out.time_s[i] - out.time_s[i - 1]
            _move(state, p, dt_s, speed_m_s * _RAD, memory_s, wander_deg, omega, swing_deg)
        spread, square = _see(state, p, gain, 1, 1.0, 2, noise_deg**2, out.course[i])
        spreads, squares = spreads + math.log(spread), squares + square
        spread, square = _see(state, p, gain, 0, swing_m, 3, ACROSS_M**2, out.across_m[i])
        spreads, squares = spreads + math.log(spread), squares + square
    return -0.5 * spreads - n * math.log(squares)


@lean
def swing_gain(n, speed_m_s, period_s, out):
    """Nats by which a swing of a period explains `n` fixes better than wander alone.

    `out` holds their times (s), courses (degrees) and ways across (m), trends taken out.
    """
    omega = 2.0 * math.pi / period_s
    wandering, memory_s, noise_deg = -np.inf, MEMORIES_S[0], NOISES_DEG[0]
    for memory in MEMORIES_S:
        for noise in NOISES_DEG:
            for wander in WANDERS_DEG:
                told = _log_likelihood(n, speed_m_s, wander, memory, noise, omega, 0.0, out)
                if told > wandering:
                    wandering, memory_s, noise_deg = told, memory, noise
    swinging = -np.inf
    for wander in WANDERS_DEG:
        told = _log_likelihood(n, speed_m_s, wander, memory_s, noise_deg, omega, SWING_DEG, out)
        swinging = max(swinging, told)
    return swinging - wandering
