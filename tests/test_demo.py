"""The demo: what it must show of Yi Peng 3, and what it must not say of the ships around her."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cablewatch.alerts.model import SEVERITIES, Alert
from cablewatch.cables.model import load_cables
from cablewatch.commands.demo import _check
from cablewatch.commands.demo import demo as demo_command
from cablewatch.engine.state import CROSSING_DTYPE
from cablewatch.errors import StoreError, UsageError
from cablewatch.fixes import Fixes, Stations
from cablewatch.scenario import make_scenario, yi_peng_3
from cablewatch.scenario.scenes import SCRIPTS
from cablewatch.stores.alerts import AlertReader, AlertStore
from cablewatch.stores.folder import StoreWriter
from cablewatch.stores.run import origin_of, read_run
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.usecases.replay import replay
from cablewatch.vessels.register import Vessels
from tests import commands

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


def test_the_command_marks_what_is_modelled(demo: tuple[Path, str, str]) -> None:
    folder, said, _ = demo
    assert "YI PENG 3: anchor_drag, critical, reconstructed positions" in said
    assert "Modelled, not recorded: " in said
    run = read_run(folder)
    assert run is not None and run.complete and "Modelled" in run.title
    for alert in AlertReader(folder / "alerts.sqlite").latest(limit=1000).alerts:
        origin = origin_of(run.modelled, alert.mmsi, alert.started_ms, alert.updated_ms)
        assert origin == ("reconstructed" if alert.mmsi == yi_peng_3.MMSI else "invented")
        assert alert.source == "modelled-scenario.nmea"
    key_frames = yi_peng_3.RECORDED_FROM_S * 1000, yi_peng_3.RECORDED_TO_S * 1000
    assert origin_of(run.modelled, yi_peng_3.MMSI, *key_frames) is None


def test_the_documented_investigation_of_it_is_what_is_printed(
    demo: tuple[Path, str, str],
) -> None:
    page = (Path(__file__).parents[1] / "docs" / "investigate.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"(?m)^cablewatch (investigate .*) demo-store$", page)
    printed = page.split("```text\n")[1].split("```")[0]
    done = commands.run(*command.split(), demo[0])
    assert done.stdout.splitlines()[:2] == printed.splitlines()[:2]
    row = r"(?m)^ *\d+ +[+-][\d.]+ +(\d{9}) .*?(\d{4}-\S+ \S+Z) +(\w+) +([\d.]+)"
    shown, said = re.findall(row, printed), re.findall(row, done.stdout)  # scores are the rules'
    assert shown[0] == said[0] and shown[0][0] == str(yi_peng_3.MMSI)
    assert len(shown) == 3 and set(shown) <= set(said)
    assert "reconstructed" in done.stdout and "invented" in done.stdout


def test_the_next_demo_may_replace_it(demo: tuple[Path, str, str]) -> None:
    _check(demo[0])
    assert not (demo[0] / "next").exists()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Demos of a single ship that are replayed in no time."""

    def replayed(
        files: list[Path], cables: object, options: object, writer: StoreWriter, **_: Any
    ) -> None:
        with writer.opened(Stations(), "hash"):
            writer.append(Fixes.empty(), [], np.empty(0, CROSSING_DTYPE))
            writer.describe((), Vessels(), 0, 1)

    scenario = make_scenario(seed=3, background=0)
    monkeypatch.setattr("cablewatch.scenario.make_scenario", lambda seed: scenario)
    monkeypatch.setattr("cablewatch.commands.demo.run_replay", replayed)


def files(folder: Path) -> dict[str, bytes]:
    """Content of every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.usefixtures("small")
def test_a_demo_replaces_a_demo(tmp_path: Path) -> None:
    store = tmp_path / "store"
    demo_command(no_serve=True, store=store, seed=0)
    once = files(store)
    assert {"run.json", "demo.txt", "modelled-scenario.nmea", "alerts.sqlite"} <= once.keys()
    (store / "next").mkdir()  # what a killed demo leaves
    (store / "next" / "modelled-scenario.nmea").write_text("cut")
    demo_command(no_serve=True, store=store, seed=0)
    assert files(store).keys() == once.keys()
    assert files(store)["modelled-scenario.nmea"] == once["modelled-scenario.nmea"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("error", [KeyboardInterrupt, StoreError("a", "b", "c")])
def test_a_demo_that_fails_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    store = tmp_path / "store"
    demo_command(no_serve=True, store=store, seed=0)
    once = files(store)
    monkeypatch.setattr("cablewatch.commands.demo.run_replay", fail)
    with pytest.raises((KeyboardInterrupt, StoreError)):
        demo_command(no_serve=True, store=store, seed=0)
    assert {k: v for k, v in files(store).items() if not k.startswith("next/")} == once


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "mine",
    [
        "photo.jpg",
        "tracks/notes.txt",
        "tracks/day=2024-11-16/notes.txt",
        "next/mine.txt",
        "a/b.txt",
    ],
)
def test_a_demo_removes_nothing_of_anyone_else(tmp_path: Path, mine: str) -> None:
    store = tmp_path / "store"
    demo_command(no_serve=True, store=store, seed=0)
    (store / mine).parent.mkdir(parents=True, exist_ok=True)
    (store / mine).write_text("mine")
    before = files(store)
    with pytest.raises(UsageError, match=f"other than a demo: {Path(mine).parts[0]}"):
        demo_command(no_serve=True, store=store, seed=0)
    assert files(store) == before


@pytest.mark.usefixtures("small")
def test_a_demo_follows_no_links(tmp_path: Path) -> None:
    store, elsewhere = tmp_path / "store", tmp_path / "elsewhere"
    elsewhere.mkdir()
    demo_command(no_serve=True, store=store, seed=0)
    shutil.rmtree(store / "tracks")
    (store / "tracks").symlink_to(elsewhere)
    with pytest.raises(UsageError, match="tracks"):
        demo_command(no_serve=True, store=store, seed=0)


@pytest.mark.usefixtures("small")
def test_a_marker_must_say_what_demos_write(tmp_path: Path) -> None:
    (tmp_path / "demo.txt").write_text("songs of our band\n")
    (tmp_path / "run.json").write_text('{"title": "holiday"}')
    with pytest.raises(UsageError, match="no marker of a demo"):
        demo_command(no_serve=True, store=tmp_path, seed=0)
    assert len(files(tmp_path)) == 2


@pytest.mark.usefixtures("small")
def test_what_was_replayed_into_a_demo_is_kept(tmp_path: Path) -> None:
    demo_command(no_serve=True, store=tmp_path, seed=0)
    with StoreWriter(tmp_path, "Replay of a.csv", "mine").opened(Stations(), "hash"):
        pass
    with pytest.raises(UsageError, match=r"Replay of a\.csv"):
        demo_command(no_serve=True, store=tmp_path, seed=0)


def test_the_command_names_ship_cables_and_reasons(demo: tuple[Path, str, str]) -> None:
    said = " ".join(demo[1].split())
    assert "414270000 YI PENG 3: anchor_drag, critical" in said
    reasons = said.partition("414270000 YI PENG 3: anchor_drag")[2].partition("incident 2990")[0]
    for word in ("of its own usual", "together by", "crossed bcs-east-west-interlink"):
        assert word in reasons
    assert "crossed c-lion1" in reasons


def test_the_scenes_are_listed() -> None:
    said = commands.run("demo", "--scenarios").stdout
    assert [line for line in said.splitlines() if not line.startswith(" ")] == list(SCRIPTS)
    assert "anchor_drag of 299100001, critical or higher" in said


def test_a_scene_is_replayed_into_a_store(tmp_path: Path) -> None:
    call = "demo", "--no-serve", "--store", tmp_path
    done = commands.run(*call, "--scenario", "anchor-drag", "--seed", "2")
    assert "Expected: anchor_drag of 299100001, critical or higher;" in done.stderr
    assert "299100001 SCENE DRAGGER: anchor_drag, critical, invented positions" in done.stdout
    run = read_run(tmp_path)
    assert run is not None and run.complete and run.title == "Modelled scene: anchor-drag"
    routes = load_cables(tmp_path / "cables.geojson")
    assert [cable.id for cable in routes] == ["scene-north"]
    _check(tmp_path)  # the next demo may replace it


@pytest.mark.usefixtures("small")
def test_an_unknown_scene_leaves_the_demo_before(tmp_path: Path) -> None:
    demo_command(no_serve=True, store=tmp_path, seed=0)
    before = files(tmp_path)
    with pytest.raises(UsageError, match="no such scene"):
        demo_command(scenario="mutiny", no_serve=True, store=tmp_path, seed=0)
    assert files(tmp_path) == before


@pytest.mark.usefixtures("small")
def test_a_scene_and_the_window_replace_each_other(tmp_path: Path) -> None:
    for name in (None, "two-names", None):
        demo_command(scenario=name, no_serve=True, store=tmp_path, seed=0)
        run = read_run(tmp_path)
        assert run is not None and len(run.parts) == 1
        assert run.title.endswith(name or "16-18 November 2024")


def test_a_demo_that_others_may_reach_ends_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--no-serve"):
        demo_command(store=tmp_path / "demo", seed=0, host="0.0.0.0")
    assert not (tmp_path / "demo").exists()
