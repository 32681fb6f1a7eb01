"""``/api/v1/alerts``."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from cablewatch.render import ATTRIBUTION, feature, feature_collection, properties
from cablewatch.service.errors import NotFoundError, problems
from cablewatch.service.routes import Folder, GeoJSONResponse, link, now
from cablewatch.service.schemas import AlertCollection, AlertWithHistory, Kind, Severity, State

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"], default_response_class=GeoJSONResponse)

MAX_LIMIT = 1000


@router.get(
    "",
    operation_id="listAlerts",
    summary="Alerts, newest raised first",
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
        str | None, Query(max_length=200, description="Id of a cable that was crossed or is next.")
    ] = None,
    state: Annotated[State | None, Query(description="In this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Alerts on a page.")] = 100,
    cursor: Annotated[
        str | None, Query(max_length=500, description="Opaque; from the link `next`.")
    ] = None,
) -> Any:
    """List current versions of alerts.

    Pages follow the link `next`; alerts that arrive meanwhile neither shift nor double any.
    """
    page = folder.page_of_alerts(
        kind=kind,
        severity=severity,
        mmsi=mmsi,
        cable=cable,
        state=state,
        limit=limit,
        cursor=cursor,
    )
    links = [link(_here(request), "self", "this page")]
    if page.cursor is not None:
        links.append(link(_here(request, cursor=page.cursor), "next", "the next page"))
    return GeoJSONResponse(
        feature_collection(
            page.alerts,
            numberMatched=page.matched,
            numberReturned=len(page.alerts),
            timeStamp=now(),
            links=links,
        )
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
    """Return the current version of an alert and every version before it."""
    store = folder.alerts()
    alert = store.get(alert_id) if store is not None else None
    if store is None or alert is None:
        raise NotFoundError("alert_id", "no such alert", "take ids from /api/v1/alerts")
    versions = [
        {"version": v.number, "hash": v.hash, "properties": properties(v.alert)}
        for v in store.history(alert_id)
    ]
    return GeoJSONResponse({**feature(alert), "attribution": ATTRIBUTION, "history": versions})


def _here(request: Request, **changed: str) -> str:
    url = request.url.include_query_params(**changed)
    return f"{url.path}?{url.query}" if url.query else url.path
