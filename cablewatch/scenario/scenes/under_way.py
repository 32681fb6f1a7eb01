"""Scenes of ships under way: zigzag, dragging, stopping, drifting."""

from dataclasses import replace
from functools import partial

import numpy as np

from cablewatch.scenario.scenes.at_anchor import SHACKLE_M
from cablewatch.scenario.scenes.craft import CARGO, FIRST_MMSI, FISHING, TUG, Craft
from cablewatch.scenario.scenes.helm import Helm
from cablewatch.scenario.scenes.model import Actor, Edit, Expected, Script, Stage
from cablewatch.scenario.scenes.mooring import Rig, Weather
from cablewatch.scenario.scenes.setting import (
    DEPTH_M,
    MIDDLE,
    START_S,
    at,
    cable,
    passing,
    stations,
)

ZIGZAG = Craft(FIRST_MMSI, "SCENE ZIGZAG", CARGO, 80, 9100011)
DRAGGER = Craft(FIRST_MMSI, "SCENE DRAGGER", CARGO, 160, 9100012)
DRIFTER = Craft(FIRST_MMSI, "SCENE DRIFTER", CARGO, 150, 9100013)
HALF_NM = 926.0  # m
PASSING_H = (2.0, 4.0, 6.0, 8.0, 10.0, 12.0)
EVERYTHING = (
    *("anchor_drag", "anchor_drag_at_anchor", "anchored_on_cable", "loitering", "drifting"),
    *("silence", "identity"),
)


def zigzag(rng: np.random.Generator, edits: tuple[Edit, ...] = ()) -> Stage:
    """Cross a cable to and fro for two days within half a mile of it, at anchor now and then."""
    helm = Helm(rng, ZIGZAG, START_S, 70.0, 9.0, (-30e3, -10e3))
    helm.steer_to(-HALF_NM, 0.0, 9.0)
    rig = Rig(5 * SHACKLE_M, DEPTH_M, weight_n_m=500.0)  # chain of 52 mm
    side, north, next_h = 1, 0.0, 8.0
    while helm.t_s < at(48.0):
        north += float(rng.uniform(-900.0, 900.0)) - 0.2 * north
        helm.steer_to(side * rng.uniform(0.5, 0.85) * HALF_NM, north, float(rng.uniform(2.2, 3.4)))
        side = -side
        if helm.t_s > at(next_h):
            wind = Weather(float(rng.uniform(0, 360)), 15e3, stream_n=8e3, stream_deg=20.0)
            helm.sail(12, 0.4, helm.course_deg).anchor(float(rng.uniform(60, 240)), rig, wind)
            next_h += float(rng.uniform(9.0, 14.0))
    helm.steer_to(20e3, 15e3, 9.0)
    hours = np.arange(3.0, 50.0, 4.5)
    ships = Actor(ZIGZAG, helm.motion(MIDDLE), edits), *passing(rng, hours.tolist(), edits)
    return Stage(ships, stations(), (cable(),))


def anchor_drag(
    rng: np.random.Generator, edits: tuple[Edit, ...] = (), craft: Craft = DRAGGER
) -> Stage:
    """Tow an anchor over a cable for two and a half hours, stop to heave it in, go on."""
    kn, course = float(rng.uniform(10.5, 12.5)), float(rng.uniform(75.0, 105.0))
    helm = Helm(rng, craft, START_S, course, kn)
    helm.sail(240, kn, course).mark("drop")
    helm.tow(150, kn, float(rng.uniform(0.62, 0.78)), float(rng.uniform(3.0, 5.0)), 8.0)
    helm.drift(float(rng.uniform(40, 90)), (0.3, 0.8), course + 60.0).sail(180, kn, course)
    motion = helm.motion(MIDDLE, "drop", -16e3, -2e3)
    ships = Actor(craft, motion, edits), *passing(rng, PASSING_H, edits)
    return Stage(ships, stations(), (cable(),))


def slow_leg_and_stop(rng: np.random.Generator) -> Stage:
    """Lose 15-25 % of the speed without a fishtail, stop an hour in open water, go on as before."""
    kn, course = float(rng.uniform(11.0, 12.5)), float(rng.uniform(75.0, 105.0))
    helm = Helm(rng, DRAGGER, START_S, course, kn)
    helm.sail(240, kn, course).mark("slower")
    helm.sail(150, kn * float(rng.uniform(0.75, 0.85)), course)
    helm.drift(60, (0.3, 0.8), course + 60.0).sail(180, kn, course)
    motion = helm.motion(MIDDLE, "slower", -16e3, -2e3)
    return Stage((Actor(DRAGGER, motion), *passing(rng, PASSING_H)), stations(), (cable(),))


def pilot_stop(rng: np.random.Generator) -> Stage:
    """Slow down, lie stopped over a cable for a quarter of an hour to take a pilot, go in."""
    helm = Helm(rng, DRAGGER, START_S, 80.0, 12.0)
    helm.sail(270, 12.0, 80.0).sail(25, 6.0, 80.0).mark("boarding")
    helm.drift(float(rng.uniform(10, 25)), (0.2, 0.6), 110.0).sail(120, 9.0, 120.0)
    helm.sail(30, 4.0, 120.0)
    motion = helm.motion(MIDDLE, "boarding", -300.0, 500.0)
    return Stage((Actor(DRAGGER, motion), *passing(rng, PASSING_H)), stations(), (cable(),))


def drifting(
    rng: np.random.Generator,
    kn: tuple[float, float] = (0.4, 0.9),
    hours: float = 11.0,
    craft: Craft = DRIFTER,
    edits: tuple[Edit, ...] = (),
) -> Stage:
    """Lose the engine and drift over a cable, beam to the way."""
    toward = float(rng.uniform(70.0, 110.0))
    helm = Helm(rng, craft, START_S, 20.0, 10.0)
    helm.sail(180, 10.0, 20.0).mark("adrift")
    side = 1 if rng.random() < 0.5 else -1
    helm.drift(hours * 60.0, kn, toward, side).sail(120, 10.0, 20.0)
    half_m = 0.5 * hours * 3600.0 * sum(kn) / 2.0 * 0.5144
    motion = helm.motion(MIDDLE, "adrift", -half_m, 0.0)
    ships = Actor(craft, motion, edits), *passing(rng, (*PASSING_H, 14.0), edits)
    return Stage(ships, stations(), (cable(),))


_DRAG_SOURCE = "v/v0 = sqrt(1 - F/R0); fishtail of 3-5 degrees and 8 lengths, assumed"
_DRIFT_SOURCE = "Danish cases: 0.4-0.9 kn for 11 h, beam to the way"

SCRIPTS = (
    Script(
        "zigzag",
        "A small cargo ship crosses a cable to and fro for two days within half a mile of it, at "
        "anchor for an hour or some now and then.",
        "Hong Tai 58, 22-24 February 2025, within 0.5 nm of TP3",
        zigzag,
        expected=(Expected(FIRST_MMSI, "loitering", "warning"),),
        may=((FIRST_MMSI, "anchored_on_cable"),),
    ),
    Script(
        "anchor-drag",
        "A cargo ship tows her anchor over a cable for two and a half hours at 0.62-0.78 of her "
        "speed, fishtailing, stops to heave it in and goes on at her old speed.",
        _DRAG_SOURCE,
        anchor_drag,
        expected=(Expected(FIRST_MMSI, "anchor_drag", "critical"),),
    ),
    Script(
        "slow-leg-and-stop",
        "A cargo ship loses 15-25 % of her speed without a fishtail, stops an hour in open water "
        "and goes on at her old speed.",
        "recovery stop: 15-240 min between a slower leg and one at least 15 % faster",
        slow_leg_and_stop,
        may=((FIRST_MMSI, "anchor_drag"),),
    ),
    Script(
        "pilot-stop",
        "A cargo ship slows down, lies stopped over a cable for a quarter of an hour to take a "
        "pilot, and goes in at 9 kn.",
        "assumed",
        pilot_stop,
        never=tuple(
            (FIRST_MMSI, kind) for kind in EVERYTHING if kind not in ("drifting", "anchor_drag")
        ),
    ),
    Script(
        "drifting",
        "A cargo ship loses her engine and drifts over a cable at 0.4-0.9 kn for 11 h, beam to "
        "the way.",
        _DRIFT_SOURCE,
        drifting,
        (Expected(FIRST_MMSI, "drifting"),),
    ),
    Script(
        "drifting-fast",
        "A cargo ship drifts over a cable at 1-3 kn for 6 h, beam to the way.",
        "Danish cases: 1-3 kn",
        partial(drifting, kn=(1.0, 3.0), hours=6.0),
        (Expected(FIRST_MMSI, "drifting"),),
    ),
    Script(
        "drifting-tug",
        "A tug drifts over a cable at 0.4-0.9 kn for 11 h, beam to the way.",
        _DRIFT_SOURCE,
        partial(drifting, craft=Craft(FIRST_MMSI, "SCENE TUG", TUG, 32, 9100014)),
        (Expected(FIRST_MMSI, "drifting", "info"),),
    ),
    Script(
        "drifting-fishing",
        "A fishing boat drifts over a cable at 0.4-0.9 kn for 11 h, beam to the way.",
        _DRIFT_SOURCE,
        partial(drifting, craft=Craft(FIRST_MMSI, "SCENE FISHER", FISHING, 26)),
        (Expected(FIRST_MMSI, "drifting", "info"),),
    ),
    Script(
        "drifting-without-heading",
        "A cargo ship whose reports carry no heading drifts over a cable at 0.4-0.9 kn for 11 h.",
        _DRIFT_SOURCE,
        partial(drifting, craft=replace(DRIFTER, gyro=False)),
        never=((FIRST_MMSI, "drifting"),),
    ),
)
