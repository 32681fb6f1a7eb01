"""Static data: what types 5, 19 and 24 and archive columns say of a ship, as columns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from cablewatch.fixes import Array

STATIC_DTYPE = np.dtype(
    [
        ("t_ms", "i8"),
        ("mmsi", "i4"),
        ("imo", "i4"),  # 0 not available
        ("ship_type", "u1"),  # ITU-R M.1371-5 table 53; 0 not available
        ("to_bow_m", "u2"),  # reference point of the position to the bow; 0 not available
        ("to_stern_m", "u2"),
        ("to_port_m", "u1"),
        ("to_starboard_m", "u1"),
        ("draught_m", "f4"),  # NaN not available
        ("name", "S60"),  # UTF-8, 20 characters of up to 3 bytes; b"" not said in this message
        ("callsign", "S21"),  # 7 characters likewise
        ("destination", "S60"),
        ("after", "i8"),  # fixes of its batch that came before it in the feed
    ]
)
STATIC_NAMES = tuple(n for n in STATIC_DTYPE.names or () if n not in ("t_ms", "mmsi", "after"))
"""Columns of what a message says."""


@dataclass(frozen=True, slots=True)
class Statics:
    """Columns of :data:`STATIC_DTYPE`, one row a message; a field not said is 0, NaN or ``b""``."""

    t_ms: Array
    mmsi: Array
    imo: Array
    ship_type: Array
    to_bow_m: Array
    to_stern_m: Array
    to_port_m: Array
    to_starboard_m: Array
    draught_m: Array
    name: Array
    callsign: Array
    destination: Array
    after: Array

    def __len__(self) -> int:
        return len(self.t_ms)

    @classmethod
    def empty(cls) -> "Statics":
        """No rows."""
        return cls.from_columns(t_ms=[], mmsi=[])

    @classmethod
    def from_columns(cls, **columns: Any) -> "Statics":
        """Cast columns to their dtypes; those left out are "not available"."""
        n = len(columns["t_ms"])
        made = {}
        for name in STATIC_DTYPE.names or ():
            dtype = STATIC_DTYPE[name]
            value = columns.pop(name, None)
            if value is None:
                value = np.full(n, np.nan) if dtype.kind == "f" else np.zeros(n, dtype)
            made[name] = np.ascontiguousarray(value, dtype)
        if columns:
            raise TypeError(f"unknown columns: {', '.join(sorted(columns))}")
        return cls(**made)

    @classmethod
    def concat(cls, parts: Iterable["Statics"]) -> "Statics":
        """All rows of `parts` in their order."""
        rows = [part for part in parts if len(part)]
        if not rows:
            return cls.empty()
        return cls(
            **{f.name: np.concatenate([getattr(p, f.name) for p in rows]) for f in fields(cls)}
        )

    def take(self, index: Array | slice) -> "Statics":
        """Rows by integer index, boolean mask or slice."""
        return Statics(*(column[index] for column in self.columns()))

    def columns(self) -> Iterator[Array]:
        """The columns in the order of :data:`STATIC_DTYPE`."""
        return (getattr(self, f.name) for f in fields(self))
