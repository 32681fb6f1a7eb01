"""Which ships and days calibrate, and which report: frozen rules of content alone.

A ship belongs to a half by a hash of its MMSI, a day (UTC) by its number since 1970: even days
calibrate. A measurement of a split takes ships *and* days of that split, so the two share neither a
ship nor a day. The fold itself sees all ships and all days in either, as history and as context.
"""

import hashlib

import numpy as np

from cablewatch.fixes import Array
from cablewatch.units import DAY_MS

SPLITS = ("calibrate", "report")


def split_of_ship(mmsi: int) -> str:
    """Half that a ship belongs to.

    >>> [split_of_ship(m) for m in (414270000, 518998865, 229659000)]
    ['report', 'report', 'calibrate']
    """
    return SPLITS[hashlib.sha256(str(mmsi).encode()).digest()[0] % 2]


def split_of_day(t_ms: int) -> str:
    """Half that the UTC day of a time belongs to.

    >>> split_of_day(1_527_897_600_000)  # 2 June 2018
    'calibrate'
    """
    return SPLITS[t_ms // DAY_MS % 2]


def within(split: str, t_ms: Array, mmsi: Array) -> Array:
    """Whether rows are of ships and days of a split; (n,) of times and ships."""
    ships, inverse = np.unique(mmsi, return_inverse=True)
    ours = np.array([split_of_ship(int(ship)) == split for ship in ships], bool)
    mask: Array = ours[inverse] & (t_ms // DAY_MS % 2 == SPLITS.index(split))
    return mask
