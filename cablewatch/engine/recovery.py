"""The recovery stop: a ship stops in open water, and sails on faster than she came.

A ship that dragged its anchor must weigh it, and clear it if it is bent or fouled. Each minute the
way since the last *hop*, five minutes of track or more, is taken from positions and times alone, so
that key frames and reports without a speed are evidence too. Hops make three phases::

    leg before    30 min or more under way: the fastest hop of its last hour
    stop          15-240 min: hops below 3 kn
    leg after     the mean of its hops from 15 to 45 min: a ship works up first

Under way is 4 kn and more; a hop between belongs to the phase that it lies in. A ship that stops
again before the leg after is told has not sailed on. Silence of four hours forgets all.

The hop in which a ship gets under way belongs to both: she is taken to have sailed its way at the
speed she reports now, and to have lain still before. No leg is measured by it.

The fastest hop stands for the leg before: who slows down for a port or a pilot made more within the
hour. So a drag of less than an hour may go unseen.

Sources: windlasses hoist at 0.15 m/s, 9 m a minute, from 82.5 to 27.5 m (IACS UR A3), so that 11
to 12 shackles of 27.5 m take 35-45 min, and clearing a bent or fouled anchor hours more; DESIGN
section 4 has 15-240 min, and 15 % between the legs. Departure from it: "away from any stopping
place" needs other ships, and is left to what lowers a score.
"""

import numpy as np

from cablewatch.engine.state import E7
from cablewatch.geodesy import distance_m
from cablewatch.jit import lean
from cablewatch.units import KNOT_M_S, MINUTE_MS

HOP_S = 300  # clocks of receivers, seconds apart, and 10 m of GNSS noise move its speed by 2 %
SILENT_S = 4 * 3600  # longer than any stop: it may hide one, and a port call
STOP_KN = 3.0  # weighing, a ship stops or turns slowly; below it class A reports as at anchor
UNDER_WAY_KN = 4.0  # slowest tow looked for; DESIGN section 4
FASTEST_KN = 16.0  # fastest tow looked for; DESIGN section 4
LEG_LEAST_MIN = 30  # then a leg has a speed of its own, not that of a manoeuvre; assumed
FASTEST_MIN = 60  # within which ships slow down for a port; assumed
STOP_LEAST_MIN, STOP_MOST_MIN = 15, 240  # DESIGN section 4
WORK_UP_MIN = 15  # to sea speed, a laden ship needs 10-30; assumed
AFTER_MIN = 30  # of the leg after that are measured, as of the leg before
SAID_MIN = 15  # for which a stop that was told still counts: three evaluations raise
MOST_MIN = 1440  # of a leg that are counted: a day tells no more


@lean
def _place(ship):
    """Let the next hop begin at the last fix."""
    ship.hop_s = ship.t_ms // 1000
    ship.hop_lon_e7 = int(np.floor(ship.lon / E7 + 0.5))
    ship.hop_lat_e7 = int(np.floor(ship.lat / E7 + 0.5))


@lean
def _forget(ship):
    ship.stop_min = ship.leg_min = ship.leg_ckn = ship.came_ckn = ship.early_min = 0


@lean
def _stop(ship, minutes):
    """Take a slow hop: it ends the leg before, or a leg after that was none."""
    if ship.stop_min == 0:
        if ship.leg_min < LEG_LEAST_MIN:
            _forget(ship)
            return
        ship.came_ckn = ship.leg_ckn
        ship.leg_min = 0
    lasted_min = ship.stop_min + ship.early_min + ship.leg_min + minutes
    ship.stop_min = lasted_min
    ship.leg_min = ship.leg_ckn = ship.early_min = 0
    if lasted_min > STOP_MOST_MIN:
        _forget(ship)


@lean
def _get_under_way(ship, kn, minutes):
    """Part the hop that ends a stop into the rest of it and the beginning of the leg after.

    Of that no more counts than the time of working up; the rest is kept apart.
    """
    sailed_min = minutes
    if ship.minute_kn > kn:
        sailed_min = int(minutes * kn / ship.minute_kn + 0.5)
    ship.stop_min = min(ship.stop_min + minutes - sailed_min, MOST_MIN)
    ship.leg_min = max(1, min(sailed_min, WORK_UP_MIN))
    ship.early_min = max(0, sailed_min - WORK_UP_MIN)


@lean
def _sail_on(ship, ckn, minutes):
    """Take a hop of the leg after: the mean of those that end after working up counts."""
    ship.leg_min = min(ship.leg_min + minutes, MOST_MIN)
    counted = int(ship.leg_min) - WORK_UP_MIN
    if counted > 0:
        mean = int(ship.leg_ckn)
        ship.leg_ckn = int(mean + (ckn - mean) * min(1.0, minutes / counted) + 0.5)


@lean
def _sail(ship, ckn, minutes):
    """Take a hop of a leg before: the fastest of its last hour counts."""
    ship.leg_min = min(ship.leg_min + minutes, MOST_MIN)
    ship.fastest_min = min(ship.fastest_min + minutes, FASTEST_MIN + 1)
    if ckn >= ship.leg_ckn or ship.fastest_min > FASTEST_MIN:
        ship.leg_ckn = ckn
        ship.fastest_min = 0


@lean
def _wait(ship, minutes):
    """Take a hop that is neither: it prolongs the phase that it lies in."""
    if ship.leg_min > 0:
        ship.leg_min = min(ship.leg_min + minutes, MOST_MIN)
    elif ship.stop_min > 0:
        ship.stop_min = min(ship.stop_min + minutes, MOST_MIN)


@lean
def follow(ship, told):
    """Take the way since the last hop, if it is long enough; at whole minutes.

    What was `told` stays for the alert that stands on it; the next hop begins there.
    """
    spent_s = ship.t_ms // 1000 - ship.hop_s
    if spent_s < HOP_S:
        return
    over = ship.stop_min > 0 and ship.leg_min >= WORK_UP_MIN + AFTER_MIN + SAID_MIN
    if over and told:
        return
    if over:
        ship.stop_min = ship.came_ckn = ship.early_min = ship.fastest_min = 0
    if spent_s > SILENT_S:
        _forget(ship)
        _place(ship)
        return
    way_m = distance_m(ship.hop_lon_e7 * E7, ship.hop_lat_e7 * E7, ship.lon, ship.lat)
    kn, minutes = way_m / spent_s / KNOT_M_S, (spent_s + 30) // 60
    _place(ship)
    if kn >= UNDER_WAY_KN:
        ckn = int(min(kn, 600.0) * 100.0 + 0.5)
        if ship.stop_min > 0 and ship.leg_min == 0:
            _get_under_way(ship, kn, minutes)
        elif ship.stop_min > 0:
            _sail_on(ship, ckn, minutes)
        else:
            _sail(ship, ckn, minutes)
    elif kn >= STOP_KN or (spent_s < 2 * HOP_S and ship.minute_kn >= UNDER_WAY_KN):
        _wait(ship, minutes)
    else:
        _stop(ship, minutes)


@lean
def found(ship):
    """Whether a stop lies between two legs, and the leg after was measured not long before."""
    return (
        ship.t_ms // 1000 - ship.hop_s < HOP_S
        and STOP_LEAST_MIN <= ship.stop_min <= STOP_MOST_MIN
        and ship.leg_min >= WORK_UP_MIN + AFTER_MIN
        and ship.came_ckn <= 100.0 * FASTEST_KN
    )


@lean
def awaited(ship):
    """Whether a ship stops, or has not sailed on for long enough to be told."""
    return ship.stop_min > 0 and ship.leg_min < WORK_UP_MIN + AFTER_MIN


@lean
def sailed_ms(ship):
    """When the leg after the stop began, a whole minute."""
    return (np.int64(ship.hop_s) // 60 - ship.leg_min - ship.early_min) * MINUTE_MS


@lean
def stopped_ms(ship):
    """When the stop began, a whole minute."""
    return sailed_ms(ship) - ship.stop_min * MINUTE_MS
