"""JSON formats: every field, every "not available", and what is left out."""

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cablewatch.archives import Selection, open_archive
from cablewatch.fixes import FixFlag, Stations

from .conftest import Read, read_all

JSON_FORMATS = (
    "aisstream",
    "gpsd",
    "ais-catcher",
    "barentswatch",
    "aishub-json",
    "digitraffic",
)
T0_MS = 1_700_000_000_000  # 2023-11-14T22:13:20Z
NAN = pytest.approx(float("nan"), nan_ok=True)


def lines(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def document(path: Path, value: Any, indent: int | None = None) -> Path:
    path.write_text(json.dumps(value, indent=indent))
    return path


def fix(read: Read, i: int = 0) -> dict[str, Any]:
    names = ("t_ms", "mmsi", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg", "nav_status")
    return {name: getattr(read.fixes, name)[i].item() for name in names}


def expected(**over: Any) -> dict[str, Any]:
    values = {
        "t_ms": T0_MS,
        "mmsi": 219000001,
        "lon_deg": pytest.approx(12.5),
        "lat_deg": pytest.approx(55.25),
        "sog_kn": pytest.approx(7.5),
        "cog_deg": pytest.approx(90.5),
        "heading_deg": 91.0,
        "nav_status": 5,
    }
    return values | over


MISSING = {"sog_kn": NAN, "cog_deg": NAN, "heading_deg": NAN, "nav_status": 15}
STATIC = {
    "imo": 9627980,
    "ship_type": 70,
    "to_bow_m": 100,
    "to_stern_m": 20,
    "to_port_m": 10,
    "to_starboard_m": 11,
    "draught_m": pytest.approx(6.7),
    "name": b"ANNA",
    "callsign": b"OZAB",
    "destination": b"AARHUS",
}


def static(read: Read, i: int = 0) -> dict[str, Any]:
    return {name: getattr(read.statics, name)[i].item() for name in STATIC}


# --- Digitraffic


def feature(**properties: Any) -> dict[str, Any]:
    said = {
        "mmsi": 219000001,
        "sog": 7.5,
        "cog": 90.5,
        "navStat": 5,
        "rot": 0,
        "posAcc": True,
        "raim": False,
        "heading": 91,
        "timestamp": 59,
        "timestampExternal": T0_MS,
    }
    return {
        "type": "Feature",
        "mmsi": 219000001,
        "geometry": {"type": "Point", "coordinates": [12.5, 55.25]},
        "properties": said | properties,
    }


def test_digitraffic_locations(tmp_path: Path) -> None:
    features = [feature(), feature(sog=102.3, cog=360, heading=511, navStat=15)]
    features += [feature(sog=1023, cog=3600, heading=511, navStat=15, posAcc=False)]
    said = {"type": "FeatureCollection", "dataUpdatedTime": "x", "features": features}
    read = read_all(document(tmp_path / "a", said, indent=2))
    assert (read.archive.format, read.archive.ordered, read.error) == ("digitraffic", False, None)
    assert fix(read) == expected()
    assert [fix(read, i) for i in (1, 2)] == [expected(**MISSING)] * 2
    assert read.fixes.flags.tolist() == [FixFlag.ACCURATE, FixFlag.ACCURATE, 0]
    assert len(read.statics) == 0


VESSEL = {
    "mmsi": 219000001,
    "name": "ANNA",
    "shipType": 70,
    "referencePointA": 100,
    "referencePointB": 20,
    "referencePointC": 10,
    "referencePointD": 11,
    "posType": 1,
    "draught": 67,
    "imo": 9627980,
    "callSign": "OZAB",
    "eta": 333760,
    "timestamp": T0_MS,
    "destination": "AARHUS",
}


def test_digitraffic_vessels(tmp_path: Path) -> None:
    silent = {"mmsi": 219000002, "draught": 0, "imo": 0, "shipType": 0, "timestamp": T0_MS}
    read = read_all(document(tmp_path / "a", [VESSEL, silent]))
    assert (read.archive.format, read.error, len(read.fixes)) == ("digitraffic", None, 0)
    assert (len(read.statics), static(read)) == (1, STATIC)
    assert read.statics.t_ms[0] == T0_MS


def test_digitraffic_messages_have_their_mmsi_in_the_topic(tmp_path: Path) -> None:
    location = {
        "time": T0_MS // 1000,
        "sog": 7.5,
        "cog": 90.5,
        "navStat": 5,
        "rot": -128,
        "posAcc": True,
        "raim": False,
        "heading": 91,
        "lon": 12.5,
        "lat": 55.25,
    }
    metadata = {
        "timestamp": T0_MS,
        "destination": "AARHUS",
        "name": "ANNA",
        "draught": 67,
        "eta": 333760,
        "posType": 1,
        "refA": 100,
        "refB": 20,
        "refC": 10,
        "refD": 11,
        "callSign": "OZAB",
        "imo": 9627980,
        "type": 70,
    }
    topic = "vessels-v2/219000001/"
    recorded = [
        f"{topic}location {json.dumps(location)}",
        json.dumps({"topic": topic + "location", "payload": location}),
        json.dumps({"tst": "x", "topic": topic + "location", "payload": json.dumps(location)}),
        f"{topic}metadata {json.dumps(metadata)}",
        json.dumps({"topic": "vessels-v2/status", "payload": {"status": 1}}),
        f"{topic}location {{cut",
    ]
    (tmp_path / "a").write_text("\n".join(recorded))
    read = read_all(tmp_path / "a")
    assert (read.archive.format, read.error, len(read.fixes)) == ("digitraffic", None, 3)
    assert [fix(read, i) for i in range(3)] == [expected()] * 3
    assert static(read) == STATIC
    assert read.archive.refused.counts == {"other_message": 1, "bad_json": 1}
    assert read.archive.refused.examples["bad_json"].startswith(f"{tmp_path / 'a'}:6: vessels-v2/")


# --- aisstream.io


def frame(kind: str, **body: Any) -> dict[str, Any]:
    return {
        "MessageType": kind,
        "MetaData": {"MMSI": 219000001, "time_utc": "2023-11-14 22:13:20.123456789 +0000 UTC"},
        "Message": {kind: {"UserID": 219000001, "Valid": True, **body}},
    }


PLACE = {"Longitude": 12.5, "Latitude": 55.25, "Sog": 7.5, "Cog": 90.5, "TrueHeading": 91}
DIMENSION = {"A": 100, "B": 20, "C": 10, "D": 11}


def test_aisstream_positions(tmp_path: Path) -> None:
    nothing = {"Sog": 102.3, "Cog": 360, "TrueHeading": 511}
    coarse = {"Longitude": 12.5, "Latitude": 55.25, "Sog": 63, "Cog": 511}
    path = lines(
        tmp_path / "a",
        frame("PositionReport", **PLACE, NavigationalStatus=5, RateOfTurn=-128),
        frame("PositionReport", **PLACE | nothing, NavigationalStatus=15, RepeatIndicator=1),
        frame("StandardClassBPositionReport", **PLACE, PositionAccuracy=True),
        frame("ExtendedClassBPositionReport", **PLACE, Name="ANNA@@@ ", Type=70),
        frame("LongRangeAisBroadcastMessage", **coarse, NavigationalStatus=1),
        frame("PositionReport", **PLACE | {"Longitude": 181, "Latitude": 91}),
    )
    read = read_all(path)
    assert (read.archive.format, read.archive.ordered, read.error) == ("aisstream", True, None)
    assert fix(read) == expected(t_ms=T0_MS + 123)
    assert fix(read, 1) == expected(t_ms=T0_MS + 123, **MISSING)
    assert fix(read, 4) == expected(t_ms=T0_MS + 123, **MISSING | {"nav_status": 1})
    b = FixFlag.CLASS_B
    assert read.fixes.flags.tolist() == [0, FixFlag.REPEATED, b | FixFlag.ACCURATE, b, 2]
    assert read.statics.name.tolist() == [b"ANNA"]
    assert read.archive.refused.counts == {"no_position": 1}


def test_aisstream_static_data(tmp_path: Path) -> None:
    ship = {
        "Name": "ANNA   ",
        "CallSign": "OZAB",
        "Destination": "AARHUS@@",
        "ImoNumber": 9627980,
        "Type": 70,
        "Dimension": DIMENSION,
        "MaximumStaticDraught": 6.7,
    }
    size = {"Valid": True, "ShipType": 70, "CallSign": "OZAB", "Dimension": DIMENSION}
    path = lines(
        tmp_path / "a",
        frame("ShipStaticData", **ship),
        frame("StaticDataReport", ReportA={"Valid": True, "Name": "BO"}, ReportB={"Valid": False}),
        frame("StaticDataReport", ReportA={"Valid": False, "Name": "X"}, ReportB=size),
    )
    read = read_all(path)
    assert static(read) == STATIC
    assert read.statics.name.tolist() == [b"ANNA", b"BO", b""]
    assert read.statics.to_bow_m.tolist() == [100, 0, 100]


def test_what_is_left_out_is_counted_with_an_example(tmp_path: Path) -> None:
    good = frame("PositionReport", **PLACE)
    old = good | {"MetaData": {"time_utc": "1970-01-01 00:00:01 +0000 UTC"}}
    new = good | {"MetaData": {"time_utc": "2037-01-01 00:00:01 +0000 UTC"}}
    path = lines(
        tmp_path / "a",
        good,
        old,
        new,
        frame("PositionReport", **PLACE | {"Sog": "fast"}),
        frame("PositionReport", **PLACE | {"UserID": "12a"}),
        frame("PositionReport", **PLACE | {"UserID": 0}),
        frame("PositionReport", **PLACE | {"Valid": False}),
        frame("BaseStationReport", **PLACE),
        frame("AddressedSafetyMessage", Text="x"),
        good | {"MetaData": {}},
        good | {"Message": [1]},
        [1, 2],
        frame("PositionReport", **PLACE | {"Latitude": 95.0, "Longitude": 12.0}),
    )
    with path.open("ab") as file:
        file.write(b'{"MessageType": "Posi\x1b[31m\n' + b"[" * 5000 + b"\n\n")
    read = read_all(path)
    assert (len(read.fixes), read.error) == (1, None)
    assert read.archive.refused.counts == {
        "bad_time": 2,
        "unparsable": 2,
        "bad_mmsi": 1,
        "not_valid": 2,
        "not_ship": 1,
        "other_message": 1,
        "no_time": 1,
        "bad_json": 3,
        "swapped_position": 1,
    }
    examples = read.archive.refused.examples
    assert examples.keys() == read.archive.refused.counts.keys()
    assert examples["bad_time"].startswith(f"{path}:2: ")
    assert examples["unparsable"].startswith(f"{path}:4: ")
    assert examples["bad_json"].endswith(":12: [1, 2]")
    assert all(text.isprintable() for text in examples.values())


# --- gpsd


GPSD = {"class": "AIS", "type": 1, "repeat": 0, "mmsi": 219000001, "status": 5, "accuracy": True}
SCALED = {"scaled": True, "lon": 12.5, "lat": 55.25, "speed": 7.5, "course": 90.5, "heading": 91}
RAW = {"scaled": False, "lon": 7_500_000, "lat": 33_150_000, "speed": 75, "course": 905}


def test_gpsd_scaled_and_not(tmp_path: Path) -> None:
    coarse = {"type": 27, "scaled": False, "lon": 7_500, "lat": 33_150, "speed": 7, "course": 90}
    path = lines(
        tmp_path / "a",
        {"class": "VERSION", "release": "3.25"},
        GPSD | SCALED | {"time": "2023-11-14T22:13:20Z"},
        GPSD | RAW | {"heading": 91, "time": T0_MS // 1000},
        GPSD | RAW | {"speed": 1023, "course": 3600, "heading": 511, "status": 15, "time": "soon"},
        GPSD | RAW | {"speed": 1023, "course": 3600, "heading": 511, "status": 15, "time": T0_MS},
        GPSD | coarse | {"time": T0_MS},
        GPSD | SCALED | {"type": 4, "time": T0_MS},
        {"class": "TPV", "time": "2023-11-14T22:13:20Z"},
    )
    with path.open("a") as file:
        file.write("!AIVDM,1,1,,A,13aG?P0P00PD;88MD5MTDww@2<0L,0*23\n")
    read = read_all(path)
    assert (read.archive.format, read.error) == ("gpsd", None)
    assert fix(read) == fix(read, 1) == expected()
    assert fix(read, 2) == expected(**MISSING)
    assert fix(read, 3) == expected(sog_kn=7.0, cog_deg=90.0, heading_deg=NAN)
    assert read.archive.refused.counts == {"bad_time": 1, "not_ship": 1}


def test_gpsd_static_data(tmp_path: Path) -> None:
    said = {
        "imo": 9627980,
        "callsign": "OZAB",
        "shipname": "ANNA",
        "shiptype": 70,
        "destination": "AARHUS",
        "to_bow": 100,
        "to_stern": 20,
        "to_port": 10,
        "to_starboard": 11,
    }
    five = {"class": "AIS", "type": 5, "mmsi": 219000001, "time": T0_MS, **said}
    path = lines(
        tmp_path / "a",
        five | {"scaled": False, "draught": 67},
        five | {"scaled": True, "draught": 6.7, "mmsi": 219000002},
        {"class": "AIS", "type": 24, "mmsi": 219000003, "time": T0_MS, "shipname": "BO"},
    )
    read = read_all(path)
    assert static(read) == static(read, 1) == STATIC
    assert read.statics.name.tolist() == [b"ANNA", b"ANNA", b"BO"]


def test_gpsd_says_no_time(shared: Path) -> None:
    for name in ("sample.aivdm.js.chk", "sample.aivdm.ju.chk"):
        read = read_all(shared / "nmea" / "gpsd" / name)
        assert read.archive.format == "gpsd"
        assert "no record has a time" in str(read.error)
        assert "sample.aivdm" in read.archive.refused.examples["no_time"]


# --- AIS-catcher


SENTENCE = "!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A"
CATCHER = {"class": "AIS", "device": "AIS-catcher", "mmsi": 219500000, "type": 1}


def test_ais_catcher_sentences_go_through_the_decoder(tmp_path: Path) -> None:
    parts = [
        "!AIVDM,2,1,9,B,55R3Vn82=ILTQ3KKS>1<D60Dq@E918U<F222221J1`?164vc03S1CCAD,0*2A",
        "!AIVDM,2,2,9,B,`88888888888880,2*76",
    ]
    path = lines(
        tmp_path / "a",
        CATCHER | {"rxuxtime": T0_MS / 1000 + 0.25, "station_id": "pier 1", "nmea": [SENTENCE]},
        CATCHER | {"type": 5, "rxtime": "20231114221321", "nmea": parts},
        CATCHER | {"nmea": [SENTENCE]},
        CATCHER | {"rxuxtime": T0_MS / 1000, "nmea": ["!AIVDM,1,1,,B,13AE=p0P291b,0*00", 5]},
    )
    stations = Stations()
    read = read_all(path, stations=stations)
    assert (read.archive.format, read.archive.ordered, read.error) == ("ais-catcher", True, None)
    assert (read.fixes.mmsi.tolist(), read.fixes.t_ms.tolist()) == ([219500000], [T0_MS + 250])
    assert stations.name(int(read.fixes.station[0])) == "pier_1"
    assert read.fixes.lon_deg[0] == pytest.approx(23.236, abs=1e-3)
    assert read.statics.name.tolist() == [b"SEA ENTERPRISE"]
    assert read.statics.t_ms.tolist() == [T0_MS + 1000]
    assert read.archive.refused.counts["no_time"] == 1
    assert read.archive.refused.counts.total() > 1


def test_ais_catcher_without_sentences(tmp_path: Path) -> None:
    path = lines(tmp_path / "a", GPSD | SCALED | {"rxuxtime": T0_MS / 1000, "rxtime": "x"})
    read = read_all(path)
    assert (read.archive.format, fix(read)) == ("ais-catcher", expected())


# --- AISHub


HUMAN = {
    "MMSI": 219000001,
    "TIME": "2023-11-14 22:13:20 GMT",
    "LONGITUDE": 12.5,
    "LATITUDE": 55.25,
    "COG": 90.5,
    "SOG": 7.5,
    "HEADING": 91,
    "ROT": 128,
    "PAC": 1,
    "NAVSTAT": 5,
    "IMO": 9627980,
    "NAME": "ANNA",
    "CALLSIGN": "OZAB",
    "TYPE": 70,
    "A": 100,
    "B": 20,
    "C": 10,
    "D": 11,
    "DRAUGHT": 6.7,
    "DEST": "AARHUS",
    "ETA": "11-20 10:00",
}
AIS = {
    "TIME": str(T0_MS // 1000),
    "LONGITUDE": 7_500_000,
    "LATITUDE": "33150000",
    "COG": 905,
    "SOG": 75,
    "DRAUGHT": 67,
}


def answer(kind: str, *records: Any) -> list[Any]:
    head = {"ERROR": False, "USERNAME": "AH_1", "FORMAT": kind, "RECORDS": len(records)}
    return [head, list(records)]


@pytest.mark.parametrize("kind", ["HUMAN", "AIS"])
def test_aishub(tmp_path: Path, kind: str) -> None:
    record = HUMAN if kind == "HUMAN" else HUMAN | AIS
    missing = {"COG": 360, "SOG": 102.4} if kind == "HUMAN" else {"COG": 3600, "SOG": 1024}
    nothing = record | missing | {"HEADING": 511, "NAVSTAT": 15}
    path = document(tmp_path / "a", answer(kind, record, nothing))
    with path.open("a") as file:  # the next poll
        file.write("\n" + json.dumps(answer(kind, record | {"MMSI": 219000002}), indent=1))
    read = read_all(path)
    assert (read.archive.format, read.error, len(read.fixes)) == ("aishub-json", None, 3)
    assert (fix(read), fix(read, 1)) == (expected(), expected(**MISSING))
    assert fix(read, 2) == expected(mmsi=219000002)
    assert static(read) == STATIC


def test_an_error_of_aishub_is_named(tmp_path: Path) -> None:
    head = {"ERROR": True, "USERNAME": "AH_1", "FORMAT": "HUMAN", "ERROR_MESSAGE": "Too frequent!"}
    good = {"ERROR": False, "USERNAME": "AH_1", "FORMAT": "HUMAN", "RECORDS": 1}
    record = {"MMSI": 1, "TIME": "2024-11-18 06:01:44 GMT", "LONGITUDE": 1.0, "LATITUDE": 2.0}
    path = tmp_path / "answers.json"
    path.write_text(json.dumps([head]))
    read = read_all(path)
    assert "Too frequent!" in str(read.error) and str(path) in str(read.error)
    path.write_text("\n".join(map(json.dumps, [[head], [good, [record]], [head]])))
    read = read_all(path)
    assert (read.error, len(read.fixes)) == (None, 1)
    assert read.archive.refused.counts == {"service_error": 2}
    assert "Too frequent!" in read.archive.refused.examples["service_error"]


# --- BarentsWatch


BARENTS = {
    "courseOverGround": 90.5,
    "latitude": 55.25,
    "longitude": 12.5,
    "navigationalStatus": 5,
    "rateOfTurn": None,
    "speedOverGround": 7.5,
    "trueHeading": 91,
    "imoNumber": 9627980,
    "callSign": "OZAB",
    "name": "ANNA",
    "destination": "AARHUS",
    "draught": 6.7,
    "shipType": 70,
    "dimensionA": 100,
    "dimensionB": 20,
    "dimensionC": 10,
    "dimensionD": 11,
    "reportClass": "B",
    "mmsi": 219000001,
    "msgtime": "2023-11-14T23:13:20+01:00",
}


def test_barentswatch_lines_events_and_answers(tmp_path: Path) -> None:
    nulls = dict.fromkeys(BARENTS) | {k: BARENTS[k] for k in ("mmsi", "msgtime")}
    nulls |= {"longitude": 12.5, "latitude": 55.25}
    read = read_all(lines(tmp_path / "a", BARENTS, nulls, BARENTS | {"msgtime": None}))
    assert (read.archive.format, read.error) == ("barentswatch", None)
    assert (fix(read), fix(read, 1)) == (expected(), expected(**MISSING))
    assert read.fixes.flags.tolist() == [FixFlag.CLASS_B, 0]
    assert (len(read.statics), static(read)) == (1, STATIC)
    assert read.archive.refused.counts == {"no_time": 1}
    (tmp_path / "b").write_text(f": hello\nevent: m\ndata: {json.dumps(BARENTS)}\n\n")
    geometry = {"type": "Point", "coordinates": [12.5, 55.25]}
    rest = {k: v for k, v in BARENTS.items() if k not in ("longitude", "latitude")}
    feature = {"type": "Feature", "geometry": geometry, "properties": rest}
    document(tmp_path / "c", {"type": "FeatureCollection", "features": [feature]})
    document(tmp_path / "d", [BARENTS], indent=1)
    for name in "bcd":
        read = read_all(tmp_path / name)
        assert (read.archive.format, read.error, fix(read)) == ("barentswatch", None, expected())
        assert read.archive.refused.counts == {}


# --- all of them


def test_a_cut_document_yields_its_head(tmp_path: Path) -> None:
    said = {"type": "FeatureCollection", "features": [feature()] * 5000}
    data = json.dumps(said).encode()
    (tmp_path / "a").write_bytes(data[: len(data) * 3 // 4])
    read = read_all(tmp_path / "a")
    assert "after 37" in str(read.error) and "damaged" in str(read.error)
    assert 3700 < len(read.fixes) < 3800
    data = json.dumps(said, indent=1).encode()
    (tmp_path / "b").write_bytes(gzip.compress(data)[:-3000])
    read = read_all(tmp_path / "b")
    assert "cut off" in str(read.error)
    (tmp_path / "c").write_bytes(b'{"type": "FeatureCollection", "features": [], "posAcc": 1}')
    assert read_all(tmp_path / "c").error is None


@pytest.mark.parametrize("seed", range(40))
def test_mutated_json_never_raises_anything_else(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    said: list[Any] = [frame("PositionReport", **PLACE), GPSD | SCALED | {"time": T0_MS}]
    said += [BARENTS, answer("AIS", HUMAN | AIS), {"features": [feature()] * 3}]
    said += [frame("ShipStaticData", Dimension=DIMENSION, Name="A"), VESSEL]
    data = bytearray(json.dumps(said[seed % len(said)]).encode() + b"\n") * 20
    nasty = [b"null", b"[]", b"{}", b'"', b"\xff", b"1e999", b"-1", b"NaN", b"true", b"9" * 30]
    for _ in range(60):
        at = int(rng.integers(0, len(data)))
        data[at : at + int(rng.integers(0, 4))] = nasty[int(rng.integers(0, len(nasty)))]
    (tmp_path / "a").write_bytes(data)
    for format in (
        "aisstream",
        "gpsd",
        "ais-catcher",
        "barentswatch",
        "aishub-json",
        "digitraffic",
    ):
        read = read_all(tmp_path / "a", format=format)
        assert (np.abs(read.fixes.lat_deg) <= 90).all()
        assert (read.fixes.mmsi > 0).all()


def test_large_line_json_stays_in_bounded_memory(tmp_path: Path) -> None:
    wide = frame("PositionReport", **PLACE) | {"note": "x" * 800}
    line = json.dumps(wide).encode() + b"\n"
    path = tmp_path / "a"
    with path.open("wb") as file:
        for _ in range(15):
            file.write(line * 4000)
    assert path.stat().st_size > 60 << 20
    archive = open_archive(path, stations=Stations())
    fixes = 0
    tracemalloc.start()
    for batch in archive.batches(lambda _: None):
        fixes += len(batch.fixes)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert fixes == 60_000
    assert peak < 40 << 20


def test_recordings(shared: Path) -> None:
    folder = shared / "archives"
    read = read_all(folder / "digitraffic_2017-02-20.js")
    assert (len(read.fixes), read.error, read.archive.refused.counts) == (149, None, {})
    read = read_all(folder / "digitraffic_reduced_2025-12-11.json.gz")
    assert (len(read.fixes), read.error) == (9735, None)
    assert len(read.statics) > 9000
    read = read_all(folder / "aisstream_samples.jsonl")
    assert (len(read.fixes), read.archive.refused.counts) == (1, {"no_time": 3})


@pytest.mark.parametrize("packed", [False, True])
def test_recordings_that_are_not_in_order_are_seen(tmp_path: Path, packed: bool) -> None:
    def kept(name: str, seconds: list[int]) -> bool:
        path = lines(
            tmp_path / name, *(GPSD | SCALED | {"time": T0_MS // 1000 + s} for s in seconds)
        )
        if packed:
            path.write_bytes(gzip.compress(path.read_bytes()))
        archive = open_archive(path, stations=Stations())
        assert archive.keeps_order
        return archive.ordered

    assert kept("a", list(range(300)))
    assert not kept("b", [*range(100, 200), *range(100)])


def test_a_selection_is_left_to_the_taker(tmp_path: Path) -> None:
    wanted = Selection(T0_MS + 1)
    assert len(read_all(lines(tmp_path / "a", BARENTS), selection=wanted).fixes) == 1
