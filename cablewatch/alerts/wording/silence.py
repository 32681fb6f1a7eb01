"""Sentences of the rule of falling silent."""

import math

from cablewatch.alerts.wording.values import Value, Words


def _speed_across(v: Value) -> str:
    if math.isnan(v["speed_across"]):
        return "speed across the silence not computed: the ship was not heard again by then"
    return (
        f"made good {v['speed_across']:.0%} of its speed over the silence, of the slower one "
        "before and after it"
    )


def _cable_distance(v: Value) -> str:
    if math.isnan(v["cable_distance"]):
        return "cable distance not computed: none was within reach by then"
    return (
        f"a cable lay {v['cable_distance']:.1f} nmi from the last position, within reach of the "
        "ship's speed by then"
    )


WORDS: Words = {
    "reception": lambda v: (
        "not heard for a whole half hour; reception alone leaves at most "
        f"{v['reception']:.1%} of such ships silent"
    ),
    "speed_across": _speed_across,
    "silent_time": lambda v: f"had not been heard for {v['silent_time']:.0f} min",
    "witnesses": lambda v: (
        f"{v['witnesses']:.0f} other ships under way were heard late in that half hour, by each "
        "station that heard it (where none is named, around there)"
    ),
    "vanished": lambda v: (
        f"{v['vanished']:.0f} other ships around fell silent in the same half hour"
        if v["vanished"]
        else "no other ship around fell silent with it"
    ),
    "coverage": lambda v: (
        f"{v['coverage']:.1%} of the ships under way there fall silent (a day's count, begun from "
        "one in ten)"
    ),
    "coverage_votes": lambda v: (
        f"that rests on {v['coverage_votes']:.0f} half hours of ships under way, up to half an "
        "hour before"
    ),
    "own_gaps": lambda v: (
        f"had fallen silent for half an hour and more {v['own_gaps']:.0f} times before"
        if v["own_gaps"]
        else "had not fallen silent before"
    ),
    "own_bins": lambda v: f"was heard in {v['own_bins']:.0f} half hours of the two days before",
    "speed_before": lambda v: f"sailed at {v['speed_before']:.1f} kn when it was last heard",
    "cable_distance": _cable_distance,
}

SAY_WHY = {"speed_across", "cable_distance"}
"""Terms whose sentence says why there is no value."""
