"""A version of an alert as a row, and back."""

import json
import math
from dataclasses import replace
from typing import Any

from cablewatch.alerts.model import SEVERITIES, Alert
from cablewatch.alerts.records import alert_from_record
from cablewatch.output.antimeridian import box_of

UNKNOWN = -1.0  # a probability that is not available: sorted last, and never enough


def searched(alert: Alert) -> dict[str, Any]:
    """The columns that are searched of a version."""
    west, south, east, north = box_of(alert.track) or (None,) * 4
    return {
        "kind": alert.kind,
        "severity": SEVERITIES.index(alert.severity),
        "probability": float(alert.probability) if math.isfinite(alert.probability) else UNKNOWN,
        "mmsi": int(alert.mmsi),
        "state": alert.state,
        "raised_ms": int(alert.raised_ms),
        "updated_ms": int(alert.updated_ms),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }


def cables_of(alert: Alert) -> list[str]:
    """Ids of the cables that a version met or heads for."""
    return sorted({c.id for c in alert.cables} | {c.id for c in alert.next_cables})


def alert_of(text: str, review: str | None = None) -> Alert:
    """The alert in a record, with what people made of it where that is given."""
    alert = alert_from_record(json.loads(text))
    return alert if review is None else replace(alert, review=review)
