"""A ship's own habit: its speed, and how often it reports.

The speed of a minute is the median of those reported in it: a false one, however far off, moves it
no further than to the next true one, and a real change is there at once. Between two the speed of
the minute before decides, and a minute without any takes it.

The baseline is the upper quartile of the ship's own moving speed (3 kn and more): one value a
minute into half-knot bins, each about its speed, that fade with a half-life of 24 h. Each value
waits 30 minutes before it counts, and is dropped while a drag is suspected, so that a drag does not
become the habit that it is measured against. Below an hour of history there is no baseline: the
typical speed of the ship's class stands in for it (:mod:`.typical_speed`), and the rules say so.
"""

import numpy as np

from cablewatch.engine.state import DELAY_MIN, MINUTE_SPEEDS, NO_SPEED, SPEED_BINS
from cablewatch.jit import lean

MOVING_KN = 3.0  # below it class A reports at the anchored rate; ITU-R M.1371-5 table 1
BIN_KN = 0.5  # width of a bin; assumed
FIRST_BIN = int(MOVING_KN / BIN_KN + 0.5)  # slower ones hold nothing, and are not kept
UPPER_QUARTILE = 0.75  # DESIGN section 4
FADE_A_MIN = 0.5 ** (1.0 / 1440.0)  # half-life 24 h; assumed: a voyage leg
HOLD_MIN = 5  # a speed stands for so many minutes, its own included: 180 s at anchor, some lost
HISTORY_MIN = 60.0  # DESIGN section 4


@lean
def _hundredths(kn):
    """A speed in hundredths of a knot."""
    return NO_SPEED if np.isnan(kn) else int(kn * 100.0 + 0.5)


@lean
def take_speed(ship, sog):
    """Let a reported speed enter the minute under way."""
    if not np.isnan(sog):
        ship.minute_ckn[ship.minute_n % MINUTE_SPEEDS] = _hundredths(sog)
        ship.minute_n += 1


@lean
def close_minute(ship):
    """Give the minute that ends its speed; NaN once none was reported for `HOLD_MIN` minutes."""
    n = min(ship.minute_n, MINUTE_SPEEDS)
    if n == 2 and not np.isnan(ship.minute_kn):
        ship.minute_ckn[n] = _hundredths(ship.minute_kn)
        n += 1
    if n > 0:
        ship.minute_kn = _median_kn(ship.minute_ckn, n)
        ship.minute_n = 0
        ship.held_min = HOLD_MIN - 1
    elif ship.held_min > 0:
        ship.held_min -= 1
    else:
        ship.minute_kn = np.nan


@lean
def _median_kn(ckn, n):
    """Median of the first `n` speeds, which are sorted in place."""
    for i in range(1, n):
        speed, k = ckn[i], i
        while k > 0 and ckn[k - 1] > speed:
            ckn[k] = ckn[k - 1]
            k -= 1
        ckn[k] = speed
    return (int(ckn[(n - 1) // 2]) + int(ckn[n // 2])) / 200.0


@lean
def remember(ship, suspected):
    """Take the speed of a minute; count the one that is 30 minutes old."""
    old_ckn = ship.delay_ckn[ship.delay_at]
    ship.delay_ckn[ship.delay_at] = _hundredths(ship.minute_kn)
    ship.delay_at = (ship.delay_at + 1) % DELAY_MIN
    old_kn = old_ckn / 100.0
    if suspected or old_ckn == NO_SPEED or old_kn < MOVING_KN:
        return
    for k in range(SPEED_BINS):
        ship.speeds[k] *= FADE_A_MIN
    ship.speeds[min(SPEED_BINS - 1, int(old_kn / BIN_KN + 0.5) - FIRST_BIN)] += 1.0
    ship.speeds_min = ship.speeds_min * FADE_A_MIN + 1.0
    ship.baseline_kn = upper_quartile_kn(ship)


@lean
def forget_delayed(ship):
    """Drop the minutes that still wait: a drag is suspected to have begun among them."""
    for k in range(DELAY_MIN):
        ship.delay_ckn[k] = NO_SPEED


@lean
def upper_quartile_kn(ship):
    """Upper quartile of the ship's own moving speed; NaN below an hour of history."""
    if ship.speeds_min < HISTORY_MIN:
        return np.nan
    wanted = UPPER_QUARTILE * ship.speeds_min
    below = 0.0
    for k in range(SPEED_BINS):
        if below + ship.speeds[k] >= wanted:
            return BIN_KN * (FIRST_BIN + k - 0.5 + (wanted - below) / ship.speeds[k])
        below += ship.speeds[k]
    return BIN_KN * (FIRST_BIN + SPEED_BINS)


@lean
def learn_interval(ship, seconds):
    """Move the running median of report intervals a twentieth towards a new one."""
    if ship.interval_s == 0.0:
        ship.interval_s = seconds
    elif seconds > ship.interval_s:
        ship.interval_s = min(seconds, ship.interval_s * 1.05)
    else:
        ship.interval_s = max(seconds, ship.interval_s * 0.95)
