"""`cablewatch evaluate` from outside: files, errors as one line, exit codes."""

import csv
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import shapely
from sailing import START_MS, straight

from cablewatch.cables.model import collection_text, load_cables
from cablewatch.fixes import Fixes, Stations
from cablewatch.output.tables import fix_table
from tests import commands

CALIBRATE = 219_000_002  # of the split `calibrate`, as is 2 June


run = partial(commands.run, "evaluate")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty ships of no type for eight hours of 2 June 2018."""
    import pyarrow.csv

    one = straight(every_s=60.0)
    ships = []
    for k in range(20):
        ship = Fixes(*(column.copy() for column in one.columns()))
        ship.mmsi[:] = CALIBRATE - 2 + k
        ship.lon_deg[:] += 0.02 * k
        ship.station[:] = 0
        ships.append(ship)
    path = tmp_path_factory.mktemp("archive") / "day.csv"
    fixes = Fixes.concat(ships)
    fixes = fixes.take(np.argsort(fixes.t_ms, kind="stable"))
    assert fixes.t_ms[0] == START_MS
    pyarrow.csv.write_csv(fix_table(fixes, Stations()), path)
    return path


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Routes of other waters."""
    first = min(load_cables(), key=lambda cable: cable.route.length)
    path = tmp_path / "elsewhere.geojson"
    far = replace(first, route=shapely.MultiLineString([[(150.0, 10.0), (151.0, 10.0)]]))
    path.write_text(collection_text((replace(far, published_length_km=None),)))
    return path


def test_an_archive_is_measured_twice_alike(archive: Path, elsewhere: Path, tmp_path: Path) -> None:
    alike = (archive, "--quick", "--seed", "3", "--cables", elsewhere)
    first = run(*alike, "--out", tmp_path / "a" / "b")
    run(*alike, "--out", tmp_path / "c")
    for name in ("evaluation.json", "trials.csv", "report.html"):
        assert (tmp_path / "a/b" / name).read_bytes() == (tmp_path / "c" / name).read_bytes()
    figures = json.loads((tmp_path / "c/evaluation.json").read_text())
    assert figures["source"] == "day.csv" and figures["seed"] == 3
    assert figures["ships_classed_by"]["speed"] == 20
    assert "20 by speed" in first.stdout and "name routes of these waters" in first.stdout
    with (tmp_path / "c/trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == figures["drags"] > 0
    assert {float(row["speed_ratio"]) for row in rows} == {1.0, 0.8, 0.65}


def test_a_split_without_a_day_of_it_says_what_to_do(archive: Path) -> None:
    done = run(archive, "--quick", "--split", "report", ok=2)
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("cablewatch: day.csv: no cargo ship or tanker") and "give" in line


@pytest.mark.parametrize("arguments", [("missing.csv",), ("--split", "both"), ("--seed", "-1")])
def test_what_cannot_be_used_is_said(arguments: tuple[str, ...]) -> None:
    assert run(*arguments, ok=2).stderr


def test_a_file_in_the_place_of_the_folder_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    done = run("--quick", "--out", tmp_path / "taken", ok=2)
    assert "cannot be written" in done.stderr and done.stdout == ""


def test_help_teaches() -> None:
    said = " ".join(run("--help").stdout.split())
    for word in ("calibrate", "report.html", "Examples:", "invented ships"):
        assert word in said
