"""Fixes: reported positions of ships as numpy columns, the currency of the whole package.

======================  =====  =================================================================
column                  dtype  meaning; NaN is "not available"
======================  =====  =================================================================
t_ms                    i8     time of the report, UTC, milliseconds since 1970
mmsi                    i4     Maritime Mobile Service Identity
lon_deg, lat_deg        f8     position, WGS84, degrees east and north; never NaN in a fix
sog_kn                  f4     speed over ground, knots
cog_deg                 f4     course over ground, degrees [0, 360)
heading_deg             f4     true heading, degrees [0, 360)
nav_status              u1     navigational status, ITU-R M.1371-5 table 45; 15 "not defined"
flags                   u1     bits of :class:`FixFlag`
station                 u2     code in a :class:`Stations` table; 0 is "unknown"
======================  =====  =================================================================

AIS sentinels (181, 91, 102.3, 360, 511) never reach this table: readers turn them into NaN, and a
report without a position is no fix.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

FIX_DTYPE = np.dtype(
    [
        ("t_ms", "i8"),
        ("mmsi", "i4"),
        ("lon_deg", "f8"),
        ("lat_deg", "f8"),
        ("sog_kn", "f4"),
        ("cog_deg", "f4"),
        ("heading_deg", "f4"),
        ("nav_status", "u1"),
        ("flags", "u1"),
        ("station", "u2"),
    ]
)

NAV_STATUS_UNDEFINED = 15  # ITU-R M.1371-5, table 45


class FixFlag(IntFlag):
    """Bits of the ``flags`` column."""

    CLASS_B = 1
    """Reported by class B equipment (types 18, 19)."""
    COARSE = 2
    """Long-range report (type 27), resolved to 1/10 minute, about 185 m."""
    RECEIPT_TIME = 4
    """No usable time in the source: the moment of receipt stands in."""
    ACCURATE = 8
    """The ship claims 10 m or better."""
    REPEATED = 16
    """Relayed by a repeater (repeat indicator above 0)."""
    OWN_SHIP = 32
    """The receiver's own ship (VDO)."""
    SPEED_SATURATED = 64
    """102.2 knots or more was reported; ``sog_kn`` is NaN."""


@dataclass(frozen=True, slots=True)
class Fixes:
    """Columns of equal length; see the module's table. Empty works everywhere."""

    t_ms: Array
    mmsi: Array
    lon_deg: Array
    lat_deg: Array
    sog_kn: Array
    cog_deg: Array
    heading_deg: Array
    nav_status: Array
    flags: Array
    station: Array

    def __len__(self) -> int:
        return len(self.t_ms)

    @classmethod
    def empty(cls, n: int = 0) -> "Fixes":
        """`n` rows of unspecified content to fill in (0 rows by default)."""
        return cls(**{name: np.empty(n, FIX_DTYPE[name]) for name in FIX_DTYPE.names or ()})

    @classmethod
    def from_columns(cls, **columns: Any) -> "Fixes":
        """Cast columns to their dtypes; those left out are "not available".

        >>> f = Fixes.from_columns(t_ms=[0], mmsi=[219000001], lon_deg=[12.5], lat_deg=[55.5])
        >>> float(f.sog_kn[0]), int(f.nav_status[0])
        (nan, 15)
        """
        n = len(columns["t_ms"])
        missing = {"nav_status": NAV_STATUS_UNDEFINED, "flags": 0, "station": 0}
        made = {}
        for name in FIX_DTYPE.names or ():
            value = columns.pop(name, missing.get(name, np.nan))
            dtype = FIX_DTYPE[name]
            made[name] = (
                np.full(n, value, dtype)
                if np.isscalar(value)
                else np.ascontiguousarray(value, dtype)
            )
        if columns:
            raise TypeError(f"unknown columns: {', '.join(sorted(columns))}")
        return cls(**made)

    @classmethod
    def concat(cls, parts: Iterable["Fixes"]) -> "Fixes":
        """All rows of `parts` in their order."""
        rows = [part for part in parts if len(part)]
        if len(rows) == 1:
            return rows[0]
        if not rows:
            return cls.empty()
        return cls(
            **{f.name: np.concatenate([getattr(p, f.name) for p in rows]) for f in fields(cls)}
        )

    def take(self, index: Array | slice) -> "Fixes":
        """Rows by integer index, boolean mask or slice."""
        return Fixes(*(column[index] for column in self.columns()))

    def columns(self) -> Iterator[Array]:
        """The columns in the order of the module's table."""
        return (getattr(self, f.name) for f in fields(self))


class Stations:
    """Names of receiving stations and their codes; code 0 is the unknown station ``""``.

    One table serves all readers of a run, so that codes mean the same everywhere.

    >>> s = Stations()
    >>> s.code("r1"), s.code("r2"), s.code("r1"), s.name(2)
    (1, 2, 1, 'r2')
    """

    CAPACITY = 65_535

    def __init__(self) -> None:
        self._names = [""]
        self._codes = {"": 0}

    def code(self, name: str) -> int:
        """Code of `name`, new on first sight; 0 once the table is full."""
        code = self._codes.get(name)
        if code is None:
            if len(self._names) >= self.CAPACITY:
                return 0
            code = self._codes[name] = len(self._names)
            self._names.append(name)
        return code

    def name(self, code: int) -> str:
        """Name of a code given out by :meth:`code`."""
        return self._names[code]

    def __len__(self) -> int:
        return len(self._names)
