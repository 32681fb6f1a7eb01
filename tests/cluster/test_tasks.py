"""The tasks of a cluster without one: any number of shards says what one process says."""

import gzip
import random
import shutil
from collections.abc import Generator, Iterable, Sequence
from operator import itemgetter
from pathlib import Path

import numpy as np
import pytest

from cablewatch.alerts.records import record
from cablewatch.archives import Opened, ReadOptions, opened
from cablewatch.archives.chosen import Progress
from cablewatch.batches import Batch
from cablewatch.cables.index import CableIndex, build_index
from cablewatch.cables.model import load_cables
from cablewatch.cluster import tasks
from cablewatch.cluster.driver import Told, paths_of, taken
from cablewatch.cluster.packing import packed, unpacked
from cablewatch.engine.fold import Engine, merged
from cablewatch.engine.state import BIN_MS
from cablewatch.fixes import Fixes, Stations
from cablewatch.ordering.order import DUPLICATE_WINDOW_MS, Order
from cablewatch.output.text import canonical_json, text_hash
from cablewatch.pipeline import Pipeline, Step
from cablewatch.scenario import make_scenario
from cablewatch.shards import Fold, restored
from cablewatch.units import HOUR_MS, NEVER_MS
from cablewatch.usecases.replay import replay
from cablewatch.vessels.register import Vessels
from cablewatch.vessels.statics import Statics

CABLES = load_cables()
T0_MS, LATENESS_MS = 1_731_888_000_000, 55_000


class Here:
    """Runs the tasks one after another, as a cluster may: rows of several shards in a partition."""

    def __init__(self, shards: int) -> None:
        self.shards, self.told = shards, Told()

    def fold(self, index: CableIndex, snapshots: Sequence[bytes]) -> Fold:
        self.index = index
        engines = restored(snapshots, index, self.shards)
        self.begun = [(k, tasks.BEGIN, engine.snapshot()) for k, engine in enumerate(engines)]
        return self.told

    def steps(
        self, source: Opened, pipeline: Pipeline, ends: bool, progress: Progress
    ) -> Generator[Step]:
        rng = random.Random(self.shards)
        options = source.archives[0].options
        rows = [row for path in paths_of(source.archives) for row in tasks.read([path], options)]
        begin = packed((pipeline.order, pipeline.vessels))
        rows.append((tasks.BEGIN, NEVER_MS - 1, 0, begin))
        rng.shuffle(rows)
        rows.sort(key=lambda row: (row[1], row[0], row[2]))
        how = tasks.Ordering(source.starts_ms, self.shards, ends)
        dealt = [*tasks.order(rows, how), *self.begun]
        rng.shuffle(dealt)
        dealt.sort(key=itemgetter(0, 1))
        ours = [row for row in dealt if row[0] == self.shards]
        parts = [[row for row in dealt if row[0] in of] for of in self._partitions()]
        cast = [body for part in parts for _, body in tasks.tally(part, self.index)]
        self.tallies = tallies = tasks.summed(cast)
        said = [row for p in parts for row in tasks.fold(p, self.index, tallies, not ends)]
        rows_ = sorted([*said, *ours], key=itemgetter(1, 0))
        yield from taken(rows_, ours[-1][1], self.told, source, pipeline, ends, progress)

    def _partitions(self) -> list[range]:
        return [range(k, min(k + 2, self.shards)) for k in range(0, self.shards, 2)]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three archives of a scenario: two of one time by different stations, one that follows."""
    folder = tmp_path_factory.mktemp("log")
    lines = b"".join(make_scenario(seed=3, background=12).nmea()).splitlines(keepends=True)
    half = len(lines) // 2
    east = [b"s:fi-" in line or b"s:ee-" in line for line in lines[:half]]
    parts = {
        "east": [line for line, is_east in zip(lines, east, strict=False) if is_east],
        "west": [line for line, is_east in zip(lines, east, strict=False) if not is_east],
        "later": lines[half:],
    }
    for name, part in parts.items():
        (folder / name).write_bytes(b"".join(part))
    return [folder / name for name in parts]


class Seen(list[Step]):
    """The steps of a replay."""

    @property
    def hash(self) -> str:
        """Of all versions of alerts, and all that the fold said, but its cut."""
        said = merged([step.said for step in self])
        alerts = [record(alert) for step in self for alert in step.alerts]
        for alert in alerts:
            del alert["source"]
        rows = [getattr(said, name) for name in said._fields]
        bits = [r[name].tobytes().hex() for r in rows for name in r.dtype.names]
        return text_hash("|".join([canonical_json(alerts), *bits]))


def seen(paths: Iterable[Path], **options: object) -> tuple[str, dict[str, object]]:
    steps = Seen()
    result = replay(list(paths), CABLES, watch=steps.append, **options)  # type: ignore[arg-type]
    told = {
        name: getattr(result, name)
        for name in ("counts", "fixes", "ships", "ship_days", "crossings", "first_ms", "last_ms")
    }
    assert result.alerts
    return steps.hash, told


@pytest.fixture(scope="module")
def whole(archives: list[Path]) -> tuple[str, dict[str, object]]:
    return seen(archives)


@pytest.mark.parametrize("shards", [1, 2, 5])
def test_any_number_of_shards_says_what_one_process_says(
    archives: list[Path], whole: tuple[str, dict[str, object]], shards: int
) -> None:
    assert seen(archives, cluster=Here(shards)) == whole


def test_votes_do_not_depend_on_context(archives: list[Path]) -> None:
    """So a first fold without any finds the tallies of all."""
    steps = Seen()
    replay(archives, CABLES, watch=steps.append)
    cast = merged([step.said for step in steps]).tallies
    without = Here(2)
    replay(archives, CABLES, cluster=without)
    assert len(cast) > 100
    np.testing.assert_array_equal(tasks.summed([packed(cast)]), without.tallies)


@pytest.mark.parametrize("past_ms", [0, 10_000])
def test_a_bin_ends_once_where_the_watermark_stands_on_its_end(past_ms: int) -> None:
    """Votes that are counted twice are those of ships that were not there."""
    edge_ms = T0_MS + 2 * BIN_MS
    t_ms = np.repeat(np.arange(T0_MS, T0_MS + 6 * BIN_MS, 10_000), 3)
    fixes = Fixes.from_columns(
        t_ms=t_ms,
        mmsi=np.tile([219_000_001, 219_000_002, 219_000_003], len(t_ms) // 3),
        lon_deg=np.tile([18.0, 18.01, 18.02], len(t_ms) // 3),
        lat_deg=55.0 + (t_ms - T0_MS) / HOUR_MS * 10.0 / 60.0,
        sog_kn=np.tile([10.0, 10.1, 10.2], len(t_ms) // 3),
        cog_deg=np.zeros(len(t_ms)),
    )
    behind_ms = LATENESS_MS + DUPLICATE_WINDOW_MS
    cuts = [edge_ms + behind_ms + past_ms, edge_ms + behind_ms + past_ms + 1]
    parts = np.split(np.arange(len(t_ms)), np.searchsorted(t_ms, cuts, "right"))
    batches = [Batch(fixes.take(part), Statics.empty()) for part in parts]
    index = build_index(CABLES)
    order, vessels, alone = Order(Stations(), LATENESS_MS), Vessels(), Engine(index)
    marks = []
    for batch in batches:
        out = order.push(*batch)
        alone.push(out.fixes, vessels.update(out.statics), out.watermark_ms)
        marks.append(out.watermark_ms)
    assert (edge_ms in marks) == (past_ms == 0)
    rows = [*tasks.dealt(Order(Stations(), LATENESS_MS), Vessels(), batches, 1, ends=False)]
    begin = [(0, tasks.BEGIN, Engine(index).snapshot())]
    shard = begin + [row for row in rows if row[0] == 0]
    tallies = tasks.summed(body for _, body in tasks.tally(shard, index))
    *_, (_, _, end) = tasks.fold(shard, index, tallies, keep=True)
    folded = Engine.restore(unpacked(end)[1], index)
    assert folded.context.state() == alone.context.state()
    assert folded.context.state()


def test_a_state_passes_from_engine_to_engine(archives: list[Path], tmp_path: Path) -> None:
    """What begins on three shards goes on in one process, or on two shards, as in one go."""
    begun = seen(archives[:2], cluster=Here(3), state=tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert begun == seen(archives[:2], state=tmp_path / "c")
    on = [
        seen(archives, state=tmp_path / "a", workers=1),
        seen(archives, state=tmp_path / "b", cluster=Here(2)),
        seen(archives, state=tmp_path / "c", workers=2),
    ]
    assert on[0] == on[1] == on[2]


def test_an_archive_that_ends_early_is_told_and_the_others_go_on(
    archives: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name that the caller gave, also where that leads to another."""
    whole = gzip.compress(archives[0].read_bytes(), 1)
    cut = tmp_path / "cut.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    link = tmp_path / "2026-11-30.nmea"
    link.symlink_to(cut)
    monkeypatch.chdir(tmp_path)
    [(_, body)] = paths_of(opened([Path(link.name)], ReadOptions(), Stations()).archives)
    assert unpacked(body) == link
    results = [
        replay([Path(link.name), archives[2]], CABLES, cluster=cluster, state=tmp_path / name)
        for name, cluster in (("here", None), ("there", Here(2)))
    ]
    errors = [[str(error) for error in result.errors] for result in results]
    assert errors[0] == errors[1] and len(errors[0]) == 2
    assert errors[0][0].startswith(f"{link.name}:")
    assert results[0].counts == results[1].counts
    assert results[0].fixes == results[1].fixes > 10_000
