"""Compaction: the same fixes from fewer files, whatever moment it is cut off at."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from cablewatch.errors import StoreError
from cablewatch.fixes import Fixes, Stations
from cablewatch.stores import compaction, days, tracks
from cablewatch.stores.compaction import BLOCK_MS, compact
from cablewatch.stores.places import held
from cablewatch.stores.tracks import TrackWriter, read_block, read_track
from cablewatch.units import DAY_MS, HOUR_MS
from tests import commands

DAY = 20_045  # 2024-11-18
MIDNIGHT_MS = DAY * DAY_MS
SHIPS = (219_000_001, 219_000_002, 636_000_003, 992_190_001)


def a_day(n: int = 5_000, seed: int = 1, start_ms: int = MIDNIGHT_MS) -> Fixes:
    rng = np.random.default_rng(seed)
    sog = rng.integers(0, 200, n) / 10
    sog[::7] = np.nan
    return Fixes.from_columns(
        t_ms=np.sort(start_ms + rng.integers(0, 20 * 3_600, n) * 1_000),  # with ties
        mmsi=rng.choice(SHIPS, n),
        lon_deg=rng.uniform(10, 20, n),
        lat_deg=rng.uniform(54, 58, n),
        sog_kn=sog,
        nav_status=rng.integers(0, 16, n),
        station=rng.integers(0, 3, n),
    )


def stations() -> Stations:
    table = Stations()
    table.code("west")
    table.code("east")
    return table


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "PART_ROWS", 700)
    monkeypatch.setattr(compaction, "FILE_ROWS", 1_500)


def write(folder: Path, *batches: Fixes) -> None:
    with TrackWriter(folder, stations()) as writer:
        for batch in batches:
            writer.append(batch)


def content(folder: Path) -> list[tuple[object, ...]]:
    """Everything the store gives: each ship's track, and the day in one block, which must agree."""
    table = stations()
    named = [read_track(folder, mmsi, stations=table) for mmsi in SHIPS]
    block = read_block(folder, MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS, stations=table)
    rows, again = (
        sorted(zip(*(np.nan_to_num(c, nan=-1).tolist() for c in f.columns()), strict=True))
        for f in (Fixes.concat(named), block)
    )
    assert rows == again
    return rows


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_same_fixes_come_from_two_sorted_copies(tmp_path: Path) -> None:
    write(tmp_path, a_day())
    before = content(tmp_path)
    assert len(before) == 5_000
    assert compact(tmp_path) == ["day=2024-11-18"]
    assert content(tmp_path) == before
    assert {name.partition("-")[0] for name in names(tmp_path)} == {
        "blocks",
        "compacted.json",
        "ships",
    }
    copies: dict[str, int] = {"ships": 0, "blocks": 0}
    for path in tmp_path.rglob("*.parquet"):
        table = pq.read_table(path, partitioning=None)
        ms = table["time_utc"].cast("int64").to_numpy()
        mmsi = table["mmsi"].to_numpy()
        kind = path.name.partition("-")[0]
        block = ms // BLOCK_MS if kind == "blocks" else np.zeros(len(ms))
        keys = list(zip(block, mmsi, ms, strict=True))
        assert keys == sorted(keys)
        copies[kind] += len(keys)
        if kind == "blocks":
            assert pq.ParquetFile(path).num_row_groups == len(np.unique(block))
    assert copies == {"ships": 5_000, "blocks": 5_000}
    assert compact(tmp_path) == []


def test_a_command_compacts_a_store(tmp_path: Path) -> None:
    write(tmp_path / "tracks", a_day())
    before = content(tmp_path / "tracks")
    assert commands.run("compact", tmp_path, "--parts", 8).stdout == ""
    with held(tmp_path):
        assert "another run is writing" in commands.run("compact", tmp_path, ok=2).stderr
    with TrackWriter(tmp_path / "tracks", stations()):
        assert "another run is writing" in commands.run("compact", tmp_path, ok=2).stderr
    done = commands.run("compact", tmp_path)
    assert done.stdout == "compacted day=2024-11-18\n"
    assert "compacted all there was" in done.stderr
    assert content(tmp_path / "tracks") == before
    assert "there is no track store" in commands.run("compact", tmp_path / "none", ok=2).stderr


def test_few_parts_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, a_day())
    assert compact(tmp_path, max_parts=8) == []
    assert len(names(tmp_path)) == 8


@pytest.mark.parametrize("compacted", [False, True])
def test_the_same_fixes_cut_otherwise_add_nothing(tmp_path: Path, compacted: bool) -> None:
    fixes = a_day()
    write(tmp_path, fixes)
    before = content(tmp_path)
    if compacted:
        compact(tmp_path)
    write(tmp_path, *(fixes.take(slice(i, i + 77)) for i in range(1_000, 5_000, 77)))
    write(tmp_path, fixes.take(slice(0, 2_345)))
    assert content(tmp_path) == before
    compact(tmp_path)
    assert content(tmp_path) == before
    once = names(tmp_path)
    write(tmp_path, fixes)
    compact(tmp_path)
    assert content(tmp_path) == before
    assert [name for name in once if name.endswith("parquet")] == [
        name for name in names(tmp_path) if name.endswith("parquet")
    ]


def test_parts_that_were_taken_in_are_not_written_again(tmp_path: Path) -> None:
    write(tmp_path, a_day())
    compact(tmp_path)
    before = names(tmp_path)
    write(tmp_path, a_day())
    assert names(tmp_path) == before


def test_new_fixes_join_a_compacted_day(tmp_path: Path) -> None:
    one, other = a_day(seed=1), a_day(seed=2)
    write(tmp_path / "a", one)
    compact(tmp_path / "a")
    write(tmp_path / "a", other)
    joined = content(tmp_path / "a")
    assert len(joined) == 10_000
    compact(tmp_path / "a")
    assert content(tmp_path / "a") == joined
    write(tmp_path / "b", other)
    write(tmp_path / "b", one)
    compact(tmp_path / "b")
    made = [n for n in names(tmp_path / "a") if n.endswith("parquet")]
    assert made == [n for n in names(tmp_path / "b") if n.endswith("parquet")]


def test_a_block_is_the_fixes_of_its_time_and_place(tmp_path: Path) -> None:
    fixes = a_day(start_ms=MIDNIGHT_MS - 6 * HOUR_MS)  # over midnight
    write(tmp_path, fixes)
    start_ms, end_ms = MIDNIGHT_MS - BLOCK_MS // 2, MIDNIGHT_MS + 3 * BLOCK_MS
    inside = (fixes.t_ms >= start_ms) & (fixes.t_ms < end_ms)
    west, south, east, north = bbox = (12.0, 55.0, 17.0, 57.5)
    placed = (fixes.lon_deg >= west) & (fixes.lon_deg <= east)
    placed &= (fixes.lat_deg >= south) & (fixes.lat_deg <= north)
    for _ in range(2):
        for wanted, place in ((inside, None), (inside & placed, bbox)):
            block = read_block(tmp_path, start_ms, end_ms, place)
            assert len(block) == np.count_nonzero(wanted) > 0
            assert set(block.lon_deg) == set(fixes.lon_deg[wanted])
            keys = list(zip(block.t_ms, block.mmsi, strict=True))
            assert keys == sorted(keys)
        around = read_block(tmp_path, start_ms, end_ms, (17.0, 54.0, 12.0, 58.0))
        lon = fixes.lon_deg[inside]
        assert set(around.lon_deg) == set(lon[(lon >= 17) | (lon <= 12)])
        compact(tmp_path)
    assert len(read_block(tmp_path, 0, 1)) == 0


def test_a_reader_looks_again_when_compaction_removed_its_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a_day())
    before = read_track(tmp_path, SHIPS[0])
    listed = days.day_of
    calls = []

    def then_compacted(home: Path, start_ms: int) -> days.Day:
        day = listed(home, start_ms)
        calls.append(day)
        if len(calls) == 1:
            monkeypatch.setattr("cablewatch.stores.days.day_of", listed)
            compact(tmp_path)
            monkeypatch.setattr("cablewatch.stores.days.day_of", then_compacted)
        return day

    monkeypatch.setattr("cablewatch.stores.days.day_of", then_compacted)
    after = read_track(tmp_path, SHIPS[0])
    assert len(calls) == 2
    np.testing.assert_array_equal(before.lon_deg, after.lon_deg)


def test_uncommitted_copies_do_not_count_and_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a_day())
    before = content(tmp_path)

    def cut_off(_day: days.Day, _made: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "commit", cut_off)
        with pytest.raises(StoreError, match="No space left"):
            compact(tmp_path)
    assert any(name.startswith("ships") for name in names(tmp_path))
    assert content(tmp_path) == before
    write(tmp_path, Fixes.empty())
    assert all(name.startswith("part") for name in names(tmp_path))


def test_replaced_parts_that_are_still_there_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, a_day())
    before = content(tmp_path)
    kept = {path: path.read_bytes() for path in tmp_path.rglob("part-*")}
    compact(tmp_path)
    for path, data in kept.items():
        path.write_bytes(data)
    assert content(tmp_path) == before
    write(tmp_path, Fixes.empty())
    assert not any(path.exists() for path in kept)


def test_one_writes_at_a_time(tmp_path: Path) -> None:
    with TrackWriter(tmp_path, stations()) as writer:
        writer.append(a_day())
        for other in (lambda: TrackWriter(tmp_path, stations()), lambda: compact(tmp_path)):
            with pytest.raises(StoreError, match="another run is writing"):
                other()
    assert compact(tmp_path) == ["day=2024-11-18"]


def test_a_damaged_manifest_and_an_absent_store_are_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no track store"):
        compact(tmp_path / "absent")
    with pytest.raises(StoreError, match="no track store"):
        read_block(tmp_path / "absent", 0, 1)
    write(tmp_path, a_day())
    manifest = tmp_path / "day=2024-11-18" / days.MANIFEST
    manifest.write_text(json.dumps(["?"]))
    with pytest.raises(StoreError, match=r"compacted\.json"):
        read_track(tmp_path, SHIPS[0])


KILLED = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
import numpy as np
from cablewatch.fixes import Fixes, Stations
from cablewatch.stores import compaction, tracks
tracks.PART_ROWS, compaction.FILE_ROWS = 700, 1_500
import test_compaction as made
folder = Path(sys.argv[1])
print("ready", flush=True)
for first in (0, 2_500):
    with tracks.TrackWriter(folder, made.stations()) as writer:
        fixes = made.a_day().take(slice(first, first + 3_000))
        for i in range(0, len(fixes), 250):
            writer.append(fixes.take(slice(i, i + 250)))
    compaction.compact(folder)
print("done", flush=True)
"""


def run(folder: Path, kill_after_s: float | None) -> tuple[bool, float]:
    """Whether a process that writes and compacts came to its end, and for how long it wrote."""
    arguments = [sys.executable, "-c", KILLED, str(folder), str(Path(__file__).parent)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        start_s = time.perf_counter()
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            process.kill()
        finished = process.stdout.read() == "done\n"
        return finished, time.perf_counter() - start_s


@pytest.mark.parametrize("kills", [8, pytest.param(30, marks=pytest.mark.soak)])
def test_kills_lose_and_double_nothing(tmp_path: Path, kills: int) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    finished, longest_s = run(whole, None)
    assert finished
    expected = set(content(whole))
    assert len(expected) == 5_000
    moments = random.Random(1)
    killed_s = [0.0, *(moments.uniform(0, longest_s) for _ in range(kills - 1))]
    assert not all([run(killed, moment_s)[0] for moment_s in killed_s])
    assert set(content(killed)) <= expected
    assert run(killed, None)[0]
    assert content(killed) == content(whole)
    assert names(killed) == names(whole)


AT_A_POINT = """
import os, sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from cablewatch.stores import compaction, days, tracks
tracks.PART_ROWS, compaction.FILE_ROWS = 700, 1_500
import test_compaction as made
folder, point = Path(sys.argv[1]), sys.argv[2]

def killed(*_):
    os.kill(os.getpid(), 9)

if point == "part":
    Path.replace = killed  # the first part is written whole and has no name yet
made.write(folder, made.a_day())
if point == "commit":
    compaction.commit = killed  # both copies are there, and no manifest that names them
if point == "remove":
    days._remove_uncounted = killed  # the manifest is there, and so are the parts that it replaces
compaction.compact(folder)
"""


@pytest.mark.parametrize(("point", "rows"), [("part", 0), ("commit", 5_000), ("remove", 5_000)])
def test_a_kill_between_write_and_commit_leaves_all_or_nothing(
    tmp_path: Path, point: str, rows: int
) -> None:
    folder, whole = tmp_path / "killed", tmp_path / "whole"
    arguments = [sys.executable, "-c", AT_A_POINT, str(folder), point, str(Path(__file__).parent)]
    assert subprocess.run(arguments, check=False).returncode == -9
    assert len(content(folder)) == rows
    write(folder, a_day())
    compact(folder)
    write(whole, a_day())
    compact(whole)
    assert content(folder) == content(whole)
    assert names(folder) == names(whole)
