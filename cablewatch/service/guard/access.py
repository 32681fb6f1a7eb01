"""Who may ask for what, and how often.

Every path asks for a scope; the few that ask for none are named in :data:`OPEN`. A request says its
key in ``Authorization: Bearer`` or ``X-API-Key``, never in its URL. Requests are counted by key, or
by address where there is none that holds; so is the first use of a key, which is looked up. Refused
keys are counted as well, and from some number on no longer told why (429). Who has a key that holds
is not locked out by a neighbour who tries others: keys are too long to be guessed.
"""

import math
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cablewatch.errors import StoreError
from cablewatch.service.errors import refuse, refuse_error
from cablewatch.service.guard.addresses import network_of
from cablewatch.service.guard.keyring import Keyring
from cablewatch.service.guard.windows import WINDOW_S, Standing, Windows
from cablewatch.service.settings import Settings
from cablewatch.stores.events import now_ms
from cablewatch.stores.keys import Key

READ, REVIEW, ADMIN, METRICS = "read", "review", "admin", "metrics"
GRANTS = {
    READ: {READ},
    REVIEW: {READ, REVIEW},
    METRICS: {METRICS},
    ADMIN: {READ, REVIEW, METRICS, ADMIN},
}
"""What each scope of a key allows."""

OPEN = re.compile(r"/|/health|/ready|/openapi\.json|/assets/.*")
"""Signs of life, and what is the same for every store: page, scripts and document of the API."""

_SCOPES = (  # the first that matches; what is not here asks for `read`, to change anything `admin`
    (METRICS, re.compile(r"/metrics.*", re.DOTALL)),  # routes take a line break at the end too
    (ADMIN, re.compile(r"/api/v1/webhooks.*", re.DOTALL)),
    (REVIEW, re.compile(r"/api/v1/alerts/[^/]+/reviews")),
)
_SAFE = ("GET", "HEAD", "OPTIONS")


class Refusal(NamedTuple):
    """An answer in the place of the route's."""

    status: int
    detail: str
    headers: dict[str, str]


_KEYLESS = Refusal(
    401,
    "give a key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
    {"WWW-Authenticate": 'Bearer realm="cablewatch"'},
)
_UNKNOWN = Refusal(
    401,
    "this key is unknown, revoked or expired",
    {"WWW-Authenticate": 'Bearer realm="cablewatch", error="invalid_token"'},
)


def scope_of(method: str, path: str) -> str | None:
    """The scope that a request asks for; None for what is open.

    >>> scope_of("GET", "/health"), scope_of("GET", "/api/v1/alerts"), scope_of("PUT", "/new")
    (None, 'read', 'admin')
    >>> scope_of("POST", "/api/v1/alerts/a/reviews"), scope_of("GET", "/api/v1/alerts/a/reviews")
    ('review', 'read')
    """
    safe = method in _SAFE
    if safe and OPEN.fullmatch(path):
        return None
    found = next((scope for scope, paths in _SCOPES if paths.fullmatch(path)), None)
    if found is None or (safe and found == REVIEW):
        return READ if safe else ADMIN
    return found


def allows(scopes: Iterable[str], needed: str) -> bool:
    """Whether one of the scopes of a key allows what is needed."""
    return any(needed in GRANTS.get(scope, ()) for scope in scopes)


class Access:
    """Lets requests pass that may, as often as they may.

    An answer that goes on asks `holds` in the state of its request, which is None without a key.
    """

    def __init__(self, app: ASGIApp, keyring: Keyring, settings: Settings) -> None:
        self.app = app
        self.keyring = keyring
        self.requests = Windows(settings.requests_per_minute)
        self.failures = Windows(settings.failures_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the caller's name in its state, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        address = network_of((scope.get("client") or ("",))[0])
        token = _token(Headers(scope=scope))
        key = None if token is None else self.keyring.known(token)
        standing = self.requests.admit(_caller(key) or address)
        if key is None and token is not None and standing.admitted:
            try:
                key = await self.keyring.find(token)
            except StoreError as error:
                await refuse_error(scope, send, error)
                return
            if key is not None:
                standing = self.requests.admit(_caller(key))
        counted = _counting(send, standing, self.requests.limit)
        refused = self._refusal(scope, key, token, address, standing)
        if refused is None:
            state = scope.setdefault("state", {})
            state["caller"] = None if key is None else key.name
            state["holds"] = None if token is None or key is None else self._holds(token, key)
            await self.app(scope, receive, counted)
        else:
            await refuse(scope, counted, *refused)

    def _holds(self, token: str, key: Key) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            try:
                return (self.keyring.known(token) or await self.keyring.find(token)) is not None
            except StoreError:  # who had a key may stay until it expires
                return key.holds(now_ms())

        return holds

    def _refusal(
        self, scope: Scope, key: Key | None, token: str | None, address: str, standing: Standing
    ) -> Refusal | None:
        """Why a request may not pass; None if it may."""
        needed = scope_of(scope["method"], scope["path"])
        if not standing.admitted:
            return _too_often(standing)
        if key is None and token is not None:
            failed = self.failures.admit(address)
            return _UNKNOWN if failed.admitted else _too_often(failed)
        if needed is None or (key is not None and allows(key.scopes, needed)):
            return None
        return _KEYLESS if key is None else _beyond(needed)


def _caller(key: Key | None) -> str:
    return "" if key is None else f"key {key.id}"


def _token(headers: Headers) -> str | None:
    """The key that a request says; an empty one counts as wrong, not as none."""
    said = headers.get("authorization")
    if said is None:
        return headers.get("x-api-key")
    scheme, _, token = said.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _counting(send: Send, standing: Standing, limit: int) -> Send:
    """Say with the answer what is left (draft-ietf-httpapi-ratelimit-headers-10)."""

    async def counted(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["RateLimit-Policy"] = f'"requests";q={limit};w={WINDOW_S}'
            headers["RateLimit"] = f'"requests";r={standing.left};t={math.ceil(standing.seconds)}'
        await send(message)

    return counted


def _too_often(standing: Standing) -> Refusal:
    headers = {"Retry-After": str(math.ceil(standing.seconds))}
    return Refusal(429, "too many requests; wait as Retry-After says", headers)


def _beyond(needed: str) -> Refusal:
    challenge = f'Bearer realm="cablewatch", error="insufficient_scope", scope="{needed}"'
    detail = f"this asks for a key of the scope {needed}"
    return Refusal(403, detail, {"WWW-Authenticate": challenge})
