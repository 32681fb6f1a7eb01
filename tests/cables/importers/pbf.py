"""Writes minimal OpenStreetMap PBF files (OSMPBF of the OSM wiki), for tests.

Blobs are not packed, nodes are plain, and there is one way of all of them.
"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

GRANULARITY = 100  # nanodegrees, the default
VARINT, BYTES = 0, 2  # wire types of protocol buffers


def write_pbf(
    path: Path, lon_lat: Sequence[tuple[float, float]], tags: Mapping[str, str], way: int
) -> Path:
    """Write a file with the way `way` through the positions, with its tags."""
    words = ["", *tags, *tags.values()]
    table = b"".join(_field(1, word.encode()) for word in words)
    keys = b"".join(map(_varint, range(1, len(tags) + 1)))
    values = b"".join(map(_varint, range(len(tags) + 1, 2 * len(tags) + 1)))
    refs = b"".join(_varint(_zigzag(1)) for _ in lon_lat)  # numbers 1, 2, ... as differences
    nodes = b"".join(
        _field(1, _number(1, _zigzag(n)) + _number(8, _place(lat)) + _number(9, _place(lon)))
        for n, (lon, lat) in enumerate(lon_lat, start=1)
    )
    ways = _field(3, _number(1, way) + _field(2, keys) + _field(3, values) + _field(8, refs))
    block = _field(1, table) + _field(2, nodes) + _field(2, ways)
    head = _field(4, b"OsmSchema-V0.6")
    path.write_bytes(_blob(b"OSMHeader", head) + _blob(b"OSMData", block))
    return path


def _blob(kind: bytes, content: bytes) -> bytes:
    blob = _field(1, content)
    header = _field(1, kind) + _number(3, len(blob))
    return struct.pack(">I", len(header)) + header + blob


def _place(degrees: float) -> int:
    return _zigzag(round(degrees * 1e9 / GRANULARITY))


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def _number(tag: int, number: int) -> bytes:
    return _varint(tag << 3 | VARINT) + _varint(number)


def _field(tag: int, content: bytes) -> bytes:
    return _varint(tag << 3 | BYTES) + _varint(len(content)) + content
