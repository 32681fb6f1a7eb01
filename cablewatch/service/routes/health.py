"""``/health`` and ``/ready``: whether the service lives, and whether it can answer."""

import logging

from fastapi import APIRouter, Depends, HTTPException, Request

from cablewatch.service.errors import RETRY, problems
from cablewatch.service.parameters import known_parameters
from cablewatch.service.routes import Folder
from cablewatch.service.schemas import Health, Ready

router = APIRouter(tags=["service"], dependencies=[Depends(known_parameters)])
log = logging.getLogger(__name__)


@router.get("/health", operation_id="getHealth", summary="A sign of life", responses=problems(422))
async def health(request: Request) -> Health:
    """Answer without touching the store, whatever else the service is busy with."""
    return Health(status="ok", version=request.app.version)


@router.get(
    "/ready",
    operation_id="getReady",
    summary="Whether the store can be read",
    responses=problems(422, 503),
)
def ready(request: Request, folder: Folder) -> Ready:
    """Look whether alerts, routes, run and ships can be read; else say of each what to do."""
    failures = folder.failures()
    for error in failures.values():
        if request.app.state.troubles.is_new(error):
            log.error("not ready: %s", error)
    if failures:
        reasons = "; ".join(f"{name}: {error.do}" for name, error in failures.items())
        raise HTTPException(503, f"not ready; {reasons}", RETRY)
    return Ready(status="ready")
