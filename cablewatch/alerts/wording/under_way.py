"""Sentences of the rules on ships under way: drag, loitering, drifting."""

import math

from cablewatch.alerts.wording.values import Value, Words
from cablewatch.engine.drift import CHAIN_M, LENGTH_M
from cablewatch.engine.fishtail import (
    CYCLE_MOST_DEG,
    CYCLE_NONE_DEG,
    LENGTHS_HIGH,
    LENGTHS_LOW,
)
from cablewatch.engine.recovery import STOP_KN, STOP_LEAST_MIN, STOP_MOST_MIN
from cablewatch.units import KNOT_M_S
from cablewatch.vessels.ship_classes import class_of


def _speed_loss(v: Value) -> str:
    compared = not math.isnan(v["neighbours"])
    others = _neighbours(v) if compared else "too few other ships in this area to compare"
    usual = f"{v['own_speed']:.1f} kn"
    usual = f"its own usual {usual}" if math.isnan(v["ship_type"]) else f"the {usual} of its class"
    return f"made {v['speed_loss']:.0%} of {usual} over the strongest minute; {others}"


def _own_speed(v: Value) -> str:
    speed = f"{v['own_speed']:.1f} kn"
    if math.isnan(v["ship_type"]):
        return f"upper quartile of its own moving speed {speed}"
    unknown = math.isnan(v["length"])
    long = "whose length is not known" if unknown else f"of {v['length']:.0f} m"
    return (
        "own speed not learnt yet: typical for a "
        f"{_class(v)} {long}, {speed}, which counts for less"
    )


def _class(v: Value) -> str:
    name = class_of(int(v["ship_type"]))
    return "cargo ship" if name == "cargo" else name


def _neighbours(v: Value) -> str:
    return (
        f"ships in this area made {v['neighbours']:.0%} of their own speed on average over two "
        "hours, to within an hour before"
    )


def _course_cycle(v: Value) -> str:
    if math.isnan(v["course_cycle"]):
        return (
            "course cycle not computed: needs eight courses over 15 of the last 20 minutes, at "
            f"4-16 kn on a steady course (median interval then {v['report_interval']:.0f} s)"
        )
    known = not math.isnan(v["own_cycle"])
    habit = "its own habit is not known yet"
    if known:
        habit = f"its own habit of up to {v['own_cycle']:.1f} degrees"
    if v["course_cycle"] < 0.05 or math.isnan(v["cycle_period"]):
        wave = "no cycle" if math.isnan(v["cycle_gain"]) else "no cycle that is clear of a wander"
        return f"{wave} of the course{' beyond' if known else ';'} {habit}"
    return (
        f"course and track swung together by {v['course_cycle']:.1f} degrees, as far as no "
        f"wander,{f' more than {habit}' if known else ''} every {v['cycle_period']:.0f} s"
        f"{'' if known else f'; {habit}'}{_refuted(v)}"
    )


def _refuted(v: Value) -> str:
    """Why a cycle counts for nothing; empty where it counts."""
    if v["course_cycle"] > CYCLE_MOST_DEG:
        return (
            f"; not counted: more than {CYCLE_MOST_DEG:.0f} degrees, and the bow of a tow yaws by "
            "a few"
        )
    sailed = v["cycle_period"] * v["speed_loss"] * v["own_speed"] * KNOT_M_S / v["length"]
    if v["course_cycle"] < CYCLE_NONE_DEG or not (sailed < LENGTHS_LOW or sailed > LENGTHS_HIGH):
        return ""
    return (
        f"; not counted: {sailed:.0f} lengths of the {v['length']:.0f} m the ship gives itself "
        f"lie in a period, of a tow {LENGTHS_LOW:g}-{LENGTHS_HIGH:g}"
    )


def _length(v: Value) -> str:
    if math.isnan(v["length"]):
        return "length not computed: none was said twice, or two were"
    return f"says it is {v['length']:.0f} m long"


def _recovery_stop(v: Value) -> str:
    if math.isnan(v["recovery_stop"]):
        return (
            f"no stop of {STOP_LEAST_MIN}-{STOP_MOST_MIN} minutes between a slower and a faster "
            "leg was seen by then"
        )
    return (
        f"lay still, below {STOP_KN:g} kn, for {v['recovery_stop']:.0f} min, as to weigh an anchor "
        f"takes: made {v['came_kn']:.1f} kn at most in the hour before and {v['after_kn']:.1f} kn "
        "after, by positions"
    )


def _slow_hours(v: Value) -> str:
    if math.isnan(v["slow_hours"]):
        return (
            "speed made good not computed: needs two hours of positions, two nautical miles of way "
            "and less than 6 kn on average in a corridor"
        )
    return f"made good {v['slow_hours']:.1f} kn in the faster of the two hours before"


def _off_heading(v: Value) -> str:
    if math.isnan(v["off_heading"]):
        return "angle between bow and way not computed: needs headings, and 0.3-5 kn of way"
    return (
        f"its bow lay {v['off_heading']:.0f} degrees off the way that it made over ten minutes, in "
        "its own frame"
    )


def _way_adrift(v: Value) -> str:
    known = not math.isnan(v["length"])
    long = "its length" if known else f"{LENGTH_M:.0f} m, as no length is known"
    return (
        f"made {v['way_adrift']:.0f} m from place to place so, of at most two hours; at anchor it "
        f"could swing over twice {CHAIN_M:.0f} m of chain and {long}"
    )


def _nav_status(v: Value) -> str:
    if math.isnan(v["nav_status"]):
        return "navigational status not computed: none was said"
    said = STATUSES.get(int(v["nav_status"]), "another status")
    return f"said {said} (navigational status {v['nav_status']:.0f}); it is set by hand"


STATUSES = {
    0: '"under way using engine"',
    1: '"at anchor"',
    2: '"not under command"',
    3: '"restricted manoeuvrability"',
    5: '"moored"',
    6: '"aground"',
    7: '"engaged in fishing"',
    8: '"under way sailing"',
}
"""What some navigational statuses say; ITU-R M.1371-5, table 45."""


WORDS: Words = {
    "speed_loss": _speed_loss,
    "course_cycle": _course_cycle,
    "recovery_stop": _recovery_stop,
    "slow_hours": _slow_hours,
    "returns": lambda v: (
        f"crossed one cable at least {v['returns']:.0f} times in its stay"
        if v["returns"]
        else "crossed no cable in its stay"
    ),
    "course_change": lambda v: (
        f"turned by {v['course_change']:.1f} degrees a minute, a running mean of half an hour "
        "under way"
    ),
    "time_in_corridor": lambda v: (
        f"stayed in corridors for {v['time_in_corridor']:.1f} h, never heard out of them for ten "
        "minutes"
    ),
    "way_sailed": lambda v: (
        f"made {v['way_sailed']:.1f} nmi of way from place to place of every ten minutes, over at "
        "most two hours"
    ),
    "cycle_period": lambda v: f"period of the cycle {v['cycle_period']:.0f} s",
    "own_speed": _own_speed,
    "ship_type": lambda v: f"said that it is a {_class(v)} (type {v['ship_type']:.0f})",
    "neighbours": _neighbours,
    "own_cycle": lambda v: (
        f"by habit its course swings by up to {v['own_cycle']:.1f} degrees (mean and two standard "
        "deviations)"
    ),
    "report_interval": lambda v: f"running median of report intervals {v['report_interval']:.0f} s",
    "length": _length,
    "cycle_gain": lambda v: (
        f"that course and track {'swing' if v['cycle_gain'] > 0.0 else 'wander'} is likelier than "
        f"that they {'wander' if v['cycle_gain'] > 0.0 else 'swing'} by "
        f"{abs(v['cycle_gain']):.1f} nats"
    ),
    "off_heading": _off_heading,
    "way_adrift": _way_adrift,
    "time_adrift": lambda v: f"went so for {v['time_adrift']:.1f} h without a break of 15 minutes",
    "nav_status": _nav_status,
    "made_good": lambda v: f"made {v['made_good']:.1f} kn good over ten minutes",
    "cycle_held": lambda v: f"the cycle was found again for {v['cycle_held']:.0f} min",
}

SAY_WHY = {"course_cycle", "recovery_stop", "slow_hours", "length", "off_heading", "nav_status"}
"""Terms whose sentence says why there is no value."""
