"""The operators of a stream without Spark: cut anywhere, cut off, repeated, they say the same."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cablewatch.archives import ReadOptions
from cablewatch.archives.recording import Entry
from cablewatch.cluster import tasks
from cablewatch.cluster.operators import Files, Messages
from cablewatch.cluster.packing import packed
from cablewatch.cluster.tasks import Read
from cablewatch.engine.fold import Engine
from cablewatch.errors import StoreError, UsageError
from cablewatch.scenario import make_scenario
from cablewatch.stores import snapshots
from cablewatch.stores.run import read_run
from cablewatch.usecases.replay import STATE, State
from tests.cluster.streams import (
    QUERY,
    Chain,
    canonical,
    entries,
    replayed,
    streamed,
    taker_of,
    versions,
)


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return b"".join(make_scenario(seed=3, background=3).nmea()).splitlines(keepends=True)


@pytest.fixture(scope="module")
def recordings(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five recordings, one behind the other, cut without regard to bins and parts of messages."""
    folder = tmp_path_factory.mktemp("recordings")
    cuts = [0, *(len(lines) * k // 53 for k in (7, 8, 30, 41)), len(lines)]
    paths = []
    for k, (first, last) in enumerate(pairwise(cuts)):
        paths.append(folder / f"{k}.received")
        paths[-1].write_bytes(
            b"".join(Entry("pier", "nmea", line).packed() for line in lines[first:last])
        )
    return paths


@pytest.fixture(scope="module")
def whole(recordings: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store of one process."""
    store = tmp_path_factory.mktemp("whole") / "store"
    replayed(recordings, store)
    return store


@pytest.fixture(scope="module")
def files(recordings: list[Path]) -> list[list[Read]]:
    """Rows of each recording."""
    numbered = [(k, packed(path)) for k, path in enumerate(recordings)]
    return [list(tasks.read([one], ReadOptions())) for one in numbered]


def tracks(store: Path) -> list[str]:
    """Every fix of a store, sorted; one that lies there twice is there once."""
    parts = [pq.read_table(path, partitioning=None) for path in store.glob("tracks/*/*.parquet")]
    return sorted({repr(row) for part in parts for row in part.to_pylist()})


@pytest.mark.parametrize(
    ("cut", "shards"), [([5], 1), ([1] * 5, 3), ([2, 3], 2)], ids=["whole", "each", "some"]
)
def test_files_of_any_cut_and_shards_say_what_one_process_says(
    files: list[list[Read]], whole: Path, tmp_path: Path, cut: list[int], shards: int
) -> None:
    left = iter(files)
    batches = [[row for _ in range(n) for row in next(left)] for n in cut]
    chain, taker = streamed(tmp_path / "store", batches, Files, shards)
    assert canonical(tmp_path / "store") == canonical(whole)
    assert tracks(tmp_path / "store") == tracks(whole)
    assert taker.counts["duplicate"] > 100
    alone: State = snapshots.load(whole.with_suffix(".state"), STATE)
    [engine] = alone.standing.engines
    context = Engine.restore(engine, taker.index).context.state()
    assert context
    for shard in range(shards):
        folded = Engine.restore(chain.states[-1]["fold", shard], taker.index)
        assert folded.context.state() == context


def joined(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Messages of a few lines."""
    for k in range(0, len(lines), 12):
        yield b"".join(lines[k : k + 12])


def parted(said: Sequence[Entry], cuts: Sequence[int]) -> Iterator[list[Read]]:
    """Micro-batches of entries, each in rows of up to seven."""
    ends = [*sorted(cuts), len(said)]
    for first, last in zip([0, *ends], ends, strict=False):
        part = range(first, last, 7)
        rows = [(0, said[k].at_ms or 0, k, said[k : min(k + 7, last)]) for k in part]
        if rows:
            yield [(*row, packed(body)) for *row, body in rows]


@settings(max_examples=4, deadline=None, phases=[Phase.generate], database=None)
@given(cuts=st.lists(st.floats(0.0, 1.0), max_size=6), shards=st.integers(1, 4))
def test_messages_cut_anywhere_say_what_one_process_says(
    lines: list[bytes], whole: Path, cuts: list[float], shards: int
) -> None:
    said = list(entries(joined(lines)))
    with TemporaryDirectory() as folder:
        batches = list(parted(said, [round(cut * len(said)) for cut in cuts]))
        streamed(Path(folder) / "store", batches, Messages, shards)
        assert canonical(Path(folder) / "store") == canonical(whole)


def test_partitions_that_are_read_together_come_by_their_times(
    lines: list[bytes], whole: Path, tmp_path: Path
) -> None:
    """One after the other, all of the second would be late."""
    east = [line for line in lines if b"s:fi-" in line]
    west = [line for line in lines if b"s:fi-" not in line]
    said = [*entries(joined(east), "east"), *entries(joined(west), "west")]
    rows = [
        (int(entry.sender == "east"), entry.at_ms or 0, k, packed([entry]))
        for k, entry in enumerate(said)
    ]
    streamed(tmp_path / "store", [rows], Messages)
    assert canonical(tmp_path / "store") == canonical(whole)


def test_a_batch_that_was_cut_is_taken_again_and_one_that_was_taken_is_not(
    files: list[list[Read]], whole: Path, tmp_path: Path
) -> None:
    """Each is cut off in the middle once, and offered once more when it was taken."""
    chain, first = streamed(tmp_path / "store", files[:1], Files)
    assert not first.is_new(QUERY, 0)
    for batch in range(1, len(files)):
        before = versions(tmp_path / "store")
        with pytest.raises(KeyboardInterrupt), taker_of(tmp_path / "store") as cut:
            rows = chain.run(batch, files[batch])
            last = rows[-1][1]
            cut.take(QUERY, batch, cut_off(row for row in rows if row[1] < last), last)
        del chain.states[batch + 1 :]
        with taker_of(tmp_path / "store") as taker:
            assert taker.is_new(QUERY, batch)
            again = chain.run(batch, files[batch])
            assert [row[:2] for row in again] == [row[:2] for row in rows]
            taker.take(QUERY, batch, again, last)
        assert len(versions(tmp_path / "store")) >= len(before)
        with taker_of(tmp_path / "store") as taker:
            assert not taker.is_new(QUERY, batch)
    assert canonical(tmp_path / "store") == canonical(whole)
    assert tracks(tmp_path / "store") == tracks(whole)


def test_what_is_repeated_has_to_be_what_was_taken(files: list[list[Read]], tmp_path: Path) -> None:
    """An older copy of the checkpoint leads to other rows of the same number."""
    chain, _ = streamed(tmp_path / "store", files[:2], Files)
    del chain.states[2:]
    with taker_of(tmp_path / "store") as taker:
        same, other = (
            [row for row in chain.run(1, files[k]) if row[0] == taker.shards] for k in (1, 2)
        )
        taker.check_repeated(same)
        with pytest.raises(StoreError, match="which held other rows then"):
            taker.check_repeated(other)
        with pytest.raises(StoreError, match="which held other rows then"):
            taker.check_repeated([])


def test_what_another_left_while_this_one_began_is_not_passed_over(
    files: list[list[Read]], tmp_path: Path
) -> None:
    early = taker_of(tmp_path / "store", shards=2)
    streamed(tmp_path / "store", files[:1], Files)
    with pytest.raises(StoreError, match="another stream went on from here"), early:
        pass
    with taker_of(tmp_path / "store") as taker:
        assert taker.is_new(QUERY, 1)


def test_a_batch_without_rows_is_taken(
    files: list[list[Read]], whole: Path, tmp_path: Path
) -> None:
    with taker_of(tmp_path / "store", shards=2) as taker:
        chain = Chain(taker, Files)
        batch = 0
        for rows in files:
            for read in (rows, []):
                said = chain.run(batch, read)
                taker.take(QUERY, batch, said, said[-1][1] if said else 0)
                batch += 1
        assert not taker.is_new(QUERY, batch - 1)
        taker.check_repeated([])
    assert canonical(tmp_path / "store") == canonical(whole)


def cut_off(rows: Iterator[tasks.Dealt]) -> Iterator[tasks.Dealt]:
    """Rows of a driver that is killed when it has taken them."""
    yield from rows
    raise KeyboardInterrupt


def test_what_does_not_belong_together_is_refused(files: list[list[Read]], tmp_path: Path) -> None:
    streamed(tmp_path / "store", files[:2], Files)
    with taker_of(tmp_path / "store") as taker:
        with pytest.raises(StoreError, match="of another checkpoint than this one"):
            taker.is_new("another", 0)
        with pytest.raises(StoreError, match="micro-batch 1, and the checkpoint behind 2"):
            taker.is_new(QUERY, 3)
        with pytest.raises(StoreError, match="and the checkpoint before 0"):
            taker.is_new(QUERY, 0)
    with (
        taker_of(tmp_path / "new") as taker,
        pytest.raises(StoreError, match="checkpoint behind"),
    ):
        taker.is_new(QUERY, 1)
    for said in ({"shards": 3}, {"source": "other"}, {"lateness_ms": 5000}):
        with pytest.raises(UsageError, match="is not that of the stream"):
            taker_of(tmp_path / "store", **said)


def test_a_file_that_ends_early_is_told_and_the_others_go_on(
    recordings: list[Path], files: list[list[Read]], tmp_path: Path
) -> None:
    cut = tmp_path / "cut.received"
    cut.write_bytes(recordings[1].read_bytes()[:-10])
    told = []
    rows = list(tasks.read([(1, packed(cut))], ReadOptions()))
    with taker_of(tmp_path / "store", blamed=lambda *fault: told.append(fault) or "cut") as taker:
        chain = Chain(taker, Files)
        for batch, read in enumerate([files[0], rows, files[2]]):
            said = chain.run(batch, read)
            taker.take(QUERY, batch, said, said[-1][1])
    assert [number for number, _ in told] == [1]
    assert "cut off or damaged" in told[0][1][1]
    assert taker.figures.fixes > 1000
    run = read_run(tmp_path / "store")
    assert run is not None
    assert run.parts[-1].faults == ("cut",)
