"""What gpsd and libais expect of their own samples, field by field of every message.

Their names and units are translated here. What differs after that, beside numbers that say "not
available", is listed one by one, with what each says, who is right and why. Not compared are words
for codes (``status_text``) and bits that are spare.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cablewatch.ais import Decoder
from cablewatch.ais.messages import lines
from cablewatch.fixes import Stations

Line = dict[str, Any]

CUT = "ours: the payload ends before the field does, and 0 or what is left of it is no value"
UNSTRUCTURED = "ours: data without structure has no application (ITU-R M.1371-5, table 78)"
STATE = "ours: the communication state is the last 20 bits (table 81); gpsd gives 0"
TWO_BITS = "ours: data end with the bits that gpsd counts; its last octet has two of the next field"
SLOTS = "offset2 number2 timeout2 increment2 offset3 number3 timeout3 increment3 "
LAST_SLOT = "offset4 number4 timeout4 increment4"
STRUCTURE_26 = "c700ef007300e0000000080018282e", "c700ef007300e00000000800182820"

GPSD = (
    (1, 244740981, "radio", 1076, None, CUT),
    (6, 2442101, "lon lat", 0, None, CUT),
    (6, 2444012, "lon lat", 0, None, CUT),
    (7, 655901842, "mmsi3", 836359488, None, CUT),
    (7, 537411077, "mmsi3", 76161024, None, CUT),
    (15, 368578000, "type1_2 offset1_2 type2_1 offset2_1", 0, None, CUT),
    (15, 3669720, "type2_1 offset2_1", 0, None, CUT),
    (16, 2053501, "offset2 increment2", 0, None, CUT),
    (20, 3669705, SLOTS + LAST_SLOT, 0, None, CUT),
    (20, 3160097, LAST_SLOT, 0, None, CUT),
    (25, 440006460, "app_id", 0, None, UNSTRUCTURED),
    (25, 440002170, "app_id", 0, None, UNSTRUCTURED),
    (26, 84148325, "app_id", 0, None, UNSTRUCTURED),
    (26, 16777280, "app_id", 0, None, UNSTRUCTURED),
    (26, 137920605, "radio", 0, 4096, STATE),
    (26, 84148325, "radio", 0, 824515, STATE),
    (26, 633353704, "radio", 0, 27732, STATE),
    (26, 16777280, "radio", 0, 957988, STATE),
    (
        *(26, 84148325, "data"),
        "e41c40000000000000004000003d4031c01b400000066b4813",
        "e41c40000000000000004000003d4031c01b400000066b4810",
        TWO_BITS,
    ),
    (26, 16777280, "data", *STRUCTURE_26, TWO_BITS),
)
GPSD_18_27 = (
    (18, 230055040, "heading", 360, None, "ours: headings are 0-359 (table 48), gpsd as sent"),
)
LIBAIS = (
    (2, 277315048, "turn", -42.89931869506836, -43.0, "either: pyais rounds to whole degrees"),
    (2, 277315048, "heading", 472, None, "ours: headings are 0-359 (table 48), libais as sent"),
    (6, 3669971, "retransmit", True, False, "ours: 0 is the default, no retransmission (table 56)"),
    (
        8,
        3669739,
        "duration",
        2,
        20,
        "ours: libais gives the minute of the start; its bits say 20",
    ),
    (8, 3669739, "sub_areas", 1, None, "libais: pyais takes no areas apart, area_data has them"),
    (9, 400214919, "speed", 16.799999237060547, 168.0, "ours: type 9 counts knots (table 65)"),
    (11, 367342360, "hour", 26, None, "ours: hours are 0-23 (table 54), libais as sent"),
    (15, 1021648591, "offset1_2", 2832, None, CUT),
    (15, 1021648591, "type2_1 offset2_1", 0, None, CUT),
    (16, 292499393, "offset2 increment2", 0, None, CUT),
    (
        *(21, 852992994, "name", "9%&//3*37-+P][`<RD^6", "9%&//3*37_+P]['<RD^6"),
        "ours: 31 is _ and 39 is ' (table 47)",
    ),
    (26, 1025342127, "dac", 798, None, "both: the first ten bits of app_id"),
    (26, 1025342127, "fid", 40, None, "both: the last six bits of app_id"),
    (27, 974291422, "gnss", False, True, "pyais gives the bit, 0 for GNSS; libais its opposite"),
)

NAMES = {
    "shiptype": "ship_type", "stationtype": "station_type", "portname": "port_name",
    "reserved": "reserved_1", "part_num": "partno", "mode": "assigned", "utc_min": "utc_minute",
    "slots_to_allocate": "num_slots", "link_id": "linkage", "notice_type": "notice",
    "duration_minutes": "duration", "tagblock_station": "station",
}  # fmt: skip
ENVELOPE = {"class", "device", "scaled", "tagblock_T", "tagblock_q", "tagblock_group"}
REPEATED = {"tagblock_timestamp", "commstate_cs_fill", "type2_2", "offset2_2", "alt_sensor"}
"""Said by another field: time, radio, a second form of type2_1 and offset2_1, reserved_1."""
SPARE = {"spare", "spare2", "spare3", "spare4", "utc_spare", "transmission_ctl"}
ABOUT_LIBAIS = {"msg_2", "slot_offset_2", "notice_type_str"}
POSITIONS = {"lon", "lat", "ne_lon", "ne_lat", "sw_lon", "sw_lat"}

COMMON = {"type", "scaled", "repeat", "mmsi", "seqno", "dest_mmsi", "retransmit", "dac", "fid"}
UNREAD = {(6, 1, 0), (6, 1, 12), (6, 1, 14), (6, 1, 30), (6, 1, 32), (6, 235, 10)}
"""Applications that pyais does not know: ``data`` holds all of them, ``application`` is null."""
WEATHER = ((1, 11), (1, 31))
WEATHER_CODES = {"leveltrend", "pressuretend", "ice", "preciptype", "seastate", "humidity"}
WEATHER_CODES |= {"wspeed", "wgust", "wdir", "wgustdir", "cdir", "wavedir", "waveperiod"}
"""Of the weather the fields that are not scaled; the others are compared in the scaled file."""
WORDS = {"leveltrend", "pressuretend", "ice", "preciptype", "status"}
"""Written as words in gpsd's scaled file; its other file has the codes."""
INLAND = {"length": 10, "beam": 10, "draught": 100}
"""Units of application 200/10 in a metre, as sent in both of gpsd's files."""

NOT_AVAILABLE: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("lon", "ne_lon", "sw_lon"), (181,)),
    **dict.fromkeys(("lat", "ne_lat", "sw_lat"), (91,)),
    **dict.fromkeys(("imo", "draught", "year", "month", "day", "epfd", "ship_type"), (0,)),
    **dict.fromkeys(("mmsi2", "mmsi3", "mmsi4", "dest_mmsi"), (0,)),
    **dict.fromkeys(("to_bow", "to_stern", "to_port", "to_starboard"), (0,)),
    **dict.fromkeys(("callsign", "shipname", "destination", "port_name", "text"), ("",)),
    **dict.fromkeys(("wdir", "wgustdir", "cdir", "cdir2", "cdir3", "wavedir"), (360, 511)),
    **dict.fromkeys(("cspeed", "cspeed2", "cspeed3", "waveheight", "swellheight"), (25.5,)),
    **dict.fromkeys(("wspeed", "wgust"), (127,)),
    **dict.fromkeys(("waveperiod", "swellperiod"), (63,)),
    **dict.fromkeys(("cdepth2", "cdepth3"), (31,)),
    **dict.fromkeys(("pressuretend", "leveltrend", "ice"), (3, "N/A")),
    "speed": (102.3,), "course": (360,), "heading": (511,), "hour": (24,), "minute": (60,),
    "second": (60,), "preciptype": (7, "N/A"), "airtemp": (144.7, -102.4), "dewpoint": (82.3, 50.1),
    "humidity": (101, 127), "pressure": (1311, 1310), "visibility": (25.5, 12.7),
    "waterlevel": (41.1, 30.0), "watertemp": (92.3, 50.1), "salinity": (51.0, 51.1),
    "seastate": (13, 15), "swelldir": (360, 511), "maneuver": (0,),
}  # fmt: skip


def ours(data: bytes) -> list[Line]:
    stations = Stations()
    decoder = Decoder(stations=stations, payloads=True)
    return [
        line
        for decoded in (decoder.feed(data), decoder.flush())
        for line in lines(decoded, stations)
    ]


def in_one(said: list[Line]) -> Iterator[Line]:
    """The parts of type 24 as one message, as gpsd reports them; it drops parts that find none."""
    names: dict[int, str] = {}
    for line in said:
        if line["type"] == 24 and line["partno"] == 0:
            names[line["mmsi"]] = line["shipname"]
        elif line["type"] != 24:
            yield line
        elif line["mmsi"] in names:
            yield line | {"shipname": names.pop(line["mmsi"])}


def theirs(text: str) -> Iterator[Line]:
    """The reports; where gpsd repeats its last one behind another than a sentence, not again."""
    last = ""
    for before, row in pairwise(["!", *text.splitlines()]):
        if not re.search(r'"class": ?"AIS"', row):
            continue
        if before.startswith("!") or '"AIS"' in before:
            yield json.loads(row, parse_float=Decimal)
        else:
            assert row == last
        last = row


def translated(report: Line) -> Iterator[tuple[str, Any]]:
    """A report by our names and in our units."""
    kind, scaled = report["type"], report["scaled"]
    application = (report.get("dac"), report.get("fid"))
    if (kind, *application) in UNREAD:
        report = {name: value for name, value in report.items() if name in COMMON}
    if not scaled and application in WEATHER:
        report = {n: value for n, value in report.items() if n in COMMON | WEATHER_CODES}
    for name, value in report.items():
        if name in ENVELOPE | REPEATED | SPARE | ABOUT_LIBAIS or name.endswith("_text"):
            continue
        if scaled and name in WORDS and isinstance(value, str) and value != "N/A":
            continue
        if application == (200, 10) and name in INLAND:
            yield name, value / INLAND[name]
        elif name == "sub_areas":
            yield name, len(value)
        elif name in ("timestamp", "eta", "arrival", "turn", "data"):
            yield from taken_apart(kind, name, value)
        elif not scaled and units(kind, name) > 1:
            yield name, value / units(kind, name)
        else:
            yield renamed(kind, name), converted(name, value)


def renamed(kind: int, name: str) -> str:
    if name == "regional":
        return "reserved_1" if kind in (9, 21) else "reserved_2"
    if kind == 8 and name == "shiptype":
        return name
    return "cs" if (kind, name) == (18, "unit") else NAMES.get(name, name)


def converted(name: str, value: Any) -> Any:
    if name in ("imo", *POSITIONS):  # some are written as text
        return int(value) if name == "imo" else Decimal(value)
    return value[:3] if name == "vendorid" else value  # gpsd adds model and number, as letters


def units(kind: int, name: str) -> int:
    """Units of gpsd's unscaled file in one of ours."""
    if name in POSITIONS:
        return 600 if kind in (17, 22, 23, 27) else 600_000
    tenths = name == "draught" or (name == "speed" and kind != 9) or name == "course"
    return 10 if tenths and kind != 27 else 1


def taken_apart(kind: int, name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if name == "turn":
        fast = {"fastleft": "left", -127: "left", "fastright": "right", 127: "right"}
        none = value in fast or value in ("nan", -128, None)
        yield from (("turn_fast", fast.get(value)), ("turn", None if none else value))
    elif name == "data":
        bits, _, data = value.partition(":")
        yield from (("data_bits", int(bits)), ("data", data))
    elif value.startswith("2014-12-10"):
        yield "time", value.replace(".000000", "")  # of libais' tag blocks
    else:
        numbers = [int(n) for n in re.findall(r"\d+", value)]
        spans = {6: "year month day hour minute second", 4: "month day hour minute"}
        span = spans.get(len(numbers), "day hour minute")
        yield from zip(span.split(), numbers, strict=True)


def plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def same(name: str, mine: Any, value: Any) -> bool:
    if mine is None or value is None:
        return mine is value or any(plain(value) == none for none in NOT_AVAILABLE.get(name, ()))
    if isinstance(mine, float):
        places = -value.as_tuple().exponent if isinstance(value, Decimal) else 7
        # as many places as they print, though libais prints more than a float32 holds
        return abs(mine - float(value)) <= max(0.51 * 10**-places, abs(mine) * 6e-8 + 1e-6)
    return bool(mine == value)


def differences(mine: list[Line], reports: list[Line]) -> dict[Any, Any]:
    assert [(m["type"], m["mmsi"]) for m in mine] == [(r["type"], r["mmsi"]) for r in reports]
    found = {}
    for line, report in zip(mine, reports, strict=True):
        said = line | (line.get("application") or {}) | (line.get("communication_state") or {})
        if line["type"] == 21:
            said["name"] += said["name_ext"] or ""
        if (line["type"], line.get("dac"), line.get("fid")) in UNREAD:
            assert line["application"] is None and line["data"]
        for name, value in translated(report):
            if not same(name, said.get(name), value):
                found[line["type"], line["mmsi"], name] = plain(value), said.get(name)
    return found


def listed(rows: Any) -> dict[Any, Any]:
    return {
        (kind, mmsi, name): (value, own)
        for kind, mmsi, names, value, own, why in rows
        for name in names.split()
        if why
    }


@pytest.mark.parametrize(
    ("log", "expected", "known"),
    [
        ("sample.aivdm", "sample.aivdm.js.chk", GPSD),
        ("sample.aivdm", "sample.aivdm.ju.chk", GPSD),
        ("ais-nmea.log", "ais-nmea.log.chk", ()),
        ("ais-18-27.log", "ais-18-27.log.chk", GPSD_18_27),
    ],
)
def test_gpsd(shared: Path, log: str, expected: str, known: Any) -> None:
    folder = shared / "nmea" / "gpsd"
    mine = list(in_one(ours((folder / log).read_bytes())))
    reports = list(theirs((folder / expected).read_text(encoding="utf-8")))
    assert len(reports) > 90
    assert differences(mine, reports) == listed(known)


@pytest.mark.parametrize(("name", "known"), [("typeexamples", LIBAIS), ("tagblock", ())])
def test_libais(shared: Path, name: str, known: Any) -> None:
    folder = shared / "nmea" / "libais"
    mine = ours((folder / f"{name}.nmea").read_bytes())
    reports = list(theirs((folder / f"{name}.json").read_text(encoding="utf-8")))
    assert len(reports) == {"typeexamples": 26, "tagblock": 4}[name]
    assert differences(mine, reports) == listed(known)
