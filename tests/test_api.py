"""The Python API: its page is true, its names are lazy, and it says what the command line says."""

import datetime as dt
import doctest
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import cablewatch
from cablewatch.alerts.records import record
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.usecases.decode import decode as write_table

PAGE = Path(__file__).parents[1] / "docs" / "python.md"
START_MS = 1_731_888_000_000  # 2024-11-18T00:00:00Z
LIGHT = """
import sys, cablewatch
assert set(cablewatch.__all__) <= set(dir(cablewatch))
cablewatch.CablewatchError, cablewatch.Alert
heavy = {'numba', 'numpy', 'pandas', 'pyarrow', 'geopandas'} & set(sys.modules)
sys.exit(f'loaded {heavy}' if heavy else 0)
"""


def test_the_page_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text()
    monkeypatch.chdir(tmp_path)
    files = re.findall(r"(?ms)^`([\w.]+)`:\n\n```\n(.*?)^```$", text)
    assert [name for name, _ in files] == ["positions.csv", "receiver.nmea"]
    for name, content in files:
        Path(name).write_text(content)
    code = re.sub(r"(?m)^```.*$", "", text)
    examples = doctest.DocTestParser().get_doctest(code, {}, PAGE.name, str(PAGE), 0)
    assert len(examples.examples) > 20
    said: list[str] = []
    runner = doctest.DocTestRunner()
    runner.run(examples, out=said.append)
    assert runner.failures == 0, "".join(said)


def test_the_page_names_the_names() -> None:
    named = re.findall(r"(?m)^\| `(\w+)[`(]", PAGE.read_text())
    assert sorted(named) == sorted(cablewatch.__all__) and len(named) == 10
    for name in cablewatch.__all__:
        assert getattr(cablewatch, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'detekt'"):
        _ = cablewatch.detekt  # type: ignore[attr-defined]


def test_the_import_loads_nothing_heavy() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True)


def waiting() -> dict[str, Any]:
    """Columns of a ship that goes to and fro over C-Lion1 for eight hours."""
    minute = np.arange(8 * 60)
    return {
        "t_ms": START_MS + 60_000 * minute,
        "mmsi": np.full(len(minute), 219_000_001),
        "lon": 18.59 + 0.02 * np.abs(minute % 80 - 40) / 40,
        "lat": np.full(len(minute), 56.3793),
        "sog_kn": np.full(len(minute), 1.0),
        "cog_deg": np.where(minute % 80 < 40, 270.0, 90.0),
    }


def as_fixes(columns: dict[str, Any]) -> cablewatch.Fixes:
    degrees = {f"{name}_deg": columns.pop(name) for name in ("lon", "lat")}
    return cablewatch.Fixes.from_columns(**columns, **degrees, station=columns["mmsi"] % 7)


def as_points(columns: dict[str, Any]) -> geopandas.GeoDataFrame:
    points = geopandas.points_from_xy(columns.pop("lon"), columns.pop("lat"))
    return geopandas.GeoDataFrame(columns, geometry=points, crs=4326)


def as_indexed(columns: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(columns).sample(frac=1, random_state=1)
    time = pd.to_datetime(frame.pop("t_ms"), unit="ms", utc=True).dt.tz_convert("Europe/Oslo")
    return frame.set_index(time.rename("time"))


@pytest.mark.parametrize(
    "form",
    [dict, pd.DataFrame, pa.table, as_fixes, as_points, as_indexed, cablewatch.read],
)
def test_one_ship_in_every_form(form: Any, tmp_path: Path) -> None:
    path = tmp_path / "ship.csv"
    pd.DataFrame(waiting()).to_csv(path, index=False)
    (expected,) = cablewatch.replay(path).ranked()
    assert expected.kind == "loitering"
    (alert,) = cablewatch.detect(form(waiting()))
    assert record(alert) | {"source": ""} == record(expected) | {"source": ""}


def test_a_recording_has_what_the_command_reads(shared: Path, tmp_path: Path) -> None:
    log = shared / "nmea" / "dma_2014-10-02_nuc_212123000.nmea"
    recording = cablewatch.read(log)
    assert {"not_ais"} == set(recording.refused.counts) == set(recording.refused.examples)
    replayed = cablewatch.replay(log)
    detected = cablewatch.detect(recording)
    assert [record(a) for a in detected] == [record(a) for a in replayed.ranked()] != []
    assert detected[0].name == "STOC MARCIA"
    write_table([log], tmp_path / "log.parquet")
    table = cablewatch.to_frame(pd.read_parquet(tmp_path / "log.parquet").pipe(cablewatch.read))
    pd.testing.assert_frame_equal(table, cablewatch.to_frame(recording))
    named = cablewatch.to_frame(recording.statics)
    assert named["name"].dropna().unique().tolist() == [detected[0].name]
    frame = cablewatch.to_frame(replayed)
    assert frame["id"].tolist() == [a.id for a in detected]
    assert str(frame["raised"].dt.tz) == "UTC"
    assert cablewatch.to_frame([]).columns.tolist() == frame.columns.tolist()


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_name_in_any_letters_reaches_the_alert(tmp_path: Path, ending: str) -> None:
    name = "ÅSA ÆØÅ ИРИНА 東京丸 Ñ"
    path = tmp_path / f"a.{ending}"
    frame = pd.DataFrame(waiting() | {"name": name + "ÖÖÖÖÖÖ"})
    if ending == "jsonl":
        frame["msgtime"] = pd.to_datetime(frame["t_ms"], unit="ms", utc=True).map(str)
        keys = ("longitude", "latitude", "speedOverGround", "courseOverGround")
        frame = frame.rename(
            columns=dict(zip(["lon", "lat", "sog_kn", "cog_deg"], keys, strict=True))
        )
        frame.to_json(path, orient="records", lines=True)
    else:
        getattr(frame, f"to_{ending}")(path, index=False)
    (alert,) = cablewatch.replay(path, store=tmp_path / "store").ranked()
    assert alert.name == name + "Ö"
    said = pd.read_parquet(tmp_path / "store" / "vessels.parquet")["name"].tolist()
    write_table([path], tmp_path / "table.csv")
    (again,) = cablewatch.replay(tmp_path / "table.csv").ranked()
    assert said == [alert.name] == [again.name]


def test_rows_left_out_are_warned_of() -> None:
    columns = waiting()
    columns["lat"][3] = 91.0
    columns["mmsi"][5] = 0
    with pytest.warns(UserWarning) as said:
        cablewatch.detect(columns)
    assert sorted(str(w.message).partition("; first: columns row")[0] for w in said) == [
        "1 rows left out: bad_mmsi",
        "1 rows left out: no_position",
    ]


def test_a_damaged_file_is_warned_of_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame(waiting()).to_parquet(path, row_group_size=100)
    data = bytearray(path.read_bytes())
    data[-2000:-1990] = bytes(10)
    (tmp_path / "a.csv").write_text("time,mmsi,lon,lat,sog,cog\n2024-11-18,219000001,1,2,3,4\n")
    path.write_bytes(data[: len(data) // 2])
    for run in (cablewatch.read, cablewatch.replay):
        with pytest.warns(UserWarning, match=r"a\.parquet.*damaged"):
            result = run([tmp_path / "a.csv", path])  # type: ignore[operator]
        assert [type(error) for error in result.errors] == [ArchiveError]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"start": "yesterday"}, "start"),
        ({"end": "9999-01-01"}, "end"),
        ({"start": 1731909704}, "start"),
        ({"start": pd.NaT}, "start"),
        ({"end": np.datetime64("NaT")}, "end"),
        ({"end": dt.date(1, 1, 1)}, "end"),
        ({"bbox": (1, 2, 3)}, "bbox"),
        ({"bbox": 5}, "bbox"),
        ({"mmsi": "ANNA"}, "mmsi"),
        ({"mmsi": 219000001.5}, "mmsi"),
        ({"mmsi": [219000001, None]}, "mmsi"),
        ({"mmsi": 0}, "mmsi"),
        ({"zone": 5}, "zone"),
        ({"columns": {"colour": "x"}}, "columns"),
        ({"zone": "Atlantis"}, "zone"),
        ({"format": "xml"}, "format"),
    ],
)
def test_errors_name_the_parameter(tmp_path: Path, wrong: dict[str, Any], where: str) -> None:
    path = tmp_path / "a.csv"
    pd.DataFrame(waiting()).to_csv(path)
    for run in (cablewatch.read, cablewatch.replay):
        with pytest.raises(UsageError) as caught:
            run(path, **wrong)  # type: ignore[operator]
        assert caught.value.where == where and caught.value.do
    with pytest.raises(UsageError) as caught:
        cablewatch.read(waiting(), **wrong)
    assert caught.value.where == where and caught.value.do


@pytest.mark.parametrize("odd", [[1, 2], [object()] * 480, np.zeros((480, 2))])
def test_columns_that_make_no_table_are_an_error_of_ours(odd: Any) -> None:
    with pytest.raises(cablewatch.CablewatchError, match="columns"):
        cablewatch.detect(waiting() | {"sog_kn": odd})


@pytest.mark.parametrize(
    "wrong", [{"start": "now"}, {"mmsi": -1}, {"cables": "absent.geojson"}, {"workers": 0}]
)
def test_a_replay_that_cannot_begin_leaves_no_store(tmp_path: Path, wrong: dict[str, Any]) -> None:
    pd.DataFrame(waiting()).to_csv(tmp_path / "a.csv")
    with pytest.raises(cablewatch.CablewatchError):
        cablewatch.replay(tmp_path / "a.csv", store=tmp_path / "store", **wrong)
    assert not (tmp_path / "store").exists()


MOMENT = dt.datetime(2024, 11, 18, 3, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "start",
    [
        "2024-11-18T03:00",
        dt.datetime(2024, 11, 18, 3),  # noqa: DTZ001
        MOMENT,
        MOMENT.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=53, seconds=28))),
        MOMENT.astimezone(ZoneInfo("America/St_Johns")),
        pd.Timestamp("2024-11-18T03:00"),
        pd.Timestamp("2024-11-18T04:00", tz="Europe/Copenhagen"),
        np.datetime64("2024-11-18T03", "h"),
        np.datetime64("2024-11-18T03:00", "ns"),
    ],
)
def test_times_of_every_kind(start: Any) -> None:
    assert len(cablewatch.read(waiting(), start=start).fixes) == 5 * 60
    assert len(cablewatch.read(waiting(), end=start).fixes) == 3 * 60


@pytest.mark.parametrize("day", ["2024-11-18", dt.date(2024, 11, 18), np.datetime64("2024-11-18")])
def test_a_date_is_a_whole_day(day: Any) -> None:
    assert len(cablewatch.read(waiting(), start=day, end=day).fixes) == 8 * 60


@pytest.mark.parametrize(
    ("ships", "rows"),
    [
        (219_000_001, 480),
        ("219000001", 480),
        (np.int32(219_000_001), 480),
        (["219000001", 7], 480),
        ({219_000_002}, 0),
        (pd.Series([219_000_001]), 480),
        ([], 0),
        (np.array([], int), 0),
    ],
)
def test_ships_asked_for(ships: Any, rows: int) -> None:
    """Of no ships there is nothing, as of ``frame[frame.mmsi.isin([])]``."""
    recording = cablewatch.read(waiting(), mmsi=ships)
    assert len(recording.fixes) == rows
    everything = cablewatch.read(waiting()).selection.decisive()
    assert recording.selection.decisive() != everything


def test_masked_values_are_missing() -> None:
    columns = waiting()
    hidden = {"sog_kn": 3, "lon": 5, "mmsi": 7, "t_ms": 9}
    for name, row in hidden.items():
        columns[name] = np.ma.array(columns[name], mask=np.arange(480) == row)
    columns["name"] = np.ma.array(["ANNA"] * 480, mask=np.arange(480) > 100)
    recording = cablewatch.read(columns)
    assert recording.refused.counts == {"no_position": 1, "bad_mmsi": 1, "bad_time": 1}
    assert np.flatnonzero(np.isnan(recording.fixes.sog_kn)).tolist() == [3]
    assert set(recording.statics.name.tolist()) == {b"ANNA"}


def test_a_format_is_of_tables_and_is_kept_to() -> None:
    tenths = {"mmsi": [219000001], "timestamp": ["2024-11-18 03:00:00"], "lon": [1], "lat": [2]}
    tenths |= {"speed": [73], "course": [255]}
    fixes = cablewatch.read(tenths, format="marinetraffic-csv").fixes
    assert fixes.sog_kn.tolist() == [np.float32(7.3)]
    assert len(cablewatch.read(waiting(), format="parquet").fixes) == 480
    with pytest.raises(ArchiveError, match="missing column timestamp, longitude"):
        cablewatch.read(waiting(), format="danish-csv")
    with pytest.raises(UsageError, match="format: no format of tables: 'nmea'"):
        cablewatch.read(waiting(), format="nmea")


@pytest.mark.parametrize("names", [[], "", ["", "a.csv"]])
def test_no_archive_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: Any) -> None:
    pd.DataFrame(waiting()).to_csv(tmp_path / "a.csv")
    monkeypatch.chdir(tmp_path)
    for run in (cablewatch.read, cablewatch.replay):
        with pytest.raises(UsageError, match="archives: "):
            run(names)


@pytest.mark.parametrize("workers", [0, -1, 65, 1.5, None])
def test_a_number_of_workers_is_from_1_to_64(workers: Any) -> None:
    for run in (cablewatch.detect, cablewatch.replay):
        with pytest.raises(UsageError, match="workers: "):
            run({} if run is cablewatch.replay else waiting(), workers=workers)


def test_nested_columns_are_as_good_as_none(tmp_path: Path) -> None:
    table = pa.table(waiting())
    listed = table.append_column("name", pa.array([["ANNA"]] * 480))
    pq.write_table(listed, tmp_path / "a.parquet")
    for source, where in ((listed, "columns"), (tmp_path / "a.parquet", "a.parquet")):
        recording = cablewatch.read(source)
        assert len(recording.fixes) == 480
        (ignored,) = recording.ignored_columns[where]
        assert ignored.startswith("name (list<")
    point = table.set_column(2, "lon", pa.array([{"deg": 1.0}] * 480))
    pq.write_table(point, tmp_path / "b.parquet")
    missing = r"missing column lon; .* lon \(struct<deg: double>\)"
    with pytest.raises(ArchiveError, match=missing):
        cablewatch.read(point)
    with pytest.warns(UserWarning, match=missing):
        assert len(cablewatch.read(tmp_path / "b.parquet").fixes) == 0


@pytest.mark.parametrize("column", ["mmsi", "time", "sog"])
@pytest.mark.parametrize("number", [10**30, -(10**30)])
def test_a_column_of_numbers_beyond_64_bits_is_no_table(column: str, number: int) -> None:
    with pytest.raises(UsageError, match="make no table"):
        cablewatch.read({"time": [0], "mmsi": [1], column: [number]})
