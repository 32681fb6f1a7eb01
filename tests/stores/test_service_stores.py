"""What the service keeps: subscriptions and deliveries, keys, positions of feeds."""

import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from cablewatch.alerts.model import NextCable
from cablewatch.stores.alert_search import Wanted
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.deliveries import DEAD, DELIVERED, Outbox
from cablewatch.stores.feed_state import FeedState, FeedStateStore
from cablewatch.stores.keys import KeyStore
from cablewatch.stores.reviews import Review, ReviewLog
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.tables import KEYS
from cablewatch.stores.subscriptions import ACTIVE, PAUSED, PENDING, SubscriptionStore
from cablewatch.units import DAY_MS
from tests.stores.sample import BASE, T0

URL, SECRET = "https://desk.example/hook", "whsec_c2VjcmV0"


@pytest.fixture
def store(database):
    return AlertStore(database)


@pytest.fixture
def subscriptions(database):
    return SubscriptionStore(database)


@pytest.fixture
def outbox(database):
    return Outbox(database)


def sent(due):
    return [(d.change.alert.id, d.change.version, d.attempts) for d in due]


def test_subscriptions_come_and_go(subscriptions):
    wanted = Wanted(kinds=("silence",), bbox=(1.0, 2.0, 3.0, 4.0))
    made = subscriptions.add(URL, SECRET, wanted, T0)
    assert (made.url, made.secret, made.wanted, made.state) == (URL, SECRET, wanted, ACTIVE)
    assert SECRET not in repr(made)
    other = subscriptions.add(URL, SECRET, at_ms=T0 + 1)
    assert subscriptions.all() == (made, other)
    assert subscriptions.pause(made.id)
    assert subscriptions.get(made.id) == replace(made, state=PAUSED)
    assert subscriptions.resume(made.id)
    assert subscriptions.remove(made.id)
    assert not subscriptions.remove(made.id)
    assert not subscriptions.pause("nobody")
    assert subscriptions.all() == (other,)


def test_each_wanted_event_is_arranged_once(store, subscriptions, outbox):
    store.append([replace(BASE, id="before")])
    grave = subscriptions.add(URL, SECRET, Wanted(severity="critical"))
    every = subscriptions.add(URL, SECRET)
    store.append([BASE, replace(BASE, id="b", severity="critical")])
    ReviewLog(store.database).append(Review("a", T0, "desk", "acknowledge"))
    assert outbox.arrange(T0) == 4
    assert outbox.arrange(T0) == 0
    due = outbox.claim(T0, 1000)
    by = {s.id: sent(d for d in due if d.subscription == s) for s in (grave, every)}
    assert by == {grave.id: [("b", 1, 1)], every.id: [("a", 1, 1), ("b", 1, 1), ("a", 1, 1)]}


@pytest.mark.parametrize(
    "wanted",
    [Wanted(cable="east"), Wanted(severity="warning"), Wanted(bbox=(18.0, 56.0, 20.0, 58.0))],
)
def test_who_was_told_of_an_alert_is_told_when_it_is_no_longer_wanted(
    store, subscriptions, outbox, wanted
):
    subscriptions.add(URL, SECRET, wanted)
    ahead = NextCable("east", 900.0, T0 + 60_000)
    grave = replace(BASE, severity="warning", next_cables=(ahead,))
    over = replace(BASE, updated_ms=T0 + 1, state="closed", ended_ms=T0 + 1, track=())
    later = replace(over, updated_ms=T0 + 2)
    store.append([grave, over, later, replace(over, id="b")])
    ReviewLog(store.database).append(Review("a", T0, "desk", "comment", text="seen"))
    assert outbox.arrange(T0) == 2
    assert [d.change.what for d in outbox.claim(T0, 1000)] == ["raised", "closed"]


def test_what_is_claimed_comes_again_until_it_is_said_what_became_of_it(
    store, subscriptions, outbox
):
    made = subscriptions.add(URL, SECRET)
    store.append([BASE])
    outbox.arrange(T0)
    (due,) = outbox.claim(T0, lease_ms=1000)
    seq = due.change.seq
    assert outbox.claim(T0 + 999, 1000) == ()
    assert [d.attempts for d in outbox.claim(T0 + 1000, 1000)] == [2]  # who took it is gone
    outbox.failed(made.id, seq, "no answer", next_ms=T0 + 60_000)
    assert outbox.claim(T0 + 59_999, 1000) == ()
    assert [d.attempts for d in outbox.claim(T0 + 60_000, 1000)] == [3]
    outbox.failed(made.id, seq, "refused", 410)
    assert outbox.claim(T0 + 10**9, 1000) == ()
    (dead,) = outbox.of(made.id)
    assert (dead.state, dead.status, dead.error, dead.attempts) == (DEAD, 410, "refused", 3)


def test_what_is_delivered_stays_so(store, subscriptions, outbox):
    made = subscriptions.add(URL, SECRET)
    store.append([BASE])
    outbox.arrange(T0)
    (due,) = outbox.claim(T0, 1000)
    outbox.delivered(made.id, due.change.seq, 204)
    outbox.failed(made.id, due.change.seq, "too late", next_ms=T0)
    assert outbox.claim(T0 + 10**9, 1000) == ()
    assert outbox.of(made.id) == ()
    assert [d.status for d in outbox.of(made.id, (DELIVERED,))] == [204]


def test_what_was_delivered_is_forgotten_and_the_dead_stay(
    store, subscriptions, outbox, monkeypatch
):
    """By the time of the delivery; in parts, so that no writer waits for long."""
    made = subscriptions.add("https://one.example", "s", at_ms=T0)
    store.append(replace(BASE, id=f"{n}") for n in range(7))
    outbox.arrange(T0)
    old = outbox.claim(T0, 1000, limit=5)
    for due in old[:4]:
        outbox.delivered(made.id, due.change.seq, 204)
    outbox.failed(made.id, old[4].change.seq, "gone", 410)
    (new,) = outbox.claim(T0 + DAY_MS, 1000, limit=1)
    outbox.delivered(made.id, new.change.seq, 204)
    monkeypatch.setattr("cablewatch.stores.deliveries.FORGOTTEN", 3)
    assert [outbox.forget(T0 + DAY_MS) for _ in range(3)] == [3, 1, 0]
    assert [d.event_seq for d in outbox.of(made.id, (DELIVERED,))] == [new.change.seq]
    assert [d.state for d in outbox.of(made.id)] == ["pending", "dead"]
    assert outbox.arrange(T0 + DAY_MS) == 0  # what is forgotten is not sent again


def test_who_is_paused_is_told_afterwards(store, subscriptions, outbox):
    made = subscriptions.add(URL, SECRET)
    store.append([BASE])
    outbox.arrange(T0)
    subscriptions.pause(made.id)
    store.append([replace(BASE, id="b")])
    assert outbox.arrange(T0) == 0
    assert outbox.claim(T0, 1000) == ()
    subscriptions.resume(made.id)
    assert outbox.arrange(T0) == 1
    assert sent(outbox.claim(T0, 1000)) == [("a", 1, 1), ("b", 1, 1)]


def test_what_was_delivered_before_a_pause_is_kept_as_long(store, subscriptions, outbox):
    made = subscriptions.add(URL, SECRET)
    store.append([BASE])
    outbox.arrange(T0)
    (due,) = outbox.claim(T0, 1000)
    outbox.delivered(made.id, due.change.seq, 204)
    subscriptions.pause(made.id)
    subscriptions.resume(made.id)
    assert outbox.forget(T0) == 0


def test_who_is_removed_is_told_nothing(store, subscriptions, outbox):
    made = subscriptions.add(URL, SECRET)
    store.append([BASE])
    outbox.arrange(T0)
    subscriptions.remove(made.id)
    assert outbox.claim(T0, 1000) == ()
    assert outbox.of(made.id, (PENDING,)) == ()


def test_many_events_are_arranged_in_parts(store, subscriptions, outbox, monkeypatch):
    monkeypatch.setattr("cablewatch.stores.deliveries.ARRANGED", 3)
    subscriptions.add(URL, SECRET)
    store.append(replace(BASE, id=f"{n}") for n in range(7))
    assert [outbox.arrange(T0) for _ in range(4)] == [3, 3, 1, 0]
    assert sorted(a for a, _, _ in sent(outbox.claim(T0, 1000))) == [f"{n}" for n in range(7)]


def test_nothing_is_due_while_something_before_it_waits(store, subscriptions, outbox):
    first = subscriptions.add(URL, SECRET)
    store.append(replace(BASE, id=f"{n}") for n in range(3))
    outbox.arrange(T0)
    assert [d.change.alert.id for d in outbox.claim(T0, 1000, limit=2)] == ["0", "1"]
    assert outbox.claim(T0, 1000) == ()
    outbox.failed(first.id, 1, "refused", next_ms=T0 + 5000)
    outbox.put_back(first.id, 2)
    assert outbox.claim(T0 + 4999, 1000) == ()
    tried = [(d.change.alert.id, d.attempts) for d in outbox.claim(T0 + 5000, 1000)]
    assert tried == [("0", 2), ("1", 1), ("2", 1)]
    outbox.failed(first.id, 1, "refused")
    assert [d.change.alert.id for d in outbox.claim(T0 + 6000, 1000)] == ["1", "2"]
    assert outbox.revive(first.id, 1, T0) and not outbox.revive(first.id, 1, T0)
    assert [d.attempts for d in outbox.claim(T0 + 6000, 1000)] == [1]


def test_what_waits_for_one_subscriber_is_in_nobodys_way(store, subscriptions, outbox):
    crowded = subscriptions.add(URL, SECRET)
    store.append(replace(BASE, id=f"{n:02}") for n in range(20))
    other = subscriptions.add(URL, SECRET)
    outbox.arrange(T0)
    store.append([replace(BASE, id="urgent")])
    outbox.arrange(T0 + 1)

    def claimed(at_ms, **most):
        due = outbox.claim(at_ms, 1000, **most)
        return [(d.subscription.id, d.change.alert.id) for d in due]

    assert claimed(T0 + 1, limit=2, subscribers=1) == [(crowded.id, "00"), (crowded.id, "01")]
    assert claimed(T0 + 1, limit=2) == [(other.id, "urgent")]
    assert claimed(T0 + 2) == []


def test_two_who_arrange_and_claim_at_once_share(store, subscriptions, place):
    subscriptions.add(URL, SECRET)
    store.append(replace(BASE, id=f"{n:02}") for n in range(40))
    got = []

    def work():
        own = Outbox(Database.to_write(place))
        own.arrange(T0)
        while due := own.claim(T0, 1000, limit=3):
            got.extend(d.change.alert.id for d in due)
            for one in due:
                own.delivered(one.subscription.id, one.change.seq, 204)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [f"{n:02}" for n in range(40)]


def test_a_key_is_known_by_its_text_alone(database):
    keys = KeyStore(database)
    made, token = keys.make("desk", ["alerts:read", "reviews:write"], at_ms=T0)
    assert keys.check(token) == made
    assert made.scopes == {"alerts:read", "reviews:write"}
    other, _ = keys.make("desk", [], at_ms=T0 + 1)
    swapped = token.replace(made.id, other.id)
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    for text in ("", "cw_", token[3:], f" {token}", token + "A", wrong, swapped, "cw_\0", "é"):
        assert keys.check(text) is None
    with database.reading() as db:
        kept = str(db.execute(sa.select(KEYS)).all())
    assert token.split("_", 2)[2] not in kept
    assert keys.all() == (made, other)


def test_a_key_ends(database):
    keys = KeyStore(database)
    made, token = keys.make("desk", [], expires_ms=T0 + 10, at_ms=T0)
    assert keys.check(token, T0 + 9) == made
    assert keys.check(token, T0 + 10) is None
    assert keys.revoke(made.id, T0 + 5)
    assert not keys.revoke(made.id, T0 + 6)
    assert keys.check(token, T0 + 6) is None
    assert keys.all() == (replace(made, revoked_ms=T0 + 5),)


def test_a_feed_is_taken_up_where_it_was(database, place):
    feeds = FeedStateStore(database)
    assert feeds.load("tcp") is None
    feeds.save("tcp", {"bytes": 1 << 40, "day": "2024-11-17"}, T0)
    feeds.save("tcp", {"bytes": 2}, T0 + 1)
    feeds.save("udp", {}, T0)
    again = FeedStateStore(Database.to_write(place))
    assert again.load("tcp") == FeedState({"bytes": 2}, T0 + 1)
    assert list(again.all()) == ["tcp", "udp"]
    with pytest.raises(ValueError, match="JSON"):
        feeds.save("tcp", {"lon": float("nan")})
    assert again.load("tcp").said == {"bytes": 2}
