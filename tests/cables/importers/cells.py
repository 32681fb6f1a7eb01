"""Writes minimal S-57 cells (IHO S-57 edition 3.1, part 3, in ISO/IEC 8211), for tests.

One connected node at each end of every line, one edge between them, one feature on the edge. An
area is a feature on one closed edge. This is the whole of what an importer of lines reads.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

LINE = ((17.0, 56.0), (17.5, 56.4), (18.0, 56.5))  # lon, lat; what most tests draw

UNIT, FIELD = b"\x1f", b"\x1e"
SCALE = 10_000_000  # COMF, units of the last place in a degree
NODE, EDGE, FEATURE = 120, 130, 100  # RCNM
LINE_PRIM, AREA_PRIM = 2, 3
OBJECTS = {"CBLARE": 20, "CBLSUB": 22, "PIPSOL": 94, "LNDMRK": 74}
ATTRIBUTES = {"BURDEP": 5, "CATCBL": 11, "CONDTN": 81, "OBJNAM": 116, "PRODCT": 123, "STATUS": 149}
POSACC, QUAPOS = 401, 402

DEFINITIONS = {
    "0001": ("0500;&   ", "ISO 8211 Record Identifier", "", "(b12)"),
    "DSID": (
        "1600;&   ",
        "Data set identification field",
        "RCNM!RCID!EXPP!INTU!DSNM!EDTN!UPDN!UADT!ISDT!STED!PRSP!PSDN!PRED!PROF!AGEN!COMT",
        "(b11,b14,2b11,3A,2A(8),R(4),b11,2A,b11,b12,A)",
    ),
    "DSSI": (
        "1600;&   ",
        "Data set structure information field",
        "DSTR!AALL!NALL!NOMR!NOCR!NOGR!NOLR!NOIN!NOCN!NOED!NOFA",
        "(3b11,8b14)",
    ),
    "DSPM": (
        "1600;&   ",
        "Data set parameter field",
        "RCNM!RCID!HDAT!VDAT!SDAT!CSCL!DUNI!HUNI!PUNI!COUN!COMF!SOMF!COMT",
        "(b11,b14,3b11,b14,4b11,2b14,A)",
    ),
    "FRID": (
        "1600;&   ",
        "Feature record identifier field",
        "RCNM!RCID!PRIM!GRUP!OBJL!RVER!RUIN",
        "(b11,b14,2b11,2b12,b11)",
    ),
    "FOID": ("1600;&   ", "Feature object identifier field", "AGEN!FIDN!FIDS", "(b12,b14,b12)"),
    "ATTF": ("2600;&-A ", "Feature record attribute field", "*ATTL!ATVL", "(b12,A)"),
    "FSPT": (
        "2600;&   ",
        "Feature record to spatial record pointer field",
        "*NAME!ORNT!USAG!MASK",
        "(B(40),3b11)",
    ),
    "VRID": (
        "1600;&   ",
        "Vector record identifier field",
        "RCNM!RCID!RVER!RUIN",
        "(b11,b14,b12,b11)",
    ),
    "ATTV": ("2600;&   ", "Vector record attribute field", "*ATTL!ATVL", "(b12,A)"),
    "VRPT": (
        "2600;&   ",
        "Vector record pointer field",
        "*NAME!ORNT!USAG!TOPI!MASK",
        "(B(40),4b11)",
    ),
    "SG2D": ("2500;&   ", "2-D coordinate field", "*YCOO!XCOO", "(2b24)"),
}  # fmt: skip
TREE = "0001DSIDDSIDDSSI0001DSPM0001FRIDFRIDFOIDFRIDATTFFRIDFSPT0001VRIDVRIDATTVVRIDVRPTVRIDSG2D"


@dataclass(frozen=True)
class Object:
    """A feature of a cell: object class, vertices (lon, lat), attributes, quality of its edge."""

    acronym: str
    lon_lat: Sequence[tuple[float, float]]
    attributes: dict[str, str] = field(default_factory=dict)
    quapos: int | None = None
    posacc: float | None = None
    prim: int = LINE_PRIM
    fidn: int | None = None


def write_cell(path: Path, objects: Sequence[Object]) -> Path:
    """Write a base cell; GDAL's S57 driver reads it."""
    records = [
        [
            (
                "DSID",
                struct.pack("<BIBB", 10, 1, 1, 1)
                + b"TEST0001.000\x1f1\x1f0\x1f2024010120240101"
                + b"03.1\x01\x1f\x1f\x01"
                + struct.pack("<H", 550)
                + UNIT,
            ),
            ("DSSI", struct.pack("<3B8I", 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)),
        ],
        [("DSPM", struct.pack("<BI3BI4B2I", 20, 1, 2, 23, 23, 50_000, *4 * [1], SCALE, 10) + UNIT)],
    ]
    for number, thing in enumerate(objects, start=1):
        records += _vectors(number, thing)
    records += [_feature(number, thing) for number, thing in enumerate(objects, start=1)]
    text = _definitions()
    for number, fields in enumerate(records, start=1):
        text += _record(b"D", [("0001", struct.pack("<H", number)), *fields])
    path.write_bytes(text)
    return path


def _vectors(number: int, thing: Object) -> list[list[tuple[str, bytes]]]:
    ends = (2 * number - 1, 2 * number)
    closed = thing.lon_lat[0] == thing.lon_lat[-1]
    if closed:
        ends = (ends[0], ends[0])
    positions = dict(zip(ends, (thing.lon_lat[0], thing.lon_lat[-1]), strict=True))
    nodes = [
        [("VRID", struct.pack("<BIHB", NODE, rcid, 1, 1)), ("SG2D", _positions([position]))]
        for rcid, position in positions.items()
    ]
    quality = [(POSACC, thing.posacc), (QUAPOS, thing.quapos)]
    edge = [("VRID", struct.pack("<BIHB", EDGE, number, 1, 1))]
    edge += [
        (
            "ATTV",
            b"".join(struct.pack("<H", c) + f"{v}".encode() + UNIT for c, v in quality if v),
        )
    ] * any(value for _, value in quality)
    pointers = (
        struct.pack("<BI4B", NODE, rcid, 255, 255, topi, 255)
        for rcid, topi in zip(ends, (1, 2), strict=True)
    )
    edge.append(("VRPT", b"".join(pointers)))
    if len(thing.lon_lat) > 2:
        edge.append(("SG2D", _positions(thing.lon_lat[1:-1])))
    return [*nodes, edge]


def _feature(number: int, thing: Object) -> list[tuple[str, bytes]]:
    attributes = b"".join(
        struct.pack("<H", ATTRIBUTES[name]) + text.encode("latin-1") + UNIT
        for name, text in thing.attributes.items()
    )
    usage = 1 if thing.prim == AREA_PRIM else 255
    code = OBJECTS[thing.acronym]
    return [
        ("FRID", struct.pack("<BIBBHHB", FEATURE, number, thing.prim, 2, code, 1, 1)),
        ("FOID", struct.pack("<HIH", 550, thing.fidn or number, 1)),
        *([("ATTF", attributes)] if attributes else []),
        ("FSPT", struct.pack("<BI3B", EDGE, number, 1, usage, 255)),
    ]


def _positions(lon_lat: Sequence[tuple[float, float]]) -> bytes:
    return b"".join(
        struct.pack("<2i", round(lat * SCALE), round(lon * SCALE)) for lon, lat in lon_lat
    )


def _definitions() -> bytes:
    fields = [("0000", b"0000;&   " + UNIT + TREE.encode())]
    for tag, (controls, name, labels, formats) in DEFINITIONS.items():
        text = controls.encode() + UNIT.join(part.encode() for part in (name, labels, formats))
        fields.append((tag, text))
    return _record(b"L", fields)


def _record(kind: bytes, fields: Sequence[tuple[str, bytes]]) -> bytes:
    directory, area = b"", b""
    for tag, content in fields:
        content += FIELD
        directory += f"{tag}{len(content):05d}{len(area):05d}".encode()
        area += content
    base = 24 + len(directory) + 1
    middle = b"3LE1 09" if kind == b"L" else b" D     "
    charset = b" ! " if kind == b"L" else b"   "
    leader = f"{base + len(area):05d}".encode() + middle + f"{base:05d}".encode() + charset
    return leader + b"5504" + directory + FIELD + area
