"""JSON of AISHub's web service: ``[{"ERROR", "USERNAME", "FORMAT", "RECORDS"}, [records]]``.

In format 1 (``HUMAN``) values are in degrees, knots and metres and TIME is a text; in format 0
(``AIS``) they are the integers of AIS and TIME is Unix seconds: 1/600,000 degree, 0.1 knot, 0.1
degree of course, decimetres of draught. Which of the two a record has is told by its TIME. Several
answers may follow each other in a file. An answer whose ERROR is true has no records: it is counted
as ``service_error``, and a file of nothing else is an error that says what the service said. One
that breaks off where another begins is counted as ``bad_json``; at a file's end it is an error.
"""

import re
from collections.abc import Iterator, Mapping
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
from cablewatch.archives.refused import shown
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError

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
ERROR = "service_error"
ANSWER = re.compile(r'\[(?=\s*\{\s*"ERROR")')


class AisHubJson(JsonArchive):
    """Reader of AISHub's JSON."""

    format: ClassVar[str] = "aishub-json"
    keeps_order: ClassVar[bool] = False
    lists = ((b'"ERROR"', ANSWER),)
    _said = ""  # by the service, of its error

    def _read(self) -> Iterator[Batch]:
        yield from super()._read()
        if self._said and not self._timed:
            what = f"AISHub answered with an error ({shown(self._said)})"
            raise ArchiveError(str(self.path), what, "ask it again, at most once a minute")

    def report(self, record: dict[str, Any]) -> Report | Refusal | None:
        """A position with the ship's static data."""
        if record.get("ERROR") is True:
            self._said = str(record.get("ERROR_MESSAGE", "no reason given"))
            return Refusal(ERROR)
        if "ERROR" in record:
            return None  # the head of an answer
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
