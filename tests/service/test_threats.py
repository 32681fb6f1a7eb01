"""Each threat is held off by a defence, and by that one: without it the attack succeeds.

What sends or takes next to nothing, and the bounds of bodies and answers, are tested so in
``test_connections`` and ``test_bounds``, streams in ``test_stream_keys``, addresses that webhooks
may not reach in ``webhooks``.
"""

import io
import logging
from dataclasses import dataclass

import pytest
from fastapi.responses import FileResponse
from fastapi.testclient import TestClient
from serving import running, without

from cablewatch.service import create_app, http, logs
from cablewatch.service.guard import access, observed
from cablewatch.service.guard.connections import Connections
from cablewatch.service.guard.windows import Standing, Windows
from cablewatch.service.routes import page
from cablewatch.service.settings import Settings
from cablewatch.stores.keys import Key, KeyStore
from cablewatch.stores.sql.database import Database

ALERTS = "/api/v1/alerts"
NO_KEY = {"X-API-Key": "cw_" + "0" * 12 + "_" + "A" * 43}


def ask(store, path=ALERTS, method="GET", names=None, times=1, headers=None, **settings):
    """The last of some answers of a service that others reach."""
    said = Settings(**{"host": "0.0.0.0"} | settings)
    with TestClient(create_app(store, names, said), raise_server_exceptions=False) as client:
        for _ in range(times):
            answer = client.request(method, path, headers=headers)
        return answer


def key_of(store, scope, **made):
    keys = KeyStore(Database.to_write(store / "alerts.sqlite"))
    return {"X-API-Key": keys.make("someone", [scope], **made)[1]}


def reads_without_a_key(store):
    return ask(store).status_code == 200


def reads_with_a_key_that_is_over(store):
    return ask(store, headers=key_of(store, "read", expires_ms=1)).status_code == 200


def reviews_with_a_key_for_reading(store):
    path = f"{ALERTS}/alert000/reviews"
    return ask(store, path, "POST", headers=key_of(store, "read")).status_code != 403


def asks_without_end(store):
    headers = key_of(store, "read")
    return ask(store, requests_per_minute=3, times=5, headers=headers).status_code == 200


def tries_keys_without_end(store):
    KeyStore(Database.to_write(store / "alerts.sqlite"))
    return ask(store, failures_per_minute=3, times=5, headers=NO_KEY).status_code == 401


def changes_for_a_foreign_page(store):
    headers = {"Origin": "https://evil.example"}
    return ask(store, ALERTS, "POST", headers=headers, host="127.0.0.1").status_code != 403


def reads_by_a_foreign_name(store):
    headers = {"Host": "evil.example"}
    names = ["testserver"]
    return ask(store, headers=headers, names=names, host="127.0.0.1").status_code == 200


def is_drawn_in_a_foreign_page(store):
    policy = ask(store, "/", host="127.0.0.1").headers.get("content-security-policy", "")
    return "frame-ancestors 'none'" not in policy


def takes_all_connections(store):
    with running(store, connections_per_address=1) as server, server.connect():
        asked = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return server.ask(asked).status == 200


def names_its_own_request(store):
    said = "a b"
    return ask(store, "/health", headers={"X-Request-ID": said}).headers["x-request-id"] == said


def moves_the_cursor_of_the_log(store):
    return "\x1b" in _logged(lambda: logging.getLogger("any").error("of %s", "\x1b[2J"))


def is_told_a_key_by_the_log(store):
    return NO_KEY["X-API-Key"] in _logged(lambda: logging.getLogger("any").error("%s", NO_KEY))


def leaves_the_folder_of_the_page(store):
    return ask(store, "/assets/..%2fapp.py", host="127.0.0.1").status_code == 200


def _logged(write) -> str:
    stream, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stderr", stream)
        logs.configure(Settings())
        write()
    root.handlers[:] = before
    root.setLevel(level)
    return stream.getvalue()


def _anywhere(patch):
    """Static files as they would be without a look at where a path leads."""

    async def served(self, path, scope):
        return FileResponse(page.ASSETS / path)

    patch.setattr("fastapi.staticfiles.StaticFiles.get_response", served)


@dataclass(frozen=True)
class Threat:
    """An attack, whether it succeeds, and how to take away what keeps it off."""

    attack: object
    remove: object

    def __str__(self) -> str:
        return self.attack.__name__


ADMITTED = Standing(True, 1, 60.0)
THREATS = [
    Threat(reads_without_a_key, lambda patch: without(patch, "Access")),
    Threat(
        reads_with_a_key_that_is_over, lambda patch: patch.setattr(Key, "holds", lambda *_: True)
    ),
    Threat(
        reviews_with_a_key_for_reading,
        lambda patch: patch.setattr(access, "allows", lambda *_: True),
    ),
    Threat(asks_without_end, lambda patch: patch.setattr(Windows, "admit", lambda *_: ADMITTED)),
    Threat(
        tries_keys_without_end, lambda patch: patch.setattr(Windows, "admit", lambda *_: ADMITTED)
    ),
    Threat(changes_for_a_foreign_page, lambda patch: without(patch, "OwnPages")),
    Threat(reads_by_a_foreign_name, lambda patch: without(patch, "OwnNames")),
    Threat(is_drawn_in_a_foreign_page, lambda patch: patch.setattr(http, "SECURITY_HEADERS", {})),
    Threat(
        takes_all_connections,
        lambda patch: patch.setattr(
            Connections, "enter", lambda self, _: self._of.update("a") or "a"
        ),
    ),
    Threat(names_its_own_request, lambda patch: patch.setattr(observed, "_id", lambda said: said)),
    Threat(
        moves_the_cursor_of_the_log, lambda patch: patch.setattr(logs, "printable", lambda t: t)
    ),
    Threat(
        is_told_a_key_by_the_log,
        lambda patch: patch.setattr(logs, "_without_secrets", lambda text: text),
    ),
    Threat(leaves_the_folder_of_the_page, _anywhere),
]


@pytest.mark.parametrize("threat", THREATS, ids=str)
def test_an_attack_fails_and_would_not_without_its_defence(store, monkeypatch, threat):
    assert not threat.attack(store)
    threat.remove(monkeypatch)
    assert threat.attack(store)
