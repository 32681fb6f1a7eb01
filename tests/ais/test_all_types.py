"""All 28 types as lines of JSON: what was sent comes back, and equals the kernel's columns."""

import json
import math
import random
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from cablewatch.ais import Decoder, MessageFlag, messages
from cablewatch.ais.fields import MAX_BITS, MIN_BITS
from cablewatch.fixes import Stations

from .test_recordings import RECORDINGS, read, rows

Line = dict[str, Any]

T_S = 1_700_000_000
PLACE = {"lon": 12.5, "lat": -55.25}
CORNERS = {"ne_lon": 12.5, "ne_lat": 55.5, "sw_lon": -11.1, "sw_lat": -54.2}
MOVING = {"speed": 10.4, "course": 350.1, **PLACE}
DIMENSIONS = {"to_bow": 190, "to_stern": 35, "to_port": 16, "to_starboard": 17}
CLOCK = {"year": 2023, "month": 11, "day": 14, "hour": 22, "minute": 13, "second": 20}
CLASS_A = {"status": 5, "turn": -11.0, "heading": 349, "second": 59, "maneuver": 2, "raim": True}
CLASS_B = {"reserved_1": 3, "heading": 10, "second": 7, "reserved_2": 1, "raim": True}
FLAGS_B = {"cs": False, "display": True, "dsc": True, "band": False, "msg22": True}
ADDRESSED = {"seqno": 2, "dest_mmsi": 219000002, "retransmit": True}
DATA = {"data": bytes.fromhex("c0ffee00")}

SENT: list[tuple[int, dict[str, Any]]] = [
    *((kind, MOVING | CLASS_A | {"accuracy": True, "radio": 34017}) for kind in (1, 2, 3)),
    *((kind, PLACE | CLOCK | {"epfd": 1, "raim": True, "radio": 67039}) for kind in (4, 11)),
    (
        5,
        {"ais_version": 1, "imo": 9224984, "callsign": "BQWK", "shipname": "YI PENG 3"}
        | {"ship_type": 70, "epfd": 1, "month": 11, "day": 19, "hour": 6, "minute": 30}
        | {"draught": 13.2, "destination": "PORT SAID", "dte": True}
        | DIMENSIONS,
    ),
    (6, ADDRESSED | {"dac": 235, "fid": 10} | DATA),
    (7, {"mmsi1": 219000002, "mmsiseq1": 3, "mmsi2": 219000003, "mmsiseq2": 1}),
    (8, {"dac": 366, "fid": 56} | DATA),
    (9, PLACE | {"alt": 300, "speed": 120, "course": 90.5, "second": 3, "dte": True}),
    (10, {"dest_mmsi": 219000002}),
    (12, ADDRESSED | {"text": "KEEP CLEAR OF THE CABLE"}),
    (13, {"mmsi1": 219000002, "mmsiseq1": 2}),
    (14, {"text": "SART TEST"}),
    (15, {"mmsi1": 219000002, "type1_1": 5, "offset1_1": 617, "type1_2": 3, "offset1_2": 516}),
    (16, {"mmsi1": 219000002, "offset1": 200, "increment1": 7}),
    (18, MOVING | CLASS_B | FLAGS_B | {"radio": 67039}),
    (19, MOVING | CLASS_B | DIMENSIONS | {"shipname": "ANNA", "ship_type": 36, "epfd": 1}),
    (20, {"offset1": 2182, "number1": 5, "timeout1": 7, "increment1": 225}),
    (
        21,
        PLACE | DIMENSIONS | {"aid_type": 5, "name": "CABLE BUOY", "accuracy": True, "epfd": 7}
        | {"second": 61, "off_position": True, "virtual_aid": True, "reserved_1": 9},
    ),
    (
        22,
        CORNERS | {"channel_a": 2087, "channel_b": 2088, "txrx": 1, "power": True, "zonesize": 4},
    ),
    (23, CORNERS | {"station_type": 6, "ship_type": 30, "txrx": 1, "interval": 9, "quiet": 4}),
    (24, {"partno": 0, "shipname": "BERTA"}),
    (
        24,
        {"partno": 1, "ship_type": 37, "vendorid": "SRT", "model": 1, "serial": 616605}
        | {"callsign": "PF9344"}
        | DIMENSIONS,
    ),
    (25, {"addressed": True, "structured": True, "dest_mmsi": 219000002, "app_id": 23587}),
    (27, PLACE | {"speed": 12, "course": 255, "status": 0, "accuracy": True, "gnss": True}),
    (28, PLACE | {"second": 60, "iala_mrn": 71, "charted_status": 1, "status_bits": 5}),
]  # fmt: skip
"""What pyais' encoder is given; types 17 and 26, which it writes otherwise, have tests below."""


def told(data: bytes, station: str = "") -> list[Line]:
    stations = Stations()
    decoder = Decoder(station, stations, payloads=True)
    return [
        line
        for decoded in (decoder.feed(data), decoder.flush())
        for line in messages.lines(decoded, stations)
    ]


def sentence(bits: str, kind: str = "AIVDM") -> bytes:
    """The sentence of a payload given by its bits."""
    fill = -len(bits) % 6
    bits += "0" * fill
    sixes = [int(bits[i : i + 6], 2) for i in range(0, len(bits), 6)]
    payload = "".join(chr(six + (48 if six < 40 else 56)) for six in sixes)
    body = f"{kind},1,1,,A,{payload},{fill}"
    return f"!{body}*{reduce(lambda x, c: x ^ ord(c), body, 0):02X}\n".encode()


def bits(*fields: tuple[int, int]) -> str:
    """Bits of (value, width) fields."""
    return "".join(f"{value & ((1 << width) - 1):0{width}b}" for value, width in fields)


def in_minutes(sent: dict[str, Any]) -> dict[str, Any]:
    """The corners of an area as pyais wants them."""
    return {n: v * 60 if n.startswith(("ne_", "sw_")) else v for n, v in sent.items()}


@pytest.mark.parametrize(("kind", "sent"), SENT, ids=[str(kind) for kind, _ in SENT])
def test_what_is_sent_comes_back(nmea: Any, kind: int, sent: dict[str, Any]) -> None:
    lines = nmea.encode(msg_type=kind, mmsi=219000001, repeat=1, **in_minutes(sent))
    said = told(nmea.feed(*[nmea.tag(f"s:pier,c:{T_S}") + line for line in lines]))
    assert len(said) == 1
    head = {"time": "2023-11-14T22:13:20Z", "time_given": True, "station": "pier", "type": kind}
    head |= {"mmsi": 219000001, "repeat": 1}
    assert head.items() <= said[0].items()
    assert "error" not in said[0]
    line = json.loads(json.dumps(said[0], allow_nan=False))
    for name, value in sent.items():
        if isinstance(value, bytes):
            assert (line[name][: 2 * len(value)], line[name + "_bits"] % 8) == (value.hex(), 0)
        elif isinstance(value, float):
            assert line[name] == pytest.approx(value, abs=1e-3 if kind == 27 else 1e-6), name
        else:
            assert line[name] == (None if (name, value) == ("second", 60) else value), name


def test_every_type_is_sent() -> None:
    assert {kind for kind, _ in SENT} | {17, 26} == set(range(1, 29))


def test_corrections_lie_where_they_are_sent() -> None:
    head = (17, 6), (0, 2), (2190001, 30), (0, 2), (-11 * 600, 18), (-55 * 600 - 30, 17), (0, 5)
    line = told(sentence(bits(*head, (0xC0FFEE, 24))))[0]
    assert (line["lon"], line["lat"]) == (-11.0, -55.05)
    assert (line["data"], line["data_bits"]) == ("c0ffee", 24)
    nowhere = told(sentence(bits(*head[:4], (181 * 600, 18), (91 * 600, 17), (0, 5))))[0]
    assert (nowhere["lon"], nowhere["lat"], nowhere["data"]) == (None, None, "")


@pytest.mark.parametrize(("addressed", "structured"), [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("kind", [25, 26])
def test_binary_data_begins_behind_what_is_there(
    kind: int, addressed: int, structured: int
) -> None:
    fields = [(kind, 6), (0, 2), (219000001, 30), (addressed, 1), (structured, 1)]
    fields += [(219000002, 30)] * addressed + [(798 << 6 | 40, 16)] * structured
    fields += [(0xBEEF, 16)]
    fields += [(0, 1), (1 << 17 | 3 << 14 | 77, 19)] * (kind == 26)
    line = told(sentence(bits(*fields)))[0]
    assert (line["data"], line["data_bits"]) == ("beef", 16)
    assert line.get("dest_mmsi") == (219000002 if addressed else None)
    assert line.get("app_id") == (798 << 6 | 40 if structured else None)
    if kind == 26:
        assert line["communication_state"] == {
            "sync_state": 1,
            "slot_timeout": 3,
            "received_stations": 77,
        }


@pytest.mark.parametrize(
    ("kind", "sent", "nothing"),
    [
        (
            1,
            {"lon": 181, "lat": 91, "speed": 102.3, "course": 360, "heading": 511, "turn": -128}
            | {"status": 15, "second": 60, "maneuver": 0},
            "lon lat speed course heading turn turn_fast status second maneuver",
        ),
        (1, {"lon": 181, "lat": 10, "speed": 102.2}, "lon lat speed"),
        (
            4,
            {"lon": 181, "lat": 91, "year": 0, "month": 0, "day": 0, "hour": 24, "minute": 60}
            | {"second": 60, "epfd": 0},
            "lon lat year month day hour minute second epfd",
        ),
        (
            5,
            {"month": 0, "day": 0, "hour": 24, "minute": 60},
            "imo callsign shipname ship_type to_bow to_stern to_port to_starboard epfd month day"
            " hour minute draught destination",
        ),
        (9, {"lon": 181, "lat": 91, "alt": 4095, "speed": 1023, "course": 360}, "alt speed course"),
        (18, {"lon": 181, "lat": 91, "speed": 102.3, "course": 360, "heading": 511}, "lon heading"),
        (21, {"lon": 181, "lat": 91, "aid_type": 0}, "lon lat aid_type name to_bow"),
        (23, {"ne_lon": 181, "ne_lat": 91, "ship_type": 0}, "ne_lon ne_lat ship_type"),
        (27, {"lon": 181, "lat": 91, "speed": 63, "course": 511, "status": 15}, "lon lat status"),
        (27, {"lon": 1, "lat": 1, "speed": 63, "course": 511}, "speed course"),
        (28, {"lon": 181, "lat": 91, "second": 60}, "lon lat second"),
    ],
)
def test_not_available_is_null(nmea: Any, kind: int, sent: dict[str, Any], nothing: str) -> None:
    line = told(nmea.feed(*nmea.encode(msg_type=kind, mmsi=219000001, **in_minutes(sent))))[0]
    assert {name: line[name] for name in nothing.split()} == dict.fromkeys(nothing.split())


def test_zero_is_a_value(nmea: Any) -> None:
    zeros = {"speed": 0, "course": 0, "heading": 0, "turn": 0, "status": 0, "second": 0}
    line = told(nmea.feed(nmea.position(lon=0.0, lat=1.0, **zeros)))[0]
    assert {name: line[name] for name in zeros} == zeros
    assert (line["lon"], line["turn_fast"]) == (0, None)


@pytest.mark.parametrize(("turn", "side"), [(127, "right"), (-127, "left")])
def test_a_turn_without_a_rate_keeps_its_side(nmea: Any, turn: int, side: str) -> None:
    line = told(nmea.feed(nmea.position(turn=turn)))[0]
    assert (line["turn"], line["turn_fast"]) == (None, side)


def test_a_field_cut_off_is_null(nmea: Any) -> None:
    whole = bits((1, 6), (0, 2), (219000001, 30), (0, 4), (0, 8), (10, 10), (1, 1))
    whole += bits((600_000, 28), (600_000, 27), (10, 12), (10, 9), (9, 6), (0, 6), (2249, 19))
    assert told(sentence(whole))[0]["radio"] == 2249
    cut = told(sentence(whole[:160]))[0]
    assert (cut["radio"], cut["lon"], cut["flags"]) == (None, 1.0, ["short"])
    assert "communication_state" not in cut


def test_codes_without_a_name_are_as_sent() -> None:
    head = (24, 6), (0, 2), (219000001, 30), (1, 2)
    for code, told_as in ((39, 39), (4, 4), (99, 99), (100, None), (255, None), (0, None)):
        assert told(sentence(bits(*head, (code, 8), (0, 120))))[0]["ship_type"] == told_as


def test_text_ends_at_the_first_at_sign(nmea: Any) -> None:
    line = told(nmea.feed(*nmea.voyage(shipname=" A<B@C")))[0]
    assert (line["shipname"], line["flags"]) == (" A<B", ["text_untrusted"])


def test_weather_is_read_and_kept(nmea: Any) -> None:
    place = (-6_000_00, 25), (54_000_00, 24)
    fields = [(8, 6), (0, 2), (2190001, 30), (0, 2), (1, 10), (31, 6), *place, (0, 1), (14, 5)]
    fields += [(22, 5), (13, 6), (17, 7), (127, 7), (132, 9), (360, 9), (-1024, 11), (101, 7)]
    line = told(sentence(bits(*fields, (0, 200))))[0]
    weather = line["application"]
    assert (weather["lon"], weather["lat"]) == (-10.0, 90.0)
    assert (weather["wspeed"], weather["wdir"], weather["day"]) == (17, 132, 14)
    names = ("wgust", "wgustdir", "airtemp", "humidity")
    assert {name: weather[name] for name in names} == dict.fromkeys(names)
    assert line["data_bits"] == 25 + 24 + 1 + 5 + 5 + 6 + 7 + 7 + 9 + 9 + 11 + 7 + 200
    assert "spare" not in "".join(weather)


def test_a_payload_that_cannot_be_read_is_a_line_too(
    nmea: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: bytes) -> None:
        raise KeyError("no such type")

    sent = nmea.feed(nmea.position(repeat=2), nmea.position())
    monkeypatch.setattr(messages, "decode", fails)
    line, _ = told(sent)
    assert (line["type"], line["mmsi"], line["repeat"]) == (1, 219000001, 2)
    assert line["error"] == "KeyError: 'no such type'"
    assert (len(line["data"]), line["data_bits"]) == (42, 168)
    assert line["data"].startswith(f"{1 << 2 | 2:02x}")


def test_times_that_are_borrowed_say_so(nmea: Any) -> None:
    timed = nmea.tag(f"c:{T_S}500") + nmea.position()
    said = told(nmea.feed(nmea.position(), timed, nmea.position()), station="pier")
    assert [(line["time"], line["time_given"]) for line in said] == [
        (None, False),
        ("2023-11-14T22:13:20.500Z", True),
        ("2023-11-14T22:13:20.500Z", False),
    ]
    assert {line["station"] for line in said} == {"pier"}


APPLICATIONS = {
    6: [(1, 16), (1, 18), (1, 20), (1, 23), (1, 25)],
    8: [
        *[(1, fid) for fid in (0, 11, 16, 17, 19, 20, 21, 22, 24, 26, 27, 29, 31)],
        *[(200, fid) for fid in (10, 23, 24, 40)],
        (367, 33),
    ],
}


def random_payloads(seed: int, n: int) -> bytes:
    """`n` payloads of random bits for each type and application, of every length accepted."""
    rng = random.Random(seed)
    made = []
    for kind in range(1, 29):
        for i in range(n):
            low, high = int(MIN_BITS[kind]), int(MAX_BITS[kind])
            length = rng.choice([low, high, rng.randint(low, high), min(high, max(low, 168))])
            chosen = bits((kind, 6), (rng.getrandbits(length), length - 6))
            if kind in APPLICATIONS:
                at = 72 if kind == 6 else 40
                dac, fid = APPLICATIONS[kind][i % len(APPLICATIONS[kind])]
                chosen = chosen[:at] + bits((dac, 10), (fid, 6)) + chosen[at + 16 :]
            made.append(sentence(chosen))
    return b"".join(made)


def test_no_bits_raise_and_every_line_is_json() -> None:
    lines = told(random_payloads(seed=28, n=200))
    assert {line["type"] for line in lines} == set(range(1, 29))
    assert not [line for line in lines if "error" in line]
    for line in lines:
        json.dumps(line, allow_nan=False)
    read_by_pyais = {
        (line["type"], line["dac"], line["fid"])
        for line in lines
        if line["type"] in (6, 8) and line["application"]
    }
    assert len(read_by_pyais) > 20


def unequal(line: Line, row: dict[str, Any]) -> list[str]:
    """Fields of a line that differ from the columns of its row."""
    kind, flags = line["type"], row["flags"]
    pairs: list[tuple[str, Any]] = []
    if kind in (1, 2, 3, 18, 19, 27) and row["usable"]:
        pairs += [("lon", round(row["lon_deg"], 6)), ("lat", round(row["lat_deg"], 6))]
        pairs += [(n, number(row[c], 1)) for n, c in (("speed", "sog_kn"), ("course", "cog_deg"))]
        pairs += [("heading", number(row["heading_deg"], 0))] if kind != 27 else []
        pairs += [("status", row["nav_status"] if row["nav_status"] != 15 else None)]
    if kind in (5, 19, 24):
        part = line.get("partno")
        texts = {"shipname": "name", "callsign": "callsign", "destination": "destination"}
        pairs += [(n, row[c].decode() or None) for n, c in texts.items() if n in line]
        if part != 0:
            pairs += [("ship_type", int(row["ship_type"]) or None)]
        if "to_bow" in line:
            sides = {n: int(row[n + "_m"]) for n in DIMENSIONS}
            given = {n: line[n] or 0 for n in DIMENSIONS}
            assert sides == given
    if kind == 5:
        pairs += [("imo", int(row["imo"]) or None), ("draught", number(row["draught_m"], 1))]
    doubted = MessageFlag.POSITION_OUT_OF_RANGE | MessageFlag.POSITION_SUSPECT_NULL_ISLAND
    if kind in (4, 9, 11, 21) and not flags & doubted:
        pairs += [(n, number(row[n + "_deg"], 6)) for n in ("lon", "lat")]
    if kind == 9:
        columns = {"alt": "altitude_m", "speed": "sog_kn", "course": "cog_deg"}
        pairs += [(n, number(row[c], 1)) for n, c in columns.items()]
    if kind == 21:
        pairs += [("name", row["name"].decode() or None), ("aid_type", row["aid_type"] or None)]
    if kind in (4, 11) and row["report_ms"]:
        said = dict.fromkeys(CLOCK, 0) | {n: line[n] for n in CLOCK if line[n] is not None}
        date = datetime(said["year"], said["month"], 1, said["hour"], said["minute"], tzinfo=UTC)
        date += timedelta(days=said["day"] - 1, seconds=said["second"])
        assert date.timestamp() * 1000 == row["report_ms"]
    return [f"{n}: {line[n]} {v}" for n, v in pairs if n in line and line[n] != v]


def number(value: Any, places: int) -> float | None:
    return None if math.isnan(value) else round(float(value), places)


def assert_equal_columns(data: bytes) -> int:
    stations = Stations()
    decoder = Decoder(stations=stations, payloads=True)
    timed = decoder.feed(data, received_ms=1_800_000_000_000)
    pairs = list(zip(messages.lines(timed, stations), rows(timed), strict=True))
    assert not [(line, found) for line, row in pairs if (found := unequal(line, row))]
    return len(pairs)


def test_fields_equal_the_columns_of_the_kernel() -> None:
    assert assert_equal_columns(random_payloads(seed=1371, n=300)) > 300 * 20


@pytest.mark.parametrize("name", RECORDINGS)
def test_fields_of_recordings_equal_the_columns(name: str, shared: Path) -> None:
    data = read(shared / "nmea" / name)[:1_500_000]
    assert assert_equal_columns(data) > 0 or name == "malformed_gofree.nmea"
