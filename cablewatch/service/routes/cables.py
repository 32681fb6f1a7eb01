"""``/api/v1/cables`` and ``/api/v1/run``: what the alerts were made with."""

from typing import Any

from fastapi import APIRouter, Request

from cablewatch.render import ATTRIBUTION
from cablewatch.service.errors import problems
from cablewatch.service.routes import Folder, GeoJSONResponse, link, now
from cablewatch.service.schemas import CableCollection, Run

router = APIRouter(prefix="/api/v1")

NOTE = (
    "Routes are approximate and not for navigation: position_class and position_uncertainty_m "
    "of each feature say how far the cable may lie from its line."
)


@router.get(
    "/cables",
    operation_id="listCables",
    summary="Routes of cables",
    tags=["cables"],
    response_model=CableCollection,
    response_class=GeoJSONResponse,
    responses=problems(503),
)
def list_cables(request: Request, folder: Folder) -> Any:
    """List the routes the alerts were made with, owed to OpenStreetMap contributors."""
    features = folder.cables()
    return GeoJSONResponse(
        {
            "type": "FeatureCollection",
            "attribution": ATTRIBUTION,
            "note": NOTE,
            "numberMatched": len(features),
            "numberReturned": len(features),
            "timeStamp": now(),
            "links": [link(request.url.path, "self", "this document")],
            "features": features,
        }
    )


@router.get(
    "/run",
    operation_id="getRun",
    summary="What was run to fill the store",
    tags=["service"],
    responses=problems(503),
)
def run(folder: Folder) -> Run:
    """Say what is recorded, what is reconstructed, and over which time."""
    return Run.model_validate(folder.run())
