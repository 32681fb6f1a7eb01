"""``/api/v1/vessels``: which ships there are, what is known of one, and where it was."""

from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from cablewatch.fixes import Fixes, Stations
from cablewatch.output.columns import arrow_stream
from cablewatch.output.text import rfc3339
from cablewatch.output.track import figure, simplified, track_feature, unbroken
from cablewatch.output.track_files import FORMATS, Track
from cablewatch.service.errors import NotFoundError, problems
from cablewatch.service.negotiation import preferred
from cablewatch.service.parameters import Mmsi, Time, known_parameters, span_ms
from cablewatch.service.routes import (
    TEXT,
    Folder,
    GeoJSONResponse,
    TaggedJSONResponse,
    TaggedResponse,
    here,
    link,
)
from cablewatch.service.vessel_schemas import TrackFeature, Vessel, Vessels
from cablewatch.stores.run import Modelled, origin_of

router = APIRouter(
    prefix="/api/v1/vessels", tags=["vessels"], dependencies=[Depends(known_parameters)]
)

MEDIA_TYPES = {
    "geojson": "application/geo+json",
    "gpx": "application/gpx+xml",
    "kml": "application/vnd.google-earth.kml+xml",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
}
TEXTS = [MEDIA_TYPES[name] for name in ("gpx", "kml", "csv")]
MOST_SHIPS = 20_000  # those of a map of everything, with their names and classes
MOST_FIXES, FIXES = 100_000, 50_000  # of a page of a track; 50,000 are a week of class A under way

Form = Literal["geojson", "gpx", "kml", "csv", "arrow"]
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
Ship = Annotated[Mmsi, Path(description="Of the ship.")]


@router.get(
    "",
    operation_id="listVessels",
    summary="Ships, all or by the beginning of a name or number",
    response_model=Vessels,
    responses=problems(422, 503),
)
def list_vessels(
    folder: Folder,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=100,
            description="What a word of the name, the MMSI or the IMO number begins with; small "
            "and capital letters are the same. All ships where it is not given.",
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_SHIPS, description="Ships at most.")] = 20,
) -> Any:
    """Find ships that said something of themselves, by name and then by MMSI."""
    found = folder.ships(q)
    return TaggedJSONResponse(
        {
            "numberMatched": len(found),
            "numberReturned": min(len(found), limit),
            "vessels": [_known(ship) for ship in found[:limit]],
        }
    )


@router.get(
    "/{mmsi}",
    operation_id="getVessel",
    summary="What a ship says of itself",
    response_model=Vessel,
    responses=problems(404, 422, 503),
)
def get_vessel(folder: Folder, mmsi: Ship) -> Any:
    """Return the last known static data of a ship."""
    vessel = folder.vessel(mmsi)
    if vessel is None:
        raise NotFoundError("mmsi", f"no static data of ship {mmsi}", "take ships from alerts")
    return TaggedJSONResponse(_known(vessel))


def _known(vessel: dict[str, Any]) -> dict[str, Any]:
    known = {name: vessel.get(name) or None for name in Vessel.model_fields}
    if known["draught_m"]:
        known["draught_m"] = figure(known["draught_m"], 1)  # AIS carries 0.1 m
    return known


@router.get(
    "/{mmsi}/track",
    operation_id="getTrack",
    summary="A ship's track, gaps as gaps",
    response_model=TrackFeature,
    response_class=GeoJSONResponse,
    responses={
        200: {"content": dict.fromkeys(TEXTS, TEXT) | {MEDIA_TYPES["arrow"]: {}}},
        **problems(422, 503),
    },
)
def get_track(
    request: Request,
    folder: Folder,
    mmsi: Ship,
    start: Annotated[
        Time | None, Query(alias="from", description="From this time on; RFC 3339.")
    ] = None,
    end: Annotated[
        Time | None, Query(alias="to", description="Up to and with this time; RFC 3339.")
    ] = None,
    simplify: Annotated[
        float | None,
        Query(
            gt=0,
            le=100_000,
            description="Metres that a fix left out may lie beside the line of those kept "
            "(Douglas and Peucker); without it all fixes.",
        ),
    ] = None,
    limit: Annotated[
        int, Query(ge=1, le=MOST_FIXES, description="Fixes on a page, before any is left out.")
    ] = FIXES,
    f: Annotated[
        Form | None, Query(description="Form of the answer; without it as `Accept` says.")
    ] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Any:
    """Return the track as lines, one for each time without a gap of more than 10 minutes.

    A ship without fixes has a null geometry. A fix alone between two gaps is a line of no length.
    A long track has a link to its next page, in the header `Link` too.
    """
    stations = Stations()
    fixes = folder.track(mmsi, *span_ms(start, end), stations)
    page = _page(fixes, limit)
    parts = unbroken(page)
    if simplify is not None:
        parts = [simplified(part, simplify) for part in parts]
    more = None
    if len(page) < len(fixes):
        more = here(request, **{"from": rfc3339(int(fixes.t_ms[len(page)]))})
    modelled = [part for part in folder.run().modelled if mmsi in part.mmsi]
    form = f or _form(accept)
    answer: Response
    if form == "geojson":
        answer = GeoJSONResponse(_feature(request, mmsi, parts, len(fixes), modelled, more))
    else:
        if form == "arrow":
            body = arrow_stream(Fixes.concat(parts), stations)
        else:
            name = (folder.vessel(mmsi) or {}).get("name") or ""
            track = Track(mmsi, name, parts, lambda t_ms: origin_of(modelled, mmsi, t_ms, t_ms))
            body = "".join(FORMATS[form](track)).encode()
        answer = TaggedResponse(body, media_type=MEDIA_TYPES[form])
        answer.headers["Content-Disposition"] = f'attachment; filename="{mmsi}.{form}"'
    answer.headers["Vary"] = "Accept"
    if more is not None:
        answer.headers["Link"] = f'<{more}>; rel="next"; type="{MEDIA_TYPES[form]}"'
    return answer


def _form(accept: str | None) -> Form:
    """The form that `Accept` prefers; GeoJSON where it wants none."""
    names: dict[str | None, Form] = {media: name for name, media in MEDIA_TYPES.items()}  # type: ignore[misc]
    return names.get(preferred(accept, list(MEDIA_TYPES.values())), "geojson")


def _page(fixes: Fixes, limit: int) -> Fixes:
    """The first fixes, `limit` or nearly; fixes of one moment are never parted."""
    if len(fixes) <= limit:
        return fixes
    first, after = (int(np.searchsorted(fixes.t_ms, fixes.t_ms[limit], side)) for side in _SIDES)
    return fixes.take(slice(first or after))


def _feature(
    request: Request,
    mmsi: int,
    parts: list[Fixes],
    matched: int,
    modelled: list[Modelled],
    more: str | None,
) -> dict[str, Any]:
    """The track, with what of it is modelled and where it goes on."""
    made = track_feature(parts, mmsi)
    made["properties"]["modelled"] = [
        {
            "origin": part.origin,
            "from": None if part.first_ms is None else rfc3339(part.first_ms),
            "to": None if part.last_ms is None else rfc3339(part.last_ms),
        }
        for part in modelled
    ]
    made["numberMatched"], made["numberReturned"] = matched, made["properties"]["fixes"]
    made["links"] = [link(here(request), "self", "this page")]
    if more is not None:
        made["links"].append(link(more, "next", "the next page"))
    return made
