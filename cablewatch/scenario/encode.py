r"""AIVDM sentences from numpy columns: the writing half of the standard, thousands of rows at once.

One row becomes one line (or the two lines of a type 5)::

    \s:station,c:unix*hh\!AIVDM,1,1,,A,<six-bit payload>,<fill bits>*hh<CR><LF>

Fields are laid most significant bit first into six-bit symbols and armoured as ITU-R M.1371-5
annex 8 and IEC 61162-1 say. The names of the stations of a batch have one length, so that every
row of a kind is a fixed-width row of bytes and no Python loop runs over rows.
"""

from collections.abc import Sequence

import numpy as np

from cablewatch.fixes import Array

Field = tuple[Array | int, int]
"""Values (n,) or one value for all rows, and the width in bits (at most 63)."""

LON_UNKNOWN_DEG, LAT_UNKNOWN_DEG = 181.0, 91.0  # ITU-R M.1371-5 table 48
SOG_UNKNOWN, COG_UNKNOWN, HEADING_UNKNOWN, ROT_UNKNOWN = 1023, 3600, 511, -128  # the same table
_HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)
_PART_CHARS = 56  # payload symbols in the first sentence of a type 5, as transponders send it


def symbols(fields: Sequence[Field], n: int) -> tuple[Array, int]:
    """Six-bit symbols (n, m) u1 of the fields, and the number of fill bits.

    Negative values are laid in two's complement.

    >>> rows, fill = symbols([(1, 6), (np.array([-1]), 4)], 1)
    >>> rows.tolist(), fill
    ([[1, 60]], 2)
    """
    bits = sum(width for _, width in fields)
    out = np.zeros((n, -(-bits // 6)), np.uint8)
    end = 0
    for values, width in fields:
        value = np.asarray(values, np.int64) & ((1 << width) - 1)
        start, end = end, end + width
        for k in range(start // 6, (end - 1) // 6 + 1):
            shift = end - 6 * (k + 1)
            piece = value >> shift if shift >= 0 else value << -shift
            out[:, k] |= (piece & 63).astype(np.uint8)
    return out, out.shape[1] * 6 - bits


def text_fields(texts: Array, width: int) -> list[Field]:
    """Fields of the six-bit text `texts` (n,) of bytes, cut or padded with ``@`` to `width`."""
    raw = np.ascontiguousarray(texts, f"S{width}").view(np.uint8).reshape(-1, width)
    return [(raw[:, k] & 63, 6) for k in range(width)]


def positions_a(rows: Array, kind: Array | int = 1) -> tuple[Array, int]:
    """Payload symbols of types 1 and 3; `rows` has the columns of ``reception.REPORT_DTYPE``."""
    return symbols(
        [
            (kind, 6),
            (0, 2),  # repeat indicator
            (rows["mmsi"], 30),
            (rows["nav_status"], 4),
            (ROT_UNKNOWN, 8),
            (_sog(rows), 10),
            (0, 1),  # accuracy above 10 m: nothing is claimed
            (_minutes(rows["lon_deg"], LON_UNKNOWN_DEG), 28),
            (_minutes(rows["lat_deg"], LAT_UNKNOWN_DEG), 27),
            (_cog(rows), 12),
            (_heading(rows), 9),
            (rows["t_s"] % 60, 6),
            (0, 2),  # manoeuvre indicator
            (0, 3),  # spare
            (0, 1),  # RAIM
            (0, 19),  # communication state
        ],
        len(rows),
    )


def positions_b(rows: Array) -> tuple[Array, int]:
    """Payload symbols of type 18, class B."""
    return symbols(
        [
            (18, 6),
            (0, 2),
            (rows["mmsi"], 30),
            (0, 8),
            (_sog(rows), 10),
            (0, 1),
            (_minutes(rows["lon_deg"], LON_UNKNOWN_DEG), 28),
            (_minutes(rows["lat_deg"], LAT_UNKNOWN_DEG), 27),
            (_cog(rows), 12),
            (_heading(rows), 9),
            (rows["t_s"] % 60, 6),
            (0, 2),
            (1, 1),  # carrier sense unit
            (0, 1),  # display
            (0, 1),  # DSC
            (1, 1),  # whole band
            (0, 1),  # message 22
            (0, 1),  # assigned
            (0, 1),  # RAIM
            (1, 1),  # communication state selector
            (393222, 19),  # communication state of carrier sense units, ITU-R M.1371-5 table 70
        ],
        len(rows),
    )


def static_a(vessels: Array) -> tuple[Array, int]:
    """Payload symbols of type 5; `vessels` has the columns of ``statics.STATIC_DTYPE``."""
    return symbols(
        [
            (5, 6),
            (0, 2),
            (vessels["mmsi"], 30),
            (0, 2),  # AIS version
            (vessels["imo"], 30),
            *text_fields(vessels["callsign"], 7),
            *text_fields(vessels["name"], 20),
            (vessels["ship_type"], 8),
            *_dimensions(vessels),
            (1, 4),  # GPS
            (0, 4),  # ETA month, not available
            (0, 5),  # day, not available
            (24, 5),  # hour, not available
            (60, 6),  # minute, not available
            (np.round(np.nan_to_num(vessels["draught_m"]) * 10).astype(np.int64), 8),
            *text_fields(vessels["destination"], 20),
            (0, 1),  # DTE
            (0, 1),  # spare
        ],
        len(vessels),
    )


def static_b_name(vessels: Array) -> tuple[Array, int]:
    """Payload symbols of type 24 part A."""
    name = text_fields(vessels["name"], 20)
    return symbols([(24, 6), (0, 2), (vessels["mmsi"], 30), (0, 2), *name], len(vessels))


def static_b_type(vessels: Array) -> tuple[Array, int]:
    """Payload symbols of type 24 part B."""
    return symbols(
        [
            (24, 6),
            (0, 2),
            (vessels["mmsi"], 30),
            (1, 2),
            (vessels["ship_type"], 8),
            (0, 42),  # vendor
            *text_fields(vessels["callsign"], 7),
            *_dimensions(vessels),
            (0, 6),  # type of position device and spare
        ],
        len(vessels),
    )


def lines(payload: tuple[Array, int], station: Array, received_s: Array, channel: Array) -> Array:
    """Rows of bytes (n, width) u1, one whole line each, with tag block and line end.

    Parameters
    ----------
    payload
        Symbols (n, m) and fill bits, of :func:`symbols`.
    station
        Names (n,) of bytes, all of one length.
    received_s
        Unix seconds (n,), ten digits.
    channel
        Bytes (n,), ``b"A"`` or ``b"B"``.
    """
    rows, fill = payload
    tag = _tag_block(station, received_s)
    return np.hstack([tag, _sentence(_armour(rows), fill, b"1,1,", None, channel)])


def line_pairs(
    payload: tuple[Array, int], station: Array, received_s: Array, channel: Array, sequence: Array
) -> Array:
    """Two lines a row, as :func:`lines`; `sequence` (n,) is the number 0-9 that joins them."""
    rows, fill = payload
    tag, text = _tag_block(station, received_s), _armour(rows)
    first, second = text[:, :_PART_CHARS], text[:, _PART_CHARS:]
    return np.hstack(
        [
            tag,
            _sentence(first, 0, b"2,1,", sequence, channel),
            tag,
            _sentence(second, fill, b"2,2,", sequence, channel),
        ]
    )


def _sog(rows: Array) -> Array:
    known = np.isfinite(rows["sog_kn"])
    tenths = np.round(np.where(known, rows["sog_kn"], 0.0) * 10).astype(np.int64)
    return np.where(known, np.clip(tenths, 0, SOG_UNKNOWN - 1), SOG_UNKNOWN)


def _cog(rows: Array) -> Array:
    known = np.isfinite(rows["cog_deg"])
    tenths = np.round(np.where(known, rows["cog_deg"], 0.0) * 10).astype(np.int64) % 3600
    return np.where(known, tenths, COG_UNKNOWN)


def _heading(rows: Array) -> Array:
    known = np.isfinite(rows["heading_deg"])
    whole = np.round(np.where(known, rows["heading_deg"], 0.0)).astype(np.int64) % 360
    return np.where(known, whole, HEADING_UNKNOWN)


def _minutes(degrees: Array, unknown_deg: float) -> Array:
    return np.round(np.where(np.isfinite(degrees), degrees, unknown_deg) * 600_000).astype(np.int64)


def _dimensions(vessels: Array) -> list[Field]:
    return [
        (vessels["to_bow_m"], 9),
        (vessels["to_stern_m"], 9),
        (vessels["to_port_m"], 6),
        (vessels["to_starboard_m"], 6),
    ]


def _armour(rows: Array) -> Array:
    return rows + np.uint8(48) + np.uint8(8) * (rows > 39)


def _constant(text: bytes, n: int) -> Array:
    return np.broadcast_to(np.frombuffer(text, np.uint8), (n, len(text)))


def _closed(start: bytes, body: Array, end: bytes) -> Array:
    """`body` between its delimiters, with the checksum of IEC 61162-1 (XOR of the body)."""
    n = len(body)
    check = np.bitwise_xor.reduce(body, axis=1)
    return np.hstack(
        [
            _constant(start, n),
            body,
            _constant(b"*", n),
            np.stack([_HEX[check >> 4], _HEX[check & 15]], axis=1),
            _constant(end, n),
        ]
    )


def _tag_block(station: Array, received_s: Array) -> Array:
    n = len(received_s)
    powers = 10 ** np.arange(9, -1, -1)
    digits = (received_s[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    name = np.ascontiguousarray(station).view(np.uint8).reshape(n, station.dtype.itemsize)
    body = np.hstack([_constant(b"s:", n), name, _constant(b",c:", n), digits])
    return _closed(b"\\", body, b"\\")


def _sentence(text: Array, fill: int, part: bytes, sequence: Array | None, channel: Array) -> Array:
    n = len(text)
    joined = [] if sequence is None else [(sequence % 10 + ord("0")).astype(np.uint8)[:, None]]
    body = np.hstack(
        [
            _constant(b"AIVDM," + part, n),
            *joined,
            _constant(b",", n),
            np.ascontiguousarray(channel).view(np.uint8).reshape(n, 1),
            _constant(b",", n),
            text,
            _constant(b",%d" % fill, n),
        ]
    )
    return _closed(b"!", body, b"\r\n")
