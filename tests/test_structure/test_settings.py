"""Every setting is in docs/settings.md as the model has it."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_says_what_the_model_says() -> None:
    path = ROOT / "tools" / "make_settings.py"
    spec = importlib.util.spec_from_file_location("make_settings", path)
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert written == tool.page(), "stale: run python tools/make_settings.py"
