"""What holds for every answer: headers, names of the host, coding, HEAD, and what the client has.

A HEAD is answered as a GET without its body. An answer that carries an ``ETag`` the client named in
``If-None-Match`` is 304 without a body (RFC 9110, section 13.1.2).
"""

from collections.abc import Sequence

from brotli_asgi import BrotliMiddleware
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cablewatch.service.errors import refuse
from cablewatch.service.negotiation import preferred

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # caches ask each time whether it holds
}
ROUTED = ("route", "root_path")  # what a router, or a mount, says of where a request went
HEAD = "cablewatch.head"  # of a scope: nobody waits for a body, which need not be made
CODED_FROM_BYTES = 1024
STREAMS = r"/stream$"  # paths of event streams, which are never packed
_WITH_BODY = ("content-length", "content-type", "content-encoding")  # not of a 304


class SecurityHeaders:
    """Adds :data:`SECURITY_HEADERS` to every answer that does not say its own.

    A page may ask `tiles`, an origin, beside the service.
    """

    def __init__(self, app: ASGIApp, tiles: str | None) -> None:
        self.app = app
        self.headers = dict(SECURITY_HEADERS)
        if tiles:
            self.headers["Content-Security-Policy"] += f"; connect-src 'self' {tiles}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; headers go out with the start of the answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers)


class OwnNames:
    """Refuses requests under a name that is not ours, as a page of another site would send them.

    A browser that is led to believe that a foreign name means this machine (DNS rebinding) still
    says the foreign name in ``Host``.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str], refusal: ASGIApp) -> None:
        self.app = app
        self.names = frozenset(names)
        self.refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it calls this service by one of its names."""
        foreign = scope["type"] == "http" and host_name(Headers(scope=scope)) not in self.names
        await (self.refusal if foreign else self.app)(scope, receive, send)


class OwnPages:
    """Refuses changes (403) that a page of another site asks for.

    A page may send some requests anywhere, and an open service on this machine would obey; but its
    browser says where it comes from in ``Origin``.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self.app = app
        self.origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless it would change something for a foreign page."""
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            own = (None, f"http://{headers.get('host')}", f"https://{headers.get('host')}")
            if origin not in own and origin not in self.origins:
                await refuse(scope, send, 403, "pages of this origin may change nothing here")
                return
        await self.app(scope, receive, send)


def host_name(headers: Headers) -> str:
    """Name in ``Host``, without port and brackets."""
    host = headers.get("host", "")
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


class Packed:
    """Packs answers as the client likes best: Brotli, gzip or not at all.

    What packs itself, as blocks of replays do, goes out as it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._coders: dict[str | None, ASGIApp] = {
            "br": BrotliMiddleware(
                app,
                minimum_size=CODED_FROM_BYTES,
                gzip_fallback=False,
                excluded_handlers=[STREAMS],
            ),
            "gzip": GZipMiddleware(app, CODED_FROM_BYTES),
        }
        self._plain = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on through the coder that it asks for."""
        if scope["type"] != "http":
            await self._plain(scope, receive, send)
            return
        asked = Headers(scope=scope).get("accept-encoding", "identity")
        coder = self._coders.get(preferred(asked, ("br", "gzip", "identity")), self._plain)

        async def varied(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "accept-encoding" not in headers.get("vary", "").lower():
                    headers.add_vary_header("Accept-Encoding")
            await send(message)

        await coder(scope, receive, varied)


class Conditional:
    """Answers HEAD, and says 304 where the client has the answer already."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as a GET; hold the body back where none is due."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        wanted = Headers(scope=scope).get("if-none-match")
        bodiless = scope["method"] == "HEAD"

        async def shortened(message: Message) -> None:
            nonlocal bodiless
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if message["status"] == 200 and matches(wanted, headers.get("etag")):
                    bodiless = True
                    message = {**message, "status": 304}
                    for name in _WITH_BODY:
                        del headers[name]
            elif bodiless:
                message = {**message, "body": b""}
            await send(message)

        inner = {**scope, "method": "GET", HEAD: bodiless}
        try:
            await self.app(inner, receive, shortened)
        finally:
            scope.update({name: inner.get(name) for name in ROUTED})  # for those outside


def matches(wanted: str | None, tag: str | None) -> bool:
    """Whether ``If-None-Match`` names an ``ETag``, strong or weak."""
    if wanted is None or tag is None:
        return False
    plain = tag.removeprefix("W/")
    return any(one.strip().removeprefix("W/") in (plain, "*") for one in wanted.split(","))
