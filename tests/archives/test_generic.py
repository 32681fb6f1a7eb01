"""The documented table of positions as CSV and as Parquet."""

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from cablewatch.archives.rows import NO_TIME_MS
from cablewatch.archives.times import texts_ms
from cablewatch.units import HOUR_MS

from .conftest import gzipped, read_all

HEADER = "time_utc,mmsi,lon,lat,sog_kn,cog_deg"
T0_MS = 1_731_888_000_000  # 2024-11-18T00:00:00Z


def csv(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_required_columns_are_enough(tmp_path: Path) -> None:
    read = read_all(csv(tmp_path / "a", "2024-11-18T00:00:01.500Z,219000001,12.5,55.25,7.5,90"))
    assert (read.archive.format, read.archive.ordered) == ("csv", False)
    row = {name: getattr(read.fixes, name)[0] for name in read.fixes.__dataclass_fields__}
    assert row["t_ms"] == T0_MS + 1500
    assert (row["mmsi"], row["lon_deg"], row["lat_deg"]) == (219000001, 12.5, 55.25)
    assert (row["sog_kn"], row["cog_deg"], row["nav_status"]) == (7.5, 90, 15)
    assert np.isnan(row["heading_deg"])
    assert len(read.statics) == 0


def test_all_columns_in_any_order_words_or_numbers(tmp_path: Path) -> None:
    path = csv(
        tmp_path / "a",
        '"ANNA, II",moored,fishing,359,1,2,55,12,219000001,2024-11-18 00:00:00,x',
        "BERTA,5,71,,1,2,55,12,219000002,2024-11-18T01:00:00+01:00,x",
        ",mystery,undefined,511,,,55,12,219000003,2024-11-18T00:00:00,x",
        header="name,nav_status,ship_type,heading_deg,cog_deg,sog_kn,lat,lon,mmsi,time_utc,colour",
    )
    read = read_all(path)
    assert read.archive.ignored_columns == ["colour"]
    assert read.archive.refused.counts == {}
    assert read.fixes.t_ms.tolist() == [T0_MS] * 3
    assert read.fixes.nav_status.tolist() == [5, 5, 15]
    np.testing.assert_array_equal(read.fixes.heading_deg, [359, np.nan, np.nan])
    assert read.statics.mmsi.tolist() == [219000001, 219000002]
    assert read.statics.ship_type.tolist() == [30, 71]
    assert read.statics.name.tolist() == [b"ANNA, II", b"BERTA"]


def test_figures_beyond_all_limits_are_not_available(tmp_path: Path) -> None:
    fixes = read_all(
        csv(tmp_path / "a", "2024-11-18T00:00:00Z,219000001,12.5,55.25,1e300,-1e300")
    ).fixes
    assert np.isnan([fixes.sog_kn[0], fixes.cog_deg[0]]).all()


def test_refused_rows_are_counted(tmp_path: Path) -> None:
    path = csv(
        tmp_path / "a",
        "2024-11-18T00:00:00Z,219000001,12.5,55.25,7.5,90",
        "tomorrow,219000001,12.5,55.25,7.5,90",
        "1999-11-18T00:00:00Z,219000001,12.5,55.25,7.5,90",
        "2024-11-18T00:00:00Z,,12.5,55.25,7.5,90",
        "2024-11-18T00:00:00Z,219000001.5,12.5,55.25,7.5,90",
        "2024-11-18T00:00:00Z,219000001,181,91,7.5,90",
        "2024-11-18T00:00:00Z,219000001,NaN,55.25,7.5,90",
        "2024-11-18T00:00:00Z,219000001,55.25,112.5,7.5,90",
        "2024-11-18T00:00:00Z,219000001,512.5,55.25,7.5,90",
        "2024-11-18T00:00:00Z,219000001,east,55.25,7.5,90",
        "2024-11-18T00:00:00Z,219000001,inf,55.25,7.5,90",
        "2024-11-18T00:00:00Z,219000001",
    )
    read = read_all(path)
    assert len(read.fixes) == 1
    assert read.archive.refused.counts == {
        "bad_time": 2,
        "bad_mmsi": 2,
        "no_position": 2,
        "swapped_position": 1,
        "bad_position": 1,
        "unparsable": 2,
        "bad_row": 1,
    }


@pytest.mark.parametrize("lacking", HEADER.split(","))
def test_a_missing_required_column_is_named(tmp_path: Path, lacking: str) -> None:
    header = ",".join(name for name in HEADER.split(",") if name != lacking)
    read = read_all(csv(tmp_path / "a.csv", "1,2,3,4,5", header=header))
    assert read.error is not None
    assert str(tmp_path / "a.csv") in str(read.error)
    assert f"missing column {lacking};" in str(read.error)


def test_a_column_twice_is_an_error(tmp_path: Path) -> None:
    read = read_all(csv(tmp_path / "a.csv", header=HEADER + ",lon"))
    assert read.error is not None
    assert "'lon'" in str(read.error)


@pytest.mark.parametrize("content", [bytes(range(256)) * 2000, b"x" * 200_000, b'"\n\x1b', b"\n"])
@pytest.mark.parametrize("format", ["csv", "danish-csv", "parquet"])
def test_a_forced_format_on_anything_is_one_clear_line(
    tmp_path: Path, content: bytes, format: str
) -> None:
    (tmp_path / "a").write_bytes(content)
    message = str(read_all(tmp_path / "a", format=format).error)
    assert message.startswith(str(tmp_path / "a"))
    assert message.isprintable()
    assert len(message) < 600


def test_parquet_reads_as_csv_does(tmp_path: Path) -> None:
    path = csv(
        tmp_path / "a",
        "2024-11-18T00:00:01Z,219000001,12.5,55.25,7.5,90,,5,70,ANNA",
        "2024-11-18T00:00:02Z,219000001,12.6,55.25,102.3,360,511,,70,ANNA",
        "2024-11-18T00:00:03Z,219000002,181,91,7.5,90,12,0,,",
        "1999-11-18T00:00:03Z,219000002,18,9,7.5,90,12,0,30,B",
        header=HEADER + ",heading_deg,nav_status,ship_type,name",
    )
    pq.write_table(pcsv.read_csv(path), tmp_path / "b")
    one, other = read_all(path), read_all(tmp_path / "b")
    assert (other.archive.format, other.error) == ("parquet", None)
    assert (
        one.archive.refused.counts
        == other.archive.refused.counts
        == {"no_position": 1, "bad_time": 1}
    )
    for a, b in zip(one.fixes.columns(), other.fixes.columns(), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(one.statics.columns(), other.statics.columns(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "time",
    [
        pa.array([T0_MS], pa.timestamp("ms")),
        pa.array([T0_MS * 1000], pa.timestamp("us", "UTC")),
        pa.array([T0_MS * 1000_000], pa.timestamp("ns", "Europe/Copenhagen")),
        pa.array(["2024-11-18T00:00:00Z"]),
        pa.array(["2024-11-18T00:00:00Z"]).dictionary_encode(),
    ],
    ids=["ms", "us", "ns", "text", "dictionary"],
)
def test_parquet_times(tmp_path: Path, time: pa.Array) -> None:
    table = pa.table(
        {
            "time_utc": time,
            "mmsi": pa.array([219000001.0]),
            "lon": ["12.5"],
            "lat": pa.array([55.25], pa.float32()),
            "sog_kn": pa.array([None], pa.int64()),
            "cog_deg": pa.array([None], pa.null()),
            "nav_status": [5.0],
            "ship_type": pa.array(["cargo"], pa.large_string()),
        }
    )
    pq.write_table(table, tmp_path / "a")
    read = read_all(tmp_path / "a")
    assert read.fixes.t_ms.tolist() == [T0_MS]
    assert (read.fixes.lon_deg[0], read.fixes.nav_status[0]) == (12.5, 5)
    assert np.isnan([read.fixes.sog_kn[0], read.fixes.cog_deg[0]]).all()
    assert read.statics.ship_type.tolist() == [70]


def test_parquet_errors(tmp_path: Path) -> None:
    pq.write_table(pa.table({"time_utc": ["x"], "mmsi": [1]}), tmp_path / "short")
    read = read_all(tmp_path / "short")
    assert "missing column lon, lat, sog_kn, cog_deg" in str(read.error)
    (tmp_path / "cut").write_bytes((tmp_path / "short").read_bytes()[:-20])
    assert "damaged after 0 rows" in str(read_all(tmp_path / "cut").error)
    gzipped(tmp_path / "packed", (tmp_path / "short").read_bytes())
    assert "unpack it first" in str(read_all(tmp_path / "packed").error)


def test_parquet_yields_what_precedes_the_damage(tmp_path: Path) -> None:
    n = 30_000
    table = pa.table(
        {
            "time_utc": pa.array(T0_MS + np.arange(n), pa.timestamp("ms")),
            "mmsi": np.full(n, 219000001),
            "lon": np.random.default_rng(1).uniform(0, 10, n),
            "lat": np.full(n, 55.0),
            "sog_kn": np.full(n, 5.0),
            "cog_deg": np.full(n, 5.0),
        }
    )
    pq.write_table(table, tmp_path / "a", row_group_size=1000)
    data = bytearray((tmp_path / "a").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 20_000] = bytes(20_000)
    (tmp_path / "a").write_bytes(data)
    read = read_all(tmp_path / "a")
    assert read.error is not None
    assert f"after {len(read.fixes)} rows" in str(read.error)
    assert 1000 <= len(read.fixes) < n // 2 + 1000


def test_recorded_tracks(shared: Path) -> None:
    read = read_all(shared / "tracks" / "santa_barbara_2018-06-01_04_class_a.parquet")
    assert read.error is None
    assert len(read.fixes) + read.archive.refused.counts.total() == 383_731
    assert read.archive.refused.counts.total() < 200
    assert len(set(read.fixes.mmsi.tolist())) <= 491
    assert np.ptp(read.fixes.t_ms) < 96 * HOUR_MS
    assert read.statics.name[read.statics.mmsi == 355658000].tolist() == [b"SM SEAHAWK"] * 2


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("yi_peng_3_2024-11-18_keyframes", 24),
        ("controls_2024-11-18_keyframes", 189),
        ("skinfaxe_r_2025-01-26_keyframes", 30),
    ],
)
def test_recorded_incidents(shared: Path, name: str, rows: int) -> None:
    read = read_all(shared / "incidents" / f"{name}.csv")
    assert (len(read.fixes), read.archive.refused.counts, read.error) == (rows, {}, None)


def test_yi_peng_3(shared: Path) -> None:
    read = read_all(shared / "incidents" / "yi_peng_3_2024-11-18_keyframes.csv")
    assert set(read.fixes.mmsi.tolist()) == {414270000}
    assert read.statics.name.tolist() == [b"Yi Peng 3"] * 2
    assert read.statics.ship_type.tolist() == [90, 90]
    assert (read.fixes.lon_deg[0], read.fixes.sog_kn[0]) == (16.26661, np.float32(7.3))


def test_one_bad_line_costs_no_other(tmp_path: Path) -> None:
    row = '2024-11-18T00:00:0{},219000001,12.5,55.25,7.5,90,"A, B"'
    odd = '2024-11-18T00:00:09Z,219000001,12.5,55.25,7.5,90,A"'
    for between, left in (("", 2), (odd, 3)):
        path = csv(tmp_path / "a", row.format(1), between, row.format(2), header=f"{HEADER},name")
        read = read_all(path)
        assert len(read.fixes) == left
        assert not read.archive.refused.counts


def test_one_bad_number_leaves_the_decimal_commas_of_others(tmp_path: Path) -> None:
    row = "2024-11-18T00:00:0{};219000001;12,5;55,25;{};90"
    path = csv(
        tmp_path / "a",
        row.format(1, "7,5"),
        row.format(2, "7,3 kn"),
        header=HEADER.replace(",", ";"),
    )
    read = read_all(path)
    assert read.fixes.lon_deg[0] == 12.5 and read.fixes.sog_kn[0] == 7.5


@pytest.mark.parametrize("local", ["2024-03-31 02:30:00", "2024-10-27 02:30:00"])
def test_an_hour_that_the_clock_shows_twice_or_never_is_not_guessed(local: str) -> None:
    oslo = ZoneInfo("Europe/Oslo")
    assert texts_ms([local.encode()], ["iso"], oslo)[0] == NO_TIME_MS
    after = local.replace("02:30", "03:30").encode()
    assert texts_ms([after], ["iso"], oslo)[0] != NO_TIME_MS
