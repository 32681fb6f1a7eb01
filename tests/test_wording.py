"""Sentences of evidence."""

import math

from cablewatch.engine import drag
from cablewatch.wording import sentence

FOUND = dict(
    zip(
        [name for name, _ in drag.TERMS],
        (0.001, 0.7, 4.0, 300.0, 12.0, math.nan, 10.0, 0.5, 180.0),
        strict=True,
    )
)


def test_a_cycle_that_the_length_refutes_says_so() -> None:
    said = sentence("course_cycle", FOUND | {"length": 20.0})
    assert "not counted: 65 lengths of the 20 m the ship gives itself" in said


def test_a_cycle_that_counts_says_nothing_of_lengths() -> None:
    for length in (180.0, math.nan):
        assert "not counted" not in sentence("course_cycle", FOUND | {"length": length})
    assert "not counted" not in sentence(
        "course_cycle", FOUND | {"length": 20.0, "course_cycle": 0.5}
    )


def test_a_length_is_said_or_said_to_be_unknown() -> None:
    assert sentence("length", FOUND) == "says it is 180 m long"
    assert "not computed" in sentence("length", FOUND | {"length": math.nan})
