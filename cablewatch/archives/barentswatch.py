"""BarentsWatch Live AIS: recorded lines of the stream, its events, or answers of ``/latest``.

Full and simple records alike; ``null`` is "not available". ``msgtime`` (ISO 8601 with an offset) is
the time. An event's line begins with ``data:``; GeoJSON carries the same names as properties.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from cablewatch.archives.jsonfile import JsonArchive
from cablewatch.archives.records import (
    Position,
    Refusal,
    Report,
    flags_of,
    nav_status,
    number,
    part,
    time_text,
)

STATIC = {
    "imoNumber": "imo",
    "callSign": "callsign",
    "name": "name",
    "destination": "destination",
    "draught": "draught_m",
    "shipType": "ship_type",
    "dimensionA": "to_bow_m",
    "dimensionB": "to_stern_m",
    "dimensionC": "to_port_m",
    "dimensionD": "to_starboard_m",
}
EVENT_FIELDS = (b"event:", b"id:", b"retry:", b":")
CLASS_B = 18


class BarentsWatch(JsonArchive):
    """Reader of BarentsWatch's JSON."""

    format: ClassVar[str] = "barentswatch"
    keeps_order: ClassVar[bool] = False
    lists = ((b'"features"', re.compile(r'"features"\s*:\s*\[')),)

    def record(self, line: bytes) -> Any:
        """The object of a line or of an event's data; an event's other fields are empty objects."""
        if line.startswith(EVENT_FIELDS):
            return {}
        return json.loads(line.removeprefix(b"data:"))

    def report(self, record: dict[str, Any]) -> Report | Refusal | None:
        """A position with the ship's static data."""
        if not record:
            return None
        said = record
        if "properties" in record:
            where = part(record, "geometry").get("coordinates")
            lon, lat = where[:2] if isinstance(where, list) and len(where) > 1 else (None, None)
            said = {"longitude": lon, "latitude": lat, **part(record, "properties")}
        if said.get("msgtime") is None:
            return Refusal("no_time")
        static = {ours: said[theirs] for theirs, ours in STATIC.items() if theirs in said}
        return Report(time_text(said["msgtime"]), number(said.get("mmsi")), _position(said), static)


def _position(said: Mapping[str, Any]) -> Position:
    kind = CLASS_B if said.get("reportClass") == "B" else 0
    return Position(
        number(said.get("longitude")),
        number(said.get("latitude")),
        number(said.get("speedOverGround")),
        number(said.get("courseOverGround")),
        number(said.get("trueHeading")),
        nav_status(said.get("navigationalStatus")),
        flags_of(kind),
    )
