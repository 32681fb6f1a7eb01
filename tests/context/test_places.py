"""Places: files of anyone, good and bad, and which place holds a position."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cablewatch.context.places import KINDS, Places, load_places
from cablewatch.errors import ContextError

SQUARE = [[10.0, 55.0], [11.0, 55.0], [11.0, 56.0], [10.0, 56.0], [10.0, 55.0]]


def feature(kind: Any = "port", ring: Any = SQUARE, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"kind": kind, **properties},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def written(path: Path, *features: Any, **members: Any) -> Path:
    document = {"type": "FeatureCollection", "features": list(features), **members}
    path.write_text(json.dumps(document))
    return path


def held(places: Places, lon: float, lat: float, mmsi: int = 1) -> list[str]:
    return [place.kind for _, place in places.at(np.array([lon]), np.array([lat]), mmsi)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read(tmp_path: Path, kind: str) -> None:
    _, places = load_places(written(tmp_path / "p.geojson", feature(kind, name="Home")))
    assert [(place.kind, place.name) for place in places] == [(kind, "Home")]
    assert held(Places(places), 10.5, 55.5) == [kind]
    assert held(Places(places), 370.5, 55.5) == [kind]
    assert held(Places(places), 9.5, 55.5) == []


@pytest.mark.parametrize(
    "ring",
    [
        [[179.0, 0.0], [-179.0, 0.0], [-179.0, 1.0], [179.0, 1.0], [179.0, 0.0]],
        [[179.0, 0.0], [181.0, 0.0], [181.0, 1.0], [179.0, 1.0], [179.0, 0.0]],
        [[-181.0, 0.0], [-179.0, 0.0], [-179.0, 1.0], [-181.0, 1.0], [-181.0, 0.0]],
    ],
)
def test_a_place_may_lie_over_the_antimeridian(tmp_path: Path, ring: Any) -> None:
    places = Places(load_places(written(tmp_path / "p.geojson", feature(ring=ring)))[1])
    for lon in (179.5, -179.5, 180.0, -180.0, 180.5, -180.5):
        assert held(places, lon, 0.5) == ["port"], lon
    assert held(places, 0.0, 0.5) == held(places, 178.0, 0.5) == []


@pytest.mark.parametrize(
    ("broken", "where", "what"),
    [
        (feature(None), "number 0", "kind is missing"),
        (feature("harbour"), "number 0", "'harbour' is unknown"),
        (feature("stop"), "number 0", "'stop' is unknown"),
        (feature(name="a\x1b[2J"), "number 0", "name is not printable"),
        ({**feature("x"), "id": "r17"}, "feature r17", "'x' is unknown"),
        ({"type": "Feature", "geometry": None}, "number 0", "no properties"),
        ({**feature(), "geometry": None}, "number 0", "missing, not a polygon"),
        (
            {**feature(), "geometry": {"type": "Point", "coordinates": [1, 2]}},
            "number 0",
            "Point, not a polygon",
        ),
        (feature(ring=[[0, 0], [1, 1]]), "number 0", "not rings"),
        (feature(ring="here"), "number 0", "not rings"),
        (feature(ring=[[0, 0], [0, math.nan], [1, 1], [0, 0]]), "number 0", "not finite"),
        (feature(ring=[[0, 91], [1, 91], [1, 92], [0, 91]]), "number 0", "off the globe"),
        (feature(ring=[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]), "number 0", "not valid"),
        (7, "number 0", "no properties"),
    ],
)
def test_a_bad_feature_is_named(tmp_path: Path, broken: Any, where: str, what: str) -> None:
    path = written(tmp_path / "p.geojson", broken)
    with pytest.raises(ContextError) as raised:
        load_places(path)
    assert where in raised.value.where and what in raised.value.what and raised.value.do


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not JSON"),
        ("[]", "not a GeoJSON FeatureCollection"),
        ('{"type": "Feature"}', "not a GeoJSON FeatureCollection"),
        ("[" * 40 + "]" * 40, "nested"),
        ('{"type":"FeatureCollection","crs":{"name":"EPSG:3857"},"features":[]}', "not WGS84"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "p.geojson"
    path.write_text(text)
    with pytest.raises(ContextError, match=what):
        load_places(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContextError, match="cannot be read"):
        load_places(tmp_path / "none.geojson")


def test_a_learned_place_needs_four_ships_besides_the_one_in_question(tmp_path: Path) -> None:
    """An anchored ship never makes her own excuse."""
    visits = {str(mmsi): [1, 5.0, 0, 1, "cargo"] for mmsi in range(1, 5)}
    path = written(
        tmp_path / "p.geojson",
        feature("anchorage", visits=visits),
        feature("stop", visits={"1": [9, 99.0, 0, 9, "cargo"]}),
        cablewatch_context={"format": 1},
    )
    places = Places(load_places(path)[1])
    assert held(places, 10.5, 55.5, mmsi=9) == ["anchorage"]
    assert held(places, 10.5, 55.5, mmsi=4) == []


def test_no_place_holds_nothing() -> None:
    assert held(Places(), 0.0, 0.0) == []
