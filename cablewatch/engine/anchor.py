"""Anchored on a cable: a ship that swings about an anchor which lies in a corridor.

``log odds = prior + swing + place + status + time``, at each look of :mod:`.swing`:

swing   her places turn about one centre as her headings do: the gain in log-likelihood of the fit
        over places that scatter, each half hour of looks worth one. A ship made fast scatters by
        metres and one adrift wanders: both speak against it.
place   odds that the centre lies in the corridor, by its error: ``ln(m / (1 - m))`` of the
        probability mass *m* within the half width of the corridor; as likely in as out before.
status  what the ship says of herself.
time    how long she has stayed, which ships that manoeuvre or wait under way do not.

The anchor decides, not the antenna, which lies up to some hundred metres from it. Source: DESIGN
section 4; shares of statuses are those of the Danish feed of 2013. Departs from the formula there:
the radius is fitted, for neither chain nor depth is known.

Cannot see: an anchor in the first half hour; a ship that lies so steady in a steady wind that she
seems made fast, until the wind turns; a buoy that a ship swings about is an anchor.
"""

import math

import numpy as np

from cablewatch.cables.index import near_corridor
from cablewatch.engine import swing
from cablewatch.engine.crossing import note_corridor
from cablewatch.engine.stay import LEAST
from cablewatch.jit import lean
from cablewatch.units import HOUR_MS, MINUTE_MS

RULE = 2
KIND = "anchored_on_cable"
VERSION = "anchor/1"
TERMS = (
    ("swing", "m"),
    ("anchor_to_line", "m"),
    ("nav_status", ""),
    ("time_at_anchor", "h"),
    ("swing_radius", "m"),
    ("heading_spread", "deg"),
    ("anchor_error", "m"),
)

PRIOR = math.log(1e-2)  # one stay near a cable in a hundred is at an anchor on it; stated
LOWER = math.log(0.02 / 0.98)  # between any evidence and none, -4.6
IN_LLR = math.log(10.0)  # most that the place says for it; assumed
OUT_LLR = math.log(100.0)  # and against: a swing outside, -4.1 at most, ends an episode; assumed
SWINGS_KN = 1.0  # faster, a ship without a heading may sail to and fro; as `loiter.STEERED_KN`
TIME_FROM_H, TIME_FULL_H = 0.5, 3.0  # waits and manoeuvres are shorter; assumed
TIME_LLR = math.log(2.0)  # half of the others stay as long: those made fast; assumed


@lean
def place_llr(distance_m, half_width_m, error_m):
    """Ratio of a centre within a corridor, by its distance from the line and its error."""
    scale = 1.0 / (math.sqrt(2.0) * error_m)
    mass = 0.5 * math.erf((half_width_m - distance_m) * scale)
    mass += 0.5 * math.erf((half_width_m + distance_m) * scale)
    least, most = 1.0 / (1.0 + math.exp(OUT_LLR)), 1.0 / (1.0 + math.exp(-IN_LLR))
    mass = min(most, max(least, mass))
    return math.log(mass / (1.0 - mass))


@lean
def evaluate(ship, now_ms, index, out):
    """Log odds at a look, and where the episode began.

    The prior alone for a ship under way, and when a stay begins; NaN while the fit is new, or the
    anchor out of its place. Writes measured values and ratios in the order of `TERMS` into
    `out.value` and `out.ratio`.
    """
    stay = ship.swing
    onset_ms = stay.since_min * MINUTE_MS
    if stay.n == 0 or onset_ms == now_ms:
        return PRIOR, now_ms
    if stay.n < LEAST or stay.held_min * MINUTE_MS < now_ms:
        return np.nan, onset_ms
    if swing.of_places(stay) and ship.minute_kn >= SWINGS_KN:
        return np.nan, onset_ms
    value, ratio = out.value, out.ratio
    fitted, hours = swing.fit(stay), (now_ms - onset_ms) / HOUR_MS
    error_m = swing.centre_error_m(stay, fitted)
    lon, lat = swing.position(stay, fitted[0], fitted[1])
    cable, distance_m, km, half_width_m = near_corridor(index, lon, lat, 3.0 * error_m)
    value[0], value[1] = math.sqrt(stay.spread_m2), distance_m
    value[2], value[3] = ship.status, hours
    value[4] = np.nan if swing.of_places(stay) else fitted[2]
    value[5], value[6] = swing.heading_spread_deg(stay), error_m
    ratio[0], ratio[1] = swing.swing_llr(stay, fitted, hours), -OUT_LLR
    if cable >= 0:
        ratio[1] = place_llr(distance_m, half_width_m, error_m)
    ratio[2] = swing.status_llr(ship.status)
    part = (hours - TIME_FROM_H) / (TIME_FULL_H - TIME_FROM_H)
    ratio[3] = TIME_LLR * min(1.0, max(0.0, part))
    if ratio[1] > 0.0:
        note_corridor(ship, now_ms, cable, km)
    return PRIOR + ratio[0] + ratio[1] + ratio[2] + ratio[3], onset_ms
