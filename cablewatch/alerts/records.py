"""Alerts as plain JSON values, with the published names of their properties.

A *record* is the published properties and ``track``, the excerpt as ``[lon, lat, time]`` vertices.
It loses nothing: :func:`alert_from_record` is its inverse, and it is what the store keeps and
hashes.

Times are RFC 3339 in UTC with ``Z``, with milliseconds only where there are any. Figures that are
not available (NaN) are ``null``.
"""

import math
from typing import Any

from cablewatch.alerts.model import Alert, CableCrossing, Evidence, NextCable
from cablewatch.output.text import Json, epoch_ms, rfc3339

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
