"""The bench of a cluster: its files hold the whole day, each stage takes all of it."""

from pathlib import Path

from bench.cluster import Stages, write_files
from cablewatch.cables.model import load_cables
from cablewatch.usecases.replay import replay


def test_files_are_a_day_and_stages_are_a_replay(tmp_path: Path) -> None:
    write_files(tmp_path, 3_000, 3)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        f"part-{k:03}.csv" for k in range(3)
    ]
    stages = Stages(2)
    done = replay([tmp_path], load_cables(), cluster=stages)
    once = replay([tmp_path], load_cables())
    assert done.fixes == once.fixes > 2_500
    assert done.counts == once.counts
    assert list(stages.spent_s) == ["read", "order", "tally", "fold", "driver"]
    assert stages.bytes > 40 * done.fixes
