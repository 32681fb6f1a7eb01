"""Building blocks of background traffic: presence, own speed, voyages, storm and outages.

All figures are assumed unless a source is on the line.
"""

from dataclasses import dataclass

import numpy as np

from cablewatch.fixes import Array
from cablewatch.scenario import lanes
from cablewatch.scenario.reception import Outage
from cablewatch.scenario.ship import (
    GEOD,
    GRID_S,
    Line,
    Motion,
    eased,
    limit_cycle,
    make_line,
    noise,
    sail,
    travelled,
    wander,
)
from cablewatch.scenario.yi_peng_3 import START_S, utc_s
from cablewatch.units import KNOT_M_S

WINDOW_H = 72.0  # h, 16-18 November 2024

OUTAGES = (
    Outage(19.8, 58.3, 22.6, 59.6, utc_s(16, 14, 10), utc_s(16, 15, 5)),
    Outage(13.9, 54.8, 16.1, 55.8, utc_s(17, 5, 20), utc_s(17, 6, 50)),
    Outage(17.8, 54.3, 20.2, 55.8, utc_s(17, 20, 0), utc_s(17, 20, 45)),
    Outage(24.2, 59.4, 26.6, 60.1, utc_s(18, 12, 30), utc_s(18, 13, 40)),
)


@dataclass(frozen=True, slots=True)
class Storm:
    """Wind over a region; ships that head into it lose 20-40 % of their speed and yaw."""

    west_deg: float = 15.5
    south_deg: float = 54.7
    east_deg: float = 20.0
    north_deg: float = 55.95
    start_s: float = utc_s(17, 9)
    end_s: float = utc_s(17, 21)
    from_deg: float = 255.0  # deg, where the wind blows from

    def strength(self, motion: Motion) -> Array:
        """0 outside the storm, 1 in it, eased over half an hour; (n,)."""
        inside = (
            (motion.lon_deg >= self.west_deg)
            & (motion.lon_deg <= self.east_deg)
            & (motion.lat_deg >= self.south_deg)
            & (motion.lat_deg <= self.north_deg)
        )
        blowing = inside * eased(motion.t_s, self.start_s, self.end_s, 3600.0)
        width = int(1800 / GRID_S)
        padded = np.pad(blowing, (width // 2, width - width // 2 - 1), mode="edge")
        eased_in: Array = np.convolve(padded, np.full(width, 1.0 / width), mode="valid")
        return eased_in

    def headwind(self, motion: Motion) -> Array:
        """1 dead into the wind, 0 abeam or with it; (n,)."""
        off = np.cos(np.radians(motion.cog_deg - self.from_deg))
        against: Array = np.maximum(off, 0.0)
        return against


STORM = Storm()


@dataclass(frozen=True, slots=True)
class Voyage:
    """What a ship means to do: a line, from a place on it at a time, at a speed."""

    line: Line
    t_s: Array
    start_m: float
    speed_kn: Array


def presence(rng: np.random.Generator, low_h: float, high_h: float) -> Array:
    """Time grid of a stay of `low_h` to `high_h` hours anywhere in the window."""
    hours = rng.uniform(low_h, high_h)
    start_s = START_S + np.round(rng.uniform(0, WINDOW_H - hours) * 3600.0)
    t_s: Array = start_s + np.arange(0.0, hours * 3600.0, GRID_S)
    return t_s


def own_line(
    rng: np.random.Generator, path: tuple[tuple[float, float], ...], sd: float = 0.01
) -> Line:
    """Lay a ship's own version of a path: waypoints off by `sd` degrees."""
    points = np.array(path) + rng.normal(0, sd, (len(path), 2))
    return make_line(points)


def draw_voyage(rng: np.random.Generator, speed_kn: float) -> Voyage:
    """Draw a voyage of 8-36 h on a trunk lane in either direction."""
    shares = np.array([share for _, share in lanes.TRUNK_LANES])
    path = lanes.TRUNK_LANES[int(rng.choice(len(shares), p=shares / shares.sum()))][0]
    line = own_line(rng, path if rng.random() < 0.5 else path[::-1])
    t_s = presence(rng, 8.0, 36.0)
    reach_m = speed_kn * KNOT_M_S * (t_s[-1] - t_s[0]) * 1.1
    start_m = rng.uniform(0.0, max(line.length_m - reach_m, 0.1 * line.length_m))
    return Voyage(line, t_s, start_m, own_speed(rng, t_s, speed_kn))


def timed(
    rng: np.random.Generator, line: Line, speed_kn: float, at_m: float, meets_s: float
) -> Voyage:
    """Draw a voyage that is `at_m` along the line at about `meets_s`."""
    before_s = min(rng.uniform(4, 9) * 3600.0, at_m / (speed_kn * KNOT_M_S), meets_s - START_S)
    hours = before_s / 3600.0 + rng.uniform(6, 12)
    t_s = np.round(meets_s - before_s) + np.arange(0.0, hours * 3600.0, GRID_S)
    t_s = t_s[t_s < START_S + WINDOW_H * 3600.0]
    start_m = at_m - before_s * speed_kn * KNOT_M_S
    return Voyage(line, t_s, start_m, own_speed(rng, t_s, speed_kn))


def own_speed(
    rng: np.random.Generator, t_s: Array, speed_kn: float, spread: float | None = None
) -> Array:
    """Speed (kn) around a mean: 2-5 % over an hour or two (sea, engine), 0.5 % in minutes."""
    spread = rng.uniform(0.02, 0.05) if spread is None else spread
    slow = spread * noise(rng, len(t_s), rng.uniform(2400, 7200) / GRID_S)
    quick = 0.005 * noise(rng, len(t_s), 15.0)
    speed: Array = speed_kn * np.maximum(1.0 + slow + quick, 0.2)
    return speed


def under_way(
    rng: np.random.Generator,
    voyage: Voyage,
    cycle: tuple[float, float, float] | None = None,
) -> Motion:
    """Sail a voyage: hand or autopilot steering, the storm where it blows, the end of the line.

    `cycle` is a clean course cycle of an autopilot: ship's length (m), deviation (deg), wavelength
    in lengths.
    """
    t_s, line = voyage.t_s, voyage.line
    calm = sail(line, t_s, voyage.start_m + travelled(t_s, voyage.speed_kn))
    strength, against = STORM.strength(calm), STORM.headwind(calm)
    loss = strength * (0.05 + (rng.uniform(0.2, 0.4) - 0.05) * against)
    loss = loss * (1.0 + 0.15 * noise(rng, len(t_s), 900.0 / GRID_S))
    s_m = voyage.start_m + travelled(t_s, voyage.speed_kn * (1.0 - loss))
    hunting = wander(rng, s_m, rng.uniform(300, 800), rng.uniform(0.15, 0.5))
    lateral = hunting + wander(rng, s_m, rng.uniform(4e3, 1e4), rng.uniform(0.2, 0.6))
    lateral = lateral + strength * wander(rng, s_m, rng.uniform(150, 300), rng.uniform(0.8, 1.6))
    yaw = rng.uniform(0.1, 0.5) * noise(rng, len(t_s), rng.uniform(40, 150) / GRID_S, 2)
    yaw = yaw + strength * 2.5 * noise(rng, len(t_s), rng.uniform(20, 60) / GRID_S, 2)
    yaw = yaw + rng.normal(0, 1.5)  # leeway and compass; constant
    if cycle is not None:
        sway, swing = limit_cycle(rng, s_m, *cycle)
        lateral, yaw = lateral + sway, yaw + swing
    status = 15 if rng.random() < 0.03 else 0
    return sail(line, t_s, s_m, lateral, yaw, status).cut(s_m < line.length_m)


def by_place(line: Line, t_s: Array, places_m: list[float], speeds_kn: list[float]) -> Array:
    """Distance in time when the speed is a function of the place."""
    s = np.arange(0.0, line.length_m, 5.0)
    v = np.interp(s, places_m, speeds_kn) * KNOT_M_S
    clock = np.concatenate([[0.0], np.cumsum(5.0 / ((v[1:] + v[:-1]) / 2))])
    reached: Array = np.interp(t_s - t_s[0], clock, s)
    return reached


def there_and_back(
    rng: np.random.Generator, line: Line, t_s: Array, s_m: Array, lateral_m: Array
) -> Motion:
    """Sail a line in both directions; alongside, the ship keeps the heading she came in with."""
    out = sail(line, t_s, s_m, lateral_m)
    ahead = np.gradient(s_m, t_s)
    moving = np.abs(ahead) > 0.05
    last = np.maximum.accumulate(np.where(moving, np.arange(len(t_s)), 0))
    back = ahead[last] < 0
    course = np.interp(s_m, line.s_m, line.bearing_deg) + 180.0 * back
    slope = np.degrees(np.arctan(np.gradient(lateral_m, t_s) / np.where(moving, ahead, np.inf)))
    yaw = 0.4 * noise(rng, len(t_s), 8.0, 2) * moving
    status = np.where(moving, 0, still_status(rng, 5)).astype(np.uint8)
    return Motion(
        t_s, out.lon_deg, out.lat_deg, out.sog_kn, course + slope, course + slope + yaw, status
    )


def free(
    rng: np.random.Generator,
    centre: Array,
    t_s: Array,
    east_m: Array,
    north_m: Array,
    yaw_deg: float,
    nav_status: int,
) -> Motion:
    """Movement given as metres east and north of a centre."""
    bearing, away = np.degrees(np.arctan2(east_m, north_m)), np.hypot(east_m, north_m)
    n = len(t_s)
    lon, lat, _ = GEOD.fwd(np.full(n, centre[0]), np.full(n, centre[1]), bearing, away)
    ve, vn = np.gradient(east_m, t_s), np.gradient(north_m, t_s)
    cog = np.unwrap(np.degrees(np.arctan2(ve, vn)), period=360.0)
    yaw = yaw_deg * noise(rng, n, 40.0 / GRID_S, 2)
    status = np.full(n, nav_status, np.uint8)
    return Motion(t_s, lon, lat, np.hypot(ve, vn) / KNOT_M_S, cog, cog + yaw, status)


def still_status(rng: np.random.Generator, right: int) -> int:
    """Status of a ship that lies still: a third say "under way" (Danish feed, 2013: 33 %)."""
    return 0 if rng.random() < 0.33 else right


def smoothed(values: Array, width_s: float) -> Array:
    """Boxcar mean of a column on the time grid; the ends stand still beyond themselves."""
    width = max(int(width_s / GRID_S), 1)
    padded = np.pad(np.asarray(values, float), (width // 2, width - width // 2 - 1), mode="edge")
    sums = np.cumsum(np.concatenate([[0.0], padded]))
    mean: Array = (sums[width:] - sums[:-width]) / width
    return mean
