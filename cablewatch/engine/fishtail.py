"""Fishtailing: the course cycle of a ship, as far as it swings, beyond her habit, and its worth.

Formulas and sources: (b) and (c) of :mod:`.drag`; the search is that of :mod:`.cycle`.
"""

import math

import numpy as np

from cablewatch.engine import cycle
from cablewatch.engine.speed_loss import suspected
from cablewatch.jit import lean
from cablewatch.units import KNOT_M_S, MINUTE_MS

CYCLE_NONE_DEG, CYCLE_FULL_DEG = cycle.WEIGHED_DEG, 2.0  # beyond the habit; DESIGN section 4
CYCLE_MOST_DEG = 20.0  # beyond it a ship is steered to and fro; a towed bow yaws a few degrees
CYCLE_CAP = math.log(30.0)  # DESIGN section 4: capped at 10-30
FOUND_MIN = 5  # minutes that it must be found in before it counts in full: one window is one draw
HELD = math.log(2.0)  # each further 20 minutes; of 9 ordinary windows with a cycle none was
# followed by another (bench/ordinary.py): at most 0.34 (95 %), of drags 0.7
HELD_MOST_MIN = 100  # five windows are worth 32: capped at 10-30, as (b), DESIGN section 4
CYCLE_ABSENT = -1.0  # a drag without a visible cycle is about as likely as not; assumed
SHOWN_S = 100.0  # rarer reports may miss a cycle of 250 s: 5 lengths of 200 m, 10 of 100 m at 8 kn
SWING_NONE, SWING_FULL = 6.0, 14.0  # nats of gain; as many windows of drags as of ordinary ships
# reach the one, 30 times as many the other, at any report interval (bench/other_statistics.py)
LOW_KN, HIGH_KN = 4.0, 16.0  # DESIGN section 4
LENGTHS_LOW, LENGTHS_HIGH = 3.5, 16.0  # 5-12 lengths expected, ends as recorded on ordinary ships
HABIT_EVERY_MS = 20 * MINUTE_MS  # searches for the habit; a short window
HABIT_MIN = 4.0  # searches before a habit counts: an hour and a half with the first window
HABIT_MAX = 72.0  # searches that it remembers: a day under way
HABIT_SD = 2.0  # an ordinary deviation lies below mean + 2 sd in 39 of 40 searches, if normal


@lean
def cycle_llr(deviation_deg, period_s, sog_kn, length_m, interval_s):
    """Log-likelihood ratio of a deviation; 0 where it could not be searched (NaN)."""
    if np.isnan(deviation_deg):
        return 0.0
    if deviation_deg > CYCLE_MOST_DEG:
        return 0.0
    if deviation_deg < CYCLE_NONE_DEG:
        return CYCLE_ABSENT * (1.0 - deviation_deg / CYCLE_NONE_DEG) * (interval_s <= SHOWN_S)
    if length_m > 0.0:
        lengths = period_s * sog_kn * KNOT_M_S / length_m
        if lengths < LENGTHS_LOW or lengths > LENGTHS_HIGH:
            return 0.0
    return CYCLE_CAP * min(
        1.0, (deviation_deg - CYCLE_NONE_DEG) / (CYCLE_FULL_DEG - CYCLE_NONE_DEG)
    )


@lean
def ratio(ship):
    """Log-likelihood ratio of what was found last."""
    return cycle_llr(
        ship.cycle_deg,
        ship.cycle_period_s,
        ship.minute_kn,
        ship.length_m,
        ship.interval_s,
    )


@lean
def swinging_deg(deviation_deg, gain):
    """Deviation as far as the course swings rather than wanders.

    `gain` is that of a swing over a wander (nats); NaN where it was not weighed.
    """
    if np.isnan(gain):
        return 0.0
    part = (gain - SWING_NONE) / (SWING_FULL - SWING_NONE)
    return deviation_deg * min(1.0, max(0.0, part))


@lean
def habit_bound_deg(ship):
    """Upper bound of the ship's own deviation, mean + 2 sd; NaN while not known."""
    if ship.habit_n < HABIT_MIN:
        return np.nan
    return ship.habit_mean_deg + HABIT_SD * math.sqrt(max(0.0, ship.habit_deg2))


@lean
def _learn_habit(ship, deviation_deg):
    ship.habit_n = min(ship.habit_n + 1.0, HABIT_MAX)
    off_deg = deviation_deg - ship.habit_mean_deg
    ship.habit_mean_deg += off_deg / ship.habit_n
    left_deg = deviation_deg - ship.habit_mean_deg
    ship.habit_deg2 += (off_deg * left_deg - ship.habit_deg2) / ship.habit_n


@lean
def _gather_window(ship, now_ms, window_ms, out):
    """Search one window; the larger deviation of the two counts. Returns whether it could be."""
    found_deg, gain, period_s = cycle.search(ship, now_ms, window_ms, out)
    if np.isnan(found_deg):
        return False
    deviation_deg = swinging_deg(found_deg, gain)
    if np.isnan(ship.cycle_deg) or deviation_deg > ship.cycle_deg:
        ship.cycle_deg, ship.cycle_gain = deviation_deg, gain
        ship.cycle_period_s = period_s if deviation_deg > 0.0 else np.nan
    return True


@lean
def follow(ship, now_ms, out):
    """Search the trail, and measure what is found against the habit, learnt while unsuspected.

    That there is no cycle can only be said where a slow one would have been seen. A ship too fast
    for a tow has a habit all the same, against which she is measured once she slows down.
    """
    watched = suspected(ship, now_ms)
    if not watched:
        ship.cycle_min = 0
        if now_ms % HABIT_EVERY_MS != 0:
            return
    ship.cycle_deg = ship.cycle_gain = ship.cycle_period_s = ship.habit_deg = np.nan
    fast = ship.minute_kn > HIGH_KN
    if not ship.minute_kn >= LOW_KN or (fast and watched):
        return
    _gather_window(ship, now_ms, cycle.SHORT_MS, out)
    slow_seen = _gather_window(ship, now_ms, cycle.LONG_MS, out)
    if np.isnan(ship.cycle_deg):
        return
    deviation_deg, ship.habit_deg = ship.cycle_deg, habit_bound_deg(ship)
    if not np.isnan(ship.habit_deg):
        ship.cycle_deg = max(0.0, deviation_deg - ship.habit_deg)
    if not watched and ship.interval_s <= SHOWN_S:
        _learn_habit(ship, deviation_deg)
    elif watched and ratio(ship) > 0.0:
        ship.cycle_min = min(HELD_MOST_MIN, ship.cycle_min + 1)
    elif watched and slow_seen:
        ship.cycle_min = max(0, ship.cycle_min - 1)
    if fast or (not slow_seen and ship.cycle_deg < CYCLE_NONE_DEG):
        ship.cycle_deg = np.nan
