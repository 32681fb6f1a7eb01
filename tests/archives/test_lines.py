"""Lines of a sender are read as the same lines of a file, whenever the decoder is moved."""

import json
import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cablewatch.archives.lines import LineDecoder, line_decoder
from cablewatch.batches import Batch
from cablewatch.errors import UsageError
from cablewatch.fixes import Stations
from cablewatch.units import DAY_MS

from .conftest import read_all

T0_MS = 1_700_000_000_000  # 2023-11-14T22:13:20Z
NOW_MS = T0_MS + 3_600_000
SENTENCE = "!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A"
TWO_PARTS = [  # ITU-R M.1371-5, type 5
    "!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C",
    "!AIVDM,2,2,1,A,88888888880,2*25",
]


def packed(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def position(kind: str = "PositionReport", t: str = "22:13:20", **said: Any) -> dict[str, Any]:
    body = {"UserID": 219000001, "Valid": True, "Longitude": 12.5, "Latitude": 55.25, "Sog": 7.5}
    return {
        "MessageType": kind,
        "MetaData": {"MMSI": 219000001, "time_utc": f"2023-11-14 {t}.25 +0000 UTC"},
        "Message": {kind: body | said},
    }


def static(mmsi: int = 219000001, name: str = "ANNA") -> dict[str, Any]:
    kind = "ShipStaticData"
    said = {"UserID": mmsi, "Valid": True, "Name": name, "Type": 70, "ImoNumber": 9627980}
    return position(kind) | {"Message": {kind: said}}


def full(**said: Any) -> dict[str, Any]:
    record = {"class": "AIS", "type": 1, "mmsi": 219000001, "lon": 12.5, "lat": 55.25}
    return record | {"rxuxtime": T0_MS / 1000.0, "speed": 7.5, "scaled": True} | said


DIGITRAFFIC = (
    b'vessels-v2/219000001/location {"time":1700000000,"sog":7.5,"cog":90.5,"navStat":5,"rot":0,'
    b'"posAcc":true,"raim":false,"heading":91,"lon":12.5,"lat":55.25}\n'
    b'vessels-v2/219000001/metadata {"timestamp":1700000001000,"destination":"AARHUS",'
    b'"name":"ANNA","draught":67,"eta":0,"posType":1,"refA":100,"refB":20,"refC":10,"refD":11,'
    b'"callSign":"OZAB","imo":9627980,"type":70}\n'
    b'vessels-v2/status {"state":1}\n'
    b"vessels-v2/219000002/location {broken\n"
)
LINES = {
    "aisstream": packed(position(), position(t="22:13:30"), static(), {"MessageType": "x"}),
    "digitraffic": DIGITRAFFIC,
    "ais-catcher": packed(
        full(),
        full(nmea=[SENTENCE], station_id="pier"),
        full(type=5, nmea=TWO_PARTS, rxuxtime=1700000002),
        full(type=4, lon=181),
        {"class": "other"},
    ),
}


def fed(decoder: LineDecoder, data: bytes, moved: bool) -> tuple[Batch, Counter[str]]:
    """All lines, one by one, and what is refused; a decoder that moves is pickled between them."""
    parts = []
    for line in data.splitlines(keepends=True):
        parts.append(decoder.feed(line, NOW_MS))
        if moved:
            decoder = pickle.loads(pickle.dumps(decoder))
    return Batch.joined(parts), decoder.refused.counts


def same(a: Batch, b: Batch, station: bool = True) -> bool:
    names = [name for name in a.fixes.__slots__ if station or name != "station"]
    pairs = [(getattr(a.fixes, name), getattr(b.fixes, name)) for name in names]
    pairs += [(getattr(a.statics, n), getattr(b.statics, n)) for n in a.statics.__slots__]
    return all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for x, y in pairs)


@pytest.mark.parametrize("format", LINES)
def test_lines_are_read_as_their_file(format: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(LINES[format])
    read = read_all(tmp_path / "a", format=format)
    decoder = line_decoder(format, "pier", Stations())
    batch = decoder.feed(LINES[format], NOW_MS)
    assert len(batch.fixes) and len(batch.statics)
    assert same(batch, Batch(read.fixes, read.statics), station=False)
    assert decoder.refused.counts == read.archive.refused.counts
    assert read.archive.refused.counts


@pytest.mark.parametrize("format", LINES)
def test_a_decoder_that_is_moved_says_the_same(format: str) -> None:
    (still, left_out), (moved, left_out_moved) = (
        fed(line_decoder(format, "pier", Stations()), LINES[format] * 3, moved)
        for moved in (False, True)
    )
    assert same(still, moved)
    assert left_out == left_out_moved


def test_static_data_said_again_pass_twice_in_a_moved_decoder_too() -> None:
    data = packed(*[static()] * 5)
    assert len(fed(line_decoder("aisstream", "a", Stations()), data, True)[0].statics) == 2


@pytest.mark.parametrize(
    ("format", "line"),
    [
        ("ais-catcher", packed({k: v for k, v in full().items() if k != "rxuxtime"})),
        ("ais-catcher", packed({"class": "AIS", "nmea": [SENTENCE]})),
        ("aisstream", packed(position() | {"MetaData": {"MMSI": 219000001}})),
        ("digitraffic", b'vessels-v2/219000001/location {"lon":12.5,"lat":55.25,"sog":1}\n'),
    ],
)
def test_records_without_a_time_were_heard_when_they_came(format: str, line: bytes) -> None:
    decoder = line_decoder(format, "pier", Stations())
    assert decoder.feed(line, NOW_MS).fixes.t_ms.tolist() == [NOW_MS]
    assert len(decoder.feed(line, None).fixes) == 0
    assert decoder.refused.counts == {"no_time": 1}


def test_own_times_count_before_the_moment_of_receipt() -> None:
    decoder = line_decoder("aisstream", "a", Stations())
    assert decoder.feed(packed(position()), NOW_MS).fixes.t_ms.tolist() == [T0_MS + 250]


def test_stations_are_named_by_records_or_by_the_source() -> None:
    stations = Stations()
    decoder = line_decoder("ais-catcher", "mast", stations)
    data = packed(full(), full(nmea=[SENTENCE], station_id="pier"), full(nmea=[SENTENCE]))
    heard = [stations.name(code) for code in decoder.feed(data, NOW_MS).fixes.station]
    assert heard == ["mast", "pier", "mast"]


def test_a_decoder_lives_longer_than_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was in the future when it was made is read once that has come."""
    now_ms = T0_MS
    monkeypatch.setattr("cablewatch.archives.base.time.time_ns", lambda: now_ms * 1_000_000)
    decoders = [line_decoder(format, "a", Stations()) for format in ("aisstream", "ais-catcher")]
    assert all(len(d.feed(packed(position(), full()), now_ms).fixes) == 1 for d in decoders)
    now_ms = T0_MS + 30 * DAY_MS
    later = position()
    later["MetaData"]["time_utc"] = "2023-12-14 22:13:20 +0000 UTC"
    unix = full(rxuxtime=now_ms / 1000.0, nmea=[SENTENCE])
    assert [len(d.feed(packed(later, unix), now_ms).fixes) for d in decoders] == [1, 1]


def test_what_is_refused_is_counted_once_with_its_first_line() -> None:
    decoder = line_decoder("aisstream", "a", Stations())
    for _ in range(3):
        decoder.feed(b"{broken\n", NOW_MS)
    assert decoder.refused.counts == {"bad_json": 3}
    assert decoder.refused.examples == {"bad_json": "a:1: {broken"}


def test_ships_beyond_the_most_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cablewatch.archives.lines.SHIPS", 100)
    decoder = line_decoder("aisstream", "a", Stations())
    sizes = []
    for i in range(1000):
        batch = decoder.feed(packed(static(219000000 + i)), NOW_MS)
        assert len(batch.statics) == 1
        sizes.append(len(pickle.dumps(decoder)))
    assert max(sizes[200:]) <= max(sizes[:200])


def test_formats_without_lines_are_refused() -> None:
    with pytest.raises(UsageError, match="'aishub-json' is not read line by line; send nmea"):
        line_decoder("aishub-json", "a", Stations())


def test_recorded_frames_of_aisstream(shared: Path) -> None:
    data = (shared / "archives/aisstream_samples.jsonl").read_bytes()
    decoder = line_decoder("aisstream", "a", Stations())
    batch = decoder.feed(data, NOW_MS)
    assert len(batch.fixes) + len(batch.statics) == len(data.splitlines())


@pytest.mark.parametrize("draught", [float("inf"), 1e308, "1e400", 10**300])
def test_a_draught_that_is_no_figure_is_not_said(draught: object) -> None:
    """The service could not write it as JSON."""
    told = static()
    told["Message"]["ShipStaticData"]["MaximumStaticDraught"] = draught
    batch = line_decoder("aisstream", "here", Stations()).feed(packed(told), T0_MS)
    assert len(batch.statics) == 1 and np.isnan(batch.statics.draught_m).all()
