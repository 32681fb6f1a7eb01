"""``/api/v1/cables/{cable_id}/crossings``: who crossed a cable, by time or ranked by evidence."""

from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.exceptions import HTTPException

from cablewatch.cables.model import load_cables
from cablewatch.errors import CableError, StoreError, UsageError
from cablewatch.investigation.case import ERROR_KM
from cablewatch.investigation.ranking import Findings
from cablewatch.investigation.records import collection
from cablewatch.output.text import now
from cablewatch.service.cable_schemas import CrossingCollection, RankedCollection
from cablewatch.service.errors import problems
from cablewatch.service.ogc import query as ogc
from cablewatch.service.ogc.crossings import crossings
from cablewatch.service.parameters import MAX_LIMIT, interval_ms, known_parameters
from cablewatch.service.routes import Folder, GeoJSONResponse, here, link
from cablewatch.service.routes.cables import CableId, Interval, route_of
from cablewatch.stores.folder import ROUTES, TRACKS
from cablewatch.stores.growing import TABLES
from cablewatch.stores.places import on_disk
from cablewatch.units import DAY_MS
from cablewatch.usecases.investigate import Question, investigate_store

router = APIRouter(
    prefix="/api/v1/cables/{cable_id}/crossings",
    tags=["cables"],
    default_response_class=GeoJSONResponse,
    dependencies=[Depends(known_parameters)],
)

MOST_DAYS = 7  # that may be ranked at once: every ship heard in them is judged
_ranking = Lock()  # a ranking holds fixes of a sea in memory

LATE = (TRACKS, *TABLES)  # what a replay writes at its end
NOBODY = Findings((), ())
PARAMETERS = {"--at": "at", "--at-error": "at_error"}  # of the command, which names them so


@router.get(
    "",
    operation_id="listCrossings",
    summary="Who crossed a cable, by time or ranked",
    response_model=CrossingCollection | RankedCollection,
    responses=problems(404, 422, 503),
)
def list_crossings(
    request: Request,
    folder: Folder,
    cable_id: CableId,
    span: Interval = None,
    ranked: Annotated[
        bool,
        Query(
            description="All ships heard in the interval, its end excluded, by evidence that they "
            "crossed the cable, and why not the others; an interval of up to 7 days is needed."
        ),
    ] = False,
    at: Annotated[
        str | None,
        Query(
            max_length=100,
            description="Reported fault: a kilometre point, or longitude,latitude; if ranked.",
        ),
    ] = None,
    at_error: Annotated[
        float | None,
        Query(gt=0, le=1000, description="Its uncertainty, km, two sigma; 2 if not given."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Features on a page.")] = 100,
    cursor: Annotated[
        str | None, Query(max_length=500, description="Opaque; from the link `next`.")
    ] = None,
) -> Any:
    """List the crossings of a cable by all ships, alert or not, in order of time.

    Ranked, it answers as `cablewatch investigate` does; the score is no probability.
    """
    attribution, _ = route_of(folder, cable_id)
    start_ms, end_ms = (None, None) if span is None else interval_ms(span)
    links = [link(here(request), "self", "this page")]
    if ranked:
        _refuse(cursor, "cursor", "a ranking has one page", "ask for more with 'limit'")
        question = _question(cable_id, start_ms, end_ms, at, at_error)
        made = _ranked(folder, question, attribution)
        matched, features = len(made["features"]), made["features"][:limit]
    else:
        for value, name in ((at, "at"), (at_error, "at_error")):
            _refuse(value, name, "for a ranking alone", "ask with 'ranked=true'")
        found = crossings(folder, ogc.Query(limit, None, start_ms, end_ms, cursor), cable_id)
        made = {"type": "FeatureCollection", "attribution": attribution}
        matched, features = found.matched or 0, _named(folder, found.features)
        if found.cursor is not None:
            links.append(link(here(request, cursor=found.cursor), "next", "the next page"))
    return GeoJSONResponse(
        {
            **made,
            "numberMatched": matched,
            "numberReturned": len(features),
            "timeStamp": now(),
            "links": links,
            "features": features,
        }
    )


def _refuse(value: object, name: str, what: str, do: str) -> None:
    if value is not None:
        raise UsageError(name, what, do)


def _named(folder: Folder, features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The features with the names of their ships."""
    names = folder.names(feature["properties"]["mmsi"] for feature in features)
    return [
        {**f, "properties": {**f["properties"], "name": names.get(f["properties"]["mmsi"])}}
        for f in features
    ]


def _question(
    cable_id: str, start_ms: int | None, end_ms: int | None, at: str | None, error: float | None
) -> Question:
    """What is asked; UsageError without an interval that has both ends."""
    if start_ms is None or end_ms is None or not 0 < end_ms - start_ms <= MOST_DAYS * DAY_MS:
        do = f"give an interval of up to {MOST_DAYS} days, such as 2024-11-17T06:00:00Z/"
        raise UsageError("datetime", "too open for a ranking", f"{do}2024-11-17T12:00:00Z")
    if error is not None and at is None:
        raise UsageError("at_error", "of no fault", "say with 'at' where it is")
    return Question(cable_id, start_ms, end_ms, at, ERROR_KM if error is None else error)


def _ranked(folder: Folder, question: Question, attribution: str) -> dict[str, Any]:
    """The ranking as a collection, one at a time; without a fix of the time it is empty."""
    if not _ranking.acquire(blocking=False):
        raise HTTPException(503, "another ranking is under way", {"Retry-After": "10"})
    try:
        with on_disk(folder.path / ROUTES) as routes:
            case = question.case(load_cables(routes))
        findings, notes = _found(folder, question)
    except CableError as error:
        raise StoreError(error.where, error.what, error.do) from error
    except UsageError as error:
        do = error.do.replace("--at-error", "at_error")
        raise UsageError(PARAMETERS.get(error.where, error.where), error.what, do) from error
    finally:
        _ranking.release()
    made = collection(case, findings, folder.run().title, attribution)
    return {**made, "notes": notes}


def _found(folder: Folder, question: Question) -> tuple[Findings, list[str]]:
    there = {path.name for path in folder.path.iterdir()}
    if not there.issuperset(LATE):
        return NOBODY, ["No replay into the store has come to its end."]
    try:
        found = investigate_store(folder.path, question, folder.alerts)
    except UsageError as error:
        if error.where in PARAMETERS:
            raise
        return NOBODY, [f"{error.what[:1].upper()}{error.what[1:]}."]
    return found.findings, list(found.notes)
