"""A change of the speed ratio into a band, by Bayes (Adams and MacKay 2007)."""

import math

import numpy as np

from cablewatch.fixes import Array
from cablewatch.jit import kernel

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
