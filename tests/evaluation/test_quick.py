"""The quick measurement against the one committed: fails where a rule became worse than chance.

Renewed on purpose only: ``cablewatch evaluate --quick --out DIR``, then DIR/evaluation.json becomes
``quick.json`` here, with the reason in the commit.
"""

import json
from pathlib import Path

import pytest

from cablewatch.archives import ReadOptions
from cablewatch.cables.model import load_cables
from cablewatch.engine.fold import RULES
from cablewatch.evaluation.baseline import worse
from cablewatch.evaluation.figures import Figures
from cablewatch.evaluation.page import page
from cablewatch.evaluation.run import Evaluation, evaluate

BASELINE = Path(__file__).with_name("quick.json")


@pytest.fixture(scope="module")
def result() -> Evaluation:
    return evaluate([], load_cables(), options=ReadOptions(), quick=True)


@pytest.fixture(scope="module")
def baseline() -> Figures:
    figures: Figures = json.loads(BASELINE.read_text(encoding="utf-8"))
    return figures


def test_nothing_became_worse_than_chance(result: Evaluation, baseline: Figures) -> None:
    assert worse(result.figures, baseline) == []


def test_the_traffic_and_the_drags_are_those_of_the_baseline(
    result: Evaluation, baseline: Figures
) -> None:
    """Else the comparison above compares nothing."""
    same = ("source", "from", "to", "fixes", "ships", "split", "seed", "quick", "rounds", "drags")
    assert {k: result.figures[k] for k in same} == {k: baseline[k] for k in same}
    assert result.figures["ship_days_by_class"] == baseline["ship_days_by_class"]
    assert result.figures["target"]["drags"] == baseline["target"]["drags"] >= 30


def test_the_page_stands_alone(result: Evaluation) -> None:
    text = page(result.figures)
    assert "http" not in text.replace("http-equiv", "") and "<script" not in text
    assert "src=" not in text and "url(" not in text
    assert text.count("<svg") == text.count("</svg>") == 2 * 4 + 1 + 3 + 2 + len(RULES)
    assert "None" not in text and "nan" not in text
