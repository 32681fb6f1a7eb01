"""Crossings: every crossing of every cable by every ship, and the thinned track about them.

A crossing lies between two accepted fixes of one track; it is *inferred* when they are more than
10 minutes apart, and then has no speed of its own. A ship that lies on a line seems to cross it
with every error of its position: after a crossing the next one of the same line is said only once
a fix was clear of it, further off than that error. To and fro within it is one meeting.

The newest 64 crossings and up to 64 vertices stay with the ship: an episode that is found later
reads them back from its start. Among the crossings stands, once for each cable, the last minute in
its corridor: what an alert names when no line was crossed. While no episode is open a vertex falls
every five minutes and the oldest goes; while one is open every second one is dropped when all are
used, and the step doubles.
"""

import math

import numpy as np

from cablewatch.cables.index import within
from cablewatch.engine.state import (
    CORRIDOR,
    INFERRED,
    MAX_CROSSINGS,
    MAX_VERTICES,
    N_RULES,
    NO_SPEED,
    UNCLEAR,
)
from cablewatch.engine.transitions import CROSSINGS
from cablewatch.jit import lean
from cablewatch.units import MINUTE_MS

POSITION_ERROR_M = 30.0  # two sigma of AIS positions without differential corrections; assumed
INFERRED_MS = 10 * MINUTE_MS  # longest ordinary interval is 180 s; three are missing
VERTEX_STEP_MS = 5 * MINUTE_MS


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
    if ship.crossings_n >= MAX_CROSSINGS and ship.crossings[k].how & UNCLEAR:
        ship.unclear -= 1
    ship.crossings_n += 1
    return k


@lean
def _fill(met, t_ms, cable, km, sog, angle_deg, how):
    met.t_s = t_ms // 1000
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
    _fill(ship.crossings[k], now_ms, cable, km, ship.sog, 0.0, CORRIDOR)
    ship.met_ms = now_ms


@lean
def clear_lines(ship, index):
    """Note of which lines crossed the ship's last fix is clear."""
    for k in range(min(ship.crossings_n, MAX_CROSSINGS)):
        met = ship.crossings[k]
        if met.how & UNCLEAR and not within(index, met.cable, ship.lon, ship.lat, POSITION_ERROR_M):
            met.how &= 255 - UNCLEAR
            ship.unclear -= 1


@lean
def _returns(ship, cable):
    """Crossings of a cable since the ship entered the corridors, of the newest 64."""
    n = 0
    for k in range(min(ship.crossings_n, MAX_CROSSINGS)):
        met = ship.crossings[k]
        if met.cable == cable and not met.how & CORRIDOR:
            n += met.t_s * 1000 >= ship.corridor_since_ms
    return n


@lean
def _cross_one(ship, out, hit, t_ms, sog):
    """Write one crossing, for good and for the ship."""
    row = out.crossings[out.used[CROSSINGS]]
    row.t_ms = ship.t_ms + int(math.floor(hit.fraction * (t_ms - ship.t_ms) + 0.5))
    row.mmsi = ship.mmsi
    row.cable = hit.cable
    row.km = hit.km
    row.angle_deg = hit.angle_deg
    row.sog_before_kn = ship.sog
    row.sog_after_kn = sog
    row.inferred = t_ms - ship.t_ms > INFERRED_MS
    row.sog_at_kn = np.nan if row.inferred else ship.sog + (sog - ship.sog) * hit.fraction
    out.used[CROSSINGS] += 1
    met = ship.crossings[_next_place(ship)]
    how = INFERRED if row.inferred else 0
    _fill(met, row.t_ms, row.cable, row.km, row.sog_at_kn, row.angle_deg, how)
    ship.met_ms = max(ship.met_ms, row.t_ms)
    if ship.corridor_cable >= 0:
        ship.returns = max(ship.returns, _returns(ship, hit.cable))


@lean
def cross(ship, out, hits, t_ms, sog):
    """Write the crossings that were hit between the ship's last fix and a new one.

    Those of a line that it was not clear of are left out. All rules hear of the others.
    """
    before = ship.crossings_n
    for k in range(hits):
        if ship.unclear == 0 or _find(ship, out.hits[k].cable, UNCLEAR) < 0:
            _cross_one(ship, out, out.hits[k], t_ms, sog)
    if ship.crossings_n == before:
        return
    for k in range(max(before, ship.crossings_n - MAX_CROSSINGS), ship.crossings_n):
        ship.crossings[k % MAX_CROSSINGS].how |= UNCLEAR
        ship.unclear += 1
    for rule in range(N_RULES):
        ship.episodes[rule].news = 1


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
