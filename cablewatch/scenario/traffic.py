"""The other ships of the window: what each class of background traffic does.

All ships are invented: their numbers start with 299, a country code that is not assigned, and
their names say what they are. Speeds, habits and shares are assumed unless a source is on the line.
Each function draws one ship's movement from her own generator.
"""

from collections.abc import Callable
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
    offset,
    sail,
    travelled,
    wander,
)
from cablewatch.scenario.yi_peng_3 import START_S, utc_s
from cablewatch.units import KNOT_M_S

WINDOW_H = 72.0  # h, 16-18 November 2024
FIRST_MMSI = 299_000_001  # country code 299 is not assigned

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
        off: Array = np.cos(np.radians(motion.cog_deg - self.from_deg))
        return np.maximum(off, 0.0)


STORM = Storm()


@dataclass(frozen=True, slots=True)
class Voyage:
    """What a ship means to do: a line, from a place on it at a time, at a speed."""

    line: Line
    t_s: Array
    start_m: float
    speed_kn: Array


def background(rng: np.random.Generator, kind: str, length_m: float) -> Motion:
    """One ship of a class of :data:`SHARES`."""
    return SHARES[kind][1](rng, length_m)


def composition(count: int) -> list[str]:
    """Classes of `count` ships, in the shares of :data:`SHARES`, none left out from 40 ships on.

    >>> composition(100).count("lane"), len(composition(300))
    (26, 300)
    """
    edges = np.cumsum([share for share, _ in SHARES.values()])
    at = (np.arange(count) + 0.5) / count * edges[-1]
    names = list(SHARES)
    return [names[k] for k in np.searchsorted(edges, at)]


def lane(rng: np.random.Generator, length_m: float) -> Motion:
    """A merchant ship under way at her own speed, 9-17 kn."""
    return _under_way(rng, _voyage(rng, float(np.clip(rng.normal(12.5, 1.8), 9.0, 17.0))), length_m)


def autopilot(rng: np.random.Generator, length_m: float) -> Motion:
    """As `lane`, with a clean course cycle of 1-3 degrees and 6-16 lengths (design, section 4)."""
    voyage = _voyage(rng, float(rng.uniform(11.0, 15.5)))
    s_m = voyage.start_m + travelled(voyage.t_s, voyage.speed_kn)
    cycle = limit_cycle(rng, s_m, length_m, rng.uniform(1.0, 3.0), rng.uniform(6.0, 16.0))
    return _under_way(rng, voyage, length_m, cycle)


def slow_steamer(rng: np.random.Generator, length_m: float) -> Motion:
    """Half steam at 7-9.5 kn throughout; half slow down by 15-35 % on the way, to arrive on time."""
    if rng.random() < 0.5:
        return _under_way(rng, _voyage(rng, float(rng.uniform(7.0, 9.5))), length_m)
    voyage = _voyage(rng, float(rng.uniform(11.0, 14.0)))
    hours = (voyage.t_s - voyage.t_s[0]) / 3600.0
    change_h, ramp_h = rng.uniform(0.25, 0.75) * hours[-1], rng.uniform(0.05, 0.5)
    drop = rng.uniform(0.15, 0.35) * np.clip((hours - change_h) / ramp_h, 0.0, 1.0)
    slower = Voyage(voyage.line, voyage.t_s, voyage.start_m, voyage.speed_kn * (1.0 - drop))
    return _under_way(rng, slower, length_m)


def storm(rng: np.random.Generator, length_m: float) -> Motion:
    """A ship that heads into the storm: timed to be in the middle of it while it blows."""
    path = (lanes.KLAIPEDA_LANE, lanes.GDANSK_WEST_LANE)[int(rng.integers(2))]
    meets_s = rng.uniform(STORM.start_s + 3 * 3600, STORM.end_s - 3 * 3600)
    line = _line(rng, path)
    at_m = line.nearest_m(rng.uniform(17.0, 18.5), 55.2)
    return _under_way(rng, _timed(rng, line, rng.uniform(10.5, 14.5), at_m, meets_s), length_m)


def outage(rng: np.random.Generator, length_m: float) -> Motion:
    """A ship on a lane that is in the middle of a region while its receivers are down."""
    hole = OUTAGES[int(rng.integers(len(OUTAGES)))]
    centre = (hole.west_deg + hole.east_deg) / 2, (hole.south_deg + hole.north_deg) / 2
    paths = [path for path, _ in lanes.TRUNK_LANES]
    near = [p for p in paths if np.hypot(*(np.array(p) - centre).T).min() < 1.0]
    line = _line(rng, near[int(rng.integers(len(near)))])
    meets_s = (hole.start_s + hole.end_s) / 2
    speed_kn = rng.uniform(10.0, 14.0)
    return _under_way(
        rng, _timed(rng, line, speed_kn, line.nearest_m(*centre), meets_s), length_m
    )


def pilotage(rng: np.random.Generator, length_m: float) -> Motion:
    """Arrival: full speed, 20-40 min at 5-8 kn to take the pilot, 8-10 kn in, alongside."""
    line = _line(rng, lanes.APPROACHES[int(rng.integers(len(lanes.APPROACHES)))], 0.003)
    full, boarding, inside = rng.uniform(11, 14), rng.uniform(5, 8), rng.uniform(8, 10)
    fairway_m = line.length_m - rng.uniform(12_000, 18_000)
    boarding_m = boarding * KNOT_M_S * rng.uniform(1200, 2400)
    places = [0, fairway_m - boarding_m - 3000, fairway_m - boarding_m, fairway_m]
    places += [fairway_m + 1500, line.length_m - 2500, line.length_m - 200, line.length_m]
    speeds = [full, full, boarding, boarding, inside, inside, 1.5, 0.4]
    t_s = _presence(rng, 10.0, 22.0)
    s_m = _by_place(line, t_s, np.array(places), np.array(speeds))
    s_m = np.minimum(s_m, line.length_m - 20.0)
    lateral = wander(rng, s_m, 600.0, 0.4)
    berthed = s_m > line.length_m - 150.0
    status = np.where(berthed, _still_status(rng, 5), 0)
    return sail(line, t_s, s_m, lateral, 0.5 * noise(rng, len(t_s), 8.0, 2) * ~berthed, status)


def ferry(rng: np.random.Generator, length_m: float) -> Motion:
    """To and fro on a route, alongside for one to three hours at each end, by timetable."""
    path, speed_kn = lanes.FERRY_ROUTES[int(rng.integers(len(lanes.FERRY_ROUTES)))]
    line = _line(rng, path, 0.004)
    speed_kn *= rng.uniform(0.94, 1.03)
    t_s = _presence(rng, 10.0, 26.0)
    ends = [0, 200, 3000, 9000, line.length_m - 9000, line.length_m - 3000, line.length_m - 200]
    speeds = np.array([1.0, 3.0, 9.0, speed_kn, speed_kn, 9.0, 3.0, 1.0])
    crossing = _by_place(line, np.arange(0.0, 36 * 3600.0, GRID_S), [*ends, line.length_m], speeds)
    sailing = int(np.searchsorted(crossing, line.length_m - 30.0))
    one_way = np.minimum(crossing[:sailing], line.length_m - 20.0)
    berth = np.full(int(rng.uniform(3600, 10_800) / GRID_S), one_way[-1])
    berth_back = np.full(len(berth), one_way[0])
    cycle = np.concatenate([one_way, berth, line.length_m - one_way, berth_back])
    s_m = cycle[(np.arange(len(t_s)) + int(rng.integers(len(cycle)))) % len(cycle)]
    return _there_and_back(rng, line, t_s, s_m, wander(rng, s_m, 400.0, 0.6))


def waiting_zigzag(rng: np.random.Generator, length_m: float) -> Motion:
    """Sawing to and fro in open water without orders: legs of 3-9 nm at 3-6 kn for many hours."""
    ground = lanes.WAITING_GROUNDS[int(rng.integers(len(lanes.WAITING_GROUNDS)))]
    centre = np.array(ground) + rng.normal(0, 0.05, 2)
    axis, leg_nm = rng.uniform(0, 180), rng.uniform(3, 9)
    t_s = _presence(rng, 14.0, 40.0)
    turns = int(80 / leg_nm) + 20
    sides = np.where(np.arange(turns) % 2, 1.0, -1.0) * rng.normal(1, 0.12, turns)
    away = sides * leg_nm / 2 * 1852.0
    skew = axis + rng.normal(0, 8, turns) + rng.normal(0, 4, turns).cumsum()
    lon, lat, _ = GEOD.fwd(
        np.full(turns, centre[0]), np.full(turns, centre[1]), skew, away, radians=False
    )
    line = make_line(np.stack([lon, lat], axis=1), 600.0)
    speed = _own_speed(rng, t_s, float(rng.uniform(3.0, 6.0)), 0.06)
    s_m = np.minimum(travelled(t_s, speed), line.length_m - 100.0)
    yaw = 1.0 * noise(rng, len(t_s), 10.0, 2)
    return sail(line, t_s, s_m, wander(rng, s_m, 500.0, 0.8), yaw)


def fishing(rng: np.random.Generator, length_m: float) -> Motion:
    """Trawling at 2-4 kn with turns, shifting at 7-9 kn between hauls, drifting to sort the catch."""
    ground = lanes.FISHING_GROUNDS[int(rng.integers(len(lanes.FISHING_GROUNDS)))]
    t_s = _presence(rng, 8.0, 30.0)
    hours = (t_s - t_s[0]) / 3600.0
    edges = np.cumsum(rng.uniform(0.4, 3.0, 80))
    leg = np.searchsorted(edges, hours)
    work = rng.choice([0, 1, 2], 81, p=[0.68, 0.22, 0.10])
    pace = np.where(work == 0, rng.uniform(2.2, 3.8, 81), rng.uniform(7.0, 9.0, 81))
    pace = np.where(work == 2, rng.uniform(0.2, 0.8, 81), pace)
    speed = _smoothed(pace[leg], 300.0) * (1 + 0.06 * noise(rng, len(t_s), 120.0 / GRID_S))
    turn = rng.uniform(0, 360) + np.cumsum(rng.choice([-1, 1], 81) * rng.uniform(60, 180, 81))
    course = _smoothed(turn[leg], 360.0) + 12.0 * noise(rng, len(t_s), 900.0 / GRID_S, 2)
    course = course + 2.5 * noise(rng, len(t_s), 60.0 / GRID_S, 2)
    east = travelled(t_s, speed * np.sin(np.radians(course)))
    north = travelled(t_s, speed * np.cos(np.radians(course)))
    centre = np.array(ground) + rng.normal(0, 0.08, 2)
    # the ground is small: a slow return keeps the ship within some 15 nm of it
    east, north = (v - _smoothed(v, 6 * 3600.0) * 0.9 for v in (east, north))
    return _free(rng, centre, t_s, east, north, 3.0, 7)


def anchorage(rng: np.random.Generator, length_m: float) -> Motion:
    """At anchor: swings with the wind on a circle, horses to and fro, hardly moves."""
    place = lanes.ANCHORAGES[int(rng.integers(len(lanes.ANCHORAGES)))]
    centre = np.array(place) + rng.normal(0, 0.02, 2)
    t_s = _presence(rng, 12.0, 40.0)
    radius_m = length_m * rng.uniform(0.6, 0.9) + rng.uniform(60, 180)
    wind = rng.uniform(0, 360) + 35.0 * noise(rng, len(t_s), 4 * 3600.0 / GRID_S, 2)
    cycles = 2 * np.pi * (t_s - t_s[0]) / rng.uniform(480, 900)
    horse = rng.uniform(4, 14) * np.sin(cycles + 0.6 * noise(rng, len(t_s), 1800.0 / GRID_S, 2))
    astern = wind + 180.0 + horse
    east, north = radius_m * np.sin(np.radians(astern)), radius_m * np.cos(np.radians(astern))
    motion = _free(rng, centre, t_s, east, north, 0.0, _still_status(rng, 1))
    heading = wind + 1.8 * np.gradient(horse, t_s) * 60.0 - horse
    return Motion(*[getattr(motion, n) for n in Motion.__slots__[:5]], heading, motion.nav_status)


def small_craft(rng: np.random.Generator, length_m: float) -> Motion:
    """A yacht or small work boat near the coast, 4-8 kn with long curves."""
    ground = lanes.COASTAL_WATERS[int(rng.integers(len(lanes.COASTAL_WATERS)))]
    t_s = _presence(rng, 8.0, 14.0)
    speed = _own_speed(rng, t_s, float(rng.uniform(4.0, 8.0)), 0.10)
    course = rng.uniform(0, 360) + 70.0 * noise(rng, len(t_s), 2400.0 / GRID_S, 2)
    course = course + 4.0 * noise(rng, len(t_s), 5.0, 2)
    course = course + 25.0 * (t_s - t_s[0]) / 3600.0  # rounds, so that the boat stays about
    east = travelled(t_s, speed * np.sin(np.radians(course)))
    north = travelled(t_s, speed * np.cos(np.radians(course)))
    return _free(rng, np.array(ground), t_s, east, north, 2.0, 15)


Maker = Callable[[np.random.Generator, float], Motion]

SHARES: dict[str, tuple[float, Maker]] = {  # class: (share of the ships, its maker)
    "lane": (0.26, lane),
    "autopilot": (0.06, autopilot),
    "slow_steamer": (0.10, slow_steamer),
    "storm": (0.09, storm),
    "outage": (0.07, outage),
    "pilotage": (0.09, pilotage),
    "ferry": (0.08, ferry),
    "waiting_zigzag": (0.05, waiting_zigzag),
    "fishing": (0.09, fishing),
    "anchorage": (0.07, anchorage),
    "small_craft": (0.04, small_craft),
}


def _presence(rng: np.random.Generator, low_h: float, high_h: float) -> Array:
    """Time grid of a stay of `low_h` to `high_h` hours anywhere in the window."""
    hours = rng.uniform(low_h, high_h)
    start_s = START_S + np.round(rng.uniform(0, WINDOW_H - hours) * 3600.0)
    return start_s + np.arange(0.0, hours * 3600.0, GRID_S)


def _line(rng: np.random.Generator, path: tuple[tuple[float, float], ...], sd: float = 0.01) -> Line:
    """A ship's own version of a path, either way where the path is a lane."""
    points = np.array(path) + rng.normal(0, sd, (len(path), 2))
    return make_line(points)


def _voyage(rng: np.random.Generator, speed_kn: float) -> Voyage:
    """A voyage of 8-36 h on a trunk lane in either direction."""
    shares = np.array([share for _, share in lanes.TRUNK_LANES])
    path = lanes.TRUNK_LANES[int(rng.choice(len(shares), p=shares / shares.sum()))][0]
    line = _line(rng, path if rng.random() < 0.5 else path[::-1])
    t_s = _presence(rng, 8.0, 36.0)
    reach_m = speed_kn * KNOT_M_S * (t_s[-1] - t_s[0]) * 1.1
    start_m = rng.uniform(0.0, max(line.length_m - reach_m, 0.1 * line.length_m))
    return Voyage(line, t_s, start_m, _own_speed(rng, t_s, speed_kn))


def _timed(
    rng: np.random.Generator, line: Line, speed_kn: float, at_m: float, meets_s: float
) -> Voyage:
    """A voyage that is `at_m` along the line at about `meets_s`."""
    before_s = min(rng.uniform(4, 9) * 3600.0, at_m / (speed_kn * KNOT_M_S), meets_s - START_S)
    hours = before_s / 3600.0 + rng.uniform(6, 12)
    t_s = np.round(meets_s - before_s) + np.arange(0.0, hours * 3600.0, GRID_S)
    t_s = t_s[t_s < START_S + WINDOW_H * 3600.0]
    start_m = at_m - before_s * speed_kn * KNOT_M_S
    return Voyage(line, t_s, start_m, _own_speed(rng, t_s, speed_kn))


def _own_speed(
    rng: np.random.Generator, t_s: Array, speed_kn: float, spread: float | None = None
) -> Array:
    """Speed (kn) around a mean: 2-5 % over an hour or so (sea, current, engine), 0.5 % in minutes."""
    spread = rng.uniform(0.02, 0.05) if spread is None else spread
    slow = spread * noise(rng, len(t_s), rng.uniform(2400, 7200) / GRID_S)
    return speed_kn * np.maximum(1.0 + slow + 0.005 * noise(rng, len(t_s), 15.0), 0.2)


def _under_way(
    rng: np.random.Generator,
    voyage: Voyage,
    length_m: float,
    cycle: tuple[Array, Array] | None = None,
) -> Motion:
    """Sail a voyage: hand or autopilot steering, the storm where it blows, the end of the line."""
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
        lateral, yaw = lateral + cycle[0], yaw + cycle[1]
    status = 15 if rng.random() < 0.03 else 0
    return sail(line, t_s, s_m, lateral, yaw, status).cut(s_m < line.length_m)


def _by_place(line: Line, t_s: Array, places_m: Array, speeds_kn: Array) -> Array:
    """Distance in time when the speed is a function of the place."""
    s = np.arange(0.0, line.length_m, 5.0)
    v = np.interp(s, places_m, speeds_kn) * KNOT_M_S
    clock = np.concatenate([[0.0], np.cumsum(5.0 / ((v[1:] + v[:-1]) / 2))])
    reached: Array = np.interp(t_s - t_s[0], clock, s)
    return reached


def _there_and_back(
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
    status = np.where(moving, 0, _still_status(rng, 5)).astype(np.uint8)
    return Motion(
        t_s, out.lon_deg, out.lat_deg, out.sog_kn, course + slope, course + slope + yaw, status
    )


def _free(
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


def _still_status(rng: np.random.Generator, right: int) -> int:
    """Status of a ship that lies still: a third say "under way" (Danish feed, 2013: 33 %)."""
    return 0 if rng.random() < 0.33 else right


def _smoothed(values: Array, width_s: float) -> Array:
    width = max(int(width_s / GRID_S), 1)
    padded = np.pad(np.asarray(values, float), (width // 2, width - width // 2 - 1), mode="edge")
    sums = np.cumsum(np.concatenate([[0.0], padded]))
    return (sums[width:] - sums[:-width]) / width
