"""Where scenes are played: a made-up cable in the open North Sea, stations, ships that pass.

The middle of a scene lies in open water with 40 m of depth and a tidal stream; the stations stand
on platforms about it. The cable runs from north to south through the middle. Figures are assumed
unless a source is on the line.
"""

from collections.abc import Sequence

import numpy as np
import shapely

from cablewatch.cables.model import Cable
from cablewatch.scenario.reception import Site
from cablewatch.scenario.scenes.craft import CARGO, FIRST_NEIGHBOUR, TANKER, Craft
from cablewatch.scenario.scenes.helm import Helm, unit
from cablewatch.scenario.scenes.model import Actor, Edit
from cablewatch.scenario.ship import GEOD

MIDDLE = (4.5, 56.0)  # lon, lat
START_S = 1_740_787_200  # 1 March 2025, 00:00 UTC
DEPTH_M = 40.0  # m, about what charts of these waters show
HOUR_S = 3600.0
ROUTE_M = ((3000.0, 70e3), (0.0, 15e3), (0.0, -15e3), (-4000.0, -70e3))  # east, north of the middle
TRADES = (CARGO, TANKER, 71, 79, 82)


def at(hours: float) -> float:
    """Unix seconds of so many hours into a scene."""
    return START_S + hours * HOUR_S


def place(
    east_m: float, north_m: float, middle: tuple[float, float] = MIDDLE
) -> tuple[float, float]:
    """Longitude and latitude of a place about the middle."""
    lon, lat, _ = GEOD.fwd(
        *middle, float(np.degrees(np.arctan2(east_m, north_m))), float(np.hypot(east_m, north_m))
    )
    return float(lon), float(lat)


def cable(
    points_m: Sequence[tuple[float, float]] = (
        (3000.0, 70e3),
        (0.0, 15e3),
        (0.0, -15e3),
        (-4e3, -70e3),
    ),
    middle: tuple[float, float] = MIDDLE,
    name: str = "scene-north",
) -> Cable:
    """A surveyed cable through places (east, north) of the middle."""
    line = [place(*point, middle) for point in points_m]
    return Cable(
        id=name,
        name="Scene North (invented)",
        kind="telecom",
        owner="",
        status="in service",
        source="invented for a scene",
        licence="CC0-1.0",
        position_class="surveyed",
        position_uncertainty_m=50.0,
        protection_zone_m=200.0,
        zone_basis="Danish convention, 200 m on each side",
        route=shapely.MultiLineString([line]),
    )


def stations(middle: tuple[float, float] = MIDDLE) -> tuple[Site, ...]:
    """Three stations, 45-60 km from the middle: each hears all of a scene."""
    sites = (("sc-nor", 12e3, 52e3), ("sc-sea", 40e3, -28e3), ("sc-swe", -46e3, -35e3))
    return tuple((name, *place(east, north, middle)) for name, east, north in sites)


def passing(
    rng: np.random.Generator,
    hours: Sequence[float],
    edits: tuple[Edit, ...] = (),
    middle: tuple[float, float] = MIDDLE,
    lane_deg: float = 55.0,
    sailed_h: float = 8.0,
    off_m: tuple[float, float] = (2500.0, 14e3),
    first: int = 0,
) -> tuple[Actor, ...]:
    """Merchant ships in a two-way lane, each nearest to the middle at one of `hours`.

    They cross the cable as ships do, at 10-14 kn, and pass the middle at a distance of `off_m`.
    Their numbers count from `first`.
    """
    ships = []
    for number, hour in enumerate(hours, first):
        length_m = int(rng.integers(90, 230))
        trade = TRADES[int(rng.integers(len(TRADES)))]
        craft = Craft(FIRST_NEIGHBOUR + number, f"SCENE PASSING {number:02d}", trade, length_m)
        course = lane_deg + 180.0 * (number % 2) + rng.normal(0.0, 3.0)
        kn = float(rng.uniform(10.0, 14.0))
        half = 30.0 * sailed_h
        helm = Helm(rng, craft, at(hour) - half * 60.0, course, kn)
        helm.sail(half, kn, course).mark("nearest").sail(half, kn, course)
        east, north = unit(course + 90.0) * rng.uniform(*off_m)
        ships.append(Actor(craft, helm.motion(middle, "nearest", east, north), edits))
    return tuple(ships)
