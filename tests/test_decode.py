"""Decode: a table that says what the archive said, and as often."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import cablewatch
from cablewatch.archives import open_archive
from cablewatch.cli import app
from cablewatch.errors import UsageError
from cablewatch.fixes import Fixes, Stations
from cablewatch.output.tables import FIX_SCHEMA, TABLE_SCHEMA, fix_table, table_fixes
from cablewatch.usecases.decode import WAITING, Joined, decode
from cablewatch.vessels.register import Vessels
from cablewatch.vessels.statics import STATIC_NAMES, Statics


def some_fixes(n: int) -> Fixes:
    rng = np.random.default_rng(n)
    gaps = rng.uniform(0, 360, (3, n))
    gaps[rng.random((3, n)) < 0.3] = np.nan
    return Fixes.from_columns(
        t_ms=1_731_888_000_000 + np.sort(rng.integers(0, 10**8, n)),
        mmsi=rng.integers(1, 10**9, n),
        lon_deg=rng.uniform(-180, 180, n),
        lat_deg=rng.uniform(-90, 90, n),
        sog_kn=gaps[0],
        cog_deg=gaps[1],
        heading_deg=gaps[2],
        nav_status=rng.integers(0, 16, n),
        flags=rng.integers(0, 128, n),
        station=rng.integers(0, 4, n),
    )


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_a_table_holds_the_very_same_fixes(n: int) -> None:
    stations, fixes = Stations(), some_fixes(n)
    for name in ("west", "east", "north"):
        stations.code(name)
    table = fix_table(fixes, stations)
    assert table.schema == FIX_SCHEMA
    assert table["sog_kn"].null_count == np.isnan(fixes.sog_kn).sum()
    again = table_fixes(table, stations)
    for one, other in zip(fixes.columns(), again.columns(), strict=True):
        np.testing.assert_array_equal(one, other)
    renamed = Stations()
    codes = table_fixes(table, renamed).station.tolist()
    assert [renamed.name(c) for c in codes] == [stations.name(c) for c in fixes.station.tolist()]


MOMENTS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 3)), max_size=20)


def fixes_at(moments: list[tuple[int, int]]) -> Fixes:
    zeros = [0] * len(moments)
    t_ms, mmsi = [t for t, _ in moments], [m for _, m in moments]
    return Fixes.from_columns(t_ms=t_ms, mmsi=mmsi, lon_deg=zeros, lat_deg=zeros)


@settings(max_examples=150, deadline=None)
@given(MOMENTS, MOMENTS, MOMENTS.map(lambda moments: moments[:WAITING]))
def test_each_message_stands_on_the_next_row_of_its_ship(
    early: list[tuple[int, int]], late: list[tuple[int, int]], said: list[tuple[int, int]]
) -> None:
    said.sort()
    kinds = [i % 2 for i in range(len(said))]
    statics = Statics.from_columns(
        t_ms=[t for t, _ in said],
        mmsi=[m for _, m in said],
        name=[b"" if kind else b"N%d" % i for i, kind in enumerate(kinds)],
        ship_type=[50 + i if kind else 0 for i, kind in enumerate(kinds)],
    )
    joined = Joined()
    batches = [fixes_at(early), fixes_at([(t + 10, m) for t, m in late])]
    rows = [joined.beside(batches[0], statics), joined.beside(batches[1], Statics.empty())]
    expected: dict[tuple[int, int], dict[str, object]] = {}
    for i, (t, m) in enumerate(said):
        for b, batch in enumerate(batches):
            places = [
                (time, k)
                for k, (time, ship) in enumerate(
                    zip(batch.t_ms.tolist(), batch.mmsi.tolist(), strict=True)
                )
                if ship == m and time >= t
            ]
            if places:
                word = {"ship_type": 50 + i} if kinds[i] else {"name": b"N%d" % i}
                expected.setdefault((b, min(places)[1]), {}).update(word)
                break
    found = {
        (b, k): said
        for b, batch in enumerate(rows)
        for k in range(len(batch))
        if (
            said := {
                name: getattr(batch, name)[k].item()
                for name in ("name", "ship_type")
                if getattr(batch, name)[k]
            }
        )
    }
    assert found == expected


def danish(path: Path) -> Path:
    head = (
        "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,"
        "Heading,IMO,Callsign,Name,Ship type,Draught,Destination,A,B,C,D\n"
    )
    said = (
        '9224984,BQWK,YI PENG 3,Cargo,13.2,"PORT, SAID",190,35,16,16',
        "Unknown,,,Undefined" + "," * 6,
    )
    rows = [
        f"18/11/2024 00:00:{s:02d},Class {'AB'[s % 2]},{219_000_001 + s % 2},55.5,12.{s:02d},"
        f"Moored,0.0,{s}.5,10.0,{'' if s % 3 else s},{said[s < 10]}\n"
        for s in range(30)
    ]
    path.write_text(head + "".join(rows))
    return path


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_flags_stations_and_static_data_are_written(tmp_path: Path, ending: str) -> None:
    source, output = danish(tmp_path / "a.csv"), tmp_path / f"b.{ending}"
    done = decode([source], output)
    assert (done.fixes, done.ships) == (30, 2)
    if ending == "parquet":
        table = pq.read_table(output)
        assert table.schema == TABLE_SCHEMA
    else:
        table = pa_csv.read_csv(output)
    assert table.column_names == TABLE_SCHEMA.names
    assert table["flags"].to_pylist() == [s % 2 for s in range(30)]
    assert set(table["station"].to_pylist()) <= {None, ""}
    names = [name or None for name in table["name"].to_pylist()]
    assert names[:10] == [None] * 10
    assert names.count("YI PENG 3") == len(names) - names.count(None) >= 2
    row = table.slice(10, 1).to_pylist()[0]
    assert (row["imo"], row["callsign"], row["ship_type"]) == (9_224_984, "BQWK", 70)
    assert (row["to_bow_m"], row["to_starboard_m"], row["destination"]) == (190, 16, "PORT, SAID")
    assert row["draught_m"] == pytest.approx(13.2)


def test_a_decoded_table_says_what_its_archive_said(tmp_path: Path) -> None:
    source, table = danish(tmp_path / "a.csv"), tmp_path / "b.parquet"
    decode([source], table)

    def read(path: Path) -> tuple[Fixes, Vessels]:
        vessels = Vessels()
        fixes = []
        for batch in open_archive(path, stations=Stations()).batches(lambda _: None):
            vessels.update(batch.statics)
            fixes.append(batch.fixes)
        return Fixes.concat(fixes), vessels

    (fixes, vessels), (again, known) = read(source), read(table)
    for name in Fixes.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(fixes, name), getattr(again, name))
    for mmsi in (219_000_001, 219_000_002):
        for second in range(0, 40, 3):
            t_ms = int(fixes.t_ms[0]) + 1000 * second
            assert vessels.name(mmsi, t_ms) == known.name(mmsi, t_ms)
            stands = [v.standing_type(mmsi, t_ms, t_ms, t_ms) for v in (vessels, known)]
            assert stands[0] == stands[1]
    assert TABLE_SCHEMA.names == [*FIX_SCHEMA.names, *STATIC_NAMES]


GOOD = "time,mmsi,lon,lat,sog,cog\n2024-11-18T06:00:00,219000001,18,56,10,90\n"


@pytest.mark.parametrize("options", [[], ["--all"]])
def test_an_output_is_replaced_only_by_something(tmp_path: Path, options: list[str]) -> None:
    ending = "jsonl" if options else "csv"
    output, log = tmp_path / f"out.{ending}", tmp_path / "log.nmea.gz"
    lost = b"!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2B\n" * 20_000
    log.write_bytes(gzip.compress(lost)[:-100])
    output.write_text("good")
    done = CliRunner().invoke(app, ["decode", *options, str(log), "-o", str(output)])
    assert (done.exit_code, output.read_text()) == (2, "good")
    assert f"not written: {output}" in done.stdout and "bad_checksum" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.nmea.gz", output.name]


def test_what_was_read_before_the_damage_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    result = decode([tmp_path / "a.csv", tmp_path / "missing.csv"], tmp_path / "out.csv")
    assert (result.fixes, len(result.errors)) == (1, 1)
    assert len(pa_csv.read_csv(tmp_path / "out.csv")) == 1


@pytest.mark.parametrize(
    ("ending", "options"), [("csv", []), ("parquet", []), ("jsonl", ["--all"])]
)
def test_outputs_that_cannot_be_written(tmp_path: Path, ending: str, options: list[str]) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    (tmp_path / "a.nmea").write_text("!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A\n")
    source = tmp_path / ("a.nmea" if options else "a.csv")
    folder = tmp_path / f"FOLDER.{ending}"
    folder.mkdir()
    wrong = {folder: "is a folder", tmp_path / "none" / f"x.{ending}": "No such file or directory"}
    before = sorted(tmp_path.rglob("*"))
    for output, said in wrong.items():
        done = CliRunner().invoke(app, ["decode", *options, str(source), "-o", str(output)])
        assert isinstance(done.exception, UsageError)
        assert (done.exception.where, said in done.exception.what) == (str(output), True)
        assert "tmp" not in done.exception.what and sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    "arguments", ["decode --all a.nmea -o -", "cables list", "--version", "decode a.csv -o b.csv"]
)
def test_a_standard_output_that_is_full_is_one_line(tmp_path: Path, arguments: str) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    line = "!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A\n"
    (tmp_path / "a.nmea").write_text(line * 100)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cablewatch", *arguments.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(Path(cablewatch.__file__).parents[1])},
            text=True,
            check=False,
        )
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines() == [
        "cablewatch: output: No space left on device; free some space or choose another"
    ]
