"""``/health``."""

from fastapi import APIRouter, Depends, Request

from cablewatch.service.errors import known_parameters, problems
from cablewatch.service.schemas import Health

router = APIRouter(tags=["service"], dependencies=[Depends(known_parameters)])


@router.get("/health", operation_id="getHealth", summary="A sign of life", responses=problems(422))
async def health(request: Request) -> Health:
    """Answer without touching the store, whatever else the service is busy with."""
    return Health(status="ok", version=request.app.version)
