"""Alerts as features: current versions, newest raised first."""

from typing import Any

from cablewatch.alerts.formats import marked_feature
from cablewatch.service.folder import StoreFolder
from cablewatch.service.ogc.pages import Collection, Extent, Items
from cablewatch.service.ogc.query import Query
from cablewatch.stores.alert_search import Wanted


def _items(folder: StoreFolder, query: Query) -> Items:
    """A page of alerts."""
    wanted = Wanted(bbox=query.bbox, start_ms=query.start_ms, end_ms=query.end_ms, placed=False)
    found = folder.alerts.latest(wanted, limit=query.limit, cursor=query.cursor)
    run = folder.run()
    features = [marked_feature(alert, folder.origin(run, alert)) for alert in found.alerts]
    return Items(features, found.matched, found.cursor)


def _item(folder: StoreFolder, name: str) -> dict[str, Any] | None:
    """One alert; None where there is no such one."""
    alert = folder.alerts.get(name)
    if alert is None:
        return None
    return marked_feature(alert, folder.origin(folder.run(), alert))


def _extent(folder: StoreFolder) -> Extent:
    """Where their tracks are, and from the first raised to the last updated."""
    return Extent(*folder.alerts.extent())


ALERTS = Collection(
    title="Alerts",
    about="Ships whose behaviour threatens cables, with the evidence; behaviour, never intent. The "
    "geometry is an excerpt of the track, the time from `raised` to `updated`.",
    limit=100,
    most=1000,
    items=_items,
    item=_item,
    extent=_extent,
)
