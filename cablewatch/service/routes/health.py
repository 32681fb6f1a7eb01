"""``/health``."""

from fastapi import APIRouter, Depends, Request

from cablewatch.service.errors import problems
from cablewatch.service.parameters import known_parameters
from cablewatch.service.schemas import Health

router = APIRouter(tags=["service"], dependencies=[Depends(known_parameters)])


@router.get("/health", operation_id="getHealth", summary="A sign of life", responses=problems(422))
async def health(request: Request) -> Health:
    """Answer without touching the store, whatever else the service is busy with."""
    return Health(status="ok", version=request.app.version)
