"""Stays that a cluster finds without one: any number of shards says what one process says."""

import random
from collections.abc import Generator, Sequence
from operator import itemgetter
from pathlib import Path

import pyarrow.csv as pa_csv
import pytest

from cablewatch.archives import Archive
from cablewatch.archives.chosen import Progress
from cablewatch.archives.refused import Refused
from cablewatch.batches import Batch
from cablewatch.cluster import learning, tasks
from cablewatch.cluster.driver import paths_of
from cablewatch.cluster.packing import packed, unpacked
from cablewatch.context.learned import text_of
from cablewatch.context.stops import THRESHOLDS, Brought
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Fixes, Stations
from cablewatch.output.tables import fix_table
from cablewatch.usecases.context import Built, build
from cablewatch.vessels.statics import Statics
from tests.context.calls import SHIP, call


class Here:
    """Runs the tasks one after another, on rows that come in any order but their own."""

    def __init__(self, shards: int) -> None:
        self._shards, self._rng = shards, random.Random(shards)

    def stays(
        self,
        archives: Sequence[Archive],
        starts_ms: Sequence[int | None],
        errors: list[ArchiveError],
        progress: Progress,
    ) -> Generator[Brought]:
        rows = [*tasks.read(paths_of(archives), archives[0].options)]
        self._rng.shuffle(rows)
        rows.sort(key=itemgetter(1, 0, 2))
        dealt = [*learning.deal(rows, starts_ms, self._shards)]
        self._rng.shuffle(dealt)
        dealt.sort(key=itemgetter(0, 1))
        ours = [row for row in dealt if row[0] == self._shards]
        found = [*learning.stays(row for row in dealt if row[0] < self._shards), *ours]
        found.sort(key=itemgetter(1, 0))
        yield from learning.brought(found, ours[-1][1], archives, errors, progress)


def disorderly(seed: int) -> Fixes:
    """Ships that lie here and there and move on; a tenth of the rows come minutes late."""
    rng = random.Random(seed)
    calls = [
        call(
            SHIP + k % 9,
            11.0 + 0.02 * (k % 4),
            start_h=rng.uniform(0, 30),
            hours=rng.uniform(0.5, 9),
        )
        for k in range(24)
    ]
    fixes = Fixes.concat(calls)
    at = fixes.t_ms + [rng.choice((0,) * 9 + (900_000,)) for _ in range(len(fixes))]
    return fixes.take(at.argsort(kind="stable"))


@pytest.fixture
def archives(tmp_path: Path) -> list[Path]:
    """Two of one time, and one that is damaged at its end."""
    paths = [tmp_path / f"{k}.csv" for k in range(3)]
    for k, path in enumerate(paths):
        pa_csv.write_csv(fix_table(disorderly(k), Stations()), path)
    paths[2].write_bytes(paths[2].read_bytes() + b"2024-11-18T00:00:00Z,219000001,ninety,56.2\n")
    return paths


def said(built: Built) -> tuple[object, ...]:
    """All that a build brings."""
    errors = [(error.where, error.what, error.do) for error in built.errors]
    text = "".join(text_of(built.learned, THRESHOLDS))
    return text, built.fixes, built.stays, built.counts, built.known, errors


def in_batches(fixes: Fixes, rows: int) -> list[tasks.Read]:
    """Rows of one archive, as `tasks.read` gives them."""
    cuts = [fixes.take(slice(k, k + rows)) for k in range(0, len(fixes), rows)]
    bodies = [packed((Batch(part, Statics.empty()), [])) for part in cuts]
    bodies.append(packed(tasks.Ending(Refused(), [], 0, None)))
    return [(0, 0, number, body) for number, body in enumerate(bodies)]


def test_blocks_end_by_the_fixes_of_all_ships() -> None:
    """Those that come late find their block ended, whoever else is in the shard."""
    rows = in_batches(disorderly(1), 20)
    found = []
    for shards in (1, 2, 9):
        dealt = sorted(learning.deal(rows, [None], shards), key=itemgetter(0, 1))
        said = learning.stays(row for row in dealt if row[0] < shards)
        stays = (stay for *_, body in said for stay in unpacked(body).stays)
        found.append(sorted(stays))
    assert len(found[0]) > 20
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_any_number_of_shards_learns_the_same(archives: list[Path], shards: int) -> None:
    alone = build(archives)
    assert alone.stays > 20
    assert alone.counts
    assert said(build(archives, cluster=Here(shards))) == said(alone)


def test_what_an_extended_file_knows_is_added_to(archives: list[Path], tmp_path: Path) -> None:
    before = tmp_path / "before.geojson"
    before.write_text("".join(text_of(build(archives[:1]).learned, THRESHOLDS)))
    alone, shared = (build(archives, extend=before, cluster=c) for c in (None, Here(3)))
    assert said(shared) == said(alone)
    assert alone.known == ["0.csv"]
