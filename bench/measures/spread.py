"""A spectral peak against its floor, and a change of speed and of the width of course."""

import math

import numpy as np

from cablewatch.engine import cycle
from cablewatch.fixes import Array, Fixes
from cablewatch.units import MINUTE_MS

REFERENCE_MS = 60 * MINUTE_MS  # before the window, that a change is told against; assumed
BLOCK_MS = 10 * MINUTE_MS  # courses are taken about lines so long; assumed


def spectrum(t: Array, course: Array, across: Array, periods: Array) -> float:
    """Amplitude of the course's peak above its floor, times the coherence with the way."""
    turn = 2.0 * math.pi / periods[:, None] * t
    waves = np.exp(-1j * turn)
    courses, ways = waves * course, waves * across
    amplitude = np.abs(courses.sum(axis=1)) * 2.0 / len(t)
    k = int(amplitude.argmax())
    floor = float(np.median(amplitude)) / math.sqrt(math.log(2.0))  # of noise: Rayleigh
    half = t < t[-1] / 2.0
    cross = own = other = 0.0
    for side in (half, ~half):
        a, b = courses[k, side].sum(), ways[k, side].sum()
        cross, own, other = cross + a * np.conj(b), own + abs(a) ** 2, other + abs(b) ** 2
    coherence = abs(cross) ** 2 / max(own * other, 1e-12)
    return float(max(0.0, amplitude[k] - floor) * coherence)


def glrt(recent: Fixes, t_ms: int) -> float:
    """Log-likelihood gained by another speed and another width of course in 20 minutes."""
    now, before = (recent.take(part) for part in _parts(recent.t_ms, t_ms))
    if len(now) < cycle.LEAST_FIXES or len(before) < 2 * cycle.LEAST_FIXES:
        return -np.inf
    slower = _logs(now), _logs(before)
    wider = _about_line(now), _about_line(before)
    told = 0.0
    if slower[0].mean() < slower[1].mean():
        told += _changed(slower[0] - slower[1].mean(), slower[1] - slower[1].mean(), True)
    if wider[0].std() > wider[1].std():
        told += _changed(*wider, False)
    return told


def _parts(times: Array, t_ms: int) -> tuple[Array, Array]:
    since = t_ms - cycle.SHORT_MS
    return times >= since, (times < since) & (times >= since - REFERENCE_MS)


def _logs(part: Fixes) -> Array:
    return np.log(np.maximum(part.sog_kn.astype(float), 0.1))


def _about_line(part: Fixes) -> Array:
    """Courses about the lines through each ten minutes."""
    course = np.unwrap(part.cog_deg.astype(float), period=360.0)
    rest = []
    for block in np.unique(part.t_ms // BLOCK_MS):
        here = part.t_ms // BLOCK_MS == block
        if here.sum() > 3:
            t = (part.t_ms[here] - part.t_ms[here][0]) / 1000.0
            rest.append(course[here] - np.polyval(np.polyfit(t, course[here], 1), t))
    return np.concatenate(rest) if rest else np.zeros(1)


def _changed(one: Array, other: Array, mean: bool) -> float:
    """Gain of two normal laws over one; the least spread is that of rounding."""
    both = np.concatenate([one, other])
    parts = [x - x.mean() * mean for x in (one, other, both)]
    spread = [max(float((x * x).mean()), 1e-5) for x in parts]
    n, m = len(one), len(other)
    told = (n + m) * math.log(spread[2]) - n * math.log(spread[0]) - m * math.log(spread[1])
    return 0.5 * told
