"""Alerts in files of text: GeoJSON, JSON lines and CSV, with one set of property names for all.

A GeoJSON feature holds the properties of a record with the track as its geometry.
"""

from collections.abc import Callable, Iterable, Iterator

from cablewatch.alerts.model import Alert
from cablewatch.alerts.records import PROPERTIES, properties, record
from cablewatch.output.antimeridian import line_geometry
from cablewatch.output.text import Json, csv_row, json_line


def feature(alert: Alert) -> Json:
    """Return the alert as a GeoJSON feature."""
    return {
        "type": "Feature",
        "id": alert.id,
        "geometry": line_geometry([(float(lon), float(lat)) for lon, lat, _ in alert.track]),
        "properties": properties(alert),
    }


def marked_feature(alert: Alert, origin: str | None) -> Json:
    """Return the feature with where its positions come from if a model made them: `modelled`."""
    made = feature(alert)
    made["properties"]["modelled"] = origin
    return made


def feature_collection(alerts: Iterable[Alert], attribution: str) -> Json:
    """Return alerts as a GeoJSON collection; `attribution` is whom their routes are owed to."""
    features = [feature(alert) for alert in alerts]
    return {"type": "FeatureCollection", "attribution": attribution, "features": features}


def _geojson(alerts: Iterable[Alert], attribution: str) -> Iterator[str]:
    yield json_line(feature_collection(alerts, attribution))


def _json_lines(alerts: Iterable[Alert], attribution: str) -> Iterator[str]:
    for alert in alerts:
        yield json_line(record(alert))


def _csv(alerts: Iterable[Alert], attribution: str) -> Iterator[str]:
    yield csv_row((*PROPERTIES, "track"))
    for alert in alerts:
        yield csv_row(record(alert).values())


FORMATS: dict[str, Callable[[Iterable[Alert], str], Iterator[str]]] = {
    "geojson": _geojson,
    "jsonl": _json_lines,
    "csv": _csv,
}
"""Writers by name: alerts and the attribution of their routes into pieces of text, whose ends
of lines are their own; JSON lines and CSV have no place for the attribution."""
