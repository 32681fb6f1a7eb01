"""Profiles: what each origin's columns mean, what stays with the data, what the user decides."""

import json

import pyogrio
import pytest
from cells import LINE

from cablewatch.cables.importers import PROFILES, Draft, Request
from cablewatch.cables.lines import length_km
from cablewatch.cables.model import load_cables, shipped_routes
from cablewatch.errors import UsageError

EXACT = {"position_class": "charted", "position_uncertainty_m": 100.0}
OTHER = ((10.0, 55.0), (11.0, 55.5))


def geojson(path, *features):
    path.write_text(json.dumps({
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": properties,
             "geometry": {"type": "LineString", "coordinates": line}} | more
            for properties, line, more in features
        ],
    }))  # fmt: skip
    return path


def draft(path, said=(), **request):
    return Draft.of(path, Request(said=dict(said), **request))


def test_telegeography_is_schematic_and_keeps_its_licence(tmp_path):
    """The two halves of a cable that meets the antimeridian have one id."""
    cable = {"id": "pacific", "name": "Pacific", "color": "#fff"}
    halves = [
        (cable | {"feature_id": f"pacific-{n}"}, line, {})
        for n, line in enumerate((((170, 10), (180, 12)), ((-180, 12), (-170, 14))))
    ]
    made = draft(geojson(tmp_path / "cable-geo.json", *halves))
    assert made.profile.name == "telegeography" and "CC BY-NC-SA" in made.profile.notice
    (cable,) = made.finish().cables
    assert (cable.position_class, cable.position_uncertainty_m) == ("schematic", 50_000)
    assert cable.licence == "CC BY-NC-SA" and "TeleGeography" in cable.source
    assert len(cable.route.geoms) == 1, "the halves meet on the antimeridian"
    closer = draft(tmp_path / "cable-geo.json", {"position_uncertainty_m": 20_000.0}).finish()
    assert closer.cables[0].position_uncertainty_m == 20_000
    with pytest.raises(UsageError, match="stays with it"):
        draft(tmp_path / "cable-geo.json", {"licence": "CC0-1.0"})


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"communication": "line", "location": "underwater"}, "telecom"),
        ({"telecom": "line", "submarine": "yes"}, "telecom"),
        ({"power": "cable", "location": "underwater"}, "power"),
        ({"man_made": "pipeline", "submarine": "yes", "substance": "gas"}, "gas_pipeline"),
        ({"man_made": "pipeline", "location": "underwater", "substance": "oil"}, "pipeline"),
        ({"seamark:type": "cable_submarine", "seamark:cable_submarine:category": "power"}, "power"),
    ],
)
def test_openstreetmap_exports(tmp_path, tags, kind):
    tags = {"@id": "way/5", "name": "A", "operator": "Op", "disused": "yes"} | tags
    land = {"@id": "way/6", "power": "cable"}
    path = geojson(tmp_path / "export.geojson", (tags, LINE, {}), (land, OTHER, {}))
    made = draft(path, EXACT)
    assert made.profile.name == "osm"
    (cable,) = made.finish().cables
    assert (cable.id, cable.kind, cable.owner, cable.status) == ("way/5", kind, "Op", "disused")
    assert made.refusals.counts == {"not tagged as under water": 1}


@pytest.mark.parametrize(
    ("layer", "properties", "expected"),
    [
        ("pcablesnve", {"lokalid": "1", "navn": "N", "eier": "E"}, ("1", "N", "E", "power")),
        ("bshcontiscables", {"uuid": "u", "name_": "N", "status": "2"}, ("u", "N", "", "telecom")),
        ("rijkscables", {"kabel_nr": "K", "naam": "N", "eigenaar": "E"},
         ("K", "N", "E", "telecom")),
        ("pipelines", {"featureid": "c", "name": "N", "medium": "Gas"},
         ("c", "N", "", "gas_pipeline")),
        ("pipelines", {"featureid": "c", "name": "N", "medium": "Oil"}, ("c", "N", "", "pipeline")),
    ],
)  # fmt: skip
def test_emodnet_layers(tmp_path, layer, properties, expected):
    by_name = geojson(tmp_path / f"{layer}.geojson", (properties, LINE, {}))
    by_id = geojson(tmp_path / "wfs.geojson", (properties, LINE, {"id": f"{layer}.12"}))
    for path, profile in ((by_name, None), (by_id, "emodnet")):
        made = draft(path, EXACT, profile=profile)
        assert made.profile.name == "emodnet"
        (cable,) = made.finish().cables
        assert (cable.id, cable.name, cable.owner, cable.kind) == expected
        assert cable.status == "unknown", "a code without words is no status"
        assert cable.licence == "CC BY 4.0"


def test_an_extract_of_a_chart(tmp_path, layer):
    """S-57 names in a GeoPackage, as an export from a GIS has them."""
    frame = layer(OBJNAM=["A"], CATCBL=[1], QUAPOS=[4], POSACC=[30.0], LNAM=["0226000000010001"])
    pyogrio.write_dataframe(frame, tmp_path / "enc.gpkg", layer="CBLSUB")
    made = draft(tmp_path / "enc.gpkg", {"source": "s", "licence": "l"})
    assert made.profile.name == "s57"
    (cable,) = made.finish().cables
    assert (cable.kind, cable.position_class) == ("power", "generalised")
    assert (cable.id, cable.position_uncertainty_m) == ("0226000000010001", 30)


def test_what_this_package_writes_is_read_back(tmp_path):
    path = tmp_path / "mine.geojson"
    path.write_bytes(shipped_routes().read_bytes())
    made = draft(path).finish()
    assert made.refusals.counts == {}
    for old, new in zip(load_cables(), made.cables, strict=True):
        for name in ("id", "name", "kind", "owner", "licence", "position_class", "half_width_m"):
            assert getattr(new, name) == getattr(old, name)


def test_a_recorded_map_of_the_baltic_is_taken_whole(shared):
    """The 21 systems of the shipped routes with all their vertices, in another vocabulary."""
    path = shared / "cables" / "baltic_osm_2026.geojson"
    result = draft(path, EXACT, columns={"position_class": ""}).finish()
    lengths = {f["properties"]["id"]: f["properties"]["line_length_km"]
               for f in json.loads(path.read_text())["features"]}  # fmt: skip
    assert (result.read, result.taken, result.cut) == (21, 21, 0)
    assert {c.kind for c in result.cables} == {c.kind for c in load_cables()}
    for cable in result.cables:
        assert length_km(cable.route) == pytest.approx(lengths[cable.id], rel=0.01)


def test_mapped_columns_come_before_options_and_options_fill(tmp_path, layer, said):
    frame = layer(
        LINE, OTHER, NR=["x", "y"], FIRM=["Op", None], WHAT=["Power", None], OFF=[7, None]
    )
    pyogrio.write_dataframe(frame, tmp_path / "a.gpkg")
    columns = {"id": "NR", "owner": "firm", "kind": "WHAT", "position_uncertainty_m": "OFF"}
    one, two = draft(tmp_path / "a.gpkg", said, columns=columns).finish().cables
    assert (one.id, one.owner, one.kind, one.position_uncertainty_m) == ("x", "Op", "power", 7)
    assert (two.id, two.owner, two.kind, two.position_uncertainty_m) == ("y", "", "telecom", 100)


def test_an_empty_column_hides_what_a_profile_reads(tmp_path, layer, said):
    pyogrio.write_dataframe(layer(name=["A"], kind=["hose"]), tmp_path / "a.gpkg")
    (cable,) = draft(tmp_path / "a.gpkg", said, columns={"kind": "", "name": ""}).finish().cables
    assert cable.kind == "telecom" and cable.name == cable.id


def test_every_gap_is_named_and_closed_by_an_answer(tmp_path, layer, said):
    pyogrio.write_dataframe(layer(LINE, OTHER, kind=["power", None]), tmp_path / "a.gpkg")
    made = draft(tmp_path / "a.gpkg")
    gaps = {gap.name: (gap.lacking, gap.total) for gap in made.gaps()}
    assert gaps == dict.fromkeys(said, (2, 2)) | {"kind": (1, 2)}
    with pytest.raises(UsageError, match=r"1 of 2 .*kind \(first: layer a, feature 2\).*--kind"):
        made.finish()
    assert made.gaps(said) == []
    assert [cable.kind for cable in made.finish(said).cables] == ["power", "telecom"]


def test_a_zone_needs_its_basis_and_has_a_default_that_says_so(tmp_path, layer, said):
    pyogrio.write_dataframe(layer(), tmp_path / "a.gpkg")
    (cable,) = draft(tmp_path / "a.gpkg", said).finish().cables
    assert cable.protection_zone_m == 200 and cable.zone_basis.startswith("default")
    zone = said | {"protection_zone_m": 1852.0}
    assert [gap.name for gap in draft(tmp_path / "a.gpkg", zone).gaps()] == ["zone_basis"]
    (cable,) = draft(tmp_path / "a.gpkg", zone | {"zone_basis": "1 nm"}).finish().cables
    assert (cable.protection_zone_m, cable.zone_basis) == (1852, "1 nm")


def test_profiles_are_tried_from_the_narrow_to_the_wide():
    assert list(PROFILES)[-1] == "plain"
