"""Every format and many reference systems lead to the same routes, read back as all commands do."""

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pyogrio
import pytest
import shapely
from cells import LINE, Object, write_cell

from cablewatch.cables.importers import Draft, Request
from cablewatch.cables.lines import WGS84
from cablewatch.cables.model import load_cables

FORMATS = {
    "a.gpkg": "GPKG",
    "a.shp": "ESRI Shapefile",
    "a.kml": "LIBKML",
    "a.kmz": "LIBKML",
    "a.geojson": "GeoJSON",
    "a.json": "GeoJSON",
    "a.fgb": "FlatGeobuf",
    "a.gml": "GML",
}


def imported(path: Path, said, **request):
    return Draft.of(path, Request(said=said, **request)).finish()


def coordinates(cable) -> np.ndarray:
    return shapely.get_coordinates(cable.route)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_gives_the_same_line(tmp_path, layer, said, name):
    pyogrio.write_dataframe(layer(name=["Kabel Å"]), tmp_path / name, driver=FORMATS[name])
    result = imported(tmp_path / name, said)
    assert (result.read, result.taken, result.refusals.counts) == (1, 1, {})
    result.write(tmp_path / "out.geojson")
    (cable,) = load_cables(tmp_path / "out.geojson")
    assert cable == result.cables[0]
    assert cable.name == "Kabel Å"
    np.testing.assert_allclose(coordinates(cable), LINE, atol=1e-6)
    assert cable.id.startswith("kabel-")


def test_a_zipped_shapefile(tmp_path, layer, said):
    pyogrio.write_dataframe(layer(NAME=["a"]), tmp_path / "a.shp")
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in tmp_path.glob("a.[sdp]*"):
            archive.write(part, part.name)
    assert imported(tmp_path / "a.zip", said).cables[0].name == "a"


@pytest.mark.parametrize("crs", [3857, 25833, 3035, 4258, 3395])
def test_other_reference_systems_lead_to_the_same_place(tmp_path, layer, said, crs):
    pyogrio.write_dataframe(layer().to_crs(crs), tmp_path / "a.gpkg")
    (cable,) = imported(tmp_path / "a.gpkg", said).cables
    lon, lat = coordinates(cable).T
    *_, off_m = WGS84.inv(lon, lat, *np.array(LINE).T)
    assert np.max(off_m) < 0.05  # coordinates are rounded to a centimetre


def test_an_id_is_the_same_from_every_system_and_direction(tmp_path, layer, said):
    pyogrio.write_dataframe(layer(name=["x"]).to_crs(3035), tmp_path / "a.gpkg")
    pyogrio.write_dataframe(layer(LINE[::-1], name=["x"]), tmp_path / "b.geojson")
    one, other = (imported(tmp_path / name, said).cables for name in ("a.gpkg", "b.geojson"))
    assert one[0].id == other[0].id


def test_a_missing_reference_system_is_asked_for(tmp_path, layer, said):
    pyogrio.write_dataframe(layer().to_crs(25833), tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(Exception, match=r"a\.shp.*no reference system.*--crs"):
        imported(tmp_path / "a.shp", said)
    (cable,) = imported(tmp_path / "a.shp", said, crs="EPSG:25833").cables
    np.testing.assert_allclose(coordinates(cable), LINE, atol=1e-6)


def test_openstreetmap_xml(tmp_path):
    nodes = "".join(f'<node id="{n}" lat="{y}" lon="{x}"/>' for n, (x, y) in enumerate(LINE, 1))
    refs = "".join(f'<nd ref="{n}"/>' for n in range(1, 4))
    cable = {"name": "Kabel &quot;A&quot;", "communication": "line", "submarine": "yes"}
    museum = {"highway": "road", "description": "a submarine museum"}
    ways = ""
    for number, tags in ((7, cable), (8, museum), (9, {"power": "cable"})):
        text = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        ways += f'<way id="{number}">{refs}{text}</way>'
    (tmp_path / "a.osm").write_text(f'<osm version="0.6">{nodes}{ways}</osm>')
    result = imported(
        tmp_path / "a.osm", {"position_class": "charted", "position_uncertainty_m": 9}
    )
    (cable,) = result.cables
    assert (cable.id, cable.kind, cable.licence) == ("way/7", "telecom", "ODbL-1.0")
    assert result.refusals.counts == {"not tagged as a cable or pipeline": 1}


def test_an_electronic_chart(tmp_path):
    path = write_cell(
        tmp_path / "DK0TEST.000",
        [
            Object(
                "CBLSUB",
                LINE,
                {"CATCBL": "4", "OBJNAM": "Kabel Å", "STATUS": "1,4", "BURDEP": "1.5"},
                quapos=4,
                posacc=50.0,
            ),
            Object("CBLSUB", ((19, 56), (19.5, 56.2)), {"CATCBL": "1", "CONDTN": "5"}),
            Object("CBLSUB", ((19, 55), (19.5, 55.2)), {"CATCBL": "6"}),
            Object("PIPSOL", ((19, 57), (19.5, 57.2)), {"PRODCT": "2"}, quapos=10),
            Object("CBLARE", ((1, 57), (1.5, 57.2), (1.2, 57.5), (1, 57)), prim=3),
        ],
    )
    result = imported(
        path, {"source": "a chart", "licence": "own use", "position_uncertainty_m": 300.0}
    )
    telecom, power, pipe = result.cables
    assert telecom.id == "0226000000010001", "LNAM, which stays through editions"
    assert (telecom.name, telecom.kind) == ("Kabel Å", "telecom")
    assert telecom.status == "permanent, disused, buried 1.5 m"
    assert (telecom.position_class, telecom.position_uncertainty_m) == ("generalised", 50)
    assert (power.kind, power.status) == ("power", "planned")
    assert (power.position_class, power.position_uncertainty_m) == ("charted", 300)
    assert (pipe.kind, pipe.position_class) == ("gas_pipeline", "surveyed")
    np.testing.assert_allclose(coordinates(telecom), LINE, atol=1e-7)
    assert sorted(result.refusals.counts) == [
        "a cable area says that cables lie inside, not where",
        "a mooring cable or chain",
    ]
    result.write(tmp_path / "out.geojson")
    assert len(load_cables(tmp_path / "out.geojson")) == 3


def test_parts_of_a_charted_cable_keep_the_worst_quality(tmp_path):
    path = write_cell(
        tmp_path / "a.000",
        [
            Object("CBLSUB", LINE, {"CATCBL": "4"}, quapos=1, posacc=5.0, fidn=7),
            Object("CBLSUB", (LINE[-1], (19, 57)), {"CATCBL": "4"}, quapos=5, posacc=80.0, fidn=7),
        ],
    )
    (cable,) = imported(path, {"source": "a chart", "licence": "own use"}).cables
    assert (cable.position_class, cable.position_uncertainty_m) == ("schematic", 80)
    assert len(cable.route.geoms) == 1 and len(coordinates(cable)) == 4
