"""Digitraffic Marine (Fintraffic, CC BY 4.0): responses of its REST API and recordings of its MQTT.

=========================  =====================================================================
shape                      records
=========================  =====================================================================
``/locations``             FeatureCollection; ``timestampExternal`` is the time (Unix ms)
``/vessels``               list of static data; ``timestamp`` is the time (Unix ms)
MQTT ``.../location``      ``time`` (Unix s); the MMSI stands in the topic only
MQTT ``.../metadata``      ``timestamp`` (Unix ms); likewise
a list under ``vessels``   positions of the moment under ``timestamp`` at its head
=========================  =====================================================================

A recorded MQTT message is a line of topic and payload (``mosquitto_sub -v``), or an object with
``topic`` and ``payload`` (``-F %j``). Draught is decimetres; "not available" is 102.3 or 1023,
360 or 3600, 511. ``timestamp`` of a location is the second of the minute, and not read.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cablewatch.archives.compression import Block
from cablewatch.archives.jsonfile import Chunk, JsonArchive
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

TOPIC = re.compile(r"vessels(?:-v2)?/(\d{1,9})/(?:location|metadata)s?$")
MOMENT = re.compile(rb'"timestamp"\s*:\s*"([^"]{1,40})"')
STATIC = {
    "name": "name",
    "callSign": "callsign",
    "destination": "destination",
    "imo": "imo",
    "type": "ship_type",
    "shipType": "ship_type",
    "ship_type": "ship_type",
    "refA": "to_bow_m",
    "refB": "to_stern_m",
    "refC": "to_port_m",
    "refD": "to_starboard_m",
    "referencePointA": "to_bow_m",
    "referencePointB": "to_stern_m",
    "referencePointC": "to_port_m",
    "referencePointD": "to_starboard_m",
}


class Digitraffic(JsonArchive):
    """Reader of Digitraffic's JSON."""

    format: ClassVar[str] = "digitraffic"
    keeps_order: ClassVar[bool] = False
    lists = (
        (b'"features"', re.compile(r'"features"\s*:\s*\[')),
        (b'"vessels"', re.compile(r'"vessels"\s*:\s*\[')),
    )
    _moment: str | None = None

    def record(self, line: bytes) -> Any:
        """An object, with the MMSI of its topic where it has one."""
        topic, blank, payload = line.partition(b" ")
        if blank and TOPIC.match(topic.decode("ascii", "replace")):
            return {"topic": topic.decode("ascii"), "payload": json.loads(payload)}
        return json.loads(line)

    def report(self, record: dict[str, Any]) -> Report | Refusal | None:
        """A location, static data, or a feature or message that holds one."""
        said = _unwrapped(record)
        if said is None:
            return Refusal("other_message")
        said_at = _time(said, self._moment)
        time = self._came if said_at is None else time_text(said_at)
        if time is None:
            return Refusal("no_time")
        static = {ours: said[theirs] for theirs, ours in STATIC.items() if theirs in said}
        if "draught" in said:
            static["draught_m"] = number(said["draught"]) / 10
        return Report(time, number(said.get("mmsi")), _position(said), static)

    def _document(
        self, name: str, blocks: Iterator[Block], opener: re.Pattern[str]
    ) -> Iterator[Chunk]:
        first = next(blocks)
        found = MOMENT.search(first.data[: first.data.find(b"[")])
        self._moment = found[1].decode("ascii", "replace") if found else None
        yield from super()._document(name, _again(first, blocks), opener)


def _again(first: Block, blocks: Iterator[Block]) -> Iterator[Block]:
    yield first
    yield from blocks


def _unwrapped(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The values of a feature, a recorded message or a plain record; None for another topic."""
    if "topic" in record:
        topic = TOPIC.search(str(record["topic"]))
        payload = record.get("payload")
        if isinstance(payload, str):
            payload = _parsed(payload)
        if topic is None or not isinstance(payload, Mapping):
            return None
        return {"mmsi": int(topic[1]), **payload}
    if "properties" not in record:
        return record
    properties = part(record, "properties")
    where = part(record, "geometry").get("coordinates")
    lon, lat = where[:2] if isinstance(where, list) and len(where) > 1 else (None, None)
    return {"mmsi": record.get("mmsi"), "lon": lon, "lat": lat, **properties}


def _parsed(payload: str) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def _time(said: Mapping[str, Any], moment: str | None) -> object:
    """When a location was heard or static data were said; None where nothing says so."""
    for key in ("timestampExternal", "time"):
        if key in said:
            return said[key]
    return said.get("timestamp") if moment is None else moment


def _position(said: Mapping[str, Any]) -> Position | None:
    if "lon" not in said and "lat" not in said:
        return None
    return Position(
        number(said.get("lon")),
        number(said.get("lat")),
        number(said.get("sog")),
        number(said.get("cog")),
        number(said.get("heading")),
        nav_status(said.get("navStat")),
        flags_of(0, said.get("posAcc")),
    )
