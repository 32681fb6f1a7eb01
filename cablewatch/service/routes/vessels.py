"""``/api/v1/vessels``: what is known of a ship, and where it was."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Path, Query

from cablewatch.fixes import Fixes
from cablewatch.output.antimeridian import split_at_antimeridian
from cablewatch.output.text import rfc3339
from cablewatch.service.errors import NotFoundError, problems
from cablewatch.service.parameters import Mmsi, Time, known_parameters, span_ms
from cablewatch.service.routes import Folder, GeoJSONResponse, TaggedJSONResponse
from cablewatch.service.schemas import TrackFeature, Vessel
from cablewatch.stores.run import Modelled
from cablewatch.units import MINUTE_MS

router = APIRouter(
    prefix="/api/v1/vessels", tags=["vessels"], dependencies=[Depends(known_parameters)]
)

GAP_MS = 10 * MINUTE_MS  # over three of the longest regular interval, 180 s (ITU-R M.1371-5)
PLACES = 6  # of degrees, 0.1 m; AIS carries 1/600,000 of a degree (ITU-R M.1371-5)

Ship = Annotated[Mmsi, Path(description="Of the ship.")]


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
    known = {name: vessel.get(name) or None for name in Vessel.model_fields}
    if known["draught_m"]:
        known["draught_m"] = _rounded(known["draught_m"], 1)  # AIS carries 0.1 m
    return TaggedJSONResponse(known)


@router.get(
    "/{mmsi}/track",
    operation_id="getTrack",
    summary="A ship's track, gaps as gaps",
    response_model=TrackFeature,
    response_class=GeoJSONResponse,
    responses=problems(422, 503),
)
def get_track(
    folder: Folder,
    mmsi: Ship,
    start: Annotated[
        Time | None, Query(alias="from", description="From this time on; RFC 3339.")
    ] = None,
    end: Annotated[
        Time | None, Query(alias="to", description="Up to and with this time; RFC 3339.")
    ] = None,
) -> Any:
    """Return the track as lines, one for each time without a gap of more than 10 minutes.

    A ship without fixes has a null geometry. A fix alone between two gaps is a line of no length.
    """
    modelled = [part for part in folder.run().modelled if mmsi in part.mmsi]
    return GeoJSONResponse(_feature(mmsi, folder.track(mmsi, *span_ms(start, end)), modelled))


def _feature(mmsi: int, fixes: Fixes, modelled: Sequence[Modelled] = ()) -> dict[str, Any]:
    cuts = np.flatnonzero(np.diff(fixes.t_ms) > GAP_MS) + 1
    columns = (fixes.lon_deg, fixes.lat_deg, fixes.t_ms, fixes.sog_kn)
    vertices = list(zip(*(column.tolist() for column in columns), strict=True))
    edges = [0, *cuts.tolist(), len(vertices)]
    lines = [
        part for a, b in pairwise(edges) if b > a for part in split_at_antimeridian(vertices[a:b])
    ]
    coordinates = [[[round(v, PLACES) for v in vertex[:2]] for vertex in line] for line in lines]
    return {
        "type": "Feature",
        "geometry": {"type": "MultiLineString", "coordinates": coordinates} if lines else None,
        "properties": {
            "mmsi": mmsi,
            "fixes": len(fixes),
            "gap_minutes": GAP_MS / MINUTE_MS,
            "gaps": [
                {"start": rfc3339(fixes.t_ms[cut - 1]), "end": rfc3339(fixes.t_ms[cut])}
                for cut in cuts
            ],
            "times": [[rfc3339(int(vertex[2])) for vertex in line] for line in lines],
            "sog_kn": [[_rounded(vertex[3], 2) for vertex in line] for line in lines],
            "modelled": [
                {
                    "origin": part.origin,
                    "from": None if part.first_ms is None else rfc3339(part.first_ms),
                    "to": None if part.last_ms is None else rfc3339(part.last_ms),
                }
                for part in modelled
            ],
        },
    }


def _rounded(figure: float, places: int) -> float | None:
    return None if np.isnan(figure) else round(figure, places)
