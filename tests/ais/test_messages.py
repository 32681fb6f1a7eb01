"""Fields of each type through an independent encoder."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cablewatch.ais import Decoded, Decoder, MessageFlag
from cablewatch.fixes import FixFlag

T_MS = 1_700_000_000_000

lons = st.integers(-108_000_000, 108_000_000).map(lambda n: n / 600_000)
lats = st.integers(-54_000_000, 54_000_000).map(lambda n: n / 600_000)
mmsis = st.integers(200_000_001, 799_999_999)
speeds = st.integers(0, 1023).map(lambda n: n / 10)
courses = st.integers(0, 3600).map(lambda n: n / 10)
headings = st.integers(0, 359) | st.just(511)
texts = st.text("ABCXYZ0189 -./", max_size=20).map(str.strip)
lengths, widths = st.integers(0, 511), st.integers(0, 63)


def decode(sentences: list[str]) -> Decoded:
    decoder = Decoder()
    decoded = decoder.feed("".join(s + "\r\n" for s in sentences).encode(), received_ms=T_MS)
    assert decoded.refused == {}
    return decoded


def near(value: Any, wanted: float, tolerance: float = 1e-5) -> bool:
    return bool(math.isnan(value)) if math.isnan(wanted) else abs(float(value) - wanted) < tolerance


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from([1, 2, 3, 18, 19]),
    mmsi=mmsis,
    lon=lons,
    lat=lats,
    speed=speeds,
    course=courses,
    heading=headings,
    status=st.integers(0, 15),
    accuracy=st.booleans(),
    repeat=st.integers(0, 3),
)
def test_position_reports(nmea: Any, kind: int, status: int, **values: Any) -> None:
    if kind <= 3:
        values["status"] = status
    values["accuracy"] = int(values["accuracy"])
    decoded = decode(nmea.encode(msg_type=kind, **values))
    flags = MessageFlag(int(decoded.messages["flags"][0]))
    assert decoded.messages[["type", "mmsi"]].tolist() == [(kind, values["mmsi"])]
    if values["lon"] == 0 and values["lat"] == 0:
        assert MessageFlag.POSITION_SUSPECT_NULL_ISLAND in flags
        return
    fix = decoded.fixes
    assert near(fix.lon_deg[0], values["lon"], 2e-6)
    assert near(fix.lat_deg[0], values["lat"], 2e-6)
    speed, course = values["speed"], values["course"]
    assert near(fix.sog_kn[0], math.nan if speed >= 102.2 else speed)
    assert (MessageFlag.NO_SPEED in flags) == (speed == 102.3)
    assert (MessageFlag.SPEED_SATURATED in flags) == (speed == 102.2)
    assert near(fix.cog_deg[0], math.nan if course >= 360 else course, 1e-4)
    assert near(fix.heading_deg[0], math.nan if values["heading"] == 511 else values["heading"])
    assert fix.nav_status[0] == (status if kind <= 3 else 15)
    bits = FixFlag(int(fix.flags[0]))
    assert (FixFlag.CLASS_B in bits) == (kind >= 18)
    assert (FixFlag.ACCURATE in bits) == bool(values["accuracy"])
    assert (FixFlag.REPEATED in bits) == (values["repeat"] > 0)
    assert (FixFlag.SPEED_SATURATED in bits) == (speed == 102.2)


@settings(max_examples=50, deadline=None)
@given(
    lon=st.integers(-108_000, 108_000).filter(bool),
    lat=st.integers(-54_000, 54_000),
    speed=st.integers(0, 63),
    course=st.integers(0, 359) | st.just(511),
)
def test_long_range_reports(nmea: Any, lon: int, lat: int, speed: int, course: int) -> None:
    values = {"lon": lon / 600, "lat": lat / 600, "speed": speed, "course": course, "status": 0}
    fix = decode(nmea.encode(msg_type=27, mmsi=219000001, **values)).fixes
    assert near(fix.lon_deg[0], lon / 600, 2e-3)
    assert near(fix.lat_deg[0], lat / 600, 2e-3)
    assert near(fix.sog_kn[0], math.nan if speed == 63 else speed)
    assert near(fix.cog_deg[0], math.nan if course == 511 else course)
    assert FixFlag(int(fix.flags[0])) & FixFlag.COARSE


@settings(max_examples=100, deadline=None)
@given(
    mmsi=mmsis,
    imo=st.integers(0, 9_999_999),
    callsign=texts.map(lambda t: t[:7].strip()),
    shipname=texts,
    destination=texts,
    ship_type=st.sampled_from([0, 20, 30, 37, 40, 52, 60, 69, 70, 79, 80, 89, 90, 99, 100, 255]),
    draught=st.integers(0, 255).map(lambda n: n / 10),
    to_bow=lengths,
    to_stern=lengths,
    to_port=widths,
    to_starboard=widths,
)
def test_voyage_data(nmea: Any, **values: Any) -> None:
    row = decode(nmea.encode(msg_type=5, **values)).statics
    assert row.imo[0] == values["imo"]
    assert row.callsign[0].decode() == values["callsign"]
    assert row.name[0].decode() == values["shipname"]
    assert row.destination[0].decode() == values["destination"]
    assert row.ship_type[0] == (values["ship_type"] if values["ship_type"] <= 99 else 0)
    assert near(row.draught_m[0], values["draught"] or math.nan)
    for name in ("to_bow", "to_stern", "to_port", "to_starboard"):
        assert getattr(row, name + "_m")[0] == values[name]


def test_class_b_static_data(nmea: Any) -> None:
    names = {"to_bow": 12, "to_stern": 5, "to_port": 2, "to_starboard": 3}
    lines = [
        *nmea.encode(
            msg_type=19, mmsi=219000001, lon=1, lat=2, shipname="A", ship_type=36, **names
        ),
        *nmea.encode(msg_type=24, mmsi=219000002, partno=0, shipname="B B"),
        *nmea.encode(msg_type=24, mmsi=219000002, partno=1, callsign="OX1", ship_type=37, **names),
    ]
    row = decode(lines).statics
    assert row.name.tolist() == [b"A", b"B B", b""]
    assert row.callsign.tolist() == [b"", b"", b"OX1"]
    assert row.ship_type.tolist() == [36, 0, 37]
    assert row.to_bow_m.tolist() == [12, 0, 12]
    assert row.to_starboard_m.tolist() == [3, 0, 3]


def test_a_craft_names_its_parent_where_others_have_dimensions(nmea: Any) -> None:
    values = {"callsign": "OX1", "ship_type": 37, "mothership_mmsi": 219000001}
    craft = nmea.encode(msg_type=24, mmsi=982190001, partno=1, **values)
    row = decode(craft).statics
    assert (row.callsign[0], row.ship_type[0]) == (b"OX1", 37)
    assert (row.to_bow_m[0], row.to_stern_m[0], row.to_port_m[0], row.to_starboard_m[0]) == (0,) * 4


def test_other_stations_are_no_fixes(nmea: Any) -> None:
    place = {"lon": 11.5, "lat": 55.25}
    lines = [
        *nmea.encode(
            msg_type=4, mmsi=2190001, year=2023, month=11, day=14, hour=22, minute=13, **place
        ),
        *nmea.encode(msg_type=9, mmsi=111219501, alt=300, speed=120, course=90, **place),
        *nmea.encode(msg_type=21, mmsi=992190001, aid_type=5, name="BUOY", **place),
        *nmea.encode(msg_type=21, mmsi=992190001, lon=181, lat=91, name="BUOY"),
    ]
    decoded = decode(lines)
    others = decoded.others
    assert len(decoded.fixes) == 0
    assert others["type"].tolist() == [4, 9, 21, 21]
    assert np.allclose(others["lon_deg"], [11.5, 11.5, 11.5, np.nan], equal_nan=True)
    assert others["report_ms"].tolist() == [1_699_999_980_000, 0, 0, 0]
    assert (float(others["altitude_m"][1]), float(others["sog_kn"][1])) == (300, 120)
    assert others["name"].tolist() == [b"", b"", b"BUOY", b"BUOY"]
    assert decoded.messages["flags"][3] & MessageFlag.NO_POSITION


@pytest.mark.parametrize(
    ("mmsi", "flag"),
    [
        (219000001, 0),
        (0, MessageFlag.MMSI_INVALID),
        (1193046, MessageFlag.MMSI_INVALID),
        (2190047, MessageFlag.MMSI_NOT_SHIP),
        (21900001, MessageFlag.MMSI_NOT_SHIP),
        (111219501, MessageFlag.MMSI_NOT_SHIP),
        (123456789, MessageFlag.MMSI_DEFAULT),
        (199123456, MessageFlag.MID_UNKNOWN),
        (412000000, MessageFlag.MMSI_DEFAULT),
        (799123456, MessageFlag.MID_UNKNOWN),
        (821912345, 0),
        (910123456, MessageFlag.MMSI_NOT_SHIP),
        (970123456, 0),
        (982190001, 0),
        (992190001, MessageFlag.MMSI_NOT_SHIP),
        (999999999, MessageFlag.MMSI_INVALID),
    ],
)
def test_kinds_of_mmsi(nmea: Any, mmsi: int, flag: int) -> None:
    flags = decode([nmea.position(mmsi, turn=0, heading=1, course=1)]).messages["flags"][0]
    assert flags == flag
