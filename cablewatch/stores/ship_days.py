"""Ships of a day: when each was heard, where about, and whether within a box.

One look at four columns of the day's files tells it of all ships. It is kept for the next time: the
names of files tell their content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cablewatch.archives.selection import within
from cablewatch.fixes import Array
from cablewatch.output.tables import FIX_SCHEMA
from cablewatch.stores.days import Day
from cablewatch.stores.places import dataset

KEPT_DAYS = 64  # of about 4,000 ships: 12 MB
_COLUMNS = ("mmsi", "time_utc", "lon", "lat")

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class ShipDays:
    """A row a ship, by MMSI."""

    mmsi: Array
    first_ms: Array
    last_ms: Array
    west: Array
    south: Array
    east: Array  # of all fixes by their figures: round the antimeridian it is all the way
    north: Array
    inside: Array  # whether a fix lies in the box asked for


class _Extreme(NamedTuple):
    """How figures of a ship become one."""

    column: str
    of: np.ufunc
    source: int  # column of the fixes


_EXTREMES = (
    _Extreme("first_ms", np.minimum, 1),
    _Extreme("last_ms", np.maximum, 1),
    _Extreme("west", np.minimum, 2),
    _Extreme("south", np.minimum, 3),
    _Extreme("east", np.maximum, 2),
    _Extreme("north", np.maximum, 3),
    _Extreme("inside", np.logical_or, 4),
)


@lru_cache(KEPT_DAYS)
def ship_days(day: Day, bbox: Box | None = None) -> ShipDays:
    """Ships of a day; without a box all are inside.

    Raises
    ------
    FileNotFoundError, ArrowException, OSError
        As :func:`cablewatch.stores.days.looked` expects them.
    """
    paths = [file.path for file in (*day.parts, *day.ships)]
    parts = [[np.empty(0, kind) for kind in ("i4", "i8", "i8", *"dddd", "?")]]
    if paths:
        for batch in dataset(paths, FIX_SCHEMA).to_batches(columns=list(_COLUMNS)):
            mmsi, t_ms, lon, lat = (batch.column(name).to_numpy() for name in _COLUMNS)
            if len(mmsi):
                inside = np.ones(len(mmsi), bool) if bbox is None else within(bbox, lon, lat)
                fixes = (mmsi, t_ms.astype("i8"), lon, lat, inside)
                starts = np.flatnonzero(np.diff(mmsi, prepend=mmsi[0] - 1))
                parts.append([mmsi[starts], *_reduced(fixes, starts)])
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return _merged(columns)


def _reduced(fixes: Sequence[Array], starts: Array) -> list[Array]:
    return [extreme.of.reduceat(fixes[extreme.source], starts) for extreme in _EXTREMES]


def _merged(columns: Sequence[Array]) -> ShipDays:
    """One row a ship of rows of all batches."""
    order = np.argsort(columns[0], kind="stable")
    mmsi, *rest = (column[order] for column in columns)
    starts = np.flatnonzero(np.append(True, mmsi[1:] != mmsi[:-1])) if len(mmsi) else order
    made = {
        extreme.column: extreme.of.reduceat(column, starts) if len(mmsi) else column
        for extreme, column in zip(_EXTREMES, rest, strict=True)
    }
    return ShipDays(mmsi=mmsi[starts], **made)
