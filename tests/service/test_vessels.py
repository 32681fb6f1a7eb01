"""``/api/v1/vessels``."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cablewatch.output.text import epoch_ms, rfc3339
from cablewatch.service.vessel_schemas import TrackFeature, Vessel, Vessels
from cablewatch.units import MINUTE_MS

MMSI = 414270000
HOSTILE = "<img src=x onerror=alert(1)>"
T0 = epoch_ms("2024-11-17T06:00:00Z")
TRACK = f"/api/v1/vessels/{MMSI}/track"


def test_a_track_shows_its_gap_as_a_gap(client, make_fixes):
    answer = client.get(TRACK)
    assert answer.headers["content-type"] == "application/geo+json"
    made = TrackFeature.model_validate(answer.json())
    whole = make_fixes()
    first, second = made.geometry.coordinates
    assert (len(first), len(second)) == (121, 90)
    assert first[0] == [pytest.approx(whole.lon_deg[0]), pytest.approx(whole.lat_deg[0])]
    assert made.properties.fixes == len(whole)
    said = answer.json()["properties"]
    assert said["gaps"] == [
        {"start": rfc3339(T0 + 120 * MINUTE_MS), "end": rfc3339(T0 + 150 * MINUTE_MS)}
    ]
    for nested in (said["times"], said["sog_kn"]):
        assert [len(part) for part in nested] == [121, 90]
    assert said["times"][1][0] == rfc3339(T0 + 150 * MINUTE_MS)
    assert said["sog_kn"][0][0] == 7.0


def test_a_track_is_bounded_by_its_times_both_included(client):
    asked = {"from": rfc3339(T0 + 10 * MINUTE_MS), "to": rfc3339(T0 + 20 * MINUTE_MS)}
    answer = client.get(TRACK, params=asked)
    said = answer.json()["properties"]
    assert said["fixes"] == 11
    assert (said["times"][0][0], said["times"][0][-1]) == (asked["from"], asked["to"])


def test_positions_are_as_fine_as_ais_carries_them(client):
    for line in client.get(TRACK).json()["geometry"]["coordinates"]:
        for position in line:
            assert [round(figure, 6) for figure in position] == position


def test_a_track_says_which_of_it_is_modelled(client):
    said = client.get(TRACK).json()["properties"]["modelled"]
    assert [(m["origin"], m["from"]) for m in said] == [("reconstructed", rfc3339(T0))]
    assert client.get("/api/v1/vessels/2/track").json()["properties"]["modelled"] == []


def test_other_offsets_mean_the_same_moment(client):
    answer = client.get(TRACK, params={"to": "2024-11-17T08:10:00+02:00"})
    assert answer.json()["properties"]["times"][0][-1] == "2024-11-17T06:10:00Z"


@pytest.mark.parametrize(
    ("mmsi", "asked"), [(2, {}), (MMSI, {"from": "2030-01-01T00:00:00Z"})], ids=["ship", "time"]
)
def test_no_fix_is_no_error(client, mmsi, asked):
    answer = client.get(f"/api/v1/vessels/{mmsi}/track", params=asked)
    assert answer.status_code == 200
    assert answer.json()["geometry"] is None
    assert answer.json()["properties"]["fixes"] == 0


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2024"}, "from"),
        ({"to": "2024-11-17T06:00:00"}, "to"),
        ({"from": "2024-11-18T00:00:00Z", "to": "2024-11-17T00:00:00Z"}, "from"),
    ],
)
def test_wrong_times_are_named(client, asked, parameter):
    answer = client.get(TRACK, params=asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (wrong,) = answer.json()["errors"]
    assert (wrong["parameter"], wrong["value"]) == (parameter, asked[parameter])
    assert not wrong["detail"].startswith("Value error")


@pytest.mark.parametrize("year", ["0001", "1969", "9999"])
def test_times_far_off_are_no_error(client, year):
    for name in ("from", "to"):
        answer = client.get(TRACK, params={name: f"{year}-01-01T00:00:00Z"})
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "mmsi", ["0", "-1", "1000000000", "x", "1e5", "1" + "0" * 30, "nan", "1_000", "+5", "5.0"]
)
def test_a_wrong_mmsi_is_named(client, mmsi):
    for path in (f"/api/v1/vessels/{mmsi}", f"/api/v1/vessels/{mmsi}/track"):
        answer = client.get(path)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "mmsi"


def test_a_ship_says_its_name(client):
    answer = client.get("/api/v1/vessels/1")
    made = Vessel.model_validate(answer.json())
    assert (made.name, made.draught_m) == (HOSTILE, 7.5)


def test_a_draught_is_as_fine_as_ais_carries_it(client, store):
    ship = {"mmsi": [MMSI], "draught_m": pa.array([7.6], pa.float32())}
    pq.write_table(pa.table(ship), store / "vessels.parquet")
    assert client.get(f"/api/v1/vessels/{MMSI}").json()["draught_m"] == 7.6


def test_what_a_ship_never_said_is_null(client, store):
    ship = {"mmsi": MMSI, "name": "", "imo": 0, "callsign": "", "ship_type": 0, "draught_m": 0.0}
    pq.write_table(
        pa.table({name: [value] for name, value in ship.items()}), store / "vessels.parquet"
    )
    said = client.get(f"/api/v1/vessels/{MMSI}").json()
    assert said.pop("mmsi") == MMSI
    assert said == dict.fromkeys(Vessel.model_fields.keys() - {"mmsi"})


def test_an_unknown_ship_is_a_404_problem(client):
    answer = client.get("/api/v1/vessels/2")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("yi", [MMSI]),
        ("PENG", [MMSI]),
        ("peng 3", [MMSI]),
        ("eng", []),
        ("4142", [MMSI]),
        ("92249", [MMSI]),
        ("1", [1, 12]),
        ("<IMG", [1]),
        ("ö", [12]),
        ("Ö", [12]),
        (".*", []),
        ("%", []),
        (" ", []),
        ("%00", []),
    ],
)
def test_ships_are_found_by_the_beginning_of_a_name_or_number(client, store, q, expected):
    ships = {
        "mmsi": pa.array([MMSI, 12, 1, 5], pa.int32()),
        "name": ["YI PENG 3", "ölanD", HOSTILE, None],
        "imo": pa.array([9224984, None, 0, None], pa.int32()),
    }
    pq.write_table(pa.table(ships), store / "vessels.parquet")
    made = Vessels.model_validate(client.get("/api/v1/vessels", params={"q": q}).json())
    assert [ship.mmsi for ship in made.vessels] == expected
    assert made.numberMatched == made.numberReturned == len(expected)


def test_ships_come_by_name_and_as_many_as_are_asked_for(client, store):
    ships = {"mmsi": [19, 18, 17, 16], "name": ["B", "A", "", "A"]}
    pq.write_table(pa.table(ships), store / "vessels.parquet")
    said = client.get("/api/v1/vessels", params={"q": "1"}).json()
    assert [ship["mmsi"] for ship in said["vessels"]] == [16, 18, 19, 17]
    said = client.get("/api/v1/vessels", params={"q": "1", "limit": 3}).json()
    assert (said["numberMatched"], said["numberReturned"]) == (4, 3)


def test_without_a_beginning_all_ships_are_listed(client, store):
    ships = {"mmsi": pa.array([12, 11, 13], pa.int32()), "name": ["A", None, "B"]}
    pq.write_table(pa.table(ships), store / "vessels.parquet")
    said = client.get("/api/v1/vessels").json()
    assert [ship["mmsi"] for ship in said["vessels"]] == [12, 13, 11]
    assert client.get("/api/v1/vessels", params={"q": " "}).json()["vessels"] == []


def test_a_store_without_ships_finds_none(client, store):
    (store / "vessels.parquet").unlink()
    assert client.get("/api/v1/vessels?q=a").json()["vessels"] == []


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"q": ""}, "q"),
        ({"q": "x" * 101}, "q"),
        ({"q": "a", "limit": "0"}, "limit"),
        ({"q": "a", "limit": "20001"}, "limit"),
    ],
)
def test_a_wrong_search_is_named(client, asked, parameter):
    answer = client.get("/api/v1/vessels", params=asked)
    assert answer.status_code == 422
    (wrong,) = answer.json()["errors"]
    assert (wrong["parameter"], wrong["value"]) == (
        parameter,
        asked.get(parameter, "")[:80] or wrong["value"],
    )
