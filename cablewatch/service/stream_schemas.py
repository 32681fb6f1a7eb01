"""Shapes of what server-sent events carry as ``data``."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import AwareDatetime, Field

from cablewatch.service.geojson import Strict
from cablewatch.service.replay_schemas import Columns
from cablewatch.service.review_schemas import ReviewAction
from cablewatch.service.schemas import AlertFeature


class ReviewTold(Strict):
    """What somebody did with an alert. Text is as people wrote it: text, never markup."""

    action: ReviewAction
    actor: str
    to: str | None
    text: str | None = Field(description="Reason or comment.")


class ReplayedAlert(Strict):
    """A version of an alert, as it became known: `alert.raised`, `.updated`, `.closed`."""

    at: AwareDatetime = Field(description="When it was stored; in a replay, when it was known.")
    version: int
    alert: AlertFeature


class AlertEvent(ReplayedAlert):
    """A version of an alert as it is stored, or with `alert.reviewed` what somebody did with it."""

    seq: int = Field(description="Number of the event, as `id` says it.")
    review: ReviewTold | None = Field(description="Of `alert.reviewed` alone.")


class Positions(Columns):
    """Last position of each ship in a time, as in a block with one row a ship: `positions`."""

    start: AwareDatetime = Field(description="`t_ms` counts from here.")
    end: AwareDatetime


class ReplayEnd(Strict):
    """All of a replay was told: `end`."""

    to: AwareDatetime


_ALERT = ("alert.raised", "alert.updated", "alert.closed")
STORED: dict[type[Strict], Sequence[str]] = {
    AlertEvent: (*_ALERT, "alert.reviewed"),
    Positions: ("positions",),
}
"""Shapes in the stream of what is stored, with the events that carry them."""

REPLAYED: dict[type[Strict], Sequence[str]] = {
    ReplayedAlert: _ALERT,
    Positions: ("positions",),
    ReplayEnd: ("end",),
}
"""Shapes in a replay, with the events that carry them."""

_REFERENCE = "#/components/schemas/{model}"


def stream_schema(told: Mapping[type[Strict], Sequence[str]]) -> dict[str, Any]:
    """OpenAPI schema of a stream whose events carry these shapes as JSON text."""
    shapes = [{"$ref": _REFERENCE.format(model=kind.__name__)} for kind in told]
    data = {"contentMediaType": "application/json", "contentSchema": {"oneOf": shapes}}
    text = {"type": "string"}
    return {  # before OpenAPI 3.2 some take the schema for that of the stream, some for an event's
        "type": ["string", "object"],
        "properties": {
            "event": {**text, "enum": [name for names in told.values() for name in names]},
            "data": text | data,
            "id": text,
        },
    }


def event_schemas() -> dict[str, Any]:
    """OpenAPI component schemas that :func:`stream_schema` refers to."""
    made: dict[str, Any] = {}
    for kind in (*STORED, *REPLAYED):
        schema = kind.model_json_schema(mode="serialization", ref_template=_REFERENCE)
        made |= schema.pop("$defs", {}) | {kind.__name__: schema}
    return made
