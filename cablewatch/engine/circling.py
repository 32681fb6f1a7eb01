"""Circling: receivers of satellite navigation that are misled report circles, many ships at once.

Within a bin of half an hour the reported courses of a ship add up to a full circle or more, one
sense against the other taken off, while her gyro compass turns by less than a right angle: she does
not sail what she reports. A stuck compass of a ship that does circle looks alike; so a ship is
noticed as ``gnss_interference_suspect`` only where `SHIPS_MIN` are found at once, in the cell of
her last fix and the eight about it. Found at the end of a bin, from hints of the fold.

Source: circles are what is published of such interference at ports and in the Baltic, at the speed
of a ship, in minutes each. *Cannot see:* circles that take longer than half an hour, ships without
a gyro compass, receivers of fewer than three ships.
"""

from collections import Counter

import numpy as np

from cablewatch.engine.baseline import MOVING_KN
from cablewatch.engine.context import cell_of, cells_about
from cablewatch.engine.trail import wrap180
from cablewatch.engine.transitions import INTERFERENCE, NOTICE_DTYPE
from cablewatch.fixes import Array
from cablewatch.jit import inlined, lean

CIRCLE_DDEG = 3600  # 0.1 degree: a full circle
STEADY_DDEG = 900  # a right angle: who turns as far may be on a round; assumed
MOST_DDEG = 32_000  # that a place in the record holds
SHIPS_MIN = 3  # two compasses are not stuck at one place and time; assumed


@inlined
def _added(ddeg, before_deg, after_deg):
    """A sum of turns with one more, held within its place; NaN is no turn."""
    if np.isnan(before_deg) or np.isnan(after_deg):
        return ddeg
    turn = int(np.rint(10.0 * wrap180(after_deg - before_deg)))
    return min(MOST_DDEG, max(-MOST_DDEG, ddeg + turn))


@lean
def turn(ship, sog, cog, heading):
    """Let course and heading of a fix enter the turns of the bin; a ship at rest has no course."""
    if sog >= MOVING_KN:
        ship.turned_ddeg = _added(int(ship.turned_ddeg), ship.cog, cog)
        ship.headed_ddeg = _added(int(ship.headed_ddeg), ship.heading, heading)


@lean
def take_circling(ship):
    """Whether the bin that ends shows circles against the compass; the next begins anew."""
    turned, headed = abs(int(ship.turned_ddeg)), abs(int(ship.headed_ddeg))
    ship.turned_ddeg = ship.headed_ddeg = 0
    return turned >= CIRCLE_DDEG and headed < STEADY_DDEG and not np.isnan(ship.heading)


def notices_of(hints: Array, end_ms: int) -> Array:
    """Notices for the ships of a bin's hints that circle where others do, in their order."""
    ships = {int(h["mmsi"]): (float(h["lon"]), float(h["lat"])) for h in hints}
    crowd = Counter(cell_of(*place) for place in ships.values())
    misled = sorted(
        mmsi
        for mmsi, place in ships.items()
        if sum(crowd[cell] for cell in cells_about(*place)) >= SHIPS_MIN
    )
    return np.array([(end_ms, mmsi, INTERFERENCE) for mmsi in misled], NOTICE_DTYPE)
