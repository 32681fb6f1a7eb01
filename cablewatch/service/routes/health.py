"""``/health``."""

from fastapi import APIRouter, Request

from cablewatch.service.schemas import Health

router = APIRouter(tags=["service"])


@router.get("/health", operation_id="getHealth", summary="A sign of life")
async def health(request: Request) -> Health:
    """Answer without touching the store, whatever else the service is busy with."""
    return Health(status="ok", version=request.app.version)
