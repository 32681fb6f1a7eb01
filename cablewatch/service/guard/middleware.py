"""Everything a request passes on its way to a route, from the outside in."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from cablewatch.service.errors import misdirected
from cablewatch.service.guard.bounds import BodyBound, TimeBound
from cablewatch.service.http import Conditional, OwnNames
from cablewatch.service.settings import Settings

GZIP_FROM_BYTES = 1024


def add_middleware(app: FastAPI, settings: Settings, names: Sequence[str] | None) -> None:
    """Put everything in its place; the headers of every answer are outside of all of it."""
    inwards: list[tuple[Any, dict[str, Any]] | None] = [
        (OwnNames, {"names": names, "refusal": misdirected}) if names is not None else None,
        (BodyBound, {"most": settings.max_body_bytes}),
        (TimeBound, {"seconds": settings.request_seconds}),
        (Conditional, {}),
        (GZipMiddleware, {"minimum_size": GZIP_FROM_BYTES}),
    ]
    for kind, options in reversed([step for step in inwards if step is not None]):
        app.add_middleware(kind, **options)  # the last added is the outermost
