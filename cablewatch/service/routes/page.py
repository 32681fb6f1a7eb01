"""The map at ``/``, drawn from the API with no other host, and the document of the API.

The map is built from ``web/`` into the assets; where it is not, a short page says how to get it.
The settings of tiles stand in its head, for the page draws with them before it asks for anything.
"""

from html import escape
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from cablewatch.service.parameters import known_parameters
from cablewatch.service.routes import TEXT, TaggedJSONResponse, TaggedResponse
from cablewatch.service.settings import Settings

router = APIRouter(tags=["service"])
ASSETS = Path(__file__).parent.parent / "assets"


@router.get(
    "/",
    operation_id="getPage",
    summary="The map",
    response_class=HTMLResponse,
    responses={200: {"description": "HTML", "content": {"text/html": TEXT}}},
)
def page(request: Request) -> TaggedResponse:
    """Show cables, ships and alerts on a map with time, from this API."""
    built = ASSETS / "map/index.html"
    shown = built if built.is_file() else ASSETS / "no-map.html"
    text = shown.read_text(encoding="utf-8")
    settings: Settings = request.app.state.settings
    for name, value in (("tiles", settings.tiles), ("tiles-credit", settings.tiles_credit)):
        empty, said = (f'name="{name}" content="{escape(one)}"' for one in ("", value or ""))
        text = text.replace(empty, said)
    return TaggedResponse(text.encode(), media_type="text/html")


@router.get("/openapi.json", include_in_schema=False, dependencies=[Depends(known_parameters)])
async def document(request: Request) -> TaggedJSONResponse:
    """Describe every route, parameter and answer."""
    return TaggedJSONResponse(request.app.openapi())
