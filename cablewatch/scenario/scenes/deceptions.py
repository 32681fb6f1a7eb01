"""Scenes of reports that are not true: misled receivers, shared and changed identities."""

from dataclasses import replace

import numpy as np

from cablewatch.scenario.scenes.craft import CARGO, FIRST_MMSI, FISHING, Craft
from cablewatch.scenario.scenes.faults import (
    circling,
    frozen,
    on_one_point,
    renumbered,
    silent,
)
from cablewatch.scenario.scenes.helm import Helm
from cablewatch.scenario.scenes.model import Actor, Expected, Script, Stage
from cablewatch.scenario.scenes.setting import (
    MIDDLE,
    START_S,
    at,
    cable,
    passing,
    place,
    stations,
)
from cablewatch.scenario.scenes.under_way import EVERYTHING
from cablewatch.scenario.ship import Motion

JAMMED_H = (6.0, 7.0)  # h
JAMMED = (at(JAMMED_H[0]), at(JAMMED_H[1]))
MANY_H = tuple(np.linspace(4.0, 9.0, 12).tolist())  # so that all are there while it lasts
FIRST = Craft(FIRST_MMSI, "SCENE FIRST", CARGO, 100, 9100031)
SECOND = Craft(FIRST_MMSI + 1, "SCENE SECOND", CARGO, 100, 9100032)
FISHER = Craft(FIRST_MMSI, "SCENE SET", FISHING, 22, class_b=True, gyro=False)
DEFAULT_MMSI = 1_193_046  # 0x123456, as some sets leave the factory


def jamming_circles(rng: np.random.Generator) -> Stage:
    """All receivers of the area report circles about one point on a cable for an hour."""
    edits = (circling(*JAMMED, *place(200.0, 1000.0), float(rng.uniform(400, 1500)), 18.0),)
    return Stage(passing(rng, MANY_H, edits), stations(), (cable(),))


def jamming_point(rng: np.random.Generator) -> Stage:
    """All receivers of the area report one point on a cable for an hour."""
    edits = (on_one_point(*JAMMED, *place(50.0, 1000.0)),)
    return Stage(passing(rng, MANY_H, edits), stations(), (cable(),))


def jamming_frozen(rng: np.random.Generator) -> Stage:
    """All receivers of the area go on reporting their last fix for an hour."""
    return Stage(passing(rng, MANY_H, (frozen(*JAMMED),)), stations(), (cable(),))


def shared_mmsi(rng: np.random.Generator) -> Stage:
    """One ship saws over a cable for ten hours; another 250 km off sails by under her number."""
    helm = Helm(rng, FIRST, START_S, 60.0, 9.0, (-20e3, -8e3))
    helm.steer_to(-800.0, 0.0, 9.0)
    for number in range(40):
        side = 1 if number % 2 == 0 else -1
        helm.steer_to(side * 400.0, float(rng.uniform(-800, 800)), float(rng.uniform(2.2, 3.2)))
    helm.steer_to(20e3, 10e3, 9.0)
    far = place(-180e3, -170e3)
    twin = passing(rng, (7.0,), middle=far, sailed_h=14.0)[0]
    namesake = replace(FIRST, name="SCENE NAMESAKE", length_m=180, imo=9100033)
    ships = (
        Actor(FIRST, helm.motion(MIDDLE)),
        Actor(namesake, twin.motion),
        *passing(rng, (3.0, 6.0, 9.0, 12.0)),
    )
    return Stage(ships, (*stations(), ("sc-far", *far)), (cable(),))


def _crossing(rng: np.random.Generator, craft: Craft) -> Motion:
    """Sail over the cable at hour six."""
    kn, course = float(rng.uniform(8.0, 11.0)), float(rng.uniform(60.0, 120.0))
    helm = Helm(rng, craft, START_S, course, kn)
    helm.sail(360, kn, course).mark("cable").sail(300, kn, course)
    return helm.motion(MIDDLE, "cable", 0.0, float(rng.uniform(-3e3, 3e3)))


def identity_swap(rng: np.random.Generator) -> Stage:
    """One number falls silent half a mile before a cable; another goes on in her place."""
    motion = _crossing(rng, FIRST)
    change_s = at(6.0) - float(rng.uniform(240.0, 480.0))
    ships = (
        Actor(FIRST, motion, (silent(change_s, np.inf),)),
        Actor(SECOND, motion, (silent(0.0, change_s + 20.0),)),
        *passing(rng, (3.0, 5.0, 7.0, 9.0)),
    )
    return Stage(ships, stations(), (cable(),))


def two_names(rng: np.random.Generator) -> Stage:
    """One ship says two names and two IMO numbers in turn."""
    says = FIRST, replace(FIRST, name="SCENE OTHER", imo=9100034)
    ships = Actor(FIRST, _crossing(rng, FIRST), says=says), *passing(rng, (3.0, 5.0, 7.0, 9.0))
    return Stage(ships, stations(), (cable(),))


def mmsi_corrected(rng: np.random.Generator) -> Stage:
    """A set that came with a factory's number is given its own at sea."""
    edits = (renumbered(DEFAULT_MMSI, 0.0, at(5.0)),)
    ships = Actor(FISHER, _crossing(rng, FISHER), edits), *passing(rng, (3.0, 5.0, 7.0, 9.0))
    return Stage(ships, stations(), (cable(),))


_SPOOFED = "circles and clusters as published of GNSS spoofing; hours as in the Baltic, 2024"

SCRIPTS = (
    Script(
        "jamming-circles",
        "Twelve ships report circles about one point on a cable for an hour, at 18 kn.",
        _SPOOFED,
        jamming_circles,
        notices=("gnss_interference_suspect",),
    ),
    Script(
        "jamming-point",
        "Twelve ships report one point on a cable for an hour.",
        _SPOOFED,
        jamming_point,
        notices=("gnss_interference_suspect",),
    ),
    Script(
        "jamming-frozen",
        "Twelve ships report their last fix for an hour, speed and course with it.",
        _SPOOFED,
        jamming_frozen,
        notices=("position_speed_conflict",),
    ),
    Script(
        "shared-mmsi",
        "A cargo ship saws over a cable for ten hours; another, 250 km off, sails by under the "
        "same number.",
        "Hong Tai 58 shared her number with other ships",
        shared_mmsi,
        expected=(Expected(FIRST_MMSI, "loitering", "warning"),),
        notices=("mmsi_shared",),
    ),
    Script(
        "identity-swap",
        "A ship's number falls silent half a mile before a cable; another number and name goes on "
        "in her place within a minute and 50 m.",
        "Shunxing 39: a second identity within 1 min and about 50 ft",
        identity_swap,
        expected=(Expected(FIRST_MMSI + 1, "identity", "watch"),),
    ),
    Script(
        "two-names",
        "A ship that crosses a cable says two names and two IMO numbers in turn.",
        "assumed",
        two_names,
        expected=(Expected(FIRST_MMSI, "identity", "watch"),),
    ),
    Script(
        "mmsi-corrected",
        "A fishing boat's set sends a factory's number until it is given its own at sea.",
        "assumed",
        mmsi_corrected,
        never=tuple((FIRST_MMSI, kind) for kind in EVERYTHING),
    ),
)
