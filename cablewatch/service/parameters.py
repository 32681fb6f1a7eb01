"""Parameters of requests: their types, what they ask for, and the refusal of all others."""

from collections import Counter
from datetime import datetime
from typing import Annotated

from fastapi import Request
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from cablewatch.errors import UsageError
from cablewatch.output.text import epoch_ms
from cablewatch.service.errors import SHOWN_CHARACTERS
from cablewatch.service.schemas import Kind, Severity, Sort, State
from cablewatch.stores.alert_search import Wanted

MAX_LIMIT = 1000


def _no_number(said: str) -> str:
    """Refuse a number, which pydantic takes for seconds since 1970: `from=2024` would be 00:33."""
    try:
        float(said)
    except ValueError:
        return said
    raise PydanticCustomError("time", "write it as 2024-11-17T08:00:00Z")


Mmsi = Annotated[int, Field(ge=1, le=999_999_999)]
Time = Annotated[AwareDatetime, BeforeValidator(_no_number)]


class AlertQuery(BaseModel):
    """What may be asked of the collection of alerts."""

    kind: Kind | None = Field(None, description="Of this kind.")
    severity: Severity | None = Field(None, description="Of at least this severity.")
    mmsi: Mmsi | None = Field(None, description="Of this ship.")
    cable: str | None = Field(
        None, max_length=200, description="Id of a cable that was met or is next."
    )
    state: State | None = Field(None, description="In this state.")
    start: Time | None = Field(
        None, alias="from", description="Last updated at this time or later; RFC 3339."
    )
    end: Time | None = Field(
        None, alias="to", description="Raised at this time or earlier; RFC 3339."
    )
    bbox: str | None = Field(
        None,
        max_length=200,
        description="West,south,east,north in degrees: the excerpt of the track meets it; "
        "west > east crosses longitude 180.",
    )
    sort: Sort = Field(
        "raised",
        description="Newest, last updated, gravest or most probable first; with `_asc` last. "
        "Alerts of one severity or probability come by the time they were raised.",
    )
    limit: int = Field(100, ge=1, le=MAX_LIMIT, description="Alerts on a page.")
    cursor: str | None = Field(None, max_length=500, description="Opaque; from the link `next`.")

    def wanted(self) -> Wanted:
        """Return the filters; UsageError where one cannot be used."""
        start_ms, end_ms = span_ms(self.start, self.end)
        bbox = None if self.bbox is None else bounds(self.bbox)
        return Wanted(
            kinds=None if self.kind is None else (self.kind,),
            severity=self.severity,
            mmsi=self.mmsi,
            cable=self.cable,
            state=self.state,
            start_ms=start_ms,
            end_ms=end_ms,
            bbox=bbox,
        )


def span_ms(start: datetime | None, end: datetime | None) -> tuple[int | None, int | None]:
    """Return the bounds `from` and `to`; UsageError where they are in the wrong order."""
    if start is not None and end is not None and start > end:
        raise UsageError("from", "it is later than 'to'", "give a time not later than 'to'")
    return None if start is None else epoch_ms(start), None if end is None else epoch_ms(end)


def bounds(text: str) -> tuple[float, float, float, float]:
    """West, south, east, north of a `bbox`; UsageError where it is none."""
    do = "give west,south,east,north in degrees, such as 16,55,20,58"
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError("bbox", "not four numbers", do) from None
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
        raise UsageError("bbox", "out of range or south above north", do)
    return west, south, east, north


async def known_parameters(request: Request) -> None:
    """Refuse query parameters that the route does not document, or that are there twice.

    Raises
    ------
    UsageError
        A misspelt filter would select everything, and of two values one would be ignored.
    """
    route = request.app.openapi()["paths"].get(request.scope["route"].path, {}).get("get", {})
    known = sorted(said["name"] for said in route.get("parameters", ()) if said["in"] == "query")
    for name, count in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in known:
            allowed = f"known are {', '.join(known)}" if known else "none is known here"
            raise UsageError(name[:SHOWN_CHARACTERS], "unknown parameter", allowed)
        if count > 1:
            raise UsageError(name, f"there {count} times", "give it once")
