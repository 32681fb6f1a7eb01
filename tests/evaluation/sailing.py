"""Tracks that are known exactly, and drags to lay into them."""

from typing import Any

import numpy as np
from pyproj import Geod

from cablewatch.evaluation.injections import Drag
from cablewatch.fixes import Fixes
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS

GEOD = Geod(ellps="WGS84")
START_MS = 1_527_897_600_000  # 2 June 2018
MMSI = 219_000_001


def straight(
    hours: float = 8.0, sog_kn: float = 12.0, every_s: float = 10.0, noise_m: float = 0.0
) -> Fixes:
    """A ship that sails north-east at one speed, with noise of position; a gap of 5 min in it."""
    rng = np.random.default_rng(5)
    t_s = np.arange(0.0, hours * 3600.0, every_s)
    t_s = t_s[(t_s < 7200.0) | (t_s >= 7500.0)]
    n = len(t_s)
    lon, lat, _ = GEOD.fwd(
        np.full(n, 18.0), np.full(n, 56.0), np.full(n, 45.0), t_s * sog_kn * KNOT_M_S
    )
    bearing, away = rng.uniform(0, 360, n), np.abs(rng.normal(0, noise_m, n)) if noise_m else 0.0
    lon, lat, _ = GEOD.fwd(lon, lat, bearing, np.broadcast_to(away, n))
    return Fixes.from_columns(
        t_ms=START_MS + (t_s * 1000).astype(np.int64),
        mmsi=np.full(n, MMSI),
        lon_deg=lon,
        lat_deg=lat,
        sog_kn=sog_kn + rng.normal(0, 0.04, n) * (noise_m > 0),
        cog_deg=np.full(n, 45.0),
        heading_deg=np.where(np.arange(n) % 7 == 3, np.nan, 46.0),
        nav_status=np.zeros(n),
        station=np.arange(n) % 3,
    )


def drag(**changes: Any) -> Drag:
    """A drag of an hour at 0.7 with 4 degrees, after three hours."""
    plain: dict[str, Any] = {
        "mmsi": MMSI,
        "start_ms": START_MS + 3 * HOUR_MS,
        "minutes": 60.0,
        "speed_ratio": 0.7,
        "deviation_deg": 4.0,
        "lengths": 8.0,
        "length_m": 180.0,
        "interval_s": 0.0,
        "stop_min": 0.0,
        "seed": (1, 2),
    }
    return Drag(**(plain | changes))


def away_m(a: Fixes, b: Fixes) -> Any:
    """Metres between rows of two tracks."""
    return GEOD.inv(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg)[2]


def minutes_after(fixes: Fixes, one: Drag) -> Any:
    """Minutes from the start of a drag to each fix."""
    return (fixes.t_ms - one.start_ms) / MINUTE_MS
