"""What all collections share: a page of features, an extent, and the order of ids."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cablewatch.errors import UsageError
from cablewatch.output.text import Json, rfc3339
from cablewatch.service.folder import StoreFolder
from cablewatch.service.ogc.query import Query

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
WORLD = (-180.0, -90.0, 180.0, 90.0)


class Items(NamedTuple):
    """A page of features."""

    features: list[Json]
    matched: int | None  # on all pages together; None where it would take too long to tell
    cursor: str | None  # of the next page; None on the last


class Extent(NamedTuple):
    """Where and when the features of a collection are."""

    bbox: tuple[float, float, float, float] | None = WORLD  # None: there are none
    first_ms: int | None = None
    last_ms: int | None = None

    def as_json(self) -> Json:
        """The member `extent` of a collection."""
        ends = [None if t is None else rfc3339(t) for t in (self.first_ms, self.last_ms)]
        return {
            "spatial": {"bbox": [list(self.bbox or WORLD)], "crs": CRS84},
            "temporal": {"interval": [ends], "trs": GREGORIAN},
        }


@dataclass(frozen=True)
class Collection:
    """A collection: what it is called, and how its features are read.

    Attributes
    ----------
    limit, most : int
        Features on a page, if the request does not say, and at most.
    items : callable
        The page that a query asks for.
    item : callable
        One feature by its id; None where there is no such one.
    extent : callable
        Where and when they all are.
    """

    title: str
    about: str
    limit: int
    most: int
    items: Callable[[StoreFolder, Query], Items]
    item: Callable[[StoreFolder, str], Json | None]
    extent: Callable[[StoreFolder], Extent]


def known_cursor(query: Query, is_id: Callable[[str], object]) -> None:
    """UsageError where a cursor is no id of the collection: it would be a place among them."""
    if query.cursor is not None and not is_id(query.cursor):
        do = "take the one of the link 'next', unchanged"
        raise UsageError("cursor", "not a cursor of this collection", do)


def page_of(ids: Sequence[str], query: Query) -> tuple[slice, str | None]:
    """Which of sorted ids are on a page, and the cursor of the next page."""
    first = 0 if query.cursor is None else bisect_right(ids, query.cursor)
    after = first + query.limit
    return slice(first, after), ids[after - 1] if after < len(ids) else None
