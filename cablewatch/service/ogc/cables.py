"""Routes of cables as features; they have no time, so any is theirs."""

from typing import Any

import shapely

from cablewatch.service.folder import StoreFolder
from cablewatch.service.ogc.pages import Collection, Extent, Items, known_cursor, page_of
from cablewatch.service.ogc.query import Query
from cablewatch.stores.alert_search import geometry_meets


def _items(folder: StoreFolder, query: Query) -> Items:
    """A page of routes by id."""
    known = _features(folder)
    known_cursor(query, known.__contains__)
    met = {
        name: made
        for name, made in sorted(known.items())
        if query.bbox is None
        or made["geometry"] is None
        or geometry_meets(made["geometry"], query.bbox)
    }
    shown, cursor = page_of(list(met), query)
    return Items(list(met.values())[shown], len(met), cursor)


def _item(folder: StoreFolder, name: str) -> dict[str, Any] | None:
    """One route; None where there is no such one."""
    return _features(folder).get(name)


def _extent(folder: StoreFolder) -> Extent:
    """Where the routes are."""
    lines = [made["geometry"] for made in _features(folder).values() if made["geometry"]]
    if not lines:
        return Extent(None)
    west, south, east, north = shapely.total_bounds([shapely.geometry.shape(x) for x in lines])
    return Extent((float(west), float(south), float(east), float(north)))


def _features(folder: StoreFolder) -> dict[str, dict[str, Any]]:
    made = (
        {"type": "Feature", "geometry": None, **said, "id": said["properties"]["id"]}
        for said in folder.cables()[1]
    )
    return {said["id"]: said for said in made}


CABLES = Collection(
    title="Routes of cables",
    about="The routes the alerts were made with: approximate and not for navigation. "
    "`position_class` and `position_uncertainty_m` say how far a cable may lie from its line.",
    limit=100,
    most=1000,
    items=_items,
    item=_item,
    extent=_extent,
)
