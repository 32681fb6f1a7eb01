"""Alerts as GeoJSON, JSON lines and CSV, with one set of property names for all three.

A *record* is an alert as plain JSON values: the published properties and ``track``, the excerpt as
``[lon, lat, time]`` vertices. It loses nothing: :func:`alert_from_record` is its inverse, and it is
what the store keeps and hashes. A GeoJSON feature holds the same properties with the track as its
geometry.

Times are RFC 3339 in UTC with ``Z``, with milliseconds only where there are any. Figures that are
not available (NaN) are ``null``.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from cablewatch.alerts import Alert, CableCrossing, Evidence, NextCable
from cablewatch.errors import UsageError
from cablewatch.output.antimeridian import line_geometry
from cablewatch.output.text import Json, csv_row, epoch_ms, json_line, rfc3339

PROPERTIES = (
    "id",
    "incident_id",
    "kind",
    "mmsi",
    "name",
    "state",
    "review",
    "severity",
    "probability",
    "started",
    "raised",
    "updated",
    "ended",
    "observed",
    "refers_to",
    "cables",
    "next_cables",
    "evidence",
    "suppressed_by",
    "geometry_confidence",
    "stations",
    "rule_version",
    "config_hash",
    "source",
)
_SAME = tuple(name for name in Alert.__dataclass_fields__ if name in PROPERTIES)
_TIMES = ("started", "raised", "updated", "ended", "observed", "refers_to")


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _figure(value: float | None) -> float:
    return math.nan if value is None else float(value)


def properties(alert: Alert) -> Json:
    """Return the published properties of `alert`, in the order of :data:`PROPERTIES`."""
    made: Json = {name: getattr(alert, name) for name in _SAME}
    made["mmsi"] = int(alert.mmsi)
    made["probability"] = _number(alert.probability)
    for name in _TIMES:
        t_ms = getattr(alert, f"{name}_ms")
        made[name] = None if t_ms is None else rfc3339(t_ms)
    made["cables"] = [
        {
            "id": crossing.id,
            "km": _number(crossing.km),
            "time": rfc3339(crossing.t_ms),
            "angle_deg": _number(crossing.angle_deg),
            "sog_kn": _number(crossing.sog_kn),
            "inferred": bool(crossing.inferred),
        }
        for crossing in alert.cables
    ]
    made["next_cables"] = [
        {"id": cable.id, "distance_m": _number(cable.distance_m), "eta": rfc3339(cable.eta_ms)}
        for cable in alert.next_cables
    ]
    made["evidence"] = [
        {
            "name": term.name,
            "value": _number(term.value),
            "unit": term.unit,
            "contribution": _number(term.contribution),
            "text": term.text,
        }
        for term in alert.evidence
    ]
    made["suppressed_by"] = list(alert.suppressed_by)
    made["stations"] = list(alert.stations)
    return {name: made[name] for name in PROPERTIES}


def record(alert: Alert) -> Json:
    """Everything an alert says, as plain JSON values; see the module."""
    track = [[float(lon), float(lat), rfc3339(t_ms)] for lon, lat, t_ms in alert.track]
    return {**properties(alert), "track": track}


def alert_from_record(said: Json) -> Alert:
    """Return the alert that :func:`record` wrote; an absent ``track`` is empty.

    Raises
    ------
    KeyError, TypeError, ValueError
        `said` is not a record.
    """
    made: dict[str, Any] = {name: said[name] for name in _SAME}
    for name in _TIMES:
        made[f"{name}_ms"] = None if said[name] is None else epoch_ms(said[name])
    made["probability"] = _figure(said["probability"])
    made["cables"] = tuple(
        CableCrossing(
            id=c["id"],
            km=_figure(c["km"]),
            t_ms=epoch_ms(c["time"]),
            angle_deg=_figure(c["angle_deg"]),
            sog_kn=_figure(c["sog_kn"]),
            inferred=c["inferred"],
        )
        for c in said["cables"]
    )
    made["next_cables"] = tuple(
        NextCable(n["id"], _figure(n["distance_m"]), epoch_ms(n["eta"]))
        for n in said["next_cables"]
    )
    made["evidence"] = tuple(
        Evidence(
            name=e["name"],
            value=_figure(e["value"]),
            unit=e["unit"],
            contribution=_figure(e["contribution"]),
            text=e["text"],
        )
        for e in said["evidence"]
    )
    made["suppressed_by"] = tuple(said["suppressed_by"])
    made["stations"] = tuple(said["stations"])
    made["track"] = tuple((lon, lat, epoch_ms(time)) for lon, lat, time in said.get("track", ()))
    return Alert(**made)


def feature(alert: Alert) -> Json:
    """Return the alert as a GeoJSON feature."""
    return {
        "type": "Feature",
        "id": alert.id,
        "geometry": line_geometry([(float(lon), float(lat)) for lon, lat, _ in alert.track]),
        "properties": properties(alert),
    }


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
"""Writers by name: alerts and the attribution of their routes into pieces of text (UTF-8, written
with ``newline=""``); JSON lines and CSV have no place for the attribution."""

_SUFFIXES = {
    ".geojson": "geojson",
    ".json": "geojson",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
}


def format_of(path: Path) -> str:
    """Return the format that a file's name asks for.

    Raises
    ------
    UsageError
        No format has this suffix.
    """
    suffix = path.suffix.lower()
    found = _SUFFIXES.get(suffix)
    if found is None:
        raise UsageError(
            str(path),
            f"no format has the suffix {suffix!r}",
            "name the file .geojson, .json, .jsonl, .ndjson or .csv",
        )
    return found
