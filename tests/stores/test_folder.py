"""The store folder: what is begun, ended, refused and never mixed or replaced."""

import json
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from cablewatch.engine.state import CROSSING_DTYPE
from cablewatch.errors import StoreError
from cablewatch.fixes import Fixes, Stations
from cablewatch.stores import tracks
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.compaction import FEW_PARTS
from cablewatch.stores.days import days
from cablewatch.stores.folder import RESULTS, StoreWriter
from cablewatch.stores.keys import KeyStore
from cablewatch.stores.run import Modelled, Run, origin_of, read_run
from cablewatch.stores.sql.database import Database
from cablewatch.vessels.register import Vessels
from tests.stores.sample import BASE

T0 = 1_731_830_400_000
CROSSINGS = np.empty(0, CROSSING_DTYPE)


def fill(folder: Path, title: str = "t", config: str = "hash", **said: object) -> None:
    """Replay nothing into a store."""
    writer = StoreWriter(folder, title, f"about {title}", **said)  # type: ignore[arg-type]
    with writer.opened(Stations(), config):
        writer.append(Fixes.empty(), [], CROSSINGS)
        writer.describe((), Vessels(), T0, T0 + 1000)


def test_the_documented_tables_are_those_written(tmp_path: Path) -> None:
    fill(tmp_path)
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    section = text.split("## The store folder")[1]
    for name in RESULTS:
        assert f"`{name}" in section, name
    table = section.split("`crossings.parquet` has a row")[1].split("```")[0]
    documented = [
        column
        for line in table.splitlines()
        if line.startswith("| `")
        for column in re.findall(r"`(\w+)`", line.split("|")[1])
    ]
    schema = pq.read_schema(tmp_path / "crossings.parquet")
    assert documented == schema.names
    assert [str(schema.field(name).type) for name in ("time", "mmsi", "cable", "km")] == [
        "timestamp[ms, tz=UTC]",
        "int32",
        "string",
        "float",
    ]
    for name in pq.read_schema(tmp_path / "vessel_changes.parquet").names:
        assert f"`{name}`" in section


def run_of(folder: Path) -> Run:
    """What the store says of itself."""
    run = read_run(folder)
    assert run is not None
    return run


def test_a_replay_that_ends_is_complete(tmp_path: Path) -> None:
    fill(tmp_path)
    run = run_of(tmp_path)
    assert (run.complete, run.title, run.start) == (True, "t", "2024-11-17T08:00:00Z")
    assert json.loads((tmp_path / "run.json").read_text())["complete"] is True


@pytest.mark.parametrize(("parts", "compacted"), [(FEW_PARTS, False), (FEW_PARTS + 1, True)])
def test_a_day_in_many_parts_is_compacted_when_a_replay_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: int, compacted: bool
) -> None:
    monkeypatch.setattr(tracks, "PART_ROWS", 2)
    rows = np.arange(2 * parts)
    place = np.zeros(len(rows))
    fixes = Fixes.from_columns(
        t_ms=T0 + 1000 * rows, mmsi=219_000_001 + rows, lon_deg=place, lat_deg=place
    )
    writer = StoreWriter(tmp_path, "t", "a")
    with writer.opened(Stations(), "hash"):
        writer.append(fixes, [], CROSSINGS)
        writer.describe((), Vessels(), T0, T0 + 1000)
    (day,) = days(tmp_path / "tracks")
    assert (len(day.parts), bool(day.blocks)) == ((0, True) if compacted else (parts, False))
    assert len(tracks.read_block(tmp_path / "tracks", T0, T0 + 600_000)) == len(rows)


def test_keys_may_be_made_before_the_first_replay_and_stay(tmp_path: Path) -> None:
    keys = KeyStore(Database.to_write(tmp_path / "alerts.sqlite"))
    made, _ = keys.make("desk", ["read"])
    fill(tmp_path)
    assert run_of(tmp_path).complete
    assert keys.all() == (made,)


def test_alerts_that_no_replay_wrote_are_not_added_to(tmp_path: Path) -> None:
    AlertStore(tmp_path / "alerts.sqlite").append([BASE])
    with pytest.raises(StoreError, match=r"holds alerts\.sqlite of which no complete replay"):
        fill(tmp_path)


def test_a_replay_that_is_killed_has_begun_only(tmp_path: Path) -> None:
    with StoreWriter(tmp_path, "t", "a").opened(Stations(), "hash"):
        run = run_of(tmp_path)  # as a kill at this moment leaves it
    assert not run.complete
    assert (run.parts[0].ended, run.config_hash) == (None, "hash")


def test_a_replay_that_fails_says_why_without_a_path(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path, "t", "a")
    with pytest.raises(StoreError), writer.opened(Stations(), "hash"):
        raise StoreError(str(tmp_path), "the disk is full", "free space")
    run = run_of(tmp_path)
    assert (run.complete, run.parts[0].faults) == (False, ("the disk is full",))
    fill(tmp_path, "t")
    assert not run_of(tmp_path).complete  # another text: the cut one is still cut
    writer = StoreWriter(tmp_path, "t", "a")
    with writer.opened(Stations(), "hash"):
        pass
    assert run_of(tmp_path).complete


def test_what_could_not_be_read_is_told(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path, "t", "a")
    with writer.opened(Stations(), "hash"):
        writer.describe((), Vessels(), None, None, ["a.gz: cut"])
    run = run_of(tmp_path)
    assert (run.complete, run.parts[0].faults) == (False, ("a.gz: cut",))
    assert run.parts[0].ended is not None


def test_each_replay_into_a_store_is_named(tmp_path: Path) -> None:
    for title in ("one", "two", "one"):
        fill(tmp_path, title)
    run = run_of(tmp_path)
    assert [part.title for part in run.parts] == ["two", "one"]
    assert run.title == "one (the last of 2 replays)"
    assert run.about == "about two\nabout one"


def test_archives_of_one_name_in_two_folders_are_two_replays(tmp_path: Path) -> None:
    store = tmp_path / "store"
    for home, faults in (("a", ["day.zip: cut"]), ("b", [])):
        writer = StoreWriter.of_archives(store, [tmp_path / home / "day.zip"])
        with writer.opened(Stations(), "hash"):
            writer.describe((), Vessels(), None, None, faults)
    run = run_of(store)
    assert [part.faults for part in run.parts] == [("day.zip: cut",), ()]
    assert not run.complete
    again = StoreWriter.of_archives(store, [tmp_path / "a" / ".." / "a" / "day.zip"])
    with again.opened(Stations(), "hash"):
        again.describe((), Vessels(), None, None)
    run = run_of(store)
    assert (len(run.parts), run.complete) == (2, True)
    assert str(tmp_path) not in (store / "run.json").read_text()


def test_nothing_is_mixed_with_what_a_cut_replay_left(tmp_path: Path) -> None:
    writer = StoreWriter(tmp_path, "t", "a")
    with pytest.raises(KeyboardInterrupt), writer.opened(Stations(), "hash"):
        raise KeyboardInterrupt
    with pytest.raises(StoreError, match="other rules"):
        fill(tmp_path, config="another")


def test_two_replays_never_write_at_once(tmp_path: Path) -> None:
    with StoreWriter(tmp_path, "t", "a").opened(Stations(), "hash"):
        before = (tmp_path / "run.json").read_bytes()
        with pytest.raises(StoreError, match="another run is writing"):
            fill(tmp_path, "u")
        assert (tmp_path / "run.json").read_bytes() == before


@pytest.mark.parametrize("name", ["cables.geojson", "vessels.parquet", "alerts.sqlite"])
def test_what_no_replay_wrote_is_never_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(StoreError, match=name):
        fill(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("name", ["vessels.parquet", "vessel_changes.parquet", "crossings.parquet"])
def test_a_damaged_table_is_named_before_anything_is_written(tmp_path: Path, name: str) -> None:
    fill(tmp_path)
    (tmp_path / name).write_text("damaged")
    before = (tmp_path / "run.json").read_bytes()
    with pytest.raises(StoreError, match=rf"{name}: damaged"):
        fill(tmp_path, "u")
    assert (tmp_path / "run.json").read_bytes() == before


ODD = {
    "a list": "[]",
    "a number": '{"title": 5}',
    "no time": '{"title": "t", "from": "yesterday"}',
    "a naive time": '{"title": "t", "from": "2024-11-17T08:00:00"}',
    "not a number": '{"title": NaN}',
    "odd replays": '{"replays": [1]}',
    "odd models": '{"modelled": [{"origin": "found", "mmsi": [1]}]}',
    "deep": "[" * 100_000,
    "cut": '{"title": "t"',
    "no text": "\udcff",
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_run_is_named(tmp_path: Path, odd: str) -> None:
    (tmp_path / "run.json").write_bytes(ODD[odd].encode("utf-8", "surrogateescape"))
    with pytest.raises(StoreError, match=r"run\.json: not as a replay writes it"):
        StoreWriter(tmp_path, "t", "a")


def test_what_an_older_version_wrote_is_one_complete_replay(tmp_path: Path) -> None:
    said = {"title": "old", "about": "as was", "to": "2024-11-18T00:00:00Z", "config_hash": "hash"}
    (tmp_path / "run.json").write_text(json.dumps(said))
    assert run_of(tmp_path).complete
    fill(tmp_path)
    assert [part.title for part in run_of(tmp_path).parts] == ["old", "t"]


def test_models_are_kept_and_told_of_ships_and_times(tmp_path: Path) -> None:
    models = [Modelled("reconstructed", (5,), T0, T0 + 1000), Modelled("invented", (7, 8))]
    fill(tmp_path, modelled=models)
    fill(tmp_path, "u")
    modelled = run_of(tmp_path).modelled
    assert modelled == tuple(models)
    assert origin_of(modelled, 5, T0 + 1000, T0 + 2000) == "reconstructed"
    assert origin_of(modelled, 5, T0 + 1001, T0 + 2000) is None
    assert origin_of(modelled, 8, 0, 1) == "invented"
    assert origin_of(modelled, 9, 0, 1 << 50) is None


def test_a_store_of_archives_says_what_they_were(tmp_path: Path) -> None:
    for n, names in (
        (1, "0.csv"),
        (3, "0.csv, 1.csv, 2.csv"),
        (5, "0.csv, 1.csv, 2.csv and 2 more"),
    ):
        folder = tmp_path / str(n)
        writer = StoreWriter.of_archives(folder, [Path(f"x/{k}.csv") for k in range(n)])
        with writer.opened(Stations(), "hash"):
            writer.describe((), Vessels(), T0, T0)
        (part,) = run_of(folder).parts
        assert part.title == f"Replay of {names}"
        assert part.about.startswith(f"As archived in {names}; ") and part.complete
        assert {path.name for path in writer.written} > {path.name for path in folder.iterdir()}
