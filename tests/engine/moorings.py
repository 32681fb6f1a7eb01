"""Ships at anchor, dragging there, and made fast: positions and headings follow from the anchor.

The bow lies to the anchor down the wind (or tide), the antenna behind the bow; the chain swings to
and fro by `yaw_deg`, the heading one and a half times as far and a sixth of a period ahead of it,
as ships do that yaw at anchor.
"""

from collections.abc import Callable

import numpy as np

from cablewatch.fixes import Array, Fixes
from cablewatch.units import KNOT_M_S

DEGREE_M = 111_300.0  # of latitude, near enough
QUANTUM_DEG = 1 / 600_000  # ITU-R M.1371-5, type 1
AT_ANCHOR, MOORED = 1, 5  # ITU-R M.1371-5, table 45
ANTENNA_M = 120.0  # from the bow

Profile = Callable[[Array], Array]  # seconds since the start -> metres or degrees


def swung(at_s: float, over_s: float, before: float, after: float) -> Profile:
    """`before`, and `after` from some time on."""
    return lambda s: before + (after - before) * np.clip((s - at_s) / over_s, 0.0, 1.0)


def hauled(start_s: float, end_s: float, kn: float) -> Profile:
    """Metres that an anchor is hauled through the ground, at some speed from start to end."""
    return lambda s: kn * KNOT_M_S * (np.clip(s, start_s, end_s) - start_s)


def none(s: Array) -> Array:
    """Nothing all the time."""
    return np.zeros(len(s))


def at_anchor(
    rng: np.random.Generator,
    mmsi: int,
    start_ms: int,
    hours: float,
    lon: float,
    lat: float,
    wind_deg: Profile | float = 240.0,
    chain_m: Profile | float = 150.0,
    dragged_m: Profile = none,
    yaw_deg: float = 18.0,
    yaw_period_s: float = 1080.0,
    interval_s: float = 180.0,
    status: int = AT_ANCHOR,
) -> Fixes:
    """Fixes of a ship whose anchor lies at a place, and goes down the wind where it is dragged."""
    s = np.arange(0.0, hours * 3600.0)
    wind = np.radians(wind_deg(s) if callable(wind_deg) else np.full(len(s), wind_deg))
    chain = chain_m(s) if callable(chain_m) else np.full(len(s), chain_m)
    way = np.diff(dragged_m(s), prepend=0.0)
    swing, phase = np.radians(yaw_deg), 2.0 * np.pi * s / yaw_period_s + rng.uniform(0.0, 6.28)
    lies, heads = wind + swing * np.sin(phase), wind + 1.5 * swing * np.sin(phase + np.pi / 3.0)
    east = -np.cumsum(way * np.sin(wind)) - chain * np.sin(lies) - ANTENNA_M * np.sin(heads)
    north = -np.cumsum(way * np.cos(wind)) - chain * np.cos(lies) - ANTENNA_M * np.cos(heads)
    return _reported(
        rng, mmsi, start_ms, lon, lat, east, north, np.degrees(heads), interval_s, status
    )


def made_fast(
    rng: np.random.Generator,
    mmsi: int,
    start_ms: int,
    hours: float,
    lon: float,
    lat: float,
    status: int = MOORED,
) -> Fixes:
    """Fixes of a ship at a berth: she ranges by a metre, her heading stands."""
    n = int(hours * 3600.0)
    still = np.zeros(n)
    return _reported(rng, mmsi, start_ms, lon, lat, still, still, still + 31.0, 180.0, status)


def _reported(
    rng: np.random.Generator,
    mmsi: int,
    start_ms: int,
    lon: float,
    lat: float,
    east_m: Array,
    north_m: Array,
    heading_deg: Array,
    interval_s: float,
    status: int,
) -> Fixes:
    """What is heard of an antenna at places given once a second."""
    at = np.arange(10.0, len(east_m) - 1, interval_s)
    at = np.clip(at + rng.uniform(-0.02, 0.02, len(at)) * interval_s, 0, len(east_m) - 1)
    k = at.astype(int)
    east, north = np.gradient(east_m)[k], np.gradient(north_m)[k]
    lats = lat + (north_m[k] + rng.normal(0.0, 3.0, len(k))) / DEGREE_M
    lons = lon + (east_m[k] + rng.normal(0.0, 3.0, len(k))) / DEGREE_M / np.cos(np.radians(lat))
    sog = np.hypot(east, north) / KNOT_M_S + rng.normal(0.0, 0.05, len(k))
    cog = np.degrees(np.arctan2(east, north)) + rng.normal(0.0, 5.0, len(k))
    return Fixes.from_columns(
        t_ms=start_ms + (at * 1000.0).astype("i8"),
        mmsi=np.full(len(k), mmsi),
        lon_deg=np.round(lons / QUANTUM_DEG) * QUANTUM_DEG,
        lat_deg=np.round(lats / QUANTUM_DEG) * QUANTUM_DEG,
        sog_kn=np.round(np.maximum(0.0, sog), 1),
        cog_deg=np.round(cog % 360.0, 1) % 360.0,
        heading_deg=np.round(heading_deg[k] + rng.normal(0.0, 0.5, len(k))) % 360.0,
        nav_status=status,
        station=rng.integers(1, 4, len(k)),
    )
