"""Columns of any :class:`TableSpec`: what is in them becomes fixes and static data.

The same for CSV, Parquet and tables in memory. Beside the reasons of ``rows``:

========================  ===============================================
unparsable                a number that is none
not_ship                  a sender that is neither class A nor class B
other_message             a message with neither position nor static data
========================  ===============================================
"""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import NamedTuple

import numpy as np

from cablewatch.archives.changes import Candidates, LastSaid, candidates
from cablewatch.archives.columns import Columns, Text, number
from cablewatch.archives.phrases import is_na, nav_status_codes
from cablewatch.archives.refused import Refused
from cablewatch.archives.rows import NO_TIME_MS, Rows, whole
from cablewatch.archives.spec import (
    STAND_INS,
    STATICS,
    TableSpec,
)
from cablewatch.archives.times import texts_ms, unix_ms
from cablewatch.batches import Batch
from cablewatch.fixes import NAV_STATUS_UNDEFINED, Array, Fixes, FixFlag, Stations

NOT_SHIP, OTHER_MESSAGE, STATIC_DATA = 1 << 8, 1 << 9, 1 << 10  # above the bits of FixFlag
ALL_FLAGS = range(sum(FixFlag) + 1)
SENDERS = {"a": 0, "class a": 0, "b": int(FixFlag.CLASS_B), "class b": int(FixFlag.CLASS_B)}
MESSAGES = {  # ITU-R M.1371-5, table 46
    **dict.fromkeys((1, 2, 3), 0),
    **dict.fromkeys((18, 19), int(FixFlag.CLASS_B)),
    27: int(FixFlag.COARSE),
    **dict.fromkeys((5, 24), STATIC_DATA),
    **dict.fromkeys((4, 9, 11, 21), NOT_SHIP),
}


class Parsed(NamedTuple):
    """What one block says."""

    fixes: Fixes  # station: place in `heard`
    statics: Candidates
    refused: Refused
    heard: list[str]

    def batch(self, stations: Stations, last: LastSaid) -> Batch:
        """The fixes, their stations in the run's table, and what is new of the static data."""
        codes = np.array([stations.code(name) for name in self.heard], np.uint16)
        self.fixes.station[:] = codes[self.fixes.station]
        return Batch(self.fixes, last.new(self.statics))


def checked(
    columns: Columns, spec: TableSpec, zone: tzinfo, latest_ms: int, refused: Refused
) -> Parsed:
    """Fixes and static data of a block; rows that are left out are counted in `refused`."""
    good = np.ones(columns.n, bool)
    for values in columns.numbers.values():
        good &= ~np.isinf(values)
    ship = columns.texts["mmsi"]
    said_mmsi = np.array([number(text) for text in ship.values], np.float64)
    good &= ~np.isinf(said_mmsi)[ship.codes]
    refused.add_rows("unparsable", ~good, columns.row)
    kinds = _kinds(columns.texts, columns.n)
    if kinds.any():
        for reason, bit in (("not_ship", NOT_SHIP), ("other_message", OTHER_MESSAGE)):
            of_this = kinds & bit > 0
            refused.add_rows(reason, good & of_this, columns.row)
            good &= ~of_this
    station, heard = _stations(columns.texts.get("station"), columns.n)
    rows = _rows(columns, spec, zone, whole(said_mmsi)[ship.codes], kinds, station)
    usable = rows.identified(good, latest_ms, refused)
    said = {
        STAND_INS.get(field, field): text
        for field, text in columns.texts.items()
        if field in STATICS or field in STAND_INS
    }
    placed = rows.positioned(usable & (kinds & STATIC_DATA == 0), refused)
    statics = candidates(rows.t_ms, rows.mmsi, ship.codes, usable, placed, said)
    return Parsed(rows.fixes(placed), statics, refused, heard)


def _rows(
    columns: Columns, spec: TableSpec, zone: tzinfo, mmsi: Array, kinds: Array, station: Array
) -> Rows:
    numbers, missing = columns.numbers, np.full(columns.n, np.nan)
    scaled = {field: numbers[field] * by for field, by in spec.scale.items() if field in numbers}
    numbers = numbers | scaled
    status = columns.texts.get("nav_status")
    return Rows(
        t_ms=times_ms(columns, spec, zone),
        mmsi=mmsi,
        lon_deg=numbers["lon"],
        lat_deg=numbers["lat"],
        sog_kn=numbers["sog"],
        cog_deg=numbers["cog"],
        heading_deg=numbers.get("heading", missing),
        nav_status=nav_status_codes(status.values)[status.codes]
        if status
        else np.full(columns.n, NAV_STATUS_UNDEFINED, np.uint8),
        flags=kinds.astype(np.uint8),
        station=station,
        text=columns.row,
    )


def times_ms(columns: Columns, spec: TableSpec, zone: tzinfo) -> Array:
    """Times i8 of the rows, in ms UTC."""
    if columns.t_ms is not None:
        t_ms = columns.t_ms
    elif "time" in columns.numbers:
        t_ms = unix_ms(columns.numbers["time"])
    else:
        text = columns.texts["time"]
        t_ms = texts_ms(text.values, spec.times, zone)[text.codes]
    if "millisecond" in columns.numbers:
        part = columns.numbers["millisecond"]
        part = np.where((part >= 0) & (part < 1000), part, 0).astype(np.int64)
        t_ms = np.where(t_ms == NO_TIME_MS, t_ms, t_ms + part)
    return t_ms


def _stations(text: Text | None, n: int) -> tuple[Array, list[str]]:
    """Places u2 of the rows' stations in a list of names, of which the first is the unknown one."""
    if text is None:
        return np.zeros(n, np.uint16), [""]
    names = ["" if is_na(v) else v.decode("utf-8", "replace").strip() for v in text.values]
    heard = ["", *names[: Stations.CAPACITY - 1]]
    places = np.arange(1, len(names) + 1)
    places[len(heard) - 1 :] = 0
    return places.astype(np.uint16)[text.codes], heard


def _kinds(texts: Mapping[str, Text], n: int) -> Array:
    """Bits u2 of FixFlag, NOT_SHIP, OTHER_MESSAGE and STATIC_DATA of each row."""
    kinds = np.zeros(n, np.uint16)
    for field, kind in KINDS.items():
        if field in texts:
            text = texts[field]
            codes = [0 if is_na(value) else kind(value) for value in text.values]
            kinds |= np.array(codes, np.uint16)[text.codes]
    return kinds


def _sender(text: bytes) -> int:
    return SENDERS.get(text.decode("latin-1").strip().lower(), NOT_SHIP)


def _message(text: bytes) -> int:
    said = number(text)
    return MESSAGES.get(int(said), OTHER_MESSAGE) if 0 < said < 64 else OTHER_MESSAGE


def _repeat(text: bytes) -> int:
    return int(FixFlag.REPEATED) if 0 < number(text) <= 3 else 0


def _accuracy(text: bytes) -> int:
    return int(FixFlag.ACCURATE) if text.strip().lower() in (b"1", b"1.0", b"true") else 0


def _flags(text: bytes) -> int:
    said = number(text)
    return int(said) if said in ALL_FLAGS else 0


KINDS: dict[str, Callable[[bytes], int]] = {
    "flags": _flags,
    "sender": _sender,
    "message": _message,
    "repeat": _repeat,
    "accuracy": _accuracy,
}
