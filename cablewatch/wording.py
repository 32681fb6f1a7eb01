"""What a rule measured, in a sentence a mariner reads: value, unit, and what it speaks for.

A value that could not be computed says why; no sentence says why a ship behaves as it does.
"""

import math
from collections.abc import Callable

Value = dict[str, float]


def _speed_loss(v: Value) -> str:
    return (
        f"makes {v['speed_loss']:.0%} of its own usual {v['own_speed']:.1f} kn; other ships in "
        f"this area make {v['neighbours']:.0%} of theirs"
    )


def _course_cycle(v: Value) -> str:
    if math.isnan(v["course_cycle"]):
        return (
            "course cycle not computed: needs reports at most 60 s apart for 20 minutes at 4-16 kn "
            f"on a steady course (median interval here {v['report_interval']:.0f} s)"
        )
    if v["course_cycle"] < 0.05 or math.isnan(v["cycle_period"]):
        return "no cycle of the course beyond the ship's own habit"
    return (
        f"course and track swing together by {v['course_cycle']:.1f} degrees every "
        f"{v['cycle_period']:.0f} s, beyond the ship's own habit"
    )


def _slow_hours(v: Value) -> str:
    if math.isnan(v["slow_hours"]):
        return "made good over hour blocks: not yet two hours in the corridor"
    return f"made good at most {v['slow_hours']:.1f} kn over each of the last two hours"


WORDS: dict[str, Callable[[Value], str]] = {
    "prior": lambda v: f"stated prior: {v['prior']:.2%} of such episodes near cables",
    "speed_loss": _speed_loss,
    "course_cycle": _course_cycle,
    "slow_hours": _slow_hours,
    "returns": lambda v: f"crossed one cable {v['returns']:.0f} times without leaving its corridor",
    "course_change": lambda v: f"turns by {v['course_change']:.1f} degrees a minute on average",
    "time_in_corridor": lambda v: f"in the corridor for {v['time_in_corridor']:.1f} h",
    "way_sailed": lambda v: f"sailed {v['way_sailed']:.1f} nmi in the last two hours",
    "cycle_period": lambda v: f"period of the cycle {v['cycle_period']:.0f} s",
    "own_speed": lambda v: f"upper quartile of its own moving speed {v['own_speed']:.1f} kn",
    "neighbours": lambda v: f"other ships in this area make {v['neighbours']:.0%} of their speed",
    "report_interval": lambda v: f"median report interval {v['report_interval']:.0f} s",
}


def sentence(name: str, values: Value) -> str:
    """Sentence for one term, given all values of its rule; says so where it was not computed."""
    alone = name not in ("course_cycle", "slow_hours")
    if alone and math.isnan(values[name]):
        return f"{name.replace('_', ' ')} not computed"
    return WORDS[name](values)
