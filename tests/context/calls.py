"""Calls of made ships: they come, lie still, and mostly go on."""

import numpy as np

from cablewatch.fixes import Fixes
from cablewatch.units import HOUR_MS, MINUTE_MS

T0_MS = 1_731_801_600_000
SHIP = 219000001
MILE_DEG = 1.0 / 60.0  # of latitude


def call(
    mmsi: int = SHIP,
    lon: float = 11.0,
    lat: float = 55.004,
    hours: float = 3.0,
    *,
    start_h: float = 0.0,
    swing_m: float = 0.0,
    status: int = 15,
    leaves: bool = True,
    sog_kn: float = 0.1,
) -> Fixes:
    """A ship that comes from the south at 10 knots, lies still, and goes on to the north."""
    step_ms = 3 * MINUTE_MS
    n, way = int(hours * 20), 20
    t_ms = T0_MS + int(start_h * HOUR_MS) + np.arange(n + 2 * way) * step_ms
    k = np.arange(n + 2 * way)
    miles = np.where(k < way, (k - way) * 0.5, np.where(k < way + n, 0.0, (k - way - n + 1) * 0.5))
    still = (k >= way) & (k < way + n)
    turn = np.where(still, np.sin(k * 0.3) * swing_m / 111_195.0, 0.0)
    rows = Fixes.from_columns(
        t_ms=t_ms,
        mmsi=np.full(len(k), mmsi),
        lon_deg=(np.full(len(k), lon) + 180.0) % 360.0 - 180.0,
        lat_deg=lat + miles * MILE_DEG + turn,
        sog_kn=np.where(still, sog_kn, 10.0),
        nav_status=np.where(still, status, 0),
    )
    return rows if leaves else rows.take(k < way + n)
