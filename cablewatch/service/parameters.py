"""Parameters of requests: their types, what they ask for, and the refusal of all others."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Header, Request
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from cablewatch.errors import UsageError
from cablewatch.output.text import epoch_ms
from cablewatch.service.errors import SHOWN_CHARACTERS
from cablewatch.service.review_schemas import ReviewState
from cablewatch.service.schemas import AlertKind, AlertSort, AlertState, Severity
from cablewatch.stores.alert_search import Wanted

MAX_LIMIT = 1000
_BOX = "give west,south,east,north in degrees, such as 16,55,20,58"
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_WRITTEN = {"integer": re.compile(r"-?\d+", re.ASCII), "number": _NUMBER}
"""Types of OpenAPI and how their values are written; pydantic takes `1_000`, ` 5` and `5.0` too."""


def _in_utc(said: str, read: ValidatorFunctionWrapHandler) -> datetime:
    """A time in UTC, whose years are 1 to 9999.

    Without a colon it is a day, or a number, which pydantic takes for seconds since 1970:
    `from=2024` would be 00:33.
    """
    try:
        if ":" in said:
            moment: datetime = read(said)
            return moment.astimezone(UTC)
    except (ValidationError, OverflowError):
        pass
    raise PydanticCustomError("time", "write it as 2024-11-17T08:00:00Z")


def _parts(said: Any) -> Any:
    """Take values apart that stand in one: `kind=a,b` is `kind=a&kind=b`."""
    return [part for one in said for part in one.split(",")] if isinstance(said, list) else said


Mmsi = Annotated[int, Field(ge=1, le=999_999_999)]
Time = Annotated[AwareDatetime, WrapValidator(_in_utc)]
Kinds = Annotated[list[AlertKind], BeforeValidator(_parts)]
_TIME: TypeAdapter[datetime] = TypeAdapter(Time)
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Made up by the client for what it adds; the same again adds nothing.",
    ),
]


class AlertQuery(BaseModel):
    """What may be asked of the collection of alerts."""

    kind: Kinds | None = Field(None, description="Of one of these kinds, with commas between.")
    severity: Severity | None = Field(None, description="Of at least this severity.")
    probability: float | None = Field(
        None, ge=0, le=1, description="Of at least this probability; without one none is."
    )
    mmsi: Mmsi | None = Field(None, description="Of this ship.")
    cable: str | None = Field(
        None, max_length=200, description="Id of a cable that was met or is next."
    )
    state: AlertState | None = Field(None, description="In this state.")
    review: ReviewState | None = Field(None, description="Of which people made this.")
    span: str | None = Field(
        None,
        alias="datetime",
        max_length=100,
        description="Raised by and updated from this time on, or within an interval: `t`, `a/b`, "
        "`../b`, `a/..`; RFC 3339.",
    )
    start: Time | None = Field(
        None, alias="from", description="Last updated at this time or later; RFC 3339."
    )
    end: Time | None = Field(
        None, alias="to", description="Raised at this time or earlier; RFC 3339."
    )
    as_of: Time | None = Field(
        None, description="Alerts as they stood at this time; RFC 3339. Without it: now."
    )
    bbox: str | None = Field(
        None,
        max_length=200,
        description="West,south,east,north in degrees: the excerpt of the track meets it; "
        "west > east crosses longitude 180.",
    )
    sort: AlertSort = Field(
        "-raised",
        description="From the earliest or least on; with `-` from the newest, gravest or most "
        "probable on. Alerts of one severity or probability come by the time they were raised.",
    )
    limit: int = Field(100, ge=1, le=MAX_LIMIT, description="Alerts on a page.")
    cursor: str | None = Field(None, max_length=500, description="Opaque; from the link `next`.")

    def wanted(self) -> Wanted:
        """Return the filters; UsageError where one cannot be used."""
        start_ms, end_ms = asked_ms(self.span, self.start, self.end)
        return Wanted(
            kinds=self.kind,
            severity=self.severity,
            probability=self.probability,
            mmsi=self.mmsi,
            cable=self.cable,
            state=self.state,
            review=self.review,
            start_ms=start_ms,
            end_ms=end_ms,
            bbox=None if self.bbox is None else bounds(self.bbox),
        )


Span = tuple[int | None, int | None]
"""First and last time, UTC milliseconds, both included; None is any."""


def asked_ms(interval: str | None, start: datetime | None, end: datetime | None) -> Span:
    """Return the span of `datetime`, or of `from` and `to`; UsageError where both are given."""
    if interval is None:
        return span_ms(start, end)
    if start is not None or end is not None:
        raise UsageError("datetime", "there beside 'from' or 'to'", "give one or the other")
    return interval_ms(interval)


def interval_ms(text: str) -> Span:
    """Return the span of a `datetime` as OGC API - Features has it; UsageError where it is none.

    >>> interval_ms("../1970-01-01T00:00:01Z"), interval_ms("1970-01-01T00:00:02Z")
    ((None, 1000), (2000, 2000))
    """
    start, slash, end = text.partition("/")
    open_ends = ("..", "") if slash else ()
    try:
        first, last = (
            None if part in open_ends else epoch_ms(_TIME.validate_python(part))
            for part in (start, end if slash else start)
        )
    except ValidationError:
        do = "give 2024-11-17T08:00:00Z, or an interval such as 2024-11-17T08:00:00Z/.."
        raise UsageError("datetime", "neither a time nor an interval", do) from None
    if first is not None and last is not None and first > last:
        raise UsageError("datetime", "it ends before it starts", "give the earlier time first")
    return first, last


def span_ms(start: datetime | None, end: datetime | None) -> Span:
    """Return the bounds `from` and `to`; UsageError where they are in the wrong order."""
    if start is not None and end is not None and start > end:
        raise UsageError("from", "it is later than 'to'", "give a time not later than 'to'")
    return None if start is None else epoch_ms(start), None if end is None else epoch_ms(end)


def bounds(text: str) -> tuple[float, float, float, float]:
    """West, south, east, north of a `bbox`; UsageError where it is none."""
    said = numbers(text.split(","))
    if len(said) != 4:
        raise UsageError("bbox", "not four numbers", _BOX)
    west, south, east, north = said
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
        raise UsageError("bbox", "out of range or south above north", _BOX)
    return west, south, east, north


def numbers(parts: Sequence[str]) -> list[float]:
    """Numbers of a `bbox` as JSON has them; UsageError where one is none.

    `float` alone takes `1_0` for 10, and digits of any script.
    """
    if not all(map(_NUMBER.fullmatch, map(str.strip, parts))):
        raise UsageError("bbox", "not all of it numbers", _BOX)
    return [float(part) for part in parts]


async def known_parameters(request: Request) -> None:
    """Refuse what no type of a parameter refuses.

    Raises
    ------
    UsageError
        The route does not document it: a misspelt filter would select everything. Or it is there
        twice, and one would be ignored; or it is no number as JSON has them.
    """
    said = operation(request).get("parameters", ())
    known = {each["name"]: each["schema"] for each in said if each["in"] == "query"}
    for name, count in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in known:
            allowed = f"known are {', '.join(sorted(known))}" if known else "none is known here"
            raise UsageError(name[:SHOWN_CHARACTERS], "unknown parameter", allowed)
        if count > 1 and "array" not in _types(known[name]):
            raise UsageError(name, f"there {count} times", "give it once")
    given = {"query": request.query_params, "path": request.path_params, "header": request.headers}
    for each in said:
        name, value = each["name"], given[each["in"]].get(each["name"])
        forms = [_WRITTEN[kind] for kind in _types(each["schema"]) if kind in _WRITTEN]
        if value is not None and not all(form.fullmatch(value) for form in forms):
            raise UsageError(name, "not a number", "write it in digits, such as 5")


def operation(request: Request) -> dict[str, Any]:
    """What OpenAPI says of the route of a request."""
    paths = request.app.openapi()["paths"]
    made: dict[str, Any] = paths.get(request.scope["route"].path, {})
    return made.get(request.method.lower(), {})  # type: ignore[no-any-return]


def _types(schema: dict[str, Any]) -> set[str | None]:
    return {each.get("type") for each in (schema, *schema.get("anyOf", ()))}
