"""The bench of the service asks every route, and says which one it asks nothing of."""

import sys
from pathlib import Path

import pytest

from bench import service
from bench.served.questions import questions
from bench.served.store import make


def test_every_route_is_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sizes = ["--alerts", "200", "--rows", "3000", "--requests", "1", "--keep", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["bench service", *sizes])
    service.main()
    said = capsys.readouterr().out
    assert said.startswith("200 alerts, ")
    assert "status 5" not in said and "status 42" not in said
    for label in ("alerts, deep by -raised", "a block, JSON, 304", "ogc tracks", "/metrics"):
        assert f"\n{label} " in said
    assert "while the day is replayed" in said and "beside 10 who ask for blocks" in said
    made = make(tmp_path, 200, 3000, None, lambda done, total: None)
    with pytest.raises(SystemExit, match="asks nothing of PUT /api/v1/alerts"):
        questions(made, {"/api/v1/alerts": {"get": {}, "put": {}}}, {})
