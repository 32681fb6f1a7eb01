"""The typical speed of a class: what stands in for a ship's own while that is not known.

::

    v = v180 (length / 180 m)^p                 where no length is known that of `UNTOLD_M`

It is meant as the upper quartile of a ship's moving speed, as the own baseline is. Cargo ships and
tankers alone have one: passenger ships differ by a factor of three among themselves, and tugs,
fishing and pleasure craft go as their work wants. Merchant hulls are built for Froude numbers of
0.14-0.32 (the range of Schneekluth's block coefficient) and sailed at 0.75 of their design speed
in 2012 (Third IMO GHG Study 2014, summary), at 0.11-0.24 therefore; the law gives a cargo ship of
90 m 0.19 and one of 360 m 0.13. Speed grows more slowly than the root of the length: longer hulls
are fuller.
"""

import math

import numpy as np

from cablewatch.jit import lean

CARGO, TANKER = 7, 8  # tens of the ship type; ITU-R M.1371-5 table 53
REFERENCE_M = 180.0  # length that the law starts from: a handymax
CARGO_KN, TANKER_KN = 13.0, 13.0  # at that length; bench/typical_speeds.py, calibrate half
CARGO_POWER, TANKER_POWER = 0.25, 0.125  # of the length; fitted 0.13-0.28 and 0.08, likewise
UNTOLD_M = 240.0  # where none is told: 14 kn for cargo, between the two means of the bench
SPREAD = 0.23  # sd of the logarithm of ships' own speeds about it; the widest of four, likewise


@lean
def has_typical_speed(ship_type):
    """Whether ships of a type have a typical speed."""
    return ship_type // 10 == CARGO or ship_type // 10 == TANKER


@lean
def typical_kn(ship_type, length_m):
    """Typical speed of a type and length (0 or below not known); NaN where there is none."""
    lengths = (length_m if length_m > 0 else UNTOLD_M) / REFERENCE_M
    if ship_type // 10 == CARGO:
        return CARGO_KN * math.pow(lengths, CARGO_POWER)
    if ship_type // 10 == TANKER:
        return TANKER_KN * math.pow(lengths, TANKER_POWER)
    return np.nan


@lean
def usual_kn(ship):
    """The ship's own speed, else the typical one of her class; NaN where neither is known."""
    if np.isnan(ship.baseline_kn):
        return typical_kn(ship.ship_type, ship.length_m)
    return ship.baseline_kn
