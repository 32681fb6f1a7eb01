"""Streams end with the key they were begun with, busy or silent; others go on."""

import threading
import time
from contextlib import closing
from itertools import count

import pytest
from serving import Client, running

from cablewatch.errors import StoreError
from cablewatch.service.guard import keyring
from cablewatch.service.streams import alerts, frames, live, replay
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.events import now_ms
from cablewatch.stores.keys import KeyStore

STREAM = "/api/v1/stream"
REPLAY = "/api/v1/replays/stream?from=2024-11-17T06:00:00Z&to=2024-11-18T06:00:00Z&speed=60"
OVER = {"": "the key is revoked or expired"}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(alerts, "POLL_S", 0.02)
    monkeypatch.setattr(keyring, "FRESH_S", 0.05)
    monkeypatch.setattr(frames, "HOLDS_S", 0.05)
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.1)
    monkeypatch.setattr(replay, "TICK_S", 0.1)


def last_of(client, seconds=20):
    """The last frame before the stream ends, which it must in time."""
    until = time.monotonic() + seconds
    for frame in client.frames():
        last = frame
        assert time.monotonic() < until, "the stream goes on"
    return last


@pytest.mark.parametrize("path", [STREAM, f"{STREAM}?since=0", REPLAY])
@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_stream_ends_with_its_key(store, keys, make_alert, path, how):
    expires_ms = now_ms() + 3000 if how == "expired" else None
    key, token = keys.make("leaving", ["read"], expires_ms=expires_ms)
    other = keys.make("staying", ["read"])[1]
    with (
        running(store, require_keys=True) as server,
        closing(Client(server, path, key=token)) as leaving,
        closing(Client(server, STREAM, key=other)) as staying,
    ):
        assert next(leaving.frames()) == next(staying.frames()) == {"retry": "2000"}
        if how == "revoked":
            keys.revoke(key.id)
        assert last_of(leaving) == OVER
        AlertStore(store / "alerts.sqlite").append([make_alert(9)])
        assert [said["id"] for said in staying.take(1)] == ["5"]
        assert server.server.config.app.state.live.alerts.listeners == 1
        with closing(Client(server, path, key=token)) as again:
            assert again.status == 401


def test_a_stream_that_is_never_silent_ends_too(store, keys, make_alert, monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT_S", 60)
    key, token = keys.make("leaving", ["read"])
    writer, stop = AlertStore(store / "alerts.sqlite"), threading.Event()

    def write():
        for n in count(300):
            writer.append([make_alert(n)])
            if stop.wait(0.02):
                return

    writing = threading.Thread(target=write)
    with (
        running(store, require_keys=True) as server,
        closing(Client(server, STREAM, key=token)) as client,
    ):
        writing.start()
        try:
            client.take(3)
            keys.revoke(key.id)
            assert last_of(client) == OVER
        finally:
            stop.set()
            writing.join()


def test_keys_that_cannot_be_looked_up_end_no_stream(store, keys, monkeypatch):
    key, token = keys.make("reader", ["read"])
    with (
        running(store, require_keys=True) as server,
        closing(Client(server, STREAM, key=token)) as client,
    ):
        found = client.frames()
        next(found)
        check = KeyStore.check

        def failing(self, token, at_ms=None):
            raise StoreError("alerts.sqlite", "locked", "wait")

        monkeypatch.setattr(KeyStore, "check", failing)
        assert [next(found) for _ in range(5)] == [{"": ""}] * 5
        monkeypatch.setattr(KeyStore, "check", check)
        keys.revoke(key.id)
        assert last_of(client) == OVER


def test_without_the_look_who_had_a_key_hears_what_comes(store, keys, make_alert, monkeypatch):
    monkeypatch.setattr(frames, "_while", lambda _holds, told: told)
    key, token = keys.make("leaving", ["read"])
    with (
        running(store, require_keys=True) as server,
        closing(Client(server, STREAM, key=token)) as leaving,
    ):
        next(leaving.frames())
        keys.revoke(key.id)
        time.sleep(0.3)
        AlertStore(store / "alerts.sqlite").append([make_alert(9)])
        assert [said["id"] for said in leaving.take(1)] == ["5"]
