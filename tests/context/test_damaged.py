"""Files of a build and rasters that were damaged or forged end in one error that says where."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cablewatch.context.depths import Depths
from cablewatch.context.learned import Learned, Stay, cell_of, load_learned, text_of
from cablewatch.context.places import load_places
from cablewatch.errors import ContextError
from tests.context.rasters import geotiff

Json = dict[str, Any]


@pytest.fixture
def document() -> Json:
    """A file of five ships in a cell."""
    learned = Learned(sources=[{"name": "a.csv", "sha256": "0" * 64}])
    learned.heard(0, 86_400_000)
    for ship in range(5):
        learned.add(Stay(cell_of(10.0, 55.0), 219000001 + ship, 2.0, True, False, "cargo"))
    said: Json = json.loads("".join(text_of(learned, {})))
    return said


def about(**changed: object) -> Callable[[Json], None]:
    return lambda said: said["cablewatch_context"].update(changed)


def feature(**changed: object) -> Callable[[Json], None]:
    return lambda said: said["features"][0].update(changed)


def row(*figures: object) -> Callable[[Json], None]:
    def change(said: Json) -> None:
        said["features"][0]["properties"]["visits"]["219000001"] = list(figures)

    return change


def test_a_file_reads_back(document: Json, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(document))
    again = load_learned(path)
    assert json.loads("".join(text_of(again, {}))) == document


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (about(sources=None), "learned from"),
        (about(sources=[{"name": "a.csv"}]), "learned from"),
        (about(sources="ab"), "learned from"),
        (about(sources=[{"name": "a.csv", "sha256": 5}]), "learned from"),
        (about(**{"from": 5}), "learned from"),
        (about(to="yesterday"), "learned from"),
        (feature(id="99999999_5"), "feature number 0"),
        (feature(id="5_-1"), "feature number 0"),
        (row(1, None, 1, 0, "cargo"), "feature number 0"),
        (row(1, "two", 1, 0, "cargo"), "feature number 0"),
        (row(1, float("nan"), 1, 0, "cargo"), "feature number 0"),
        (row(1, 2.0, 3, 0, "cargo"), "feature number 0"),
        (row(1, 2.0, 1, 0), "feature number 0"),
        (row(1, 2.0, 1, 0, None), "feature number 0"),
    ],
)
def test_a_forged_file_is_not_gone_on_from(
    document: Json, tmp_path: Path, change: Callable[[Json], None], told: str
) -> None:
    forged = copy.deepcopy(document)
    change(forged)
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(forged))
    with pytest.raises(ContextError, match=told):
        load_learned(path)


def test_a_cell_that_stands_twice_is_refused(document: Json, tmp_path: Path) -> None:
    document["features"] *= 2
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(document))
    with pytest.raises(ContextError, match="feature number 1"):
        load_learned(path)


@pytest.mark.parametrize("rings", [{}, {"0": []}, 5, [[[1, 2]]], [[["a", "b"]] * 4]])
def test_rings_of_any_type_are_refused(document: Json, tmp_path: Path, rings: object) -> None:
    document["features"][0]["geometry"]["coordinates"] = rings
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(document))
    with pytest.raises(ContextError, match="coordinates"):
        load_places(path)


def test_a_number_of_a_ship_has_nine_digits(document: Json, tmp_path: Path) -> None:
    document["features"][0]["properties"]["visits"]["9" * 5000] = [1, 2.0, 1, 0, "cargo"]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(document))
    with pytest.raises(ContextError, match="table by MMSI"):
        load_places(path)


def test_a_raster_that_was_not_downloaded_to_its_end_is_told(tmp_path: Path) -> None:
    heights = np.random.default_rng(0).uniform(-100.0, -10.0, (400, 400)).astype("f4")
    path = geotiff(tmp_path / "a.tif", heights, step=0.01, compress="deflate")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    depths = Depths(path)
    with pytest.raises(ContextError, match="is damaged"):
        depths.at(np.array([13.9]), np.array([56.1]))
