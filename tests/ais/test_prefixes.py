"""Local time, time of day, and the examples of what is refused."""

import gzip
import pickle
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cablewatch.ais import Decoded, Decoder, MessageFlag
from cablewatch.ais.prefixes import AMBIGUOUS, Wall, _from_wall
from cablewatch.fixes import FixFlag

PARIS = ZoneInfo("Europe/Paris")
DAY_MS = 86_400_000


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def times(decoded: Decoded) -> list[str]:
    return [f"{np.datetime64(t, 'ms')}Z" for t in decoded.fixes.t_ms.tolist()]


def prefixed(nmea: Any, *prefixes: str) -> bytes:
    return bytes(nmea.feed(*(prefix + nmea.position() for prefix in prefixes)))


@pytest.mark.parametrize(
    ("prefix", "utc"),
    [
        ("2016-03-31 00:00:01, ", "2016-03-30T22:00:01.000Z"),
        ("2016-01-31 00:00:01, ", "2016-01-30T23:00:01.000Z"),
        ("2016-03-31T00:00:01.25;", "2016-03-30T22:00:01.250Z"),
        ("2016-03-31T00:00:01Z;", "2016-03-31T00:00:01.000Z"),
        ("2016-03-31T00:00:01.5+01:00;", "2016-03-30T23:00:01.500Z"),
        ("2016-03-31T00:00:01-05 ", "2016-03-31T05:00:01.000Z"),
        ("2016-03-31T00:00:01-0330 ", "2016-03-31T03:30:01.000Z"),
        ("2016-03-27T01:59:59 ", "2016-03-27T00:59:59.000Z"),
        ("2016-03-27T03:00:00 ", "2016-03-27T01:00:00.000Z"),
        ("2016-10-30T01:59:59 ", "2016-10-29T23:59:59.000Z"),
        ("2016-10-30T03:00:00 ", "2016-10-30T02:00:00.000Z"),
        ("1459382400 ", "2016-03-31T00:00:00.000Z"),
        ("2016-03-31 00:00:01 Z;", "2016-03-31T00:00:01.000Z"),
        ("2016-03-31 00:00:01 UTC: ", "2016-03-31T00:00:01.000Z"),
        ("2016-03-31T00:00:01GMT ", "2016-03-31T00:00:01.000Z"),
        ("[2016-03-31 00:00:01.5 utc] ", "2016-03-31T00:00:01.500Z"),
        ("2016-03-31 00:00:01 +0100 ", "2016-03-30T23:00:01.000Z"),
        ("2016-03-31 00:00:01 -05:00;", "2016-03-31T05:00:01.000Z"),
        ("2016-03-31 00:00:01 -71 dBm ", "2016-03-30T22:00:01.000Z"),
        ("2016-03-31 00:00:01 - ", "2016-03-30T22:00:01.000Z"),
        ("2016-03-31 00:00:01 INFO ", "2016-03-30T22:00:01.000Z"),
        ("2016-03-31 00:00:01 at port ", "2016-03-30T22:00:01.000Z"),
        ("2016-03-31 00:00:01 EST2: ", "2016-03-30T22:00:01.000Z"),
    ],
)
def test_a_zone_for_prefixes_that_name_none(nmea: Any, prefix: str, utc: str) -> None:
    decoded = Decoder(zone=PARIS).feed(prefixed(nmea, prefix))
    assert times(decoded) == [utc]
    assert decoded.refused == {}


@pytest.mark.parametrize("local", ["2016-03-27 02:00:00", "2016-10-30 02:59:59.999"])
def test_an_hour_that_occurs_twice_or_never_is_refused(nmea: Any, local: str) -> None:
    first = "2016-01-31 00:00:01, "
    data = prefixed(nmea, first, f"{local}, ")
    decoded = Decoder(zone=PARIS).feed(data)
    assert times(decoded) == ["2016-01-30T23:00:01.000Z"]
    assert decoded.refused == {"ambiguous_time": 1}
    assert decoded.examples == {"ambiguous_time": data.splitlines()[1][:120]}
    assert [bool(f & MessageFlag.TIME_UNTRUSTED) for f in decoded.messages["flags"]] == [0, 1]


ZONES = ("EST", "CEST", "MSK", "AEST", "PM", "am", "pm;", "UTC+1", "GMT-3")


@pytest.mark.parametrize("zone", ["EST", "est", "PM", "h", "A", *(f" {zone}" for zone in ZONES)])
@pytest.mark.parametrize("clock", ["2016-01-31 01:00:00", "01:00:00.5", "010000"])
def test_a_clock_whose_zone_is_not_understood_is_refused(nmea: Any, clock: str, zone: str) -> None:
    """Read as UTC, or in the zone of the log, a ship would be hours from where she was."""
    data = prefixed(nmea, f"{clock}{zone} ")
    decoded = Decoder(zone=PARIS, date_ms=ms("2016-01-31T00:00:00Z")).feed(data)
    assert (len(decoded.fixes), decoded.refused) == (0, {"ambiguous_time": 1})


def test_a_better_time_is_taken_for_an_ambiguous_one(nmea: Any) -> None:
    local, utc = "2016-10-30 02:30:00, ", ms("2016-10-30T01:30:00Z")
    tagged = nmea.feed(local + nmea.tag(f"c:{utc // 1000}") + nmea.position())
    assert Decoder(zone=PARIS).feed(tagged).fixes.t_ms.tolist() == [utc]
    live = Decoder(zone=PARIS).feed(prefixed(nmea, local), received_ms=utc + 7)
    assert live.fixes.t_ms.tolist() == [utc + 7]
    assert live.fixes.flags[0] & FixFlag.RECEIPT_TIME


def test_an_ambiguous_part_takes_the_time_of_the_other(nmea: Any) -> None:
    utc_s = ms("2016-10-30T01:30:00Z") // 1000
    first, second = nmea.voyage()
    lines = ["2016-10-30 02:30:00, " + first, nmea.tag(f"c:{utc_s}") + second]
    assert Decoder(zone=PARIS).feed(nmea.feed(*lines)).statics.t_ms.tolist() == [utc_s * 1000]


@pytest.mark.parametrize("name", ["Europe/Paris", "America/New_York", "Pacific/Apia", "UTC"])
def test_local_times_against_the_zone_itself(name: str) -> None:
    """Every 37 minutes of years with changes, Samoa's lost day among them."""
    zone = ZoneInfo(name)
    wall = Wall.make(zone, None)
    for year in (2011, 2016, 2099):
        for step in range(0, 366 * 24 * 60, 37):
            naive = datetime(year, 1, 1) + timedelta(minutes=step)  # noqa: DTZ001
            read = {naive.replace(tzinfo=zone, fold=k).astimezone(UTC) for k in (0, 1)}
            meant = {t for t in read if t.astimezone(zone).replace(tzinfo=None) == naive}
            wanted = ms(meant.pop().isoformat()) if len(meant) == 1 else AMBIGUOUS
            local_ms = ms(naive.replace(tzinfo=UTC).isoformat())
            assert _from_wall(local_ms, wall) == wanted, naive


def test_time_of_day_over_midnight(nmea: Any) -> None:
    data = prefixed(
        nmea, "23:59:58 ", "[23:59:59.5] ", "00:00:01;", "235959 ", "000002.25,", "12:30:00Z ",
        "03:00:00 "
    )  # fmt: skip
    decoder = Decoder(date_ms=ms("2024-11-17T05:00:00Z"))
    assert times(decoder.feed(data)) == [
        "2024-11-17T23:59:58.000Z",
        "2024-11-17T23:59:59.500Z",
        "2024-11-18T00:00:01.000Z",
        "2024-11-17T23:59:59.000Z",  # late, and no further midnight
        "2024-11-18T00:00:02.250Z",
        "2024-11-18T12:30:00.000Z",
        "2024-11-18T03:00:00.000Z",  # back by less than 12 h
    ]
    again = [Decoder(date_ms=ms("2024-11-17T05:00:00Z")) for _ in range(2)]
    for at in range(0, len(data), 13):
        again[0].feed(data[at : at + 13])
        again[0] = pickle.loads(pickle.dumps(again[0]))
    assert times(again[0].feed(prefixed(nmea, "02:59:59 "))) == ["2024-11-18T02:59:59.000Z"]


def test_time_of_day_in_a_zone(nmea: Any) -> None:
    east = Decoder(zone=timezone(timedelta(hours=3)), date_ms=ms("2024-11-17T00:00:00Z"))
    data = prefixed(nmea, "23:30:00 ", "00:30:00 ")
    assert times(east.feed(data)) == ["2024-11-17T20:30:00.000Z", "2024-11-17T21:30:00.000Z"]


def test_time_of_day_needs_a_date(nmea: Any) -> None:
    data = prefixed(nmea, "23:59:58 ", "235958 ")
    assert Decoder().feed(data).refused == {"no_time": 2}
    dated = Decoder(date_ms=0 * DAY_MS).feed(data)  # 1970: before AIS
    assert dated.refused == {"no_time": 2}
    wrong = Decoder(date_ms=ms("2024-11-17T00:00:00Z")).feed(prefixed(nmea, "24:00:00 "))
    assert wrong.messages["flags"][0] & MessageFlag.TIME_UNTRUSTED


def test_the_seine_days_are_in_paris_time(shared: Path) -> None:
    """Base stations tell UTC themselves."""
    data = gzip.decompress((shared / "nmea" / "seine_2016-03-31.log.gz").read_bytes())
    decoded = Decoder(zone=PARIS).feed(data)
    assert "ambiguous_time" not in decoded.refused
    clocks = decoded.others[decoded.others["report_ms"] > 0]
    late_ms = clocks["t_ms"] - clocks["report_ms"]
    assert len(clocks) > 1000
    assert abs(np.median(late_ms)) < 5_000


def test_examples_are_the_first_refused_lines(nmea: Any) -> None:
    bad = [nmea.position(219000000 + k)[:-2] + "ZZ" for k in range(3)]
    lines = ["hello", nmea.position(), bad[0], "x" * 2000, bad[1], "other"]
    data = nmea.feed(*lines)
    decoder = Decoder()
    decoded = decoder.feed(data, ms("2024-11-17T00:00:00Z"))
    assert decoded.refused == {"not_ais": 2, "bad_checksum": 2, "too_long": 1}
    assert decoded.examples == {
        "not_ais": b"hello",
        "bad_checksum": bad[0].encode(),
        "too_long": b"x" * 120,
    }
    assert decoder.feed(nmea.feed(bad[2])).examples == {"bad_checksum": bad[2].encode()}
    assert decoder.feed(nmea.feed(nmea.position()), 1_700_000_000_000).examples == {}


@pytest.mark.parametrize("cut", [1, 7, 500, 1500])
def test_an_overlong_line_in_pieces_keeps_its_beginning(nmea: Any, cut: int) -> None:
    data = nmea.feed("LONG" + "y" * 3000, nmea.position())
    decoder = Decoder()
    parts = [
        *(decoder.feed(data[at : at + cut], 1_700_000_000_000) for at in range(0, len(data), cut)),
        decoder.flush(),
    ]
    assert [p.examples for p in parts if p.examples] == [{"too_long": b"LONG" + b"y" * 116}]
    assert sum(len(p.messages) for p in parts) == 1


def test_parts_in_vain_have_a_count_and_no_example(nmea: Any) -> None:
    first, second = nmea.voyage()
    decoder = Decoder()
    decoder.feed(nmea.feed(first))
    last = decoder.flush()
    assert (last.refused, last.examples) == ({"missing_fragment": 1}, {})
    copied = Decoder().feed(nmea.feed(first, second, second), 1_700_000_000_000)
    assert copied.examples == {"orphan_fragment": second.encode()}
