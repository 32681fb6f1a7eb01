"""A replay in time made shorter: alerts as they became known, positions second by second."""

import json
import random
import time
from contextlib import closing

import numpy as np
import pytest
from serving import Client, running

from cablewatch.output.text import epoch_ms
from cablewatch.service.stream_schemas import REPLAYED
from cablewatch.service.streams import replay
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.tracks import read_block
from cablewatch.units import HOUR_MS, MINUTE_MS

T0 = epoch_ms("2024-11-17T06:00:00Z")
SPAN = "from=2024-11-17T06:00:00Z&to=2024-11-17T08:30:00Z"
STREAM = f"/api/v1/replays/stream?{SPAN}"
SHAPES = {name: shape for shape, names in REPLAYED.items() for name in names}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(replay, "TICK_S", 0.02)


@pytest.fixture
def history(store, make_alert):
    """More alerts, of which several versions became known at different times, one late."""
    chance = random.Random(1)
    versions = [
        make_alert(n, updated_ms=T0 + chance.randrange(2 * HOUR_MS), severity=severity)
        for n in range(10, 20)
        for severity in ("watch", "warning", "critical")
    ]
    versions += [make_alert(30 + n, updated_ms=T0 + HOUR_MS) for n in range(5)]
    AlertStore(store / "alerts.sqlite").append(versions)
    return sorted((alert.updated_ms, alert.id, alert.severity) for alert in versions)


def heard(events):
    """Alerts and positions of events."""
    alerts, spans, rows = [], [], set()
    for event in events:
        said = json.loads(event["data"])
        if event["event"].startswith("alert."):
            told = said["alert"]["properties"]
            alerts.append((epoch_ms(told["updated"]), told["id"], told["severity"]))
        elif event["event"] == "positions":
            start_ms = epoch_ms(said["start"])
            spans.append((start_ms, epoch_ms(said["end"])))
            assert said["count"] == [1] * len(said["mmsi"])
            rows |= set(zip(said["mmsi"], (start_ms + t for t in said["t_ms"]), strict=True))
    return alerts, spans, rows


def test_alerts_and_positions_come_in_their_time(store, history):
    speed = 3600
    with running(store) as server, closing(Client(server, f"{STREAM}&speed={speed}")) as client:
        events = list(client.events())
    for event in events:
        SHAPES[event["event"]].model_validate_json(event["data"])
    *told, end = events
    assert (end["event"], json.loads(end["data"])) == ("end", {"to": "2024-11-17T08:30:00Z"})
    alerts, spans, rows = heard(told)
    assert alerts == history
    step_ms = round(1000 * speed * 0.02)
    assert spans[0] == (T0, T0 + step_ms)
    end_ms = epoch_ms("2024-11-17T08:30:00Z")
    assert spans[-1][1] == end_ms
    assert [a[1] for a in spans[:-1]] == [b[0] for b in spans[1:]]
    fixes = read_block(store / "tracks", T0, end_ms)
    last = {}
    for mmsi, t_ms in zip(fixes.mmsi.tolist(), fixes.t_ms.tolist(), strict=True):
        last[mmsi, (t_ms - T0) // step_ms] = t_ms
    assert rows == {(mmsi, t_ms) for (mmsi, _), t_ms in last.items()}


def test_changes_are_named_as_they_stood(store, make_alert):
    AlertStore(store / "alerts.sqlite").append(
        [
            make_alert(50, updated_ms=T0 + MINUTE_MS),
            make_alert(50, updated_ms=T0 + 2 * MINUTE_MS, severity="warning"),
            make_alert(50, updated_ms=T0 + 3 * MINUTE_MS, state="closed"),
        ]
    )
    with running(store) as server, closing(Client(server, f"{STREAM}&speed=3600")) as client:
        events = [e for e in client.events() if "alert050" in e["data"]]
    assert [event["event"] for event in events] == [
        f"alert.{w}" for w in ("raised", "updated", "closed")
    ]
    said = json.loads(events[1]["data"])
    assert (said["at"], said["version"]) == ("2024-11-17T06:02:00Z", 2)
    assert said["alert"]["properties"]["modelled"] == "reconstructed"


@pytest.mark.parametrize("seed", range(3))
def test_who_comes_back_at_another_speed_hears_everything_once(store, history, seed):
    chance, events, last = random.Random(seed), [], None
    with running(store) as server:
        while not events or events[-1]["event"] != "end":
            speed = chance.choice((900, 1800, 3600))
            with closing(Client(server, f"{STREAM}&speed={speed}", last)) as client:
                for event, _ in zip(client.events(), range(chance.randint(1, 60)), strict=False):
                    events.append(event)
                last = events[-1]["id"]
        assert (
            server.ask(
                f"GET {STREAM} HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {last}\r\n"
                "Connection: close\r\n\r\n".encode()
            ).status
            == 204
        )
    alerts, spans, _ = heard(events[:-1])
    assert alerts == history
    assert [a[1] for a in spans[:-1]] == [b[0] for b in spans[1:]]


def test_positions_lie_in_the_box(store):
    with running(store) as server:
        path = f"{STREAM}&speed=3600&bbox=19.4,50,19.45,60"
        with closing(Client(server, path)) as client:
            events = [e for e in client.events() if e["event"] == "positions"]
    lon_e6 = np.concatenate([json.loads(event["data"])["lon_e6"] for event in events])
    assert len(lon_e6) and lon_e6.min() >= 19_400_000 and lon_e6.max() <= 19_450_000


def test_a_replay_takes_its_time_and_ends_with_the_service(store, monkeypatch):
    monkeypatch.setattr(replay, "TICK_S", 0.3)
    with running(store) as server, closing(Client(server, STREAM)) as client:
        start = time.monotonic()
        client.take(4)
        assert 0.7 < time.monotonic() - start < 5
        server.server.should_exit = True
        *_, last = client.frames()
        assert last == {"": "the service ends; come back later"}


def test_a_head_of_a_replay_ends(store):
    with running(store) as server:
        found = server.ask(
            f"HEAD {STREAM} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        )
    assert (found.status, "text/event-stream" in found.head) == (200, True)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("from=2024-11-17T06:00:00Z", "to"),
        ("to=2024-11-17T06:00:00Z", "from"),
        ("from=2024-11-17T06:00:00Z&to=2024-11-17T05:00:00Z", "from"),
        ("from=1&to=2", "from"),
        (f"{SPAN}&speed=0", "speed"),
        (f"{SPAN}&speed=3601", "speed"),
        (f"{SPAN}&speed=nan", "speed"),
        (f"{SPAN}&bbox=1", "bbox"),
        (f"{SPAN}&kind=silence", "kind"),
    ],
)
def test_what_cannot_be_asked_is_named(client, query, parameter):
    answer = client.get(f"/api/v1/replays/stream?{query}")
    assert answer.status_code == 422
    said = {wrong["parameter"]: wrong["value"] for wrong in answer.json()["errors"]}
    assert said[parameter] == answer.request.url.params.get(parameter)


@pytest.mark.parametrize("last", ["17", "x.y", "1731822000000.0", "9" * 16 + ".0"])
def test_a_place_that_is_none_is_refused(client, last):
    answer = client.get(STREAM, headers={"Last-Event-ID": last})
    assert answer.status_code == 422
    (wrong,) = answer.json()["errors"]
    assert (wrong["parameter"], wrong["value"]) == ("Last-Event-ID", last)


def test_a_folder_without_alerts_has_no_replay(bare_client):
    assert bare_client.get(STREAM).status_code == 503
