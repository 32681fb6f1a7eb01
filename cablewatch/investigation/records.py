"""Findings as GeoJSON, JSON lines and CSV, with one set of property names for all three.

A record is one ship, a suspect or why not; suspects come first, by rank. GeoJSON
has the case beside the features, and the reported fault as a feature of its own. Times are RFC 3339
in UTC, figures that are not known ``null``.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

from cablewatch.alerts.model import Evidence
from cablewatch.investigation.case import Case
from cablewatch.investigation.ranking import Cleared, Findings, Suspect
from cablewatch.output.antimeridian import line_geometry
from cablewatch.output.text import Json, csv_row, json_line, rfc3339

PROPERTIES = (
    "role",
    "rank",
    "mmsi",
    "name",
    "ship_type",
    "score",
    "how",
    "passages",
    "time",
    "earliest",
    "latest",
    "km",
    "km_from",
    "km_to",
    "angle_deg",
    "sog_before_kn",
    "sog_at_kn",
    "sog_after_kn",
    "off_line_m",
    "alert",
    "positions",
    "evidence",
    "reason",
    "text",
)
"""Names of a record, in their order; ``positions`` is ``as archived`` unless they are modelled."""


def case_record(case: Case, source: str) -> Json:
    """The question as plain values."""
    fault = case.fault
    return {
        "cable": case.cable.id,
        "position_class": case.cable.position_class,
        "position_uncertainty_m": case.cable.position_uncertainty_m,
        "length_km": _number(case.line.length_km),
        "from": rfc3339(case.start_ms),
        "to": rfc3339(case.end_ms),
        "fault": None
        if fault is None
        else {
            "km": _number(fault.km),
            "error_m": _number(fault.error_m),
            "off_line_m": _number(fault.offset_m),
        },
        "source": source,
    }


def records(findings: Findings) -> Iterator[Json]:
    """One record a ship, each with its ``track`` of [lon, lat, time]."""
    for rank, suspect in enumerate(findings.suspects, 1):
        yield _suspect(rank, suspect)
    for cleared in findings.why_not:
        yield _cleared(cleared)


def _suspect(rank: int, suspect: Suspect) -> Json:
    passage = suspect.passage
    made = {
        "role": "suspect",
        "rank": rank,
        "mmsi": suspect.mmsi,
        "name": suspect.name,
        "ship_type": suspect.ship_type or None,
        "score": _number(suspect.score),
        "how": passage.how,
        "passages": suspect.passages,
        "time": rfc3339(passage.t_ms),
        "earliest": rfc3339(passage.first_ms),
        "latest": rfc3339(passage.last_ms),
        "km": _number(passage.km),
        "km_from": _number(passage.low_km),
        "km_to": _number(passage.high_km),
        "angle_deg": _number(passage.angle_deg),
        "sog_before_kn": _number(passage.before_kn),
        "sog_at_kn": _number(passage.at_kn),
        "sog_after_kn": _number(passage.after_kn),
        "off_line_m": _number(passage.off_m),
        "alert": None if suspect.alert is None else suspect.alert.id,
        "positions": suspect.origin or "as archived",
        "evidence": [_evidence(term) for term in suspect.evidence],
    }
    return _record(made, [[lon, lat, rfc3339(t_ms)] for lon, lat, t_ms in suspect.track])


def _cleared(cleared: Cleared) -> Json:
    made = {
        "role": "why_not",
        "mmsi": cleared.mmsi,
        "name": cleared.name,
        "ship_type": cleared.ship_type or None,
        "score": _number(cleared.score),
        "time": None if cleared.t_ms is None else rfc3339(cleared.t_ms),
        "km": _number(cleared.km),
        "off_line_m": _number(cleared.off_m),
        "reason": cleared.reason,
        "text": cleared.text,
    }
    return _record(made, [])


def _record(made: Json, track: list[list[Any]]) -> Json:
    return {**{name: made.get(name) for name in PROPERTIES}, "track": track}


def _evidence(term: Evidence) -> Json:
    return {
        "name": term.name,
        "value": _number(term.value),
        "unit": term.unit,
        "contribution": _number(term.contribution),
        "text": term.text,
    }


def _number(value: float) -> float | None:
    return float(f"{value:.8g}") if math.isfinite(value) else None


def collection(case: Case, findings: Findings, source: str, attribution: str) -> Json:
    """GeoJSON of all ships, after the reported fault where there is one."""
    features = [] if case.fault is None else [_fault(case)]
    for record in records(findings):
        track = record.pop("track")
        geometry = line_geometry([(lon, lat) for lon, lat, _ in track])
        if geometry is None and record["km"] is not None:
            geometry = {"type": "Point", "coordinates": _place(case, record["km"])}
        features.append({"type": "Feature", "geometry": geometry, "properties": record})
    return {
        "type": "FeatureCollection",
        "attribution": attribution,
        "case": case_record(case, source),
        "features": features,
    }


def _fault(case: Case) -> Json:
    assert case.fault is not None
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": _place(case, case.fault.km)},
        "properties": {"role": "fault", **case_record(case, "")["fault"]},
    }


def _place(case: Case, km: float) -> list[float]:
    return [round(degrees, 5) for degrees in case.line.place(km)]


def _geojson(case: Case, findings: Findings, source: str, attribution: str) -> Iterator[str]:
    yield json_line(collection(case, findings, source, attribution))


def _json_lines(case: Case, findings: Findings, source: str, attribution: str) -> Iterator[str]:
    yield from map(json_line, records(findings))


def _csv(case: Case, findings: Findings, source: str, attribution: str) -> Iterator[str]:
    yield csv_row((*PROPERTIES, "track"))
    for record in records(findings):
        yield csv_row(record.values())


Writer = Callable[[Case, Findings, str, str], Iterator[str]]
FORMATS: dict[str, Writer] = {"geojson": _geojson, "jsonl": _json_lines, "csv": _csv}
"""Writers by name: case, findings, source and attribution into pieces of text."""
