"""The command line from outside: help, output, errors as one line, exit codes."""

import csv
import gzip
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import pytest
import typer
from typer.testing import CliRunner

from cablewatch import __version__
from cablewatch.cables.model import collection_text
from cablewatch.cli import app
from cablewatch.commands.results import format_of
from cablewatch.errors import UsageError
from cablewatch.scenario.scenes import make_scene
from tests.commands import run

ROOT = Path(__file__).resolve().parents[1]
CSV = "time_utc,mmsi,lon,lat,sog_kn,cog_deg\n"
ROW = "2024-11-18T00:00:00Z,219000001,18.5,56.2,10,200\n"


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
    assert "No alerts: no ship" in done.stdout and "1 fixes of 1 ships" in done.stdout
    assert "columns not used: flavour" in done.stdout
    assert "OpenStreetMap contributors" in done.stdout
    said = json.loads(out.read_text())
    assert said["type"] == "FeatureCollection" and said["features"] == []


@pytest.mark.parametrize(
    "said",
    [
        ["replay", "x.csv"],
        ["watch", "x.nmea"],
        ["serve"],
        ["report", "a"],
        ["migrate"],
        ["demo"],
        ["keys", "create", "me", "--scope", "read"],
        ["webhooks", "list"],
    ],
    ids=" ".join,
)
def test_a_store_without_a_name_is_not_this_folder(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text(CSV)
    with pytest.raises(UsageError, match="names no folder"):
        CliRunner().invoke(app, [*said, "--store", ""], catch_exceptions=False)
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_json_lines_leave_standard_output_clean(tmp_path: Path) -> None:
    archive = tmp_path / "a.csv"
    archive.write_text(CSV + ROW)
    done = run("replay", archive, "--out", "-")
    assert done.stdout == "" and "No alerts: " in done.stderr


def test_alerts_go_into_the_format_of_the_ending(tmp_path: Path) -> None:
    made = make_scene("anchor-drag", 1)
    archive, routes = tmp_path / "a.nmea", tmp_path / "c.geojson"
    made.write(archive)
    routes.write_text(collection_text(tuple(made.cables)), encoding="utf-8")
    outs = [tmp_path / f"alerts.{name}" for name in ("GeoJSON", "ndjson", "csv", "10:00.parquet")]
    for out in outs:
        run("replay", archive, "--cables", routes, "--out", out)
    said = [json.loads(line)["id"] for line in outs[1].read_text().splitlines()]
    assert said
    assert [one["id"] for one in json.loads(outs[0].read_text())["features"]] == said
    with outs[2].open(newline="") as rows:
        assert [row["id"] for row in csv.DictReader(rows)] == said
    assert geopandas.read_parquet(outs[3]).id.tolist() == said
    before = outs[3].read_bytes()
    run("replay", archive, "--cables", routes, "--out", outs[3])
    assert outs[3].read_bytes() == before
    assert [format_of(name) for name in ("a.json", "a.jsonl", "-")] == ["geojson", "jsonl", "jsonl"]


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
        (["--out", "alerts.txt"], ".ndjson, .csv or .parquet"),
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


def test_nothing_selected_is_told_from_nothing_found(tmp_path: Path) -> None:
    archive = tmp_path / "a.csv"
    archive.write_text(CSV + ROW)
    assert "no fix to judge" in run("replay", archive, "--bbox", "0,0,1,1").stdout


def test_version() -> None:
    assert run("--version").stdout == f"cablewatch {__version__}\n"


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command there is, by its words."""
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, child in below.items():
        yield from commands(child, (*path, name))


def test_each_command_shows_an_example_of_itself() -> None:
    for path, command in commands(typer.main.get_command(app)):
        assert re.search(rf"Examples?: cablewatch {' '.join(path)} ", command.help), path
    assert all(code in run("--help").stdout for code in ("0 done", "2 an option", "130 inter"))


def test_a_seed_is_not_negative(tmp_path: Path) -> None:
    assert "--seed" in run("demo", "--seed", "-1", "--store", tmp_path / "d", ok=2).stderr
    assert not (tmp_path / "d").exists()


def test_names_never_reach_the_terminal_as_controls(tmp_path: Path) -> None:
    archive = tmp_path / "a\x1b[31m.csv"
    archive.write_text(CSV.rstrip() + ",fla\x1b[2Jvour\n" + ROW.rstrip() + ",7\n")
    bad = tmp_path / "b\x1b]0;x\x07.csv"
    bad.write_bytes(b"")
    done = run("replay", archive, bad, ok=2)
    said = done.stdout + done.stderr
    assert "fla\ufffd[2jvour" in said and "b\ufffd]0;x\ufffd.csv" in said
    assert all(c.isprintable() for c in said.replace("\n", ""))


def test_nothing_is_folded_where_there_is_no_terminal(tmp_path: Path) -> None:
    archive = tmp_path / f"{'long' * 30}.csv"
    archive.write_text(CSV.rstrip() + ",a,b\n" + ROW.rstrip() + ",7,7\n")
    assert f"{archive.name}: columns not used: a, b\n" in run("replay", archive).stdout


def test_what_is_no_store_is_one_line(tmp_path: Path) -> None:
    for name in ("notes.txt", "alerts.sqlite"):
        (tmp_path / name).touch()
        line = run("serve", "--store", tmp_path, ok=2).stderr.strip()
        assert "alerts.sqlite" in line and "replay --store" in line and "\n" not in line


@pytest.mark.parametrize(
    ("name", "content"),
    [("vessels.parquet", "damaged"), ("run.json", "[]"), ("run.json", '{"title": 5}')],
)
def test_a_damaged_store_is_one_line(tmp_path: Path, name: str, content: str) -> None:
    archive, store = tmp_path / "a.csv", tmp_path / "store"
    archive.write_text(CSV + ROW)
    run("replay", archive, "--store", store)
    (store / name).write_text(content)
    for call in (("replay", archive), ("serve",)):
        line = run(*call, "--store", store, ok=2).stderr.strip()
        assert line.startswith("cablewatch: ") and name in line and "\n" not in line


@pytest.mark.parametrize("content", ["[]", '{"features": [1]}', "[" * 100_000])
def test_odd_routes_in_a_store_are_one_line(tmp_path: Path, content: str) -> None:
    archive, store = tmp_path / "a.csv", tmp_path / "store"
    archive.write_text(CSV + ROW)
    run("replay", archive, "--store", store)
    (store / "cables.geojson").write_text(content)
    line = run("serve", "--store", store, ok=2).stderr.strip()
    assert "cables.geojson" in line and "\n" not in line
    run("replay", archive, "--store", store)  # writes them anew


def test_a_store_claims_no_more_of_its_input_than_its_name(tmp_path: Path) -> None:
    archive, store = tmp_path / "made-up.csv", tmp_path / "store"
    archive.write_text(CSV + ROW)
    run("replay", archive, "--store", store)
    said = json.loads((store / "run.json").read_text())
    assert said["about"].startswith("As archived in made-up.csv;")
    assert said["complete"] is True


def test_a_store_of_a_cut_archive_is_incomplete(tmp_path: Path) -> None:
    rows = "".join(ROW.replace("00:00:00", f"00:{n // 60:02}:{n % 60:02}") for n in range(3600))
    packed = gzip.compress((CSV + rows).encode())
    archive, store = tmp_path / "cut.csv.gz", tmp_path / "store"
    archive.write_bytes(packed[: len(packed) // 2])
    run("replay", archive, "--store", store, ok=2)
    said = json.loads((store / "run.json").read_text())
    (replayed,) = said["replays"]
    assert said["complete"] is False and replayed["ended"] is not None
    assert replayed["faults"][0].startswith("cut.csv.gz:")


def started(*arguments: str | Path, cwd: Path | None = None) -> subprocess.Popen[str]:
    call = [sys.executable, "-m", "cablewatch", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(call, stdout=pipe, stderr=pipe, text=True, cwd=cwd)


def test_an_interrupted_replay_says_so_and_so_does_its_store(tmp_path: Path) -> None:
    archive, store = tmp_path / "a.csv", tmp_path / "store"
    with archive.open("w") as file:  # takes a while
        file.write(CSV)
        file.writelines(
            f"2024-11-18T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z,"
            f"{219000001 + n % 5000},{18 + n % 977 / 1000:.3f},{56 + n % 877 / 1000:.3f},10,200\n"
            for n in range(300_000)
        )
    process = started("replay", archive, "--store", store)
    while not (store / "run.json").exists():
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert (process.returncode, said.splitlines()[-1]) == (130, "cablewatch: interrupted")
    assert "Traceback" not in said
    run_json = json.loads((store / "run.json").read_text())
    assert (run_json["complete"], run_json["replays"][0]["faults"]) == (False, ["interrupted"])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_server_says_where_it_is_and_ends_with_an_interrupt(tmp_path: Path, host: str) -> None:
    archive, store = tmp_path / "a.csv", tmp_path / "store"
    archive.write_text(CSV + ROW)
    run("replay", archive, "--store", store)
    process = started("serve", "--store", store, "--host", host, "--port", "0")
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"http://\S+/", line)
    assert found, line
    with urllib.request.urlopen(f"{found[0]}health", timeout=30) as answer:
        assert json.load(answer)["status"] == "ok"
    foreign = urllib.request.Request(f"{found[0]}health", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError, match="421"):
        urllib.request.urlopen(foreign, timeout=30)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")


def test_a_signal_to_end_is_obeyed_once_running_requests_are_done(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "cablewatch.toml").write_text('store = "store"\nport = 0\n')
    process = started("serve", cwd=tmp_path)
    assert process.stderr is not None
    process.stderr.readline()
    found = re.search(r"http://([\d.]+):(\d+)/", process.stderr.readline())
    assert found
    with socket.create_connection((found[1], int(found[2])), timeout=30) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answered = b""
        while not answered.endswith(b"}"):
            answered += client.recv(4096)
        process.send_signal(signal.SIGTERM)
        assert client.recv(4096) == b""  # idle: closed at once
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")


def test_where_others_reach_it_a_key_is_asked_for(tmp_path: Path) -> None:
    line = run("serve", "--store", tmp_path, "--host", "0.0.0.0", "--port", "0", ok=2).stderr
    assert "no key" in line and "cablewatch keys create NAME --scope read" in line
    made = run("keys", "create", "map", "--scope", "read", "--store", tmp_path)
    token = made.stdout.strip()
    assert re.fullmatch(r"cw_[0-9a-f]{12}_[\w-]{43}", token) and token not in made.stderr
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token.encode() not in stored and token[16:].encode() not in stored
    shown = run("keys", "list", "--store", tmp_path).stdout
    assert shown.split("\t")[1:3] == ["map", "read"] and shown.endswith("valid\n")
    process = started("serve", "--store", tmp_path, "--host", "0.0.0.0", "--port", "0")
    assert process.stderr is not None
    lines = process.stderr.readline(), process.stderr.readline()
    found = re.search(r":(\d+)/", lines[-1])
    assert found, lines
    address = f"http://127.0.0.1:{found[1]}/api/v1/alerts"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(address, timeout=30)
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert json.load(answer)["features"] == []
    run("keys", "revoke", "map", "--store", tmp_path)
    time.sleep(2.1)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(asked, timeout=30)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert run("keys", "list", "--store", tmp_path).stdout.endswith("revoked\n")
    assert "no key" in run("serve", "--store", tmp_path, "--host", "::", ok=2).stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["create", "a", "--scope", "write"], "admin"),
        (["create", " ", "--scope", "read"], "printable"),
        (["create", "a\nb", "--scope", "read"], "printable"),
        (["create", "a", "--scope", "read", "--expires", "2001-01-01"], "time to come"),
        (["create", "a", "--scope", "read", "--expires", "soon"], "2024-11-17"),
        (["revoke", "nobody"], "no alerts are stored"),
        (["list"], "no alerts are stored"),
    ],
)
def test_keys_say_what_to_do_and_make_nothing(
    tmp_path: Path, arguments: list[str], word: str
) -> None:
    assert word in run("keys", *arguments, "--store", tmp_path, ok=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_a_name_is_that_of_one_key(tmp_path: Path) -> None:
    run("keys", "create", "a", "--scope", "read", "--store", tmp_path)
    assert "keys list" in run("keys", "revoke", "nobody", "--store", tmp_path, ok=2).stderr
    assert (
        "revoke a"
        in run("keys", "create", "a", "--scope", "admin", "--store", tmp_path, ok=2).stderr
    )


def test_settings_are_shown_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("port = 80\n")
    assert f"port = 80  # {path}:1" in run("config", "show", "--config", path).stdout
    assert "in order: 1 given" in run("config", "check", "--config", path).stdout
    path.write_text("\nprot = 80\n")
    line = run("config", "check", "--config", path, ok=2).stderr.strip()
    assert line.startswith(f"cablewatch: {path}:2: ") and line.endswith("it may be port")


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
    (tmp_path / "a.csv").write_text(CSV + ROW)
    out, store = tmp_path / "a.geojson", tmp_path / "store"
    run("replay", tmp_path / "a.csv", "--cables", path, "--out", out, "--store", store)
    for written in (out, store / "cables.geojson", store / "run.json"):
        text = written.read_text()
        assert "my survey" in text and "OpenStreetMap" not in text


def test_an_empty_folder_is_served_until_a_replay_fills_it(tmp_path: Path) -> None:
    archive, store = tmp_path / "a.csv", tmp_path / "store"
    archive.write_text(CSV + ROW)
    store.mkdir()
    process = started("serve", "--store", store, "--port", "0")
    assert process.stderr is not None
    assert "is empty yet" in process.stderr.readline()
    found = re.search(r"http://\S+/", process.stderr.readline())
    assert found
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(f"{found[0]}api/v1/alerts", timeout=30)
    run("replay", archive, "--store", store)
    with urllib.request.urlopen(f"{found[0]}api/v1/alerts", timeout=30) as answer:
        assert json.load(answer)["features"] == []
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


def test_replay_never_replaces_its_inputs(tmp_path: Path) -> None:
    archive, routes = tmp_path / "a.csv", tmp_path / "routes.geojson"
    archive.write_text(CSV + ROW)
    routes.write_bytes((Path(__file__).parents[1] / "data" / "cables.geojson").read_bytes())
    for out in (archive, routes):
        before = out.read_bytes()
        line = run("replay", archive, "--cables", routes, "--out", out, ok=2).stderr
        assert "is one of the inputs" in line and out.read_bytes() == before


@pytest.mark.parametrize("host", ["", " ", "a" * 300])
def test_a_host_that_is_no_address_is_named(tmp_path: Path, host: str) -> None:
    line = run("serve", "--store", tmp_path, "--host", host, "--port", "0", ok=2).stderr.strip()
    assert "\n" not in line and "host" in line
