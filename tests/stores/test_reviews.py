"""The log of reviews, and what an alert is by it."""

import threading
from dataclasses import replace

import pytest

from cablewatch.alerts.model import REVIEWS
from cablewatch.errors import ConflictError, UsageError
from cablewatch.stores.alert_search import Wanted
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.reviews import ACTIONS, Review, ReviewLog
from cablewatch.stores.sql.database import Database
from tests.stores.sample import BASE, T0, EventLog


@pytest.fixture
def store(database):
    store = AlertStore(database)
    store.append([BASE, replace(BASE, id="b")])
    return store


@pytest.fixture
def log(database, store):
    return ReviewLog(database)


def did(action, **what):
    said = {"actor": "desk", "at_ms": T0 + 1000, "to": "night", "text": "a buoy", **what}
    return Review("a", action=action, **said)


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ("acknowledge", "acknowledged"),
        ("acknowledge confirm", "confirmed"),
        ("dismiss", "dismissed"),
        ("confirm reopen dismiss", "dismissed"),
        ("acknowledge reopen acknowledge", "acknowledged"),
        ("dismiss reopen", "new"),
        ("confirm comment assign hand_over", "confirmed"),
        ("comment", "new"),
    ],
)
def test_the_log_decides(log, store, actions, expected):
    for n, action in enumerate(actions.split()):
        made = log.append(did(action, at_ms=T0 + n))
    assert made.review == expected in REVIEWS
    assert store.get("a").review == expected
    assert [r.action for r in log.of("a")] == actions.split()
    assert log.get(made.seq) == made
    assert log.of("b") == ()


@pytest.mark.parametrize(
    "actions",
    [
        "reopen",
        "acknowledge acknowledge",
        "confirm acknowledge",
        "dismiss acknowledge",
        "confirm confirm",
        "confirm dismiss",
        "dismiss confirm",
        "dismiss dismiss",
    ],
)
def test_an_action_takes_what_the_table_says(log, store, actions):
    *first, last = actions.split()
    for n, action in enumerate(first):
        log.append(did(action, at_ms=T0 + n))
    before = store.get("a").review
    with pytest.raises(ConflictError) as caught:
        log.append(did(last, at_ms=T0 + 10))
    assert caught.value.where == "action"
    assert store.get("a").review == before
    assert len(log.of("a")) == len(first)


def test_a_review_survives_later_versions_and_is_filtered_by(log, store):
    log.append(did("confirm"))
    later = replace(BASE, updated_ms=T0 + 5, severity="critical")
    store.append([later])
    assert store.get("a") == replace(later, review="confirmed")
    assert [a.id for a in store.latest(Wanted(review="confirmed")).alerts] == ["a"]
    assert [a.id for a in store.latest(Wanted(review="new")).alerts] == ["b"]
    assert [v.alert for v in store.history("a")] == [BASE, later]  # as they were said


def test_an_alert_as_it_stood_has_the_review_of_then(log, store):
    log.append(did("acknowledge", at_ms=T0 + 10))
    log.append(did("dismiss", at_ms=T0 + 20))
    reviews = [store.latest(as_of_ms=T0 + t).alerts[-1].review for t in (9, 10, 19, 20)]
    assert reviews == ["new", "acknowledged", "acknowledged", "dismissed"]
    assert [a.id for a in store.latest(Wanted(review="new"), as_of_ms=T0 + 9).alerts] == ["b", "a"]
    assert [a.id for a in store.latest(Wanted(review="new"), as_of_ms=T0 + 10).alerts] == ["b"]


def test_a_review_again_is_once(log):
    first = log.append(did("comment"))
    assert log.append(did("comment")) == first
    assert log.append(did("comment", key="1")) != first
    keyed = log.append(did("comment", key="2"))
    assert log.append(did("comment", key="2", at_ms=T0 + 9999)) == keyed
    assert log.append(did("comment", key="2", actor="other")) != keyed
    assert len(log.of("a")) == 4


def test_a_review_of_no_alert_is_none(log):
    assert log.append(replace(did("confirm"), alert_id="nothing")) is None


@pytest.mark.parametrize(
    ("review", "field"),
    [
        (did("praise"), "action"),
        (did("confirm", actor=" "), "actor"),
        (did("dismiss", text=None), "text"),
        (did("comment", text=""), "text"),
        (did("assign", to=None), "to"),
        (did("hand_over", to=" "), "to"),
    ],
)
def test_what_is_missing_is_named(log, review, field):
    with pytest.raises(UsageError) as caught:
        log.append(review)
    assert caught.value.where == field
    assert log.of("a") == ()


def test_actions_are_those_that_are_asked_for():
    assert set(ACTIONS) == set(
        ["acknowledge", "assign", "comment", "confirm", "dismiss", "hand_over", "reopen"]
    )


def test_text_of_people_is_kept_as_far_as_databases_hold_it(log):
    said = log.append(did("comment", text="Åland's <b>\0; DROP TABLE\nalerts"))
    assert said.text == "Åland's <b>\ufffd; DROP TABLE\nalerts"


def test_versions_and_reviews_are_events_in_the_order_of_storing(log, store, database):
    log.append(did("confirm"))
    later = replace(BASE, updated_ms=T0 + 5)
    store.append([later], at_ms=T0 + 7)
    store.append([later])
    events = EventLog(database)
    told = [(e.what, e.alert.id, e.version) for e in events.after(0)]
    assert told == [
        ("raised", "a", 1),
        ("raised", "b", 1),
        ("reviewed", "a", 1),
        ("updated", "a", 2),
    ]
    *_, review, last = events.after(0)
    assert (review.at_ms, last.at_ms) == (T0 + 1000, T0 + 7)
    assert review.review.action == "confirm"
    assert last.alert == replace(later, review="confirmed")
    assert events.after(review.seq) == (last,)
    assert events.after(last.seq) == ()
    assert events.last() == last.seq
    assert [e.seq for e in events.after(0, limit=2)] == [e.seq for e in events.after(0)[:2]]
    assert events.after(0, wanted=Wanted(bbox=(0.0, 0.0, 1.0, 1.0))) == ()
    assert len(events.after(0, wanted=Wanted(bbox=(18.0, 56.0, 20.0, 58.0)))) == 4


def test_a_failed_append_leaves_no_event(store, database):
    before = EventLog(database).last()
    with pytest.raises(ValueError, match="not in tuple"):
        store.append([replace(BASE, id="c"), replace(BASE, id="d", severity="dire")])
    assert EventLog(database).last() == before


def test_no_event_becomes_visible_after_a_later_one(database, place):
    """Readers that take what is new, again and again, beside four writers: all, in order."""
    log, many = EventLog(database), range(25)

    def write(writer):
        store = AlertStore(Database.to_write(place))
        for n in many:
            store.append([replace(BASE, id=f"{writer}-{n}")])

    threads = [threading.Thread(target=write, args=(w,)) for w in range(4)]
    for thread in threads:
        thread.start()
    seen = []
    while any(thread.is_alive() for thread in threads) or log.last() > (seen or [0])[-1]:
        seen += [event.seq for event in log.after(seen[-1] if seen else 0)]
    for thread in threads:
        thread.join()
    assert seen == sorted(set(seen))
    assert len(seen) == 4 * len(many)
