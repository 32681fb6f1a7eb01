"""Keys, scopes, rates and foreign pages: what is open, what is refused, and how it is said."""

import re
import time

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from serving import without

from cablewatch.service import create_app
from cablewatch.service.guard import keyring, windows
from cablewatch.service.guard.access import OPEN, scope_of
from cablewatch.service.guard.windows import Windows
from cablewatch.service.settings import Settings
from cablewatch.stores.events import now_ms

READ = "/api/v1/alerts"
NO_KEY = "cw_" + "0" * 12 + "_" + "A" * 43


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def token(keys):
    """The text of a key for reading."""
    return keys.make("reader", ["read"])[1]


def exposed(store, **settings):
    """A client of a service that others may reach."""
    app = create_app(store, settings=Settings(**{"host": "0.0.0.0"} | settings))
    return TestClient(app, raise_server_exceptions=False)


def test_what_asks_for_no_key_is_only_this(store, keys):
    with exposed(store) as client:
        for path in ("/", "/health", "/ready", "/openapi.json", "/assets/icon.svg"):
            assert client.get(path).status_code == 200, path
        asked = [path for path in client.app.openapi()["paths"] if not OPEN.fullmatch(path)]
        assert len(asked) > 5
        for path in [*asked, "/metrics", "/nowhere", "/assets", "/health/"]:
            answer = client.get(re.sub(r"{\w+}", "1", path))
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
            assert "Bearer" in answer.json()["detail"]


def test_every_route_is_refused_without_a_key_unless_it_is_named_open(store, keys):
    """Whoever adds a route adds its scope, and nothing is open by mistake."""
    with exposed(store) as client:
        for path, methods in client.app.openapi()["paths"].items():
            for method in methods:
                url = re.sub(r"\{\w+\}", "1", path)
                answer = client.request(method, url)
                assert (answer.status_code == 401) == (not OPEN.fullmatch(path)), (method, path)


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_a_key_that_holds_passes(store, token, header):
    said = f"bearer {token}" if header == "Authorization" else token
    with exposed(store) as client:
        assert client.get(READ, headers={header: said}).json()["numberMatched"] == 4


@pytest.mark.parametrize(
    "said",
    [
        bearer(NO_KEY),
        bearer(""),
        {"Authorization": "Basic cmVhZGVyOnJlYWRlcg=="},
        {"X-API-Key": ""},
        {"X-API-Key": "' OR 1=1 --"},
        {"X-API-Key": "cw_" + "é" * 20},
    ],
)
@pytest.mark.parametrize("path", [READ, "/health"])
def test_a_key_that_is_none_is_refused_everywhere(store, keys, said, path):
    said = {name: value.encode() for name, value in said.items()}
    with exposed(store) as client:
        answer = client.get(path, headers=said)
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_key_in_the_address_is_a_parameter_and_no_key(store, token):
    with exposed(store) as client:
        assert client.get(READ, params={"key": token}).status_code == 401


def test_a_key_ends_when_it_expires_or_is_revoked(store, keys, monkeypatch):
    monkeypatch.setattr(keyring, "FRESH_S", 0.2)
    short = keys.make("short", ["read"], expires_ms=now_ms() + 1000)[1]
    key, revoked = keys.make("revoked", ["read"])
    with exposed(store) as client:
        for token in (short, revoked):
            assert client.get(READ, headers=bearer(token)).status_code == 200
        keys.revoke(key.id)
        time.sleep(1.1)
        for token in (short, revoked):
            assert client.get(READ, headers=bearer(token)).status_code == 401


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read", "GET", READ, 200),
        ("read", "HEAD", READ, 200),
        ("read", "POST", f"{READ}/alert000/reviews", 403),
        ("read", "GET", "/metrics", 403),
        ("read", "GET", "/api/v1/webhooks", 403),
        ("read", "GET", "/api/v1/webhooks%0A", 403),
        ("read", "GET", "/api/v1/webhooks/one%0A/deliveries", 403),
        ("read", "GET", "/metrics%0A", 403),
        ("read", "DELETE", READ, 403),
        ("review", "GET", READ, 200),
        ("review", "GET", "/api/v1/webhooks", 403),
        ("review", "DELETE", f"{READ}/alert000", 403),
        ("metrics", "GET", "/metrics", 200),
        ("metrics", "GET", READ, 403),
        ("admin", "GET", READ, 200),
        ("admin", "GET", "/metrics", 200),
        ("admin", "DELETE", READ, 405),
        ("nonsense", "GET", READ, 403),
        ("read", "GET", "/health", 200),
    ],
)
def test_a_key_allows_what_its_scope_says(store, keys, scope, method, path, status):
    token = keys.make("someone", [scope])[1]
    with exposed(store) as client:
        answer = client.request(method, path, headers=bearer(token))
        assert answer.status_code == status
        if status == 403:
            needed = scope_of(method, path)
            assert f'scope="{needed}"' in answer.headers["www-authenticate"]
            assert needed in answer.json()["detail"]


def test_the_document_says_which_scope_each_route_asks_for(store, keys, client):
    with exposed(store) as guarded:
        document = guarded.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            needed = scope_of(method.upper(), path)
            said = [scope for way in operation["security"] for (scope,) in way.values()]
            assert said == ([needed, needed] if needed else []), path
            assert {"401", "429", "503"} <= operation["responses"].keys()
    opened = client.get("/openapi.json").json()
    assert "securitySchemes" not in opened["components"]
    assert "security" not in opened["paths"]["/api/v1/alerts"]["get"]


def test_on_loopback_no_key_is_asked_for_unless_it_is_set(store, token):
    for said in ({}, bearer(NO_KEY)):
        with exposed(store, host="127.0.0.1") as client:
            assert client.get(READ, headers=said).status_code == 200
    with exposed(store, host="127.0.0.1", require_keys=True) as client:
        assert client.get(READ).status_code == 401
        assert client.get(READ, headers=bearer(token)).status_code == 200


def test_a_store_without_keys_lets_nobody_in(tmp_path):
    with exposed(tmp_path) as client:
        assert client.get(READ).status_code == 401
        answer = client.get(READ, headers=bearer(NO_KEY))
        assert answer.status_code == 503 and str(tmp_path) not in answer.text


def test_the_name_of_the_key_is_known_to_routes(store, token):
    app = create_app(store, settings=Settings(host="0.0.0.0"))

    @app.get("/who")
    async def who(request: Request) -> str | None:
        return request.state.caller

    with TestClient(app) as client:
        assert client.get("/who", headers=bearer(token)).json() == "reader"


def test_requests_of_a_key_are_limited_and_others_go_on(store, keys, token):
    other = keys.make("other", ["read"])[1]
    with exposed(store, requests_per_minute=3) as client:
        answers = [client.get(READ, headers=bearer(token)) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[0].headers["ratelimit-policy"] == '"requests";q=3;w=60'
        left = [re.search(r"r=(\d+);t=(\d+)", a.headers["ratelimit"]) for a in answers]
        assert [int(found[1]) for found in left] == [2, 1, 0, 0, 0]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert client.get(READ, headers=bearer(other)).status_code == 200


def test_requests_of_an_address_are_limited(store, keys):
    with exposed(store, requests_per_minute=2) as client:
        assert [client.get("/health").status_code for _ in range(3)] == [200, 200, 429]


def test_refused_keys_are_limited_and_lock_nobody_out(store, token):
    with exposed(store, failures_per_minute=3) as client:
        assert client.get(READ, headers=bearer(token)).status_code == 200
        tries = [client.get(READ, headers=bearer(NO_KEY)).status_code for _ in range(5)]
        assert tries == [401, 401, 401, 429, 429]
        assert client.get(READ, headers=bearer(token)).status_code == 200


def test_windows_move_and_are_exact():
    times = iter((0, 1, 2, 3, 59, 60, 60.5, 61, 62, 119.9, 120))
    found = Windows(3, clock=lambda: next(times))
    admitted = [found.admit("a").admitted for _ in range(10)]
    assert admitted == [True, True, True, False, False, True, False, True, True, False]
    assert found.admit("b") == (True, 2, 60.0)


def test_windows_take_bounded_room(monkeypatch):
    monkeypatch.setattr(windows, "MOST_CALLERS", 10)
    found = Windows(2, clock=lambda: 0.0)
    for number in range(1000):
        found.admit("busy")
        found.admit(f"caller {number}")
    assert len(found._moments) == 10
    assert not found.admit("busy").admitted  # it was never the one that was quiet longest


def test_addresses_of_one_customer_are_one_caller(store, keys):
    app = create_app(store, settings=Settings(host="::", requests_per_minute=2))
    statuses = []
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"):
        with TestClient(app, client=(address, 5000)) as client:
            statuses.append(client.get("/health").status_code)
    assert statuses == [200, 200, 429, 200]


ORIGIN = "https://map.example"


def test_pages_of_other_origins_read_only_where_it_is_set(store, token):
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    asked["Access-Control-Request-Headers"] = "authorization, last-event-id"
    with exposed(store, cors_origins=[ORIGIN]) as client:
        answer = client.options(READ, headers=asked)  # browsers ask without a key
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        answer = client.get(READ, headers={"Origin": ORIGIN} | bearer(token))
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "origin" in answer.headers["vary"].lower()
        assert "access-control-allow-credentials" not in answer.headers
        refused = client.get(READ, headers={"Origin": ORIGIN})  # the page can read why
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == ORIGIN
        for origin in ("https://evil.example", "https://map.example.evil.example", "null"):
            answer = client.get(READ, headers={"Origin": origin} | bearer(token))
            assert "access-control-allow-origin" not in answer.headers
    with exposed(store) as client:
        answer = client.get(READ, headers={"Origin": ORIGIN} | bearer(token))
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 405),
        ("http://testserver", 405),
        (ORIGIN, 405),
        ("https://evil.example", 403),
        ("null", 403),
        ("http://testserver.evil.example", 403),
    ],
)
def test_pages_of_other_origins_change_nothing(store, origin, status):
    said = {} if origin is None else {"Origin": origin}
    with exposed(store, host="127.0.0.1", cors_origins=[ORIGIN]) as client:
        answer = client.post(READ, headers=said)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("name", "call", "defended", "open_"),
    [
        ("Access", {"method": "GET", "url": READ}, 401, 200),
        ("OwnPages", {"method": "POST", "url": READ, "headers": {"Origin": "null"}}, 403, 401),
        ("OwnNames", {"method": "GET", "url": READ, "headers": {"Host": "evil.example"}}, 421, 401),
    ],
)
def test_each_defence_is_what_refuses(store, keys, monkeypatch, name, call, defended, open_):
    settings = Settings(host="0.0.0.0")
    for status in (defended, open_):
        with TestClient(create_app(store, names=["testserver"], settings=settings)) as client:
            answer = client.request(**call)
            assert answer.status_code == status
        without(monkeypatch, name)
