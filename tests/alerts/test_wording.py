"""Sentences of evidence."""

import math
import re
from pathlib import Path

import pytest

from cablewatch.alerts.wording.sentences import sentence
from cablewatch.engine import drag, fishtail, speed_loss

DOCS = Path(__file__).resolve().parents[2] / "docs"

FOUND = dict(
    zip(
        [name for name, _ in drag.TERMS],
        (0.7, 4.0, 5.0, math.nan, 300.0, 12.0, math.nan, 10.0, 0.5, 180.0, 12.0, math.nan),
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


def test_a_typical_speed_is_told_as_what_it_is() -> None:
    typical = FOUND | {"own_speed": 13.0, "ship_type": 74.0}
    said = sentence("own_speed", typical)
    assert "own speed not learnt yet" in said and "a cargo ship of 180 m, 13.0 kn" in said
    unknown = sentence("own_speed", typical | {"length": math.nan, "ship_type": 80.0})
    assert "a tanker whose length is not known, 13.0 kn" in unknown
    assert "70% of the 13.0 kn of its class" in sentence("speed_loss", typical)
    assert sentence("ship_type", typical) == "said that it is a cargo ship (type 74)"


def test_an_own_speed_is_told_without_the_type() -> None:
    assert sentence("own_speed", FOUND) == "upper quartile of its own moving speed 12.0 kn"
    assert "70% of its own usual 12.0 kn" in sentence("speed_loss", FOUND)
    assert "not computed" in sentence("ship_type", FOUND)


def test_a_drift_is_told_with_what_its_way_is_held_against() -> None:
    said = {"way_adrift": 1400.0, "length": math.nan}
    assert "330 m of chain and 200 m, as no length is known" in sentence("way_adrift", said)
    assert "330 m of chain and its length" in sentence("way_adrift", said | {"length": 90.0})


@pytest.mark.parametrize(
    ("status", "words"), [(2.0, '"not under command"'), (14.0, "another status"), (math.nan, "not")]
)
def test_a_status_is_told_in_words(status: float, words: str) -> None:
    assert words in sentence("nav_status", {"nav_status": status})


@pytest.mark.parametrize("degrees", [20.5, 25.0, 60.0])
def test_a_cycle_too_wide_for_a_tow_says_so(degrees: float) -> None:
    """It contributes nothing, whatever the length."""
    for length in (180.0, math.nan):
        known = FOUND | {"course_cycle": degrees, "length": length}
        said = sentence("course_cycle", known)
        assert "not counted: more than 20 degrees" in said and said.count("not counted") == 1
    assert fishtail.cycle_llr(degrees, 300.0, 8.0, 180.0, 10.0) == 0.0
    assert "not counted" not in sentence("course_cycle", FOUND | {"course_cycle": 20.0})


def test_examples_in_the_docs_are_sentences_of_the_product() -> None:
    """Written out of the values that stand beside them."""
    text = (DOCS / "api.md").read_text()
    loss = FOUND | {"speed_loss": 0.62, "own_speed": 11.4}
    said = re.findall(
        r'"name":"(\w+)","value":([\d.]+),"unit":"(.*?)".*?"text":"(.*?)"', text, re.S
    )
    (unit,) = (unit for name, unit in drag.TERMS if name == "speed_loss")
    assert said == [("speed_loss", "0.62", unit, sentence("speed_loss", loss))]
    assert f'"rule_version":"{drag.VERSION}"' in text


def test_the_ratio_that_speaks_for_nothing_is_the_one_the_docs_state() -> None:
    """`g` is linear in the logarithm between 0.82, where it is GAIN, and 0.92, where it is LOSS."""
    share = speed_loss.GAIN / (speed_loss.GAIN - speed_loss.LOSS)
    zero = math.exp(speed_loss.BAND_HIGH + share * (speed_loss.NORMAL - speed_loss.BAND_HIGH))
    assert speed_loss.speed_ratio_llr(math.log(zero)) == pytest.approx(0.0, abs=1e-12)
    assert f"through 0 at {zero:.3f} " in (DOCS / "rules.md").read_text()
    assert drag.__doc__ and f"from {zero:.3f} on" in drag.__doc__
