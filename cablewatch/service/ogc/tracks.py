"""Tracks as features: one for each ship and UTC day, cut where nothing was heard of it.

Where many days are asked for they are read as far as the page needs, but no longer than anybody
waits for it, and `numberMatched` is left out.
"""

import re
from datetime import date
from functools import lru_cache
from time import monotonic

import numpy as np
from starlette.exceptions import HTTPException

from cablewatch.fixes import Array
from cablewatch.output.text import Json, epoch_ms, rfc3339
from cablewatch.output.track import track_feature, unbroken
from cablewatch.places import Place
from cablewatch.service.folder import StoreFolder
from cablewatch.service.ogc.pages import Collection, Extent, Items, known_cursor, page_of
from cablewatch.service.ogc.query import Box, Query
from cablewatch.stores.alert_search import boxes_of, geometry_meets
from cablewatch.stores.days import Day, days, looked
from cablewatch.stores.run import origin_of
from cablewatch.stores.ship_days import KEPT_DAYS, ShipDays, ship_days
from cablewatch.stores.tracks import read_track
from cablewatch.units import DAY_MS

COUNTED_DAYS = 7  # a day of Danish waters is looked through in a second
_ID = re.compile(r"(\d{4}-\d\d-\d\d)-(\d{9})", re.ASCII)


def _items(folder: StoreFolder, query: Query) -> Items:
    known_cursor(query, _ID.fullmatch)
    if not folder.tracks.is_dir():
        return Items([], 0, None)
    return looked(lambda: _page(folder, query), folder.tracks)


def _page(folder: StoreFolder, query: Query) -> Items:
    asked = _days(folder, query)
    counted = len(asked) <= COUNTED_DAYS
    found: list[str] = []
    for day in asked:
        name = _name(day)
        if not counted and (len(found) > query.limit or name < (query.cursor or "")[:10]):
            continue
        if monotonic() > query.until_s:
            raise HTTPException(503, "it took too long; ask for a shorter time")
        ids = [f"{name}-{mmsi:09}" for mmsi in _ships(folder, day, query).tolist()]
        found += ids if counted else [made for made in ids if made > (query.cursor or "")]
    shown, cursor = page_of(found, query)
    features = [made for name in found[shown] if (made := _item(folder, name)) is not None]
    return Items(features, len(found) if counted else None, cursor)


def _item(folder: StoreFolder, name: str) -> Json | None:
    said = _ID.fullmatch(name)
    try:
        start_ms = epoch_ms(f"{date.fromisoformat(said[1])}T00:00:00Z") if said else 0
    except ValueError:
        return None
    if said is None:
        return None
    mmsi = int(said[2])
    fixes = folder.track(mmsi, start_ms, start_ms + DAY_MS - 1)
    if not len(fixes):
        return None
    first_ms, last_ms = int(fixes.t_ms[0]), int(fixes.t_ms[-1])
    whole = track_feature(unbroken(fixes), mmsi)
    return {
        "type": "Feature",
        "id": name,
        "geometry": whole["geometry"],
        "properties": {
            "mmsi": mmsi,
            "day": said[1],
            "start": rfc3339(first_ms),
            "end": rfc3339(last_ms),
            "fixes": len(fixes),
            "gaps": len(whole["properties"]["gaps"]),
            "modelled": origin_of(folder.run().modelled, mmsi, first_ms, last_ms),
        },
    }


def _extent(folder: StoreFolder) -> Extent:
    """All the world: what is stored of a day does not say where."""
    held = _days(folder, Query(1))
    if not held:
        return Extent(None)
    return Extent(first_ms=held[0].start_ms, last_ms=held[-1].start_ms + DAY_MS - 1)


def _days(folder: StoreFolder, query: Query) -> list[Day]:
    """Days asked for that hold fixes, in order of time."""
    if not folder.tracks.is_dir():
        return []
    held = days(folder.tracks, query.start_ms, query.end_ms)
    return [day for day in held if day.parts or day.ships]


def _name(day: Day) -> str:
    return day.home.name.removeprefix("day=")


def _ships(folder: StoreFolder, day: Day, query: Query) -> Array:
    """MMSI of the ships of a day that are asked for, in their order."""
    heard = ship_days(day, query.bbox)
    met = heard.inside if query.bbox is None else _met(folder.tracks, day, query.bbox)
    if query.start_ms is not None:
        met = met & (heard.last_ms >= query.start_ms)
    if query.end_ms is not None:
        met = met & (heard.first_ms <= query.end_ms)
    ships: Array = heard.mmsi[met]
    return ships


@lru_cache(KEPT_DAYS)
def _met(tracks: Place, day: Day, bbox: Box) -> Array:
    """Mask of the ships of a day whose tracks meet a box: by a fix in it, or by a line between."""
    heard = ship_days(day, bbox)
    met = heard.inside.copy()
    for i in np.flatnonzero(~met & _near(heard, bbox)).tolist():
        mmsi = int(heard.mmsi[i])
        fixes = read_track(tracks, mmsi, day.start_ms, day.start_ms + DAY_MS - 1)
        met[i] = geometry_meets(track_feature(unbroken(fixes), mmsi)["geometry"], bbox)
    return met


def _near(heard: ShipDays, bbox: Box) -> Array:
    """Mask of the ships whose own boxes meet a box; one may lie across the antimeridian."""
    near, across = np.zeros(len(heard.mmsi), bool), heard.east - heard.west > 180.0
    for west, south, east, north in boxes_of(bbox):
        lon = (heard.west <= east) & (heard.east >= west)
        near |= (lon | across) & (heard.south <= north) & (heard.north >= south)
    return near


TRACKS = Collection(
    title="Tracks",
    about="One feature for each ship and UTC day, cut where nothing was heard of it for more than "
    "10 minutes. Give a time: a day of a sea has thousands.",
    limit=20,
    most=100,
    items=_items,
    item=_item,
    extent=_extent,
)
