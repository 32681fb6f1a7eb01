"""JSON of AISHub's web service: ``[{"ERROR", "USERNAME", "FORMAT", "RECORDS"}, [records]]``.

In format 1 (``HUMAN``) values are in degrees, knots and metres and TIME is a text; in format 0
(``AIS``) they are the integers of AIS and TIME is Unix seconds: 1/600,000 degree, 0.1 knot, 0.1
degree of course, decimetres of draught. Which of the two a record has is told by its TIME. Several
answers may follow each other in a file.
"""

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
    time_text,
)

STATIC = {
    "IMO": "imo",
    "NAME": "name",
    "CALLSIGN": "callsign",
    "TYPE": "ship_type",
    "A": "to_bow_m",
    "B": "to_stern_m",
    "C": "to_port_m",
    "D": "to_starboard_m",
    "DEST": "destination",
}
RECORDS = re.compile(r'(?:"ERROR"[^{}]{0,150}\}\s*,\s*)\[')


class AisHubJson(JsonArchive):
    """Reader of AISHub's JSON."""

    format: ClassVar[str] = "aishub-json"
    keeps_order: ClassVar[bool] = False
    lists = ((b'"ERROR"', RECORDS),)

    def report(self, record: dict[str, Any]) -> Report | Refusal | None:
        """A position with the ship's static data."""
        if "TIME" not in record:
            return Refusal("no_time")
        time = time_text(record["TIME"])
        raw = time.isdigit()
        static = {ours: record[theirs] for theirs, ours in STATIC.items() if theirs in record}
        static["draught_m"] = number(record.get("DRAUGHT")) / (10 if raw else 1)
        return Report(time, number(record.get("MMSI")), _position(record, raw), static)


def _position(record: Mapping[str, Any], raw: bool) -> Position:
    degree, tenth = (600_000, 10) if raw else (1, 1)
    return Position(
        number(record.get("LONGITUDE")) / degree,
        number(record.get("LATITUDE")) / degree,
        number(record.get("SOG")) / tenth,
        number(record.get("COG")) / tenth,
        number(record.get("HEADING")),
        nav_status(record.get("NAVSTAT")),
        flags_of(0, record.get("PAC")),
    )
