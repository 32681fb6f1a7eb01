"""The stream of alerts on a real socket: every event once and in order, whatever is cut."""

import asyncio
import json
import random
import threading
import time
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from serving import Client, running

from cablewatch.fixes import Fixes, Stations
from cablewatch.service import create_app
from cablewatch.service.stream_schemas import AlertEvent, Positions
from cablewatch.service.streams import alerts as feed
from cablewatch.service.streams import live, positions
from cablewatch.service.streams.alerts import AlertFeed, Interest, Told
from cablewatch.service.streams.bell import Bell
from cablewatch.service.streams.live import Live
from cablewatch.service.streams.positions import PositionFeed
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.reviews import Review, ReviewLog
from cablewatch.stores.tracks import TrackWriter

STREAM = "/api/v1/stream"


def numbers(events):
    return [int(said["id"]) for said in events]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(feed, "POLL_S", 0.02)
    monkeypatch.setattr(positions, "LOOK_S", 0.02)


@pytest.fixture
def writer(store):
    return AlertStore(store / "alerts.sqlite")


def test_what_was_stored_and_what_comes_is_told_in_order(store, writer, make_alert):
    with running(store) as server, closing(Client(server, f"{STREAM}?since=0")) as client:
        assert (client.status, "text/event-stream" in client.head) == (200, True)
        assert "cache-control: no-store" in client.head
        assert next(client.frames()) == {"retry": "2000"}
        old = client.take(4)
        assert numbers(old) == [1, 2, 3, 4]
        assert {said["event"] for said in old} == {"alert.raised"}
        writer.append([make_alert(0, severity="info"), make_alert(0, state="closed")])
        updated, closed = client.take(2)
        assert [said["event"] for said in (updated, closed)] == ["alert.updated", "alert.closed"]
        for told in (*old, updated, closed):
            AlertEvent.model_validate_json(told["data"])
        said = json.loads(closed["data"])
        assert (said["seq"], said["version"], said["review"]) == (6, 3, None)
        assert said["alert"]["id"] == "alert000"
        assert said["alert"]["properties"]["state"] == "closed"
        assert said["alert"]["properties"]["modelled"] == "reconstructed"


def test_reviews_are_told_with_who_and_what(store, writer):
    with running(store) as server, closing(Client(server, STREAM)) as client:
        next(client.frames())
        done = Review("alert001", 1, "desk 2", "dismiss", text="a survey ship")
        ReviewLog(writer.database).append(done)
        (told,) = client.take(1)
    AlertEvent.model_validate_json(told["data"])
    said = json.loads(told["data"])
    assert (told["event"], said["alert"]["properties"]["review"]) == ("alert.reviewed", "dismissed")
    wanted = {"action": "dismiss", "actor": "desk 2", "to": None, "text": "a survey ship"}
    assert said["review"] == wanted


def test_without_a_number_only_what_is_new_is_told(store, writer, make_alert):
    with running(store) as server, closing(Client(server, STREAM)) as client:
        writer.append([make_alert(7)])
        assert numbers(client.take(1)) == [5]


@pytest.mark.parametrize("kept", [3, 1024])
def test_who_comes_back_after_cuts_hears_every_event_once(
    store, writer, make_alert, kept, monkeypatch
):
    """Cut after random events and amid chunks, while others are stored; some from the store."""
    monkeypatch.setattr(feed, "RECENT", kept)
    monkeypatch.setattr(feed, "PAGE", 7)
    chance, total = random.Random(kept), 120

    def write():
        for n in range(5, total + 1):
            writer.append([make_alert(n)])
            time.sleep(chance.choice((0, 0, 0.01)))

    with running(store) as server:
        writing = threading.Thread(target=write)
        writing.start()
        heard = []
        while len(heard) < total:
            last = heard[-1] if heard else 0
            with closing(Client(server, f"{STREAM}?since=0", last)) as client:
                some = min(chance.randint(1, 15), total - len(heard))
                heard += numbers(client.take(some))
        writing.join()
    assert heard == list(range(1, total + 1))


def test_many_clients_hear_the_same(store, writer, make_alert):
    with running(store) as server:
        clients = [Client(server, STREAM) for _ in range(20)]
        writer.append([make_alert(n) for n in range(50, 80)])
        for client in clients:
            with closing(client):
                assert numbers(client.take(30)) == list(range(5, 35))
    assert server.server.config.app.state.live.alerts.listeners == 0


def test_a_client_that_takes_nothing_is_closed_and_others_go_on(store, writer, make_alert):
    stations = tuple(f"station {n:05}" for n in range(4000))  # long events fill what waits
    with (
        running(store, stall_seconds=1) as server,
        closing(Client(server, STREAM, room=4096)) as stalled,
        closing(Client(server, STREAM)) as other,
    ):
        listeners = server.server.config.app.state.live.alerts
        beside = 0  # events heard while the stalled one holds its connection
        for n in range(100, 260):
            writer.append([make_alert(n, stations=stations)])
            assert numbers(other.take(1)) == [n - 95]
            if listeners.listeners == 1:
                break
            beside += 1
            time.sleep(0.02)
        assert listeners.listeners == 1  # the stalled client is gone
        with pytest.raises(ConnectionError):
            while True:
                stalled.take(1)
        assert beside > 10


def test_a_silent_stream_is_alive(store, monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.1)
    with running(store) as server, closing(Client(server, STREAM)) as client:
        frames = client.frames()
        assert next(frames) == {"retry": "2000"}
        assert [next(frames), next(frames)] == [{"": ""}, {"": ""}]


def test_what_is_not_wanted_does_not_keep_a_stream_from_being_alive(
    store, writer, make_alert, monkeypatch
):
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.2)
    with running(store) as server, closing(Client(server, f"{STREAM}?kind=silence")) as client:
        frames, stop = client.frames(), threading.Event()
        next(frames)

        def write():
            for n in count(300):
                writer.append([make_alert(n)])
                if stop.wait(0.02):
                    return

        writing = threading.Thread(target=write)
        writing.start()
        assert next(frames) == {"": ""}
        stop.set()
        writing.join()


def test_streams_end_in_order_with_the_service(store):
    with running(store) as server, closing(Client(server, STREAM)) as client:
        next(client.frames())
        start = time.monotonic()
        server.server.should_exit = True
        assert list(client.frames()) == [{"": "the service ends; come back later"}]
        assert time.monotonic() - start < 3


def test_filters_tell_when_an_alert_leaves_them(store, writer, make_alert):
    with running(store) as server:
        with closing(
            Client(server, f"{STREAM}?severity=warning&kind=anchor_drag,loitering")
        ) as client:
            writer.append(
                [
                    make_alert(20, severity="watch"),
                    make_alert(21, kind="silence"),
                    make_alert(22),
                    make_alert(22, severity="watch"),
                    make_alert(22, severity="watch", state="closed"),
                    make_alert(23, severity="warning"),
                ]
            )
            assert numbers(client.take(3)) == [7, 8, 10]
        with closing(Client(server, f"{STREAM}?cable=west&since=0")) as client:
            assert numbers(client.take(3)) == [1, 3, 4]  # the second has no next cable


@pytest.mark.parametrize(
    ("changed", "met"),
    [({}, True), ({"severity": "watch"}, False), ({"cables": (), "next_cables": ()}, False)],
)
def test_an_interest_is_all_of_its_parts(make_alert, changed, met):
    interest = Interest(frozenset({"anchor_drag"}), "warning", "east")
    assert interest.meets(Told(1, b"", (make_alert(0, **changed),))) == met
    assert Interest().meets(Told(1, b"", (make_alert(0),)))


def test_positions_come_as_the_tracks_grow(store, make_fixes):
    with running(store) as server, closing(Client(server, f"{STREAM}?bbox=10,50,20,60")) as client:
        next(client.frames())
        state = server.server.config.app.state.live.positions
        until = time.monotonic() + 5
        while state._known is None and time.monotonic() < until:
            time.sleep(0.01)
        east = Fixes.from_columns(
            t_ms=[make_fixes().t_ms[-1] + 1], mmsi=[7], lon_deg=[25.0], lat_deg=[57.0]
        )
        with TrackWriter(store / "tracks", Stations()) as writer:
            writer.append(Fixes.concat([make_fixes(mmsi=2, minutes=5), east]))
        (told,) = client.take(1)
        assert told["event"] == "positions" and "id" not in told
        Positions.model_validate_json(told["data"])
        said = json.loads(told["data"])
        assert (said["mmsi"], said["count"], said["fixes"]) == ([2], [1], 1)
        assert said["start"] == said["end"] == "2024-11-17T06:04:00Z"
        assert said["lon_e6"] == [19_590_400]


def test_what_comes_while_positions_are_sent_is_told_next(make_alert):
    async def told():
        bell = Bell()
        alerts, ships = AlertFeed(lambda: 0, lambda *_: [], bell), PositionFeed(Path(), bell)
        heard = Live(alerts, ships, bell).heard(0, Interest(), (-180, -90, 180, 90))
        await anext(heard)
        sent = asyncio.ensure_future(anext(heard))
        await asyncio.sleep(0)  # it waits for the bell
        ships.growth += 1
        bell.ring()
        assert await sent == b""  # positions of no ship, which the client takes now
        alerts._recent = [Told(1, b"raised", (make_alert(),))]
        bell.ring()
        async with asyncio.timeout(live.HEARTBEAT_S / 2):
            return await anext(heard)

    assert asyncio.run(told()) == b"raised"


def test_a_number_of_another_store_begins_with_what_comes(store, writer, make_alert):
    with running(store) as server, closing(Client(server, STREAM, last=10**12)) as client:
        next(client.frames())
        writer.append([make_alert(30)])
        assert numbers(client.take(1)) == [5]


def test_a_head_of_a_stream_ends(store):
    with running(store) as server:
        asked = f"HEAD {STREAM} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        found = server.ask(asked.encode())
        assert (found.status, "text/event-stream" in found.head) == (200, True)


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, br, zstd"])
def test_a_stream_is_not_packed(store, coding):
    with running(store) as server:
        path = f"{STREAM} HTTP/1.1\r\nAccept-Encoding: {coding}\r\nX-Rest:"
        with closing(Client(server, path)) as client:
            assert "content-encoding" not in client.head
            assert next(client.frames()) == {"retry": "2000"}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("kind=nothing", "kind"),
        ("kind=", "kind"),
        ("severity=grave", "severity"),
        ("since=-1", "since"),
        ("since=2024-11-17T00:00:00Z", "since"),
        ("since=99999999999999999999", "since"),
        ("bbox=1,2", "bbox"),
        ("mmsi=1", "mmsi"),
    ],
)
def test_what_cannot_be_asked_is_named(client, query, parameter):
    answer = client.get(f"{STREAM}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize("last", ["x", "-1", "1.5"])
def test_a_number_that_is_none_is_refused(client, last):
    answer = client.get(STREAM, headers={"Last-Event-ID": last})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "Last-Event-ID"


def test_a_folder_without_alerts_has_no_stream(bare_client):
    assert bare_client.get(STREAM).status_code == 503


def test_a_store_that_fails_for_a_while_is_read_again(store, writer, make_alert, monkeypatch):
    with running(store) as server, closing(Client(server, STREAM)) as client:
        next(client.frames())
        path = store / "alerts.sqlite"
        hidden = path.rename(store / "hidden")
        time.sleep(0.2)
        hidden.rename(path)
        writer.append([make_alert(40)])
        assert numbers(client.take(1)) == [5]


def test_a_failure_nobody_foresaw_ends_no_stream(store, writer, make_alert):
    with running(store) as server, closing(Client(server, STREAM)) as client:
        next(client.frames())
        reader = server.server.config.app.state.live.alerts
        sound = reader._after
        reader._after = None
        time.sleep(0.1)
        reader._after = sound
        writer.append([make_alert(40)])
        assert numbers(client.take(1)) == [5]


def test_nobody_reads_while_nobody_listens(store, monkeypatch):
    with TestClient(create_app(store)) as client:
        reader = client.app.state.live.alerts
        monkeypatch.setattr(reader, "_after", None)
        time.sleep(0.2)
        assert client.get("/health").status_code == 200
