"""The command line from outside: help, output, errors as one line, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CSV = "time_utc,mmsi,lon,lat,sog_kn,cog_deg\n"
ROW = "2024-11-18T00:00:00Z,219000001,18.5,56.2,10,200\n"


def run(*arguments: str | Path, ok: int = 0) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "cablewatch", *map(str, arguments)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == ok, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done


def test_help_loads_neither_compiler_nor_frames() -> None:
    code = (
        "import sys; sys.argv=['cablewatch','--help'];\n"
        "from cablewatch.cli import app\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        "heavy = {'numba','numpy','pyarrow','geopandas','fastapi'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_replay_writes_geojson_and_a_summary(tmp_path: Path) -> None:
    archive = tmp_path / "a.csv"
    archive.write_text(CSV.rstrip() + ",flavour\n" + ROW.rstrip() + ",7\n")
    out = tmp_path / "alerts.geojson"
    done = run("replay", archive, "--out", out)
    assert "No alerts." in done.stdout and "1 fixes of 1 ships" in done.stdout
    assert "columns not used: flavour" in done.stdout
    assert "OpenStreetMap contributors" in done.stdout
    said = json.loads(out.read_text())
    assert said["type"] == "FeatureCollection" and said["features"] == []


def test_json_lines_leave_standard_output_clean(tmp_path: Path) -> None:
    archive = tmp_path / "a.csv"
    archive.write_text(CSV + ROW)
    done = run("replay", archive, "--out", "-")
    assert done.stdout == "" and "No alerts." in done.stderr


BAD_ARCHIVES = {
    "empty": (b"", "empty"),
    "noise": (b"\x00\x01\x02" * 500, ""),
    "no-column.csv": (b"time_utc,mmsi,lon,sog_kn,cog_deg\n", "lat"),
    "old.csv": (CSV.encode() + b"1970-01-01T00:00:00Z,219000001,18.5,56.2,10,200\n", "2000"),
}


@pytest.mark.parametrize("name", BAD_ARCHIVES)
def test_bad_archives_are_one_line_and_exit_2(tmp_path: Path, name: str) -> None:
    content, word = BAD_ARCHIVES[name]
    (tmp_path / name).write_bytes(content)
    done = run("replay", tmp_path / name, ok=2)
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("cablewatch: ") and name in line and word in line


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--from", "yesterday"], "2024-11-17"),
        (["--to", "9999-12-31"], "2100"),
        (["--out", "no/such/folder/a.csv"], "folder"),
        (["--bbox", "1,2,3"], "west,south,east,north"),
        (["--bbox", "10,60,20,50"], "south above north"),
        (["--from", "2024-11-18", "--to", "2024-11-16"], "swap"),
        (["--format", "xml"], "danish-csv"),
        (["--cables", "nowhere.geojson"], "nowhere.geojson"),
        (["--out", "alerts.txt"], "geojson"),
    ],
)
def test_bad_options_say_what_to_do(tmp_path: Path, arguments: list[str], word: str) -> None:
    archive = tmp_path / "a.csv"
    archive.write_text(CSV + ROW)
    done = run("replay", archive, *arguments, ok=2)
    assert word in done.stderr.strip().splitlines()[-1]


def test_cables_check_names_the_feature(tmp_path: Path) -> None:
    collection = json.loads((ROOT / "data" / "cables.geojson").read_text())
    collection["features"][3]["geometry"]["coordinates"][0][0][1] = 95.0
    path = tmp_path / "cables.geojson"
    path.write_text(json.dumps(collection))
    done = run("cables", "check", path, ok=2)
    assert collection["features"][3]["properties"]["id"] in done.stderr


def test_cables_list_names_every_route() -> None:
    assert "c-lion1" in run("cables", "list").stdout


def test_serve_needs_a_store(tmp_path: Path) -> None:
    assert "no such folder" in run("serve", "--store", tmp_path / "none", ok=2).stderr


def test_a_demo_never_replaces_another_store(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    assert "something other" in run("demo", "--no-serve", "--store", tmp_path, ok=2).stderr
    assert (tmp_path / "run.json").exists()


def test_what_can_be_read_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV + ROW)
    (tmp_path / "README.txt").write_text("not an archive")
    done = run("replay", tmp_path)
    assert "1 fixes of 1 ships" in done.stdout
    assert "passed over" in done.stderr and "README.txt" in done.stderr
    done = run("replay", tmp_path / "a.csv", tmp_path / "README.txt", ok=2)
    assert "1 fixes of 1 ships" in done.stdout and "README.txt" in done.stderr


def test_decode_never_replaces_its_input(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CSV + ROW)
    run("decode", path, "-o", path, ok=2)
    assert path.read_text() == CSV + ROW


def test_users_routes_are_credited_to_their_source(tmp_path: Path) -> None:
    collection = json.loads((ROOT / "data" / "cables.geojson").read_text())
    for feature in collection["features"]:
        feature["properties"] |= {"source": "my survey", "licence": "CC0-1.0"}
    path = tmp_path / "cables.geojson"
    path.write_text(json.dumps(collection))
    shown = run("cables", "list", "--cables", path).stdout
    assert "my survey" in shown and "OpenStreetMap" not in shown
