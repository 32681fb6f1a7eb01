"""``/api/v1/alerts``."""

import base64
import hashlib
import json
import math
from dataclasses import replace
from typing import get_args

import pytest
from fastapi.testclient import TestClient

from cablewatch.alerts import model as said
from cablewatch.alerts.model import CableCrossing, NextCable
from cablewatch.alerts.records import PROPERTIES
from cablewatch.output.text import rfc3339
from cablewatch.service import create_app, schemas, vessel_schemas
from cablewatch.service.schemas import AlertCollection, AlertWithHistory
from cablewatch.stores.alert_search import SORTS
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.run import ORIGINS
from cablewatch.units import HOUR_MS

ALL = "/api/v1/alerts"
MMSI = 414270000


@pytest.fixture
def several(store, make_alert):
    """A client of alerts that differ in everything that can be asked for."""
    (store / "alerts.sqlite").unlink()
    watch = {"kind": "loitering", "severity": "watch", "mmsi": 1, "next_cables": ()}
    later = {"updated_ms": make_alert().updated_ms + HOUR_MS}
    AlertStore(store / "alerts.sqlite").append(
        [
            make_alert(0),
            make_alert(1, **watch, probability=math.nan),
            make_alert(2, severity="info", state="closed", cables=(), probability=0.5, **later),
            make_alert(3, severity="warning", track=(), probability=0.5),
        ]
    )
    with TestClient(create_app(store), raise_server_exceptions=False) as made:
        yield made


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [feature["id"] for feature in answer.json()["features"]]


def test_the_published_names_are_those_of_the_core():
    assert get_args(schemas.AlertKind.__value__) == said.KINDS
    assert get_args(schemas.Severity.__value__) == said.SEVERITIES
    assert get_args(schemas.AlertState.__value__) == said.STATES
    assert get_args(schemas.AlertSort.__value__) == tuple(SORTS)
    assert get_args(vessel_schemas.Origin.__value__) == ORIGINS
    assert tuple(schemas.AlertProperties.model_fields) == PROPERTIES


def test_the_collection_says_what_it_is(client):
    answer = client.get("/api/v1/alerts")
    assert answer.headers["content-type"] == "application/geo+json"
    made = AlertCollection.model_validate(answer.json())
    assert (made.numberMatched, made.numberReturned) == (4, 4)
    assert made.attribution == "Survey of nobody, CC0-1.0"
    assert [link.rel for link in made.links] == ["self"]
    assert answer.json()["timeStamp"].endswith("Z")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["alert003", "alert002", "alert001", "alert000"]),
        ("kind=loitering", ["alert001"]),
        ("severity=warning", ["alert003", "alert000"]),
        ("severity=info", ["alert003", "alert002", "alert001", "alert000"]),
        ("mmsi=1", ["alert001"]),
        ("cable=west", ["alert003", "alert002", "alert000"]),
        ("cable=east", ["alert003", "alert001", "alert000"]),
        ("cable=nowhere", []),
        ("state=closed", ["alert002"]),
        ("from=2024-11-17T10:00:00Z", ["alert003", "alert002", "alert001", "alert000"]),
        ("from=2024-11-17T10:00:01Z", ["alert002"]),
        ("from=2024-11-17T11:00:01Z", []),
        ("to=2024-11-17T06:41:00Z", ["alert001", "alert000"]),
        ("bbox=19.4,56.8,19.8,57.3", ["alert002", "alert001", "alert000"]),
        ("bbox=18,58,19,59", []),
        ("sort=-severity", ["alert000", "alert003", "alert001", "alert002"]),
        ("sort=severity", ["alert002", "alert001", "alert003", "alert000"]),
        ("sort=raised", ["alert000", "alert001", "alert002", "alert003"]),
        ("sort=-probability", ["alert000", "alert003", "alert002", "alert001"]),
        ("sort=-updated", ["alert002", "alert003", "alert001", "alert000"]),
        ("kind=loitering,silence", ["alert001"]),
        (
            "kind=loitering&kind=anchor_drag&sort=raised",
            ["alert000", "alert001", "alert002", "alert003"],
        ),
        ("probability=0.5", ["alert003", "alert002", "alert000"]),
        ("probability=0.93", ["alert000"]),
        ("probability=0", ["alert003", "alert002", "alert000"]),
        ("review=new", ["alert003", "alert002", "alert001", "alert000"]),
        ("review=dismissed", []),
        ("datetime=2024-11-17T06:41:00Z/2024-11-17T06:41:30Z", ["alert001", "alert000"]),
        ("datetime=2024-11-17T06:40:30Z", ["alert000"]),
        ("datetime=../2024-11-17T06:41:00Z", ["alert001", "alert000"]),
        ("datetime=2024-11-17T10:00:01Z/..", ["alert002"]),
        ("datetime=2024-11-17T11:00:01%2B01:00/", ["alert002"]),
        ("datetime=../..", ["alert003", "alert002", "alert001", "alert000"]),
        ("as_of=2024-11-17T10:00:00Z", ["alert003", "alert001", "alert000"]),
        ("as_of=2024-11-17T09:59:59Z", []),
        ("state=open&severity=critical&cable=west&mmsi=414270000", ["alert000"]),
    ],
)
def test_filters(several, query, expected):
    answer = several.get(f"/api/v1/alerts?{query}")
    assert ids(answer) == expected
    assert answer.json()["numberMatched"] == len(expected)


def test_alerts_stand_as_they_stood(several, make_alert):
    later = replace(make_alert(0), updated_ms=make_alert(0).updated_ms + 1, severity="watch")
    AlertStore(several.app.state.folder.path / "alerts.sqlite").append([later])
    for as_of, severity in (("10:00:00Z", "critical"), ("10:00:00.001Z", "watch")):
        asked = {"as_of": f"2024-11-17T{as_of}", "mmsi": MMSI, "sort": "raised", "limit": 1}
        answer = several.get("/api/v1/alerts", params=asked)
        (feature,) = answer.json()["features"]
        assert (feature["id"], feature["properties"]["severity"]) == ("alert000", severity)
        (following,) = [x["href"] for x in answer.json()["links"] if x["rel"] == "next"]
        assert ids(several.get(following)) == ["alert003"]  # alert002 came later


def test_an_interval_stands_alone(client):
    asked = {"datetime": "2024-11-17T06:00:00Z/..", "to": "2024-11-17T06:00:00Z"}
    answer = client.get("/api/v1/alerts", params=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "datetime"


def test_pages_follow_next_without_loss_while_alerts_arrive(client, store, make_alert):
    url, seen = "/api/v1/alerts?limit=1&severity=info", []
    while url:
        answer = client.get(url)
        seen += ids(answer)
        AlertStore(store / "alerts.sqlite").append([make_alert(100 + len(seen))])
        links = {link["rel"]: link["href"] for link in answer.json()["links"]}
        url = links.get("next")
    assert seen == ["alert003", "alert002", "alert001", "alert000"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("kind", "piracy"),
        ("severity", "dire"),
        ("mmsi", "x"),
        ("mmsi", "1000000000"),
        ("state", "gone"),
        ("limit", "0"),
        ("limit", "1001"),
        ("cursor", "nonsense"),
        ("cursor", "W" * 501),
        ("cable", "c" * 201),
        ("from", "yesterday"),
        ("to", "2024-11-17T06:00:00"),
        ("from", "2024"),
        ("to", "1731830400000"),
        ("mmsi", "1" + "0" * 30),
        ("limit", "1e400"),
        ("mmsi", "1_000"),
        ("mmsi", "\u0661"),
        ("limit", " 5"),
        ("limit", "+5"),
        ("limit", "5.0"),
        ("probability", "0_1"),
        ("probability", " 0.1"),
        ("bbox", "1,2,3"),
        ("bbox", "1,2,3,nan"),
        ("bbox", "1,2,inf,3"),
        ("bbox", "1e308,2,3,4"),
        ("bbox", "10,60,20,50"),
        ("bbox", "1_0,55,20,58"),
        ("bbox", "\uff11,55,20,58"),
        ("bbox", "1,2,3,4,5"),
        ("from", "0001-01-01T00:00:00+14:00"),
        ("to", "9999-12-31T23:59:59-14:00"),
        ("datetime", "0001-01-01T00:00:00+14:00/.."),
        ("bbox", ""),
        ("sort", "name"),
        ("sort", "--raised"),
        ("sort", "raised_asc"),
        ("sort", ""),
        ("kind", "loitering,piracy"),
        ("kind", "loitering,"),
        ("kind", ""),
        ("probability", "1.01"),
        ("probability", "-0.1"),
        ("probability", "nan"),
        ("probability", "likely"),
        ("review", "seen"),
        ("datetime", ""),
        ("datetime", ".."),
        ("datetime", "yesterday"),
        ("datetime", "2024"),
        ("datetime", "2024-11-17T06:00:00"),
        ("datetime", "2024-11-17T06:00:00Z/2024-11-17T05:00:00Z"),
        ("datetime", "2024-11-17T06:00:00Z/../.."),
        ("datetime", "../2024-13-17T06:00:00Z"),
        ("datetime", "2024-11-17T06:00:00Z" * 6),
        ("as_of", "2024-11-17"),
        ("as_of", "now"),
        ("severty", "critical"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_value(client, parameter, value):
    answer = client.get("/api/v1/alerts", params={parameter: value})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["instance"]) == (422, "/api/v1/alerts")
    (wrong,) = problem["errors"]
    assert wrong["parameter"] == parameter
    assert wrong["value"] == (value.split(",")[-1] if parameter == "kind" else value[:80])
    assert wrong["detail"]


def test_an_alert_comes_with_its_history(client, store, make_alert):
    later = make_alert(0, updated_ms=make_alert(0).updated_ms + 1, severity="warning")
    AlertStore(store / "alerts.sqlite").append([later])
    answer = client.get("/api/v1/alerts/alert000")
    made = AlertWithHistory.model_validate(answer.json())
    assert made.properties.severity == "warning"
    assert [(v.version, v.properties.severity) for v in made.history] == [
        (1, "critical"),
        (2, "warning"),
    ]
    assert made.geometry.type == "LineString"
    assert answer.json()["properties"]["evidence"][2]["value"] is None


def test_a_span_of_time_ends_after_it_starts(client):
    asked = {"from": "2024-11-18T00:00:00Z", "to": "2024-11-17T00:00:00Z"}
    answer = client.get("/api/v1/alerts", params=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "from"


def test_ranked_pages_follow_next(client):
    url, seen = "/api/v1/alerts?sort=-severity&limit=1", []
    while url:
        answer = client.get(url)
        seen += ids(answer)
        url = {link["rel"]: link["href"] for link in answer.json()["links"]}.get("next")
    assert seen == ["alert000", "alert003", "alert001", "alert002"]


def test_modelled_positions_are_marked(client):
    marks = {f["id"]: f["properties"]["modelled"] for f in client.get(ALL).json()["features"]}
    assert marks["alert000"] == "reconstructed"
    assert marks["alert001"] == "invented"
    assert client.get("/api/v1/alerts/alert001").json()["properties"]["modelled"] == "invented"


def test_recorded_positions_are_not_marked(client, store):
    run = json.loads((store / "run.json").read_text())
    (store / "run.json").write_text(json.dumps({**run, "modelled": []}))
    for feature in client.get(ALL).json()["features"]:
        assert feature["properties"]["modelled"] is None


def test_the_history_tells_how_early_a_cable_was_named(client, store, make_alert):
    first = make_alert(0)
    inside_ms = first.updated_ms + HOUR_MS  # in the corridor, without an angle: no crossing
    crossing = CableCrossing("west", 3.0, first.updated_ms + 9 * HOUR_MS, 80.0, 7.0, False)
    AlertStore(store / "alerts.sqlite").append(
        [
            replace(first, updated_ms=first.updated_ms - HOUR_MS, severity="watch", next_cables=()),
            replace(first, updated_ms=first.updated_ms + HOUR_MS),
            replace(
                first,
                updated_ms=first.updated_ms + 10 * HOUR_MS,
                severity="warning",
                cables=(
                    *first.cables,
                    replace(crossing, t_ms=inside_ms, angle_deg=math.nan),
                    crossing,
                ),
                next_cables=(NextCable("north", 1.0, first.updated_ms + 11 * HOUR_MS),),
            ),
        ]
    )
    made = client.get("/api/v1/alerts/alert000").json()["timeline"]
    assert [(s["severity"], s["from"]) for s in made["severities"]] == [
        ("watch", rfc3339(first.updated_ms - HOUR_MS)),
        ("critical", rfc3339(first.updated_ms)),
        ("warning", rfc3339(first.updated_ms + 10 * HOUR_MS)),
    ]
    west, north = made["named"]
    assert (west["id"], west["named"], west["severity"], west["lead_h"]) == (
        "west",
        rfc3339(first.updated_ms),
        "critical",
        9.0,
    )
    assert west["crossed"] == rfc3339(crossing.t_ms)
    assert (north["crossed"], north["lead_h"]) == (None, None)


@pytest.mark.parametrize("alert_id", ["nothing", "alert000'--", "%00", "a" * 200])
def test_an_unknown_alert_is_a_404_problem(client, alert_id):
    answer = client.get(f"/api/v1/alerts/{alert_id}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Not Found"


def test_a_report_in_the_store_is_answered_as_it_was_made(client, store):
    path = "/api/v1/alerts/alert000"
    absent = client.get(path, params={"f": "report"})
    assert (absent.status_code, client.get(path).json()["reported"]) == (404, False)
    assert "cablewatch report" in absent.text
    made = b"<!doctype html><style>p{}</style><p>As it was made"
    (store / "report-alert000.html").write_bytes(made)
    answer = client.get(path, params={"f": "report"})
    assert (answer.content, client.get(path).json()["reported"]) == (made, True)
    policy = answer.headers["content-security-policy"]
    digest = base64.b64encode(hashlib.sha256(b"p{}").digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
    assert policy.endswith("frame-ancestors 'none'; sandbox")


def test_a_hostile_name_stays_text_in_json(client):
    answer = client.get("/api/v1/alerts/alert001")
    assert answer.json()["properties"]["name"] == "<img src=x onerror=alert(1)>"
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_alert_comes_as_cap_and_cursor_on_target(client):
    for form, kind, root in (
        ("cap", "application/cap+xml", b"<alert"),
        ("cot", "application/xml", b"<event"),
    ):
        answer = client.get(f"/api/v1/alerts/alert000?f={form}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == kind and answer.headers["etag"]
        assert root in answer.content
    assert b"<status>Test</status>" in client.get("/api/v1/alerts/alert000?f=cap").content
    assert b'opex="s-reconstructed"' in client.get("/api/v1/alerts/alert000?f=cot").content
    assert client.get("/api/v1/alerts/alert003?f=cot").status_code == 404  # without a track
    assert client.get("/api/v1/alerts/alert000?f=pdf").status_code == 422
