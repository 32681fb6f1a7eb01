"""What a rule measured, in a sentence a mariner reads: value, unit, and what it speaks for.

Sentences speak of the strongest moment of the episode, so in the past tense. A value that could not
be computed says why; no sentence says why a ship behaves as it does.
"""

import math
from collections.abc import Callable

Value = dict[str, float]


def _speed_loss(v: Value) -> str:
    others = "too few other ships in this area to compare"
    if not math.isnan(v["neighbours"]):
        others = f"ships in this area made {v['neighbours']:.0%} of theirs"
    return f"made {v['speed_loss']:.0%} of its own usual {v['own_speed']:.1f} kn; {others}"


def _course_cycle(v: Value) -> str:
    if math.isnan(v["course_cycle"]):
        return (
            "course cycle not computed: needs reports at most 60 s apart for 20 minutes at 4-16 kn "
            f"on a steady course (median interval here {v['report_interval']:.0f} s)"
        )
    habit = "its own habit is not known yet"
    if not math.isnan(v["own_cycle"]):
        habit = f"beyond its own habit of up to {v['own_cycle']:.1f} degrees"
    if v["course_cycle"] < 0.05 or math.isnan(v["cycle_period"]):
        return f"no cycle of the course; {habit}"
    return (
        f"course and track swung together by {v['course_cycle']:.1f} degrees every "
        f"{v['cycle_period']:.0f} s; {habit}"
    )


def _slow_hours(v: Value) -> str:
    if math.isnan(v["slow_hours"]):
        return "speed made good not computed: less than two hours of positions, or no way made"
    return f"made good at most {v['slow_hours']:.1f} kn over each of the last two hours"


WORDS: dict[str, Callable[[Value], str]] = {
    "prior": lambda v: f"stated prior: {v['prior']:.2%} of such episodes near cables",
    "speed_loss": _speed_loss,
    "course_cycle": _course_cycle,
    "slow_hours": _slow_hours,
    "returns": lambda v: (
        f"crossed one cable {v['returns']:.0f} times without leaving the corridors"
    ),
    "course_change": lambda v: f"turned by {v['course_change']:.1f} degrees a minute on average",
    "time_in_corridor": lambda v: f"in the corridor for {v['time_in_corridor']:.1f} h",
    "way_sailed": lambda v: f"sailed {v['way_sailed']:.1f} nmi in the last two hours",
    "cycle_period": lambda v: f"period of the cycle {v['cycle_period']:.0f} s",
    "own_speed": lambda v: f"upper quartile of its own moving speed {v['own_speed']:.1f} kn",
    "neighbours": lambda v: f"ships in this area made {v['neighbours']:.0%} of their own speed",
    "own_cycle": lambda v: f"by habit its course swings by up to {v['own_cycle']:.1f} degrees",
    "report_interval": lambda v: f"median report interval {v['report_interval']:.0f} s",
}


def sentence(name: str, values: Value) -> str:
    """Sentence for one term, given all values of its rule; says so where it was not computed."""
    alone = name not in ("course_cycle", "slow_hours")
    if alone and math.isnan(values[name]):
        return f"{name.replace('_', ' ')} not computed"
    return WORDS[name](values)
