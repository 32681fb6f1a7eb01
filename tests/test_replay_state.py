"""Replays that go on from one another: days one by one are what all of them at once are."""

import gzip
import json
from pathlib import Path

import pytest

from cablewatch.alerts.records import record
from cablewatch.cables.model import load_cables
from cablewatch.errors import StoreError, UsageError
from cablewatch.output.text import canonical_json
from cablewatch.scenario import make_scenario
from cablewatch.stores.places import held
from cablewatch.usecases.replay import Replay, replay

CABLES = load_cables()


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A log in three parts."""
    folder = tmp_path_factory.mktemp("days")
    scenario = make_scenario(seed=3, background=12)
    lines = b"".join(scenario.nmea()).splitlines(keepends=True)
    third = len(lines) // 3
    cuts = [lines[:third], lines[third : 2 * third], lines[2 * third :]]
    paths = [folder / f"{k}.nmea" for k in range(3)]
    for path, part in zip(paths, cuts, strict=True):
        path.write_bytes(b"".join(part))
    return paths


def said(*results: Replay) -> dict[str, object]:
    """Newest versions of the alerts of replays, without the names of the inputs."""
    newest = {}
    for result in results:
        for alert in result.alerts.values():
            content = record(alert)
            del content["source"]
            newest[alert.id] = json.loads(canonical_json(content))
    return newest


def test_days_one_by_one_are_all_at_once(days: list[Path], tmp_path: Path) -> None:
    """With other numbers of workers each day."""
    whole = replay(days, CABLES, state=tmp_path / "whole")
    parts = [
        replay(days[: k + 1], CABLES, workers=n, state=tmp_path / "state")
        for k, n in enumerate((1, 3, 2))
    ]
    assert [part.read_before for part in parts] == [0, 1, 2]
    assert said(*parts) == said(whole) != {}
    assert sum(part.crossings for part in parts) == whole.crossings > 0
    assert sum(part.fixes for part in parts) == whole.fixes
    assert parts[2].counts == whole.counts


def test_what_is_in_the_state_is_passed_over(days: list[Path], tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = replay(days[:1], CABLES, state=state)
    kept = (state / "replay.snapshot").read_bytes()
    again = replay(days[:1], CABLES, state=state)
    assert (first.read_before, again.read_before) == (0, 1)
    assert (again.fixes, again.alerts, again.ships) == (0, {}, 0)
    assert len((state / "replay.snapshot").read_bytes()) == len(kept)


def test_a_damaged_day_goes_on_when_it_is_mended(days: list[Path], tmp_path: Path) -> None:
    """What was read of it counts; of the mended file, what comes behind."""
    whole = gzip.compress(days[0].read_bytes(), 1)
    day = tmp_path / "day.nmea.gz"
    day.write_bytes(whole[: len(whole) // 2])
    state = tmp_path / "state"
    cut = replay([day], CABLES, state=state)
    assert cut.errors and cut.fixes
    day.write_bytes(whole)
    mended = replay([day], CABLES, state=state)
    assert not mended.errors and mended.read_before == 0
    assert cut.last_ms is not None and mended.first_ms is not None
    assert mended.first_ms >= cut.last_ms
    assert mended.counts["late"] > 0
    straight = replay([day], CABLES, state=tmp_path / "other")
    assert said(cut, mended) == said(straight)


def test_an_archive_that_others_overtook_leaves_the_state_as_it_was(
    days: list[Path], tmp_path: Path
) -> None:
    """So the run with the mended archive is the run that would have been."""
    whole = gzip.compress(days[1].read_bytes(), 1)
    day, state = tmp_path / "day.nmea.gz", tmp_path / "state"
    first = replay(days[:1], CABLES, state=state)
    kept = (state / "replay.snapshot").read_bytes()
    for broken in (whole[: len(whole) // 2], b""):
        day.write_bytes(broken)
        cut = replay([days[2], day], CABLES, state=state)
        assert [error.where.partition(":")[0] for error in cut.errors] == [str(day)] * 2
        assert "the state is left as it was" in cut.errors[1].what
        assert (state / "replay.snapshot").read_bytes() == kept
    day.write_bytes(whole)
    mended = replay([days[2], day], CABLES, state=state)
    assert (mended.errors, mended.read_before, mended.counts["late"]) == ([], 0, 0)
    assert said(first, mended) == said(replay(days, CABLES, state=tmp_path / "other")) != {}
    assert replay([*days[::2], day], CABLES, state=state).read_before == 3


def test_a_state_is_of_one_run_at_a_time_and_of_its_own_rules(
    days: list[Path], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    replay(days[:1], CABLES, state=state)
    with pytest.raises(UsageError, match="other rules, over other routes"):
        replay(days[1:2], CABLES[:3], state=state)
    with held(state), pytest.raises(StoreError, match="another run"):
        replay(days[1:2], CABLES, state=state)
    (state / "replay.snapshot").write_bytes(b"none")
    with pytest.raises(StoreError, match="begin in another folder"):
        replay(days[1:2], CABLES, state=state)
