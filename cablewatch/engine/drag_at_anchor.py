"""Dragging at anchor: the centre of the swing has moved by more than its error.

``log odds = prior + displacement + lay + bow + closing``, at each look of :mod:`.swing`:

displacement  the median centre of the last three looks, less the centre fitted before: normal with
              the errors of both, of the radius and of chain veered, if the anchor holds; anywhere
              within a mile if it drags. ``z^2/2 + ln(2 pi s^2 / (pi 1852^2))``, with *s^2* the area
              of the error. A swing with the tide moves the ship by twice the radius, and the centre
              by the error of the radius, which counts.
lay           that she lay to an anchor before: swing and status of that fit.
bow           the course as seen from the bow, a running mean of its cosine: an anchor dragged
              through the ground follows a ship blown abeam or astern; one that has weighed goes
              ahead.
closing       how much of the displacement is towards the nearest cable.

What bow and closing say for a drag counts in the share that the lay has of its most: a ship that
was not seen to lie to an anchor has none to drag.

Source: DESIGN section 4; Young Lady 2007 dragged 1.3 nm at up to 3 kn, heading yawing 068-320
(MAIB 3/2008). The cable is measured from the anchor, and named before it is met.

Cannot see: a drag before she lay for half an hour; one of less than some 100 m across the heading
or 350 m along it, or without headings of less than 800 m; one faster than 4 kn. A ship that shifts
her anchor astern on purpose looks alike.
"""

import math

import numpy as np

from cablewatch.cables.index import nearest
from cablewatch.engine import swing
from cablewatch.engine.stay import LEAST, UNKNOWN
from cablewatch.jit import lean
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS, NAUTICAL_MILE_M

RULE = 3
KIND = "anchor_drag_at_anchor"
VERSION = "drag_at_anchor/1"
TERMS = (
    ("displacement", "m"),
    ("lay_to_anchor", "m"),
    ("course_off_bow", "deg"),
    ("closing", "m"),
    ("displacement_error", "m"),
    ("anchor_speed", "kn"),
    ("anchor_to_cable", "m"),
    ("time_to_cable", "h"),
)

PRIOR = math.log(2e-3)  # one shift of a ship at rest near cables in 500 is a drag; stated
LOWER = math.log(0.02 / 0.98)  # -3.9, above a ship that lies in her place and swings: -4.3
WITHIN_M2 = math.pi * NAUTICAL_MILE_M**2  # where a dragged anchor may be; Young Lady went 1.3 nm
MOVED_LLR, HELD_LLR = math.log(30.0), 2.0  # most that it says for and against; assumed
LAY_LLR = math.log(12.0)  # most that swing and status say together; assumed
ABEAM_LLR = math.log(4.0)  # three in four that move otherwise go ahead; assumed
AHEAD_LLR = math.log(20.0)  # one drag in twenty goes ahead for a quarter of an hour; assumed
ABEAM, AHEAD = 0, 80  # percent: a course abeam, and 37 degrees off the bow
CLOSING_LLR = math.log(2.0)  # half of all directions
LOOK_M = 30_000.0  # m, a cable so far off is ten hours away at 1.6 kn


@lean
def _bow_llr(stay):
    """Ratio of the mean cosine of the course as seen from the bow."""
    bow = stay.bow
    if bow == UNKNOWN or swing.of_places(stay):
        return 0.0
    part = min(1.0, max(0.0, (bow - ABEAM) / (AHEAD - ABEAM)))
    return ABEAM_LLR - (ABEAM_LLR + AHEAD_LLR) * part


@lean
def _follow_cable(stay, fitted, index, moved_e, moved_n, hours, value):
    """Write how the anchor nears the nearest cable; share of its way that is towards it."""
    value[3] = value[6] = value[7] = np.nan
    lon, lat = swing.position(stay, fitted[0], fitted[1])
    _cable, before_m, _side, _km = nearest(index, lon, lat, LOOK_M)
    lon, lat = swing.position(stay, fitted[0] + moved_e, fitted[1] + moved_n)
    _cable, now_m, _side, _km = nearest(index, lon, lat, LOOK_M)
    if np.isnan(before_m) or np.isnan(now_m):
        return 0.0
    value[3], value[6] = before_m - now_m, now_m
    if before_m > now_m:
        value[7] = now_m / (before_m - now_m) * hours
    return min(1.0, max(-1.0, (before_m - now_m) / math.hypot(moved_e, moved_n)))


@lean
def evaluate(ship, now_ms, index, moved_e, moved_n, out):
    """Log odds at a look, and when the anchor was last found in its place.

    `moved_e` and `moved_n` are metres that it seems to have moved. The prior alone for a ship under
    way, or one that has not lain for half an hour. Writes measured values and ratios in the order
    of `TERMS` into `out.value` and `out.ratio`.
    """
    stay = ship.swing
    if stay.n < LEAST:
        return PRIOR, now_ms
    value, ratio = out.value, out.ratio
    onset_ms = stay.held_min * MINUTE_MS
    hours = (now_ms - onset_ms) / HOUR_MS
    fitted, (sin, cos) = swing.fit(stay), swing.bow_of(ship)
    square, area_m2 = swing.squared(stay, fitted, sin, cos, moved_e, moved_n)
    llr = 0.5 * square + math.log(2.0 * math.pi * area_m2 / WITHIN_M2)
    moved_m = math.hypot(moved_e, moved_n)
    value[0], ratio[0] = moved_m, min(MOVED_LLR, max(-HELD_LLR, llr))
    stayed_h = (onset_ms - stay.since_min * MINUTE_MS) / HOUR_MS
    lay = swing.swing_llr(stay, fitted, stayed_h) + swing.status_llr(ship.status)
    value[1], ratio[1] = math.sqrt(stay.spread_m2), min(LAY_LLR, max(-LAY_LLR, lay))
    share = max(0.0, ratio[1]) / LAY_LLR
    bow = _bow_llr(stay)
    value[2], ratio[2] = np.nan, min(bow, share * bow)
    if stay.bow != UNKNOWN and not swing.of_places(stay):
        value[2] = math.degrees(math.acos(min(1.0, max(-1.0, stay.bow / 100.0))))
    value[4] = moved_m / math.sqrt(square) if square > 0.0 else np.nan
    value[3] = value[5] = value[6] = value[7] = np.nan
    if hours > 0.0:
        value[5] = moved_m / (hours * 3600.0) / KNOT_M_S
        towards = _follow_cable(stay, fitted, index, moved_e, moved_n, hours, value)
        ratio[3] = CLOSING_LLR * min(towards, share * towards)
    return PRIOR + ratio[0] + ratio[1] + ratio[2] + ratio[3], onset_ms
