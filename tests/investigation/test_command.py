"""`cablewatch investigate` from outside: the table, the files, bad input as one line."""

import csv
import gzip
import json
import re
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cablewatch.cables.model import load_cables
from cablewatch.investigation.records import PROPERTIES
from cablewatch.stores.folder import StoreWriter
from cablewatch.stores.run import Modelled
from cablewatch.usecases.replay import replay
from tests import commands
from tests.investigation.scenes import NORTH, Ship, archive, cables, eastward, west_of

A, B, C = 219000001, 219000002, 219000003
WINDOW = ("--from", "2024-03-02T09:00", "--to", "2024-03-02T11:00")


run = partial(commands.run, "investigate")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An archive of three ships that cross and one that does not, and its cables."""
    folder = tmp_path_factory.mktemp("scene")
    hooked = Ship(B, west_of(56.0, 10.0, 11.0), 56.0, name="=EVIL()")
    hooked.sail(600, 11.0, 90.0).sail(8, 9.5, 90.0).sail(60, 11.2, 90.0)
    ships = [eastward(A, name="ANNA"), hooked, eastward(C, lat=56.3), Ship(219000009, 17.0, 55.8)]
    ships[-1].sail(720, 5.0, 0.0)
    lines = {"north": NORTH, "north-west": [(17, 57), (16, 57)]}
    return archive(folder, ships), cables(folder, lines)


def test_the_table_ranks_and_explains(scene: tuple[Path, Path]) -> None:
    said = run("--cable", "north", *WINDOW, "--at", "55.7", "--cables", scene[1], scene[0]).stdout
    rows = re.findall(r"(?m)^ *(\d+) +[+-]\d+\.\d\d +(\d{9})", said)
    assert rows == [("1", str(B)), ("2", str(A)), ("3", str(C))]
    for words in (
        "North (north), 111 km",
        "fault at km 55.7 +- 2 km",
        "went from 11.0 to 9.5 kn at the line",
        "Why not the others",
        "219000009: no nearer than",
        "Routes are approximate. made, CC0-1.0.",
        "behaviour, not intent",
    ):
        assert words in said


def test_geojson_has_the_case_the_fault_and_all_ships(
    scene: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "who.geojson"
    run("--cable", "north", *WINDOW, "--at", "18,56", "--cables", scene[1], scene[0], "--out", out)
    said = json.loads(out.read_text())
    assert said["attribution"] == "made, CC0-1.0"
    assert said["case"]["cable"] == "north" and said["case"]["from"] == "2024-03-02T09:00:00Z"
    fault, *ships = said["features"]
    assert fault["properties"]["role"] == "fault"
    assert fault["geometry"]["coordinates"] == pytest.approx([18.0, 56.0], abs=1e-4)
    assert [ship["properties"]["role"] for ship in ships] == [*["suspect"] * 3, "why_not"]
    assert [ship["geometry"]["type"] for ship in ships] == [*["LineString"] * 3, "Point"]
    first = ships[0]["properties"]
    assert list(first) == list(PROPERTIES)
    assert first["mmsi"] == B and first["rank"] == 1 and first["how"] == "seen"
    assert first["score"] == pytest.approx(sum(e["contribution"] for e in first["evidence"]))
    assert ships[-1]["properties"]["reason"] == "elsewhere"


def test_csv_and_json_lines_hold_the_same(scene: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "who.csv"
    done = run("--cable", "north", *WINDOW, "--cables", scene[1], scene[0], "--out", out)
    assert "no fault was located" in done.stdout
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["name"] == "'=EVIL()"
    done = run("--cable", "north", *WINDOW, "--cables", scene[1], scene[0], "--out", "-")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert "Why not" in done.stderr
    assert [row["mmsi"] for row in rows] == [str(line["mmsi"]) for line in lines]
    assert [row["reason"] for row in rows] == [line["reason"] or "" for line in lines]
    assert len(lines[0]["track"]) > 60


def test_a_store_gives_the_answer_of_its_archives(scene: tuple[Path, Path], tmp_path: Path) -> None:
    models = [Modelled("invented", (B,))]
    replay([scene[0]], load_cables(scene[1]), store=StoreWriter(tmp_path / "s", "t", "a", models))
    asked = ("--cable", "north", *WINDOW, "--at", "55.7", "--out", "-")
    ours = run(*asked, "--cables", scene[1], scene[0]).stdout.splitlines()
    done = run(*asked, tmp_path / "s")
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    assert "Modelled, not recorded: 1 invented of 3 suspects" in done.stderr
    assert [line.pop("positions") for line in theirs[:3]] == ["invented", *["as archived"] * 2]
    for mine, other in zip(map(json.loads, ours), theirs, strict=True):
        mine.pop("positions", None)
        other.pop("positions", None)
        assert mine == other


def test_alerts_of_a_store_may_be_in_a_database(scene: tuple[Path, Path], tmp_path: Path) -> None:
    url, store = f"sqlite:///{tmp_path}/elsewhere.sqlite", tmp_path / "s"
    replay([scene[0]], load_cables(scene[1]), store=StoreWriter(store, "t", "a", database=url))
    asked = ("--cable", "north", *WINDOW)
    named = run(*asked, "--database", url, store)
    assert named == run(*asked, store, CABLEWATCH_DATABASE_URL=url)
    assert "in a database; name it with --database" in run(*asked, store, ok=2).stderr
    refused = run(*asked, "--database", url, scene[0], ok=2)
    assert "name a folder of replay --store" in refused.stderr


def test_workers_change_nothing(scene: tuple[Path, Path]) -> None:
    asked = ("--cable", "north", *WINDOW, "--cables", scene[1], scene[0], "--out", "-")
    assert run(*asked).stdout == run(*asked, "--workers", "2").stdout


def test_nobody_is_no_error(scene: tuple[Path, Path]) -> None:
    done = run("--cable", "north-west", *WINDOW, "--cables", scene[1], scene[0])
    assert "No ship crossed the cable in the window" in done.stdout


BAD = {
    "unknown id": (["--cable", "nort"], "no route has the id 'nort'; use north, north-west"),
    "km beyond": (["--at", "111.9"], "from 0 to 111.3, not 111.9"),
    "negative km": (["--at", "-1"], "from 0 to 111.3"),
    "far position": (["--at", "19,56"], "62.4 km off the route of north"),
    "swapped": (["--at", "56,18"], "off the route"),
    "no place": (["--at", "here"], "neither a kilometre point nor a position"),
    "three": (["--at", "1,2,3"], "neither a kilometre point nor a position"),
    "off the globe": (["--at", "400,56"], "no longitude, latitude"),
    "reversed": (["--from", "2024-03-02T12:00"], "is not after"),
    "empty": (["--from", "2024-03-02T11:00"], "is not after"),
    "no time": (["--to", "noon"], "no time: 'noon'"),
    "other days": (["--from", "2024-04-01", "--to", "2024-04-02"], "2024-04-01T00:00:00Z"),
    "just outside": (["--from", "2024-03-02T20:00", "--to", "2024-03-02T22:00"], "11:59:00Z"),
    "out": (["--out", "who.parquet"], ".ndjson or .csv"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_exit_2(scene: tuple[Path, Path], name: str) -> None:
    options, words = BAD[name]
    given = ["--cable", "north", *WINDOW]
    for option, value in zip(options[::2], options[1::2], strict=True):
        given = [*given, option, value] if option not in given else given
        given[given.index(option) + 1] = value
    done = run(*given, "--cables", scene[1], scene[0], ok=2)
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("cablewatch: ") and words in line


def test_a_store_among_archives_is_refused(scene: tuple[Path, Path], tmp_path: Path) -> None:
    replay([scene[0]], load_cables(scene[1]), store=StoreWriter(tmp_path / "s", "t", "a"))
    done = run("--cable", "north", *WINDOW, tmp_path / "s", scene[0], ok=2)
    assert "is a store, and something else is named" in done.stderr
    done = run("--cable", "north", *WINDOW, "--cables", scene[1], tmp_path / "s", ok=2)
    assert "leave out --cables" in done.stderr
    done = run("--cable", "c-lion1", *WINDOW, tmp_path / "s", ok=2)
    assert "no route has the id 'c-lion1'" in done.stderr


def test_an_archive_that_breaks_off_is_named_and_what_it_held_counts(
    scene: tuple[Path, Path], tmp_path: Path
) -> None:
    missing = tmp_path / "gone.csv"
    given = ("--cable", "north", *WINDOW, "--cables", scene[1], scene[0], missing)
    done = run(*given, ok=2)
    assert "ANNA" in done.stdout and "gone.csv" in done.stderr


def test_a_file_of_the_store_is_no_output(scene: tuple[Path, Path], tmp_path: Path) -> None:
    replay([scene[0]], load_cables(scene[1]), store=StoreWriter(tmp_path, "t", "a"))
    before = (tmp_path / "run.json").read_bytes()
    done = run("--cable", "north", *WINDOW, tmp_path, "--out", tmp_path / "run.json", ok=2)
    assert "is one of the inputs" in done.stderr
    assert (tmp_path / "run.json").read_bytes() == before


@pytest.mark.parametrize("name", ["crossings.parquet", "vessels.parquet"])
def test_a_damaged_store_is_one_line(scene: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    replay([scene[0]], load_cables(scene[1]), store=StoreWriter(tmp_path, "t", "a"))
    pq.write_table(pq.read_table(tmp_path / name).drop_columns(["mmsi"]), tmp_path / name)
    done = run("--cable", "north", *WINDOW, tmp_path, ok=2)
    assert name in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_store_that_was_cut_says_so(scene: tuple[Path, Path], tmp_path: Path) -> None:
    replay([scene[0]], load_cables(scene[1]), store=StoreWriter(tmp_path, "t", "a"))
    said = json.loads((tmp_path / "run.json").read_text())
    said["replays"][0]["ended"] = None
    (tmp_path / "run.json").write_text(json.dumps(said))
    assert "The store is not complete" in run("--cable", "north", *WINDOW, tmp_path).stdout


def test_an_archive_without_a_position_names_its_own_fault(
    scene: tuple[Path, Path], tmp_path: Path
) -> None:
    torn = tmp_path / "torn.csv.gz"
    torn.write_bytes(gzip.compress(scene[0].read_bytes())[:40])
    done = run("--cable", "north", *WINDOW, "--cables", scene[1], torn, ok=2)
    assert "torn.csv.gz" in done.stderr and "no position of a ship" not in done.stderr
