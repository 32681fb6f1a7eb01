"""Which alerts are asked for, in what order, and where a page of them ends.

A cursor is the key of the last row shown, so that alerts which arrive meanwhile neither shift nor
double any.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

import shapely
import sqlalchemy as sa

from cablewatch.alerts.model import SEVERITIES
from cablewatch.errors import UsageError
from cablewatch.output.antimeridian import line_geometry
from cablewatch.stores.alert_tables import ALERTS, CABLES

SORTS = {  # descending
    "raised": (ALERTS.c.raised_ms, ALERTS.c.id),
    "severity": (ALERTS.c.severity, ALERTS.c.raised_ms, ALERTS.c.id),
}


@dataclass(frozen=True)
class Wanted:
    """What holds of the alerts asked for; None is any.

    Attributes
    ----------
    kind, mmsi, state
        Of the alert.
    severity : str
        The least one wanted.
    cable : str
        Id of one that was met or lies ahead.
    start_ms, end_ms : int
        The time from `raised` to `updated` meets this span, both ends included.
    bbox : (4,) floats
        West, south, east, north, degrees: the excerpt of the track meets it; west > east crosses
        the antimeridian.
    """

    kind: str | None = None
    severity: str | None = None
    mmsi: int | None = None
    cable: str | None = None
    state: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    bbox: tuple[float, float, float, float] | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The same as SQL; a connection knows :func:`meets` by this name."""
        wanted = [
            ALERTS.c[name] == value
            for name in ("kind", "mmsi", "state")
            if (value := getattr(self, name)) is not None
        ]
        if self.severity is not None:
            wanted.append(ALERTS.c.severity >= SEVERITIES.index(self.severity))
        if self.cable is not None:
            ids = sa.select(CABLES.c.alert_id).where(CABLES.c.cable == self.cable)
            wanted.append(ALERTS.c.id.in_(ids))
        if self.start_ms is not None:
            wanted.append(ALERTS.c.updated_ms >= self.start_ms)
        if self.end_ms is not None:
            wanted.append(ALERTS.c.raised_ms <= self.end_ms)
        if self.bbox is not None:
            wanted.append(sa.func.meets(ALERTS.c.record, *self.bbox) == 1)
        return wanted


ANY = Wanted()


def cursor_of(key: list[Any]) -> str:
    """Name the place in an order after a row of this key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def key_of(cursor: str, key: tuple[Any, ...]) -> Any:
    """Key that a cursor names, to compare with `key`; UsageError where no page gave it."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        *numbers, alert_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if len(numbers) != len(key) - 1 or type(alert_id) is not str:
            raise ValueError(cursor)
        if any(type(number) is not int or abs(number) >= 1 << 62 for number in numbers):
            raise ValueError(cursor)
        alert_id.encode()  # a lone surrogate is no text
    except (ValueError, TypeError, RecursionError):
        raise UsageError(
            "cursor",
            f"{cursor!r} is not a cursor of this order",
            "use the one of the page before, unchanged",
        ) from None
    return sa.tuple_(*(sa.literal(part) for part in (*numbers, alert_id)))


def meets(text: str, west: float, south: float, east: float, north: float) -> bool:
    """Whether the track in a record meets a box."""
    track = [(lon, lat) for lon, lat, _ in json.loads(text)["track"]]
    geometry = line_geometry(track)
    if geometry is None:
        return False
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    line = shapely.geometry.shape(geometry)
    return any(line.intersects(shapely.box(w, south, e, north)) for w, e in spans)
