"""JSON of gpsd (class ``AIS``), scaled or not; other classes and sentences between are passed over.

=========  ======================  ======================================
field      ``"scaled": true``      ``"scaled": false``
=========  ======================  ======================================
lon, lat   degrees                 1/600,000 degree (1/600 in type 27)
speed      knots                   0.1 knot (knots in type 27)
course     degrees                 0.1 degree (degrees in type 27)
draught    metres                  0.1 metre
=========  ======================  ======================================

gpsd does not say when a message was heard. A line counts if whoever recorded it put ``time`` (ISO
8601 or Unix seconds), ``rxuxtime`` (Unix seconds) or ``rxtime`` (``YYYYMMDDHHMMSS``) into it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from cablewatch.archives.jsonfile import JsonArchive
from cablewatch.archives.records import (
    CLASS_B,
    LONG_RANGE,
    NOT_SHIPS,
    Position,
    Refusal,
    Report,
    flags_of,
    long_range,
    nav_status,
    number,
    time_text,
)

POSITIONS = (1, 2, 3, *CLASS_B, LONG_RANGE)
STATICS = (5, 19, 24)
STATIC = {
    "imo": "imo",
    "callsign": "callsign",
    "shipname": "name",
    "shiptype": "ship_type",
    "destination": "destination",
    "to_bow": "to_bow_m",
    "to_stern": "to_stern_m",
    "to_port": "to_port_m",
    "to_starboard": "to_starboard_m",
}


class Gpsd(JsonArchive):
    """Reader of gpsd's JSON."""

    format: ClassVar[str] = "gpsd"
    keeps_order: ClassVar[bool] = True

    def record(self, line: bytes) -> Any:
        """The value of a line; sentences and comments are objects of no class."""
        return {} if line[:1] in (b"!", b"$", b"\\", b"#") else super().record(line)

    def heard(self, record: dict[str, Any]) -> bytes | None:
        """Time of receipt, as text."""
        return heard(record)

    def report(self, record: dict[str, Any]) -> Report | Refusal | None:
        """A position, static data or both; None for another class."""
        return ais_report(record, self.heard(record)) if record.get("class") == "AIS" else None


def ais_report(record: Mapping[str, Any], time: bytes | None) -> Report | Refusal:
    """What a message in gpsd's fields says that was heard at a time."""
    kind = number(record.get("type"))
    if kind not in POSITIONS and kind not in STATICS:
        return Refusal("not_ship" if kind in NOT_SHIPS else "other_message")
    if time is None:
        return Refusal("no_time")
    scaled = record.get("scaled", True) is not False
    static = {}
    if kind in STATICS:
        static = {ours: record[theirs] for theirs, ours in STATIC.items() if theirs in record}
        if "draught" in record:
            static["draught_m"] = number(record["draught"]) / (1 if scaled else 10)
    position = _position(record, kind, scaled) if kind in POSITIONS else None
    return Report(time, number(record.get("mmsi")), position, static)


def heard(record: Mapping[str, Any]) -> bytes | None:
    """Time at which the recorder says that it heard the message."""
    for key in ("rxuxtime", "time"):
        if key in record:
            return time_text(record[key])
    if "rxtime" not in record:
        return None
    digits = str(record["rxtime"])
    return time_text(f"{digits[:8]}_{digits[8:]}")


def _position(record: Mapping[str, Any], kind: float, scaled: bool) -> Position:
    coarse = kind == LONG_RANGE
    degree = 1 if scaled else 600 if coarse else 600_000
    tenth = 1 if scaled or coarse else 10
    position = Position(
        number(record.get("lon")) / degree,
        number(record.get("lat")) / degree,
        number(record.get("speed")) / tenth,
        number(record.get("course")) / tenth,
        number(record.get("heading")),
        nav_status(record.get("status")),
        flags_of(kind, record.get("accuracy"), record.get("repeat")),
    )
    return long_range(position) if coarse else position
