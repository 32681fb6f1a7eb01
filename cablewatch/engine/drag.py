"""Drag under way: a ship that goes slower than its habit, and fishtails.

``log odds = prior + a + b``

(a) Speed loss. Each minute ``d = ln(SOG / own baseline) - min(0, norm)``, where the norm is the
    mean logarithm of what ships do in this cell, where enough of them were
    (:mod:`cablewatch.engine.context`). The log-likelihood ratio of a minute is ``g(d)`` below; its
    window-limited CUSUM, ``S = min(cap, max(0, S exp(-1/120) + g))``, counts once it has persisted
    for 10 minutes. It fades over minutes without a speed alike, and two hours of silence end
    it, and the estimated start with it, unless an episode is open. Source of the band: constant
    thrust, v/v0 = sqrt(1 - F/R0), gives 0.62-0.87 for a Panamax towing 100-260 kN. Published drags
    ran at 0.6-0.95 of the ship's own speed; but ordinary speeds lie about 6 % around 0.96 of their
    upper quartile: from 0.862 on, where ``g`` passes 0, the loss speaks against a drag.
(b) Course limit cycle (:mod:`cablewatch.engine.cycle`): deviation over 20 minutes or an hour,
    less the upper bound of the ship's own habit in that window (mean + 2 sd). Searched every
    minute while a speed loss is suspected and every ten minutes otherwise (for the habit): without
    (a) it cannot raise an alert.

Both ratios are capped: neither alone reaches `watch`. The figures are starting values from physics
and from the counts in DESIGN section 4, not fitted to any track.
"""

import math

import numpy as np

from cablewatch.engine import cycle
from cablewatch.engine.baseline import forget_delayed
from cablewatch.jit import lean
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS

RULE = 0
KIND = "anchor_drag"
VERSION = "drag/1"
TERMS = (
    ("prior", ""),
    ("speed_loss", "of own speed"),
    ("course_cycle", "deg"),
    ("cycle_period", "s"),
    ("own_speed", "kn"),
    ("neighbours", "of own speed"),
    ("report_interval", "s"),
    ("own_cycle", "deg"),
    ("length", "m"),
)

PRIOR = math.log(1e-3)  # one slow-down in a thousand near cables is a drag; stated, not measured
GAIN = math.log(0.95 / 0.10) / 30.0  # a minute: 95 % of drag, 10 % of ordinary half-hours in band
LOSS = math.log(0.05 / 0.90) / 30.0  # a minute outside: 5 % against 90 %
BAND_LOW, BAND_HIGH = math.log(0.55), math.log(0.82)  # v/v0 of tows of 150 kN and more; see (a)
NORMAL = math.log(0.92)  # ordinary: a median of 0.96 of the upper quartile, and 6 % about it
STOPPED = math.log(0.40)  # slower is no drag under way
SPEED_CAP = math.log(100.0)  # an hour in band
WINDOW_MIN = 120  # a mild loss that lasts is a new habit; one before a longer silence another story
KEPT_A_MIN = math.exp(-1.0 / WINDOW_MIN)
PERSIST_MS = 10 * MINUTE_MS  # DESIGN section 4
SUSPECT = 0.5  # nats of speed loss from which own history is frozen
SUSPECT_LIMIT_MS = 48 * HOUR_MS  # longest recorded drag is 1.5 days; then a new habit is learnt

CYCLE_NONE_DEG, CYCLE_FULL_DEG = 1.0, 3.0  # DESIGN: clean cycles above 1 occur, above 3 hardly
CYCLE_MOST_DEG = 20.0  # beyond it a ship is steered to and fro; a towed bow yaws a few degrees
CYCLE_CAP = math.log(30.0)  # DESIGN section 4: capped at 10-30
CYCLE_CAP_WEAK = math.log(10.0)  # length not known, or reports rarer than every 30 s
CYCLE_CAP_NEW = math.log(2.5)  # own habit not known: one ship in sixteen steers so, and none is
# called out (`watch`) for what may be her habit
CYCLE_ABSENT = -1.0  # a drag without a visible cycle is about as likely as not; assumed
WEAK_INTERVAL_S = 30.0
LOW_KN, HIGH_KN = 4.0, 16.0  # DESIGN section 4
LENGTHS_LOW, LENGTHS_HIGH = 3.5, 16.0  # 5-12 lengths expected, ends as recorded on ordinary ships
HABIT_MIN = 6.0  # searches before a habit counts, one in 10 min
HABIT_MAX = 144.0  # searches that it remembers: a day under way
HABIT_SD = 2.0  # an ordinary deviation lies below mean + 2 sd in 39 of 40 searches, if normal


@lean
def speed_ratio_llr(d):
    """Log-likelihood ratio of one minute whose log speed ratio is `d`; NaN gives 0."""
    if np.isnan(d):
        return 0.0
    if d >= NORMAL:
        return LOSS
    if d > BAND_HIGH:
        return GAIN + (LOSS - GAIN) * (d - BAND_HIGH) / (NORMAL - BAND_HIGH)
    if d >= BAND_LOW:
        return GAIN
    if d > STOPPED:
        return GAIN * (d - STOPPED) / (BAND_LOW - STOPPED)
    return LOSS


@lean
def cycle_llr(deviation_deg, habit_deg, period_s, sog_kn, length_m, interval_s):
    """Log-likelihood ratio of a deviation; 0 where it could not be searched (NaN)."""
    if np.isnan(deviation_deg):
        return 0.0
    if deviation_deg > CYCLE_MOST_DEG:
        return 0.0
    if deviation_deg < CYCLE_NONE_DEG:
        return CYCLE_ABSENT * (1.0 - deviation_deg / CYCLE_NONE_DEG)
    cap = CYCLE_CAP
    if length_m <= 0.0 or interval_s > WEAK_INTERVAL_S:
        cap = CYCLE_CAP_WEAK
    if np.isnan(habit_deg):
        cap = CYCLE_CAP_NEW
    if length_m > 0.0:
        lengths = period_s * sog_kn * KNOT_M_S / length_m
        if lengths < LENGTHS_LOW or lengths > LENGTHS_HIGH:
            return 0.0
    return cap * min(1.0, (deviation_deg - CYCLE_NONE_DEG) / (CYCLE_FULL_DEG - CYCLE_NONE_DEG))


@lean
def suspected(ship, now_ms):
    """Whether own history is frozen because a drag may be under way."""
    return ship.cusum >= SUSPECT and now_ms - ship.cusum_since_ms < SUSPECT_LIMIT_MS


@lean
def _fade_over_silence(ship, now_ms):
    """Let the CUSUM fade over minutes without a speed; a whole window of them ends it.

    While an episode is open it stays: the silence that ends the one ends the other.
    """
    missed = (now_ms - ship.cusum_ms) // MINUTE_MS - 1
    ship.cusum_ms = now_ms
    if ship.cusum == 0.0 or missed <= 0 or ship.episodes[RULE].open:
        return
    if missed < WINDOW_MIN:
        ship.cusum *= KEPT_A_MIN**missed
    else:
        ship.cusum = 0.0
        forget_delayed(ship)


@lean
def _gather_speed(ship, now_ms, norm):
    """Add the minute to the CUSUM; returns its log speed ratio, NaN where there is none."""
    if np.isnan(ship.minute_kn) or np.isnan(ship.baseline_kn):
        return np.nan
    _fade_over_silence(ship, now_ms)
    was = ship.cusum
    kn = max(ship.minute_kn, 0.1)
    d = math.log(kn / ship.baseline_kn)
    if norm < 0.0:
        d -= norm
    ship.cusum = min(SPEED_CAP, max(0.0, was * KEPT_A_MIN + speed_ratio_llr(d)))
    if was == 0.0 and ship.cusum > 0.0:
        ship.cusum_since_ms = now_ms - MINUTE_MS
    if was < SUSPECT <= ship.cusum:
        forget_delayed(ship)
    return d


@lean
def habit_bound_deg(grid):
    """Upper bound of the ship's own deviation in a window, mean + 2 sd; NaN while not known."""
    if grid.habit_n < HABIT_MIN:
        return np.nan
    return grid.habit_deg + HABIT_SD * math.sqrt(max(0.0, grid.habit_deg2))


@lean
def _learn_habit(grid, deviation_deg):
    grid.habit_n = min(grid.habit_n + 1.0, HABIT_MAX)
    off_deg = deviation_deg - grid.habit_deg
    grid.habit_deg += off_deg / grid.habit_n
    grid.habit_deg2 += (off_deg * (deviation_deg - grid.habit_deg) - grid.habit_deg2) / grid.habit_n


@lean
def _gather_window(ship, grid, step_ms, now_ms, watched, out):
    """Search one window: the deviation beyond its habit counts if it is the larger one so far."""
    deviation_deg, period_s = cycle.search(grid, step_ms, now_ms, ship.interval_s, out)
    if np.isnan(deviation_deg):
        return
    bound_deg = habit_bound_deg(grid)
    beyond_deg = deviation_deg
    if not np.isnan(bound_deg):
        beyond_deg = max(0.0, deviation_deg - bound_deg)
    if np.isnan(ship.cycle_deg) or beyond_deg > ship.cycle_deg:
        ship.cycle_deg, ship.cycle_period_s, ship.habit_deg = beyond_deg, period_s, bound_deg
    if not watched:
        _learn_habit(grid, deviation_deg)


@lean
def _gather_cycle(ship, now_ms, out):
    """Search both windows, each against its own habit, which is learnt while unsuspected."""
    watched = suspected(ship, now_ms)
    if not watched and now_ms % (10 * MINUTE_MS) != 0:
        return
    ship.cycle_deg = ship.cycle_period_s = ship.habit_deg = np.nan
    if LOW_KN <= ship.minute_kn <= HIGH_KN:
        _gather_window(ship, ship.fine, cycle.FINE_MS, now_ms, watched, out)
        _gather_window(ship, ship.coarse, cycle.COARSE_MS, now_ms, watched, out)


@lean
def evaluate(ship, now_ms, norm, out):
    """Log odds of the minute that ends at `now_ms`, and where the episode began.

    Writes measured values and ratios in the order of `TERMS` into `out.value` and `out.ratio`.
    NaN where nothing can be said.
    """
    value, ratio = out.value, out.ratio
    d = _gather_speed(ship, now_ms, norm)
    _gather_cycle(ship, now_ms, out)
    if np.isnan(d):
        return np.nan, now_ms
    a = ship.cusum if now_ms - ship.cusum_since_ms >= PERSIST_MS else 0.0
    b = 0.0
    if ship.cusum > 0.0:
        b = cycle_llr(
            ship.cycle_deg,
            ship.habit_deg,
            ship.cycle_period_s,
            ship.minute_kn,
            ship.length_m,
            ship.interval_s,
        )
    value[0], ratio[0] = math.exp(PRIOR), PRIOR
    value[1], ratio[1] = ship.minute_kn / ship.baseline_kn, a
    value[2], ratio[2] = ship.cycle_deg, b
    value[3], ratio[3] = ship.cycle_period_s, 0.0
    value[4], ratio[4] = ship.baseline_kn, 0.0
    value[5], ratio[5] = math.exp(norm), 0.0
    value[6], ratio[6] = ship.interval_s, 0.0
    value[7], ratio[7] = ship.habit_deg, 0.0
    value[8], ratio[8] = ship.length_m if ship.length_m > 0.0 else np.nan, 0.0
    return PRIOR + a + b, ship.cusum_since_ms
