"""``/api/v1/vessels/{mmsi}/track``: forms, fewer fixes, and pages."""

import csv
import io
import xml.etree.ElementTree as ET

import numpy as np
import pyarrow as pa
import pytest

from cablewatch.fixes import Fixes, Stations
from cablewatch.output.tables import table_fixes
from cablewatch.output.text import epoch_ms
from cablewatch.service.vessel_schemas import TrackFeature
from cablewatch.stores.tracks import TrackWriter
from cablewatch.units import HOUR_MS

MMSI = 414270000
TRACK = f"/api/v1/vessels/{MMSI}/track"
T0 = epoch_ms("2024-11-17T06:00:00Z")
FORMS = {
    "geojson": "application/geo+json",
    "gpx": "application/gpx+xml",
    "kml": "application/vnd.google-earth.kml+xml",
    "csv": "text/csv; charset=utf-8",
    "arrow": "application/vnd.apache.arrow.stream",
}


def times_of(form, answer):
    """Times of all fixes in an answer."""
    if form == "geojson":
        parts = answer.json()["properties"]["times"]  # a fix alone is a line of no length
        return [epoch_ms(t) for part in parts for t in dict.fromkeys(part)]
    if form == "arrow":
        table = pa.ipc.open_stream(answer.content).read_all()
        return table_fixes(table, Stations()).t_ms.tolist()
    if form == "csv":
        return [epoch_ms(row["time"]) for row in csv.DictReader(io.StringIO(answer.text))]
    tag = {"gpx": ".//{*}trkpt/{*}time", "kml": ".//{*}when"}[form]
    return [epoch_ms(time.text) for time in ET.fromstring(answer.content).findall(tag)]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_every_fix(client, make_fixes, form):
    by_name = client.get(TRACK, params={"f": form})
    by_type = client.get(TRACK, headers={"Accept": FORMS[form].partition(";")[0]})
    assert by_name.status_code == 200
    assert by_name.headers["content-type"] == FORMS[form] == by_type.headers["content-type"]
    assert by_name.headers["vary"] == "Accept, Accept-Encoding"
    assert times_of(form, by_name) == make_fixes().t_ms.tolist()
    if form != "geojson":
        assert by_type.content == by_name.content
        assert by_name.headers["content-disposition"] == f'attachment; filename="{MMSI}.{form}"'


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_a_tag(client, form):
    tag = client.get(TRACK, params={"f": form}).headers["etag"]
    asked = {"If-None-Match": tag}
    assert client.get(TRACK, params={"f": form}, headers=asked).status_code == 304
    fewer = client.get(TRACK, params={"f": form, "simplify": 50}, headers=asked)
    assert fewer.status_code == 200


@pytest.mark.parametrize("accept", ["text/html, */*;q=0.8", "image/png", "application/json", "*/*"])
def test_geojson_is_what_others_get(client, accept):
    answer = client.get(TRACK, headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/geo+json"


@pytest.mark.parametrize("form", FORMS)
def test_a_ship_without_fixes_has_an_empty_track(client, form):
    answer = client.get("/api/v1/vessels/2/track", params={"f": form})
    assert answer.status_code == 200
    assert times_of(form, answer) == []


def test_fewer_fixes_keep_their_times_and_the_gap(client, make_fixes):
    made = TrackFeature.model_validate(client.get(TRACK, params={"simplify": 50}).json())
    whole = make_fixes()
    first, second = made.properties.times
    assert made.properties.fixes == made.numberReturned == len(first) + len(second) == 4
    assert made.numberMatched == len(whole)
    assert len(made.properties.gaps) == 1
    ends = [epoch_ms(time) for time in (first[0], second[-1])]
    assert ends == [whole.t_ms[0], whole.t_ms[-1]]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("limit", [1, 50, 120, 121, 210])
def test_pages_have_every_fix_once(client, make_fixes, form, limit):
    url, seen, held, pages = f"{TRACK}?limit={limit}&f={form}", [], [], 0
    while url and pages < 6:
        answer = client.get(url)
        seen += times_of(form, answer)
        url, pages = answer.links.get("next", {}).get("url"), pages + 1
        if form == "geojson":
            links = {link["rel"]: link["href"] for link in answer.json()["links"]}
            assert links.get("next") == url
            assert answer.json()["numberMatched"] == len(make_fixes()) - sum(held)
            held.append(answer.json()["numberReturned"])
    assert seen == make_fixes().t_ms.tolist()[: limit * pages]
    assert url is None or pages == 6


def test_fixes_of_one_moment_are_on_one_page(client, store):
    writer = TrackWriter(store / "tracks", Stations())
    t_ms = T0 + np.repeat([0, 1, 2], [1, 3, 1]) * HOUR_MS
    writer.append(
        Fixes.from_columns(
            t_ms=t_ms, mmsi=np.full(5, 7), lon_deg=np.arange(5.0), lat_deg=np.zeros(5)
        )
    )
    writer.close()
    for limit, sizes in ((1, [1, 3, 1]), (2, [1, 3, 1]), (3, [1, 3, 1]), (4, [4, 1])):
        url, seen = f"/api/v1/vessels/7/track?f=csv&limit={limit}", []
        while url:
            answer = client.get(url)
            seen.append(len(times_of("csv", answer)))
            url = answer.links.get("next", {}).get("url")
        assert seen == sizes


def test_a_hostile_name_calculates_nothing_in_a_spreadsheet(client, store):
    ships = {"mmsi": [MMSI], "name": ["=HYPERLINK(1)"]}
    pa.parquet.write_table(pa.table(ships), store / "vessels.parquet")
    assert '"\'=HYPERLINK(1)"' in client.get(TRACK, params={"f": "csv"}).text


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("f", "shp"),
        ("f", "GPX"),
        ("f", ""),
        ("simplify", "0"),
        ("simplify", "-1"),
        ("simplify", "nan"),
        ("simplify", "inf"),
        ("simplify", "100001"),
        ("simplify", "much"),
        ("limit", "0"),
        ("limit", "100001"),
        ("limit", "1.5"),
        ("cursor", "x"),
    ],
)
def test_a_wrong_parameter_is_named(client, parameter, value):
    answer = client.get(TRACK, params={parameter: value})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (wrong,) = answer.json()["errors"]
    assert (wrong["parameter"], wrong["value"]) == (parameter, value)
