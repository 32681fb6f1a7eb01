"""Every scene brings the alerts that are expected of it, and no others at `watch` or above."""

import math
from pathlib import Path

import pytest
from scenes_play import say

from cablewatch.alerts.model import KINDS, SEVERITIES
from cablewatch.engine.transitions import NOTICES
from cablewatch.fixes import Stations
from cablewatch.scenario.scenes import SCRIPTS, Script, make_scene
from cablewatch.usecases.replay import replay

SEEDS = (0, 1, 2)
WATCH = SEVERITIES.index("watch")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_scene_brings_what_is_expected(name: str, seed: int) -> None:
    script, said = SCRIPTS[name], say(make_scene(name, seed))
    highest = said.highest()
    for expected in script.expected:
        reached = highest.get((expected.mmsi, expected.kind), "none")
        assert reached in SEVERITIES[SEVERITIES.index(expected.severity) :], (expected, reached)
    allowed = {(one.mmsi, one.kind) for one in script.expected} | set(script.may)
    called = {key for key, severity in highest.items() if SEVERITIES.index(severity) >= WATCH}
    assert called <= allowed
    assert highest.keys().isdisjoint(script.never)
    assert set(script.notices) <= set(said.notices)
    for alert in said.alerts.values():
        for term in alert.evidence:
            assert not math.isnan(term.value) or " not " in term.text, term


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_names_ships_kinds_and_notices_that_exist(name: str) -> None:
    script, mmsis = SCRIPTS[name], make_scene(name).mmsis
    named = [(one.mmsi, one.kind) for one in script.expected] + [*script.may, *script.never]
    assert {mmsi for mmsi, _ in named} <= set(mmsis)
    assert {kind for _, kind in named} <= set(KINDS)
    assert set(script.notices) <= set(NOTICES)
    assert not {(one.mmsi, one.kind) for one in script.expected} & {*script.may, *script.never}
    assert script.says.endswith(".") and script.source


@pytest.mark.parametrize("name", ["anchor-drag", "shared-mmsi", "anchored-class-b"])
def test_a_log_says_what_the_columns_say(name: str, tmp_path: Path) -> None:
    scene = make_scene(name, 1)
    log = tmp_path / "scene.nmea"
    assert scene.write(log) == log.stat().st_size
    read = replay([log], scene.cables)
    columns = say(scene).alerts
    assert read.counts.keys() <= {"duplicate", "jump", "notice: jump", "notice: mmsi_shared"}
    assert [(a.id, a.severity) for a in read.ranked()] == sorted(
        ((a.id, a.severity) for a in columns.values()),
        key=lambda pair: [a.id for a in read.ranked()].index(pair[0]),
    )


def test_one_seed_one_scene() -> None:
    twice = [b"".join(make_scene("two-names", 4).nmea()) for _ in range(2)]
    assert twice[0] == twice[1] != b"".join(make_scene("two-names", 5).nmea())


def test_columns_are_in_the_order_of_the_log() -> None:
    batch = make_scene("two-names").batch(Stations())
    assert len(batch.statics) > 100
    assert (batch.statics.after[1:] >= batch.statics.after[:-1]).all()
    assert 0 < batch.statics.after[-1] <= len(batch.fixes)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_documented_scenes_are_those_there_are(name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert documented(SCRIPTS[name]) in rows
    assert len(rows) == len(SCRIPTS)


def documented(script: Script) -> str:
    """The row of a scene in the table of docs/scenarios.md."""
    expected = [f"`{one.kind}` ({one.severity})" for one in script.expected]
    expected += [f"notice `{name}`" for name in script.notices]
    expected += [f"perhaps `{kind}`" for kind in dict.fromkeys(kind for _, kind in script.may)]
    return (
        f"| `{script.name}` | {script.says} | {', '.join(expected) or 'none'} | {script.source} |"
    )
