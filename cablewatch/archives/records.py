"""Records of any JSON format become fixes and static data by the rules of ``rows``.

A format's module turns one record into a :class:`Report`, or says why it is none; what a value
means is decided here, once for all of them.

===============  ==================================================================
bad_json         a line, or a record of a document, that is no JSON object
not_ship         a base station, an aid to navigation or an aircraft
other_message    a message that holds neither a position nor static data of a ship
not_valid        the source itself marks the message as invalid
service_error    an answer that holds an error of the service instead of records
no_time          nothing says when it was heard
unparsable       a number that is none
===============  ==================================================================
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cablewatch.archives.changes import LastSaid, candidates
from cablewatch.archives.columns import Text
from cablewatch.archives.columns import number as number_of_text
from cablewatch.archives.phrases import nav_status_codes
from cablewatch.archives.refused import Refused, RowText
from cablewatch.archives.rows import Rows, whole
from cablewatch.archives.times import texts_ms
from cablewatch.batches import Batch
from cablewatch.fixes import NAV_STATUS_UNDEFINED, FixFlag
from cablewatch.vessels.statics import STATIC_NAMES

TIMES = ("iso", "unix", "compact")
LONG_RANGE = 27  # message type: whole knots, whole degrees, 1/10 minute
LONG_RANGE_SOG_MISSING_KN = 63  # ITU-R M.1371-5, table 84
CLASS_B = (18, 19)
NOT_SHIPS = (4, 9, 11, 21)
NAN = math.nan


class Position(NamedTuple):
    """A position report in degrees and knots, "not available" still as sent."""

    lon_deg: float
    lat_deg: float
    sog_kn: float = NAN
    cog_deg: float = NAN
    heading_deg: float = NAN
    nav_status: int = NAV_STATUS_UNDEFINED
    flags: int = 0


class Report(NamedTuple):
    """What one record says; static data by the names of ``STATIC_DTYPE``, as written.

    `time` is a text in one of the forms :data:`TIMES` of ``times``.
    """

    time: bytes
    mmsi: float
    position: Position | None
    static: Mapping[str, object]


class Refusal(NamedTuple):
    """A record that is left out, and the reason it is counted under."""

    reason: str


def number(value: object) -> float:
    """A number or a text of one: NaN when missing, infinite when it is none.

    >>> number("12.5"), number(None), number([1])
    (12.5, nan, inf)
    """
    if isinstance(value, str):
        return number_of_text(value.encode("utf-8", "replace"))
    if value is None:
        return NAN
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.inf
    try:
        return float(value)
    except OverflowError:
        return math.inf


def part(record: object, key: str) -> Mapping[str, Any]:
    """The object under a key; empty where there is none."""
    value = record.get(key) if isinstance(record, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def nav_status(value: object) -> int:
    """Status code of a number or words; 15 for anything else."""
    if isinstance(value, str):
        return int(nav_status_codes([value.encode("utf-8", "replace")])[0])
    code = number(value)
    return int(code) if 0 <= code < NAV_STATUS_UNDEFINED else NAV_STATUS_UNDEFINED


def flags_of(message_type: float, accurate: object = False, repeat: object = 0) -> int:
    """Bits of FixFlag by message type, position accuracy and repeat indicator."""
    flags = int(FixFlag.CLASS_B) if message_type in CLASS_B else 0
    flags |= int(FixFlag.COARSE) if message_type == LONG_RANGE else 0
    flags |= int(FixFlag.ACCURATE) if accurate in (True, 1, "1") else 0
    return flags | (int(FixFlag.REPEATED) if 0 < number(repeat) < 4 else 0)


def long_range(position: Position) -> Position:
    """A type 27 report: 63 knots is "not available"."""
    missing = position.sog_kn >= LONG_RANGE_SOG_MISSING_KN
    return position._replace(sog_kn=NAN) if missing else position


def time_text(value: object) -> bytes:
    """A time as a text that ``times`` reads: numbers (Unix) and texts as they are.

    >>> time_text(1700000000.5), time_text(" 2026-03-28 16:50:52 GMT")
    (b'1700000000.5', b'2026-03-28 16:50:52 GMT')
    """
    if isinstance(value, str):
        return value.strip().encode("ascii", "replace")
    return b"" if isinstance(value, bool) or not isinstance(value, int | float) else b"%a" % value


class Gathered:
    """Reports of one chunk of a file, to become a batch.

    Parameters
    ----------
    row : RowText
        Where the i-th record of the chunk is, and what it says.
    refused : Refused
        Gets what is left out.
    """

    def __init__(self, row: RowText, refused: Refused) -> None:
        self._row = row
        self._refused = refused
        self._reports: list[Report] = []
        self._at: list[int] = []

    def add(self, i: int, read: Report | Refusal | None) -> None:
        """Take what the i-th record was read as; None is nothing to count."""
        if isinstance(read, Refusal):
            where, text = self._row(i)
            self._refused.add(read.reason, where=where, text=text)
        elif read is not None:
            self._reports.append(read)
            self._at.append(i)

    def batch(self, latest_ms: int, last: LastSaid) -> Batch:
        """Fixes and static data of all reports taken."""
        rows, positioned, readable = self._rows()
        self._refused.add_rows("unparsable", ~readable, rows.text)
        usable = rows.identified(readable, latest_ms, self._refused)
        placed = rows.positioned(usable & positioned, self._refused)
        texts = _texts([report.static for report in self._reports])
        ship = np.unique(rows.mmsi, return_inverse=True)[1]
        said = candidates(rows.t_ms, rows.mmsi, ship, usable, placed, texts)
        return Batch(rows.fixes(placed), last.new(said))

    def _rows(self) -> tuple[Rows, Any, Any]:
        """All reports as rows, which of them have a position, and which only readable numbers."""
        nowhere = Position(NAN, NAN)
        positions = [report.position or nowhere for report in self._reports]
        numbers = np.array([p[:5] for p in positions], np.float64).reshape(-1, 5)
        codes = np.array([p[5:] for p in positions], np.uint8).reshape(-1, 2)
        mmsi = np.array([report.mmsi for report in self._reports], np.float64)
        readable = ~(np.isinf(numbers).any(axis=1) | np.isinf(mmsi))
        rows = Rows(
            t_ms=texts_ms([report.time for report in self._reports], TIMES),
            mmsi=whole(np.where(readable, mmsi, 0.0)),
            lon_deg=numbers[:, 0],
            lat_deg=numbers[:, 1],
            sog_kn=numbers[:, 2],
            cog_deg=numbers[:, 3],
            heading_deg=numbers[:, 4],
            nav_status=codes[:, 0],
            flags=codes[:, 1],
            station=np.zeros(len(codes), np.uint16),
            text=lambda i: self._row(self._at[i]),
        )
        positioned = np.array([report.position is not None for report in self._reports], bool)
        return rows, positioned, readable


def _texts(said: Sequence[Mapping[str, object]]) -> dict[str, Text]:
    """Static columns as codes and distinct texts; code 0 is "nothing said"."""
    columns = {}
    for name in STATIC_NAMES:
        known: dict[bytes, int] = {b"": 0}
        codes = [known.setdefault(_text(row.get(name)), len(known)) for row in said]
        columns[name] = Text(np.array(codes, np.int32), list(known))
    return columns


def _text(value: object) -> bytes:
    """A value as tables write it; six-bit padding (``@``) ends a text."""
    if value is None or isinstance(value, bool | Mapping | list):
        return b""
    if isinstance(value, float) and value == int(value if math.isfinite(value) else 0):
        value = int(value)
    return str(value).partition("@")[0].strip().encode("utf-8", "replace")
