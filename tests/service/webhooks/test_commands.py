"""Subscribers managed at the machine of the store: the rules and the words of the API."""

import os
import sys

import pytest
from receiver import receiving
from standardwebhooks import Webhook

from cablewatch.cli import main
from cablewatch.service.webhooks.message import new_secret
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.deliveries import DEAD, Outbox
from cablewatch.stores.events import now_ms
from cablewatch.stores.sql.database import Database
from cablewatch.stores.subscriptions import PENDING, SubscriptionStore


@pytest.fixture
def database(store):
    return Database.to_write(store / "alerts.sqlite")


@pytest.fixture
def call(store, monkeypatch, capsys, tmp_path_factory):
    """Run a command; what it printed, and what it said beside that."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    for name in [name for name in os.environ if name.startswith("CABLEWATCH_")]:
        monkeypatch.delenv(name)

    def called(*words, code=0):
        words = ["cablewatch", "webhooks", *map(str, words), "--store", str(store)]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        found = capsys.readouterr()
        assert (ended.value.code or 0) == code, found
        return found

    return called


@pytest.fixture
def taker(monkeypatch, call):
    """A receiver on loopback that the settings allow."""
    with receiving() as receiver:
        monkeypatch.setenv("CABLEWATCH_WEBHOOK_HOSTS", "127.0.0.1")
        monkeypatch.setenv("CABLEWATCH_WEBHOOK_PORTS", str(receiver.port))
        yield receiver


def dead_message(database, make_alert, url, number=50):
    """A subscriber with a message that was given up."""
    one = SubscriptionStore(database).add(url, new_secret())
    AlertStore(database).append([make_alert(number)])
    Outbox(database).arrange(now_ms())
    (due,) = Outbox(database).claim(now_ms(), 10**12)
    Outbox(database).failed(one.id, due.change.seq, "answered\t500", 500)
    return one, due.change.seq


def test_a_subscriber_is_added_listed_tested_and_removed(call, taker, database):
    options = ("--kind", "anchor_drag", "--severity", "warning", "--mmsi", 1, "--cable", "east")
    added = call("add", taker.url, *options)
    secret = added.out.strip()
    (one,) = SubscriptionStore(database).all()
    assert one.secret == secret and secret not in added.err and one.id in added.err
    listed = call("list").out
    wanted = '{"cable":"east","kind":["anchor_drag"],"mmsi":1,"severity":"warning"}'
    assert listed.split("\t")[:3] == [one.id, taker.url, wanted] and listed.endswith("active\n")
    assert secret not in listed and secret.removeprefix("whsec_") not in listed
    assert "answered 204" in call("test", one.id).err
    ((headers, body),) = taker.came
    assert Webhook(secret).verify(body, headers)["type"] == "test"
    assert Outbox(database).of(one.id, (PENDING, DEAD)) == ()
    call("remove", taker.url)
    assert SubscriptionStore(database).all() == ()
    assert "webhooks add" in call("list").err


@pytest.mark.parametrize("answer", [(500, {}), (302, {"Location": "/"})])
def test_a_test_that_is_not_taken_says_so(call, taker, answer):
    call("add", taker.url)
    taker.answers = [answer]
    assert f"answered {answer[0]}" in call("test", taker.url, code=2).err
    assert len(taker.came) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://watch.test/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:127.0.0.1]/",
        "https://watch.test:22/",
        "https://user@watch.test/",
        "file:///etc/passwd",
    ],
)
def test_nothing_is_sent_into_this_network(call, database, url):
    assert "url" in call("add", url, code=2).err
    assert SubscriptionStore(database).all() == ()


def test_what_the_settings_allow_no_more_is_not_sent(call, taker, monkeypatch):
    call("add", taker.url)
    monkeypatch.delenv("CABLEWATCH_WEBHOOK_HOSTS")
    assert "https" in call("test", taker.url, code=2).err
    assert taker.came == []


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--kind", "sinking"], "anchor_drag"),
        (["--severity", "grave"], "severity"),
        (["--mmsi", "0"], "mmsi"),
        (["--cable", ""], "cable"),
    ],
)
def test_what_cannot_be_wanted_is_named(call, taker, database, options, word):
    assert word in call("add", taker.url, *options, code=2).err
    assert SubscriptionStore(database).all() == ()


def test_dead_messages_are_listed_and_sent_again(call, database, make_alert):
    url = "https://watch.test/"
    one, seq = dead_message(database, make_alert, url)
    assert call("dead").out == f"{one.id}\t{seq}\t1\t500\tanswered�500\n"
    assert "webhooks dead" in call("redeliver", one.id, 10**6, code=2).err
    assert str(seq) in call("redeliver", url, seq).err
    assert [m.state for m in Outbox(database).of(one.id)] == [PENDING]
    assert "No message" in call("dead", url).err
    assert "none is dead" in call("redeliver", url).err


def test_a_paused_subscriber_is_told_again(call, database):
    one = SubscriptionStore(database).add("https://watch.test/", new_secret())
    SubscriptionStore(database).pause(one.id)
    assert call("list").out.endswith("paused\n")
    call("resume", one.id)
    assert call("list").out.endswith("active\n")


@pytest.mark.parametrize("command", ["remove", "resume", "test", "dead", "redeliver"])
def test_who_is_no_subscriber_is_looked_up_in_the_list(call, command):
    assert "webhooks list" in call(command, "nobody", code=2).err
