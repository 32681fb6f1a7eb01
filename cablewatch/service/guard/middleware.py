"""Everything a request passes on its way to a route, in the order it does."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from cablewatch.service.errors import misdirected
from cablewatch.service.folder import StoreFolder
from cablewatch.service.guard.access import Access
from cablewatch.service.guard.bounds import BodyBound, TimeBound
from cablewatch.service.guard.keyring import Keyring
from cablewatch.service.guard.observed import HEADER, Observed
from cablewatch.service.http import Conditional, OwnNames, OwnPages, Packed, SecurityHeaders
from cablewatch.service.metrics import Metrics
from cablewatch.service.settings import Settings

CORS = {
    "allow_methods": ("GET", "HEAD", "POST", "DELETE"),
    "allow_headers": (
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-None-Match",
        "Last-Event-ID",
        "X-API-Key",
        HEADER,
    ),
    "expose_headers": (
        "ETag",
        "Link",
        "Location",
        "RateLimit",
        "RateLimit-Policy",
        "Retry-After",
        HEADER,
    ),
}
"""What pages of the origins in the settings may send and read."""


def outermost(app: ASGIApp, metrics: Metrics, settings: Settings) -> ASGIApp:
    """What every answer passes, those to unforeseen errors too."""
    return Observed(SecurityHeaders(app, settings.tiles_origin), metrics)


def add_middleware(app: FastAPI, settings: Settings, names: Sequence[str] | None) -> None:
    """Put between that and the routes what may refuse a request, and what packs its answer."""
    folder: StoreFolder = app.state.folder
    origins = settings.cors_origins
    keyring = Keyring(lambda token: folder.keys.check(token))
    inwards: list[tuple[Any, dict[str, Any], bool]] = [
        (OwnNames, {"names": names, "refusal": misdirected}, names is not None),
        (OwnPages, {"origins": origins}, True),
        (CORSMiddleware, {"allow_origins": origins, **CORS}, bool(origins)),  # asked without a key
        (Access, {"keyring": keyring, "settings": settings}, settings.exposed),
        (BodyBound, {"most": settings.max_body_bytes}, True),
        (TimeBound, {"seconds": settings.request_seconds}, True),
        (Conditional, {}, True),
        (Packed, {}, True),
    ]
    for kind, options, wanted in reversed(inwards):
        if wanted:
            app.add_middleware(kind, **options)  # the last added is the outermost
