"""``/api/v1/alerts/{alert_id}/reviews``: an append-only log, once each, by whom it says."""

from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest
from fastapi.testclient import TestClient

from cablewatch.alerts import model
from cablewatch.service import create_app, review_schemas
from cablewatch.service.review_schemas import ReviewEntry, Reviews
from cablewatch.service.schemas import AlertWithHistory
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.reviews import ACTIONS

ALERT = "/api/v1/alerts/alert000"
REVIEWS = f"{ALERT}/reviews"
NEEDS = {
    "assign": {"to": "night"},
    "comment": {"comment": "A buoy."},
    "dismiss": {"reason": "At work."},
    "hand_over": {"to": "night"},
}


def post(client, action, url=REVIEWS, headers=None, **said):
    body = {"actor": "desk", "action": action, **NEEDS.get(action, {}), **said}
    return client.post(url, json=body, headers=headers or {})


def log(client, url=REVIEWS):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.json()["reviews"]


def test_the_published_names_are_those_of_the_store():
    assert get_args(review_schemas.ReviewAction.__value__) == ACTIONS
    assert get_args(review_schemas.ReviewState.__value__) == model.REVIEWS


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_in_the_log_as_it_was_said(client, action):
    if action == "reopen":
        post(client, "confirm")
    answer = post(client, action)
    assert answer.status_code == 201, answer.text
    made = ReviewEntry.model_validate(answer.json())
    assert (made.action, made.actor) == (action, "desk")
    for name, value in NEEDS.get(action, {}).items():
        assert getattr(made, name) == value
    said = Reviews.model_validate(client.get(REVIEWS).json())
    assert said.reviews[-1] == made
    assert said.review == made.review == client.get(ALERT).json()["properties"]["review"]


def test_an_alert_comes_with_its_reviews_and_keeps_its_versions(client, store, make_alert):
    post(client, "acknowledge")
    post(client, "dismiss", reason="Buoy tender\nby radio <b>")
    later = make_alert(0, updated_ms=make_alert(0).updated_ms + 1, severity="warning")
    AlertStore(store / "alerts.sqlite").append([later])
    made = AlertWithHistory.model_validate(client.get(ALERT).json())
    assert [r.action for r in made.reviews] == ["acknowledge", "dismiss"]
    assert made.reviews[1].reason == "Buoy tender\nby radio <b>"
    assert (made.properties.review, made.properties.severity) == ("dismissed", "warning")
    assert [v.properties.review for v in made.history] == ["new", "new"]
    for review, matched in (("dismissed", 1), ("new", 3), ("acknowledged", 0)):
        found = client.get("/api/v1/alerts", params={"review": review})
        assert found.json()["numberMatched"] == matched


def test_an_unreviewed_alert_has_an_empty_log(client):
    assert log(client) == []
    assert client.get(ALERT).json()["reviews"] == []


@pytest.mark.parametrize(
    ("before", "action", "status"),
    [
        ([], "reopen", 409),
        (["acknowledge"], "acknowledge", 409),
        (["confirm"], "dismiss", 409),
        (["dismiss"], "confirm", 409),
        (["dismiss"], "acknowledge", 409),
        (["dismiss"], "comment", 201),
        (["confirm", "reopen"], "dismiss", 201),
    ],
)
def test_an_action_that_the_alert_does_not_take_is_a_409(client, before, action, status):
    for each in before:
        assert post(client, each).status_code == 201
    answer = post(client, action)
    assert answer.status_code == status
    assert len(log(client)) == len(before) + (status == 201)
    if status == 409:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"] == "Conflict"
        assert answer.json()["detail"]


def test_of_many_who_judge_at_once_one_does(client):
    with ThreadPoolExecutor(8) as desks:
        answers = list(
            desks.map(lambda n: post(client, "dismiss", actor=f"desk {n}").status_code, range(8))
        )
    assert sorted(answers) == [201] + [409] * 7
    assert len(log(client)) == 1


def test_a_review_with_a_key_is_stored_once(client):
    key = {"Idempotency-Key": "6f1c"}
    first = post(client, "dismiss", headers=key)
    again = post(client, "dismiss", headers=key)  # without the key 409
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(log(client)) == 1
    assert post(client, "reopen", headers={"Idempotency-Key": "6f1d"}).status_code == 201
    elsewhere = post(client, "dismiss", url="/api/v1/alerts/alert001/reviews", headers=key)
    assert elsewhere.json()["seq"] > first.json()["seq"]


def test_a_key_is_of_one_review(client):
    key = {"Idempotency-Key": "6f1c"}
    post(client, "comment", headers=key)
    answer = post(client, "comment", headers=key, comment="Another.")
    assert answer.status_code == 422
    (wrong,) = answer.json()["errors"]
    assert (wrong["parameter"], wrong["value"]) == ("Idempotency-Key", "6f1c")
    assert len(log(client)) == 1


def test_many_who_send_one_review_again_store_it_once(client):
    key = {"Idempotency-Key": "6f1c"}
    with ThreadPoolExecutor(8) as desks:
        answers = list(desks.map(lambda _: post(client, "confirm", headers=key), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["seq"] for answer in answers}) == 1
    assert len(log(client)) == 1


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"actor": "a"}, "action"),
        ({"actor": "a", "action": "delete"}, "action"),
        ({"action": "confirm"}, "actor"),
        ({"actor": "", "action": "confirm"}, "actor"),
        ({"actor": "  ", "action": "confirm"}, "actor"),
        ({"actor": "a\nb", "action": "confirm"}, "actor"),
        ({"actor": "a" * 201, "action": "confirm"}, "actor"),
        ({"actor": 5, "action": "confirm"}, "actor"),
        ({"actor": "a", "action": "dismiss"}, "reason"),
        ({"actor": "a", "action": "dismiss", "reason": " "}, "reason"),
        ({"actor": "a", "action": "dismiss", "reason": "\0"}, "reason"),
        ({"actor": "a", "action": "dismiss", "reason": "r" * 4001}, "reason"),
        ({"actor": "a", "action": "dismiss", "comment": "c"}, "comment"),
        ({"actor": "a", "action": "comment"}, "comment"),
        ({"actor": "a", "action": "comment", "reason": "r"}, "reason"),
        ({"actor": "a", "action": "assign"}, "to"),
        ({"actor": "a", "action": "hand_over"}, "to"),
        ({"actor": "a", "action": "confirm", "review": "confirmed"}, "review"),
        ([], "body"),
        (None, "body"),
        ("confirm", "body"),
    ],
)
def test_a_wrong_review_is_named(client, body, parameter):
    answer = client.post(REVIEWS, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    (wrong,) = answer.json()["errors"]
    value = body.get(parameter) if isinstance(body, dict) else body
    assert wrong["parameter"] == parameter
    assert wrong["value"] == (None if value is None else str(value)[:80])
    assert log(client) == []


@pytest.mark.parametrize(
    ("content", "statuses"),
    [
        (b"", {422}),
        (b"{", {422}),
        (b'{"action": "confirm", "actor": "a"', {422}),
        (b"\xff", {400, 422}),
        (b"[" * 100_000, {400, 422}),
        (b'{"action": NaN}', {422}),
        (b'{"action": "confirm", "actor": "\\ud800"}', {422}),
    ],
)
def test_a_body_that_is_no_json_is_a_problem(client, content, statuses):
    answer = client.post(REVIEWS, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in statuses
    assert answer.headers["content-type"] == "application/problem+json"
    assert "{}" not in [wrong["value"] for wrong in answer.json()["errors"]]
    assert log(client) == []


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_wrong_key_is_named(client, key):
    answer = post(client, "confirm", headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"].lower() == "idempotency-key"


def test_a_review_takes_no_parameters(client):
    answer = post(client, "confirm", url=f"{REVIEWS}?notify=1")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "notify"


@pytest.mark.parametrize("alert_id", ["nothing", "alert000'--", "%00", "a" * 200])
def test_reviews_of_no_alert_are_a_404(client, alert_id):
    url = f"/api/v1/alerts/{alert_id}/reviews"
    for answer in (client.get(url), post(client, "confirm", url=url)):
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_the_log_is_never_rewritten(client, method):
    answer = client.request(method, REVIEWS, json={})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"


def test_a_folder_without_alerts_is_no_store_to_review(bare_client):
    answer = post(bare_client, "confirm")
    assert answer.status_code == 503
    assert list(bare_client.app.state.folder.path.iterdir()) == []


class Called:
    """Says who calls, as the guard does of a key."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        scope.setdefault("state", {})["caller"] = "Night desk"
        await self.app(scope, receive, send)


def test_who_has_a_key_is_whom_the_key_names(store):
    with TestClient(Called(create_app(store)), raise_server_exceptions=False) as client:
        said = client.post(REVIEWS, json={"action": "acknowledge"})
        assert said.json()["actor"] == "Night desk"
        said = post(client, "comment", actor="Night desk")
        assert said.json()["actor"] == "Night desk"
        answer = post(client, "comment", actor="Somebody else")
        assert answer.status_code == 422
        (wrong,) = answer.json()["errors"]
        assert (wrong["parameter"], wrong["value"]) == ("actor", "Somebody else")
