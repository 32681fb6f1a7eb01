"""The ships of a scene as they say of themselves. All are invented.

Their numbers start with 299, a country code that is not assigned.
"""

from dataclasses import dataclass

import numpy as np

from cablewatch.fixes import Array
from cablewatch.vessels.statics import STATIC_DTYPE

CARGO, TANKER, TUG, FISHING = 70, 80, 52, 30  # ITU-R M.1371-5 table 53
FIRST_MMSI = 299_100_001
FIRST_NEIGHBOUR = 299_200_001


@dataclass(frozen=True, slots=True)
class Craft:
    """One ship: what her static messages say, and what her transponder is."""

    mmsi: int
    name: str
    ship_type: int = CARGO
    length_m: int = 140
    imo: int = 0
    class_b: bool = False
    gyro: bool = True  # her position reports carry a heading

    @property
    def to_bow_m(self) -> int:
        """Antenna to bow: over the house aft, as on most merchant ships; assumed."""
        return self.length_m * 7 // 8

    def static(self) -> Array:
        """Row of ``statics.STATIC_DTYPE``."""
        row = np.zeros((), STATIC_DTYPE)
        row["mmsi"], row["imo"], row["ship_type"] = self.mmsi, self.imo, self.ship_type
        row["name"] = self.name.encode()
        row["to_bow_m"], row["to_stern_m"] = self.to_bow_m, self.length_m - self.to_bow_m
        row["to_port_m"] = row["to_starboard_m"] = max(self.length_m // 14, 2)
        row["draught_m"] = np.nan if self.class_b else round(self.length_m / 22.0, 1)
        return row
