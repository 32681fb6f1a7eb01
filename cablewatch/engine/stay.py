"""The stay of a ship at rest, look by look: when it begins and ends, and what it takes from a fix.

One look a slot of three minutes, the interval of class A at anchor, so that neither the rate of
reports nor a burst of forged ones weighs. Each look also shows a centre of its own; the median of
the last three, less the fitted one (:mod:`.swing`), is how far the anchor seems to have moved.
While that is more than three standard deviations the fit stands still: it is where the anchor was.
Once the ship has held for an hour where she is, the fit begins anew there; in the first half hour
it does so at once.

A stay begins at a knot, and ends after three minutes of more than four. Over an hour of silence it
goes on only where the ship is found in her place. A fix that cannot have come from the one before
at the speed of a stay is no look, nor is one without a heading in a stay that has them, or with one
in a stay that has none, until ten in a row say so. A heading that belied the course under way, as
:mod:`.drift` learns it, is none.
"""

import math

import numpy as np

from cablewatch.engine.drift import BELIED_MIN
from cablewatch.engine.state import E7, LOITER_SAMPLES
from cablewatch.engine.swing import bow_of, e7, fit, place_m, squared, weigh
from cablewatch.geodesy import distance_m
from cablewatch.jit import lean
from cablewatch.units import KNOT_M_S, MINUTE_MS

LOOK_MIN = 3  # class A at anchor reports each 180 s; ITU-R M.1371-5, table 1
LEAST = 10  # looks, half an hour, before the fit says anything; assumed
STAY_KN = 1.0  # at which a stay begins: ships at anchor yaw slower; assumed
LEAVE_KN = 4.0  # above which it ends: Young Lady dragged at up to 3 kn (MAIB 3/2008)
LEAVE_MIN = 3  # minutes heard at more, in a row: as many as raise an episode
GAP_MIN = 60  # of silence, over which only a ship found in place still stays; assumed
OTHER = 10  # looks in a row with, or without, a heading that change what is fitted; assumed
SLACK_M, SLACK_S = 50.0, 30.0  # m and s between the last two fixes, as `quality` has them
GATE = 9.0  # squared standard deviations within which a look fits
HOLDS_MIN, HOLDS_M = 60, 185.0  # below 0.1 kn for an hour an anchor holds in its new place; assumed
UNKNOWN = -128  # of `bow`, where no look had heading, course and half a knot
UNIT_M = 0.5  # of the looks kept
MOST_UNITS = 32_000  # 16 km, as a place of two bytes holds
NOTHING, LOOKED, LEFT = range(3)


@lean
def _headed(ship):
    """Whether the last fix has a heading that is believed."""
    return not np.isnan(ship.heading) and ship.contrary_min < BELIED_MIN


@lean
def _begin(ship, now_min, since_min):
    """Start the fit anew at the last fix, which is its first look."""
    stay = ship.swing
    stay.origin_lon_e7, stay.origin_lat_e7 = e7(ship.lon), e7(ship.lat)
    stay.east_m = stay.north_m = stay.arc_m = stay.spread_m2 = 0.0
    stay.mute = 0 if _headed(ship) else -1
    stay.sin, stay.cos = bow_of(ship)
    stay.since_min = since_min
    stay.held_min = stay.looked_min = now_min
    for k in range(2):
        stay.last_east[k] = stay.last_north[k] = 0
    stay.n, stay.gone = 1, 0
    stay.bow = UNKNOWN


@lean
def _middle(a, b, c):
    return max(min(a, b), min(max(a, b), c))


@lean
def _steer(ship):
    """Let the course, as seen from the bow, enter its running mean of four looks or so."""
    stay = ship.swing
    if not ship.sog >= 0.5 or np.isnan(ship.cog) or stay.mute < 0:
        return
    cos = 100.0 * math.cos(math.radians(ship.cog - ship.heading))
    old = cos if stay.bow == UNKNOWN else float(stay.bow)
    stay.bow = int(math.floor(old + 0.25 * (cos - old) + 0.5))


@lean
def _look(ship, now_min):
    """Take a look; how far east and north of its place the anchor seems to be (m)."""
    stay = ship.swing
    _steer(ship)
    sin, cos = bow_of(ship)
    east_m, north_m = place_m(stay, ship.lon, ship.lat)
    fitted = fit(stay)
    east = math.floor((east_m + fitted[2] * sin - fitted[0]) / UNIT_M + 0.5)
    north = math.floor((north_m + fitted[2] * cos - fitted[1]) / UNIT_M + 0.5)
    east = min(MOST_UNITS, max(-MOST_UNITS, east))
    north = min(MOST_UNITS, max(-MOST_UNITS, north))
    moved_e = _middle(east, stay.last_east[0], stay.last_east[1]) * UNIT_M
    moved_n = _middle(north, stay.last_north[0], stay.last_north[1]) * UNIT_M
    stay.last_east[1], stay.last_north[1] = stay.last_east[0], stay.last_north[0]
    stay.last_east[0], stay.last_north[0] = int(east), int(north)
    stay.looked_min = now_min
    if squared(stay, fitted, sin, cos, moved_e, moved_n)[0] <= GATE:
        stay.held_min = now_min
        if squared(stay, fitted, sin, cos, east * UNIT_M, north * UNIT_M)[0] <= GATE:
            weigh(stay, east_m, north_m, sin, cos)
    return moved_e, moved_n


@lean
def _back_m(ship, slots):
    """Way made good in so many tens of minutes, of the samples; infinite if not known."""
    if ship.samples_n <= slots:
        return np.inf
    last = LOITER_SAMPLES - 1
    return distance_m(
        ship.sample_lon_e7[last - slots] * E7,
        ship.sample_lat_e7[last - slots] * E7,
        ship.sample_lon_e7[last] * E7,
        ship.sample_lat_e7[last] * E7,
    )


@lean
def _pace_kn(ship):
    """Speed of the minute; where the ship says none, from the last two samples of her places."""
    if not np.isnan(ship.minute_kn):
        return ship.minute_kn
    return _back_m(ship, 1) / 600.0 / KNOT_M_S


@lean
def _leapt(ship):
    """Whether the last two fixes lie farther apart than a ship that stays can have gone.

    The first fix of a track has none before it, and brings no heading.
    """
    before = ship.earlier
    if before.t_ms == 0:
        return True
    seconds = (ship.t_ms - before.t_ms) / 1000.0
    way_m = distance_m(before.lon, before.lat, ship.lon, ship.lat)
    return way_m > SLACK_M + LEAVE_KN * KNOT_M_S * (seconds + SLACK_S)


@lean
def _other_kind(ship):
    """Whether a look has a heading in a stay without, or none in one with; ten begin it anew."""
    stay = ship.swing
    headed = _headed(ship)
    if headed == (stay.mute >= 0):
        stay.mute = 0 if headed else -1
        return False
    stay.mute += 1 if stay.mute >= 0 else -1
    return True


@lean
def _was_away(ship):
    """Whether a ship heard again after a silence is not found in place; a new fit has none."""
    stay = ship.swing
    if stay.n < LEAST:
        return True
    fitted, (sin, cos) = fit(stay), bow_of(ship)
    east_m, north_m = place_m(stay, ship.lon, ship.lat)
    east_m += fitted[2] * sin - fitted[0]
    north_m += fitted[2] * cos - fitted[1]
    return squared(stay, fitted, sin, cos, east_m, north_m)[0] > GATE


@lean
def follow(ship, now_ms):
    """Take the look of a minute, if one is due.

    Returns
    -------
    tuple
        NOTHING, LOOKED, or LEFT when the stay ended; and metres east and north that the anchor
        seems to have moved, the median of the last three looks.
    """
    stay = ship.swing
    if stay.n == 0 and ship.minute_kn > STAY_KN:
        return NOTHING, 0.0, 0.0
    kn = _pace_kn(ship)
    age_ms = now_ms - ship.t_ms
    if stay.n > 0 and age_ms <= MINUTE_MS and not np.isnan(kn):
        stay.gone = stay.gone + 1 if kn > LEAVE_KN else 0
        if stay.gone >= LEAVE_MIN:
            stay.n = 0
            return LEFT, 0.0, 0.0
    now_min = now_ms // MINUTE_MS
    if now_min % LOOK_MIN != 0 or age_ms > LOOK_MIN * MINUTE_MS:
        return NOTHING, 0.0, 0.0
    if not kn <= (STAY_KN if stay.n == 0 else LEAVE_KN) or _leapt(ship):
        return NOTHING, 0.0, 0.0
    if stay.n == 0:
        _begin(ship, now_min, now_min)
    elif _other_kind(ship):
        if (stay.mute if stay.mute >= 0 else -1 - stay.mute) < OTHER:
            return NOTHING, 0.0, 0.0
        _begin(ship, now_min, stay.since_min)
    elif now_min - stay.looked_min > GAP_MIN and _was_away(ship):
        _begin(ship, now_min, now_min)
    else:
        east_m, north_m = _look(ship, now_min)
        if stay.n < LEAST and stay.held_min < now_min:
            _begin(ship, now_min, now_min)
        elif now_min - stay.held_min < HOLDS_MIN or _back_m(ship, 6) >= HOLDS_M:
            return LOOKED, east_m, north_m
        else:
            _begin(ship, now_min, stay.since_min)
    return LOOKED, 0.0, 0.0
