"""Every accepted message of the recordings against pyais, field by field.

The oracle shares nothing with the decoder: a regular expression finds correct sentences, a
dictionary joins their parts, pyais reads the fields. What differs is counted by kind, and the
kinds that occur must be exactly those that docs/decoding.md explains.
"""

import gzip
import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from pyais import decode
from pyais.exceptions import AISBaseException

from cablewatch.ais import Decoded, Decoder, MessageFlag
from cablewatch.fixes import FixFlag

SENTENCE = re.compile(rb"![A-Z0-9]{2}VD[MO],(\d),(\d),(\d*),(\w*),([0-W`-w]*),([0-5])\*(\w\w)")
GROUP = re.compile(rb"g:\d+-\d+-(\d+)")
RECEIVED_MS = 1_800_000_000_000

RECORDINGS = [
    "aisdb_20211101.nm4",
    "amsa_timestamped.nmea",
    "dma_2010-06-11_raw.nmea",
    "dma_2013-11-12_5min.nmea.gz",
    "dma_2014-09-28_drift_538004030.nmea",
    "dma_2014-10-02_nuc_212123000.nmea",
    "dma_sudden_stop_219165000.nmea",
    "exactearth_tag_block.nmea",
    "kystverket_1000_lines.nm4",
    "malformed_gofree.nmea",
    "seine_2016-03-31.log.gz",
    "seine_2016-04-01.log.gz",
    "uscg_test.nmea",
    "gpsd/ais-18-27.log",
    "gpsd/ais-nmea.log",
    "gpsd/sample.aivdm",
    "libais/test.aivdm",
    "libais/typeexamples.nmea",
    "libais/tagblock.nmea",
]

BLANK = "leading blank"
BEHIND_AT = "text behind @"
RESERVED = "reserved ship type"

DIFFERENCES: dict[str, set[str]] = {
    "dma_2010-06-11_raw.nmea": {BLANK, BEHIND_AT, RESERVED},
    "dma_2013-11-12_5min.nmea.gz": {BEHIND_AT},
    "exactearth_tag_block.nmea": {RESERVED},
    "kystverket_1000_lines.nm4": {RESERVED},
    "seine_2016-03-31.log.gz": {BEHIND_AT, "type 18 bad_length"},
    "uscg_test.nmea": {BLANK, BEHIND_AT, RESERVED},
    "gpsd/ais-18-27.log": {"neither"},
    "gpsd/sample.aivdm": {BEHIND_AT},
    "libais/test.aivdm": {
        "type 23 bad_length",
        "type 26 bad_length",
        "type 27 bad_length",
        "type 28 bad_length",
    },
}
"""Kinds of difference by recording; docs/decoding.md says who is right, and why."""


UNNAMED_TYPES = {*range(1, 20), 38, 39, *(d + u for d in range(20, 100, 10) for u in range(5, 9))}
"""Codes without a text of their own in ITU-R M.1371-5, table 53."""


def read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


class Oracle:
    """Complete messages of a stream of lines, read by pyais."""

    def __init__(self) -> None:
        self.parts: dict[tuple[bytes, ...], dict[int, bytes]] = {}

    def lines(self, line: bytes) -> Iterator[dict[str, Any] | None]:
        if line.startswith((b"#", b"{", b"$")):
            return
        for match in SENTENCE.finditer(line):
            sentence = match.group(0)
            checksum = reduce(lambda x, c: x ^ c, sentence[1:-3], 0)
            if checksum != int(match.group(7), 16):
                continue
            count, number = int(match.group(1)), int(match.group(2))
            whole = [sentence]
            if count > 1:
                whole = self._join(line, sentence, match, count, number)
            if whole:
                yield self._read(whole)

    def _join(
        self, line: bytes, sentence: bytes, match: re.Match[bytes], count: int, number: int
    ) -> list[bytes]:
        group = GROUP.search(line)
        key = (sentence[1:6], match[1], match[3], match[4], group[1] if group else b"")
        if number == 1:
            self.parts[key] = {}
        parts = self.parts.setdefault(key, {})
        parts[number] = sentence
        if len(parts) < count:
            return []
        del self.parts[key]
        return [parts[k] for k in range(1, count + 1)]

    @staticmethod
    def _read(whole: list[bytes]) -> dict[str, Any] | None:
        try:
            return dict(decode(*whole).asdict())
        except (AISBaseException, ValueError, TypeError, IndexError):
            return None


def rows(decoded: Decoded) -> Iterator[dict[str, Any]]:
    """Our messages of one line, each with the fields of its rows."""
    fixes, statics, others = iter(range(len(decoded.fixes))), iter(range(len(decoded.statics))), 0
    for message in decoded.messages:
        kind, flags = int(message["type"]), MessageFlag(int(message["flags"]))
        row: dict[str, Any] = {"msg_type": kind, "mmsi": int(message["mmsi"]), "flags": flags}
        unusable = (
            MessageFlag.NO_POSITION
            | MessageFlag.POSITION_OUT_OF_RANGE
            | MessageFlag.POSITION_SUSPECT_NULL_ISLAND
        )
        if kind in (1, 2, 3, 18, 19, 27):
            row["usable"] = not flags & unusable
            if row["usable"]:
                i = next(fixes)
                assert int(decoded.fixes.mmsi[i]) == row["mmsi"]
                for name in ("lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg"):
                    row[name] = float(getattr(decoded.fixes, name)[i])
                row["nav_status"] = int(decoded.fixes.nav_status[i])
                row["bits"] = FixFlag(int(decoded.fixes.flags[i]))
        if kind in (5, 19, 24):
            i = next(statics)
            for name in decoded.statics.__slots__:
                row.setdefault(name, getattr(decoded.statics, name)[i])
        if kind in (4, 9, 11, 21):
            row |= dict(zip(decoded.others.dtype.names or (), decoded.others[others], strict=True))
            others += 1
        yield row


def number(value: float, sentinel: Any) -> float:
    return math.nan if value in sentinel else value


def same(a: float, b: float, tolerance: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= tolerance


def text_difference(ours: Any, theirs: str) -> list[str]:
    mine = ours.decode()
    if mine == theirs:
        return []
    if mine.lstrip() == theirs:
        return [BLANK]
    if mine == theirs.partition("@")[0].rstrip():
        return [BEHIND_AT]
    return [f"text {mine!r} {theirs!r}"]


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    """Names of the fields in which a message differs from what pyais reads."""
    kind = ours["msg_type"]
    if (kind, ours["mmsi"]) != (theirs["msg_type"], theirs["mmsi"]):
        yield "identity"
        return
    if kind in (1, 2, 3, 18, 19, 27):
        yield from _ship_differences(ours, theirs, kind)
    if kind in (5, 19, 24):
        yield from _static_differences(ours, theirs, kind)
    if kind in (4, 9, 11, 21):
        yield from _other_differences(ours, theirs, kind)


def _ship_differences(ours: dict[str, Any], theirs: dict[str, Any], kind: int) -> Iterator[str]:
    lon, lat = theirs["lon"], theirs["lat"]
    usable = -180 <= lon <= 180 and -90 <= lat <= 90 and (lon, lat) != (0, 0)
    if usable != ours["usable"]:
        yield "usable"
    if (kind <= 3) and (MessageFlag.NO_ROT in ours["flags"]) != (int(theirs["turn"]) == -128):
        yield "turn"
    if not (usable and ours["usable"]):
        return
    coarse = kind == 27
    if not same(ours["lon_deg"], lon, 6e-7) or not same(ours["lat_deg"], lat, 6e-7):
        yield "position"
    sog = number(theirs["speed"], (63,) if coarse else (102.3, 102.2))
    if not same(ours["sog_kn"], sog, 1e-5):
        yield "speed"
    cog = theirs["course"] if theirs["course"] < 360 else math.nan
    if not same(ours["cog_deg"], cog, 2e-5):
        yield "course"
    if not coarse:
        heading = theirs["heading"] if theirs["heading"] < 360 else math.nan
        if not same(ours["heading_deg"], heading, 0):
            yield "heading"
    if kind not in (18, 19) and ours["nav_status"] != int(theirs["status"]):
        yield "status"
    if (FixFlag.ACCURATE in ours["bits"]) != bool(theirs["accuracy"]):
        yield "accuracy"
    if (FixFlag.REPEATED in ours["bits"]) != (theirs["repeat"] > 0):
        yield "repeat"


def _static_differences(ours: dict[str, Any], theirs: dict[str, Any], kind: int) -> Iterator[str]:
    part = theirs.get("partno", -1)
    if kind != 24 or part == 0:
        yield from text_difference(ours["name"], theirs["shipname"])
    if kind == 5:
        yield from text_difference(ours["destination"], theirs["destination"])
        if int(ours["imo"]) != theirs["imo"]:
            yield "imo"
        if not same(float(ours["draught_m"]), theirs["draught"] or math.nan, 1e-5):
            yield "draught"
    if kind == 5 or part == 1:
        yield from text_difference(ours["callsign"], theirs["callsign"])
    if kind != 24 or part == 1:
        ship_type = int(theirs["ship_type"])
        if int(ours["ship_type"]) != (ship_type if ship_type <= 99 else 0):
            yield RESERVED if int(ours["ship_type"]) in UNNAMED_TYPES else "ship_type"
        for name in ("to_bow", "to_stern", "to_port", "to_starboard"):
            if int(ours[name + "_m"]) != theirs.get(name, 0):
                yield "dimensions"


def _other_differences(ours: dict[str, Any], theirs: dict[str, Any], kind: int) -> Iterator[str]:
    lon, lat = theirs["lon"], theirs["lat"]
    usable = -180 <= lon <= 180 and -90 <= lat <= 90 and (lon, lat) != (0, 0)
    if usable != (not math.isnan(ours["lon_deg"])):
        yield "usable"
    elif usable and not (same(ours["lon_deg"], lon, 6e-7) and same(ours["lat_deg"], lat, 6e-7)):
        yield "position"
    if kind == 21:
        yield from text_difference(ours["name"], theirs["name"])
        if int(ours["aid_type"]) != int(theirs["aid_type"]):
            yield "aid_type"
    elif kind == 9:
        if not same(ours["altitude_m"], number(theirs["alt"], (4095,)), 0):
            yield "altitude"
        if not same(ours["sog_kn"], number(theirs["speed"], (1023, 1022)), 0):
            yield "speed"
        cog = theirs["course"] if theirs["course"] < 360 else math.nan
        if not same(ours["cog_deg"], cog, 2e-5):
            yield "course"


def compare(data: bytes) -> tuple[Counter[str], int, dict[str, list[Any]]]:
    decoder, oracle = Decoder(), Oracle()
    kinds: Counter[str] = Counter()
    compared = 0
    examples: dict[str, list[Any]] = {}
    for line in re.split(rb"[\r\n]+", data):
        decoded = decoder.feed(line + b"\n", received_ms=RECEIVED_MS)
        ours = list(rows(decoded))
        theirs = list(oracle.lines(line))
        found: list[str] = []
        if len(ours) == len(theirs):
            for mine, other in zip(ours, theirs, strict=True):
                if other is None:
                    found.append(f"type {mine['msg_type']} only here")
                    continue
                compared += 1
                found += differences(mine, other)
        elif len(ours) > len(theirs):
            found.append("message only here")
        elif decoded.refused.keys() & {"orphan_fragment", "missing_fragment", "stale_fragment"}:
            found.append("joined only there")
        else:
            reason = "-".join(decoded.refused)
            found += [f"type {t['msg_type']} {reason}" if t else "neither" for t in theirs]
        for kind in found:
            kinds[kind] += 1
            examples.setdefault(kind, []).append((line, ours, theirs))
    return kinds, compared, examples


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_accepted_message_equals_pyais(name: str, shared: Path) -> None:
    kinds, compared, examples = compare(read(shared / "nmea" / name))
    assert compared > 0 or name == "malformed_gofree.nmea"  # eight fields: all refused
    assert set(kinds) == DIFFERENCES.get(name, set()), {k: examples[k][:2] for k in kinds}
