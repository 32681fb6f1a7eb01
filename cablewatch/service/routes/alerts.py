"""``/api/v1/alerts``."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AwareDatetime

from cablewatch.errors import UsageError
from cablewatch.render import epoch_ms, feature, properties
from cablewatch.service.errors import NotFoundError, known_parameters, problems
from cablewatch.service.routes import Folder, GeoJSONResponse, link, now
from cablewatch.service.schemas import (
    AlertCollection,
    AlertWithHistory,
    Kind,
    Severity,
    Sort,
    State,
)
from cablewatch.service.timeline import timeline

router = APIRouter(
    prefix="/api/v1/alerts",
    tags=["alerts"],
    default_response_class=GeoJSONResponse,
    dependencies=[Depends(known_parameters)],
)

MAX_LIMIT = 1000


@router.get(
    "",
    operation_id="listAlerts",
    summary="Alerts, newest raised or gravest first",
    response_model=AlertCollection,
    responses=problems(422, 503),
)
def list_alerts(
    request: Request,
    folder: Folder,
    kind: Annotated[Kind | None, Query(description="Of this kind.")] = None,
    severity: Annotated[Severity | None, Query(description="Of at least this severity.")] = None,
    mmsi: Annotated[int | None, Query(ge=1, le=999_999_999, description="Of this ship.")] = None,
    cable: Annotated[
        str | None, Query(max_length=200, description="Id of a cable that was met or is next.")
    ] = None,
    state: Annotated[State | None, Query(description="In this state.")] = None,
    start: Annotated[
        AwareDatetime | None,
        Query(alias="from", description="Last updated at this time or later; RFC 3339."),
    ] = None,
    end: Annotated[
        AwareDatetime | None,
        Query(alias="to", description="Raised at this time or earlier; RFC 3339."),
    ] = None,
    bbox: Annotated[
        str | None,
        Query(
            max_length=200,
            description="West,south,east,north in degrees: the excerpt of the track meets it; "
            "west > east crosses longitude 180.",
        ),
    ] = None,
    sort: Annotated[
        Sort, Query(description="Newest raised first, or gravest first and then newest.")
    ] = "raised",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Alerts on a page.")] = 100,
    cursor: Annotated[
        str | None, Query(max_length=500, description="Opaque; from the link `next`.")
    ] = None,
) -> Any:
    """List current versions of alerts.

    Pages follow the link `next`; alerts that arrive meanwhile neither shift nor double any. Ranked
    by severity, one whose severity changes meanwhile may be missed or come twice.
    """
    if start is not None and end is not None and start > end:
        raise UsageError("from", "it is later than 'to'", "give a time not later than 'to'")
    found = folder.alerts.latest(
        kind=kind,
        severity=severity,
        mmsi=mmsi,
        cable=cable,
        state=state,
        start_ms=None if start is None else epoch_ms(start),
        end_ms=None if end is None else epoch_ms(end),
        bbox=None if bbox is None else _bbox(bbox),
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    links = [link(_here(request), "self", "this page")]
    if found.cursor is not None:
        links.append(link(_here(request, cursor=found.cursor), "next", "the next page"))
    run = folder.run()
    return GeoJSONResponse(
        {
            "type": "FeatureCollection",
            "attribution": folder.cables()[0],
            "numberMatched": found.matched,
            "numberReturned": len(found.alerts),
            "timeStamp": now(),
            "links": links,
            "features": [_marked(feature(a), folder.origin(run, a)) for a in found.alerts],
        }
    )


@router.get(
    "/{alert_id}",
    operation_id="getAlert",
    summary="One alert with its history",
    response_model=AlertWithHistory,
    responses=problems(404, 422, 503),
)
def get_alert(
    folder: Folder, alert_id: Annotated[str, Path(max_length=200, description="Of the alert.")]
) -> Any:
    """Return the current version of an alert, every version before it, and what they tell."""
    alert = folder.alerts.get(alert_id)
    if alert is None:
        raise NotFoundError("alert_id", "no such alert", "take ids from /api/v1/alerts")
    versions = folder.alerts.history(alert_id)
    return GeoJSONResponse(
        {
            **_marked(feature(alert), folder.origin(folder.run(), alert)),
            "attribution": folder.cables()[0],
            "history": [
                {"version": v.number, "hash": v.hash, "properties": properties(v.alert)}
                for v in versions
            ],
            "timeline": timeline(versions),
        }
    )


def _marked(made: dict[str, Any], origin: str | None) -> dict[str, Any]:
    """The feature of an alert, with where its positions come from."""
    made["properties"]["modelled"] = origin
    return made


def _bbox(text: str) -> tuple[float, float, float, float]:
    do = "give west,south,east,north in degrees, such as 16,55,20,58"
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError("bbox", "not four numbers", do) from None
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
        raise UsageError("bbox", "out of range or south above north", do)
    return west, south, east, north


def _here(request: Request, **changed: str) -> str:
    url = request.url.include_query_params(**changed)
    return f"{url.path}?{url.query}" if url.query else url.path
