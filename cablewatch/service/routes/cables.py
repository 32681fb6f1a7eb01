"""``/api/v1/cables`` and ``/api/v1/run``: what the alerts were made with."""

from typing import Any

from fastapi import APIRouter, Depends, Request

from cablewatch.output.text import now
from cablewatch.service.errors import problems
from cablewatch.service.parameters import known_parameters
from cablewatch.service.routes import (
    Folder,
    GeoJSONResponse,
    TaggedJSONResponse,
    link,
)
from cablewatch.service.schemas import CableCollection, Run

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])

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
    responses=problems(422, 503),
)
def list_cables(request: Request, folder: Folder) -> Any:
    """List the routes the alerts were made with, and whom they are owed to."""
    attribution, features = folder.cables()
    return GeoJSONResponse(
        {
            "type": "FeatureCollection",
            "attribution": attribution,
            "note": NOTE,
            "numberMatched": len(features),
            "numberReturned": len(features),
            "timeStamp": now(),
            "links": [link(request.url.path, "self", "this document")],
            "features": [{"id": f["properties"]["id"], **f} for f in features],
        }
    )


@router.get(
    "/run",
    operation_id="getRun",
    summary="What was run to fill the store",
    tags=["service"],
    response_model=Run,
    responses=problems(422, 503),
)
def run(folder: Folder) -> Any:
    """Say what was replayed, whether all of it was read, and which positions are modelled."""
    return TaggedJSONResponse(folder.run().as_json())
