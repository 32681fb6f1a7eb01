"""Which values of a field say "not available": ITU-R M.1371-5, annex 8."""

from collections.abc import Mapping
from typing import Any

NOTHING = {
    "imo", "draught", "year", "month", "day", "epfd", "ship_type", "aid_type", "maneuver",
    "dest_mmsi", "mmsi1", "mmsi2", "mmsi3", "mmsi4", "dest1", "dest2", "mothership_mmsi",
}  # fmt: skip
"""Zero."""
HIGHEST = {
    "lon": 181, "ne_lon": 181, "sw_lon": 181, "lat": 91, "ne_lat": 91, "sw_lat": 91, "alt": 4095,
    "status": 15, "second": 60,
}  # fmt: skip
"""This very value; seconds of 61-63 say how the position was found."""
BEYOND = {"course": 360, "heading": 360, "hour": 24, "minute": 60}
"""This value and more."""
FASTEST = {9: 1022, 27: 63}
"""Speed in knots, "this or more" and "not available"; 102.2 in other types."""
LAST_SHIP_TYPE = 99
TURN = {-128: None, -127: "left", 127: "right"}
"""Turning at more than 5 degrees in 30 s, without a rate."""
SIDES = (("to_bow", "to_stern"), ("to_port", "to_starboard"))

# IMO SN.1/Circ.289 (application 1/31) and SN/Circ.236 (1/11): meteorology and hydrology.
WEATHER = {
    "wspeed": 127, "wgust": 127, "wdir": 360, "wgustdir": 360, "humidity": 101, "pressuretend": 3,
    "leveltrend": 3, "cdir": 360, "cdir2": 360, "cdir3": 360, "cdepth2": 31, "cdepth3": 31,
    "cspeed": 25.5, "cspeed2": 25.5, "cspeed3": 25.5, "waveheight": 25.5, "swellheight": 25.5,
    "waveperiod": 63, "swellperiod": 63, "wavedir": 360, "swelldir": 360, "seastate": 13,
    "preciptype": 7, "ice": 3, "salinity": 51.0, "pressure": 1310, "visibility": 12.7,
    "waterlevel": 30.01, "watertemp": 50.1, "dewpoint": 50.1,
}  # fmt: skip
OLD_WEATHER = WEATHER | {
    "pressure": 1311, "visibility": 25.5, "waterlevel": 41.1, "watertemp": 92.3, "dewpoint": 82.3,
    "airtemp": 144.7,
}  # fmt: skip
COLDEST = {"airtemp": -102.4}
APPLICATIONS: dict[tuple[int, int], Mapping[str, float]] = {
    (1, 11): OLD_WEATHER,
    (1, 31): WEATHER,
}
"""Values from which on a field of an application is not available."""


def keep_said(kind: int, found: dict[str, Any]) -> None:
    """Put None for what is not available."""
    for name, value in found.items():
        if value is not None and _is_unsaid(kind, name, value):
            found[name] = None
    if "turn" in found:
        turn = found["turn"]
        found["turn_fast"] = TURN.get(turn)
        found["turn"] = None if turn in TURN else turn
    if "lon" in found and (found["lon"] is None or found["lat"] is None):
        found["lon"] = found["lat"] = None
    for pair in SIDES:
        if pair[0] in found and not any(found[name] for name in pair):
            found |= dict.fromkeys(pair)


def _is_unsaid(kind: int, name: str, value: Any) -> bool:
    """Whether a field of a type says "not available"."""
    if name == "speed":
        return bool(value >= FASTEST.get(kind, 102.2))
    if name == "ship_type" and value > LAST_SHIP_TYPE:
        return True
    if name in NOTHING:
        return not value
    if name in BEYOND:
        return bool(value >= BEYOND[name])
    return bool(value == HIGHEST.get(name))


def is_unknown(name: str, value: float, limits: Mapping[str, float]) -> bool:
    """Whether a field of an application says "not available"."""
    if name.endswith("lon"):
        return abs(value) > 180
    if name.endswith("lat"):
        return abs(value) > 90
    if name in ("month", "day"):
        return value == 0
    highest = limits.get(name, BEYOND.get(name))
    return (highest is not None and value >= highest) or value == COLDEST.get(name)
