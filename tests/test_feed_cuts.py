"""From the bytes of a feed to the register: no cut matters, however late static messages come."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cablewatch.ais import Decoder
from cablewatch.alerts.records import record
from cablewatch.archives import ReadOptions, Selection, open_archive
from cablewatch.cables.model import load_cables
from cablewatch.fixes import Fixes, Stations
from cablewatch.ordering.order import Order
from cablewatch.output.text import canonical_json
from cablewatch.scenario import make_scenario
from cablewatch.usecases.replay import Replay, replay
from cablewatch.vessels.statics import Statics

DANISH = "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,SOG,COG,Name,Ship type"
START = datetime(2024, 11, 17, tzinfo=UTC)


def _stamp_s(line: bytes) -> int:
    return int(line.partition(b"c:")[2][:10])


def delayed(lines: Sequence[bytes], seed: int) -> list[bytes]:
    """Static messages come up to ten minutes late, and say when they were sent."""
    rng = np.random.default_rng(seed)
    came_s = np.array([_stamp_s(line) for line in lines], float)
    late_s = 0.0
    for i, line in enumerate(lines):
        payload = line.split(b",")[-2]
        if b",2,2," not in line:  # the second part of a type 5 goes with the first
            late_s = rng.uniform(0, 600) if payload[:1] in (b"5", b"H") else 0.0
        came_s[i] += late_s
    return [lines[i] for i in np.argsort(came_s, kind="stable")]


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("feed") / "window.nmea"
    make_scenario(seed=3, background=30).write(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(delayed(lines, 1)))
    return path


class Told:
    """What leaves the order, of any number of pushes."""

    def __init__(self, stations: Stations) -> None:
        self.order = Order(stations)
        self.fixes: list[Fixes] = []
        self.statics: list[Statics] = []

    def push(self, fixes: Fixes, statics: Statics) -> None:
        out = self.order.push(fixes, statics)
        self.fixes.append(out.fixes)
        self.statics.append(out.statics)

    def end(self) -> dict[str, object]:
        out = self.order.flush()
        fixes = Fixes.concat([*self.fixes, out.fixes])
        statics = Statics.concat([*self.statics, out.statics])
        columns = [*fixes.columns(), *statics.columns()]
        return {"rows": [c.tobytes() for c in columns], "counts": dict(self.order.counts)}


def decoded(data: bytes, cuts: Sequence[int]) -> dict[str, object]:
    decoder = Decoder()
    told = Told(decoder.stations)
    edges = [0, *sorted(cuts), len(data)]
    for a, b in itertools.pairwise(edges):
        said = decoder.feed(data[a:b])
        told.push(said.fixes, said.statics)
    said = decoder.flush()
    told.push(said.fixes, said.statics)
    return told.end()


@settings(max_examples=20, deadline=None, derandomize=True)
@given(at=st.lists(st.floats(0, 1), max_size=40))
def test_no_cut_of_the_bytes_matters(feed: Path, at: list[float]) -> None:
    data = feed.read_bytes()[:2_000_000]
    whole = decoded(data, [])
    assert whole["counts"]["late_static"] > 100  # type: ignore[index]
    assert decoded(data, [int(share * len(data)) for share in at]) == whole


def answer(result: Replay) -> dict[str, object]:
    """All that a replay found, in a form to compare."""
    alerts = {i: canonical_json(record(alert)) for i, alert in result.alerts.items()}
    return {"alerts": alerts, "counts": dict(result.counts), "fixes": result.fixes}


def test_no_block_of_a_log_matters(feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = answer(replay([feed], load_cables()))
    assert whole["counts"]["late_static"] > 500 and len(whole["alerts"]) > 0  # type: ignore[index,arg-type]
    for size in (30_011, 700_001):
        monkeypatch.setattr("cablewatch.archives.nmea.BLOCK_BYTES", size)
        assert answer(replay([feed], load_cables())) == whole


def test_no_block_of_logs_that_are_merged_matters(
    feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = feed.read_bytes().splitlines(keepends=True)
    east = [b"s:fi-" in line or b"s:ee-" in line for line in lines]
    for name, wanted in (("east", True), ("west", False)):
        part = [line for line, is_east in zip(lines, east, strict=True) if is_east is wanted]
        (tmp_path / name).write_bytes(b"".join(part))
    paths = [tmp_path / "east", tmp_path / "west"]
    whole = answer(replay(paths, load_cables()))
    assert whole["counts"]["late_static"] > 500  # type: ignore[index]
    for size in (30_011, 700_001):
        monkeypatch.setattr("cablewatch.archives.nmea.BLOCK_BYTES", size)
        assert answer(replay(paths, load_cables())) == whole


def table(rows: int) -> str:
    """A ship in 20 by rows of her position and static data; one row in 150 is minutes late."""
    rng = np.random.default_rng(4)
    late_s = np.where(rng.random(rows) < 1 / 150, rng.uniform(100, 600, rows), 0.0)
    lines = []
    for k in np.argsort(np.arange(rows) + late_s, kind="stable").tolist():
        said = f"NEW {k},Tanker" if late_s[k] else f"SHIP {k % 20},Cargo"
        time, ship = START + timedelta(seconds=k), 219000001 + k % 20
        sails = f"57,{18 + k * 1e-4:.4f},10,90"
        lines.append(f"{time:%d/%m/%Y %H:%M:%S},Class A,{ship},{sails},{said}")
    return "\n".join([DANISH, *lines, ""])


def read_through(path: Path, selection: Selection) -> dict[str, object]:
    stations = Stations()
    told = Told(stations)
    archive = open_archive(path, stations=stations, options=ReadOptions(selection=selection))
    assert archive.ordered
    for batch in archive.batches(lambda read: None):
        told.push(*selection.of(batch))
    return told.end()


@pytest.mark.parametrize(
    "selection", [Selection(), Selection(mmsi=frozenset(range(219000001, 219000008)))]
)
def test_no_block_of_a_table_matters(
    tmp_path: Path, selection: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(table(6000))
    whole = read_through(path, selection)
    assert whole["counts"]["late_static"] > 5  # type: ignore[index]
    for size in (997, 20_011):
        monkeypatch.setattr("cablewatch.archives.table.BLOCK_BYTES", size)
        assert read_through(path, selection) == whole
