"""Blocks: ten minutes of all ships, told apart by the files they lie in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cablewatch.fixes import Fixes, Stations
from cablewatch.stores import blocks, compaction, tracks
from cablewatch.stores.blocks import block_version, closed_ms, day_blocks, read_ships
from cablewatch.stores.compaction import BLOCK_MS, compact
from cablewatch.stores.run import Part, Run
from cablewatch.stores.tracks import TrackWriter
from cablewatch.units import DAY_MS, HOUR_MS

MIDNIGHT_MS = 20_045 * DAY_MS  # 2024-11-18
DONE = Run((Part("t", "a", ended="2024-11-20T00:00:00Z"),))


def some_fixes(n: int = 3_000, seed: int = 1, start_ms: int = MIDNIGHT_MS - HOUR_MS) -> Fixes:
    """Two hours of many ships around midnight and around longitude 180."""
    rng = np.random.default_rng(seed)
    return Fixes.from_columns(
        t_ms=np.sort(start_ms + rng.integers(0, 2 * HOUR_MS, n)),
        mmsi=rng.integers(219_000_000, 219_000_040, n),
        lon_deg=(rng.uniform(170, 190, n) + 180) % 360 - 180,
        lat_deg=rng.uniform(50, 60, n),
        sog_kn=rng.uniform(0, 20, n),
    )


def write(folder: Path, fixes: Fixes) -> None:
    with TrackWriter(folder, Stations()) as writer:
        writer.append(fixes)


def rows(fixes: Fixes) -> list[tuple[float, ...]]:
    columns = [np.nan_to_num(column, nan=-1).tolist() for column in fixes.columns()]
    return list(zip(*columns, strict=True))


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "PART_ROWS", 400)
    monkeypatch.setattr(compaction, "FILE_ROWS", 700)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("bbox", [None, (175.0, 52.0, -176.0, 58.0), (171.0, 50.0, 174.0, 60.0)])
def test_a_block_is_the_rows_of_its_ten_minutes_ship_by_ship(
    tmp_path: Path, compacted: bool, bbox: tuple[float, float, float, float] | None
) -> None:
    fixes = some_fixes()
    write(tmp_path, fixes)
    if compacted:
        compact(tmp_path)
    lon_deg = fixes.lon_deg % 360
    inside = np.ones(len(fixes), bool)
    if bbox:
        inside = (lon_deg >= bbox[0]) & (lon_deg <= bbox[2] % 360)
        inside &= (fixes.lat_deg >= bbox[1]) & (fixes.lat_deg <= bbox[3])
    seen = 0
    for start_ms in range(MIDNIGHT_MS - HOUR_MS, MIDNIGHT_MS + HOUR_MS, BLOCK_MS):
        own = inside & (fixes.t_ms >= start_ms) & (fixes.t_ms < start_ms + BLOCK_MS)
        wanted = sorted(rows(fixes.take(own)), key=lambda row: (row[1], row[0]))
        assert rows(read_ships(tmp_path, start_ms, bbox)) == wanted
        seen += len(wanted)
    assert seen == inside.sum() > 100


@pytest.mark.usefixtures("small_parts")
def test_before_it_stands_the_last_fix_of_each_ship(tmp_path: Path) -> None:
    fixes = some_fixes()
    write(tmp_path, fixes)
    block = read_ships(tmp_path, MIDNIGHT_MS, before=True)
    assert (np.diff(block.mmsi) >= 0).all()
    earlier = block.take(block.t_ms < MIDNIGHT_MS)
    for mmsi in np.unique(earlier.mmsi):
        (t_ms,) = earlier.t_ms[earlier.mmsi == mmsi]
        assert t_ms == fixes.t_ms[(fixes.mmsi == mmsi) & (fixes.t_ms < MIDNIGHT_MS)].max()
    heard = fixes.mmsi[(fixes.t_ms >= MIDNIGHT_MS - BLOCK_MS) & (fixes.t_ms < MIDNIGHT_MS)]
    assert earlier.mmsi.tolist() == np.unique(heard).tolist()
    own = block.take(block.t_ms >= MIDNIGHT_MS)
    assert rows(own) == rows(read_ships(tmp_path, MIDNIGHT_MS))


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("compacted", [False, True])
def test_days_tell_the_fixes_of_each_block(tmp_path: Path, compacted: bool) -> None:
    fixes = some_fixes()
    write(tmp_path, fixes)
    if compacted:
        compact(tmp_path)
    found = day_blocks(tmp_path, None, None)
    assert [said.day for said in found] == ["2024-11-17", "2024-11-18"]
    counts = np.concatenate([said.counts for said in found])
    first_ms = MIDNIGHT_MS - DAY_MS
    wanted = np.bincount((fixes.t_ms - first_ms) // BLOCK_MS, minlength=len(counts))
    assert counts.tolist() == wanted.tolist()
    assert [said.day for said in day_blocks(tmp_path, MIDNIGHT_MS, None)] == ["2024-11-18"]


def test_a_version_changes_with_what_is_stored_there_and_opens_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, some_fixes())
    early = block_version(tmp_path, MIDNIGHT_MS - HOUR_MS, MIDNIGHT_MS)
    late = block_version(tmp_path, MIDNIGHT_MS, MIDNIGHT_MS + HOUR_MS)
    assert early != late
    write(tmp_path, some_fixes(10, 2, MIDNIGHT_MS + 2 * HOUR_MS))
    monkeypatch.setattr(blocks, "parquet", None)
    monkeypatch.setattr(tracks, "dataset", None)
    assert block_version(tmp_path, MIDNIGHT_MS - HOUR_MS, MIDNIGHT_MS) == early
    assert block_version(tmp_path, MIDNIGHT_MS, MIDNIGHT_MS + HOUR_MS) == late
    monkeypatch.undo()
    write(tmp_path, some_fixes(10, 3, MIDNIGHT_MS))
    assert block_version(tmp_path, MIDNIGHT_MS, MIDNIGHT_MS + HOUR_MS) != late


def test_blocks_are_closed_up_to_the_end_of_the_data_of_a_whole_run(tmp_path: Path) -> None:
    fixes = some_fixes()
    write(tmp_path, fixes.take(fixes.t_ms < MIDNIGHT_MS + BLOCK_MS + 1_000))
    assert closed_ms(tmp_path, DONE) == MIDNIGHT_MS + BLOCK_MS
    running = replace(DONE, parts=(*DONE.parts, Part("t", "b")))
    assert closed_ms(tmp_path, running) is None
    assert closed_ms(tmp_path, Run()) is None


def test_a_store_without_tracks_holds_no_block(tmp_path: Path) -> None:
    absent = tmp_path / "tracks"
    assert len(read_ships(absent, MIDNIGHT_MS, before=True)) == 0
    assert day_blocks(absent, None, None) == []
    assert closed_ms(absent, DONE) is None
    assert block_version(absent, 0, 1)
