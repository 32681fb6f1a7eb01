"""Scenes of silence: ships that go dark, stations that fail, the edge of what is heard."""

import numpy as np

from cablewatch.scenario.scenes.craft import CARGO, FIRST_MMSI, FIRST_NEIGHBOUR, Craft
from cablewatch.scenario.scenes.faults import silent, station_down
from cablewatch.scenario.scenes.helm import Helm
from cablewatch.scenario.scenes.model import Actor, Edit, Expected, Script, Stage
from cablewatch.scenario.scenes.setting import (
    MIDDLE,
    START_S,
    at,
    cable,
    passing,
    place,
    stations,
)

DARK = Craft(FIRST_MMSI, "SCENE DARK", CARGO, 170, 9100021)
NEIGHBOURS_H = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 8.5, 9.0, 9.5, 10.0, 11.0, 12.0, 13.0, 15.0)
CROSSES_H = 9.0  # h, when the dark ship is over the cable
DOWN_H = (8.0, 10.0)  # h, the station hears nothing
EDGE_M = 75.0 * 1852.0  # m, where half is heard: ``reception.RANGE_NM``


def _dark(
    rng: np.random.Generator,
    comes_back: bool,
    craft: Craft = DARK,
    edits: tuple[Edit, ...] = (),
) -> Stage:
    kn, course = float(rng.uniform(10.0, 13.5)), float(rng.uniform(60.0, 120.0))
    half_h = float(rng.uniform(0.5, 3.5))
    helm = Helm(rng, craft, START_S, course, kn)
    helm.sail(CROSSES_H * 60.0, kn, course).mark("cable").sail(7 * 60.0, kn, course)
    gone = silent(at(CROSSES_H - half_h), at(CROSSES_H + half_h) if comes_back else np.inf)
    motion = helm.motion(MIDDLE, "cable", 0.0, float(rng.uniform(-3e3, 3e3)))
    ships = Actor(craft, motion, (gone, *edits)), *passing(rng, NEIGHBOURS_H, edits)
    return Stage(ships, stations(), (cable(),))


def dark_over_cable(
    rng: np.random.Generator, craft: Craft = DARK, edits: tuple[Edit, ...] = ()
) -> Stage:
    """Fall silent for 1-7 h about a cable while others are heard, and come back beyond it."""
    return _dark(rng, True, craft, edits)


def dark_for_good(rng: np.random.Generator) -> Stage:
    """Fall silent before a cable while others are heard, and never come back."""
    return _dark(rng, False)


def station_outage(rng: np.random.Generator) -> Stage:
    """Lose a station for two hours: everybody whom it hears is silent, ships elsewhere are not."""
    elsewhere = place(-220e3, -150e3)
    sites = ("sc-mid", *place(25e3, 10e3)), ("sc-far", *elsewhere)
    down = (station_down(0, at(DOWN_H[0]), at(DOWN_H[1])),)
    here = passing(rng, NEIGHBOURS_H, down)
    there = passing(rng, NEIGHBOURS_H[::2], down, middle=elsewhere, first=len(here))
    return Stage((*here, *there), sites, (cable(),))


def _edge(rng: np.random.Generator, outward: bool) -> Stage:
    """Two stations to the west, one behind the other, and a lane across the edge of their range."""
    sites = ("sc-wes", *place(-EDGE_M, 0.0)), ("sc-wst", *place(-EDGE_M - 90e3, 20e3))
    course = 90.0 if outward else 270.0
    ships = []
    for number, hour in enumerate(NEIGHBOURS_H):
        craft = Craft(FIRST_NEIGHBOUR + number, f"SCENE EDGE {number:02d}", CARGO, 150)
        kn = float(rng.uniform(11.0, 13.5))
        helm = Helm(rng, craft, at(hour) - 6 * 3600.0, course, kn)
        helm.sail(360, kn, course).mark("edge").sail(360, kn, course)
        motion = helm.motion(MIDDLE, "edge", 0.0, float(rng.uniform(-8e3, 8e3)))
        ships.append(Actor(craft, motion))
    return Stage(tuple(ships), sites, (cable(),))


def coverage_edge(rng: np.random.Generator) -> Stage:
    """Sail out of range, one ship after another, where a cable runs."""
    return _edge(rng, True)


def first_heard(rng: np.random.Generator) -> Stage:
    """Come into range, one ship after another, where a cable runs."""
    return _edge(rng, False)


SCRIPTS = (
    Script(
        "dark-over-cable",
        "A cargo ship falls silent for 1-7 h about a cable, while the same stations go on hearing "
        "at least four others, and comes back beyond it.",
        "assumed",
        dark_over_cable,
        expected=(Expected(FIRST_MMSI, "silence"),),
    ),
    Script(
        "dark-for-good",
        "A cargo ship falls silent up to 3.5 h before a cable, while others are heard, and never "
        "comes back.",
        "assumed",
        dark_for_good,
        expected=(Expected(FIRST_MMSI, "silence"),),
    ),
    Script(
        "station-outage",
        "A station fails for two hours: all ships that it hears are silent at once, one of them "
        "over a cable; a far station goes on.",
        "assumed",
        station_outage,
    ),
    Script(
        "coverage-edge",
        "Ships sail out of the range of the only stations one after another, where a cable runs.",
        "range of 75 nm where half is heard, assumed",
        coverage_edge,
    ),
    Script(
        "first-heard",
        "Ships come into range for the first time one after another, where a cable runs.",
        "as coverage-edge",
        first_heard,
    ),
)
