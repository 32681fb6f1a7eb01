"""``/api/v1/cables`` and ``/api/v1/run``: what the alerts were made with, and what came of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from cablewatch.output.text import now
from cablewatch.service.cable_schemas import CableWithStatistics
from cablewatch.service.days import cable_days
from cablewatch.service.errors import NotFoundError, problems
from cablewatch.service.parameters import interval_ms, known_parameters
from cablewatch.service.routes import (
    Folder,
    GeoJSONResponse,
    TaggedJSONResponse,
    link,
)
from cablewatch.service.schemas import CableCollection, Run

router = APIRouter(prefix="/api/v1", dependencies=[Depends(known_parameters)])

CableId = Annotated[str, Path(max_length=200, description="Of the cable.")]
Interval = Annotated[
    str | None,
    Query(
        alias="datetime",
        max_length=100,
        description="At this time or within an interval: `t`, `a/b`, `../b`, `a/..`; RFC 3339.",
    ),
]
NOTE = (
    "Routes are approximate and not for navigation: position_class and position_uncertainty_m "
    "of each feature say how far the cable may lie from its line."
)


def route_of(folder: Folder, cable_id: str) -> tuple[str, dict[str, Any]]:
    """Attribution and feature of a cable; NotFoundError where it is none of the store's."""
    attribution, features = folder.cables()
    for feature in features:
        if feature["properties"]["id"] == cable_id:
            return attribution, {"id": cable_id, **feature}
    raise NotFoundError("cable_id", "no such cable", "take ids from /api/v1/cables")


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
    "/cables/{cable_id}",
    operation_id="getCable",
    summary="A cable, and what happened at it by day",
    tags=["cables"],
    response_model=CableWithStatistics,
    response_class=GeoJSONResponse,
    responses=problems(404, 422, 503),
)
def get_cable(folder: Folder, cable_id: CableId, span: Interval = None) -> Any:
    """Return the route of a cable, with its crossings and alerts by UTC day.

    A day without any is left out. Alerts count on the day they were raised, by what they are now.
    """
    attribution, feature = route_of(folder, cable_id)
    start_ms, end_ms = (None, None) if span is None else interval_ms(span)
    days = cable_days(folder, cable_id, start_ms, end_ms)
    return GeoJSONResponse(
        {
            **feature,
            "attribution": attribution,
            "note": NOTE,
            "statistics": {
                "crossings": sum(day["crossings"] for day in days),
                "alerts": sum(said["count"] for day in days for said in day["alerts"]),
                "days": days,
            },
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
