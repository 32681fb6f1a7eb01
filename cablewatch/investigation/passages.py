"""Passages: where and when a ship crossed the cable, or came so near that it may have.

================  =================================================================================
``seen``          a crossing of the fold, between two close fixes
``inferred``      a crossing of the fold across a gap: both ends lie on different sides of the line
``gap``           no crossing is known, but the line could be reached and left in a silence
``near``          the line was not crossed, but the ship was within the uncertainty of its route
================  =================================================================================
"""

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from cablewatch.engine.crossing import POSITION_ERROR_M
from cablewatch.fixes import Array, Fixes
from cablewatch.geodesy import distances_m
from cablewatch.investigation.case import Case
from cablewatch.investigation.line import FAR_M

RESTING_KN = 1.0  # slower speeds are noise of a ship that lies still; as in engine.quality
SHOWN_M = 300_000.0  # beyond it a distance from the line is not told
STILL_M = 500.0  # a ship at anchor swings in less, 300-330 m of chain and her length


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage; figures that are not known are NaN."""

    how: str  # seen, inferred, gap, near
    t_ms: int
    first_ms: int  # it lies between these
    last_ms: int
    km: float
    low_km: float  # and this stretch of the cable
    high_km: float
    angle_deg: float = math.nan  # acute, 0..90
    before_kn: float = math.nan
    at_kn: float = math.nan
    after_kn: float = math.nan
    off_m: float = 0.0  # from the line, where it was not crossed
    made_good_kn: float = math.nan  # across the silence
    open_ended: bool = False  # the ship was not heard before, or not after

    def share_within(self, start_ms: int, end_ms: int) -> float:
        """Share of the times it may have been at that lie in a span."""
        if self.last_ms <= self.first_ms:
            return float(start_ms <= self.t_ms < end_ms)
        overlap = min(self.last_ms, end_ms) - max(self.first_ms, start_ms)
        return max(0.0, overlap / (self.last_ms - self.first_ms))


def seen(crossing: Array) -> Passage:
    """The passage that a crossing of the fold is."""
    t_ms, km = int(crossing["t_ms"]), float(crossing["km"])
    return Passage(
        how="inferred" if crossing["inferred"] else "seen",
        t_ms=t_ms,
        first_ms=t_ms,
        last_ms=t_ms,
        km=km,
        low_km=km,
        high_km=km,
        angle_deg=float(crossing["angle_deg"]),
        before_kn=float(crossing["sog_before_kn"]),
        at_kn=float(crossing["sog_at_kn"]),
        after_kn=float(crossing["sog_after_kn"]),
    )


@dataclass(frozen=True, slots=True)
class Approach:
    """The point of a track nearest to the line."""

    t_ms: int
    km: float
    off_m: float  # inf: farther than anybody asks
    sog_kn: float


def approach(case: Case, track: Fixes) -> Approach | None:
    """Nearest point of the fixes in the window; None where there is none.

    The distance to the line changes by no more than the way sailed: what cannot come nearer than
    the nearest so far is passed over.
    """
    inside = within(track, case)
    if not len(inside):
        return None
    lon, lat = inside.lon_deg, inside.lat_deg
    steps_m = distances_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    sailed_m = [0.0, *np.cumsum(steps_m).tolist()]
    places = list(zip(lon.tolist(), lat.tolist(), strict=True))
    best = Approach(int(inside.t_ms[0]), math.nan, math.inf, math.nan)
    least_m, row = SHOWN_M, 0
    while row < len(inside):
        km, off_m = case.line.nearest(*places[row])
        if off_m < least_m:
            best = Approach(int(inside.t_ms[row]), km, off_m, float(inside.sog_kn[row]))
            least_m = off_m
        spare_m = min(off_m, FAR_M) - least_m
        row = max(row + 1, bisect_left(sailed_m, sailed_m[row] + spare_m))
    return best


def near(case: Case, closest: Approach) -> Passage | None:
    """The passage of a ship inside the uncertainty of the route; None where it was outside."""
    if closest.off_m > case.cable.position_uncertainty_m + POSITION_ERROR_M:
        return None
    return Passage(
        how="near",
        t_ms=closest.t_ms,
        first_ms=closest.t_ms,
        last_ms=closest.t_ms,
        km=closest.km,
        low_km=closest.km,
        high_km=closest.km,
        at_kn=closest.sog_kn,
        off_m=closest.off_m,
    )


def within(track: Fixes, case: Case) -> Fixes:
    """The fixes in the window."""
    first, after = np.searchsorted(track.t_ms, [case.start_ms, case.end_ms]).tolist()
    return track.take(slice(first, after))


def lies_still(case: Case, track: Fixes) -> bool:
    """Whether a ship lay still in the window: by its speeds, or without any by its positions."""
    inside = within(track, case)
    if not len(inside):
        return False
    speeds = inside.sog_kn[~np.isnan(inside.sog_kn)]
    if len(speeds):
        return bool(np.median(speeds) < RESTING_KN)
    north_m = np.ptp(inside.lat_deg) * 111_000.0
    east = np.ptp(np.unwrap(inside.lon_deg, period=360.0)) * math.cos(
        math.radians(float(inside.lat_deg[0]))
    )
    return len(inside) > 1 and math.hypot(north_m, east * 111_000.0) < STILL_M
