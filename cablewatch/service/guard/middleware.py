"""Everything a request passes on its way to a route, in the order it does."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from cablewatch.service.errors import misdirected
from cablewatch.service.guard.bounds import BodyBound, TimeBound
from cablewatch.service.guard.observed import Observed
from cablewatch.service.http import Conditional, OwnNames, SecurityHeaders
from cablewatch.service.metrics import Metrics
from cablewatch.service.settings import Settings

GZIP_FROM_BYTES = 1024


def outermost(app: ASGIApp, metrics: Metrics) -> ASGIApp:
    """What every answer passes, those to unforeseen errors too."""
    return Observed(SecurityHeaders(app), metrics)


def add_middleware(app: FastAPI, settings: Settings, names: Sequence[str] | None) -> None:
    """Put between that and the routes what may refuse a request, and what packs its answer."""
    inwards: list[tuple[Any, dict[str, Any]] | None] = [
        (OwnNames, {"names": names, "refusal": misdirected}) if names is not None else None,
        (BodyBound, {"most": settings.max_body_bytes}),
        (TimeBound, {"seconds": settings.request_seconds}),
        (Conditional, {}),
        (GZipMiddleware, {"minimum_size": GZIP_FROM_BYTES}),
    ]
    for kind, options in reversed([step for step in inwards if step is not None]):
        app.add_middleware(kind, **options)  # the last added is the outermost
