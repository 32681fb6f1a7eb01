"""The demo: what it must show of Yi Peng 3, and what it must not say of the ships around her."""

import subprocess
import sys
from pathlib import Path

import pytest

from cablewatch.alerts import SEVERITIES, Alert
from cablewatch.cables.model import load_cables
from cablewatch.scenario import make_scenario, yi_peng_3
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.folder import StoreWriter
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.usecases.replay import replay

BCS_MS, C_LION1_MS = yi_peng_3.BCS_S * 1000, yi_peng_3.C_LION1_S * 1000
NEAR_MS = 5 * MINUTE_MS  # published times are whole minutes, one of them "about"
CABLE_ETA_MS = 90 * MINUTE_MS  # fishtailing, a ship's course of the moment swings by 5 degrees


def is_raised(alert: Alert) -> bool:
    return SEVERITIES.index(alert.severity) >= SEVERITIES.index("watch")


def check_musts(store: AlertStore) -> None:
    """Check what the demo must show, from the versions of its alerts."""
    latest = store.latest(limit=1000).alerts
    drags = [a for a in latest if a.kind == "anchor_drag"]
    own = [a for a in drags if a.mmsi == yi_peng_3.MMSI]
    versions = sorted(
        (version.alert for drag in own for version in store.history(drag.id)),
        key=lambda alert: alert.updated_ms,
    )
    raised = next(alert for alert in versions if is_raised(alert))
    assert yi_peng_3.DROP_S * 1000 < raised.updated_ms < BCS_MS < C_LION1_MS
    assert abs(raised.started_ms - yi_peng_3.DROP_S * 1000) < 30 * MINUTE_MS
    before = [alert for alert in versions if alert.updated_ms < C_LION1_MS]
    behind = {cable.id: cable.t_ms for cable in before[-1].cables}
    assert abs(behind["bcs-east-west-interlink"] - BCS_MS) < NEAR_MS
    assert "c-lion1" not in behind
    etas = {
        alert.updated_ms: cable.eta_ms
        for alert in before
        for cable in alert.next_cables
        if cable.id == "c-lion1" and C_LION1_MS - alert.updated_ms < 3 * HOUR_MS
    }
    assert min(etas) < C_LION1_MS - HOUR_MS
    assert all(abs(eta_ms - C_LION1_MS) < CABLE_ETA_MS for eta_ms in etas.values())
    assert abs(etas[max(etas)] - C_LION1_MS) < 15 * MINUTE_MS
    assert abs({c.id: c.t_ms for c in versions[-1].cables}["c-lion1"] - C_LION1_MS) < NEAR_MS
    assert {a.incident_id for a in own} == {own[0].incident_id}
    assert [a.name for a in drags if is_raised(a) and a not in own] == []


def test_another_seed_keeps_the_promises(tmp_path: Path) -> None:
    scenario = make_scenario(seed=11, background=60)
    log = tmp_path / "window.nmea"
    scenario.write(log)
    replay([log], load_cables(), store=StoreWriter(tmp_path / "store", "t", "a"))
    check_musts(AlertStore(tmp_path / "store" / "alerts.sqlite"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Store, standard output and standard error of the command as a user types it."""
    folder = tmp_path_factory.mktemp("demo") / "store"
    call = [sys.executable, "-m", "cablewatch", "demo", "--no-serve", "--store", str(folder)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return folder, done.stdout, done.stderr


def test_the_command_keeps_the_promises(demo: tuple[Path, str, str]) -> None:
    check_musts(AlertStore(demo[0] / "alerts.sqlite"))


def test_the_command_says_what_is_recorded(demo: tuple[Path, str, str]) -> None:
    _, said, aside = demo
    for word in ("Recorded: 24 key frames", "Danish Maritime Authority", "Reconstructed:"):
        assert word in aside
    assert "not that the detector does" in aside
    assert "OpenStreetMap contributors" in said


def test_the_command_names_ship_cables_and_reasons(demo: tuple[Path, str, str]) -> None:
    said = " ".join(demo[1].split())
    assert "414270000 YI PENG 3: anchor_drag, critical" in said
    reasons = said.partition("414270000 YI PENG 3: anchor_drag")[2].partition("incident 2990")[0]
    for word in ("of its own usual", "together by", "crossed bcs-east-west-interlink"):
        assert word in reasons
    assert "crossed c-lion1" in reasons
