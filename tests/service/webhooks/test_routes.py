"""Subscribing over HTTP, and every form of address that nothing is sent to."""

import threading
import time

import pytest

from cablewatch.service.webhooks import destinations
from cablewatch.service.webhooks.connection import SendError, post
from cablewatch.service.webhooks.destinations import Destinations, is_public, resolved
from cablewatch.service.webhooks.message import new_secret
from cablewatch.service.webhooks.sender import Sender, forget
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.deliveries import Outbox
from cablewatch.stores.events import now_ms
from cablewatch.stores.sql.database import Database
from cablewatch.stores.subscriptions import SubscriptionStore
from cablewatch.units import DAY_MS

PUBLIC = "https://watch.test/alerts"
NAMES = {
    "watch.test": ["93.184.215.14"],
    "inside.test": ["10.1.2.3"],
    "mixed.test": ["93.184.215.14", "::1"],
}


@pytest.fixture(autouse=True)
def _names(client):
    def resolve(host, port):
        if host in NAMES:
            return NAMES[host]
        return resolved(host, port)

    client.app.state.destinations = Destinations(["lab.test"], [443], resolve)


@pytest.mark.parametrize(
    "url",
    [
        "http://watch.test/",
        "ftp://watch.test/",
        "file:///etc/passwd",
        "gopher://watch.test/",
        "https:///alerts",
        "watch.test",
        "https://watch.test:8443/",
        "https://watch.test:22/",
        "https://watch.test:0/",
        "https://watch.test:99999/",
        "https://user:pass@watch.test/",
        "https://watch.test@127.0.0.1/",
        "https://watch.test/#x",
        "https://watch.test/\r\nX: y",
        "https://watch.test\\@127.0.0.1/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::]/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://[::1/",
        "https://inside.test/",
        "https://mixed.test/",
    ],
)
def test_nothing_is_sent_into_this_network(client, url):
    answer = client.post("/api/v1/webhooks", json={"url": url})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["parameter"] == "url"
    assert client.get("/api/v1/webhooks").json() == {"webhooks": []}


def test_public_addresses_are_public():
    assert all(map(is_public, ("93.184.215.14", "2606:2800:21f:cb07::1", "1.1.1.1")))


def test_a_subscriber_is_added_listed_without_its_secret_and_removed(client):
    wanted = {"kind": ["anchor_drag"], "severity": "warning", "mmsi": 1, "cable": "east"}
    made = client.post("/api/v1/webhooks", json={"url": PUBLIC, "wanted": wanted})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_") and made.json()["wanted"] == wanted
    (listed,) = client.get("/api/v1/webhooks").json()["webhooks"]
    assert listed == {name: v for name, v in made.json().items() if name != "secret"}
    path = f"/api/v1/webhooks/{listed['id']}"
    assert client.get(f"{path}/deliveries").json() == {"deliveries": []}
    assert client.post(f"{path}/resume").status_code == 204
    assert client.delete(path).status_code == 204
    for answer in (
        client.delete(path),
        client.get(f"{path}/deliveries"),
        client.post(f"{path}/resume"),
        client.post(f"{path}/deliveries/1/redeliver"),
    ):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"url": 5}, {"url": PUBLIC, "colour": 1}, {"url": PUBLIC, "wanted": {"kind": ["x"]}},
     {"url": PUBLIC, "wanted": {"kind": []}}, {"url": PUBLIC, "wanted": {"mmsi": 0}},
     {"url": PUBLIC, "wanted": {"mmsi": "1_000"}}, {"url": PUBLIC, "wanted": {"mmsi": True}}],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(client, body):
    assert client.post("/api/v1/webhooks", json=body).status_code == 422


def test_a_request_sent_again_with_its_key_adds_one_subscriber(client):
    def add(url=PUBLIC, **headers):
        body = {"url": url, "wanted": {"severity": "warning"}}
        return client.post("/api/v1/webhooks", json=body, headers=headers)

    key = {"Idempotency-Key": "0190f6c8"}
    made = add(**key)
    assert made.status_code == 201
    again = add(**key)
    assert (again.status_code, again.json()) == (201, made.json())
    other = add(url=f"{PUBLIC}/2", **key)
    assert other.status_code == 422
    assert other.json()["errors"][0]["parameter"] == "Idempotency-Key"
    assert len(client.get("/api/v1/webhooks").json()["webhooks"]) == 1
    assert add().json()["id"] != add().json()["id"]


def test_a_name_that_is_looked_up_for_long_keeps_nobody_waiting(client, monkeypatch):
    """It is looked up again for each message."""
    over = threading.Event()

    def resolve(host, port):
        over.wait(60)
        return NAMES[host]

    client.app.state.destinations = Destinations([], [443], resolve)
    monkeypatch.setattr(destinations, "LOOKUP_S", 0.05)
    try:
        assert client.post("/api/v1/webhooks", json={"url": PUBLIC}).status_code == 201
        begun_s = time.monotonic()
        with pytest.raises(SendError, match="in time"):
            post(PUBLIC, {}, b"", client.app.state.destinations, 0.5)
        assert time.monotonic() - begun_s < 30
    finally:
        over.set()


@pytest.fixture
def _idle(monkeypatch):
    """Let the service send nothing: what is due is the test's to take."""
    monkeypatch.setattr(Sender, "due", lambda *_: [])


@pytest.mark.usefixtures("_idle")
def test_dead_messages_are_listed_and_sent_anew(client, store, make_alert):
    database = Database.to_write(store / "alerts.sqlite")
    subscriber = SubscriptionStore(database).add("https://watch.test/", new_secret())
    AlertStore(database).append([make_alert(50)])
    outbox = Outbox(database)
    outbox.arrange(0)
    (due,) = outbox.claim(0, 10**12)
    outbox.failed(subscriber.id, due.change.seq, "answered 500", 500)
    path = f"/api/v1/webhooks/{subscriber.id}/deliveries"
    (dead,) = client.get(f"{path}?state=dead").json()["deliveries"]
    assert (dead["state"], dead["next"], dead["status"]) == ("dead", None, 500)
    assert client.post(f"{path}/{dead['event']}/redeliver").status_code == 204
    assert client.post(f"{path}/{dead['event']}/redeliver").status_code == 404
    assert client.get(f"{path}?state=dead").json() == {"deliveries": []}
    assert client.get(f"{path}?state=lost").status_code == 422
    database.close()


@pytest.mark.usefixtures("_idle")
def test_delivered_messages_are_forgotten_after_a_setting_of_days(client, store, make_alert):
    database = Database.to_write(store / "alerts.sqlite")
    subscriber = SubscriptionStore(database).add("https://watch.test/", new_secret())
    AlertStore(database).append([make_alert(50)])
    outbox = Outbox(database)
    at_ms = now_ms()  # the service forgets what is older by itself
    outbox.arrange(at_ms)
    (due,) = outbox.claim(at_ms, 1000)
    outbox.delivered(subscriber.id, due.change.seq, 204)
    path = f"/api/v1/webhooks/{subscriber.id}/deliveries?state=delivered"
    days = client.app.state.settings.delivered_days
    forget(client.app, at_ms + days * DAY_MS + 1000)
    assert len(client.get(path).json()["deliveries"]) == 1
    forget(client.app, at_ms + days * DAY_MS + 1001)
    assert client.get(path).json() == {"deliveries": []}
    database.close()
