"""Messages to a subscriber that is there: once at least, in order, signed, after a kill too."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import suppress
from email.utils import formatdate

import pytest
from receiver import receiving
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.testclient import TestClient

from cablewatch.service import create_app
from cablewatch.service.settings import Settings
from cablewatch.service.webhooks import sender as module
from cablewatch.service.webhooks.connection import SendError, post
from cablewatch.service.webhooks.destinations import Destinations
from cablewatch.service.webhooks.message import new_secret
from cablewatch.service.webhooks.sender import ATTEMPTS, LEASE_MS, Sender, asked_ms, wait_ms
from cablewatch.stores.alert_search import Wanted
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.deliveries import DEAD, DELIVERED, Outbox
from cablewatch.stores.events import now_ms
from cablewatch.stores.reviews import Review, ReviewLog
from cablewatch.stores.sql.database import Database
from cablewatch.stores.subscriptions import PAUSED, SubscriptionStore
from tests.patience import until

DAY_MS = 86_400_000


class Clock:
    def __init__(self):
        self.ms = now_ms()

    def __call__(self):
        return self.ms


@pytest.fixture
def receiver():
    with receiving() as made:
        yield made


@pytest.fixture
def database(tmp_path):
    made = Database.to_write(tmp_path / "alerts.sqlite")
    yield made
    made.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def destinations(receiver):
    return Destinations(["127.0.0.1", "hook.test"], [receiver.port])


@pytest.fixture
def subscriber(database, receiver):
    return SubscriptionStore(database).add(receiver.url, new_secret())


@pytest.fixture
def sender(database, destinations, clock):
    return Sender(database, destinations, heard, clock, seconds=2.0)


def heard(alert):
    """Say that no position is modelled."""


def drain(sender):
    while sender.step():
        pass


def test_messages_are_signed_and_say_what_happened(
    database, subscriber, sender, receiver, make_alert
):
    store = AlertStore(database)
    store.append([make_alert(1)])
    for later in (1, 2):  # what is learned after the end does not end it again
        updated_ms = make_alert(1).updated_ms + later
        store.append([make_alert(1, updated_ms=updated_ms, state="closed")])
    log = ReviewLog(database)
    log.append(Review("alert001", 0, "desk", "dismiss", text="a survey ship"))
    drain(sender)
    said = [Webhook(subscriber.secret).verify(body, headers) for headers, body in receiver.came]
    happened = ["raised", "closed", "updated", "reviewed"]
    assert [one["type"] for one in said] == [f"alert.{what}" for what in happened]
    assert [one["data"]["version"] for one in said] == [1, 2, 3, 3]
    assert said[0]["data"]["properties"]["id"] == "alert001"
    assert said[0]["data"]["properties"]["modelled"] is said[0]["data"]["review"] is None
    assert said[-1]["data"]["review"] == {
        "action": "dismiss", "actor": "desk", "to": None, "text": "a survey ship",
    }  # fmt: skip
    assert receiver.ids() == [f"evt_{n}" for n in range(1, 5)]
    headers, body = receiver.came[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(subscriber.secret).verify(body + b" ", headers)


def test_the_same_number_in_another_store_is_another_message(
    database, subscriber, sender, receiver, clock, make_alert, tmp_path
):
    """Who keeps the ids that were seen misses nothing when a database is restored, or of two."""
    AlertStore(database).append([make_alert(1)], at_ms=1_000)
    receiver.answers = [(500, {})]
    for _ in range(2):
        drain(sender)
        clock.ms += 60_000
    second = Database.to_write(tmp_path / "second.sqlite")
    SubscriptionStore(second).add(receiver.url, new_secret())
    AlertStore(second).append([make_alert(2)], at_ms=1_000)
    drain(Sender(second, Destinations(["127.0.0.1"], [receiver.port]), heard, clock))
    again, taken, other = (headers["webhook-id"] for headers, _ in receiver.came)
    assert again == taken != other
    assert receiver.ids() == ["evt_1"] * 3
    second.close()


def test_only_what_is_wanted_is_told(database, sender, receiver, make_alert):
    SubscriptionStore(database).add(receiver.url, new_secret(), Wanted(severity="critical"))
    AlertStore(database).append([make_alert(1, severity="watch"), make_alert(2)])
    drain(sender)
    assert receiver.ids() == ["evt_2"]


def test_what_is_not_taken_waits_and_holds_back_what_comes_later(
    database, subscriber, sender, receiver, clock, make_alert
):
    store = AlertStore(database)
    store.append([make_alert(n) for n in range(3)])
    receiver.answers = [(500, {}), (302, {"Location": receiver.url}), (500, {})]
    tried = []
    for step in range(4):
        drain(sender)
        tried.append(len(receiver.came))
        store.append([make_alert(10 + step)])
        drain(sender)  # what is new waits as well
        clock.ms += 60_000
    drain(sender)
    assert tried == [1, 2, 3, 6 + 3]
    assert receiver.ids() == ["evt_1"] * 3 + [f"evt_{n}" for n in range(1, 8)]
    done = Outbox(database).of(subscriber.id, [DELIVERED])
    assert {one.event_seq: one.attempts for one in done} == {1: 4, **dict.fromkeys(range(2, 8), 1)}


def test_messages_of_the_service_say_which_positions_are_modelled(store, receiver, make_alert):
    said = Settings(webhook_hosts=["127.0.0.1"], webhook_ports=[receiver.port])
    app = create_app(store, settings=said)
    SubscriptionStore(app.state.folder.writing).add(receiver.url, new_secret())
    AlertStore(store / "alerts.sqlite").append([make_alert(10), make_alert(11, mmsi=2)])
    with TestClient(app):
        until(lambda: len(receiver.came) == 2)
    told = [json.loads(body)["data"]["properties"] for _, body in receiver.came]
    assert [one["modelled"] for one in told] == ["reconstructed", None]


def test_retry_after_is_waited_for(database, subscriber, sender, receiver, clock, make_alert):
    AlertStore(database).append([make_alert(1)])
    receiver.answers = [(503, {"Retry-After": "3600"})]
    drain(sender)
    clock.ms += 3_500_000
    drain(sender)
    assert len(receiver.came) == 1
    clock.ms += 200_000
    drain(sender)
    assert len(receiver.came) == 2


def test_gone_pauses_a_subscriber_until_it_is_resumed(
    database, subscriber, sender, receiver, clock, make_alert
):
    AlertStore(database).append([make_alert(1)])
    receiver.answers = [(410, {})]
    drain(sender)
    subscriptions = SubscriptionStore(database)
    assert subscriptions.get(subscriber.id).state == PAUSED
    clock.ms += 1
    drain(sender)
    assert len(receiver.came) == 1
    subscriptions.resume(subscriber.id)
    drain(sender)
    assert receiver.ids() == ["evt_1"] * 2


def test_what_is_never_taken_is_dead_in_the_end_and_can_be_sent_anew(
    database, subscriber, sender, receiver, clock, make_alert
):
    AlertStore(database).append([make_alert(1), make_alert(2)])
    receiver.answers = [(500, {})] * ATTEMPTS
    for _ in range(ATTEMPTS):
        drain(sender)
        clock.ms += DAY_MS
    drain(sender)
    outbox = Outbox(database)
    (dead,) = outbox.of(subscriber.id, [DEAD])
    assert (dead.event_seq, dead.attempts, dead.status) == (1, ATTEMPTS, 500)
    assert receiver.ids() == ["evt_1"] * ATTEMPTS + ["evt_2"]
    assert outbox.revive(subscriber.id, 1, clock.ms) and not outbox.revive(subscriber.id, 2, 0)
    drain(sender)
    assert receiver.ids()[-1] == "evt_1" and outbox.of(subscriber.id) == ()


KILLED = """
import sys
from pathlib import Path
from cablewatch.service.webhooks.destinations import Destinations
from cablewatch.service.webhooks.sender import Sender
from cablewatch.stores.sql.database import Database
database = Database.to_write(Path(sys.argv[1]))
sender = Sender(database, Destinations(["127.0.0.1"], [int(sys.argv[2])]), lambda alert: None)
while sender.step():
    pass
"""


def test_a_killed_sender_is_followed_by_one_that_sends_the_rest(
    database, subscriber, sender, receiver, clock, make_alert, tmp_path
):
    count = 30
    AlertStore(database).append([make_alert(n) for n in range(count)])
    receiver.wait_s = 0.05
    command = [sys.executable, "-c", KILLED, str(tmp_path / "alerts.sqlite"), str(receiver.port)]
    with subprocess.Popen(command) as process:
        end_s = time.monotonic() + 60
        while len(receiver.came) < 12 and time.monotonic() < end_s:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    receiver.wait_s = 0.0
    time.sleep(0.2)
    before = len(receiver.came)
    assert 12 <= before < count
    clock.ms = now_ms() + LEASE_MS
    drain(sender)
    ids = receiver.ids()
    assert list(dict.fromkeys(ids)) == [f"evt_{n}" for n in range(1, count + 1)]
    assert len(ids) <= count + 1  # the one that was under way
    assert Outbox(database).of(subscriber.id) == ()


def test_waits_grow_to_a_day_and_no_further():
    waits = [wait_ms(n, 0.5) for n in range(1, ATTEMPTS)]
    assert waits == sorted(waits) and waits[0] < 5_000 and waits[-1] <= DAY_MS
    assert sum(waits) > DAY_MS
    assert wait_ms(1, 0.0, 10 * DAY_MS) == DAY_MS
    assert len({wait_ms(3, chance / 10) for chance in range(10)}) == 10


def test_retry_after_is_read_as_seconds_or_a_time():
    at_ms = 1_700_000_000_000
    assert asked_ms("120", at_ms) == 120_000
    assert asked_ms(formatdate(1_700_000_060, usegmt=True), at_ms) == 60_000
    assert [asked_ms(text, at_ms) for text in (None, "soon", "-5", "9" * 400, "")][:3] == [0, 0, 0]


def test_a_message_goes_to_the_address_that_was_checked_by_its_own_name(receiver):
    asked = []

    def changing(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    named = Destinations(["hook.test"], [receiver.port], changing)
    reply = post(f"http://hook.test:{receiver.port}/", {"webhook-id": "x", "Content-Length": "2"},
                 b"{}", named, 5.0)  # fmt: skip
    assert reply.status == 204 and len(asked) == 1
    assert receiver.came[0][0]["host"] == f"hook.test:{receiver.port}"


def test_a_name_that_changes_after_it_was_checked_reaches_nothing(receiver):
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    rebinding = Destinations([], [receiver.port], lambda host, port: next(answers))
    url = f"https://rebind.test:{receiver.port}/"
    rebinding.check(url)  # public, when it is looked at
    with pytest.raises(SendError, match="not public"):
        post(url, {"Content-Length": "2"}, b"{}", rebinding, 5.0)
    assert receiver.came == []


def test_one_private_address_among_public_ones_refuses_them_all(receiver):
    mixed = Destinations([], [receiver.port], lambda *_: ["93.184.215.14", "127.0.0.1"])
    with pytest.raises(SendError, match="not public"):
        post(f"http://mixed.test:{receiver.port}/", {}, b"", mixed, 5.0)
    assert receiver.came == []


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"nonsense\r\n\r\n"])
def test_an_answer_that_never_ends_ends_in_time(reply):
    """A byte now and then keeps no sender busy."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def drip():
            client, _ = server.accept()
            with client:
                client.sendall(reply)
                for _ in range(50):
                    time.sleep(0.1)
                    try:
                        client.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(SendError):
            post(f"http://127.0.0.1:{port}/", {"Content-Length": "0"}, b"",
                 Destinations(["127.0.0.1"], [port]), 1.0)  # fmt: skip
        assert time.monotonic() - begun < 3
        thread.join(10)


def test_the_service_sends_while_it_runs(client, store, receiver, make_alert, monkeypatch):
    monkeypatch.setattr(module, "POLL_S", 0.05)
    client.app.state.destinations = Destinations(["127.0.0.1"], [receiver.port])
    made = client.post("/api/v1/webhooks", json={"url": receiver.url}).json()
    AlertStore(store / "alerts.sqlite").append([make_alert(77)])
    end_s = time.monotonic() + 20
    while not receiver.came and time.monotonic() < end_s:
        time.sleep(0.02)
    headers, body = receiver.came[0]
    said = Webhook(made["secret"]).verify(body, headers)
    assert said["data"]["id"] == "alert077"
    assert json.loads(body)["type"] == "alert.raised"


@pytest.fixture
def other():
    with receiving() as made:
        yield made


@pytest.fixture
def service(store, receiver, other, monkeypatch):
    """A service that sends to loopback, not yet begun."""
    monkeypatch.setattr(module, "POLL_S", 0.05)
    ports = (receiver.port, other.port)
    settings = Settings(webhook_hosts=("127.0.0.1",), webhook_ports=ports)
    return TestClient(create_app(store, settings=settings))


def test_a_subscriber_that_is_slow_to_take_many_keeps_no_other_waiting(
    service, store, receiver, other, make_alert
):
    receiver.wait_s = 1.0
    database = Database.to_write(store / "alerts.sqlite")
    subscriptions = SubscriptionStore(database)
    subscriptions.add(receiver.url, new_secret())
    AlertStore(database).append([make_alert(n) for n in range(60, 72)])
    with service:
        until(lambda: receiver.came)
        subscriptions.add(other.url, new_secret())
        AlertStore(database).append([make_alert(80)])
        until(lambda: other.came)
        assert len(receiver.came) < 8  # of the batch that is under way
    database.close()


def test_the_end_of_the_service_waits_for_the_message_that_is_under_way_alone(
    service, store, receiver, make_alert
):
    receiver.wait_s = 0.5
    database = Database.to_write(store / "alerts.sqlite")
    subscriber = SubscriptionStore(database).add(receiver.url, new_secret())
    AlertStore(database).append([make_alert(n) for n in range(60, 68)])
    with service:
        until(lambda: receiver.came)
    outbox = Outbox(database)
    until(lambda: all(one.attempts == 0 for one in outbox.of(subscriber.id)))
    told = len(receiver.came)
    assert told < 8
    assert len(outbox.of(subscriber.id, [DELIVERED])) == told
    database.close()


def test_a_certificate_is_asked_for_and_held_to_the_name_not_the_address(tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made += ["-keyout", str(key), "-out", str(certificate), "-days", "1", "-subj", "/CN=hook.test"]
    subprocess.run([openssl, *made], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    named = []
    context.sni_callback = lambda _socket, name, _context: named.append(name)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def shake():
            client, _ = server.accept()
            with client, suppress(OSError):
                context.wrap_socket(client, server_side=True).close()

        thread = threading.Thread(target=shake)
        thread.start()
        pinned = Destinations(["hook.test"], [port], lambda *_: ["127.0.0.1"])
        with pytest.raises(SendError, match=r"(?i)certificate"):
            post(f"https://hook.test:{port}/", {"Content-Length": "0"}, b"", pinned, 5.0)
        thread.join(10)
    assert named == ["hook.test"]
