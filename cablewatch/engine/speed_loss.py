"""Loss of speed: what a minute slower than usual tells, and its sum over minutes.

Formulas and sources: (a) of :mod:`.drag`.
"""

import math

import numpy as np

from cablewatch.engine.baseline import forget_delayed
from cablewatch.engine.drift import HELPLESS_MIN
from cablewatch.engine.typical_speed import SPREAD, usual_kn
from cablewatch.jit import lean
from cablewatch.units import HOUR_MS, MINUTE_MS

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
SUSPECT = 0.5  # nats of speed loss from which a drag is suspected
TYPICAL_LIMIT_MS = 3 * HOUR_MS  # of a loss by a typical speed: then she is slow; assumed
SUSPECT_LIMIT_MS = 48 * HOUR_MS  # longest recorded drag is 1.5 days; then a new habit is learnt


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
def suspected(ship, now_ms):
    """Whether a drag may be under way, so that the cycle is searched every minute."""
    return ship.cusum >= SUSPECT and now_ms - ship.cusum_since_min * MINUTE_MS < SUSPECT_LIMIT_MS


@lean
def frozen(ship, now_ms):
    """Whether own history takes nothing: suspected, and not for a typical speed alone.

    Many a ship is slower than others of her class: she learns her own speed unless a cycle is found
    as well, and then too in the end, for her autopilot may swing.
    """
    if not suspected(ship, now_ms):
        return False
    if not np.isnan(ship.baseline_kn):
        return True
    since_ms = now_ms - ship.cusum_since_min * MINUTE_MS
    return ship.cycle_min > 0 and since_ms < TYPICAL_LIMIT_MS


@lean
def _fade_over_silence(ship, now_ms, open_):
    """Let the CUSUM fade over minutes without a speed; a whole window of them ends it.

    While an episode is open it stays: the silence that ends the one ends the other.
    """
    missed = now_ms // MINUTE_MS - ship.cusum_min - 1
    ship.cusum_min = now_ms // MINUTE_MS
    if ship.cusum == 0.0 or missed <= 0 or open_:
        return
    if missed < WINDOW_MIN:
        ship.cusum *= KEPT_A_MIN**missed
    else:
        ship.cusum = 0.0
        forget_delayed(ship)


@lean
def follow(ship, now_ms, norm, open_):
    """Add the minute to the CUSUM; returns its log speed ratio, NaN where there is none.

    A ship that has said "not under command" for minutes is slow for a reason, and yaws behind a
    tug: nothing is said of her, unless an episode is open.
    """
    usual, helpless = usual_kn(ship), ship.helpless_min >= HELPLESS_MIN and not open_
    if np.isnan(ship.minute_kn) or np.isnan(usual) or helpless:
        return np.nan
    _fade_over_silence(ship, now_ms, open_)
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
