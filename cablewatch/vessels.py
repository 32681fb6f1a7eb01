"""Static data of ships: what types 5, 19 and 24 and archive columns say beside the position."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any, TypeVar

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
        ("name", "S20"),  # b"" not said in this message
        ("callsign", "S7"),
        ("destination", "S20"),
    ]
)

T = TypeVar("T")


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
                made[name] = np.full(n, np.nan if name == "draught_m" else 0, dtype)
                if dtype.kind == "S":
                    made[name] = np.zeros(n, dtype)
            else:
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


class Vessels:
    """What ships have said of themselves, as of any time.

    Deterministic: the answer for a time depends only on messages up to it, however they arrived.

    >>> v = Vessels()
    >>> v.update(Statics.from_columns(t_ms=[5], mmsi=[219000001], name=[b"ANNA"], ship_type=[70]))
    >>> v.name(219000001, 4), v.name(219000001, 5), v.ship_type(219000001, 9)
    ('', 'ANNA', 70)
    """

    def __init__(self) -> None:
        self._names: dict[int, list[tuple[int, str]]] = {}
        self._types: dict[int, list[tuple[int, int]]] = {}

    def update(self, statics: Statics) -> None:
        """Take messages in time order, as `order` releases them."""
        rows = zip(
            statics.t_ms.tolist(),
            statics.mmsi.tolist(),
            statics.name.tolist(),
            statics.ship_type.tolist(),
            strict=True,
        )
        for t_ms, mmsi, name, ship_type in rows:
            if name:
                _note(self._names.setdefault(mmsi, []), t_ms, name.decode("ascii", "replace"))
            if ship_type:
                _note(self._types.setdefault(mmsi, []), t_ms, ship_type)

    def name(self, mmsi: int, t_ms: int) -> str:
        """Name last said by `t_ms`; empty when none was."""
        return _as_of(self._names.get(mmsi, []), t_ms, "")

    def ship_type(self, mmsi: int, t_ms: int) -> int:
        """Ship type (ITU-R M.1371-5 table 53) last said by `t_ms`; 0 when none was."""
        return _as_of(self._types.get(mmsi, []), t_ms, 0)

    def undisputed_type(self, mmsi: int, t_ms: int) -> int:
        """Ship type when all messages by `t_ms` agree on it, else 0.

        A foreign message under a ship's MMSI can say any type; it must not lower an alert.
        """
        said = self._types.get(mmsi, [])[:2]
        return said[0][1] if [t <= t_ms for t, _ in said].count(True) == 1 else 0

    def known(self) -> Statics:
        """One row a ship: the newest name and type, and when the newer of them was first said."""
        mmsis = sorted(self._names.keys() | self._types.keys())
        newest = [
            (self._names.get(m, [(0, "")])[-1], self._types.get(m, [(0, 0)])[-1]) for m in mmsis
        ]
        return Statics.from_columns(
            t_ms=[max(name[0], kind[0]) for name, kind in newest],
            mmsi=mmsis,
            name=[name[1].encode() for name, _ in newest],
            ship_type=[kind[1] for _, kind in newest],
        )


def _note(history: list[tuple[int, Any]], t_ms: int, value: object) -> None:
    if not history or history[-1][1] != value:
        history.append((t_ms, value))


def _as_of(history: list[tuple[int, T]], t_ms: int, unsaid: T) -> T:
    k = bisect_right(history, t_ms, key=lambda entry: entry[0])
    return history[k - 1][1] if k else unsaid
