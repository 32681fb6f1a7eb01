"""``/api/v1/cables/{cable_id}`` and its crossings: days, times, and ships ranked by evidence."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from cablewatch.cables.model import load_cables
from cablewatch.investigation.records import PROPERTIES, records
from cablewatch.output.text import epoch_ms
from cablewatch.service import create_app
from cablewatch.service.cable_schemas import (
    CableWithStatistics,
    CrossingCollection,
    CrossingProperties,
    RankedCollection,
    RankedShip,
)
from cablewatch.service.routes import crossings as route
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.folder import StoreWriter
from cablewatch.stores.run import Modelled
from cablewatch.units import DAY_MS
from cablewatch.usecases.investigate import Question, investigate
from cablewatch.usecases.replay import replay
from tests.investigation.scenes import NORTH, Ship, archive, cables, eastward, west_of

EAST = "/api/v1/cables/east"
CROSSINGS = f"{EAST}/crossings"
HOSTILE = "<img src=x onerror=alert(1)>"
A, B, C, D = 219000001, 219000002, 219000003, 219000009
NORTHS = "/api/v1/cables/north/crossings"
WINDOW = "2024-03-02T09:00:00Z/2024-03-02T11:00:00Z"


def test_a_cable_says_what_happened_at_it_by_day(client, store, make_alert):
    first = make_alert(0)
    AlertStore(store / "alerts.sqlite").append(
        [
            replace(first, id="later", raised_ms=first.raised_ms + DAY_MS, severity="warning"),
            replace(first, id="there", raised_ms=first.raised_ms + DAY_MS, cables=()),
        ]
    )
    made = CableWithStatistics.model_validate(client.get(EAST).json())
    assert (made.id, made.properties.id, made.geometry.type) == ("east", "east", "LineString")
    assert made.attribution == "Survey of nobody, CC0-1.0"
    assert "approximate" in made.note
    assert (made.statistics.crossings, made.statistics.alerts) == (2, 4)
    first, second = made.statistics.days
    assert (first.day, first.crossings) == ("2024-11-17", 2)
    assert [(a.kind, a.severity, a.count) for a in first.alerts] == [
        ("anchor_drag", "warning", 1),
        ("anchor_drag", "critical", 1),
        ("loitering", "watch", 1),
    ]
    assert (second.day, second.crossings) == ("2024-11-18", 0)
    assert [(a.severity, a.count) for a in second.alerts] == [("warning", 1)]


@pytest.mark.parametrize(
    ("interval", "crossings", "alerts"),
    [
        ("../2024-11-17T07:10:00Z", 1, 3),
        ("2024-11-17T07:10:01Z/..", 1, 0),
        ("2024-11-17T06:41:00Z", 0, 1),
        ("2030-01-01T00:00:00Z/..", 0, 0),
        ("0001-01-01T00:00:00Z/9999-12-31T23:59:59Z", 2, 3),
    ],
)
def test_days_are_those_of_the_interval(client, interval, crossings, alerts):
    said = client.get(EAST, params={"datetime": interval}).json()["statistics"]
    assert (said["crossings"], said["alerts"]) == (crossings, alerts)
    assert bool(said["days"]) == bool(crossings or alerts)


def test_a_cable_without_any_has_no_days(client, store):
    (store / "crossings.parquet").unlink()
    (store / "alerts.sqlite").unlink()
    AlertStore(store / "alerts.sqlite")
    assert client.get(EAST).json()["statistics"] == {"crossings": 0, "alerts": 0, "days": []}


def test_days_of_alerts_are_utc_days(client, store, make_alert):
    midnight = epoch_ms("2024-11-19T00:00:00Z")
    first = make_alert(0)
    times = {"a": midnight - 1, "b": midnight, "c": midnight + DAY_MS - 1}
    (store / "alerts.sqlite").unlink()
    AlertStore(store / "alerts.sqlite").append(
        [replace(first, id=name, raised_ms=t, updated_ms=t) for name, t in times.items()]
    )
    days = client.get(EAST).json()["statistics"]["days"]
    assert [(d["day"], sum(a["count"] for a in d["alerts"])) for d in days[1:]] == [
        ("2024-11-18", 1),
        ("2024-11-19", 2),
    ]


def ids(answer):
    made = CrossingCollection.model_validate(answer.json())
    assert made.numberReturned == len(made.features)
    return [(f.properties.mmsi, f.properties.time.isoformat()[11:16]) for f in made.features]


def test_crossings_come_in_order_of_time_with_the_ship_and_the_place(client):
    answer = client.get(CROSSINGS)
    assert answer.headers["content-type"] == "application/geo+json"
    assert ids(answer) == [(1, "07:10"), (414270000, "07:40")]
    made = CrossingCollection.model_validate(answer.json())
    first, second = made.features
    assert (first.properties.name, second.properties.name) == (HOSTILE, "YI PENG 3")
    assert (second.properties.km, second.properties.angle_deg) == (91.5, 71.0)
    assert first.geometry.coordinates[1] == pytest.approx(58.0 - 10.25 / 111.9, abs=0.01)
    assert first.properties.sog_before_kn is None
    assert made.numberMatched == 2
    assert made.attribution == "Survey of nobody, CC0-1.0"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"datetime": "2024-11-17T07:10:00Z"}, [1]),
        ({"datetime": "../2024-11-17T07:39:59Z"}, [1]),
        ({"datetime": "2024-11-17T07:40:00Z/.."}, [414270000]),
        ({"datetime": "2024-11-18T00:00:00Z/.."}, []),
        ({"ranked": "false"}, [1, 414270000]),
    ],
)
def test_crossings_of_a_time(client, asked, expected):
    answer = client.get(CROSSINGS, params=asked)
    assert [mmsi for mmsi, _ in ids(answer)] == expected
    assert answer.json()["numberMatched"] == len(expected)


def test_pages_of_crossings_follow_next(client):
    url, seen = f"{CROSSINGS}?limit=1", []
    while url:
        answer = client.get(url)
        seen += ids(answer)
        assert answer.json()["numberMatched"] == 2
        url = {link["rel"]: link["href"] for link in answer.json()["links"]}.get("next")
    assert [mmsi for mmsi, _ in seen] == [1, 414270000]


def test_a_store_without_crossings_yet_has_none(client, store):
    (store / "crossings.parquet").unlink()
    assert ids(client.get(CROSSINGS)) == []
    ranked = client.get(CROSSINGS, params={"datetime": WINDOW, "ranked": "true"})
    made = RankedCollection.model_validate(ranked.json())
    assert made.features == [] and made.notes


@pytest.mark.parametrize("path", ["/api/v1/cables/nowhere", "/api/v1/cables/nowhere/crossings"])
def test_an_unknown_cable_is_a_404_problem(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "asked", "parameter"),
    [
        (EAST, {"datetime": "2024"}, "datetime"),
        (EAST, {"from": "2024-11-17T00:00:00Z"}, "from"),
        (CROSSINGS, {"datetime": "x/y"}, "datetime"),
        (CROSSINGS, {"limit": "0"}, "limit"),
        (CROSSINGS, {"limit": "1001"}, "limit"),
        (CROSSINGS, {"cursor": "c" * 501}, "cursor"),
        (CROSSINGS, {"cursor": "x"}, "cursor"),
        (CROSSINGS, {"ranked": "perhaps"}, "ranked"),
        (CROSSINGS, {"at": "50"}, "at"),
        (CROSSINGS, {"at_error": "5"}, "at_error"),
        (CROSSINGS, {"ranked": "true"}, "datetime"),
        (CROSSINGS, {"ranked": "true", "datetime": "2024-11-17T00:00:00Z/.."}, "datetime"),
        (CROSSINGS, {"ranked": "true", "datetime": "2024-11-17T00:00:00Z"}, "datetime"),
        (
            CROSSINGS,
            {"ranked": "true", "datetime": "2024-11-01T00:00:00Z/2024-11-08T00:00:01Z"},
            "datetime",
        ),
        (CROSSINGS, {"ranked": "true", "datetime": WINDOW, "at": "north"}, "at"),
        (CROSSINGS, {"ranked": "true", "datetime": WINDOW, "at": "1e9"}, "at"),
        (CROSSINGS, {"ranked": "true", "datetime": WINDOW, "at": "0,0"}, "at"),
        (CROSSINGS, {"ranked": "true", "datetime": WINDOW, "at_error": "3"}, "at_error"),
        (
            CROSSINGS,
            {"ranked": "true", "datetime": WINDOW, "at": "5", "at_error": "nan"},
            "at_error",
        ),
        (CROSSINGS, {"ranked": "true", "datetime": WINDOW, "cursor": "x"}, "cursor"),
    ],
)
def test_a_wrong_parameter_is_named(client, path, asked, parameter):
    answer = client.get(path, params=asked)
    assert answer.status_code == 422, answer.text
    (wrong,) = answer.json()["errors"]
    value = asked.get(parameter)
    assert (wrong["parameter"], wrong["value"]) == (parameter, value and value[:80])
    assert "--" not in answer.json()["detail"]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A store of three ships that cross a cable and one that does not, one ship modelled."""
    folder = tmp_path_factory.mktemp("scene")
    hooked = Ship(B, west_of(56.0, 10.0, 11.0), 56.0, name="=EVIL()")
    hooked.sail(600, 11.0, 90.0).sail(8, 9.5, 90.0).sail(60, 11.2, 90.0)
    ships = [eastward(A, name="ANNA"), hooked, eastward(C, lat=56.3), Ship(D, 17.0, 55.8)]
    ships[-1].sail(720, 5.0, 0.0)
    lines = cables(folder, {"north": NORTH})
    models = [Modelled("invented", (B,))]
    store = StoreWriter(folder / "store", "March", "made", models)
    replay([archive(folder, ships)], load_cables(lines), store=store)
    with TestClient(create_app(folder / "store"), raise_server_exceptions=False) as made:
        yield made


def test_ships_are_ranked_as_the_command_ranks_them(scene):
    asked = {"datetime": WINDOW, "ranked": "true", "at": "55.7"}
    answer = scene.get(NORTHS, params=asked)
    assert answer.status_code == 200, answer.text
    made = RankedCollection.model_validate(answer.json())
    start_ms, end_ms = map(epoch_ms, WINDOW.split("/"))
    question = Question("north", start_ms, end_ms, "55.7")
    theirs = list(records(investigate([scene.app.state.folder.path], question).findings))
    for record in theirs:
        del record["track"]
    fault, *ours = [feature["properties"] for feature in answer.json()["features"]]
    assert ours == theirs
    assert fault["role"] == "fault"
    assert [s["mmsi"] for s in ours if s["role"] == "suspect"] == [B, A, C]
    assert (made.case.cable, made.case.source, made.numberMatched) == ("north", "March", 5)
    assert [s["positions"] for s in ours[:2]] == ["invented", "as archived"]


def test_a_ranking_gives_as_many_as_are_asked_for(scene):
    answer = scene.get(NORTHS, params={"datetime": WINDOW, "ranked": "true", "limit": 2})
    said = answer.json()
    assert (said["numberMatched"], said["numberReturned"]) == (4, 2)
    assert [f["properties"]["rank"] for f in said["features"]] == [1, 2]


def test_a_time_without_a_fix_has_no_ships_and_says_why(scene):
    asked = {"datetime": "2023-01-01T00:00:00Z/2023-01-02T00:00:00Z", "ranked": "true"}
    made = RankedCollection.model_validate(scene.get(NORTHS, params=asked).json())
    assert (made.numberMatched, made.features) == (0, [])
    assert "no position" in made.notes[0].lower()
    assert str(scene.app.state.folder.path) not in str(made)


def test_a_store_that_was_cut_says_so(scene):
    folder = scene.app.state.folder.path
    run = (folder / "run.json").read_text()
    (folder / "run.json").write_text(run.replace('"ended": "2', '"cut": "2'))
    said = scene.get(NORTHS, params={"datetime": WINDOW, "ranked": "true"}).json()
    (folder / "run.json").write_text(run)
    assert said["notes"] == ["The store is not complete: ships may be missing."]


def test_one_ranking_at_a_time(scene):
    with route._ranking:
        answer = scene.get(NORTHS, params={"datetime": WINDOW, "ranked": "true"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_damaged_table_is_a_503_that_names_no_path(scene):
    path = scene.app.state.folder.path / "vessel_changes.parquet"
    whole = pq.read_table(path)
    path.write_bytes(b"nonsense")
    answer = scene.get(NORTHS, params={"datetime": WINDOW, "ranked": "true"})
    pq.write_table(pa.table(whole), path)
    assert answer.status_code == 503
    assert str(path.parent) not in answer.text


def test_the_published_names_are_those_of_the_records():
    assert tuple(RankedShip.model_fields) == PROPERTIES
    assert {"time", "mmsi", "cable", "km"} <= set(CrossingProperties.model_fields)
