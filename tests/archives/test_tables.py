"""Every table format: its columns in any order, its sentinels, its static data, its refusals."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from cablewatch.archives.spec import TableSpec
from cablewatch.archives.specs import TABLES
from cablewatch.fixes import FixFlag
from cablewatch.vessels.statics import Statics

from .conftest import Read, read_all
from .tables import FULL, SAMPLES, header_and_rows, write

T_MS = 1_731_909_704_000  # 2024-11-18T06:01:44Z
NO_STATIC = {"brest-csv", "kystverket-csv", "kystverket-old"}


def one(read: Read) -> dict[str, object]:
    assert read.error is None
    assert (len(read.fixes), read.archive.refused.counts) == (1, {})
    return {name: getattr(read.fixes, name)[0].item() for name in read.fixes.__dataclass_fields__}


def static(statics: Statics, row: int = 0) -> dict[str, object]:
    return {name: getattr(statics, name)[row].item() for name in statics.__dataclass_fields__}


@pytest.mark.parametrize("form", FULL)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_row_becomes_a_fix(tmp_path: Path, form: str, backwards: bool) -> None:
    path = write(tmp_path / "a", form, [FULL[form]], backwards=backwards)
    read = read_all(path)
    fix = one(read)
    assert read.archive.format == SAMPLES[form].format
    assert read.archive.ignored_columns == []
    assert (fix["t_ms"], fix["mmsi"]) == (T_MS, 219000001)
    assert (fix["lon_deg"], fix["lat_deg"]) == pytest.approx((16.26661, 55.76059), abs=1e-9)
    assert (fix["sog_kn"], fix["cog_deg"]) == pytest.approx((7.3, 255.0), abs=1e-5)
    assert (fix["heading_deg"], fix["nav_status"]) == (254, 0)
    assert not fix["flags"] & FixFlag.CLASS_B


@pytest.mark.parametrize("form", FULL)
def test_what_is_not_available_is_not_there(tmp_path: Path, form: str) -> None:
    for sog, cog, heading, status in SAMPLES[form].missing:
        said = FULL[form] | {"sog": sog, "cog": cog, "heading": heading, "nav_status": status}
        fix = one(read_all(write(tmp_path / "a", form, [said])))
        assert np.isnan([fix["sog_kn"], fix["cog_deg"], fix["heading_deg"]]).all(), (sog, cog)
        assert fix["nav_status"] == 15


@pytest.mark.parametrize("form", FULL)
def test_positions_that_are_none_are_refused_with_their_line(tmp_path: Path, form: str) -> None:
    scale = SAMPLES[form].degree
    places = [("181", "91"), ("", ""), ("55.5", "112.5"), ("190.5", "55.5"), ("east", "55.5")]
    rows = [FULL[form]] + [
        FULL[form]
        | {
            name: f"{float(text) * scale:.0f}" if scale > 1 and text[-1:].isdigit() else text
            for name, text in zip(("lon", "lat"), place, strict=True)
        }
        for place in places
    ]
    read = read_all(write(tmp_path / "a", form, rows))
    assert len(read.fixes) == 1
    assert read.archive.refused.counts == {
        "no_position": 2,
        "swapped_position": 1,
        "bad_position": 1,
        "unparsable": 1,
    }
    lines = {reason: text[len(str(tmp_path)) :][:5] for reason, text in examples(read).items()}
    assert lines == {
        "no_position": "/a:3:",
        "swapped_position": "/a:5:",
        "bad_position": "/a:6:",
        "unparsable": "/a:7:",
    }


def examples(read: Read) -> Mapping[str, str]:
    return read.archive.refused.examples


@pytest.mark.parametrize("form", FULL)
def test_clocks_that_are_wrong_are_refused(tmp_path: Path, form: str) -> None:
    sample = SAMPLES[form]
    wrong = [datetime(1970, 1, 1, 0, 5, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)]
    times = [sample.time(moment) for moment in wrong] + ["soon", ""]
    if sample.spec.times == ("unix",):
        times.remove("soon")  # a number that is none: unparsable
    rows = [FULL[form]] + [FULL[form] | {"time": time} for time in times]
    read = read_all(write(tmp_path / "a", form, rows))
    assert len(read.fixes) == 1
    assert read.archive.refused.counts == {"bad_time": len(times)}
    assert ":3: " in examples(read)["bad_time"]


@pytest.mark.parametrize("form", [form for form in FULL if form not in NO_STATIC])
def test_static_data(tmp_path: Path, form: str) -> None:
    read = read_all(write(tmp_path / "a", form, [FULL[form]] * 3))
    assert len(read.statics) == 2  # what is said passes twice
    said = static(read.statics)
    sample = SAMPLES[form]
    expected: dict[str, object] = {
        "imo": 9300001,
        "ship_type": 70,
        "draught_m": pytest.approx(6.5),
        "name": b"ANNA",
        "callsign": b"OXAB",
        "destination": b"KIEL",
        "to_bow_m": 100,
        "to_stern_m": 20,
        "to_port_m": 8,
        "to_starboard_m": 9,
    }
    if "to_bow_m" not in sample.names:
        expected |= {"to_bow_m": 0, "to_stern_m": 120, "to_port_m": 0, "to_starboard_m": 17}
    there = {*sample.names, "to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m"}
    if "length_m" not in sample.names and "to_bow_m" not in sample.names:
        there -= {"to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m"}
    for name in expected.keys() & there:
        assert said[name] == expected[name], name


@pytest.mark.parametrize("form", FULL)
def test_parquet_reads_as_csv_does(tmp_path: Path, form: str) -> None:
    if form in ("aishub-raw-csv",):
        pytest.skip("format 0 is told by its first row, which Parquet does not show")
    path = write(tmp_path / "a", form, [FULL[form], FULL[form] | {"sog": "", "heading": ""}])
    options = pcsv.ParseOptions(delimiter=SAMPLES[form].delimiter)
    pq.write_table(pcsv.read_csv(path, parse_options=options), tmp_path / "b")
    one, other = read_all(path), read_all(tmp_path / "b")
    assert (other.archive.format, other.error, len(other.fixes)) == ("parquet", None, 2)
    assert other.archive.ignored_columns == []
    for a, b in zip(one.fixes.columns(), other.fixes.columns(), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(one.statics.columns(), other.statics.columns(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.format)
def test_every_format_has_a_sample(spec: TableSpec) -> None:
    assert spec.format in {sample.format for sample in SAMPLES.values()}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("form", FULL)
def test_any_separator(tmp_path: Path, form: str, delimiter: str) -> None:
    header, rows = header_and_rows(form, [FULL[form]])
    lines = [delimiter.join(line) for line in (header, *rows)]
    (tmp_path / "a").write_text("\n".join(lines) + "\n")
    assert one(read_all(tmp_path / "a"))["t_ms"] == T_MS


@pytest.mark.parametrize("form", ["danish-csv", "marinecadastre-csv", "kystverket-old", "csv"])
def test_decimal_commas_where_commas_do_not_separate(tmp_path: Path, form: str) -> None:
    header, rows = header_and_rows(form, [FULL[form]])
    lines = [";".join(line) for line in (header, *rows)]
    (tmp_path / "a").write_text("\n".join(lines).replace(".", ","))
    fix = one(read_all(tmp_path / "a"))
    assert (fix["lon_deg"], fix["sog_kn"]) == pytest.approx((16.26661, 7.3))


@pytest.mark.parametrize("form", [form for form in FULL if "sender" in SAMPLES[form].names])
def test_class_b_and_what_is_no_ship(tmp_path: Path, form: str) -> None:
    senders = ["A", "Class B", "Base Station", ""]
    rows = [FULL[form] | {"sender": sender} for sender in senders]
    read = read_all(write(tmp_path / "a", form, rows))
    assert (read.fixes.flags & FixFlag.CLASS_B > 0).tolist() == [False, True, False]
    assert read.archive.refused.counts == {"not_ship": 1}


@pytest.mark.parametrize("form", [form for form in FULL if "message" in SAMPLES[form].names])
def test_messages(tmp_path: Path, form: str) -> None:
    numbers = ["1", "2", "3", "18", "19", "27", "4", "21", "9", "8", "26", "5", "24", "seven"]
    rows = [FULL[form] | {"message": number} for number in numbers]
    read = read_all(write(tmp_path / "a", form, rows))
    class_b, coarse = int(FixFlag.CLASS_B), int(FixFlag.COARSE)
    flags = read.fixes.flags & (class_b | coarse)
    assert flags.tolist() == [0, 0, 0, class_b, class_b, coarse]
    assert read.archive.refused.counts == {"not_ship": 3, "other_message": 3}


def test_spire_flags_and_milliseconds(tmp_path: Path) -> None:
    said = FULL["spire-csv"]
    rows = [
        said | {"millisecond": "640", "repeat": "2", "accuracy": "1"},
        said | {"millisecond": "None", "repeat": "None", "accuracy": "None"},
    ]
    fixes = read_all(write(tmp_path / "a", "spire-csv", rows)).fixes
    assert fixes.t_ms.tolist() == [T_MS + 640, T_MS]
    assert fixes.flags.tolist() == [FixFlag.REPEATED | FixFlag.ACCURATE, 0]


@pytest.mark.parametrize(
    ("imo", "expected"),
    [("IMO9627980", 9627980), ("9627980.0", 9627980), ("IMO0000000", 0), ("Unknown", 0), ("", 0)],
)
def test_imo_numbers(tmp_path: Path, imo: str, expected: int) -> None:
    said = FULL["marinecadastre-csv"] | {"imo": imo}
    read = read_all(write(tmp_path / "a", "marinecadastre-csv", [said]))
    assert read.statics.imo.tolist() == [expected]


@pytest.mark.parametrize(
    ("code", "expected"), [("1024", 80), ("1025", 52), ("1007", 0), ("31.0", 31)]
)
def test_ship_types_of_the_coast_guard(tmp_path: Path, code: str, expected: int) -> None:
    said = FULL["marinecadastre-csv"] | {"ship_type": code}
    read = read_all(write(tmp_path / "a", "marinecadastre-csv", [said]))
    assert read.statics.ship_type.tolist() == [expected]


def test_a_course_that_lost_a_bit_is_not_available(tmp_path: Path) -> None:
    said = FULL["marinecadastre-csv"] | {"cog": "-150.2"}
    fix = one(read_all(write(tmp_path / "a", "marinecadastre-csv", [said])))
    assert np.isnan(fix["cog_deg"])


def test_recording_of_marinecadastre(shared: Path) -> None:
    read = read_all(shared / "archives" / "marinecadastre_2023-01-11.csv")
    assert (len(read.fixes), read.archive.refused.counts, read.error) == (1000, {}, None)
    assert np.count_nonzero(np.isnan(read.fixes.heading_deg)) == 426
    assert np.count_nonzero(np.isnan(read.fixes.cog_deg)) == 90
    assert np.count_nonzero(read.fixes.flags & FixFlag.CLASS_B) == 46
    said = static(read.statics, read.statics.mmsi.tolist().index(636021061))
    assert (said["name"], said["imo"], said["draught_m"]) == (b"MSC NAISHA III", 9307839, 8.0)
    assert (said["to_stern_m"], said["to_starboard_m"]) == (208, 30)


def test_recording_of_spire(shared: Path) -> None:
    read = read_all(shared / "archives" / "spire_2021-07-01.csv")
    assert read.error is None
    assert len(read.fixes) + 64 + read.archive.refused.counts.total() == 2498  # 64 static messages
    assert read.archive.refused.counts["not_ship"] == 33  # 19 base stations, 13 aids, an aircraft
    assert np.count_nonzero(read.fixes.flags & FixFlag.COARSE) > 900
    said = static(read.statics, read.statics.mmsi.tolist().index(538007407))
    assert (said["name"], said["callsign"], said["imo"]) == (b"GH ZONDA", b"V7MF3", 9436472)
    assert (said["draught_m"], said["to_bow_m"]) == (pytest.approx(8.7), 182)
