"""The application: routes over one store folder, with what holds for every answer.

Routes that read files or databases are plain functions, which run in worker threads; ``/health``
alone is a coroutine, so that no number of blocked readers delays it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.types import ASGIApp

from cablewatch.places import Place
from cablewatch.service.document import complete
from cablewatch.service.errors import add_handlers
from cablewatch.service.folder import StoreFolder
from cablewatch.service.guard.documented import describe
from cablewatch.service.guard.middleware import add_middleware, outermost
from cablewatch.service.metrics import Metrics, StoreCollector
from cablewatch.service.routes import (
    alerts,
    cables,
    crossings,
    feeds,
    health,
    metrics,
    ogc,
    page,
    replays,
    reviews,
    streams,
    vessels,
    webhooks,
)
from cablewatch.service.settings import Settings
from cablewatch.service.static import PackedFiles
from cablewatch.service.troubles import Troubles
from cablewatch.service.webhooks.destinations import Destinations
from cablewatch.service.webhooks.sender import sending
from cablewatch.stores.sql.engines import Bounds

READERS = 4  # threads; each that makes a long track holds the interpreter for 5 ms at a time

DESCRIPTION = """Alerts on ships that threaten undersea cables, with the evidence for each.

GeoJSON, longitude before latitude, WGS 84. Times are RFC 3339 in UTC. Figures that are not
available are `null`. Errors are problem details (RFC 9457). Every GET may be a HEAD, and answers
with an `ETag` can be asked for with `If-None-Match`. Routes of cables are approximate; each
collection carries their `attribution`."""


class Service(FastAPI):
    """FastAPI whose OpenAPI document also tells of problems, events and keys, with examples."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            made = super().openapi()
            complete(made)
            describe(made, self.state.settings, self.state.names is not None)
        assert self.openapi_schema is not None
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        """Return the application with what every answer passes, of failures too."""
        return outermost(super().build_middleware_stack(), self.state.metrics, self.state.settings)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Let no crowd of readers, or of clients that are gone, keep ``/health`` from its turn.

    ``app.state.stopping`` is set when the server begins to end: streams end with it.
    """
    current_default_thread_limiter().total_tokens = READERS
    app.state.stopping = asyncio.Event()
    async with sending(app):
        yield
    app.state.stopping.set()


def create_app(
    store: Place, names: Sequence[str] | None = None, settings: Settings | None = None
) -> FastAPI:
    """Make the service over the store folder `store`.

    A folder that holds no alerts, or a damaged file, is answered with problems (503).

    Parameters
    ----------
    names : sequence of str, optional
        Names that requests may call the host by; without it any.
    settings : Settings, optional
        Bounds, keys and the like; the defaults if not given. Where to listen is not used.

    Raises
    ------
    StoreError
        There is no such folder.
    """
    app = Service(
        title="cablewatch",
        version=version("cablewatch"),
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0; routes of cables as their attribution says"},
        openapi_url=None,  # the route of ours has an ETag; the pages load from other hosts
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,  # a redirect repeats what the request made up
    )
    app.state.settings = settings or Settings()
    app.state.names = names
    said = app.state.settings
    bounds = Bounds(said.lock_seconds, said.statement_seconds)
    app.state.folder = StoreFolder(store, _url(said), bounds)
    app.state.troubles = Troubles()
    app.state.destinations = Destinations(said.webhook_hosts, said.webhook_ports)
    app.state.metrics = Metrics()
    app.state.metrics.registry.register(StoreCollector(app.state.folder))
    add_middleware(app, app.state.settings, names)
    add_handlers(app)
    for routes in (
        alerts,
        vessels,
        cables,
        crossings,
        feeds,
        reviews,
        replays,
        streams,
        webhooks,
        ogc,
        health,
        page,
    ):
        app.include_router(routes.router)
    if app.state.settings.metrics:
        app.include_router(metrics.router)
    app.mount("/assets", PackedFiles(directory=page.ASSETS), name="assets")
    return app


def _url(settings: Settings) -> str | None:
    """URL of the database of alerts; None where they are in the store folder."""
    url = settings.database_url
    return url.get_secret_value() if url else None
