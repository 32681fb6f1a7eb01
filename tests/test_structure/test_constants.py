"""Every figure that decides is in docs/constants.md, with what it is and where it comes from."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from cablewatch import pipeline

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_constants", ROOT / "tools" / "make_constants.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_says_what_the_modules_say(tool: ModuleType) -> None:
    written = (ROOT / "docs" / "constants.md").read_text(encoding="utf-8")
    assert written == tool.page(), "stale: run python tools/make_constants.py"


@pytest.mark.parametrize("module", pipeline.DECIDING, ids=lambda module: module.__name__)
def test_every_figure_says_what_it_is_and_why(tool: ModuleType, module: ModuleType) -> None:
    assert [f.name for f in tool.figures(module) if not f.note] == []


def test_the_tool_finds_figures_and_no_numbers_of_enumerations(tool: ModuleType) -> None:
    found = {f.name: f for f in tool.figures(pipeline.drift)}
    assert found["OFF_FULL_DEG"].value == "45.0" and "DESIGN" in found["OFF_FULL_DEG"].note
    assert "RULE" not in found and "VERSION" not in found
    assert (found["LOW_KN"].value, found["HIGH_KN"].value) == ("0.3", "5.0")
    assert "IN_TIME" not in {f.name for f in tool.figures(pipeline.admission)}
