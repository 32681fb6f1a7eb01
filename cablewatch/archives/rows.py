"""The rules every table format shares: what makes a row a fix, and what counts as not available.

A row is refused under the first reason that fits:

===================  ================================================================
bad_time             no readable time, or outside 2000-01-01 .. now + 1 day
bad_mmsi             no number from 1 to 999,999,999
no_position          longitude or latitude empty, 181 or 91
swapped_position     latitude beyond 90 where longitude would pass for one
bad_position         longitude beyond 180 or latitude beyond 90
===================  ================================================================

Speed 102.3 or 1023, course and heading from 360 on, and negative values become NaN; a speed of
102.2 to 102.3 keeps only the flag SPEED_SATURATED (ITU-R M.1371-5, table 48).
"""

from dataclasses import dataclass

import numpy as np

from cablewatch.archives.refused import Refused, RowText
from cablewatch.fixes import Array, Fixes, FixFlag
from cablewatch.units import EARLIEST_MS

AFTER_TIME = ("bad_mmsi", "no_position", "swapped_position", "bad_position")
"""Reasons of rows whose time was usable."""

NO_TIME_MS = np.iinfo(np.int64).min
MMSI_MAX = 999_999_999
SOG_SATURATED_KN = 102.15  # "102.2 knots or higher" in steps of 0.1
SOG_MISSING_KN = 102.25  # 102.3 and raw 1023
LON_MISSING_DEG, LAT_MISSING_DEG = 181.0, 91.0


@dataclass(slots=True)
class Rows:
    """Columns of n rows as read; NaN, :data:`NO_TIME_MS` and MMSI 0 are "not available".

    `text` shows a row as the file has it, for the example of a reason.
    """

    t_ms: Array
    mmsi: Array
    lon_deg: Array
    lat_deg: Array
    sog_kn: Array
    cog_deg: Array
    heading_deg: Array
    nav_status: Array
    flags: Array
    station: Array
    text: RowText

    def identified(self, among: Array, latest_ms: int, refused: Refused) -> Array:
        """Mask of rows of the mask `among` with a usable time and MMSI; the others are counted."""
        timed = (self.t_ms >= EARLIEST_MS) & (self.t_ms <= latest_ms)
        named = (self.mmsi >= 1) & (self.mmsi <= MMSI_MAX)
        refused.add_rows("bad_time", among & ~timed, self.text)
        refused.add_rows("bad_mmsi", among & timed & ~named, self.text)
        mask: Array = among & timed & named
        return mask

    def positioned(self, usable: Array, refused: Refused) -> Array:
        """Mask of rows of the mask `usable` that have a position; the others of it are counted."""
        lon, lat = np.abs(self.lon_deg), np.abs(self.lat_deg)
        inside: Array = (lon <= 180) & (lat <= 90)
        if inside.all():
            return usable
        outside = usable & ~inside
        missing = ~(lon < np.inf) | ~(lat < np.inf)
        missing |= (self.lon_deg == LON_MISSING_DEG) | (self.lat_deg == LAT_MISSING_DEG)
        swapped = ~missing & (lat <= 180) & (lon <= 90)
        refused.add_rows("no_position", outside & missing, self.text)
        refused.add_rows("swapped_position", outside & swapped, self.text)
        refused.add_rows("bad_position", outside & ~missing & ~swapped, self.text)
        return usable & inside

    @np.errstate(over="ignore")  # beyond float32 is beyond every limit
    def fixes(self, mask: Array) -> Fixes:
        """The rows of a mask."""
        rows = slice(None) if mask.all() else mask
        sog = self.sog_kn[rows].astype(np.float32)
        saturated = (sog > SOG_SATURATED_KN) & (sog < SOG_MISSING_KN)
        sog[~((sog >= 0) & (sog <= SOG_SATURATED_KN))] = np.nan
        flags = self.flags[rows].astype(np.uint8)
        flags[saturated] |= np.uint8(FixFlag.SPEED_SATURATED)
        return Fixes.from_columns(
            t_ms=self.t_ms[rows],
            mmsi=self.mmsi[rows],
            lon_deg=self.lon_deg[rows],
            lat_deg=self.lat_deg[rows],
            sog_kn=sog,
            cog_deg=_circle(self.cog_deg[rows]),
            heading_deg=_circle(self.heading_deg[rows]),
            nav_status=self.nav_status[rows],
            flags=flags,
            station=self.station[rows],
        )


def whole(values: Array) -> Array:
    """Values as i8; 0 where one is missing, fractional or beyond 32 bits."""
    fits = (np.abs(values) < 1 << 31) & (values == np.floor(values))
    return np.where(fits, values, 0).astype(np.int64)


def _circle(angle_deg: Array) -> Array:
    angle = angle_deg.astype(np.float32)
    angle[~((angle >= 0) & (angle < 360))] = np.nan
    return angle
