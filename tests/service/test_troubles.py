"""What is wrong with the store is logged once while it lasts; then requests pass as before."""

import pytest
from fastapi.testclient import TestClient

from cablewatch.errors import StoreError
from cablewatch.service import create_app
from cablewatch.service.settings import Settings
from cablewatch.service.troubles import MOST, QUIET_S, Troubles
from cablewatch.stores.alerts import AlertStore

FULL = StoreError("alerts.sqlite", "disk is full", "make room")
GONE = StoreError("alerts.sqlite", "is gone", "bring it back")


def test_an_error_is_new_until_it_has_come_and_after_it_was_quiet():
    at_s = 0.0
    troubles = Troubles(lambda: at_s)
    assert troubles.is_new(FULL) and troubles.is_new(GONE)
    for _ in range(10):
        at_s += QUIET_S - 1
        assert not troubles.is_new(FULL)
    assert troubles.is_new(GONE)


def test_few_are_remembered():
    troubles = Troubles()
    for n in range(2 * MOST):
        assert troubles.is_new(StoreError(str(n), "", ""))
    assert troubles.is_new(StoreError("0", "", ""))
    assert not troubles.is_new(StoreError(str(2 * MOST - 1), "", ""))


def test_a_store_that_fails_is_told_once_and_the_client_when_to_ask_again(store, client, caplog):
    assert client.get("/api/v1/alerts").status_code == 200
    (store / "alerts.sqlite").rename(store / "away")
    for path in ("/api/v1/alerts", "/api/v1/alerts/alert000", "/ready") * 3:
        answer = client.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["status"] == 503
    assert client.get("/health").status_code == 200
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    (store / "away").rename(store / "alerts.sqlite")
    assert client.get("/api/v1/alerts").status_code == 200


@pytest.fixture
def by_url(store, empty_postgres):
    """A client of the service over a database of PostgreSQL, and the store in it."""
    alerts = AlertStore(empty_postgres)
    said = Settings(database_url=empty_postgres, statement_seconds=0.3, lock_seconds=0.2)
    app = create_app(store, settings=said)
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made, alerts, app
    alerts.database.close()
    app.state.folder.alerts.database.close()
    app.state.folder.writing.close()


def review(client, key):
    said = {"action": "comment", "actor": "desk", "comment": "seen"}
    headers = {"Idempotency-Key": key}
    return client.post("/api/v1/alerts/alert000/reviews", json=said, headers=headers)


def test_what_waits_for_another_is_refused_in_time(by_url, make_alert):
    client, alerts, _ = by_url
    alerts.append([make_alert()])
    with alerts.database.writing():
        answer = review(client, "1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert client.get("/api/v1/alerts").json()["numberMatched"] == 1
    with alerts.database.writing() as db:
        db.exec_driver_sql("LOCK TABLE alerts")
        assert client.get("/api/v1/alerts").status_code == 503
    assert review(client, "1").status_code == 201


def test_a_commit_that_nobody_heard_of_is_not_repeated(by_url, make_alert, monkeypatch):
    client, alerts, app = by_url
    alerts.append([make_alert()])
    dialect = app.state.folder.writing._engine.dialect
    commit = dialect.do_commit

    def unheard(connection):
        monkeypatch.setattr(dialect, "do_commit", commit)
        commit(connection)
        raise dialect.dbapi.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(dialect, "do_commit", unheard)
    assert review(client, "1").status_code == 503
    answer = review(client, "1")
    assert answer.status_code == 201
    said = client.get("/api/v1/alerts/alert000/reviews").json()["reviews"]
    assert [one["seq"] for one in said] == [answer.json()["seq"]]
    assert [change.what for change in app.state.folder.changes.after(0, 10)] == [
        "raised",
        "reviewed",
    ]
