"""`cablewatch context build` and `replay --context`, from archives to a lowered alert."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv as pa_csv
import pytest
import shapely
from typer.testing import CliRunner, Result

import cablewatch
from cablewatch.alerts.records import record
from cablewatch.cables.model import load_cables
from cablewatch.cli import app
from cablewatch.context.places import Place, Places
from cablewatch.context.surroundings import Surroundings, load_surroundings
from cablewatch.errors import ContextError
from cablewatch.fixes import Fixes, Stations
from cablewatch.output.tables import fix_table
from cablewatch.output.text import canonical_json
from cablewatch.pipeline import Pipeline, config_hash
from cablewatch.units import MINUTE_MS
from cablewatch.vessels.statics import Statics
from tests.context.calls import T0_MS, call
from tests.context.rasters import geotiff

LON, LAT = 18.59, 56.3793  # on C-Lion1
LOITERER = 219000099


def run(*arguments: object, ok: int = 0) -> Result:
    done = CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "300"})
    assert done.exit_code == ok, (done.output, done.exception)
    return done


def archive(path: Path, *ships: Fixes) -> Path:
    pa_csv.write_csv(fix_table(Fixes.concat(ships), Stations()), path)
    return path


def visitors(first: int, ships: int = 4) -> Iterator[Fixes]:
    """Ships that lie one after the other at both ends of the loiterer's way, and move on."""
    for k in range(ships):
        for number, east in enumerate((0.0, 0.02)):
            yield call(first + 2 * k + number, LON + east, LAT, start_h=5.0 * k)


def loiterer() -> Fixes:
    """To and fro over the cable for eight hours, 40 minutes each way."""
    minute = range(8 * 60)
    return Fixes.from_columns(
        t_ms=[T0_MS + m * MINUTE_MS for m in minute],
        mmsi=[LOITERER] * len(minute),
        lon_deg=[LON + 0.02 * abs(m % 80 - 40) / 40 for m in minute],
        lat_deg=[LAT] * len(minute),
        sog_kn=[1.0] * len(minute),
        cog_deg=[270.0 if m % 80 < 40 else 90.0 for m in minute],
    )


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    return archive(tmp_path / "watched.csv", loiterer())


def alert_of(path: Path, *options: object) -> dict[str, Any]:
    out = path.with_suffix(".geojson")
    run("replay", path, "--out", out, *options)
    said = [feature["properties"] for feature in json.loads(out.read_text())["features"]]
    (own,) = (s for s in said if (s["mmsi"], s["kind"]) == (LOITERER, "loitering"))
    return dict(own)


def test_a_place_learned_from_other_ships_lowers_an_alert_by_name(
    tmp_path: Path, watched: Path
) -> None:
    places = tmp_path / "places.geojson"
    done = run("context", "build", archive(tmp_path / "a.csv", *visitors(219000001)), "-o", places)
    assert "8 stays of ships that moved on" in done.output and "roadstead" in done.output
    plain, lowered = alert_of(watched), alert_of(watched, "--context", places)
    assert plain["suppressed_by"] == [] and lowered["suppressed_by"] == ["roadstead"]
    assert plain["severity"] != "info" and lowered["severity"] == "info"
    assert plain["id"] == lowered["id"] and plain["config_hash"] != lowered["config_hash"]
    (term,) = (e for e in lowered["evidence"] if e["name"] == "roadstead")
    assert term["contribution"] == pytest.approx(-2.99573) and "8 other ships" in term["text"]
    result = cablewatch.replay(watched, context=places)
    detected = cablewatch.detect(fix_table(loiterer(), Stations()), context=[places])
    for alerts in (result.ranked(), detected):
        found = [alert.suppressed_by for alert in alerts if alert.kind == "loitering"]
        assert found == [("roadstead",)]


def test_a_ship_that_stays_for_days_is_no_excuse_for_herself(tmp_path: Path, watched: Path) -> None:
    places = tmp_path / "places.geojson"
    often = [call(LOITERER, LON + 0.01, LAT, hours=30.0, start_h=40.0 * k) for k in range(9)]
    run("context", "build", archive(tmp_path / "a.csv", *often, *visitors(1_0, 0)), "-o", places)
    assert alert_of(watched, "--context", places)["suppressed_by"] == []


def test_a_build_extends_a_file_and_learns_from_no_archive_twice(tmp_path: Path) -> None:
    ships = list(visitors(219000001))
    first, second = (
        archive(tmp_path / f"{k}.csv", *part) for k, part in enumerate((ships[:3], ships[3:]))
    )
    parts, whole = tmp_path / "parts.geojson", tmp_path / "whole.geojson"
    assert "roadstead" not in run("context", "build", first, "-o", parts).output
    done = run("context", "build", first, second, "--extend", parts, "-o", parts)
    assert "learned from before: 0.csv" in done.output
    run("context", "build", first, second, "-o", whole)
    assert json.loads(parts.read_text()) == json.loads(whole.read_text())
    sources = json.loads(whole.read_text())["cablewatch_context"]["sources"]
    assert [said["name"] for said in sources] == ["0.csv", "1.csv"]
    done = run("context", "build", first, "--extend", whole, "-o", parts, ok=1)
    assert "nothing new to learn from" in str(done.exception)


def test_an_archive_sorted_by_ship_teaches_the_same(tmp_path: Path) -> None:
    ships = [call(219000001 + k, LON, LAT, start_h=3.0 * k) for k in range(5)]
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    by_ship, by_time = tmp_path / "a.geojson", tmp_path / "b.geojson"
    run("context", "build", archive(tmp_path / "a/x.csv", *ships), "-o", by_ship)
    rows = Fixes.concat(ships)
    rows = rows.take(rows.t_ms.argsort(kind="stable"))
    run("context", "build", archive(tmp_path / "b/x.csv", rows), "-o", by_time)
    one, other = json.loads(by_ship.read_text()), json.loads(by_time.read_text())
    assert one["features"] == other["features"] and len(one["features"]) == 1


def test_a_bad_context_is_one_error_before_any_work(tmp_path: Path, watched: Path) -> None:
    bad = tmp_path / "bad.geojson"
    bad.write_text('{"type":"FeatureCollection","features":[{"id":"r17","properties":{}}]}')
    done = run("replay", watched, "--context", bad, ok=1)
    assert "feature r17: property kind is missing" in str(done.exception)


def test_the_output_is_no_input(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.csv", call())
    done = run("context", "build", path, "-o", path, ok=1)
    assert "is one of the inputs" in str(done.exception)


def test_files_of_a_run_are_in_the_name_of_its_configuration(tmp_path: Path) -> None:
    raster = geotiff(tmp_path / "a.tif", np.full((3, 3), -30, "i2"), 17.0, 58.0)
    places = tmp_path / "p.geojson"
    places.write_text('{"type": "FeatureCollection", "features": []}')
    given = [([], None), ([places], None), ([], raster), ([places], raster)]
    names = {config_hash((), 0, {}, load_surroundings(*files)) for files in given}
    assert len(names) == 4
    places.write_text('{"type": "FeatureCollection", "features": [ ]}')
    assert config_hash((), 0, {}, load_surroundings([places])) not in names
    with pytest.raises(ContextError):
        load_surroundings([raster])


def test_a_loiterer_has_no_anchor_and_so_no_depth(tmp_path: Path, watched: Path) -> None:
    raster = geotiff(tmp_path / "a.tif", np.full((3, 3), -900, "i2"), 17.0, 58.0)
    said = alert_of(watched, "--bathymetry", raster)
    assert "depth" not in {e["name"] for e in said["evidence"]}
    assert said["config_hash"] != alert_of(watched)["config_hash"]


def test_any_cut_of_the_input_gives_the_same_lowered_alerts() -> None:
    """A place is known before the run: versions are lowered alike in a replay and live."""
    port = Surroundings(Places([Place("port", "", shapely.box(18.5, 56.3, 18.7, 56.5))]))
    fixes, said = loiterer(), []
    for cuts in (1, 5, 97):
        with Pipeline(load_cables(), Stations(), surroundings=port) as pipeline:
            parts = np.array_split(np.arange(len(fixes)), cuts)
            steps = [pipeline.push(fixes.take(part), Statics.empty()) for part in parts]
            told = [alert for s in (*steps, pipeline.flush()) for alert in s.alerts]
            said.append([canonical_json(record(alert)) for alert in told])
            assert told and all(alert.suppressed_by == ("port",) for alert in told)
    assert said[0] == said[1] == said[2]
