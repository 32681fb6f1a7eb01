"""The Danish CSV."""

from pathlib import Path

import numpy as np
import pytest

from cablewatch.fixes import FixFlag

from .conftest import DANISH_22, DANISH_26, danish, danish_row, read_all

T0_MS = 1_679_097_600_000  # 2023-03-18T00:00:00Z


def test_a_row_becomes_a_fix(tmp_path: Path) -> None:
    read = read_all(danish(tmp_path / "a.csv", [danish_row(3661)]))
    assert read.error is None
    assert (read.archive.format, read.archive.ordered) == ("danish-csv", True)
    row = {name: getattr(read.fixes, name)[0] for name in read.fixes.__dataclass_fields__}
    assert row["t_ms"] == T0_MS + 3_661_000
    assert row["mmsi"] == 219000001
    assert (row["lon_deg"], row["lat_deg"]) == (14.7525, 55.4921)
    assert row["sog_kn"] == np.float32(12.5)
    assert row["cog_deg"] == np.float32(241.8)
    assert (row["heading_deg"], row["nav_status"], row["flags"]) == (241, 0, 0)


@pytest.mark.parametrize("header", [DANISH_26, DANISH_26[2:], "\ufeff" + DANISH_26])
def test_header_forms(tmp_path: Path, header: str) -> None:
    assert len(read_all(danish(tmp_path / "a.csv", [danish_row()], header)).fixes) == 1


def test_22_columns_give_size_without_reference_point(tmp_path: Path) -> None:
    row = danish_row(name="A", length="100", width="20").rsplit(",", 4)[0]
    statics = read_all(danish(tmp_path / "a.csv", [row], DANISH_22)).statics
    assert (statics.to_bow_m[0], statics.to_stern_m[0]) == (0, 100)
    assert (statics.to_port_m[0], statics.to_starboard_m[0]) == (0, 20)


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    names = DANISH_26.split(",")
    order = [0, 1, *range(25, 1, -1)]
    row = danish_row(7).split(",")
    path = danish(
        tmp_path / "a.csv", [",".join(row[i] for i in order)], ",".join(names[i] for i in order)
    )
    fixes = read_all(path).fixes
    assert (fixes.lon_deg[0], fixes.lat_deg[0]) == (14.7525, 55.4921)


def test_not_available_is_nan(tmp_path: Path) -> None:
    rows = [
        danish_row(0, sog="", cog="", heading="", navigational_status="Unknown value"),
        danish_row(1, sog="102.3", cog="360.0", heading="511"),
        danish_row(2, sog="102.2"),
    ]
    fixes = read_all(danish(tmp_path / "a.csv", rows)).fixes
    assert np.isnan([fixes.sog_kn[0], fixes.cog_deg[0], fixes.heading_deg[0]]).all()
    assert fixes.nav_status[0] == 15
    assert np.isnan([fixes.sog_kn[1], fixes.cog_deg[1], fixes.heading_deg[1]]).all()
    assert fixes.flags[1] == 0
    assert np.isnan(fixes.sog_kn[2])
    assert fixes.flags[2] == FixFlag.SPEED_SATURATED


def test_every_refused_row_is_counted_once_under_its_reason(tmp_path: Path) -> None:
    rows = [
        danish_row(0),
        danish_row(1, type_of_mobile="Class B"),
        danish_row(2, type_of_mobile="Base Station"),
        danish_row(2, type_of_mobile="AtoN", timestamp="rubbish"),
        danish_row(3, latitude="91.000000", longitude="181.000000"),
        danish_row(3, latitude="", longitude=""),
        danish_row(4, latitude="120.1", longitude="55.4"),
        danish_row(5, latitude="55.4", longitude="200.5"),
        danish_row(6, mmsi=0),
        danish_row(6, mmsi=1_000_000_000),
        danish_row(7, timestamp="18/03/1999 00:00:00"),
        danish_row(7, timestamp="31/02/2023 00:00:00"),
        danish_row(7, timestamp="18/03/2093 00:00:00"),
        danish_row(8, sog="fast"),
        danish_row(9, mmsi=219000001) + ",one,more",
        "half a row",
        danish_row(10),
    ]
    read = read_all(danish(tmp_path / "a.csv", rows))
    assert read.error is None
    assert read.archive.refused.counts == {
        "not_ship": 2,
        "no_position": 2,
        "swapped_position": 1,
        "bad_position": 1,
        "bad_mmsi": 2,
        "bad_time": 3,
        "unparsable": 1,
        "bad_row": 2,
    }
    assert ((read.fixes.t_ms - T0_MS) // 1000).tolist() == [0, 1, 10]
    assert read.fixes.flags.tolist() == [0, FixFlag.CLASS_B, 0]


@pytest.mark.usefixtures("small_blocks")
def test_quotes(tmp_path: Path) -> None:
    rows = [
        danish_row(0, name='"ANNA, OF SKAGEN"'),
        danish_row(1, mmsi=219000002, name='"UNCLOSED'),
        danish_row(2),
        danish_row(3, mmsi=219000003, name='"UNCLOSED TOO'),
        *[danish_row(4 + i) for i in range(20)],
    ]
    read = read_all(danish(tmp_path / "a.csv", rows))
    assert len(read.fixes) + read.archive.refused.counts.total() == len(rows)
    assert 219000002 in read.fixes.mmsi
    assert len(read_all(danish(tmp_path / "b.csv", rows[:1])).fixes) == 1
    quoted = read_all(danish(tmp_path / "b.csv", [rows[0], danish_row(1)])).statics
    assert quoted.name.tolist() == [b"ANNA, OF SKAGEN"]


def test_bytes_beyond_ascii_do_not_matter(tmp_path: Path) -> None:
    path = danish(tmp_path / "a.csv", [danish_row(name="SKAGEN")])
    path.write_bytes(path.read_bytes().replace(b"SKAGEN", b"SK\xc5GEN\x00"))
    read = read_all(path)
    assert read.error is None
    assert len(read.fixes) == 1


@pytest.mark.usefixtures("small_blocks")
def test_static_data_pass_when_new_and_once_more(tmp_path: Path) -> None:
    known = {"name": "ANNA", "ship_type": "Cargo", "imo": "9300001", "callsign": "OXAB"}
    known |= {"a": "100", "b": "20", "c": "8", "d": "9", "draught": "6.5", "destination": "KIEL"}
    other = {"name": "BERTA", "ship_type": "Fishing"}
    rows = [danish_row(0)]
    rows += [danish_row(i, **known) for i in range(1, 40)]
    rows += [danish_row(40)]
    rows += [danish_row(i, **known) for i in range(41, 60)]
    rows += [danish_row(60, **(known | {"destination": "OSLO"}))]
    rows += [danish_row(i, 219000002, **other) for i in range(61, 90)]
    statics = read_all(danish(tmp_path / "a.csv", rows)).statics
    assert ((statics.t_ms - T0_MS) // 1000).tolist() == [1, 2, 60, 61, 62]
    assert statics.destination.tolist() == [b"KIEL", b"KIEL", b"OSLO", b"", b""]
    assert statics.name.tolist() == [b"ANNA"] * 3 + [b"BERTA"] * 2
    assert statics.ship_type.tolist() == [70, 70, 70, 30, 30]
    first = {name: getattr(statics, name)[0] for name in statics.__dataclass_fields__}
    assert (first["imo"], first["callsign"], first["draught_m"]) == (9300001, b"OXAB", 6.5)
    sizes = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
    assert [first[name] for name in sizes] == [100, 20, 8, 9]


@pytest.mark.usefixtures("small_blocks")
def test_blocks_keep_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [danish_row(i) for i in range(500)]
    read = read_all(danish(tmp_path / "a.csv", rows))
    assert ((read.fixes.t_ms - T0_MS) // 1000).tolist() == list(range(500))
    assert len(read.progress) > 50
    assert read.progress == sorted(read.progress)
    assert read.progress[-1] == read.archive.size_bytes


def test_an_archive_with_no_usable_time_is_an_error(tmp_path: Path) -> None:
    rows = [danish_row(timestamp="18th of March")] * 3
    read = read_all(danish(tmp_path / "a.csv", rows))
    assert read.error is not None
    assert "a.csv" in str(read.error)
    assert "3 rows" in str(read.error)


def test_rows_without_a_position_are_no_proof_of_bad_times(tmp_path: Path) -> None:
    rows = [danish_row(0, latitude="91", longitude="181"), danish_row(timestamp="soon")]
    read = read_all(danish(tmp_path / "a.csv", rows))
    assert (len(read.fixes), read.error) == (0, None)


def test_missing_and_unknown_columns_are_named(tmp_path: Path) -> None:
    lacking = DANISH_26.replace("SOG", "Weather")
    read = read_all(danish(tmp_path / "a.csv", [danish_row()], lacking))
    assert read.error is not None
    assert "missing column sog" in str(read.error)
    read = read_all(danish(tmp_path / "b.csv", [danish_row() + ",x"], DANISH_26 + ",Weather"))
    assert read.archive.ignored_columns == ["weather"]
    assert len(read.fixes) == 1


def test_a_header_alone_is_an_empty_result(tmp_path: Path) -> None:
    read = read_all(danish(tmp_path / "a.csv", []))
    assert (len(read.fixes), read.error) == (0, None)


def test_recording_of_2018(shared: Path) -> None:
    read = read_all(shared / "archives" / "dma_aisdk_2018-06-01_head.csv")
    assert read.error is None
    assert len(read.fixes) + read.archive.refused.counts.total() == 138
    assert read.archive.refused.counts["not_ship"] == 12
    assert np.count_nonzero(read.fixes.flags & FixFlag.CLASS_B) == 5  # 5 more have no position
    first = read.fixes.take(slice(0, 1))
    assert (first.mmsi[0], first.lat_deg[0], first.lon_deg[0]) == (215810000, 55.921028, 17.320418)
    assert first.nav_status[0] == 4
    statics = read.statics.take(read.statics.mmsi == 265518830)
    assert statics.name.tolist() == [b"SUVI-SIRKKA"] * 2
    assert statics.callsign.tolist() == [b"", b"SA9908"]  # learned on her second row
