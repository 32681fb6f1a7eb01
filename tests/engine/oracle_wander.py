"""A swing against a wander once more: no filter, the covariances of all fixes at once.

Every figure is written out here as `docs/rules.md` has it.
"""

import math

import numpy as np

from cablewatch.fixes import Array


def swing_gain(t: Array, course: Array, across: Array, speed: float, period: float) -> float:
    """Gain in log-likelihood, scale free, of wander and swing over wander; nats."""
    n = len(t)
    rest = unexplained(t)
    left = rest.T @ np.concatenate([course, across])
    fixed = np.concatenate([np.zeros(n), np.full(n, 4.0**2)])
    noises = {
        noise: (rest.T * (fixed + np.repeat([noise**2, 0.0], n))) @ rest for noise in (0.3, 1.0)
    }
    wanders = {m: rest.T @ wander_of(t, speed, m) @ rest for m in (60.0, 240.0)}
    best = -math.inf, 0.0, 0.0
    for memory in wanders:
        for noise in noises:
            for wander in (0.3, 1.0, 3.0):
                told = likelihood(left, wander**2 * wanders[memory] + noises[noise])
                best = max(best, (told, memory, noise))
    _, memory, noise = best
    swing = rest.T @ swing_of(t, speed, period) @ rest
    swinging = max(
        likelihood(left, wander**2 * wanders[memory] + swing + noises[noise])
        for wander in (0.3, 1.0, 3.0)
    )
    return swinging - best[0]


def unexplained(t: Array) -> Array:
    """A basis of what no line in course nor parabola in way explains."""
    n, u = len(t), t / t[-1] - 0.5
    line, none = np.c_[np.ones(n), u], np.zeros((n, 3))
    trends = np.block([[line, none], [none[:, :2], np.c_[line, u * u]]])
    basis: Array = np.linalg.svd(trends, full_matrices=True)[0][:, 5:]
    return basis


def likelihood(left: Array, covariance: Array) -> float:
    """Restricted likelihood, scale free, of what the trends leave."""
    square = float(left @ np.linalg.solve(covariance, left))
    return -0.5 * (float(np.linalg.slogdet(covariance)[1]) + len(left) * math.log(square))


def wander_of(t: Array, speed: float, memory: float) -> Array:
    """Of a wander of a degree, exp(-|s - t| / memory), and of the way that it adds up to.

    That is since the first fix: integrals of the exponential over [0, s], and over [0, s] x [0, t].
    """
    metres, s = math.radians(speed), t[:, None]
    apart = np.exp(-np.abs(s - t) / memory)
    early = np.exp(-t / memory)
    # the way at s and the wander at t: integral over u from 0 to s of exp(-|u - t| / memory)
    late = 2.0 - early - np.exp(-np.maximum(0.0, s - t) / memory)
    once = np.where(s <= t, apart - early, late)
    twice = 2.0 * np.minimum(s, t) / memory - 1.0 - apart + early[:, None] + early
    way = metres * memory
    return np.block([[apart, way * once.T], [way * once, way**2 * twice]])


def swing_of(t: Array, speed: float, period: float) -> Array:
    """Of a swing of 3 degrees that forgets its phase over six periods, a quarter later across."""
    omega = 2.0 * math.pi / period
    lag = t[:, None] - t
    held = 9.0 * np.exp(-np.abs(lag) / (6.0 * period))
    metres = math.radians(speed) / omega
    cos, sin = held * np.cos(omega * lag), held * np.sin(omega * lag)
    return np.block([[cos, -metres * sin], [metres * sin, metres**2 * cos]])
