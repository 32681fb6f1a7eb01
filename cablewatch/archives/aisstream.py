"""Recorded frames of aisstream.io, one a line: ``{"MessageType", "MetaData", "Message"}``.

The time is ``MetaData.time_utc`` as Go prints it, ``2026-04-25 09:47:25.26746452 +0000 UTC``, with
up to nine digits of a fraction. Position types: PositionReport (1, 2, 3),
StandardClassBPositionReport (18), ExtendedClassBPositionReport (19, static data also) and
LongRangeAisBroadcastMessage (27); static types: ShipStaticData (5) and StaticDataReport (24), whose
parts A and B count where each says that it is valid. "Not available" is as AIS sends it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from cablewatch.archives.jsonfile import JsonArchive
from cablewatch.archives.records import (
    LONG_RANGE,
    Position,
    Refusal,
    Report,
    flags_of,
    long_range,
    nav_status,
    number,
    part,
    time_text,
)

POSITIONS = {
    "PositionReport": 1,
    "StandardClassBPositionReport": 18,
    "ExtendedClassBPositionReport": 19,
    "LongRangeAisBroadcastMessage": LONG_RANGE,
}
STATICS = ("ShipStaticData", "StaticDataReport", "ExtendedClassBPositionReport")
NO_SHIPS = ("BaseStationReport", "AidsToNavigationReport", "StandardSearchAndRescueAircraftReport")
STATIC = {
    "Name": "name",
    "CallSign": "callsign",
    "Destination": "destination",
    "ImoNumber": "imo",
    "Type": "ship_type",
    "ShipType": "ship_type",
    "MaximumStaticDraught": "draught_m",
}
DIMENSION = {"A": "to_bow_m", "B": "to_stern_m", "C": "to_port_m", "D": "to_starboard_m"}


class AisStream(JsonArchive):
    """Reader of recordings of aisstream.io."""

    format: ClassVar[str] = "aisstream"
    keeps_order: ClassVar[bool] = True

    def heard(self, record: dict[str, Any]) -> bytes | None:
        """Time of receipt, as text."""
        meta = part(record, "MetaData")
        return time_text(meta["time_utc"]) if "time_utc" in meta else self._came

    def report(self, record: dict[str, Any]) -> Report | Refusal | None:
        """A position, static data or both."""
        kind = str(record.get("MessageType"))
        if kind not in POSITIONS and kind not in STATICS:
            return Refusal("not_ship" if kind in NO_SHIPS else "other_message")
        body = part(record.get("Message"), kind)
        if not body or body.get("Valid") is False:
            return Refusal("not_valid")
        time = self.heard(record)
        if time is None:
            return Refusal("no_time")
        return Report(
            time,
            number(body.get("UserID", part(record, "MetaData").get("MMSI"))),
            _position(body, POSITIONS[kind]) if kind in POSITIONS else None,
            _static(body) if kind in STATICS else {},
        )


def _position(body: Mapping[str, Any], message_type: int) -> Position:
    position = Position(
        number(body.get("Longitude")),
        number(body.get("Latitude")),
        number(body.get("Sog")),
        number(body.get("Cog")),
        number(body.get("TrueHeading")),
        nav_status(body.get("NavigationalStatus")),
        flags_of(message_type, body.get("PositionAccuracy"), body.get("RepeatIndicator")),
    )
    return long_range(position) if message_type == LONG_RANGE else position


def _static(body: Mapping[str, Any]) -> dict[str, object]:
    """Static data of a message, or of the valid parts of one."""
    parts = [body, *(p for key in ("ReportA", "ReportB") if (p := part(body, key)).get("Valid"))]
    said: dict[str, object] = {}
    for one in parts:
        said |= {ours: one[theirs] for theirs, ours in STATIC.items() if theirs in one}
        size = part(one, "Dimension")
        said |= {ours: size[theirs] for theirs, ours in DIMENSION.items() if theirs in size}
    return said
