"""Crossings: every crossing of every cable by every ship, and the thinned track about them.

A crossing lies between two accepted fixes of one track; it is *inferred* when they are more than
10 minutes apart, and then has no speed of its own. The newest 64 crossings and up to 64 vertices
stay with the ship: an episode that is found later reads them back from its start. While no episode
is open a vertex falls every five minutes and the oldest goes; while one is open every second one
is dropped when all are used, and the step doubles.
"""

import math

import numpy as np

from cablewatch.engine.state import MAX_CROSSINGS, MAX_VERTICES, NO_SPEED
from cablewatch.engine.transitions import CROSSINGS
from cablewatch.jit import lean
from cablewatch.units import MINUTE_MS

INFERRED_MS = 10 * MINUTE_MS  # longest ordinary interval is 180 s; three are missing
VERTEX_STEP_MS = 5 * MINUTE_MS


@lean
def _keep(ship, row):
    met = ship.crossings[ship.crossings_n % MAX_CROSSINGS]
    met.t_s = row.t_ms // 1000
    met.km = row.km
    met.cable = row.cable
    met.sog_ckn = NO_SPEED if np.isnan(row.sog_at_kn) else int(row.sog_at_kn * 100.0 + 0.5)
    met.angle_deg = int(math.floor(row.angle_deg + 0.5))
    met.inferred = row.inferred
    ship.crossings_n += 1


@lean
def _returns(ship, cable):
    """Crossings of a cable since the ship entered the corridors."""
    n = 0
    for k in range(max(0, ship.crossings_n - MAX_CROSSINGS), ship.crossings_n):
        met = ship.crossings[k % MAX_CROSSINGS]
        n += met.cable == cable and met.t_s * 1000 >= ship.corridor_since_ms
    return n


@lean
def cross(ship, out, hits, t_ms, sog):
    """Write the crossings that were hit between the ship's last fix and a new one."""
    for k in range(hits):
        hit = out.hits[k]
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
        _keep(ship, row)
        ship.met_ms = row.t_ms
        if ship.corridor_cable >= 0:
            ship.returns = max(ship.returns, _returns(ship, hit.cable))


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
