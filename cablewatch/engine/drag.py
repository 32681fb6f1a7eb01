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

from cablewatch.engine import fishtail, recovery, speed_loss
from cablewatch.engine.speed_loss import (
    BAND_LOW,
    GAIN,
    IN_BAND,
    NORMAL,
    PERSIST_MIN,
    STOPPED,
    speed_ratio_llr,
)
from cablewatch.engine.state import MAX_RATIOS, MAX_TERMS
from cablewatch.engine.typical_speed import usual_kn
from cablewatch.jit import lean
from cablewatch.units import MINUTE_MS

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
RECOVERED = math.log((1.0 / 3.0) / 0.024)  # a drag in three ends so, assumed: of the recorded ones
# Yi Peng 3's, Vezhen's in part; in 86 ordinary ship-days one such stop and 42 slow-downs
FASTER = math.log(1.0 / 1.15)  # legs that differ by 15 % and more; DESIGN section 4


@lean
def evidence(ship, now_ms):
    """Log-likelihood ratios of the minute: speed loss, course cycle, and that the cycle held."""
    a = ship.cusum if now_ms // MINUTE_MS - ship.cusum_since_min >= PERSIST_MIN else 0.0
    if ship.cusum == 0.0:
        return a, 0.0, 0.0
    b = fishtail.ratio(ship)
    if b <= 0.0:
        return a, b if ship.cycle_min == 0 else 0.0, 0.0
    c = fishtail.HELD * ship.cycle_min / 20.0 * a / IN_BAND
    return a, b * min(1.0, ship.cycle_min / fishtail.FOUND_MIN), c


@lean
def recovery_llr(came_kn, after_kn, own_kn, told):
    """Log-likelihood ratio of a stop between legs of two speeds.

    Where the slower leg was not `told` as a drag it counts as a loss of speed too, against the own
    baseline or the leg after, whichever is faster; a baseline of NaN is not known.
    """
    d = math.log(came_kn / after_kn)
    part = min(
        (NORMAL - d) / (NORMAL - FASTER),
        (d - STOPPED) / (BAND_LOW - STOPPED),
    )
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
    d = speed_loss.follow(ship, now_ms, norm, episode.open)
    fishtail.follow(ship, now_ms, out)
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
