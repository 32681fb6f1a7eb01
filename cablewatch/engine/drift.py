"""Drifting: a ship that goes across its bow, slowly, for longer than any manoeuvre.

``log odds = prior + a + b + c + d``, from the way of the last ten minutes taken apart along the bow
and across it: each step from fix to fix is turned into the ship's own frame by the heading at its
end, and fades over ten minutes. A ship that steers goes ahead in that frame however it turns; the
course reported below half a knot, which is noise, is not asked.

(a) off heading   angle between bow and way made: nothing to 30 degrees, full from 45 on (DESIGN
                  section 4, after DMA AisAbnormal), less the nearer to straight astern: ships back,
                  and are towed by the stern. Counts from when ten minutes found it and the ship
                  had made 500 m, to the end of the drift, or to two hours that made less: a ship
                  whose anchor holds again yaws across her bow, and drifts no longer.
(b) way           from place to place, beyond the widest circle in which it could swing at anchor.
(c) time          beside (b): manoeuvres end within half an hour.
(d) status        "not under command" said for ten minutes; lowered where the ship says that it
                  lies or works. Both are weak: statuses are set by hand, and seldom.

Sources: DMA AisAbnormal (1-5 kn, over 45 degrees, 10 minutes, 500 m); here 0.3 kn on, for a ship
not under command drifted at 0.4-0.9 kn for 11 hours. Departs from it: no bound on speed or angle
raises alone, and the way counts from place to place.

Cannot see: a drift without headings (class B, one in eight of class A), or with one that belies the
course under way, as a compass that is set wrongly does; one whose bow lies into the stream; drifts
within the reach of an anchor chain. A ship towed or steered sideways looks alike.
"""

import math

import numpy as np

from cablewatch.engine.crossing import POSITION_ERROR_M
from cablewatch.engine.loiter import SAMPLE_MS
from cablewatch.engine.state import E7, LOITER_SAMPLES
from cablewatch.engine.trail import wrap180
from cablewatch.fixes import NAV_STATUS_UNDEFINED
from cablewatch.geodesy import distance_m
from cablewatch.jit import lean
from cablewatch.units import KNOT_M_S, MINUTE_MS

RULE = 4
KIND = "drifting"
VERSION = "drift/1"
TERMS = (
    ("off_heading", "deg"),
    ("way_adrift", "m"),
    ("time_adrift", "h"),
    ("nav_status", ""),
    ("made_good", "kn"),
    ("length", "m"),
)

PRIOR = math.log(1e-2)  # nats; one slow leg near cables in a hundred is a drift; stated
LOWER = math.log(0.02 / 0.98)  # nats; between any evidence and none, -4.6
WINDOW_MIN = 10  # min; DMA AisAbnormal
WINDOW_S = 60.0 * WINDOW_MIN  # s
GAP_S = 900.0  # s; over a longer step the bow may have turned; assumed
LOST_S = 3600.0  # s; a longer silence ends a drift, as it does the positions of `loiter.sample`
ENGINE_KN = 6.0  # kn; faster ships steer; DMA AisAbnormal has 5, and a knot of current; assumed
STILL_KN = 0.1  # kn; noise of a moored receiver; FACTS, sd 0.04
LOW_KN, HIGH_KN = 0.3, 5.0  # kn; DESIGN section 4
WAY_LEAST_M, WAY_MOST_M = (kn * KNOT_M_S * WINDOW_S for kn in (LOW_KN, HIGH_KN))  # m a window
OFF_NONE_DEG = 30.0  # deg; a ship of 3 kn in a cross current of 1.7; physics
OFF_FULL_DEG = 45.0  # deg; DESIGN section 4
OFF_LLR = math.log(12.0)  # nats; one slow ordinary leg in twelve goes so far across; assumed
BACK_NONE_DEG, BACK_FULL_DEG = 135.0, 165.0  # deg; from quarter to straight astern; assumed
BACK_LLR = math.log(3.0)  # nats; ships that back, and stern tows, are as many again; assumed
FOUND_MIN = 10  # min that it is found in before it counts; DMA AisAbnormal
LOST_MIN = 15  # min without it that end a drift; as long as a track is looked at
LEAST_M = 500.0  # m; DMA AisAbnormal
CHAIN_M = 330.0  # m; longest anchor chains are 300-330 (FACTS)
LENGTH_M = 200.0  # m; of a ship whose length is not known: longer than nine in ten; assumed
WAY_LLR = math.log(6.0)  # nats; of ways beyond a circle, one more such circle tells so; assumed
TIME_NONE_MIN, TIME_FULL_MIN = 30.0, 120.0  # min; a manoeuvre; as far back as places are kept
TIME_LLR = math.log(4.0)  # nats; assumed
HELPLESS = 2  # navigational status "not under command"; ITU-R M.1371-5, table 45
HELPLESS_MIN, HELPLESS_MOST_MIN = 10, 20  # min that it was said before it counts; assumed
HELPLESS_LLR = math.log(3.0)  # nats; set by hand, and as often forgotten; assumed
RESTRICTED, FISHING = 3, 7  # statuses of ships at work; ITU-R M.1371-5, table 45
ANCHORED, MOORED, AGROUND = 1, 5, 6  # statuses of ships that lie; ITU-R M.1371-5, table 45
AT_WORK_LLR = -math.log(4.0)  # nats; they hold, swing or work across their bow; assumed
BELIED_DEG = 45.0  # deg between heading and course under way: no current does it at 6 kn; physics
BELIED_MIN, BELIED_MOST_MIN = 10, 30  # min under way that show a compass false; assumed


@lean
def follow(ship, t_ms, east_m, north_m, heading):
    """Add the way to a new fix, before it becomes the ship's last one, to the ten minutes' way.

    A step that no slow ship can have made is passed over: so is the way back from a false fix.
    """
    if ship.minute_kn > ENGINE_KN:
        ship.drift_ahead_m = ship.drift_abeam_m = 0.0
        return
    seconds = (t_ms - ship.t_ms) / 1000.0
    kept = max(0.0, 1.0 - seconds / WINDOW_S)
    ship.drift_ahead_m *= kept
    ship.drift_abeam_m *= kept
    if seconds > LOST_S:
        ship.drift_min = 0
    if np.isnan(heading) or ship.minute_kn < STILL_KN or seconds > GAP_S:
        return
    most_m = POSITION_ERROR_M + ENGINE_KN * KNOT_M_S * seconds
    if east_m * east_m + north_m * north_m > most_m * most_m:
        return
    bow = math.radians(heading)
    weight = WINDOW_S / max(WINDOW_S, seconds)
    ship.drift_ahead_m += weight * (east_m * math.sin(bow) + north_m * math.cos(bow))
    ship.drift_abeam_m += weight * (east_m * math.cos(bow) - north_m * math.sin(bow))


@lean
def _part(value, none, full):
    """How far a value lies from where nothing counts to where all does, 0 to 1."""
    return min(1.0, max(0.0, (value - none) / (full - none)))


@lean
def off_llr(off_deg):
    """Log-likelihood ratio of an angle between bow and way made, 0 to 180 degrees."""
    astern = _part(off_deg, BACK_NONE_DEG, BACK_FULL_DEG)
    return _part(off_deg, OFF_NONE_DEG, OFF_FULL_DEG) * (OFF_LLR + astern * (BACK_LLR - OFF_LLR))


@lean
def _count(minutes, found, most):
    """A counter of minutes, one up or down."""
    return min(most, minutes + 1) if found else max(0, minutes - 1)


@lean
def _learn(ship):
    """Count the minutes whose heading belies the course, and those that say "not under command".

    Two fixes in a row are under way, for the speed of a single false one stands for minutes.
    """
    sails = ship.minute_kn > ENGINE_KN and ship.earlier.sog > ENGINE_KN
    if sails and not (np.isnan(ship.heading) or np.isnan(ship.cog)):
        belied = abs(wrap180(ship.heading - ship.cog)) >= BELIED_DEG
        ship.contrary_min = _count(ship.contrary_min, belied, BELIED_MOST_MIN)
    ship.helpless_min = _count(ship.helpless_min, ship.status == HELPLESS, HELPLESS_MOST_MIN)


@lean
def _ratio_now(ship, made_m, off_deg):
    """Ratio of the last ten minutes alone; 0 where they tell nothing."""
    if not WAY_LEAST_M <= made_m <= WAY_MOST_M or ship.contrary_min >= BELIED_MIN:
        return 0.0
    return off_llr(off_deg)


@lean
def _keep_start(ship, now_min, found):
    """Note in which minute the drift began, at the begin of its first window; 0 none."""
    if found and ship.drift_min == 0:
        ship.drift_min = max(now_min - WINDOW_MIN, ship.born_ms // MINUTE_MS + 1)
    ship.drift_gap_min = 0 if found else min(LOST_MIN + 1, ship.drift_gap_min + 1)
    if ship.drift_gap_min > LOST_MIN:
        ship.drift_min = 0
    ship.drift_far &= ship.drift_min > 0


@lean
def _way_m(ship):
    """Way from the places of the drift, at most two hours, to the last; one false place is none.

    It is the second longest of the ways from them, each to the nearer of the last two fixes.
    """
    from_slot = -(-(ship.drift_min + WINDOW_MIN) * MINUTE_MS // SAMPLE_MS)
    kept = min(ship.samples_n, ship.sampled_ms // SAMPLE_MS - from_slot + 1)
    longest_m = second_m = 0.0
    for k in range(LOITER_SAMPLES - kept, LOITER_SAMPLES):
        lon, lat = ship.sample_lon_e7[k] * E7, ship.sample_lat_e7[k] * E7
        way_m = min(
            distance_m(lon, lat, ship.lon, ship.lat),
            distance_m(lon, lat, ship.earlier.lon, ship.earlier.lat),
        )
        second_m = max(second_m, min(way_m, longest_m))
        longest_m = max(longest_m, way_m)
    return second_m


@lean
def _status_llr(ship):
    if ship.helpless_min >= HELPLESS_MIN:
        return HELPLESS_LLR
    if ship.status == ANCHORED or ship.status == MOORED or ship.status == AGROUND:
        return AT_WORK_LLR
    return AT_WORK_LLR if ship.status == RESTRICTED or ship.status == FISHING else 0.0


@lean
def evaluate(ship, now_ms, out):
    """Log odds of the minute that ends at `now_ms`, and where the episode began.

    Writes measured values and ratios in the order of `TERMS` into `out.value` and `out.ratio`.
    NaN where nothing can be said.
    """
    _learn(ship)
    if ship.drift_min == 0 and ship.drift_ahead_m == 0.0 and ship.drift_abeam_m == 0.0:
        return PRIOR, now_ms
    abeam_m = abs(ship.drift_abeam_m)
    made_m = math.sqrt(ship.drift_ahead_m * ship.drift_ahead_m + abeam_m * abeam_m)
    off_deg = math.degrees(math.atan2(abeam_m, ship.drift_ahead_m))
    off = _ratio_now(ship, made_m, off_deg)
    _keep_start(ship, now_ms // MINUTE_MS, off > 0.0)
    if ship.drift_min == 0:
        return PRIOR, now_ms
    if off == 0.0:
        return np.nan, now_ms
    minutes = now_ms // MINUTE_MS - ship.drift_min
    way_m = max(abeam_m, _way_m(ship))
    way = time = status = 0.0
    ship.drift_far |= minutes >= WINDOW_MIN + FOUND_MIN and way_m >= LEAST_M
    ship.drift_far &= minutes < WINDOW_MIN + TIME_FULL_MIN or way_m >= LEAST_M
    if not ship.drift_far:
        off = 0.0
    else:
        circle_m = 2.0 * (CHAIN_M + (ship.length_m if ship.length_m > 0.0 else LENGTH_M))
        share = off / OFF_LLR
        way = share * WAY_LLR * _part(way_m, circle_m, 2.0 * circle_m)
        time = share * TIME_LLR * _part(minutes, TIME_NONE_MIN, TIME_FULL_MIN) * (way > 0.0)
        status = _status_llr(ship)
    value, ratio = out.value, out.ratio
    value[0], ratio[0] = off_deg, off
    value[1], ratio[1] = way_m, way
    value[2], ratio[2] = minutes / 60.0, time
    value[3], ratio[3] = np.nan if ship.status == NAV_STATUS_UNDEFINED else ship.status, status
    value[4] = made_m / WINDOW_S / KNOT_M_S
    value[5] = ship.length_m if ship.length_m > 0.0 else np.nan
    return PRIOR + off + way + time + status, ship.drift_min * MINUTE_MS
