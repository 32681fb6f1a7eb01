"""OGC API - Features: what the standard asks of answers, parameters and pages."""

import re
import time

import jsonschema_rs
import numpy as np
import pytest
from fastapi.testclient import TestClient

from cablewatch.fixes import Fixes, Stations
from cablewatch.service import create_app
from cablewatch.service.ogc import tracks
from cablewatch.service.ogc.document import CONFORMS_TO, OPENAPI_TYPE
from cablewatch.service.settings import Settings
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.tracks import TrackWriter
from cablewatch.units import DAY_MS, MINUTE_MS

NAMES = ("alerts", "cables", "crossings", "tracks")
MMSI = 414270000
DAY = "2024-11-17"


def get(client, path, status=200, **parameters):
    answer = client.get(path, params=parameters or None)
    assert answer.status_code == status, answer.text
    return answer.json()


def ids(client, name, **parameters):
    return [
        made["id"]
        for made in get(client, f"/ogc/collections/{name}/items", **parameters)["features"]
    ]


def schema_of(client, path):
    """JSON schema of an answer, of the OpenAPI document."""
    document = get(client, "/ogc/api")
    template = path.removeprefix("/ogc") or "/"
    said = (
        document["paths"].get(template)
        or document["paths"][f"{template[: template.rindex('/')]}/{{featureId}}"]
    )
    (content,) = said["get"]["responses"]["200"]["content"].values()
    whole = {**content["schema"], "components": document["components"]}
    return nulled(whole)


def nulled(said):
    """The schema with `nullable`, of OpenAPI 3.0 alone, as JSON schema says it."""
    if isinstance(said, list):
        return [nulled(part) for part in said]
    if not isinstance(said, dict):
        return said
    made = {name: nulled(part) for name, part in said.items() if name != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if said.get("nullable") is True else made


@pytest.mark.parametrize("path", ["/ogc", "/ogc/"])
def test_the_landing_page_links_to_everything(client, path):
    links = {link["rel"]: link for link in get(client, path)["links"]}
    assert links["service-desc"]["type"] == OPENAPI_TYPE
    for rel in ("self", "service-desc", "conformance", "data"):
        answer = client.get(links[rel]["href"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == links[rel]["type"]


def test_conformance_names_core_openapi_and_geojson(client):
    said = get(client, "/ogc/conformance")["conformsTo"]
    assert said == CONFORMS_TO
    assert {uri.rpartition("/")[2] for uri in said} == {"core", "oas30", "geojson"}


def test_the_document_is_openapi_3_0(client):
    document = get(client, "/ogc/api")
    assert re.fullmatch(r"3\.0\.\d", document["openapi"])
    assert "const" not in str(document) and "'null'" not in str(document)
    for path in document["paths"]:
        named = re.findall(r"{(\w+)}", path)
        stated = [
            p["name"] for p in document["paths"][path]["get"]["parameters"] if p["in"] == "path"
        ]
        assert named == stated
    for name in NAMES:
        said = document["paths"][f"/collections/{name}/items"]["get"]["parameters"]
        assert {each["name"] for each in said} == {"bbox", "cursor", "datetime", "f", "limit"}


@pytest.mark.parametrize(
    "path",
    ["/ogc", "/ogc/conformance", "/ogc/collections"]
    + [f"/ogc/collections/{name}{rest}" for name in NAMES for rest in ("", "/items")],
)
def test_answers_are_as_the_document_says(client, path):
    jsonschema_rs.validate(schema_of(client, path), get(client, path))


def test_collections_say_where_and_when(client):
    said = {made["id"]: made for made in get(client, "/ogc/collections")["collections"]}
    assert tuple(said) == NAMES
    for name, made in said.items():
        assert made == get(client, f"/ogc/collections/{name}")
        assert made["crs"] == ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]
        assert made["extent"]["spatial"]["crs"] == made["crs"][0]
        assert made["itemType"] == "feature" and made["attribution"]
        (items,) = [link["href"] for link in made["links"] if link["rel"] == "items"]
        assert client.get(items).headers["content-type"] == "application/geo+json"
    assert said["cables"]["extent"]["spatial"]["bbox"] == [[16.8, 56.0, 19.5, 58.0]]
    assert said["cables"]["extent"]["temporal"]["interval"] == [[None, None]]
    west, south, east, north = said["alerts"]["extent"]["spatial"]["bbox"][0]
    assert (west, south, east, north) == pytest.approx((19.0264, 56.8654, 19.6, 57.2))
    assert said["alerts"]["extent"]["temporal"]["interval"] == [
        ["2024-11-17T06:40:00Z", "2024-11-17T10:00:00Z"]
    ]
    assert said["crossings"]["extent"]["temporal"]["interval"] == [
        ["2024-11-17T07:10:00Z", "2024-11-17T11:00:00Z"]
    ]
    assert said["tracks"]["extent"]["temporal"]["interval"] == [
        ["2024-11-17T00:00:00Z", "2024-11-17T23:59:59.999Z"]
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("limit", [1, 2])
def test_pages_give_every_feature_once(client, name, limit):
    path = f"/ogc/collections/{name}/items"
    whole = get(client, path)
    assert whole["numberMatched"] == whole["numberReturned"] == len(whole["features"]) > 1
    seen, url = [], f"{path}?limit={limit}"
    while url:
        page = get(client, url)
        assert page["numberReturned"] == len(page["features"]) <= limit
        assert page["numberMatched"] == whole["numberMatched"]
        seen += page["features"]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert seen == whole["features"]


@pytest.mark.parametrize("name", NAMES)
def test_a_feature_is_there_by_its_id(client, name):
    for made in get(client, f"/ogc/collections/{name}/items")["features"]:
        path = f"/ogc/collections/{name}/items/{made['id']}"
        alone = get(client, path)
        assert {key: alone[key] for key in made} == made
        jsonschema_rs.validate(schema_of(client, path), alone)
        assert [link["rel"] for link in alone["links"]] == ["self", "collection"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "unknown", ["none", "2024-11-17-000000002", "2024-13-17-000000001", "%00", "a/b"]
)
def test_what_is_not_there_is_404(client, name, unknown):
    assert get(client, f"/ogc/collections/{name}/items/{unknown}", 404)["status"] == 404
    assert get(client, f"/ogc/collections/{unknown}/items", 404)["status"] == 404


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "1.5"),
        ("limit", "all"),
        ("bbox", "1,2,3"),
        ("bbox", "1,2,3,nan"),
        ("bbox", "16,58,20,55"),
        ("bbox", "16,55,190,58"),
        ("bbox", "1,2,3,4,5,6,7"),
        ("bbox", "1,2,low,3,4,high"),
        ("datetime", "2024"),
        ("datetime", "yesterday"),
        ("datetime", "2024-11-18T00:00:00Z/2024-11-17T00:00:00Z"),
        ("datetime", "2024-11-17T00:00:00Z/2024-11-18T00:00:00Z/.."),
        ("f", "html"),
        ("colour", "red"),
        ("bbox-crs", "http://www.opengis.net/def/crs/EPSG/0/4326"),
    ],
)
def test_what_cannot_be_used_is_400(client, name, parameter, value):
    problem = get(client, f"/ogc/collections/{name}/items", 400, **{parameter: value})
    assert [wrong["parameter"] for wrong in problem["errors"]] == [parameter]


@pytest.mark.parametrize(
    "path", ["", "/conformance", "/api", "/collections", "/collections/alerts"]
)
def test_documents_take_the_form_alone(client, path):
    get(client, f"/ogc{path}", f="json")
    get(client, f"/ogc{path}", 400, limit="1")
    assert client.get(f"/ogc{path}?f=json&f=json").status_code == 400


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cursor", ["", "x", "2024-11-17", "\0"])
def test_a_cursor_that_no_page_gave_is_400(client, name, cursor):
    problem = get(client, f"/ogc/collections/{name}/items", 400, cursor=cursor)
    (wrong,) = problem["errors"]
    assert (wrong["parameter"], wrong["value"]) == ("cursor", cursor)


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_beyond_the_greatest_is_taken_for_it(client, name):
    assert get(client, f"/ogc/collections/{name}/items", limit="1000000")["numberReturned"] > 1


def test_a_box_selects_what_meets_it_and_what_has_no_place(client):
    assert ids(client, "alerts", bbox="0,0,1,1") == ["alert003"]  # without a track
    assert len(ids(client, "alerts", bbox="19.5,57,19.7,57.3")) == 4
    assert ids(client, "cables", bbox="16,55,18,59") == ["west"]
    assert ids(client, "cables", bbox="16,55,0,18,59,100") == ["west"]
    assert ids(client, "cables", bbox="19.35,56.9,19.36,57.1") == []  # inside its own box
    assert [name.split("-")[2] for name in ids(client, "crossings", bbox="16,55,18,59")] == ["west"]
    assert len(ids(client, "crossings", bbox="170,55,18,59")) == 1
    assert ids(client, "tracks", bbox="19.5,57.1,19.7,57.3") == [
        f"{DAY}-000000001",
        f"{DAY}-{MMSI}",
    ]
    assert ids(client, "tracks", bbox="19.0,56.8,19.2,57.0") == [f"{DAY}-{MMSI}"]


def test_a_time_selects_what_meets_it(client):
    assert len(ids(client, "alerts", datetime="2024-11-17T06:41:30Z")) == 2
    assert ids(client, "alerts", datetime="2024-11-17T10:00:01Z/..") == []
    assert len(ids(client, "cables", datetime="1999-01-01T00:00:00Z")) == 2  # they have no time
    assert [
        n.split("-")[1] for n in ids(client, "crossings", datetime="../2024-11-17T07:30:00Z")
    ] == ["000000001"]
    assert ids(client, "tracks", datetime="/2024-11-17T06:30:00Z") == [f"{DAY}-{MMSI}"]
    assert ids(client, "tracks", datetime="2024-11-17T11:00:00Z/") == []


def test_a_crossing_lies_on_its_route(client):
    first, *_ = get(client, "/ogc/collections/crossings/items")["features"]
    assert first["id"] == "1731827400000-000000001-east-10.250"
    lon, lat = first["geometry"]["coordinates"]
    assert (lon, lat) == (pytest.approx(19.482, abs=1e-3), pytest.approx(57.909, abs=1e-3))
    assert first["properties"] == {
        "time": "2024-11-17T07:10:00Z",
        "mmsi": 1,
        "cable": "east",
        "km": 10.25,
        "angle_deg": 45.0,
        "sog_before_kn": None,
        "sog_at_kn": 6.5,
        "sog_after_kn": 6.0,
        "inferred": False,
    }


def test_a_crossing_of_a_route_that_is_gone_has_no_place(client, store):
    (store / "cables.geojson").unlink()
    made = get(client, "/ogc/collections/crossings/items", bbox="0,0,1,1")
    assert [feature["geometry"] for feature in made["features"]] == [None] * 3


def test_a_track_is_that_of_the_day(client):
    made = get(client, f"/ogc/collections/tracks/items/{DAY}-{MMSI}")
    whole = get(client, f"/api/v1/vessels/{MMSI}/track")
    assert made["geometry"] == whole["geometry"]
    assert made["properties"] == {
        "mmsi": MMSI,
        "day": DAY,
        "start": "2024-11-17T06:00:00Z",
        "end": "2024-11-17T09:59:00Z",
        "fixes": 211,
        "gaps": 1,
        "modelled": "reconstructed",
    }


def around(lon_deg, lat_deg, start_ms, mmsi):
    """A fix a minute on the way through these places."""
    n = len(lon_deg)
    times = start_ms + np.arange(n) * MINUTE_MS
    return Fixes.from_columns(t_ms=times, mmsi=np.full(n, mmsi), lon_deg=lon_deg, lat_deg=lat_deg)


def test_boxes_meet_tracks_as_their_lines_do(tmp_path, monkeypatch):
    """Laws: a page of any box is the tracks whose geometry meets it, days counted or not."""
    AlertStore(tmp_path / "alerts.sqlite")
    rng = np.random.default_rng(7)
    day_ms = 20_000 * DAY_MS
    writer = TrackWriter(tmp_path / "tracks", Stations())
    for day in range(3):
        fixes = [
            around(
                (178 + rng.uniform(0, 4, 4) + 180) % 360 - 180,
                rng.uniform(-2, 2, 4),
                day_ms + day * DAY_MS,
                5 + ship,
            )
            for ship in range(12)
        ]
        rows = Fixes.concat(fixes)
        writer.append(rows.take(np.argsort(rows.t_ms, kind="stable")))
    writer.close()
    with TestClient(create_app(tmp_path)) as client:
        all_of = get(client, "/ogc/collections/tracks/items", limit=100)["features"]
        assert len(all_of) == 36
        for _ in range(12):
            west, east = (rng.uniform(178, 182, 2) + 180) % 360 - 180
            south, north = np.sort(rng.uniform(-2, 2, 2))
            box = (float(west), float(south), float(east), float(north))
            met = [m["id"] for m in all_of if tracks.geometry_meets(m["geometry"], box)]
            asked = {"bbox": ",".join(map(str, box)), "limit": 100}
            answer = get(client, "/ogc/collections/tracks/items", **asked)
            assert ([m["id"] for m in answer["features"]], answer["numberMatched"]) == (
                met,
                len(met),
            )
            with monkeypatch.context() as patch:
                patch.setattr(tracks, "COUNTED_DAYS", 2)
                seen, url = [], "/ogc/collections/tracks/items"
                asked["limit"] = 5
                while url:
                    page = get(client, url, **asked)
                    asked = {}
                    assert "numberMatched" not in page
                    seen += [m["id"] for m in page["features"]]
                    url = next((x["href"] for x in page["links"] if x["rel"] == "next"), None)
                assert seen == met


def test_days_are_looked_through_no_longer_than_anybody_waits(store, make_fixes, monkeypatch):
    writer, days = TrackWriter(store / "tracks", Stations()), 10
    for day in range(days):
        writer.append(make_fixes(minutes=1, start_ms=day * DAY_MS))
    writer.close()
    real, seen = tracks.ship_days, []

    def slow(day, bbox):
        seen.append(day)
        time.sleep(0.5)
        return real(day, bbox)

    monkeypatch.setattr(tracks, "ship_days", slow)
    with TestClient(create_app(store, settings=Settings(request_seconds=0.5))) as client:
        get(client, "/ogc/collections/tracks/items", 503, bbox="1,1,2,2")
        time.sleep(0.5 * (days + 3))
    assert len(seen) < days


def test_a_store_without_anything_yet_is_empty(tmp_path):
    AlertStore(tmp_path / "alerts.sqlite")
    with TestClient(create_app(tmp_path)) as client:
        for name in NAMES:
            page = get(client, f"/ogc/collections/{name}/items")
            assert (page["features"], page["numberMatched"], page["numberReturned"]) == ([], 0, 0)
            assert get(client, f"/ogc/collections/{name}")["extent"]["spatial"]["bbox"]


@pytest.mark.parametrize("name", ["crossings.parquet", "cables.geojson", "alerts.sqlite"])
def test_a_damaged_file_is_a_503_that_names_no_path(store, name):
    (store / name).write_text("[")
    for leftover in store.glob(f"{name}-*"):
        leftover.unlink()
    with TestClient(create_app(store), raise_server_exceptions=False) as client:
        answer = client.get(f"/ogc/collections/{name.partition('.')[0]}/items")
        assert answer.status_code == 503
        assert str(store) not in answer.text
