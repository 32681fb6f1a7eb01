"""Which alerts are asked for, in what order, and where a page of them ends.

Everything is asked in SQL that SQLite and PostgreSQL know, of the columns of any table that has
those of a version. For a box alone that is not enough: versions whose own box lies within it are
*sure*, of others that it meets the track decides (:meth:`Wanted.holds`).

A cursor is the key of the last row shown, so that alerts which arrive meanwhile neither shift nor
double any.
"""

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import shapely
import sqlalchemy as sa

from cablewatch.alerts.model import SEVERITIES
from cablewatch.errors import UsageError
from cablewatch.output.antimeridian import line_geometry
from cablewatch.output.text import Json
from cablewatch.stores.sql.tables import CABLES

Columns = sa.ColumnCollection[str, Any]
Condition = sa.ColumnElement[bool]


class Order(NamedTuple):
    """An order of alerts: the columns of its key, and whether the greatest comes first."""

    columns: tuple[str, ...]
    descending: bool


_KEYS = {
    "raised": ("raised_ms",),
    "updated": ("updated_ms",),
    "severity": ("severity", "raised_ms"),
    "probability": ("probability", "raised_ms"),
}
SORTS = {
    f"{sign}{name}": Order((*columns, "id"), bool(sign))
    for sign in ("-", "")
    for name, columns in _KEYS.items()
}
"""Orders by name: from the least on, with `-` from the greatest on."""


@dataclass(frozen=True)
class Wanted:
    """What holds of the alerts asked for; None is any.

    Attributes
    ----------
    kinds : sequence of str
        One of them.
    mmsi, state, review
        Of the alert.
    severity, probability
        The least one wanted.
    cable : str
        Id of one that was met or lies ahead.
    start_ms, end_ms : int
        The time from `raised` to `updated` meets this span, both ends included.
    bbox : (4,) floats
        West, south, east, north, degrees: the excerpt of the track meets it; west > east crosses
        the antimeridian.
    placed : bool
        Whether an alert without a track is left out where there is a box.
    """

    kinds: Sequence[str] | None = None
    severity: str | None = None
    probability: float | None = None
    mmsi: int | None = None
    cable: str | None = None
    state: str | None = None
    review: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    bbox: tuple[float, float, float, float] | None = None
    placed: bool = True

    @classmethod
    def of(cls, said: Json) -> "Wanted":
        """What :meth:`as_json` wrote."""
        made: Json = {n: tuple(v) if isinstance(v, list) else v for n, v in said.items()}
        return cls(**made)

    def as_json(self) -> Json:
        """Plain values, without what may be any."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def conditions(self, of: Columns) -> list[Condition]:
        """What decides in SQL, on columns `id`, `version` and all that are searched."""
        wanted: list[Condition] = [
            of[name] == value
            for name in ("mmsi", "state", "review")
            if (value := getattr(self, name)) is not None
        ]
        if self.kinds is not None:
            wanted.append(of["kind"].in_(self.kinds))
        if self.severity is not None:
            wanted.append(of["severity"] >= SEVERITIES.index(self.severity))
        if self.probability is not None:
            wanted.append(of["probability"] >= self.probability)
        if self.cable is not None:
            named = sa.select(CABLES.c.alert_id, CABLES.c.version)
            versions = named.where(CABLES.c.cable == self.cable)
            wanted.append(sa.tuple_(of["id"], of["version"]).in_(versions))
        if self.start_ms is not None:
            wanted.append(of["updated_ms"] >= self.start_ms)
        if self.end_ms is not None:
            wanted.append(of["raised_ms"] <= self.end_ms)
        if self.bbox is not None:
            meet = [_meets(of, box) for box in boxes_of(self.bbox)]
            wanted.append(sa.or_(*meet, *self._unplaced(of)))
        return wanted

    def sure(self, of: Columns) -> Condition:
        """Whether a row that meets the conditions needs no look at its track."""
        if self.bbox is None:
            return sa.true()
        lie_in = [_lies_in(of, box) for box in boxes_of(self.bbox)]
        return sa.or_(*lie_in, *self._unplaced(of))

    def _unplaced(self, of: Columns) -> list[Condition]:
        return [] if self.placed else [of["west"].is_(None)]

    def holds(self, row: sa.Row[Any]) -> bool:
        """Whether a row with `sure` and `record` that meets the conditions is wanted."""
        return self.bbox is None or bool(row.sure) or meets(row.record, self.bbox)


ANY = Wanted()
LOOKED_AT = 200  # rows read at a time where their tracks may decide


def key_in(order: Order, of: Columns) -> list[sa.ColumnElement[Any]]:
    """The columns to sort by."""
    return [of[name].desc() if order.descending else of[name].asc() for name in order.columns]


def cursor_of(sort: str, row: sa.Row[Any]) -> str:
    """Name the place in an order after a row."""
    key = [sort, *(getattr(row, name) for name in SORTS[sort].columns)]
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def beyond(cursor: str, sort: str, of: Columns) -> Condition:
    """Whether a row comes after the place that a cursor names.

    Raises
    ------
    UsageError
        No page in this order gave the cursor.
    """
    order = SORTS[sort]
    try:
        key = _key(cursor, sort)
    except (ValueError, TypeError, RecursionError):
        raise UsageError(
            "cursor",
            f"{cursor!r} is not a cursor of this order",
            "use the one of the page before, unchanged",
        ) from None
    columns = [of[name] for name in order.columns]
    there = sa.tuple_(*(sa.literal(v, c.type) for v, c in zip(key, columns, strict=True)))
    here = sa.tuple_(*columns)
    return here < there if order.descending else here > there


def _key(cursor: str, sort: str) -> list[Any]:
    padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
    key: list[Any]
    name, *key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    columns = SORTS[sort].columns
    if name != sort or len(key) != len(columns) or type(key[-1]) is not str:
        raise ValueError(cursor)
    for column, value in zip(columns[:-1], key, strict=False):
        numbers = (int, float) if column == "probability" else (int,)
        if type(value) not in numbers or not math.isfinite(value) or abs(value) >= 1 << 31:
            if column.endswith("_ms") and type(value) is int and abs(value) < 1 << 62:
                continue
            raise ValueError(cursor)
    return key


def boxes_of(bbox: tuple[float, float, float, float]) -> list[tuple[float, float, float, float]]:
    """A box as boxes that do not cross the antimeridian."""
    west, south, east, north = bbox
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    return [(w, south, e, north) for w, e in spans]


def _meets(of: Columns, box: tuple[float, float, float, float]) -> Condition:
    west, south, east, north = box
    begins, ends = of["west"] <= east, of["east"] >= west
    crossing = sa.and_(of["west"] > of["east"], sa.or_(begins, ends))
    lon = sa.or_(sa.and_(begins, ends), crossing)
    return sa.and_(lon, of["south"] <= north, of["north"] >= south)


def _lies_in(of: Columns, box: tuple[float, float, float, float]) -> Condition:
    west, south, east, north = box
    lon = sa.and_(west <= of["west"], of["west"] <= of["east"], of["east"] <= east)
    return sa.and_(lon, of["south"] >= south, of["north"] <= north)


def meets(text: str, bbox: tuple[float, float, float, float]) -> bool:
    """Whether the track in a record meets a box."""
    track = [(lon, lat) for lon, lat, _ in json.loads(text)["track"]]
    for west, south, east, north in boxes_of(bbox):  # most meet it by a vertex
        if any(west <= lon <= east and south <= lat <= north for lon, lat in track):
            return True
    return geometry_meets(line_geometry(track), bbox)


def geometry_meets(geometry: Json | None, bbox: tuple[float, float, float, float]) -> bool:
    """Whether a GeoJSON geometry meets a box; null meets none."""
    if geometry is None:
        return False
    shape = shapely.make_valid(shapely.geometry.shape(geometry))  # one place held twice is a point
    return any(shape.intersects(_shape(box)) for box in boxes_of(bbox))


def _shape(box: tuple[float, float, float, float]) -> shapely.Geometry:
    """A box as a shape; one without an area is a line or a point, which a polygon cannot be."""
    west, south, east, north = box
    if west < east and south < north:
        return shapely.box(*box)
    alike = west == east and south == north
    return (
        shapely.Point(west, south) if alike else shapely.LineString([(west, south), (east, north)])
    )
