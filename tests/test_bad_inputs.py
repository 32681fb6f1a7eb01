"""Bad files through the command line: counted by reason, the first shown, and nothing is fatal."""

import gc
import json
import os
import random
import re
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from cablewatch.cli import app

from .archives.conftest import danish, danish_row, gzipped, zipped

HEADER = "time_utc,mmsi,lon,lat,sog_kn,cog_deg\n"
SENTENCE = "!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A"


def replayed(*arguments: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(app, ["replay", *map(str, arguments)], env={"COLUMNS": "300"})
    assert done.exit_code == code, (done.stdout, done.stderr, done.exception)
    return done


def counted(done: Result) -> dict[str, int]:
    """What the summary counts with a first example, by reason."""
    lines = re.findall(r"(?m)^ +([\d,]+)  (\w+); first: \S", done.stdout)
    return {reason: int(number.replace(",", "")) for number, reason in lines}


def row(second: int, mmsi: int = 219_000_001, **over: str) -> str:
    values = {
        "time": f"2024-11-18T06:{second // 60:02d}:{second % 60:02d}Z",
        "mmsi": str(mmsi),
        "lon": f"{18 + second / 1e4:.4f}",
        "lat": "56.2",
        "sog": "10",
        "cog": "90",
    }
    return ",".join((values | over).values()) + "\n"


def table(path: Path, *rows: str) -> Path:
    path.write_text(HEADER + "".join(rows))
    return path


def encrypted(path: Path, members: dict[str, bytes], names: tuple[str, ...]) -> Path:
    """A zip in which the named members have the flag of encryption."""
    zipped(path, members)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as packed:
        for info in packed.infolist():
            if info.filename in names:
                data[info.header_offset + 6] |= 1
                central = data.rindex(info.filename.encode()) - 46
                data[central + 8] |= 1
    path.write_bytes(data)
    return path


def test_rows_that_cannot_be_used_are_counted_and_shown(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv",
        row(0),
        row(1, sog="fast"),
        row(2, lon="18,5"),
        row(3, time="1970-01-01T00:00:09Z"),
        row(4, time="2037-01-01T00:00:00Z"),
        row(5, time="noon"),
        row(6, mmsi=0),
        row(7, lat="91"),
        row(8),
    )
    done = replayed(path)
    assert "2 fixes of 1 ships" in done.stdout
    assert counted(done) == {
        "bad_mmsi": 1,
        "bad_row": 1,
        "bad_time": 3,
        "no_position": 1,
        "unparsable": 1,
    }
    for example in ("a.csv:3: 2024-11-18T06:00:01Z,219000001,18.0001,56.2,fast", "a.csv:5: 1970"):
        assert example in done.stdout


@pytest.mark.parametrize("wild", ["1970-01-01T00:00:01", "2037-06-01T00:00:00"])
def test_wild_clocks_of_json(tmp_path: Path, wild: str) -> None:
    record = {"mmsi": 219_000_001, "longitude": 18.1, "latitude": 56.2}
    times = ["2024-11-18T06:00:00", wild, "2024-11-18T06:00:10"]
    lines = [json.dumps(record | {"msgtime": f"{time}+00:00"}) for time in times]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n")
    done = replayed(tmp_path / "a.jsonl")
    assert "2 fixes of 1 ships" in done.stdout
    assert counted(done) == {"bad_time": 1} and wild in done.stdout


def test_wild_clocks_of_logs(tmp_path: Path) -> None:
    """A report from before AIS takes the time of the line before it; one from 2037 is refused."""
    times = ["2024-11-18T06:00:00", "1970-01-01T00:00:01", "2037-06-01T00:00:00"]
    path = tmp_path / "a.nmea"
    path.write_text("".join(f"{time}Z;{SENTENCE}\n" for time in times))
    done = replayed(path)
    assert "1 fixes of 1 ships" in done.stdout and "1  duplicate\n" in done.stdout
    assert counted(done) == {"bad_time": 1} and "2037-06-01" in done.stdout


def test_an_unsorted_file_is_sorted_and_a_late_row_is_shown(tmp_path: Path) -> None:
    rows = [
        danish_row(second, 219_000_000 + second % 3, latitude=f"{55 + second / 2e4:.6f}", sog="9.7")
        for second in range(0, 3000, 10)
    ]
    shuffled = random.Random(1).sample(rows, len(rows))
    done = replayed(danish(tmp_path / "unsorted.csv", shuffled))
    assert "300 fixes of 3 ships" in done.stdout and "late" not in done.stdout
    late = [*rows[:250], danish_row(0, 219_000_000, latitude="55.000100"), *rows[250:]]
    done = replayed(danish(tmp_path / "late.csv", late))
    assert counted(done) == {"late": 1}
    assert "first: 219000000 at 2023-03-18T00:00:00.000Z" in done.stdout


def test_zips_that_fail_leave_the_rest_of_a_run(tmp_path: Path) -> None:
    good = (HEADER + "".join(row(k) for k in range(3))).encode()
    other = (HEADER + "".join(row(k, mmsi=219_000_002) for k in range(4))).encode()
    table(tmp_path / "good.csv", *(row(k, mmsi=219_000_003) for k in range(5)))
    locked = encrypted(tmp_path / "locked.zip", {"a.csv": good}, ("a.csv",))
    half = encrypted(tmp_path / "half.zip", {"a.csv": good, "b.csv": other}, ("a.csv",))
    damaged = zipped(tmp_path / "damaged.zip", {"a.csv": good * 400, "b.csv": other})
    data = bytearray(damaged.read_bytes())
    data[200:240] = bytes(40)
    damaged.write_bytes(data)
    done = replayed(tmp_path / "good.csv", locked, half, damaged, code=2)
    assert "9 fixes of 2 ships" in done.stdout  # the rows of `other` came twice
    for said in ("locked.zip/a.csv: the zip member is encrypted", "half.zip/a.csv: the zip member"):
        assert said in done.stderr
    assert "damaged.zip/a.csv:1: " in done.stderr
    assert "passed over" in replayed(tmp_path / "good.csv", tmp_path, code=2).stderr


def test_a_bomb_is_defused_by_caps_that_can_be_set(tmp_path: Path) -> None:
    body = (HEADER + "".join(row(k % 3000, mmsi=219_000_001 + k) for k in range(30_000))).encode()
    bomb = zipped(tmp_path / "bomb.zip", {"a.csv": body})
    table(tmp_path / "good.csv", row(0))
    for cap in (("--max-bytes", 100_000), ("--max-lines", 1000)):
        done = replayed(bomb, tmp_path / "good.csv", cap[0], str(cap[1]), code=2)
        assert "1 fixes of 1 ships" in done.stdout
        assert "bomb.zip" in done.stderr and "passes the cap" in done.stderr
        assert cap[0] in done.stderr
    done = replayed(bomb, tmp_path / "good.csv", "--max-bytes", str(1 << 30))
    assert "30,001 fixes" in done.stdout or "30,000 fixes" in done.stdout


def test_a_folder_of_everything(tmp_path: Path) -> None:
    table(tmp_path / "a.csv", row(0), row(1))
    (tmp_path / "b.nmea").write_text(f"2024-11-18T06:00:02Z;{SENTENCE}\nnoise\n")
    record = {"mmsi": 219_000_009, "longitude": 18.1, "latitude": 56.2}
    record |= {"msgtime": "2024-11-18T06:00:03+00:00"}
    gzipped(tmp_path / "c.gz", (json.dumps(record) + "\n{broken\n").encode())
    danish(tmp_path / "d.csv", [danish_row(0)])
    members = {"e.csv": (HEADER + row(4)).encode(), "f.txt": b"hello"}
    zipped(tmp_path / "e.zip", members)
    (tmp_path / "README.md").write_text("what these are\n")
    (tmp_path / "empty").write_text("")
    done = replayed(tmp_path)
    assert "6 fixes of 3 ships" in done.stdout
    assert counted(done) == {"bad_json": 1, "not_ais": 1, "other_member": 1}
    for stray in ("README.md", "empty"):
        assert f"{stray}: " in done.stderr and "passed over" in done.stderr


def test_tables_of_other_things_are_passed_over_in_a_folder(tmp_path: Path) -> None:
    table(tmp_path / "a.csv", row(0), row(1))
    foreign = tmp_path / "lights.parquet"
    pq.write_table(pa.table({"lon": [1.0], "lat": [2.0], "light": ["red"]}), foreign)
    (tmp_path / "lights.csv").write_text("lon,lat,light\n1,2,red\n")
    done = replayed(tmp_path)
    assert "2 fixes of 1 ships" in done.stdout
    assert f"passed over: {tmp_path / 'lights.csv'}" in done.stderr
    assert f"passed over: {foreign}: missing column time_utc, mmsi" in done.stderr
    assert "lights.parquet: missing column" in replayed(tmp_path, foreign, code=2).stderr
    lacking = pa.table({"time_utc": ["2024-11-18"], "mmsi": [1], "lon": [1.0], "lat": [2.0]})
    pq.write_table(lacking, foreign)  # meant for us, as a CSV with these columns is
    assert "missing column sog_kn, cog_deg" in replayed(tmp_path, code=2).stderr


def test_a_store_may_lie_among_its_archives(tmp_path: Path) -> None:
    table(tmp_path / "a.csv", *(row(k) for k in range(5)))
    for store in (tmp_path, tmp_path / "store"):
        first, second = (replayed(tmp_path, "--store", store) for _ in range(2))
        assert "5 fixes of 1 ships" in first.stdout
        assert second.stdout == first.stdout
    assert "passed over" not in replayed(tmp_path / "store" / "tracks").stderr
    with pytest.raises(AssertionError, match="no archive beside the store"):
        replayed(tmp_path / "store", "--store", tmp_path / "store")


def test_a_state_takes_a_folder_of_its_own(tmp_path: Path) -> None:
    log = table(tmp_path / "a.csv", row(0))
    (tmp_path / "link").symlink_to(tmp_path / "store")
    for state in (tmp_path / "store", tmp_path / "link"):
        done = replayed(log, "--store", tmp_path / "store", "--state", state, code=1)
        assert "--state: is the folder of --store; give it one of its own" in str(done.exception)
        assert not (tmp_path / "store").exists()


def test_a_table_may_begin_with_blank_lines_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for start in ("\n\r\n", "\ufeff", "\ufeff \n\n"):
        path.write_bytes((start + HEADER + row(0) + row(1, lat="91")).encode())
        done = replayed(path)
        assert "1 fixes of 1 ships" in done.stdout and counted(done) == {"no_position": 1}
        assert f"a.csv:{start.count(chr(10)) + 3}: 2024-11-18T06:00:01Z" in done.stdout


def test_utf_16_is_named(tmp_path: Path) -> None:
    table(tmp_path / "a.csv", row(0))
    (tmp_path / "b.csv").write_text(HEADER + row(1), encoding="utf-16")
    done = replayed(tmp_path / "a.csv", tmp_path / "b.csv", code=2)
    assert "b.csv: the text is UTF-16; save it as UTF-8" in done.stderr


def test_logs_and_json_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.nmea").write_text(f"\ufeff2024-11-18 06:00:00;{SENTENCE}\n")
    record = {"mmsi": 219_000_009, "longitude": 18.1, "latitude": 56.2}
    record |= {"msgtime": "2024-11-18T06:00:03+00:00"}
    (tmp_path / "b.json").write_text("\ufeff" + json.dumps([record]))
    (tmp_path / "c.jsonl").write_text("\ufeff" + json.dumps(record | {"mmsi": 219_000_008}) + "\n")
    done = replayed(tmp_path)
    assert "3 fixes of 3 ships" in done.stdout and counted(done) == {}


def test_unix_times_may_have_a_decimal_comma(tmp_path: Path) -> None:
    lines = ["time;mmsi;lon;lat;sog;cog", "1731909704,5;219000001;16,2;55,7;7,3;255"]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    assert "2024-11-18T06:01:44.500Z" in replayed(tmp_path / "a.csv").stdout


def test_streams_are_told_to_be_saved(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    table(tmp_path / "a.csv", row(0))
    for stream in (str(tmp_path / "pipe"), "-"):
        done = replayed(tmp_path / "a.csv", stream, code=2)
        assert "1 fixes of 1 ships" in done.stdout
        assert f"{stream}: is a stream" in done.stderr and "save it to a file" in done.stderr


def test_answers_that_break_off_are_counted(tmp_path: Path) -> None:
    """As where polls are appended to one file: in the head, in a record, between two."""
    record = {"MMSI": 219_000_001, "TIME": "1731909704", "LONGITUDE": 9_759_966}
    record |= {"LATITUDE": 33_456_354, "COG": 2550, "SOG": 73, "NAVSTAT": 0}
    heads = [{"ERROR": False, "USERNAME": "AH_1", "FORMAT": "AIS", "RECORDS": 2}]
    answers = [
        json.dumps([*heads, [record | {"MMSI": 219_000_001 + 10 * k + i} for i in (0, 1)]])
        for k in range(4)
    ]
    path = tmp_path / "hub.json"
    path.write_text("\n".join([answers[0], answers[1][:30], answers[2][:150], answers[3]]))
    done = replayed(path)
    assert "4 fixes of 4 ships" in done.stdout and counted(done) == {"bad_json": 2}
    for end in (30, 150):
        path.write_text(answers[0] + answers[1][:end])
        done = replayed(path, code=2)
        assert "2 fixes of 2 ships" in done.stdout and "cut off or damaged after" in done.stderr


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_small_zip_that_is_cut_in_a_member(tmp_path: Path, method: int) -> None:
    body = (HEADER + "".join(row(k) for k in range(50))).encode()
    path = zipped(tmp_path / "a.zip", {"a.csv": body, "b.csv": body}, method)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    done = replayed(path, code=2)
    assert "50 fixes of 1 ships" in done.stdout and "cut off or damaged here" in done.stderr


def test_zstd_says_nothing_of_its_own(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    body = (HEADER + "".join(row(k) for k in range(50))).encode()
    (tmp_path / "a.csv.zst").write_bytes(pa.compress(body, codec="zstd", asbytes=True))
    assert "50 fixes of 1 ships" in replayed(tmp_path / "a.csv.zst").stdout
    gc.collect()
    assert capfd.readouterr().err == ""
