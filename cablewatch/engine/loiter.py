"""Loitering over cables: slow, turning, to and fro, in one corridor.

``log odds = prior + slow + returns + turning``, evaluated each minute inside a corridor:

slow      the implied speed over each of the last two hour blocks is below 2 kn (distance between
          positions an hour apart), while the ship makes way: at least two nautical miles sailed in
          them. A ship at rest is for the anchoring rules.
returns   at least three crossings of one cable at 1 kn or more without having left the corridors:
          slower, a ship swings at anchor or drifts over the line.
turning   mean absolute course change, degrees a minute, while moving.

Source: DESIGN section 4 (below 2 kn for 2 h, or 3 returns); the pattern is the days-long zigzag
over TP3 in February 2025, within half a mile of it. A corridor is left after 30 minutes outside in
which the ship was heard: at 3 kn it is back by then from three quarters of a mile. Silence ends no
stay before an hour of it. After that the stay begins anew, as the positions do.
"""

import math

import numpy as np

from cablewatch.engine.baseline import HOLD_MIN
from cablewatch.engine.crossing import note_corridor
from cablewatch.engine.state import E7, LOITER_SAMPLES
from cablewatch.engine.trail import wrap180
from cablewatch.geodesy import distance_m
from cablewatch.jit import lean
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS, NAUTICAL_MILE_M

RULE = 1
KIND = "loitering"
VERSION = "loiter/3"
TERMS = (
    ("slow_hours", "kn"),
    ("returns", ""),
    ("course_change", "deg/min"),
    ("time_in_corridor", "h"),
    ("way_sailed", "nmi"),
)

PRIOR = math.log(1e-2)  # one stay in a corridor in a hundred deserves a look; stated, not measured
LOWER = math.log(0.02 / 0.98)  # between any evidence and none, -4.6
SLOW_KN = 2.0  # DESIGN section 4; Global Fishing Watch uses the same bound
BLOCK = 6  # samples in an hour
SAMPLE_MS = 10 * MINUTE_MS  # a place each ten minutes: 13 hold two hour blocks
SLOW_MS = 2 * HOUR_MS  # DESIGN section 4
SLOW_LLR = math.log(12.0)  # one ordinary stay in twelve is as slow; assumed
RETURNS = 3  # DESIGN section 4
RETURNS_LLR = math.log(12.0)  # one ordinary stay in twelve crosses one cable three times; assumed
TURN_NONE_DEG_MIN, TURN_FULL_DEG_MIN = 2.0, 10.0  # ordinary passage; a circle in 36 min
TURN_LLR = math.log(2.0)  # nats; one ordinary slow stay in two turns so; assumed
STEERED_KN = 1.0  # slower, a course is noise; assumed
WAY_M = 2.0 * NAUTICAL_MILE_M  # in two hours, at `STEERED_KN`
LEFT_MIN = 30  # outside, heard; see the text
HEARD_MS = HOLD_MIN * MINUTE_MS  # a position stands as long as a speed does
LOST_MIN = HOUR_MS // MINUTE_MS  # as long a silence as `sample` bridges
FASTEST_KN = 6.0  # a stay faster than this is a passage or a ferry


@lean
def _put(ship, k, lon, lat):
    ship.sample_lon_e7[k] = int(math.floor(lon / E7 + 0.5))
    ship.sample_lat_e7[k] = int(math.floor(lat / E7 + 0.5))


@lean
def sample_again(ship, lon, lat):
    """Put a position in the place of the newest one that was kept."""
    _put(ship, LOITER_SAMPLES - 1, lon, lat)


@lean
def sample(ship):
    """Keep a position every ten minutes; a break of an hour starts anew."""
    slot = ship.t_ms // SAMPLE_MS
    last = ship.sampled_ms // SAMPLE_MS
    if ship.samples_n > 0 and slot - last > BLOCK:
        ship.samples_n = 0
    if ship.samples_n > 0 and slot == last:
        return
    steps = LOITER_SAMPLES if ship.samples_n == 0 else slot - last
    for k in range(LOITER_SAMPLES - steps):
        ship.sample_lon_e7[k] = ship.sample_lon_e7[k + steps]
        ship.sample_lat_e7[k] = ship.sample_lat_e7[k + steps]
    for k in range(LOITER_SAMPLES - steps, LOITER_SAMPLES):
        _put(ship, k, ship.lon, ship.lat)
    ship.samples_n = min(LOITER_SAMPLES, ship.samples_n + (1 if ship.samples_n == 0 else steps))
    ship.sampled_ms = ship.t_ms


@lean
def turn(ship, t_ms, sog, cog):
    """Let the course change since the last fix with a course enter its running mean."""
    seconds = (t_ms - ship.course_ms) / 1000.0
    if not sog >= STEERED_KN or seconds <= 0.0 or np.isnan(cog) or np.isnan(ship.cog):
        return
    rate = abs(wrap180(cog - ship.cog)) / max(seconds, 10.0) * 60.0
    weight = min(1.0, seconds / 1800.0)
    ship.turn_deg_min += weight * (min(rate, 180.0) - ship.turn_deg_min)


@lean
def _between_m(ship, a, b):
    """Distance between two samples."""
    return distance_m(
        ship.sample_lon_e7[a] * E7,
        ship.sample_lat_e7[a] * E7,
        ship.sample_lon_e7[b] * E7,
        ship.sample_lat_e7[b] * E7,
    )


@lean
def implied_speed_kn(ship):
    """The faster of the last two hour blocks, from positions alone; NaN below two hours."""
    if ship.samples_n < LOITER_SAMPLES:
        return np.nan
    fastest = 0.0
    for end in (LOITER_SAMPLES - 1, BLOCK):
        way_m = _between_m(ship, end - BLOCK, end)
        fastest = max(fastest, way_m / 3600.0 / KNOT_M_S)
    return fastest


@lean
def way_sailed_m(ship):
    """Way from sample to sample, at most two hours; the swing at anchor hardly shows in it."""
    way_m = 0.0
    for k in range(LOITER_SAMPLES - ship.samples_n, LOITER_SAMPLES - 1):
        way_m += _between_m(ship, k, k + 1)
    return way_m


@lean
def follow_corridor(ship, now_ms, cable, km):
    """Enter, stay in or leave the corridor of a cable (-1: outside all), at a kilometre point."""
    if now_ms - ship.t_ms > HEARD_MS:
        return
    if cable >= 0:
        now_min = now_ms // MINUTE_MS
        if ship.corridor_cable < 0 or now_min - ship.corridor_last_min > LOST_MIN:
            ship.corridor_cable = cable
            ship.corridor_since_min = now_min
            ship.corridor_path_m = 0.0
            ship.corridor_min = 0
            ship.returns = 0
        elif not np.isnan(ship.minute_kn):
            ship.corridor_path_m += ship.minute_kn * KNOT_M_S * 60.0
            ship.corridor_min += 1
        ship.corridor_last_min = now_min
        ship.corridor_out_min = 0
        note_corridor(ship, now_ms, cable, km)
    elif ship.corridor_cable >= 0:
        ship.corridor_out_min += 1
        if ship.corridor_out_min > LEFT_MIN:
            ship.corridor_cable = -1


@lean
def evaluate(ship, now_ms, out):
    """Log odds of the minute that ends at `now_ms`, and where the episode began.

    Writes measured values and ratios in the order of `TERMS` into `out.value` and `out.ratio`.
    NaN where nothing can be said.
    """
    value, ratio = out.value, out.ratio
    if np.isnan(ship.minute_kn):
        return np.nan, now_ms
    slow = returning = turning = 0.0
    stay_ms, since_ms = 0.0, ship.corridor_since_min * MINUTE_MS
    implied_kn = way_m = np.nan
    if ship.corridor_cable >= 0:
        stay_ms = float(now_ms - since_ms)
        mean_kn = ship.corridor_path_m / (60.0 * max(1, ship.corridor_min)) / KNOT_M_S
        way_m = way_sailed_m(ship)
        if mean_kn < FASTEST_KN:
            if way_m >= WAY_M:
                implied_kn = implied_speed_kn(ship)
            if implied_kn < SLOW_KN and stay_ms >= SLOW_MS:
                slow = SLOW_LLR
            if ship.returns >= RETURNS:
                returning = RETURNS_LLR
            if slow > 0.0 or returning > 0.0:
                part = (ship.turn_deg_min - TURN_NONE_DEG_MIN) / (
                    TURN_FULL_DEG_MIN - TURN_NONE_DEG_MIN
                )
                turning = TURN_LLR * min(1.0, max(0.0, part))
    value[0], ratio[0] = implied_kn, slow
    value[1], ratio[1] = ship.returns, returning
    value[2], ratio[2] = ship.turn_deg_min, turning
    value[3] = stay_ms / HOUR_MS
    value[4] = way_m / NAUTICAL_MILE_M
    return PRIOR + slow + returning + turning, since_ms
