"""Yi Peng 3 in the demo's scenario, and recorded traffic over test cables."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely

from cablewatch.alerts.model import Evidence
from cablewatch.cables.model import load_cables
from cablewatch.commands.demo import modelled_of
from cablewatch.investigation.ranking import Suspect
from cablewatch.output.text import epoch_ms
from cablewatch.scenario import Scenario, make_scenario, yi_peng_3
from cablewatch.stores.folder import StoreWriter
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.usecases.investigate import Question, investigate
from cablewatch.usecases.replay import replay

OTHERS = 3  # that cross in the window at least, so that first of them means something
TRACKS = "tracks/santa_barbara_2018-06-01_04_class_a.parquet"
CASES = {  # window in hours about the break; kilometre point of the operators' figures, allow 25 km
    "bcs-east-west-interlink": (yi_peng_3.BCS_S * 1000, 50.0),
    "c-lion1": (yi_peng_3.C_LION1_S * 1000, 725.0),
}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return make_scenario(seed=0, background=120)


@pytest.fixture(scope="module")
def log(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("incident") / "window.nmea"
    scenario.write(path)
    return path


def question(cable: str, hours: float = 4.0, at: bool = True) -> Question:
    t_ms, km = CASES[cable]
    place = f"{km}" if at else None
    return Question(
        cable, t_ms - round(hours * HOUR_MS), t_ms + round(hours * HOUR_MS), place, 25.0
    )


def term(suspect: Suspect, name: str) -> Evidence:
    return next(e for e in suspect.evidence if e.name == name)


@pytest.mark.parametrize("cable", CASES)
@pytest.mark.parametrize("at", [True, False])
def test_yi_peng_3_stands_first_among_those_that_crossed(log: Path, cable: str, at: bool) -> None:
    found = investigate([log], question(cable, at=at)).findings
    first, second, *_ = found.suspects
    assert first.mmsi == yi_peng_3.MMSI and first.name == "YI PENG 3"
    assert abs(first.passage.t_ms - CASES[cable][0]) < 5 * MINUTE_MS
    assert first.score > second.score + 3.0  # twenty times the odds
    assert first.alert is not None and first.alert.kind == "anchor_drag"
    assert 0.55 < term(first, "own_speed").value < 0.82
    seen = {s.mmsi for s in found.suspects if s.passage.how == "seen"} - {yi_peng_3.MMSI}
    assert len(seen) >= OTHERS


def test_seen_are_those_whose_reports_run_over_the_line(log: Path, scenario: Scenario) -> None:
    found = investigate([log], question("bcs-east-west-interlink"))
    case, reports = found.case, scenario.reports
    times = reports["t_s"] * 1000
    reports = reports[(times >= case.start_ms) & (times < case.end_ms) & (reports["kind"] < 5)]
    reports = reports[np.argsort(reports["t_s"], kind="stable")]
    crossed = set()
    for mmsi in np.unique(reports["mmsi"]):
        rows = reports[reports["mmsi"] == mmsi]
        track = np.column_stack([rows["lon_deg"], rows["lat_deg"]])
        if len(track) > 1 and shapely.LineString(track).crosses(case.cable.route):
            crossed.add(int(mmsi))
    assert crossed == {s.mmsi for s in found.findings.suspects if s.passage.how == "seen"}


def test_the_store_of_a_demo_marks_what_is_modelled(log: Path, tmp_path: Path) -> None:
    models = modelled_of(make_scenario(seed=0, background=120))
    writer = StoreWriter(tmp_path / "store", "t", "a", models)
    replay([log], load_cables(), store=writer)
    found = investigate([tmp_path / "store"], question("c-lion1"))
    first = found.findings.suspects[0]
    assert first.mmsi == yi_peng_3.MMSI and first.origin == "reconstructed"
    assert {s.origin for s in found.findings.suspects[1:]} == {"invented"}
    archived = investigate([log], question("c-lion1")).findings.suspects
    assert [(s.mmsi, s.score) for s in archived] == [
        (s.mmsi, s.score) for s in found.findings.suspects
    ]


def test_recorded_traffic_over_test_cables(shared: Path, tmp_path: Path) -> None:
    """Who crossed is who crossed in a replay: a suspect, or a service ship with that reason."""
    cables = load_cables(shared / "tracks/test_cables.geojson")
    replay([shared / TRACKS], cables, store=StoreWriter(tmp_path, "t", "a"))
    rows = pq.read_table(tmp_path / "crossings.parquet").to_pandas()
    times = rows["time"].astype("int64").to_numpy()
    start_ms = epoch_ms("2018-06-02T00:00:00Z")
    end_ms = start_ms + 24 * HOUR_MS
    for cable in (cables[0].id, "test-long-beach"):
        asked = Question(cable, start_ms, end_ms, "20", 5.0)
        found = investigate([shared / TRACKS], asked, cables).findings
        inside = (rows["cable"] == cable) & (times >= start_ms) & (times < end_ms)
        crossed = set(rows["mmsi"][inside & ~rows["inferred"]].tolist())
        assert len(crossed) > 3
        service = {c.mmsi for c in found.why_not if c.reason == "service"}
        seen = {s.mmsi for s in found.suspects if s.passages and s.passage.how != "gap"}
        assert crossed <= seen | service
        listed = [s.mmsi for s in found.suspects] + [c.mmsi for c in found.why_not]
        assert len(listed) == len(set(listed))
        scores = [s.score for s in found.suspects]
        assert scores == sorted(scores, reverse=True) and all(map(np.isfinite, scores))
        assert all(s.passage.share_within(start_ms, end_ms) > 0.0 for s in found.suspects)
        stored = investigate([tmp_path], asked).findings
        assert crossed <= {s.mmsi for s in stored.suspects} | {c.mmsi for c in stored.why_not}
        assert [s.mmsi for s in stored.suspects[:3]] == [s.mmsi for s in found.suspects[:3]]
