"""Scenes of ships that lie still, or should: at anchor, at a berth, dragging at anchor."""

from dataclasses import replace
from functools import partial

import numpy as np

from cablewatch.fixes import Array
from cablewatch.scenario.scenes.craft import CARGO, FIRST_MMSI, TANKER, Craft
from cablewatch.scenario.scenes.helm import Helm, unit
from cablewatch.scenario.scenes.model import Actor, Edit, Expected, Script, Stage
from cablewatch.scenario.scenes.mooring import Rig, Weather
from cablewatch.scenario.scenes.setting import (
    DEPTH_M,
    MIDDLE,
    START_S,
    cable,
    passing,
    stations,
)
from cablewatch.scenario.ship import Motion, eased
from cablewatch.units import KNOT_M_S, NAUTICAL_MILE_M

SHACKLE_M = 27.5  # m of chain
SHIP = Craft(FIRST_MMSI, "SCENE ANCHOR", CARGO, 140, 9100001)
OTHER = Craft(FIRST_MMSI + 1, "SCENE WAITING", CARGO, 170, 9100002)
YOUNG_LADY = Craft(FIRST_MMSI, "SCENE TANKER", TANKER, 244, 9100003)
STILL = ("anchored_on_cable", "anchor_drag_at_anchor", "drifting", "loitering")
PASSING_H = (3.0, 6.0, 9.5, 13.0, 17.0, 21.0)

HARBOUR = (8.42, 55.46)  # lon, lat: off Esbjerg; berth and cable are invented
DRAG_NM = 1.3  # Young Lady 2007, MAIB 3/2008
DRAG_KN = 2.2  # kn of the anchor; with the yaw the ship reaches the published 3 kn
LEE_DEG = 194.0  # opposite to the middle of the headings between which she yawed, 320 and 068
YAW_DEG = 54.0  # half of the angle between them


def riding(
    rng: np.random.Generator, craft: Craft, east_m: float, north_m: float, hours: float = 20.0
) -> Motion:
    """Come, anchor with the anchor at a place, ride to wind and tide, and leave."""
    shackles = 3 if craft.class_b else 6
    light = 0.05 if craft.class_b else 1.0
    rig = Rig(shackles * SHACKLE_M, DEPTH_M, weight_n_m=1330.0 * light)
    wind = float(rng.uniform(0.0, 360.0))
    pulls = light * rng.uniform(25e3, 80e3), light * rng.uniform(10e3, 50e3)
    weather = Weather(wind, pulls[0], stream_n=pulls[1], stream_deg=float(rng.uniform(0, 180)))
    helm = Helm(rng, craft, START_S, (wind + 40.0) % 360.0, 11.0)
    helm.sail(100, 11.0, wind + 40.0).sail(25, 5.0, wind + 10.0).sail(15, 1.0, wind)
    helm.anchor(hours * 60.0, rig, weather).sail(20, 6.0, wind + 150.0).sail(90, 11.0, wind + 150.0)
    return helm.motion(MIDDLE, "anchor", east_m, north_m)


def _anchored(
    rng: np.random.Generator, craft: Craft, east_m: float, edits: tuple[Edit, ...] = ()
) -> Stage:
    ships = (
        Actor(craft, riding(rng, craft, east_m, float(rng.uniform(-6e3, 6e3))), edits),
        Actor(OTHER, riding(rng, OTHER, -6500.0, 2500.0), edits),
        *passing(rng, PASSING_H, edits),
    )
    return Stage(ships, stations(), (cable(),))


def anchored_on_cable(
    rng: np.random.Generator, craft: Craft = SHIP, edits: tuple[Edit, ...] = ()
) -> Stage:
    """Anchor within 100 m of the line; a small craft within 60 m."""
    off_m = min(100.0, 2.5 * craft.length_m)
    return _anchored(rng, craft, float(rng.uniform(-off_m, off_m)), edits)


def anchored_off_cable(rng: np.random.Generator) -> Stage:
    """The same, 3 km beside the line."""
    return _anchored(rng, SHIP, 3000.0)


def moored_at_landing(rng: np.random.Generator) -> Stage:
    """Lie at a berth within the protection zone, where the cable comes ashore."""
    helm = Helm(rng, SHIP, START_S, 80.0, 11.0)
    helm.sail(120, 11.0, 80.0).sail(30, 6.0, 70.0).sail(20, 2.5, 45.0).sail(12, 0.3, 45.0)
    helm.mark("berth").lie(18 * 60.0).sail(15, 2.0, 225.0).sail(30, 6.0, 250.0)
    helm.sail(60, 11.0, 260.0)
    landing = cable(((-60e3, -9e3), (-5e3, -500.0), (120.0, 60.0)), HARBOUR)
    ships = Actor(SHIP, helm.motion(HARBOUR, "berth")), *passing(rng, PASSING_H, middle=HARBOUR)
    return Stage(ships, stations(HARBOUR), (landing,))


def drag_at_anchor(rng: np.random.Generator) -> Stage:
    """Drag 1.3 nm to leeward on to a pipeline that runs across, and be held by it."""
    start_s, drag_s = 8 * 3600.0, 2.0 * DRAG_NM * NAUTICAL_MILE_M / (DRAG_KN * KNOT_M_S)

    def dragging(t: Array, lee: Array) -> Array:
        speed = DRAG_KN * KNOT_M_S * eased(t, start_s, start_s + drag_s, drag_s / 2.0)
        way: Array = unit(np.full(len(t), LEE_DEG)) * np.cumsum(speed) * (t[1] - t[0])
        return way

    def yaw(t: Array) -> Array:
        return 12.0 + (YAW_DEG - 12.0) * eased(
            t, start_s - 1200.0, start_s + drag_s + 900.0, 1200.0
        )

    storm = Weather(LEE_DEG - 180.0, 400e3, veers_deg=5.0, cycle_s=(1000.0, 1400.0))
    helm = Helm(rng, YOUNG_LADY, START_S, 60.0, 11.0)
    helm.sail(90, 11.0, 60.0).sail(30, 5.0, 30.0).sail(15, 1.0, LEE_DEG - 180.0)
    helm.anchor(11 * 60.0, Rig(8 * SHACKLE_M, 32.0), storm, dragging=dragging, yaw_deg=yaw)
    helm.sail(90, 8.0, 40.0)
    away = -unit(LEE_DEG) * DRAG_NM * NAUTICAL_MILE_M
    motion = helm.motion(MIDDLE, "anchor", float(away[0]), float(away[1]))
    line = cable(((-60e3, 4e3), (-9e3, 0.0), (9e3, 0.0), (60e3, -5e3)))
    return Stage((Actor(YOUNG_LADY, motion), *passing(rng, PASSING_H[:5])), stations(), (line,))


SCRIPTS = (
    Script(
        "anchored-on-cable",
        "A cargo ship comes, anchors within 100 m of a cable, swings with wind and tide for 20 h "
        "and leaves; another does so 6 km off.",
        "swing: sqrt(C^2 - (D + H)^2) and the catenary; 6 shackles in 40 m",
        anchored_on_cable,
        expected=(Expected(SHIP.mmsi, "anchored_on_cable", "warning"),),
        never=tuple((OTHER.mmsi, kind) for kind in STILL),
    ),
    Script(
        "anchored-without-heading",
        "A cargo ship whose reports carry no heading anchors on a cable for 20 h.",
        "13 % of class A send none (Danish feed, 2013)",
        partial(anchored_on_cable, craft=replace(SHIP, gyro=False)),
        expected=(Expected(SHIP.mmsi, "anchored_on_cable", "info"),),
        never=tuple((OTHER.mmsi, kind) for kind in STILL),
    ),
    Script(
        "anchored-off-cable",
        "A cargo ship anchors 3 km beside a cable for 20 h.",
        "as anchored-on-cable",
        anchored_off_cable,
        never=tuple((ship.mmsi, kind) for kind in STILL for ship in (SHIP, OTHER)),
    ),
    Script(
        "moored-at-landing",
        "A ship lies at a berth for 18 h, within the protection zone of a cable that comes ashore "
        "there.",
        "assumed",
        moored_at_landing,
        never=tuple((SHIP.mmsi, kind) for kind in STILL),
    ),
    Script(
        "drag-at-anchor",
        "A tanker at anchor in a storm drags 1.3 nm at up to 3 kn, yawing between 320 and 068 "
        "degrees, on to a pipeline and is held by it.",
        "Young Lady 2007, MAIB 3/2008",
        drag_at_anchor,
        expected=(Expected(YOUNG_LADY.mmsi, "anchor_drag_at_anchor", "warning"),),
        may=((YOUNG_LADY.mmsi, "drifting"), (YOUNG_LADY.mmsi, "anchored_on_cable")),
    ),
)
