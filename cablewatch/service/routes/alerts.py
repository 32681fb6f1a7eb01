"""``/api/v1/alerts``."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from cablewatch.alerts.formats import feature
from cablewatch.alerts.records import properties
from cablewatch.output.text import epoch_ms, now
from cablewatch.service.errors import NotFoundError, problems
from cablewatch.service.parameters import AlertQuery, known_parameters
from cablewatch.service.routes import Folder, GeoJSONResponse, here, link
from cablewatch.service.routes.reviews import entry
from cablewatch.service.schemas import AlertCollection, AlertWithHistory
from cablewatch.service.timeline import timeline

router = APIRouter(
    prefix="/api/v1/alerts",
    tags=["alerts"],
    default_response_class=GeoJSONResponse,
    dependencies=[Depends(known_parameters)],
)


@router.get(
    "",
    operation_id="listAlerts",
    summary="Alerts, newest raised or gravest first",
    response_model=AlertCollection,
    responses=problems(422, 503),
)
def list_alerts(request: Request, folder: Folder, query: Annotated[AlertQuery, Query()]) -> Any:
    """List current versions of alerts, or those of a time.

    Pages follow the link `next`; alerts that arrive meanwhile neither shift nor double any. In
    other orders than by `raised`, one that changes meanwhile may be missed or come twice.
    """
    as_of_ms = None if query.as_of is None else epoch_ms(query.as_of)
    found = folder.alerts.latest(query.wanted(), query.sort, query.limit, query.cursor, as_of_ms)
    links = [link(here(request), "self", "this page")]
    if found.cursor is not None:
        links.append(link(here(request, cursor=found.cursor), "next", "the next page"))
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
            "reviews": [entry(review) for review in folder.reviews().of(alert_id)],
        }
    )


def _marked(made: dict[str, Any], origin: str | None) -> dict[str, Any]:
    """The feature of an alert, with where its positions come from."""
    made["properties"]["modelled"] = origin
    return made
