"""The page at ``/``: cables, tracks and alerts drawn from the API, with no other host."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

router = APIRouter(tags=["service"])
ASSETS = Path(__file__).parent.parent / "assets"


@router.get(
    "/",
    operation_id="getPage",
    summary="The page",
    response_class=FileResponse,
    responses={200: {"description": "HTML", "content": {"text/html": {}}}},
)
def page() -> FileResponse:
    """Draw cables, tracks and alerts as SVG from this API."""
    return FileResponse(ASSETS / "index.html", media_type="text/html")
