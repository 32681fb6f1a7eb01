"""The track store: what goes in comes out sorted, once, whole or not at all."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from cablewatch.archives import open_archive
from cablewatch.errors import StoreError
from cablewatch.fixes import Fixes, Stations
from cablewatch.stores import tracks
from cablewatch.stores.days import days
from cablewatch.stores.tracks import TrackWriter, read_track
from cablewatch.units import DAY_MS, HOUR_MS

MIDNIGHT_MS = 1_731_888_000_000  # 2024-11-18T00:00:00Z
SHIPS = (219_000_001, 219_000_002, 636_000_003)


def some_fixes(n: int, start_ms: int = MIDNIGHT_MS, step_ms: int = 10_000) -> Fixes:
    rng = np.random.default_rng(n)
    heading = rng.uniform(0, 360, n)
    heading[::3] = np.nan
    return Fixes.from_columns(
        t_ms=start_ms + step_ms * np.arange(n),
        mmsi=rng.choice(SHIPS, n),
        lon_deg=rng.uniform(10, 20, n),
        lat_deg=rng.uniform(54, 58, n),
        sog_kn=rng.uniform(0, 20, n),
        cog_deg=rng.uniform(0, 360, n),
        heading_deg=heading,
        nav_status=rng.integers(0, 16, n),
        flags=rng.integers(0, 128, n),
        station=rng.integers(0, 3, n),
    )


@pytest.fixture
def stations() -> Stations:
    table = Stations()
    table.code("west")
    table.code("east")
    return table


def write(folder: Path, stations: Stations, *batches: Fixes) -> None:
    with TrackWriter(folder, stations) as writer:
        for batch in batches:
            writer.append(batch)


def same(a: Fixes, b: Fixes) -> None:
    for one, other in zip(a.columns(), b.columns(), strict=True):
        np.testing.assert_array_equal(one, other)


def parts(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_track_comes_back_exactly_over_midnight(tmp_path: Path, stations: Stations) -> None:
    fixes = some_fixes(3000, MIDNIGHT_MS - 4 * HOUR_MS)
    write(tmp_path, stations, fixes)
    assert [p.split("/")[0] for p in parts(tmp_path)] == ["day=2024-11-17", "day=2024-11-18"]
    for mmsi in SHIPS:
        same(read_track(tmp_path, mmsi, stations=stations), fixes.take(fixes.mmsi == mmsi))
    assert len(read_track(tmp_path, 1)) == 0


def test_both_ends_of_the_time_range_are_included(tmp_path: Path, stations: Stations) -> None:
    fixes = some_fixes(3000, MIDNIGHT_MS - 4 * HOUR_MS)
    write(tmp_path, stations, fixes)
    own = fixes.take(fixes.mmsi == SHIPS[0])
    start_ms, end_ms = int(own.t_ms[10]), int(own.t_ms[-10])
    track = read_track(tmp_path, SHIPS[0], start_ms, end_ms, stations=stations)
    same(track, own.take(slice(10, len(own) - 9)))
    assert len(read_track(tmp_path, SHIPS[0], end_ms=MIDNIGHT_MS - 5 * HOUR_MS)) == 0


def test_parts_are_sorted_by_ship_and_time_with_statistics(
    tmp_path: Path, stations: Stations
) -> None:
    write(tmp_path, stations, some_fixes(1000))
    (part,) = tmp_path.rglob("*.parquet")
    table = pq.read_table(part, partitioning=None)
    keys = list(zip(table["mmsi"].to_pylist(), table["time_utc"].to_pylist(), strict=True))
    assert keys == sorted(keys)
    column = pq.ParquetFile(part).metadata.row_group(0).column(1)
    assert (column.statistics.min, column.statistics.max) == (min(SHIPS), max(SHIPS))
    assert column.compression == "ZSTD"


def test_the_same_fixes_again_replace_their_parts(
    tmp_path: Path, stations: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracks, "PART_ROWS", 400)
    fixes = some_fixes(1000)
    write(tmp_path, stations, fixes)
    before = parts(tmp_path)
    assert len(before) == 3
    other_codes = Stations()
    other_codes.code("east")
    other_codes.code("west")
    swapped = Fixes.from_columns(
        **{name: getattr(fixes, name) for name in Fixes.__dataclass_fields__ if name != "station"},
        station=np.array([0, 2, 1], np.uint16)[fixes.station],
    )
    cut_elsewhere = [swapped.take(slice(i, i + 77)) for i in range(0, 1000, 77)]
    write(tmp_path, other_codes, *cut_elsewhere)
    assert parts(tmp_path) == before


def test_overlapping_parts_give_each_fix_once(tmp_path: Path, stations: Stations) -> None:
    fixes = some_fixes(1000)
    write(tmp_path, stations, fixes)
    write(tmp_path, stations, fixes.take(slice(0, 600)))
    assert len(parts(tmp_path)) == 2
    same(read_track(tmp_path, SHIPS[1], stations=stations), fixes.take(fixes.mmsi == SHIPS[1]))


def test_rows_at_one_moment_that_differ_are_kept(tmp_path: Path, stations: Stations) -> None:
    fixes = Fixes.from_columns(
        t_ms=[MIDNIGHT_MS] * 3,
        mmsi=[SHIPS[0]] * 3,
        lon_deg=[10.0, 10.0, 11.0],
        lat_deg=[55.0] * 3,
    )
    write(tmp_path, stations, fixes)
    assert sorted(read_track(tmp_path, SHIPS[0]).lon_deg) == [10.0, 11.0]


def test_late_rows_are_sorted_in(tmp_path: Path, stations: Stations) -> None:
    fixes = some_fixes(500)
    shuffled = fixes.take(np.random.default_rng(1).permutation(500))
    write(tmp_path, stations, shuffled)
    same(read_track(tmp_path, SHIPS[0], stations=stations), fixes.take(fixes.mmsi == SHIPS[0]))


def test_at_most_two_days_are_held(tmp_path: Path, stations: Stations) -> None:
    writer = TrackWriter(tmp_path, stations)
    for day in range(4):
        writer.append(some_fixes(100, MIDNIGHT_MS + day * DAY_MS))
    writer._wait()
    assert len(parts(tmp_path)) == 2
    writer.close()
    assert len(parts(tmp_path)) == 4


def test_half_written_parts_are_not_read(
    tmp_path: Path, stations: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetWriter, "write_table", crash)
        with pytest.raises(StoreError, match="No space left"):
            write(tmp_path, stations, some_fixes(100))
    assert all(part.endswith(".tmp") for part in parts(tmp_path))
    assert len(read_track(tmp_path, SHIPS[0])) == 0
    write(tmp_path, stations, some_fixes(100))
    assert [Path(part).suffix for part in parts(tmp_path)] == [".parquet"]


def test_a_folder_of_no_day_is_none(tmp_path: Path, stations: Stations) -> None:
    """Such as a copy that somebody made beside it."""
    write(tmp_path, stations, some_fixes(3))
    for name in ("day=2024-11-17.bak", "day=2024-02-30", "day="):
        (tmp_path / name).mkdir()
    write(tmp_path, stations, some_fixes(3))
    assert [day.home.name for day in days(tmp_path)] == ["day=2024-11-18"]


def test_errors_name_the_store(tmp_path: Path, stations: Stations) -> None:
    with pytest.raises(StoreError, match="absent"):
        read_track(tmp_path / "absent", SHIPS[0])
    write(tmp_path, stations, some_fixes(100))
    (part,) = tmp_path.rglob("*.parquet")
    part.write_bytes(part.read_bytes()[:1000])
    with pytest.raises(StoreError, match="damaged"):
        read_track(tmp_path, SHIPS[0])


def test_nothing_written_is_an_empty_store(tmp_path: Path, stations: Stations) -> None:
    write(tmp_path / "tracks", stations, Fixes.empty())
    assert parts(tmp_path) == []
    assert len(read_track(tmp_path / "tracks", SHIPS[0])) == 0


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, stations: Stations) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        TrackWriter(tmp_path / "file", stations)


def test_a_part_is_an_archive(tmp_path: Path, stations: Stations) -> None:
    fixes = some_fixes(200)
    write(tmp_path, stations, fixes)
    (part,) = tmp_path.rglob("*.parquet")
    names = Stations()
    archive = open_archive(part, stations=names)
    read = Fixes.concat(batch.fixes for batch in archive.batches(lambda _: None))
    order = np.lexsort((fixes.t_ms, fixes.mmsi))
    np.testing.assert_array_equal(read.lon_deg, fixes.lon_deg[order])
    np.testing.assert_array_equal(read.flags, fixes.flags[order])
    heard = [stations.name(code) for code in fixes.station[order]]
    assert [names.name(code) for code in read.station] == heard
    assert archive.ignored_columns == []
