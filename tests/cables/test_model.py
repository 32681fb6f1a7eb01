"""Reading cables: what ships, and each refusal with its file, feature and advice."""

import copy
import importlib.util
import json
from pathlib import Path

import pytest

from cablewatch.cables.lines import length_km
from cablewatch.cables.model import MAX_BYTES, as_collection, load_cables, shipped_routes
from cablewatch.errors import CableError

ROOT = Path(__file__).resolve().parents[2]


def feature(id="a", coordinates=((17.0, 56.0), (18.0, 56.5)), kind="LineString", **changes):
    properties = {
        "id": id,
        "name": "A cable",
        "kind": "telecom",
        "owner": "",
        "status": "unknown",
        "source": "drawn for a test",
        "licence": "CC0-1.0",
        "position_class": "surveyed",
        "position_uncertainty_m": 100,
        "protection_zone_m": 200,
        "zone_basis": "test",
    } | changes
    return {
        "type": "Feature",
        "properties": {k: v for k, v in properties.items() if v is not ...},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


@pytest.fixture
def write(tmp_path):
    def write(*features, **members):
        path = tmp_path / "routes.geojson"
        collection = {"type": "FeatureCollection", "features": list(features)} | members
        path.write_text(json.dumps(collection), encoding="utf-8")
        return path

    return write


def test_the_shipped_routes_are_complete():
    cables = {cable.id: cable for cable in load_cables()}
    assert len(cables) == 21
    assert {"c-lion1", "bcs-east-west-interlink"} <= set(cables)
    for cable in cables.values():
        assert cable.source == "OpenStreetMap contributors" and cable.licence == "ODbL-1.0"
        assert cable.protection_zone_m == 200 and "default" in cable.zone_basis
        assert cable.position_uncertainty_m >= 500, "generalised to 0.005 degree"
    # Published lengths: cinia.fi 1,173 km, Arelion 218 km.
    assert length_km(cables["c-lion1"].route) == pytest.approx(1173, rel=0.02)
    assert length_km(cables["bcs-east-west-interlink"].route) == pytest.approx(218, rel=0.02)
    document = json.loads(shipped_routes().read_text(encoding="utf-8"))
    assert document["attribution"] == "© OpenStreetMap contributors, ODbL-1.0"
    assert "0.005 degree" in document["note"]


def test_the_shipped_file_is_what_the_script_writes(shared):
    spec = importlib.util.spec_from_file_location("make_cables", ROOT / "tools/make_cables.py")
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    written = (ROOT / "data/cables.geojson").read_text(encoding="utf-8")
    assert script.routes_text(shared.parent / "facts") == written


def test_test_cables_load(shared):
    cables = load_cables(shared / "tracks/test_cables.geojson")
    assert len(cables) == 7 and cables[0].half_width_m == 600


def test_a_collection_reads_back_equal(tmp_path):
    cables = load_cables()
    path = tmp_path / "again.geojson"
    path.write_text(json.dumps(as_collection(cables)), encoding="utf-8")
    assert load_cables(path) == cables


def test_other_frames_are_reprojected(write):
    mercator = ((1892431.345, 7558415.656), (2003750.834, 7662072.196))
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    (cable,) = load_cables(write(feature(coordinates=mercator), crs=crs))
    (lon, lat), _ = cable.route.geoms[0].coords
    assert (lon, lat) == pytest.approx((17.0, 56.0), abs=0.01)


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"])
def test_names_of_wgs84_mean_longitude_first(write, name):
    crs = {"type": "name", "properties": {"name": name}}
    (cable,) = load_cables(write(feature(), crs=crs))
    assert cable.route.geoms[0].coords[0] == (17.0, 56.0)


def test_a_route_may_cross_the_antimeridian_split_or_not(write):
    split = [[[179.0, 50.0], [180.0, 50.1]], [[-180.0, 50.1], [-179.0, 50.0]]]
    whole = [[179.0, 50.0], [-179.0, 50.0]]
    a, b = load_cables(write(feature("a", split, "MultiLineString"), feature("b", whole)))
    assert length_km(a.route) == pytest.approx(length_km(b.route), rel=0.02)


def test_twin_parts_may_cross_and_altitude_is_ignored(write):
    twins = [[[17, 56, -30], [18, 57, -40]], [[17, 57, -30], [18, 56, -40]]]
    (cable,) = load_cables(write(feature(coordinates=twins, kind="MultiLineString")))
    assert [len(part.coords[0]) for part in cable.route.geoms] == [2, 2]


SQUARE = [[[17, 56], [18, 57], [18, 56], [17, 57], [17, 56]]]
REFUSED = {
    "missing id": (feature(id=...), "number 0.*property id"),
    "empty id": (feature(id=" "), "property id"),
    "id over two lines": (feature(id="a\nb"), "number 0: property id has control"),
    "no geometry": (feature() | {"geometry": None}, "feature a: no geometry"),
    "point": (feature(coordinates=[17, 56], kind="Point"), "feature a: geometry is Point"),
    "polygon": (
        feature(coordinates=[[[17, 56], [18, 56], [18, 57], [17, 56]]], kind="Polygon"),
        "feature a: geometry is Polygon, not a line",
    ),
    "polygon bow-tie": (feature(coordinates=SQUARE, kind="Polygon"), "feature a: .*bow-tie"),
    "line bow-tie": (feature(coordinates=SQUARE[0][:4]), "feature a: .*bow-tie"),
    "there and back": (feature(coordinates=[[17, 56], [18, 56], [17, 56]]), "bow-tie"),
    "bow-tie over the antimeridian": (
        feature(coordinates=[[179, 50], [-179, 51], [-179, 50], [179, 51]]),
        "bow-tie",
    ),
    "NaN": (feature(coordinates=[[17, 56], [float("nan"), 57]]), "a: vertex 1 is not finite"),
    "infinite": (feature(coordinates=[[17, 56], [18, float("inf")]]), "vertex 1 is not finite"),
    "null": (feature(coordinates=[[17, 56], [None, 57]]), "not a list of"),
    "text": (feature(coordinates=[["17", "56"], ["18", "57"]]), "not a list of"),
    "ragged": (feature(coordinates=[[17, 56], [18]]), "not a list of"),
    "one vertex": (feature(coordinates=[[17, 56]]), "fewer than two"),
    "one vertex twice": (feature(coordinates=[[17, 56], [17, 56]]), "fewer than two"),
    "no parts": (feature(coordinates=[], kind="MultiLineString"), "not a line"),
    "swapped": (feature(coordinates=[[56, 117], [57, 118]]), "off the globe and looks swapped"),
    "off the globe": (feature(coordinates=[[170, 95], [171, 96]]), r"lat 9\d is off the globe;"),
    "longitude": (feature(coordinates=[[190, 50], [191, 51]]), "off the globe"),
    "negative zone": (feature(protection_zone_m=-1), "protection_zone_m"),
    "NaN zone": (feature(protection_zone_m=float("nan")), "protection_zone_m"),
    "vast uncertainty": (feature(position_uncertainty_m=1e9), "position_uncertainty_m"),
    "text uncertainty": (feature(position_uncertainty_m="100"), "position_uncertainty_m"),
    "true uncertainty": (feature(position_uncertainty_m=True), "position_uncertainty_m"),
    "huge integer": (feature(position_uncertainty_m=10**400), "position_uncertainty_m"),
    "bad length": (feature(published_length_km="far"), "published_length_km"),
    "unknown class": (feature(position_class="guess"), "position_class 'guess' is unknown"),
    "no properties": ({"type": "Feature", "geometry": None}, "number 0: no properties"),
    "not a feature": (7, "number 0: no properties"),
}
REFUSED["unknown kind"] = (copy.deepcopy(feature()), "kind 'rope' is unknown; use one of telecom")
REFUSED["unknown kind"][0]["properties"]["kind"] = "rope"


@pytest.mark.parametrize(("bad", "message"), REFUSED.values(), ids=REFUSED)
def test_a_bad_feature_is_refused_by_name(write, bad, message):
    path = write(bad)
    with pytest.raises(CableError, match=message) as caught:
        load_cables(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    assert caught.value.do


@pytest.mark.parametrize(
    "name", ["name", "owner", "status", "source", "licence", "zone_basis", "protection_zone_m"]
)
def test_each_property_is_required(write, name):
    with pytest.raises(CableError, match=f"feature a: property {name} is missing"):
        load_cables(write(feature(**{name: ...})))


def test_the_second_use_of_an_id_is_refused(write):
    with pytest.raises(CableError, match="feature a: id appears twice"):
        load_cables(write(feature(), feature()))


def test_swapped_positions_that_are_valid_elsewhere_are_known_by_their_length(write):
    """West to east in the Baltic, 125 km; exchanged, the same line is 222 km long."""
    west_east = [[17.0, 56.0], [19.0, 56.0]]
    swapped = [[y, x] for x, y in west_east]
    load_cables(write(feature(coordinates=west_east, published_length_km=130)))
    with pytest.raises(CableError, match=r"feature a: .* looks swapped"):
        load_cables(write(feature(coordinates=swapped, published_length_km=130)))
    load_cables(write(feature(coordinates=swapped)))
    load_cables(write(feature(coordinates=west_east, published_length_km=20)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"time_utc,mmsi\n", "not JSON"),
        (b"[]", "not a GeoJSON FeatureCollection"),
        (b'{"type": "Feature"}', "not a GeoJSON FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "no features"),
        (b"[" * 100_000, "levels deep"),
    ],
)
def test_a_file_that_is_no_collection_is_refused(tmp_path, content, message):
    path = tmp_path / "routes.geojson"
    path.write_bytes(content)
    with pytest.raises(CableError, match=message):
        load_cables(path)


@pytest.mark.parametrize("crs", [None, {}, {"properties": {"name": "EPSG:1"}}, 7])
def test_an_unknown_frame_is_refused(write, crs):
    with pytest.raises(CableError, match="unknown crs"):
        load_cables(write(feature(), crs=crs))


def test_limits_are_named(write, tmp_path, monkeypatch):
    with pytest.raises(CableError, match="cannot be read"):
        load_cables(tmp_path / "absent.geojson")
    with pytest.raises(CableError, match="cannot be read"):
        load_cables(tmp_path)
    large = tmp_path / "large.geojson"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(CableError, match="larger than 32 MiB"):
        load_cables(large)
    monkeypatch.setattr("cablewatch.cables.lines.MAX_VERTICES", 3)
    with pytest.raises(CableError, match="4 vertices, more than 3"):
        load_cables(write(feature("a"), feature("b")))
    monkeypatch.undo()
    monkeypatch.setattr("cablewatch.cables.model.MAX_LENGTH_KM", 50)
    with pytest.raises(CableError, match="km of routes"):
        load_cables(write(feature()))
