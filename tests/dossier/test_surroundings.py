"""A bundle of an alert that was found with places and depths is checked with the same ones."""

import json
from pathlib import Path

import numpy as np
import pytest

from cablewatch.archives import ReadOptions
from cablewatch.context.surroundings import NOWHERE, Surroundings, load_surroundings
from cablewatch.dossier.bundle import write_bundle
from cablewatch.errors import UsageError
from cablewatch.usecases.report import Report, report
from cablewatch.usecases.verify import verify
from tests.commands import run
from tests.context.rasters import geotiff
from tests.dossier.scenes import MADE_MS, MMSI, drifter, stored

Found = tuple[Path, list[Path], Report, Path]


def place(path: Path, kind: str) -> Path:
    """A place of a degree about the ship."""
    ring = [[17.5, 55.5], [18.5, 55.5], [18.5, 56.5], [17.5, 56.5], [17.5, 55.5]]
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"kind": kind, "name": "Made <b>roads</b>"},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Archive, places and depths, report and bundle of a drift in an anchorage."""
    folder = tmp_path_factory.mktemp("surroundings")
    files = [
        place(folder / "places.geojson", "anchorage"),
        geotiff(folder / "depths.tif", np.full((4, 4), -40.0, np.float32), 16.0, 58.0),
    ]
    archive = drifter(folder)
    store, alert = stored(archive, load_surroundings(files[:1], files[1]))
    made = report(
        store,
        alert.id,
        [],
        options=ReadOptions(),
        made_ms=MADE_MS,
        surroundings=load_surroundings(files[:1], files[1]),
    )
    bundle = folder / "report.zip"
    write_bundle(bundle, made.files)
    return archive, files, made, bundle


def given(files: list[Path]) -> Surroundings:
    return load_surroundings(files[:1], files[1])


def test_it_is_lowered_and_comes_again(found: Found) -> None:
    _, _, made, _ = found
    assert made.alert.suppressed_by == ("anchorage",)
    assert made.contents.about["recheck"] == {"whole": [], "alone": []}


def test_the_page_names_what_lowers_it_and_no_other_reason(found: Found) -> None:
    page = found[2].files["report.html"].decode()
    lowering = next(t for t in found[2].alert.evidence if t.name == "anchorage")
    assert lowering.contribution < 0.0
    assert "Made &lt;b&gt;roads&lt;/b&gt;" in page
    assert f"{lowering.contribution:+.2f}" in page
    assert "one of a kind at work" not in page


def test_it_agrees_with_the_same_places_and_depths(found: Found) -> None:
    archive, files, _, bundle = found
    assert {c.agrees for c in verify(bundle, surroundings=given(files))} == {True, None}
    assert {c.agrees for c in verify(bundle, [archive], surroundings=given(files))} == {True}


def test_others_are_refused_by_name(found: Found, tmp_path: Path) -> None:
    _, files, _, bundle = found
    other = load_surroundings([place(tmp_path / "places.geojson", "port")], files[1])
    for surroundings in (NOWHERE, other):
        with pytest.raises(UsageError, match="other places and depths"):
            list(verify(bundle, surroundings=surroundings))


def test_the_command_takes_them(found: Found) -> None:
    _, files, _, bundle = found
    run("verify", bundle, ok=2)
    run("verify", bundle, "--context", files[0], "--bathymetry", files[1])


def test_a_report_without_them_says_that_it_differs(found: Found) -> None:
    archive, _, made, _ = found
    bare = report(
        archive.parent / "store", made.alert.id, [], options=ReadOptions(), made_ms=MADE_MS
    )
    told = bare.contents.about["recheck"]["whole"]
    assert any("then" in line and "now" in line for line in told)
    assert any("suppressed_by" in line for line in told)
    assert str(MMSI) in bare.files["report.html"].decode()
