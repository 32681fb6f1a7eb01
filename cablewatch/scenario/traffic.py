"""The other ships of the window: what each class of background traffic does.

All ships are invented: their numbers start with 299, a country code that is not assigned, and
their names say what they are. Speeds, habits and shares are assumed unless a source is on the line.
Each function draws one ship's movement from her own generator.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cablewatch.scenario import lanes
from cablewatch.scenario.ship import (
    GEOD,
    GRID_S,
    Motion,
    make_line,
    noise,
    sail,
    travelled,
    wander,
)
from cablewatch.scenario.voyages import (
    OUTAGES,
    STORM,
    by_place,
    draw_voyage,
    free,
    own_line,
    own_speed,
    presence,
    smoothed,
    still_status,
    there_and_back,
    timed,
    under_way,
)
from cablewatch.units import KNOT_M_S

FIRST_MMSI = 299_000_001  # country code 299 is not assigned


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
    """Sail a merchant ship at her own speed, 9-17 kn."""
    speed_kn = float(np.clip(rng.normal(12.5, 1.8), 9.0, 17.0))
    return under_way(rng, draw_voyage(rng, speed_kn))


def autopilot(rng: np.random.Generator, length_m: float) -> Motion:
    """As `lane`, with a clean course cycle of 1-3 degrees and 6-16 lengths (design, section 4)."""
    voyage = draw_voyage(rng, float(rng.uniform(11.0, 15.5)))
    cycle = (length_m, float(rng.uniform(1.0, 3.0)), float(rng.uniform(6.0, 16.0)))
    return under_way(rng, voyage, cycle)


def slow_steamer(rng: np.random.Generator, length_m: float) -> Motion:
    """Half steam at 7-9.5 kn throughout; half slow down by 15-35 % on the way, for a slot."""
    if rng.random() < 0.5:
        return under_way(rng, draw_voyage(rng, float(rng.uniform(7.0, 9.5))))
    voyage = draw_voyage(rng, float(rng.uniform(11.0, 14.0)))
    hours = (voyage.t_s - voyage.t_s[0]) / 3600.0
    change_h, ramp_h = rng.uniform(0.25, 0.75) * hours[-1], rng.uniform(0.05, 0.5)
    drop = rng.uniform(0.15, 0.35) * np.clip((hours - change_h) / ramp_h, 0.0, 1.0)
    slower = replace(voyage, speed_kn=voyage.speed_kn * (1.0 - drop))
    return under_way(rng, slower)


def storm(rng: np.random.Generator, length_m: float) -> Motion:
    """Head into the storm: timed to be in the middle of it while it blows."""
    path = (lanes.KLAIPEDA_LANE, lanes.GDANSK_WEST_LANE)[int(rng.integers(2))]
    meets_s = rng.uniform(STORM.start_s + 3 * 3600, STORM.end_s - 3 * 3600)
    line = own_line(rng, path)
    at_m = line.nearest_m(rng.uniform(17.0, 18.5), 55.2)
    return under_way(rng, timed(rng, line, rng.uniform(10.5, 14.5), at_m, meets_s))


def outage(rng: np.random.Generator, length_m: float) -> Motion:
    """Be on a lane in the middle of a region while its receivers are down."""
    hole = OUTAGES[int(rng.integers(len(OUTAGES)))]
    centre = (hole.west_deg + hole.east_deg) / 2, (hole.south_deg + hole.north_deg) / 2
    paths = [path for path, _ in lanes.TRUNK_LANES]
    near = [p for p in paths if np.hypot(*(np.array(p) - centre).T).min() < 1.0]
    line = own_line(rng, near[int(rng.integers(len(near)))])
    meets_s = (hole.start_s + hole.end_s) / 2
    speed_kn = rng.uniform(10.0, 14.0)
    return under_way(rng, timed(rng, line, speed_kn, line.nearest_m(*centre), meets_s))


def pilotage(rng: np.random.Generator, length_m: float) -> Motion:
    """Arrival: full speed, 20-40 min at 5-8 kn to take the pilot, 8-10 kn in, alongside."""
    line = own_line(rng, lanes.APPROACHES[int(rng.integers(len(lanes.APPROACHES)))], 0.003)
    full, boarding, inside = rng.uniform(11, 14), rng.uniform(5, 8), rng.uniform(8, 10)
    fairway_m = line.length_m - rng.uniform(12_000, 18_000)
    boarding_m = boarding * KNOT_M_S * rng.uniform(1200, 2400)
    places = [0, fairway_m - boarding_m - 3000, fairway_m - boarding_m, fairway_m]
    places += [fairway_m + 1500, line.length_m - 2500, line.length_m - 200, line.length_m]
    speeds = [full, full, boarding, boarding, inside, inside, 1.5, 0.4]
    t_s = presence(rng, 10.0, 22.0)
    s_m = by_place(line, t_s, places, speeds)
    s_m = np.minimum(s_m, line.length_m - 20.0)
    lateral = wander(rng, s_m, 600.0, 0.4)
    berthed = s_m > line.length_m - 150.0
    status = np.where(berthed, still_status(rng, 5), 0)
    return sail(line, t_s, s_m, lateral, 0.5 * noise(rng, len(t_s), 8.0, 2) * ~berthed, status)


def ferry(rng: np.random.Generator, length_m: float) -> Motion:
    """To and fro on a route, alongside for one to three hours at each end, by timetable."""
    path, speed_kn = lanes.FERRY_ROUTES[int(rng.integers(len(lanes.FERRY_ROUTES)))]
    line = own_line(rng, path, 0.004)
    speed_kn *= rng.uniform(0.94, 1.03)
    t_s = presence(rng, 10.0, 26.0)
    ends = [0, 200, 3000, 9000, line.length_m - 9000, line.length_m - 3000, line.length_m - 200]
    speeds = [1.0, 3.0, 9.0, speed_kn, speed_kn, 9.0, 3.0, 1.0]
    crossing = by_place(line, np.arange(0.0, 36 * 3600.0, GRID_S), [*ends, line.length_m], speeds)
    sailing = int(np.searchsorted(crossing, line.length_m - 30.0))
    one_way = np.minimum(crossing[:sailing], line.length_m - 20.0)
    berth = np.full(int(rng.uniform(3600, 10_800) / GRID_S), one_way[-1])
    berth_back = np.full(len(berth), one_way[0])
    cycle = np.concatenate([one_way, berth, line.length_m - one_way, berth_back])
    s_m = cycle[(np.arange(len(t_s)) + int(rng.integers(len(cycle)))) % len(cycle)]
    return there_and_back(rng, line, t_s, s_m, wander(rng, s_m, 400.0, 0.6))


def waiting_zigzag(rng: np.random.Generator, length_m: float) -> Motion:
    """Sawing to and fro in open water without orders: legs of 3-9 nm at 3-6 kn for many hours."""
    ground = lanes.WAITING_GROUNDS[int(rng.integers(len(lanes.WAITING_GROUNDS)))]
    centre = np.array(ground) + rng.normal(0, 0.05, 2)
    axis, leg_nm = rng.uniform(0, 180), rng.uniform(3, 9)
    t_s = presence(rng, 14.0, 40.0)
    turns = int(80 / leg_nm) + 20
    sides = np.where(np.arange(turns) % 2, 1.0, -1.0) * rng.normal(1, 0.12, turns)
    away = sides * leg_nm / 2 * 1852.0
    skew = axis + rng.normal(0, 8, turns) + rng.normal(0, 4, turns).cumsum()
    lon, lat, _ = GEOD.fwd(
        np.full(turns, centre[0]), np.full(turns, centre[1]), skew, away, radians=False
    )
    line = make_line(np.stack([lon, lat], axis=1), 600.0)
    speed = own_speed(rng, t_s, float(rng.uniform(3.0, 6.0)), 0.06)
    s_m = np.minimum(travelled(t_s, speed), line.length_m - 100.0)
    yaw = 1.0 * noise(rng, len(t_s), 10.0, 2)
    return sail(line, t_s, s_m, wander(rng, s_m, 500.0, 0.8), yaw)


def fishing(rng: np.random.Generator, length_m: float) -> Motion:
    """Trawl at 2-4 kn with turns, shift at 7-9 kn between hauls, drift to sort the catch."""
    ground = lanes.FISHING_GROUNDS[int(rng.integers(len(lanes.FISHING_GROUNDS)))]
    t_s = presence(rng, 8.0, 30.0)
    hours = (t_s - t_s[0]) / 3600.0
    edges = np.cumsum(rng.uniform(0.4, 3.0, 80))
    leg = np.searchsorted(edges, hours)
    work = rng.choice([0, 1, 2], 81, p=[0.68, 0.22, 0.10])
    pace = np.where(work == 0, rng.uniform(2.2, 3.8, 81), rng.uniform(7.0, 9.0, 81))
    pace = np.where(work == 2, rng.uniform(0.2, 0.8, 81), pace)
    speed = smoothed(pace[leg], 300.0) * (1 + 0.06 * noise(rng, len(t_s), 120.0 / GRID_S))
    turn = rng.uniform(0, 360) + np.cumsum(rng.choice([-1, 1], 81) * rng.uniform(60, 180, 81))
    course = smoothed(turn[leg], 360.0) + 12.0 * noise(rng, len(t_s), 900.0 / GRID_S, 2)
    course = course + 2.5 * noise(rng, len(t_s), 60.0 / GRID_S, 2)
    east = travelled(t_s, speed * np.sin(np.radians(course)))
    north = travelled(t_s, speed * np.cos(np.radians(course)))
    centre = np.array(ground) + rng.normal(0, 0.08, 2)
    # the ground is small: a slow return keeps the ship within some 15 nm of it
    east, north = (v - smoothed(v, 6 * 3600.0) * 0.9 for v in (east, north))
    return free(rng, centre, t_s, east, north, 3.0, 7)


def anchorage(rng: np.random.Generator, length_m: float) -> Motion:
    """At anchor: swings with the wind on a circle, horses to and fro, hardly moves."""
    place = lanes.ANCHORAGES[int(rng.integers(len(lanes.ANCHORAGES)))]
    centre = np.array(place) + rng.normal(0, 0.02, 2)
    t_s = presence(rng, 12.0, 40.0)
    radius_m = length_m * rng.uniform(0.6, 0.9) + rng.uniform(60, 180)
    wind = rng.uniform(0, 360) + 35.0 * noise(rng, len(t_s), 4 * 3600.0 / GRID_S, 2)
    cycles = 2 * np.pi * (t_s - t_s[0]) / rng.uniform(600, 1200)
    horse = rng.uniform(2, 6) * np.sin(cycles + 0.6 * noise(rng, len(t_s), 1800.0 / GRID_S, 2))
    astern = wind + 180.0 + horse
    east, north = radius_m * np.sin(np.radians(astern)), radius_m * np.cos(np.radians(astern))
    motion = free(rng, centre, t_s, east, north, 0.0, still_status(rng, 1))
    heading = wind + 1.8 * np.gradient(horse, t_s) * 60.0 - horse
    return replace(motion, heading_deg=heading)


def small_craft(rng: np.random.Generator, length_m: float) -> Motion:
    """Take a yacht or work boat round near the coast, 4-8 kn in long curves."""
    ground = lanes.COASTAL_WATERS[int(rng.integers(len(lanes.COASTAL_WATERS)))]
    t_s = presence(rng, 8.0, 14.0)
    speed = own_speed(rng, t_s, float(rng.uniform(4.0, 8.0)), 0.10)
    course = rng.uniform(0, 360) + 40.0 * noise(rng, len(t_s), 2400.0 / GRID_S, 2)
    course = course + 4.0 * noise(rng, len(t_s), 5.0, 2)
    course = course + 100.0 * (t_s - t_s[0]) / 3600.0  # rounds, so that the boat stays about
    east = travelled(t_s, speed * np.sin(np.radians(course)))
    north = travelled(t_s, speed * np.cos(np.radians(course)))
    return free(rng, np.array(ground), t_s, east, north, 2.0, 15)


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
