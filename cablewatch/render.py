"""Alerts as GeoJSON, JSON lines and CSV, with one set of property names for all three.

A *record* is an alert as plain JSON values: the published properties and ``track``, the excerpt as
``[lon, lat, time]`` vertices. It loses nothing: :func:`alert_from_record` is its inverse, and it is
what the store keeps and hashes. A GeoJSON feature holds the same properties with the track as its
geometry.

Times are RFC 3339 in UTC with ``Z``, with milliseconds only where there are any. Figures that are
not available (NaN) are ``null``.
"""

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cablewatch.alerts import Alert, CableCrossing, Evidence, NextCable
from cablewatch.errors import UsageError

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
_FORMULA_STARTS = ("\t", "\r", "\n")  # OWASP, CSV injection
_FORMULA = re.compile(
    r"[\s\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]"
)  # the same, wide forms too
_UNSEEN = re.compile(r"[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Json = dict[str, Any]
Vertex = tuple[float, ...]


def rfc3339(t_ms: int) -> str:
    """UTC time as text.

    >>> rfc3339(1_731_830_400_000), rfc3339(1_731_830_400_050)
    ('2024-11-17T08:00:00Z', '2024-11-17T08:00:00.050Z')
    """
    moment = _EPOCH + timedelta(milliseconds=int(t_ms))
    places = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=places).removesuffix("+00:00") + "Z"


def epoch_ms(time: str | datetime) -> int:
    """Milliseconds since 1970 of an RFC 3339 text or an aware time; the inverse of `rfc3339`.

    >>> epoch_ms("2024-11-17T08:00:00.050Z")
    1731830400050
    """
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    return (moment - _EPOCH) // timedelta(milliseconds=1)


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


def canonical_json(said: Json) -> str:
    """JSON that depends on the content alone: keys sorted, no spaces, no NaN."""
    return json.dumps(
        said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def content_hash(said: Json) -> str:
    """SHA-256 of the canonical JSON, hexadecimal."""
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


def _wrapped(lon: float) -> float:
    return lon if -180 <= lon <= 180 else (lon + 180) % 360 - 180


def split_at_antimeridian(line: Sequence[Vertex]) -> list[list[Vertex]]:
    """Cut a line where it passes longitude 180, as RFC 7946 section 3.1.9 asks.

    A vertex is longitude, latitude and any further figures; a vertex made at the cut has all but
    its longitude interpolated. A step of more than half a turn is read as going the short way
    round. Longitudes beyond 180 are wrapped. A part of one vertex holds it twice, for a line
    has two.

    >>> split_at_antimeridian([(179.0, 0.0), (-179.0, 2.0)])
    [[(179.0, 0.0), (180.0, 1.0)], [(-180.0, 1.0), (-179.0, 2.0)]]
    """
    parts: list[list[Vertex]] = [[]]
    for lon, *rest in ((_wrapped(lon), *rest) for lon, *rest in line):
        if parts[-1] and abs(lon - parts[-1][-1][0]) > 180:
            last_lon, *last = parts[-1][-1]
            edge = math.copysign(180.0, last_lon)
            before, beyond = edge - last_lon, edge + lon
            share = before / (before + beyond) if before + beyond else 0.5
            cut = [a + share * (b - a) for a, b in zip(last, rest, strict=True)]
            if before:
                parts[-1].append((edge, *cut))
            parts.append([(-edge, *cut)] if beyond else [])
        parts[-1].append((lon, *rest))
    return [part if len(part) > 1 else part * 2 for part in parts if part]


def line_geometry(line: Sequence[Vertex]) -> Json | None:
    """GeoJSON geometry of a track: null, Point, LineString, or MultiLineString at longitude 180."""
    if len(line) < 2:
        return {"type": "Point", "coordinates": list(line[0])} if line else None
    parts = split_at_antimeridian(line)
    if len(parts) == 1:
        return {"type": "LineString", "coordinates": parts[0]}
    return {"type": "MultiLineString", "coordinates": parts}


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


def printable(text: str) -> str:
    r"""Text without what moves a cursor, hides or turns text on a terminal: U+FFFD in its place.

    >>> printable("MV\x1b[2J ÖLAND")
    'MV\ufffd[2J ÖLAND'
    """
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def json_line(value: Json) -> str:
    """JSON on a line, safe to show: what is not printable is escaped, and reads back the same."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n"


def _geojson(alerts: Iterable[Alert], attribution: str) -> Iterator[str]:
    yield json_line(feature_collection(alerts, attribution))


def _json_lines(alerts: Iterable[Alert], attribution: str) -> Iterator[str]:
    for alert in alerts:
        yield json_line(record(alert))


def csv_cell(value: Any) -> Any:
    """Return one CSV cell: lists as JSON; text that a spreadsheet would calculate gets a quote.

    >>> csv_cell("=1+1"), csv_cell(-1.5), csv_cell(["a"])
    ("'=1+1", -1.5, '["a"]')
    """
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, str) and (value[:1] in _FORMULA_STARTS or _FORMULA.match(value)):
        return "'" + value
    return value


def csv_row(cells: Iterable[Any]) -> str:
    """A row of :func:`csv_cell` texts, all quoted."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow(map(csv_cell, cells))  # RFC 4180; OWASP
    return text.getvalue()


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
