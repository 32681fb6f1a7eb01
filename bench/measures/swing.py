"""A course that swings against one that only wanders, by Kalman filters; change points, by Bayes.

The model of a course and of the way across it, after trends are taken out: a wander *w* (an
Ornstein-Uhlenbeck process) and, in the second model, a swing *p* that turns with *q*,

    course = w + p + noise        across = integral of v w + (v / omega) q + noise

Both are filtered fix by fix, whatever the time between them. Of the first model the best of a grid
of wanders and noises counts, of the second the best of the same wanders and of the periods.
"""

import math

import numpy as np

from cablewatch.fixes import Array
from cablewatch.jit import kernel

RAD = math.pi / 180.0
WANDERS_DEG = (0.3, 1.0, 3.0)  # standard deviations of a course that is steered; assumed
MEMORIES_S = (60.0, 240.0)  # of the wander; assumed
NOISES_DEG = (0.3, 1.0)  # of a course: median 0.5, upper decile 1.9 (Danish feed, 2013)
ACROSS_M = 4.0  # noise of a position, as the rule weighs it
SWING_DEG = 3.0  # standard deviation that a swing is expected with; the target's deviation
KEPT_PERIODS = 6.0  # after which a swing has forgotten its phase; assumed
PERIODS = 10  # of those that a window holds, spread evenly in frequency


@kernel
def _filtered(t, course, across, speed, wander, memory, noise, swing, omega, p, k):
    """Log-likelihood of one model, its scale unknown; `p` (4, 4) and `k` (4,) are scratch.

    With the scale free a window of coarse positions counts no more than one of fine ones.
    """
    x0 = x1 = x2 = x3 = 0.0
    p[:] = 0.0
    p[0, 0], p[1, 1], p[2, 2], p[3, 3] = 400.0, wander**2, swing**2, swing**2
    gain_m = speed * RAD / omega
    spread = squares = 0.0
    for i in range(len(t)):
        if i > 0:
            dt = t[i] - t[i - 1]
            keep = math.exp(-dt / memory)
            step = speed * RAD * memory * (1.0 - keep)
            hold = math.exp(-dt * omega / (2.0 * math.pi * KEPT_PERIODS))
            c, s = hold * math.cos(omega * dt), hold * math.sin(omega * dt)
            x0, x1 = x0 + step * x1, keep * x1
            x2, x3 = c * x2 - s * x3, s * x2 + c * x3
            for j in range(4):
                p[0, j] += step * p[1, j]
                p[1, j] *= keep
                a, b = p[2, j], p[3, j]
                p[2, j], p[3, j] = c * a - s * b, s * a + c * b
            for j in range(4):
                p[j, 0] += step * p[j, 1]
                p[j, 1] *= keep
                a, b = p[j, 2], p[j, 3]
                p[j, 2], p[j, 3] = c * a - s * b, s * a + c * b
            p[1, 1] += wander**2 * (1.0 - keep * keep)
            p[0, 0] += (speed * RAD * wander) ** 2 * dt * memory * 0.1
            p[2, 2] += swing**2 * (1.0 - hold * hold)
            p[3, 3] += swing**2 * (1.0 - hold * hold)
        for which in range(2):
            if which == 0:
                h0, h1, h2, h3, r, seen = 0.0, 1.0, 1.0, 0.0, noise**2, course[i]
            else:
                h0, h1, h2, h3, r, seen = 1.0, 0.0, 0.0, gain_m, ACROSS_M**2, across[i]
            for j in range(4):
                k[j] = p[j, 0] * h0 + p[j, 1] * h1 + p[j, 2] * h2 + p[j, 3] * h3
            var = h0 * k[0] + h1 * k[1] + h2 * k[2] + h3 * k[3] + r
            off = seen - (h0 * x0 + h1 * x1 + h2 * x2 + h3 * x3)
            spread += math.log(var)
            squares += off * off / var
            x0, x1 = x0 + k[0] * off / var, x1 + k[1] * off / var
            x2, x3 = x2 + k[2] * off / var, x3 + k[3] * off / var
            for a in range(4):
                for b in range(a, 4):
                    p[a, b] -= k[a] * k[b] / var
                    p[b, a] = p[a, b]
    return -0.5 * spread - len(t) * math.log(squares)


@kernel
def _gain(t, course, across, speed, periods, wanders, memories, noises, p, k):
    plain, best_memory, best_noise = -np.inf, memories[0], noises[0]
    for memory in memories:
        for noise in noises:
            for wander in wanders:
                told = _filtered(t, course, across, speed, wander, memory, noise, 0.0, 0.02, p, k)
                if told > plain:
                    plain, best_memory, best_noise = told, memory, noise
    swinging = -np.inf
    for period in periods:
        for wander in wanders:
            told = _filtered(
                t,
                course,
                across,
                speed,
                wander,
                best_memory,
                best_noise,
                SWING_DEG,
                2.0 * math.pi / period,
                p,
                k,
            )
            swinging = max(swinging, told)
    return swinging - plain


def swing_gain(t: Array, course: Array, across: Array, speed_m_s: float, periods: Array) -> float:
    """Nats by which a swing of the best period explains a window better than wander alone.

    `t` (s), `course` (degrees) and `across` (m) without trends, all (n,); `periods` (s) to try.
    """
    few = periods[np.unique(np.linspace(0, len(periods) - 1, PERIODS).astype(int))]
    grids = (np.array(WANDERS_DEG), np.array(MEMORIES_S), np.array(NOISES_DEG))
    scratch = np.zeros((4, 4)), np.zeros(4)
    return float(_gain(t, course, across, speed_m_s, few, *grids, *scratch))


HAZARD = 1.0 / 240.0  # changes of speed a minute; assumed: one each four hours
RECENT_MIN = (5, 60)  # age of a change that counts
SPREAD = 0.03  # standard deviation of a log speed ratio about its run; assumed


@kernel
def _change(x, low, high, logs, mean, count):
    """Log odds that the present run began within the last hour, in the band.

    `logs`, `mean` and `count` are scratch, two longer than `x`.
    """
    n = len(x)
    size = 1
    logs[0], mean[0], count[0] = 0.0, 0.0, 0.1
    for i in range(n):
        top = -np.inf
        for r in range(size):
            var = SPREAD**2 * (1.0 + 1.0 / count[r])
            if count[r] < 1.0:
                var += 0.04  # a run that has no minute yet: speeds within a fifth
            off = x[i] - mean[r]
            logs[r] += -0.5 * (math.log(var) + min(off * off / var, 25.0))
            top = max(top, logs[r])
        total = 0.0
        for r in range(size):
            total += math.exp(logs[r] - top)
        begun = top + math.log(total) + math.log(HAZARD)
        for r in range(size - 1, -1, -1):
            logs[r + 1] = logs[r] + math.log(1.0 - HAZARD) - top - math.log(total)
            mean[r + 1] = (mean[r] * count[r] + x[i]) / (count[r] + 1.0)
            count[r + 1] = count[r] + 1.0
        logs[0], mean[0], count[0] = begun - top - math.log(total), 0.0, 0.1
        size += 1
    inside = outside = 1e-12
    for r in range(size):
        weight = math.exp(logs[r])
        if RECENT_MIN[0] <= r <= RECENT_MIN[1] and low <= mean[r] <= high and r < size - 1:
            inside += weight
        else:
            outside += weight
    return math.log(inside / outside)


def change_odds(ratio: Array, low: float, high: float) -> float:
    """Log odds of a change into a band of own speed, 5 to 60 minutes ago; `ratio` by minute.

    Minutes without a speed are passed over; -inf below half an hour of them.
    """
    x = np.log(np.maximum(ratio[~np.isnan(ratio)], 0.05))
    if len(x) < 30:
        return -math.inf
    scratch = (np.zeros(len(x) + 2) for _ in range(3))
    return float(_change(x, math.log(low), math.log(high), *scratch))
