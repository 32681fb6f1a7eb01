"""Sentences of the rule of changing identities."""

import math

from cablewatch.alerts.wording.values import Value, Words


def _place(v: Value) -> str:
    if math.isnan(v["place"]):
        return "place not computed: no ship fell silent where it was first heard"
    return (
        f"first heard {v['place']:.0f} m from where a ship that then fell silent would have been, "
        f"{abs(v['apart']):.0f} s {'before' if v['apart'] < 0.0 else 'after'} the last report of it"
    )


def _motion(v: Value) -> str:
    if math.isnan(v["motion"]):
        return "motion not computed: no other ship, or a speed or course is missing"
    return f"its velocity differs from the other ship's by {v['motion']:.1f} kn"


WORDS: Words = {
    "place": _place,
    "motion": _motion,
    "names": lambda v: (
        "one ship alone is heard under its number and says two names in turns"
        if v["names"]
        else "no two names are said in turns"
    ),
    "numbers": lambda v: (
        "one ship alone is heard under its number and says two IMO numbers in turns"
        if v["numbers"]
        else "no two IMO numbers are said in turns"
    ),
    "apart": lambda v: f"{v['apart']:.0f} s from the last report of the other to its first",
    "first_heard": lambda v: (
        f"{v['first_heard']:.0f} ships were first heard around there of late, it among them"
    ),
}

SAY_WHY = {"place", "motion"}
"""Terms whose sentence says why there is no value."""


def goes_on_as(name: str, mmsi: int) -> str:
    """Sentence for the term that names the ship which fell silent where this one appeared."""
    return f"the ship that fell silent is {mmsi}{f', {name}' if name else ''}"


def in_turns(field: str, one: str, other: str) -> str:
    """Sentence for two values of a field that are said in turns."""
    return f"says in turns, as its {'IMO number' if field == 'imo' else 'name'}: {other}; {one}"
