"""What an alert's history tells: how grave it was since when, how early each cable was named."""

import math
from collections.abc import Sequence
from typing import Any

from cablewatch.output.text import rfc3339
from cablewatch.stores.alerts import Version
from cablewatch.units import HOUR_MS


def timeline(versions: Sequence[Version]) -> dict[str, Any]:
    """Severities by time, and cables by the time they were first named as next.

    `lead_h` is the time from there to the first crossing after it; null where none came, or where
    the crossing is earlier than the naming.
    """
    said = sorted((version.alert for version in versions), key=lambda alert: alert.updated_ms)
    severities: list[dict[str, Any]] = []
    named: dict[str, tuple[int, str]] = {}
    for alert in said:
        if not severities or severities[-1]["severity"] != alert.severity:
            severities.append({"severity": alert.severity, "from": rfc3339(alert.updated_ms)})
        for cable in alert.next_cables:
            named.setdefault(cable.id, (alert.updated_ms, alert.severity))
    met = said[-1].cables if said else ()
    crossings = [c for c in met if not math.isnan(c.angle_deg)]  # without an angle none
    return {
        "severities": severities,
        "named": [
            {
                "id": cable,
                "named": rfc3339(named_ms),
                "severity": severity,
                **_crossed(cable, named_ms, [c.t_ms for c in crossings if c.id == cable]),
            }
            for cable, (named_ms, severity) in named.items()
        ],
    }


def _crossed(cable: str, named_ms: int, times_ms: Sequence[int]) -> dict[str, Any]:
    later = [t_ms for t_ms in times_ms if t_ms > named_ms]
    if not later:
        return {"crossed": None, "lead_h": None}
    return {
        "crossed": rfc3339(min(later)),
        "lead_h": round((min(later) - named_ms) / HOUR_MS, 2),
    }
