"""Everything a request passes on its way to a route, in the order it does."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from cablewatch.service.errors import misdirected
from cablewatch.service.guard.bounds import BodyBound, TimeBound
from cablewatch.service.guard.observed import Observed
from cablewatch.service.http import Conditional, OwnNames, Packed, SecurityHeaders
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
    ),
    "expose_headers": ("ETag", "Link", "Location", "Retry-After", "X-Request-ID"),
}
"""What pages of the origins in the settings may send and read."""


def outermost(app: ASGIApp, metrics: Metrics) -> ASGIApp:
    """What every answer passes, those to unforeseen errors too."""
    return Observed(SecurityHeaders(app), metrics)


def add_middleware(app: FastAPI, settings: Settings, names: Sequence[str] | None) -> None:
    """Put between that and the routes what may refuse a request, and what packs its answer."""
    inwards: list[tuple[Any, dict[str, Any]] | None] = [
        (OwnNames, {"names": names, "refusal": misdirected}) if names is not None else None,
        (CORSMiddleware, {"allow_origins": settings.cors_origins, **CORS})
        if settings.cors_origins
        else None,
        (BodyBound, {"most": settings.max_body_bytes}),
        (TimeBound, {"seconds": settings.request_seconds}),
        (Conditional, {}),
        (Packed, {}),
    ]
    for kind, options in reversed([step for step in inwards if step is not None]):
        app.add_middleware(kind, **options)  # the last added is the outermost
