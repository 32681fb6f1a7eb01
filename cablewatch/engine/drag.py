"""Drag under way: a ship that goes slower than its habit, and fishtails.

``log odds = prior + a + b + c + r``

(a) Speed loss. Each minute ``d = ln(SOG / own baseline) - min(0, norm)``, where the norm is the
    mean logarithm of what ships do in this cell, where enough of them were
    (:mod:`cablewatch.engine.context`). The log-likelihood ratio of a minute is ``g(d)`` below; its
    window-limited CUSUM, ``S = min(cap, max(0, S exp(-1/120) + g))``, counts once it has persisted
    for 10 minutes. It fades over minutes without a speed alike, and two hours of silence end
    it, and the estimated start with it, unless an episode is open. Source of the band: constant
    thrust, v/v0 = sqrt(1 - F/R0), gives 0.62-0.87 for a Panamax towing 100-260 kN. Published drags
    ran at 0.6-0.95 of the ship's own speed; but ordinary speeds lie about 6 % around 0.96 of their
    upper quartile: from 0.862 on, where ``g`` passes 0, the loss speaks against a drag.
    Of ordinary windows as many are in the band over an hour as over ten minutes: who is slow stays
    so, and S ends at the ratio of the two shares.
    Below an hour of history the typical speed of the ship's class (:mod:`.typical_speed`) stands in
    for the baseline. Its error is the same in all minutes: band and ordinary speeds are widened by
    it, and S ends at the ratio of the two densities, however long the loss lasts.
(b) Course limit cycle (:mod:`cablewatch.engine.cycle`): deviation over 20 or 40 minutes, as far as
    the course swings rather than wanders, less the upper bound of the ship's own habit where it is
    known (mean + 2 sd). Searched every minute while a speed loss is suspected and every ten minutes
    otherwise (for the habit): without (a) it cannot raise an alert.
(c) The cycle held: every 20 minutes in which it is found again double the odds, up to 100 of them,
    as far as the speed loss speaks: beside hardly any, a steady cycle is an autopilot's.
(r) The recovery stop (:mod:`.recovery`): a stop between a slower leg and a faster one. It comes
    hours late, so an open episode waits for it while the ship lies still, and it is added to the
    strongest moment of that episode; where there is none, the slower leg counts as a loss besides,
    and both together reach `info`.

All ratios are capped: neither (a) nor (b) alone reaches `info`, (r) alone no more. Figures come
from physics and from counts on one half of the recorded ships and days (docs/evaluation.md); the
other half tells how well they do.
"""

import math

import numpy as np

from cablewatch.engine import cycle, recovery
from cablewatch.engine.baseline import forget_delayed
from cablewatch.engine.state import MAX_RATIOS, MAX_TERMS
from cablewatch.engine.trail import SPACING_MS
from cablewatch.engine.typical_speed import SPREAD, usual_kn
from cablewatch.jit import lean
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS

RULE = 0
KIND = "anchor_drag"
VERSION = "drag/4"
TERMS = (
    ("speed_loss", "of own speed"),
    ("course_cycle", "deg"),
    ("cycle_held", "min"),
    ("recovery_stop", "min"),
    ("cycle_period", "s"),
    ("own_speed", "kn"),
    ("neighbours", "of own speed"),
    ("report_interval", "s"),
    ("own_cycle", "deg"),
    ("length", "m"),
    ("cycle_gain", "nats"),
    ("ship_type", ""),
)
RECOVERY = 3  # place of the recovery stop among the terms

PRIOR = math.log(1e-3)  # one slow-down in a thousand near cables is a drag; stated, not measured
LOWER = math.log(0.005 / 0.995)  # a loss alone, -4.7, keeps an episode open; recovered speed, or a
# loss without a cycle where one would be seen, -5.7, ends it
DRAGS_IN, OTHERS_IN = 0.95, 0.10  # shares that lie in the band: of drags, assumed; of ordinary
# windows 7 to 10 %, of two hours as of ten minutes (bench/ordinary.py): more of it tells no more
IN_BAND = math.log(DRAGS_IN / OTHERS_IN)  # nats
OUTSIDE = math.log((1.0 - DRAGS_IN) / (1.0 - OTHERS_IN))  # nats; the rest of both
PERSIST_MIN = 10  # DESIGN section 4: then the loss counts
GAIN, LOSS = IN_BAND / PERSIST_MIN, OUTSIDE / PERSIST_MIN  # a minute
BAND_LOW, BAND_HIGH = math.log(0.50), math.log(0.82)  # v/v0 of tows of 150 kN and more; see (a):
# 0.6 of a speed that lies two standard deviations below the median, 0.96 - 0.12
NORMAL = math.log(0.92)  # ordinary: a median of 0.96 of the upper quartile, and 6 % about it
ORDINARY, ORDINARY_SD = math.log(0.96), 0.06  # mean and standard deviation of it, see NORMAL
STOPPED = math.log(0.40)  # slower is no drag under way
WINDOW_MIN = 120  # a mild loss that lasts is a new habit; one before a longer silence another story
KEPT_A_MIN = math.exp(-1.0 / WINDOW_MIN)  # share kept a minute: it fades over the window
SUSPECT = 0.5  # nats of speed loss from which own history is frozen
SUSPECT_LIMIT_MS = 48 * HOUR_MS  # longest recorded drag is 1.5 days; then a new habit is learnt

CYCLE_NONE_DEG, CYCLE_FULL_DEG = 1.0, 2.0  # DESIGN: clean cycles above 1 occur; beyond the habit
CYCLE_MOST_DEG = 20.0  # beyond it a ship is steered to and fro; a towed bow yaws a few degrees
CYCLE_CAP = math.log(30.0)  # DESIGN section 4: capped at 10-30
FOUND_MIN = 5  # minutes that it must be found in before it counts in full: one window is one draw
HELD = math.log(2.0)  # each further 20 minutes; of 9 ordinary windows with a cycle none was
# followed by another (bench/ordinary.py): at most 0.34 (95 %), of drags 0.7
HELD_MOST_MIN = 100  # five windows are worth 32: capped at 10-30, as (b), DESIGN section 4
CYCLE_ABSENT = -1.0  # a drag without a visible cycle is about as likely as not; assumed
SHOWN_S = 100.0  # rarer reports may miss a cycle of 250 s: 5 lengths of 200 m, 10 of 100 m at 8 kn
SWING_NONE = 70.0  # nats times root of the seconds between fixes: the gain that as many windows of
# drags as of ordinary ships reach: 16, 11, 8 and 5 nats, of a fix each 18, 30, 60, 180 s
SWING_FULL = 10.0  # nats more: then drags are thirty times as many (bench/other_statistics.py)
LOW_KN, HIGH_KN = 4.0, 16.0  # DESIGN section 4
LENGTHS_LOW, LENGTHS_HIGH = 3.5, 16.0  # 5-12 lengths expected, ends as recorded on ordinary ships
HABIT_EVERY_MS = 10 * MINUTE_MS  # searches for the habit; half a window of 20 minutes
HABIT_MIN = 6.0  # searches before a habit counts: an hour
HABIT_MAX = 144.0  # searches that it remembers: a day under way
RECOVERED = math.log((1.0 / 3.0) / 0.024)  # a drag in three ends so, assumed: of the recorded ones
# Yi Peng 3's, Vezhen's in part; in 86 ordinary ship-days one such stop and 42 slow-downs
FASTER = math.log(1.0 / 1.15)  # legs that differ by 15 % and more; DESIGN section 4
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
def _normal(z):
    """Share of a normal distribution below `z` standard deviations."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@lean
def typical_ratio_llr(d, spread):
    """Log-likelihood ratio of any number of minutes at `d` of a typical speed; NaN gives 0.

    ``spread`` is the standard deviation of ships' own speeds about it, in logarithms. Slower than
    `STOPPED` nothing is said: the ship may be a slow one.
    """
    if np.isnan(d) or d <= STOPPED:
        return 0.0
    wide = math.hypot(ORDINARY_SD, spread)
    off = (d - ORDINARY) / wide
    ordinary = math.exp(-0.5 * off * off) / (wide * math.sqrt(2.0 * math.pi))
    below, above = (d - BAND_LOW) / spread, (d - BAND_HIGH) / spread
    band = (_normal(below) - _normal(above)) / (BAND_HIGH - BAND_LOW)
    llr = math.log(
        (DRAGS_IN * band + (1.0 - DRAGS_IN) * ordinary)
        / (OTHERS_IN * band + (1.0 - OTHERS_IN) * ordinary)
    )
    return llr * min(1.0, (d - STOPPED) / (BAND_LOW - STOPPED))


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
def _cycle_ratio(ship):
    return cycle_llr(
        ship.cycle_deg,
        ship.cycle_period_s,
        ship.minute_kn,
        ship.length_m,
        ship.interval_s,
    )


@lean
def suspected(ship, now_ms):
    """Whether a drag may be under way, so that the cycle is searched every minute."""
    return ship.cusum >= SUSPECT and now_ms - ship.cusum_since_min * MINUTE_MS < SUSPECT_LIMIT_MS


@lean
def frozen(ship, now_ms):
    """Whether own history takes nothing: suspected, and not for a typical speed alone.

    Many a ship is slower than others of her class; she learns her own speed unless a cycle is found
    as well.
    """
    return suspected(ship, now_ms) and (not np.isnan(ship.baseline_kn) or ship.cycle_min > 0)


@lean
def _fade_over_silence(ship, now_ms):
    """Let the CUSUM fade over minutes without a speed; a whole window of them ends it.

    While an episode is open it stays: the silence that ends the one ends the other.
    """
    missed = now_ms // MINUTE_MS - ship.cusum_min - 1
    ship.cusum_min = now_ms // MINUTE_MS
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
    usual = usual_kn(ship)
    if np.isnan(ship.minute_kn) or np.isnan(usual):
        return np.nan
    _fade_over_silence(ship, now_ms)
    was, own = ship.cusum, not np.isnan(ship.baseline_kn)
    kn = max(ship.minute_kn, 0.1)
    d = math.log(kn / usual)
    if norm < 0.0:
        d -= norm
    most = IN_BAND if own else typical_ratio_llr(d, SPREAD)
    gained = speed_ratio_llr(d) if own else most / PERSIST_MIN
    kept = was * KEPT_A_MIN
    ship.cusum = max(0.0, min(max(kept, most), kept + gained))
    if was == 0.0 and ship.cusum > 0.0:
        ship.cusum_since_min = now_ms // MINUTE_MS - 1
    if own and was < SUSPECT <= ship.cusum:
        forget_delayed(ship)
    return d


@lean
def swinging_deg(deviation_deg, gain, interval_s):
    """Deviation as far as the course swings rather than wanders.

    `gain` is that of a swing over a wander (nats), `interval_s` between fixes of the trail.
    """
    none = SWING_NONE / math.sqrt(max(interval_s, SPACING_MS / 1000.0))
    return deviation_deg * min(1.0, max(0.0, (gain - none) / SWING_FULL))


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
    deviation_deg = swinging_deg(found_deg, gain, ship.interval_s)
    if np.isnan(ship.cycle_deg) or deviation_deg > ship.cycle_deg:
        ship.cycle_deg, ship.cycle_gain, ship.cycle_period_s = deviation_deg, gain, period_s
    return True


@lean
def _gather_cycle(ship, now_ms, out):
    """Search the trail, and measure what is found against the habit, learnt while unsuspected.

    The habit is learnt from one window every ten minutes, the two in turns. That there is no cycle
    can only be said where a slow one would have been seen. A ship too fast for a tow has a habit
    all the same, against which she is measured once she slows down.
    """
    watched = suspected(ship, now_ms)
    turn = now_ms // HABIT_EVERY_MS
    if not watched:
        ship.cycle_min = 0
        if now_ms % HABIT_EVERY_MS != 0:
            return
    ship.cycle_deg = ship.cycle_gain = ship.cycle_period_s = ship.habit_deg = np.nan
    fast = ship.minute_kn > HIGH_KN
    if not ship.minute_kn >= LOW_KN or (fast and watched):
        return
    if watched or turn % 2 == 0:
        _gather_window(ship, now_ms, cycle.SHORT_MS, out)
    slow_seen = (watched or turn % 2 == 1) and _gather_window(ship, now_ms, cycle.LONG_MS, out)
    if np.isnan(ship.cycle_deg):
        return
    deviation_deg, ship.habit_deg = ship.cycle_deg, habit_bound_deg(ship)
    if not np.isnan(ship.habit_deg):
        ship.cycle_deg = max(0.0, deviation_deg - ship.habit_deg)
    if not watched and ship.interval_s <= SHOWN_S:
        _learn_habit(ship, deviation_deg)
    elif watched and _cycle_ratio(ship) > 0.0:
        ship.cycle_min = min(HELD_MOST_MIN, ship.cycle_min + 1)
    elif watched and slow_seen:
        ship.cycle_min = max(0, ship.cycle_min - 1)
    if fast or (not slow_seen and ship.cycle_deg < CYCLE_NONE_DEG):
        ship.cycle_deg = np.nan


@lean
def evidence(ship, now_ms):
    """Log-likelihood ratios of the minute: speed loss, course cycle, and that the cycle held."""
    a = ship.cusum if now_ms // MINUTE_MS - ship.cusum_since_min >= PERSIST_MIN else 0.0
    if ship.cusum == 0.0:
        return a, 0.0, 0.0
    b = _cycle_ratio(ship)
    if b <= 0.0:
        return a, b if ship.cycle_min == 0 else 0.0, 0.0
    c = HELD * ship.cycle_min / 20.0 * a / IN_BAND
    return a, b * min(1.0, ship.cycle_min / FOUND_MIN), c


@lean
def recovery_llr(came_kn, after_kn, own_kn, told):
    """Log-likelihood ratio of a stop between legs of two speeds.

    Where the slower leg was not `told` as a drag it counts as a loss of speed too, against the own
    baseline or the leg after, whichever is faster; a baseline of NaN is not known.
    """
    d = math.log(came_kn / after_kn)
    part = min((NORMAL - d) / (NORMAL - FASTER), (d - STOPPED) / (BAND_LOW - STOPPED))
    part = min(1.0, max(0.0, part))
    if told:
        return RECOVERED * part
    loss = math.log(came_kn / (own_kn if own_kn > after_kn else after_kn))
    return (RECOVERED + IN_BAND * max(0.0, speed_ratio_llr(loss)) / GAIN) * part


@lean
def _awaits_recovery(ship):
    """Whether an open episode waits for a ship that lies still, or has just sailed on."""
    if not ship.episodes[RULE].open or ship.episodes[RULE].ratio[RECOVERY] > 0.0:
        return False
    stopping = ship.leg_min >= recovery.LEG_LEAST_MIN and ship.minute_kn < recovery.STOP_KN
    return recovery.awaited(ship) or (ship.stop_min == 0 and stopping)


@lean
def _with_recovery(ship, odds, onset_ms, out):
    """Log odds and beginning of the minute with a recovery stop, its term in `out`.

    Of an open episode it is later evidence: it adds to the strongest moment, and an update is due.
    Otherwise it tells of an episode that began in the hour before the stop: another than that of
    the minute, of which the stronger counts.
    """
    episode = ship.episodes[RULE]
    later = episode.open and episode.ratio[RECOVERY] == 0.0
    r = recovery_llr(ship.came_ckn / 100.0, ship.leg_ckn / 100.0, ship.baseline_kn, later)
    if r <= 0.0:
        return odds, onset_ms
    if later:
        odds = episode.best
        for i in range(MAX_TERMS):
            out.value[i] = episode.value[i]
        for i in range(MAX_RATIOS):
            out.ratio[i] = episode.ratio[i]
        episode.news = 1
    elif PRIOR + r <= odds:
        return odds, onset_ms
    else:
        odds = PRIOR
        for i in range(RECOVERY):
            out.ratio[i] = 0.0
    out.value[RECOVERY], out.ratio[RECOVERY] = ship.stop_min, r
    return odds + r, recovery.stopped_ms(ship) - recovery.FASTEST_MIN * MINUTE_MS


@lean
def evaluate(ship, now_ms, norm, out):
    """Log odds of the minute that ends at `now_ms`, and where the episode began.

    Writes measured values and ratios in the order of `TERMS` into `out.value` and `out.ratio`.
    NaN where nothing can be said.
    """
    value, ratio = out.value, out.ratio
    episode = ship.episodes[RULE]
    d = _gather_speed(ship, now_ms, norm)
    _gather_cycle(ship, now_ms, out)
    recovery.follow(ship, episode.open and episode.ratio[RECOVERY] > 0.0)
    stopped = recovery.found(ship)
    if np.isnan(d) and not stopped:
        return np.nan, now_ms
    a, b, c = evidence(ship, now_ms)
    usual = usual_kn(ship)
    value[0], ratio[0] = ship.minute_kn / usual, a
    value[1], ratio[1] = ship.cycle_deg, b
    value[2], ratio[2] = ship.cycle_min, c
    value[RECOVERY] = np.nan
    value[4] = ship.cycle_period_s
    value[5] = usual
    value[6] = math.exp(norm)
    value[7] = ship.interval_s
    value[8] = ship.habit_deg
    value[9] = ship.length_m if ship.length_m > 0.0 else np.nan
    value[10] = ship.cycle_gain
    value[11] = ship.ship_type if np.isnan(ship.baseline_kn) and ship.ship_type > 0 else np.nan
    odds, onset_ms = PRIOR + a + b + c, ship.cusum_since_min * MINUTE_MS
    if stopped:
        return _with_recovery(ship, odds, onset_ms, out)
    if _awaits_recovery(ship):
        return np.nan, now_ms
    return odds, onset_ms
