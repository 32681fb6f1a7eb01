"""Crossings: every crossing of every cable by every ship, and the thinned track about them.

A crossing lies between two accepted fixes of one track; it is *inferred* when they are more than
10 minutes apart, and then has no speed of its own. It is pending until two fixes in a row lie
beyond the line and the last is clear of it, further off than its error, or that one is clear and no
other comes for 10 minutes; then it is said. Passing the line again before takes it back, where the
ship can have come along it from the one place to the other: one message beyond a line, or a ship
that lies or sails on it, crosses nothing, a ship that leaves it counts by the side on which she
does, and the other line of a pair, or the far side of a bend, is a crossing of its own.

The newest 64 crossings and up to 64 vertices stay with the ship: an episode that is found later
reads them back from its start. Among the crossings stands, once for each cable, the last minute in
its corridor: what an alert names when no line was crossed. While no episode is open a vertex falls
every five minutes and the oldest goes; while one is open every second one is dropped when all are
used, and the step doubles.
"""

import math

import numpy as np

from cablewatch.cables.index import crossings, within
from cablewatch.engine.quality import CLOCK_S, DEGREE_MAX_M, SLACK_M, fastest_kn
from cablewatch.engine.state import (
    CORRIDOR,
    INFERRED,
    MAX_CROSSINGS,
    MAX_VERTICES,
    N_RULES,
    NO_SPEED,
    PENDING,
)
from cablewatch.engine.transitions import CROSSINGS
from cablewatch.jit import lean
from cablewatch.units import KNOT_M_S, MINUTE_MS

POSITION_ERROR_M = 30.0  # two sigma of AIS positions without differential corrections; assumed
INFERRED_MS = 10 * MINUTE_MS  # longest ordinary interval is 180 s; three are missing
RETURN_CKN = 100  # slower, a ship swings at anchor or drifts over a line; loiter.STEERED_KN
VERTEX_STEP_MS = 5 * MINUTE_MS  # first step of the thinned track: 64 hold 5 h; doubled when full


@lean
def _find(ship, cable, how):
    """Place in the ring of a meeting with a cable that is `how`, or -1."""
    for k in range(min(ship.crossings_n, MAX_CROSSINGS)):
        if ship.crossings[k].how & how and ship.crossings[k].cable == cable:
            return k
    return -1


@lean
def _next_place(ship):
    """Place in the ring for a new meeting; the oldest makes room."""
    k = ship.crossings_n % MAX_CROSSINGS
    if ship.crossings_n >= MAX_CROSSINGS and ship.crossings[k].how & PENDING:
        ship.pending -= 1
    ship.crossings_n += 1
    return k


@lean
def _fill(met, t_s, cable, km, sog, angle_deg, how):
    met.t_s = t_s
    met.km = km
    met.cable = cable
    met.sog_ckn = NO_SPEED if np.isnan(sog) else int(sog * 100.0 + 0.5)
    met.angle_deg = int(math.floor(angle_deg + 0.5))
    met.how = how


@lean
def note_corridor(ship, now_ms, cable, km):
    """Keep the last minute in the corridor of a cable."""
    k = _find(ship, cable, CORRIDOR)
    if k < 0:
        k = _next_place(ship)
    _fill(ship.crossings[k], now_ms // 1000, cable, km, ship.sog, 0.0, CORRIDOR)
    ship.met_ms = now_ms


@lean
def _returns(ship, cable):
    """Crossings of a cable under way since the ship entered the corridors, of the newest 64.

    One in a silence counts: without a speed nothing speaks against way.
    """
    n = 0
    for k in range(min(ship.crossings_n, MAX_CROSSINGS)):
        met = ship.crossings[k]
        if met.cable == cable and not met.how & (CORRIDOR | PENDING):
            n += met.t_s >= ship.corridor_since_min * 60 and met.sog_ckn >= RETURN_CKN
    return n


@lean
def _say(ship, out, k, sog):
    """Write the pending crossing at a place of the ring, for good; all rules hear of it."""
    met = ship.crossings[k]
    met.how &= 255 - PENDING
    ship.pending -= 1
    row = out.crossings[out.used[CROSSINGS]]
    out.used[CROSSINGS] += 1
    row.t_ms = met.t_s * 1000
    row.mmsi, row.cable, row.km, row.angle_deg = ship.mmsi, met.cable, met.km, met.angle_deg
    row.inferred = met.how & INFERRED
    row.sog_before_kn, row.sog_after_kn = ship.before_kn, sog
    row.sog_at_kn = np.nan if met.sog_ckn == NO_SPEED else met.sog_ckn / 100.0
    ship.met_ms = max(ship.met_ms, row.t_ms)
    if ship.corridor_cable >= 0:
        ship.returns = max(ship.returns, _returns(ship, met.cable))
    for rule in range(N_RULES):
        ship.episodes[rule].news = 1


@lean
def _say_clear(ship, index, out, lon, lat, sog):
    """Say the pending crossings of lines that a position is clear of."""
    for i in range(max(0, ship.crossings_n - MAX_CROSSINGS), ship.crossings_n):
        met = ship.crossings[i % MAX_CROSSINGS]
        if met.how & PENDING and not within(index, met.cable, lon, lat, POSITION_ERROR_M):
            _say(ship, out, i % MAX_CROSSINGS, sog)


@lean
def say_silent(ship, index, out, now_ms):
    """Say the pending crossings of a ship that was not heard for 10 minutes."""
    if ship.pending > 0 and now_ms - ship.t_ms >= INFERRED_MS:
        _say_clear(ship, index, out, ship.lon, ship.lat, ship.sog)


@lean
def _date_s(ship, hit, t_ms):
    """When a line was hit on the way from the ship's last fix to a new one."""
    return int(math.floor((ship.t_ms + hit.fraction * (t_ms - ship.t_ms)) / 1000.0 + 0.5))


@lean
def _take_back(ship, hit, n, t_ms, sog):
    """Take the newest pending crossing that a hit undoes out of the `n` oldest; whether any.

    It lies no farther off along the line than a ship can go in between, with the clock error and
    the slack of either leg.
    """
    speed_m_s = max(ship.pace_kn, fastest_kn(sog)) * KNOT_M_S
    at_s = _date_s(ship, hit, t_ms)
    for i in range(n - 1, max(0, n - MAX_CROSSINGS) - 1, -1):
        met = ship.crossings[i % MAX_CROSSINGS]
        if not met.how & PENDING or met.cable != hit.cable:
            continue
        reach_m = 2.0 * SLACK_M + speed_m_s * (at_s - met.t_s + 2.0 * CLOCK_S)
        if abs(hit.km - met.km) * 1000.0 <= reach_m:
            _fill(met, 0, 0, 0.0, np.nan, 0.0, 0)
            ship.pending -= 1
            return True
    return False


@lean
def drop_since(ship, since_ms):
    """Take back what is pending on the way from a fix on."""
    for k in range(min(ship.crossings_n, MAX_CROSSINGS)):
        met = ship.crossings[k]
        if met.how & PENDING and met.t_s * 1000 + 500 >= since_ms:
            _fill(met, 0, 0, 0.0, np.nan, 0.0, 0)
            ship.pending -= 1


@lean
def _hold(ship, out, hit, t_ms, sog):
    """Let a crossing pend; one whose place the next meeting takes is said as it is."""
    if ship.pending == 0:
        ship.before_kn = ship.sog
    at_kn = ship.sog + (sog - ship.sog) * hit.fraction
    how = PENDING
    if t_ms - ship.t_ms > INFERRED_MS:
        at_kn = np.nan
        how |= INFERRED
    met = ship.crossings[_next_place(ship)]
    _fill(met, _date_s(ship, hit, t_ms), hit.cable, hit.km, at_kn, hit.angle_deg, how)
    ship.pending += 1
    k = ship.crossings_n % MAX_CROSSINGS
    if ship.crossings_n >= MAX_CROSSINGS and ship.crossings[k].how & PENDING:
        _say(ship, out, k, sog)


@lean
def _along(out, n, hit):
    """Place among `n` hits of one between which and `hit` the way runs along the line, or -1."""
    for i in range(n - 1, -1, -1):
        other = out.hits[i]
        if other.cable == hit.cable:
            way_m = abs(hit.km - other.km) * 1000.0
            angle_deg = max(hit.angle_deg, other.angle_deg)
            off_m = way_m * math.sin(math.radians(angle_deg))
            return i if off_m <= POSITION_ERROR_M else -1
    return -1


@lean
def hits(ship, index, out, lon, lat):
    """How many lines, in `out.hits`, the way from the ship's last fix to a new one hits.

    A way that ends where surely no line lies is not looked at.
    """
    way_m = (abs(lon - ship.lon) + abs(lat - ship.lat)) * DEGREE_MAX_M
    if way_m < ship.clear_m:
        ship.clear_m -= way_m
        return 0
    ship.clear_m = 0.0
    return crossings(index, ship.lon, ship.lat, lon, lat, out.hits)


@lean
def meet_lines(ship, index, out, n, t_ms, lon, lat, sog):
    """Take back, say and hold crossings on the way from the ship's last fix to a new one.

    `n` lines were hit on it. Places that hold nothing any more are free again once no newer
    one is used.
    """
    before, passed = ship.crossings_n, 0
    for k in range(n):
        if ship.pending > 0 and _take_back(ship, out.hits[k], before, t_ms, sog):
            continue
        twice = _along(out, passed, out.hits[k])
        if twice < 0:
            out.hits[passed] = out.hits[k]
            passed += 1
            continue
        passed -= 1
        for i in range(twice, passed):
            out.hits[i] = out.hits[i + 1]
    while ship.crossings_n > 0 and ship.crossings[(ship.crossings_n - 1) % MAX_CROSSINGS].t_s == 0:
        ship.crossings_n -= 1
    if ship.pending > 0:
        _say_clear(ship, index, out, lon, lat, sog)
    for k in range(passed):
        _hold(ship, out, out.hits[k], t_ms, sog)


@lean
def keep_vertex(ship, thinning):
    """Keep the ship's last fix as a vertex, and say when the next one is due."""
    n, vertices = ship.vertices_n, ship.vertices
    if not thinning:
        ship.vertex_step_ms = VERTEX_STEP_MS
    if n == MAX_VERTICES and thinning:
        for k in range(MAX_VERTICES // 2):
            vertices[k] = vertices[2 * k]
        n = MAX_VERTICES // 2
        ship.vertex_step_ms *= 2
    elif n == MAX_VERTICES:
        for k in range(MAX_VERTICES - 1):
            vertices[k] = vertices[k + 1]
        n = MAX_VERTICES - 1
    vertices[n].t_s = ship.t_ms // 1000
    vertices[n].lon = ship.lon
    vertices[n].lat = ship.lat
    ship.vertices_n = n + 1
    ship.vertex_ms = ship.t_ms + ship.vertex_step_ms
