"""``/api/v1/alerts``."""

import base64
import hashlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from cablewatch.alerts.cap import cap
from cablewatch.alerts.cot import cot
from cablewatch.alerts.formats import marked_feature
from cablewatch.alerts.model import Alert
from cablewatch.alerts.records import properties
from cablewatch.output.text import epoch_ms, now
from cablewatch.places import Place
from cablewatch.service.errors import NotFoundError, problems
from cablewatch.service.folder import StoreFolder
from cablewatch.service.parameters import AlertQuery, known_parameters
from cablewatch.service.routes import TEXT, Folder, GeoJSONResponse, TaggedResponse, here, link
from cablewatch.service.routes.reviews import entry
from cablewatch.service.schemas import AlertCollection, AlertWithHistory
from cablewatch.service.timeline import timeline

router = APIRouter(
    prefix="/api/v1/alerts",
    tags=["alerts"],
    default_response_class=GeoJSONResponse,
    dependencies=[Depends(known_parameters)],
)
XML_TYPES = {"cap": "application/cap+xml", "cot": "application/xml"}
HTML = "text/html"


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
            "features": [marked_feature(a, folder.origin(run, a)) for a in found.alerts],
        }
    )


@router.get(
    "/{alert_id}",
    operation_id="getAlert",
    summary="One alert with its history",
    response_model=AlertWithHistory,
    responses={
        200: {"content": dict.fromkeys((*XML_TYPES.values(), HTML), TEXT)},
        **problems(404, 422, 503),
    },
)
def get_alert(
    folder: Folder,
    alert_id: Annotated[str, Path(max_length=200, description="Of the alert.")],
    f: Annotated[
        Literal["geojson", "cap", "cot", "report"],
        Query(
            description="GeoJSON; or the current version as Common Alerting Protocol 1.2 or "
            "Cursor-on-Target, which needs a position; or the report that was made of it."
        ),
    ] = "geojson",
) -> Any:
    """Return the current version of an alert, every version before it, and what they tell."""
    alert = folder.alerts.get(alert_id)
    if alert is None:
        raise NotFoundError("alert_id", "no such alert", "take ids from /api/v1/alerts")
    report = folder.report(alert.id)
    if f == "report":
        return _page(report)
    versions = folder.alerts.history(alert_id)
    if f != "geojson":
        return _xml(folder, f, alert, [version.alert for version in versions])
    return GeoJSONResponse(
        {
            **marked_feature(alert, folder.origin(folder.run(), alert)),
            "attribution": folder.cables()[0],
            "history": [
                {"version": v.number, "hash": v.hash, "properties": properties(v.alert)}
                for v in versions
            ],
            "timeline": timeline(versions),
            "reviews": [entry(review) for review in folder.reviews().of(alert_id)],
            "reported": report is not None,
        }
    )


def _page(made: Place | None) -> Response:
    """A report as it was made, which may load and run nothing but the one style sheet in it."""
    if made is None:
        do = "make one with 'cablewatch report ALERT --store STORE --out STORE'"
        raise NotFoundError("f", "no report of this alert was made", do)
    report = made.read_bytes()
    sheet = report.partition(b"<style>")[2].partition(b"</style>")[0]
    digest = base64.b64encode(hashlib.sha256(sheet).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; sandbox"
    )
    return TaggedResponse(report, media_type=HTML, headers={"Content-Security-Policy": policy})


def _xml(
    folder: StoreFolder, form: Literal["cap", "cot"], alert: Alert, versions: list[Alert]
) -> Response:
    origin = folder.origin(folder.run(), alert)
    if form == "cap":
        body: bytes | None = cap(versions, alert.review, origin is not None)
    else:
        body = cot(alert, origin)
    if body is None:
        raise NotFoundError("f", "the alert has no position", "take it as geojson or cap")
    return TaggedResponse(body, media_type=XML_TYPES[form])
