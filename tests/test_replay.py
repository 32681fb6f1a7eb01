"""Replay end to end on the project's own scenario: formats, cuts, workers, damage, selection."""

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from cablewatch.alerts.records import record
from cablewatch.archives import ReadOptions, Selection
from cablewatch.archives.external_sort import in_time_order
from cablewatch.archives.streams import interleaved, prefetched
from cablewatch.batches import Batch
from cablewatch.cables.model import load_cables
from cablewatch.errors import UsageError
from cablewatch.fixes import FIX_DTYPE, Fixes
from cablewatch.output.text import canonical_json
from cablewatch.scenario import Scenario, make_scenario
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.folder import StoreWriter
from cablewatch.stores.tracks import read_track
from cablewatch.usecases.decode import decode
from cablewatch.usecases.replay import Replay, replay
from cablewatch.vessels.statics import Statics

YI_PENG_3 = 414270000


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return make_scenario(seed=3, background=30)


@pytest.fixture(scope="module")
def log(scenario: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenario") / "window.nmea"
    scenario.write(path)
    return path


@pytest.fixture(scope="module")
def once(log: Path) -> Replay:
    return replay([log], load_cables())


def said(result: Replay) -> dict[str, object]:
    """Alerts without the name of the input, which differs by design."""
    alerts = {}
    for alert in result.alerts.values():
        content = record(alert)
        del content["source"]
        alerts[alert.id] = json.loads(canonical_json(content))
    return alerts


def test_finds_the_drag_and_says_why(once: Replay, scenario: Scenario) -> None:
    alert = next(a for a in once.ranked() if a.kind == "anchor_drag" and a.mmsi == YI_PENG_3)
    truth = scenario.truth[YI_PENG_3]
    assert truth.drag_start_ms is not None
    assert truth.drag_start_ms < alert.raised_ms < truth.crossings["bcs-east-west-interlink"]
    crossed = {c.id: c.t_ms for c in alert.cables}
    for cable, t_ms in truth.crossings.items():
        assert abs(crossed[cable] - t_ms) < 5 * 60_000
    assert alert.severity == "critical"
    said_for = {e.name for e in alert.evidence if e.contribution > 0}
    assert said_for == {"speed_loss", "course_cycle", "cycle_held", "recovery_stop"}
    odds = sum(e.contribution for e in alert.evidence)
    assert alert.probability == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-5)  # six digits
    assert alert.name == "YI PENG 3"


def test_workers_change_nothing(once: Replay, log: Path) -> None:
    shared_out = replay([log], load_cables(), workers=2)
    assert said(shared_out) == said(once)
    assert (shared_out.crossings, shared_out.counts) == (once.crossings, once.counts)


def test_many_files_are_one_input(once: Replay, log: Path, tmp_path: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    third = len(lines) // 3
    parts = [tmp_path / "c.nmea", tmp_path / "a.nmea.gz", tmp_path / "b.nmea"]
    parts[0].write_bytes(b"".join(lines[:third]))
    parts[1].write_bytes(gzip.compress(b"".join(lines[third : 2 * third]), 1))
    parts[2].write_bytes(b"".join(lines[2 * third :]))
    again = replay(parts[::-1], load_cables())
    assert said(again) == said(once)


def test_stations_that_interleave_are_merged(once: Replay, log: Path, tmp_path: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    east = [line for line in lines if b"s:fi-" in line or b"s:ee-" in line]
    west = [line for line in lines if not (b"s:fi-" in line or b"s:ee-" in line)]
    (tmp_path / "east").write_bytes(b"".join(east))
    (tmp_path / "west").write_bytes(b"".join(west))
    merged = replay([tmp_path / "east", tmp_path / "west"], load_cables())
    assert merged.counts["late"] == 0
    assert said(merged) == said(once)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_decoded_tables_replay_to_the_same_alerts(
    once: Replay, log: Path, tmp_path: Path, ending: str
) -> None:
    table = tmp_path / f"fixes.{ending}"
    done = decode([log], table)
    assert done.fixes > 10_000 and not done.errors
    again = replay([table], load_cables())
    assert any(alert["stations"] for alert in said(again).values())
    assert said(again) == said(once)


def test_a_damaged_archive_keeps_what_was_read(log: Path, tmp_path: Path) -> None:
    whole = gzip.compress(log.read_bytes()[:4_000_000], 1)
    path = tmp_path / "cut.gz"
    path.write_bytes(whole[: len(whole) // 2])
    result = replay([path], load_cables())
    assert result.fixes > 1000
    (error,) = result.errors
    assert str(path) in error.where and error.do


def test_a_store_keeps_versions_tracks_and_crossings(
    once: Replay, log: Path, tmp_path: Path
) -> None:
    kept: list[dict[str, list[dict[str, object]]]] = []
    for _ in range(2):  # the second run adds nothing
        writer = StoreWriter(tmp_path, "title", "about")
        result = replay([log], load_cables(), store=writer)
        store = AlertStore(tmp_path / "alerts.sqlite")
        best = result.ranked()[0]
        versions = store.history(best.id)
        assert store.latest().matched == len(once.alerts)
        assert record(versions[-1].alert) == record(best)
        assert [v.alert.started_ms for v in versions] == [best.started_ms] * len(versions)
        track = read_track(tmp_path / "tracks", YI_PENG_3)
        assert (np.diff(track.t_ms) >= 0).all()
        files = sorted(tmp_path.rglob("*.parquet"))
        kept.append({p.name: pq.read_table(p, partitioning=None).to_pylist() for p in files})
    assert kept[0] == kept[1] and any(name.startswith("part-") for name in kept[0])
    crossings = pq.read_table(tmp_path / "crossings.parquet")
    assert crossings.num_rows == once.crossings
    assert json.loads((tmp_path / "run.json").read_text())["about"] == "about"


def test_selection_cuts_time_place_and_ship(log: Path) -> None:
    t0 = 1_731_801_600_000  # 2024-11-17T00:00:00Z
    wanted = Selection(t0, t0 + 3_600_000, (10.0, 53.0, 22.0, 60.0), frozenset({YI_PENG_3}))
    result = replay([log], load_cables(), options=ReadOptions(selection=wanted))
    assert result.ships == 1 and result.fixes > 50
    assert result.first_ms is not None and result.last_ms is not None
    assert t0 <= result.first_ms <= result.last_ms < t0 + 3_600_000


def test_nothing_found_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text(
        "time_utc,mmsi,lon,lat,sog_kn,cog_deg\n2024-11-18T00:00:00Z,219000001,1,2,3,4\n"
    )
    result = replay([path], load_cables())
    assert (len(result.alerts), result.fixes, result.errors) == (0, 1, [])


def test_sorting_spills_and_merges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cablewatch.archives.external_sort.RUN_ROWS", 50)
    monkeypatch.setattr("cablewatch.archives.external_sort.SLICE_ROWS", 20)
    rng = np.random.default_rng(5)
    batches = [
        Batch(
            Fixes.from_columns(
                t_ms=rng.integers(0, 1000, 37),
                mmsi=np.arange(37) + 37 * k,
                lon_deg=np.zeros(37),
                lat_deg=np.zeros(37),
            ),
            Statics.from_columns(t_ms=[500 - k], mmsi=[k]),
        )
        for k in range(9)
    ]
    out = list(in_time_order(batches))
    assert len(out) > 3
    fixes = Fixes.concat(b.fixes for b in out)
    assert sorted(fixes.mmsi.tolist()) == list(range(37 * 9))
    assert (np.diff(fixes.t_ms) >= 0).all()
    statics = Statics.concat(b.statics for b in out)
    assert statics.t_ms.tolist() == sorted(500 - k for k in range(9))


def test_sorting_holds_a_run_and_a_piece_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cablewatch.archives.external_sort.RUN_ROWS", 20_000)
    monkeypatch.setattr("cablewatch.archives.external_sort.SLICE_ROWS", 20_000)

    def batches() -> Iterator[Batch]:
        rng = np.random.default_rng(6)
        for _ in range(40):
            t_ms = rng.integers(0, 1 << 30, 10_000)
            mmsi, zeros = np.arange(10_000), np.zeros(10_000)
            fixes = Fixes.from_columns(t_ms=t_ms, mmsi=mmsi, lon_deg=zeros, lat_deg=zeros)
            yield Batch(fixes, Statics.empty())

    tracemalloc.start()
    rows = sum(len(batch.fixes) for batch in in_time_order(batches()))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 400_000
    assert peak_bytes < 6 * 20_000 * FIX_DTYPE.itemsize


def test_interleaving_passes_nothing_before_its_time() -> None:
    def stream(times: list[list[int]], mmsi: int) -> list[Batch]:
        return [
            Batch(
                Fixes.from_columns(t_ms=t, mmsi=[mmsi] * len(t), lon_deg=t, lat_deg=[0] * len(t)),
                Statics.empty(),
            )
            for t in times
        ]

    out = list(interleaved([iter(stream([[1, 5], [9]], 1)), iter(stream([[2, 3], [4, 20]], 2))]))
    times = [t for batch in out for t in sorted(batch.fixes.t_ms.tolist())]
    assert times == [1, 2, 3, 4, 5, 9, 20]


def test_static_data_without_fixes_is_not_lost() -> None:
    fixes = Fixes.from_columns(t_ms=[1, 9], mmsi=[1, 1], lon_deg=[0, 0], lat_deg=[0, 0])
    said = Statics.from_columns(t_ms=[5, 20], mmsi=[1, 2])
    streams = [iter([Batch(fixes, Statics.empty())]), iter([Batch(Fixes.empty(), said)])]
    out = list(interleaved(streams))
    assert Statics.concat(b.statics for b in out).t_ms.tolist() == [5, 20]
    assert Fixes.concat(b.fixes for b in out).t_ms.tolist() == [1, 9]


def test_reading_ahead_keeps_order_and_errors() -> None:
    def failing() -> Iterator[Batch]:
        for k in range(20):
            yield Batch(Fixes.empty(k), Statics.empty())
        raise UsageError("x", "y", "z")

    seen: list[int] = []
    with pytest.raises(UsageError):
        seen.extend(len(batch.fixes) for batch in prefetched(failing()))
    assert seen == list(range(20))
    batches = prefetched(failing())
    assert len(next(batches).fixes) == 0
    batches.close()  # a reader that nobody waits for any more ends


def test_decode_refuses_unknown_endings(log: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"end it in \.parquet or \.csv"):
        decode([log], tmp_path / "fixes.txt")
