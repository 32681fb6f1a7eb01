"""Bad files and bad wishes: one line with file, layer and feature, and what to do."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from cells import LINE

from cablewatch.cables.importers import Draft, Request
from cablewatch.errors import CableError, CablewatchError

VRT = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>x.gpkg</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'  # noqa: E501


def refusal(path: Path, **request) -> str:
    with pytest.raises(CablewatchError) as caught:
        Draft.of(path, Request(**request)).finish()
    text = str(caught.value)
    assert "\n" not in text
    assert path.name in text or text.startswith("--")
    return text


def damaged(tmp_path: Path, layer) -> bytes:
    pyogrio.write_dataframe(layer(), tmp_path / "sound.gpkg")
    return (tmp_path / "sound.gpkg").read_bytes()[:9000]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.gpkg", b"", "is empty"),
        ("a.geojson", b"", "is empty"),
        ("a.gpkg", b"SQLite format 3\0" + b"\1" * 500, "cannot be read"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [{', "cannot be read"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": []}', "no features"),
        ("a.000", b"S-63 bytes " * 500, "S-63"),
        ("a.shp", b"\0" * 200, "cannot be read"),
        ("a.kml", b"<kml/>", "cannot be read"),
        ("a.osm", b"<osm><way", "cannot be read"),
        ("a.zip", b"PK\3\4 garbage", "no sound zip"),
        ("a.txt", b"x", "GeoPackage"),
        ("a.json", b'{"type": "gdal_streamed_alg", "command_line": "x"}', "refers to other files"),
        ("a.json", VRT.encode(), "refers to other files"),
    ],
)
def test_bad_files(tmp_path, name, content, word):
    (tmp_path / name).write_bytes(content)
    assert word in refusal(tmp_path / name)


def test_a_damaged_geopackage(tmp_path, layer):
    (tmp_path / "a.gpkg").write_bytes(damaged(tmp_path, layer))
    refusal(tmp_path / "a.gpkg")


def test_a_missing_file_and_a_folder(tmp_path):
    assert "No such file" in refusal(tmp_path / "a.gpkg")
    assert "is a folder" in refusal(tmp_path)


def test_an_encrypted_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.shp", b"x")
    text = bytearray((tmp_path / "a.zip").read_bytes())
    text[text.index(b"PK\1\2") + 8] |= 1  # flag bit 0 of the directory's entry
    (tmp_path / "a.zip").write_bytes(text)
    assert "encrypted" in refusal(tmp_path / "a.zip")


def test_a_driver_that_the_installed_gdal_lacks(tmp_path, monkeypatch):
    (tmp_path / "a.000").write_bytes(b"x")
    monkeypatch.setattr(pyogrio, "list_drivers", lambda: {"GPKG": "rw"})
    assert "lacks S57" in refusal(tmp_path / "a.000")


def test_points_and_areas_are_named(tmp_path, layer):
    pyogrio.write_dataframe(layer(shapely.box(0, 0, 1, 1)), tmp_path / "a.gpkg")
    assert "a (Polygon)" in refusal(tmp_path / "a.gpkg")
    frame = layer(shapely.Point(1, 1), shapely.box(0, 0, 1, 1))
    pyogrio.write_dataframe(frame, tmp_path / "b.geojson")
    text = refusal(tmp_path / "b.geojson", layers=("b",))
    assert "none of 2 features" in text and "layer b, feature 0" in text and "an area" in text


def test_features_of_no_use_are_counted_and_the_rest_is_taken(tmp_path, said):
    bad = [
        [[17, 56], [float("nan"), 57]],
        [[17, 56], [float("inf"), 57]],
        [[700_000, 6_200_000], [700_001, 6_200_000]],
        [[17, 56], [17, 56]],
        LINE[::-1],
    ]
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "LineString", "coordinates": np.array(line).tolist()},
        }
        for line in [LINE, *bad]
    ]
    features.append({"type": "Feature", "properties": {}, "geometry": None})
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    result = Draft.of(path, Request(said=said)).finish()
    assert (result.read, result.taken, len(result.cables)) == (7, 1, 1)
    assert result.refusals.counts == {
        "coordinates are NaN or infinite, or outside the projection": 2,
        "positions off the globe": 1,
        "fewer than two distinct vertices": 1,
        "the same line as another feature": 1,
        "no geometry": 1,
    }
    assert all("layer a, feature" in line for line in result.refusals.lines())


def test_a_wrong_reference_system_is_pointed_at(tmp_path, layer):
    pyogrio.write_dataframe(layer([(7e5, 6.2e6), (7e5, 6.3e6)]), tmp_path / "a.gpkg")
    text = refusal(tmp_path / "a.gpkg")
    assert "off the globe" in text and "--crs" in text
    assert "crs not found" in refusal(tmp_path / "a.gpkg", crs="EPSG:nonsense")


def test_wishes_that_the_file_cannot_meet(tmp_path, layer):
    for name in ("cables", "roads"):
        frame = layer(name=["x"], flow=["fast"], far=["very"])
        pyogrio.write_dataframe(frame, tmp_path / "a.gpkg", layer=name)
    assert "--layer one of cables, roads" in refusal(tmp_path / "a.gpkg")
    assert "there are cables, roads" in refusal(tmp_path / "a.gpkg", layers=("pipes",))
    one = {"layers": ("cables",)}
    text = refusal(tmp_path / "a.gpkg", **one, columns={"id": "NR"})
    assert "layer cables" in text and "'NR'" in text and "name, flow, far" in text
    assert "kind is none of telecom" in refusal(
        tmp_path / "a.gpkg", **one, columns={"kind": "flow"}
    )
    assert "--map kind=" in refusal(tmp_path / "a.gpkg", **one, columns={"kind": "flow"})
    far = {"position_uncertainty_m": "far"}
    assert "is no number" in refusal(tmp_path / "a.gpkg", **one, columns=far)
    assert "one of s57" in refusal(tmp_path / "a.gpkg", **one, profile="noaa")


def test_names_of_layers_cannot_steer_the_terminal(tmp_path, layer):
    pyogrio.write_dataframe(layer(**{"a\x1b[2J": ["x"]}), tmp_path / "a.gpkg", layer="x\n\x1b[2Jy")
    text = refusal(tmp_path / "a.gpkg", columns={"id": "b"})
    assert "x [2Jy" in text and text.isprintable()


def test_an_id_for_two_kinds_is_refused_once(tmp_path, layer, said):
    frame = layer(LINE, [(1, 1), (2, 2)], id=["a", "a"], kind=["power", "telecom"])
    pyogrio.write_dataframe(frame, tmp_path / "a.gpkg")
    result = Draft.of(tmp_path / "a.gpkg", Request(said=said)).finish()
    assert [cable.kind for cable in result.cables] == ["power"]
    assert result.refusals.counts == {"an id that another kind of line has": 1}


def test_an_output_is_whole_or_not_there(tmp_path, layer, said):
    pyogrio.write_dataframe(layer(), tmp_path / "a.geojson")
    result = Draft.of(tmp_path / "a.geojson", Request(said=said)).finish()
    before = (tmp_path / "a.geojson").read_bytes()
    with pytest.raises(CableError, match="the file that is read"):
        result.write(tmp_path / "a.geojson")
    for folder in (tmp_path, Path()):
        with pytest.raises(CableError, match="is a folder"):
            result.write(folder)
    with pytest.raises(CableError, match="cannot be written"):
        result.write(tmp_path / "none" / "b.geojson")
    assert [path.name for path in tmp_path.iterdir()] == ["a.geojson"]
    assert (tmp_path / "a.geojson").read_bytes() == before
