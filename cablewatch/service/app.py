"""The application: routes over one store folder, with the headers every answer carries.

Routes that read files or databases are plain functions, which run in worker threads; ``/health``
alone is a coroutine, so that no number of blocked readers delays it.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cablewatch.service.errors import add_handlers, problem_schemas
from cablewatch.service.folder import StoreFolder
from cablewatch.service.routes import alerts, cables, health, page, vessels

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
GZIP_FROM_BYTES = 1024

DESCRIPTION = """Alerts on ships that threaten undersea cables, with the evidence for each.

GeoJSON, longitude before latitude, WGS 84. Times are RFC 3339 in UTC. Figures that are not
available are `null`. Errors are problem details (RFC 9457). Routes of cables are approximate and
owed to OpenStreetMap contributors (ODbL 1.0)."""


class Service(FastAPI):
    """FastAPI whose OpenAPI document also holds the schemas of problem details."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            super().openapi()["components"]["schemas"].update(problem_schemas())
        assert self.openapi_schema is not None
        return self.openapi_schema


class SecurityHeaders:
    """ASGI middleware that adds :data:`SECURITY_HEADERS` to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; headers go out with the start of the answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self.app(scope, receive, with_headers)


def create_app(store: Path) -> FastAPI:
    """Make the service over the store folder `store`.

    Whatever the folder lacks (alerts, tracks, vessels, cables, run) is answered as empty, and is
    seen as soon as it is there.

    Raises
    ------
    StoreError
        There is no such folder.
    """
    app = Service(
        title="cablewatch",
        version=version("cablewatch"),
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0; routes of cables ODbL-1.0"},
        docs_url=None,  # these pages load scripts from other hosts
        redoc_url=None,
        redirect_slashes=False,  # a redirect repeats what the request made up
    )
    app.state.folder = StoreFolder(store)
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES)
    app.add_middleware(SecurityHeaders)
    add_handlers(app)
    for routes in (alerts, vessels, cables, health, page):
        app.include_router(routes.router)
    app.mount("/assets", StaticFiles(directory=page.ASSETS), name="assets")
    return app
