"""Alerts as Common Alerting Protocol 1.2 (OASIS, 2010), for warning centres.

Each version is a message of its own, whose `references` name those before it: the first is an
``Alert``, later ones are an ``Update``, and an alert that people dismissed is a ``Cancel``. Texts
say what was seen, never why a ship did it. What rests on modelled positions is a ``Test``.
"""

import math
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from cablewatch.alerts.model import Alert
from cablewatch.output.antimeridian import box_of
from cablewatch.output.text import rfc3339
from cablewatch.output.xml_text import add, document
from cablewatch.units import HOUR_MS

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SENDER = "cablewatch"  # no blank, comma, < or &: section 3.2.1
PAD_DEG = 1 / 60  # about the track, a nautical mile of latitude; assumed
EVENTS = {
    "anchor_drag": "Ship under way as if an anchor dragged",
    "anchor_drag_at_anchor": "Ship dragging her anchor at anchor",
    "anchored_on_cable": "Ship at anchor on a cable",
    "loitering": "Ship loitering about a cable",
    "drifting": "Ship drifting towards a cable",
    "silence": "Ship not heard near a cable",
    "identity": "Ship that says it is another",
    "integrity": "Positions that cannot be believed",
}
_SEVERITIES = {"critical": "Severe", "warning": "Moderate", "watch": "Minor", "info": "Minor"}


def cap(versions: Sequence[Alert], review: str = "new", modelled: bool = False) -> bytes:
    """The message of the last of all versions of an alert, in order of arrival; at least one."""
    alert, number = versions[-1], len(versions)
    dismissed = review == "dismissed"
    root = ET.Element("alert", xmlns=NAMESPACE)
    add(root, "identifier", _identifier(alert, number, dismissed))
    add(root, "sender", SENDER)
    add(root, "sent", _time(alert.updated_ms))
    add(root, "status", "Test" if modelled else "Actual")
    add(root, "msgType", "Cancel" if dismissed else "Update" if number > 1 else "Alert")
    add(root, "scope", "Public")
    earlier = versions if dismissed else versions[:-1]
    if earlier:
        named = (
            f"{SENDER},{_identifier(version, n)},{_time(version.updated_ms)}"
            for n, version in enumerate(earlier, 1)
        )
        add(root, "references", " ".join(named))
    add(root, "incidents", alert.incident_id)
    _add_info(root, alert, dismissed)
    return document(root)


def _add_info(root: ET.Element, alert: Alert, dismissed: bool) -> None:
    info = add(root, "info")
    add(info, "language", "en-GB")
    for category in ("Infra", "Transport"):
        add(info, "category", category)
    add(info, "event", EVENTS[alert.kind])
    over = dismissed or alert.state == "closed"
    add(info, "responseType", "AllClear" if over else "Monitor")
    add(info, "urgency", "Past" if over else _urgency(alert))
    add(info, "severity", _SEVERITIES[alert.severity])
    add(info, "certainty", _certainty(alert.probability))
    add(info, "onset", _time(alert.started_ms))
    add(info, "senderName", "cablewatch")
    add(info, "headline", f"{EVENTS[alert.kind]}: {_ship(alert)}")
    add(info, "description", _description(alert))
    for name, value in _parameters(alert):
        parameter = add(info, "parameter")
        add(parameter, "valueName", name)
        add(parameter, "value", value)
    _add_area(info, alert)


def _add_area(info: ET.Element, alert: Alert) -> None:
    """The box of the track; cut in two at the antimeridian."""
    cables = [c.id for c in alert.cables] + [c.id for c in alert.next_cables]
    about = f", cables {', '.join(dict.fromkeys(cables))}" if cables else ""
    area = add(info, "area")
    add(area, "areaDesc", f"About the track of {_ship(alert)}{about}")
    box = box_of(alert.track)
    if box is None:
        return
    west, south, east, north = box
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    south, north = max(south - PAD_DEG, -90.0), min(north + PAD_DEG, 90.0)
    for w, e in spans:
        w, e = max(w - PAD_DEG, -180.0), min(e + PAD_DEG, 180.0)
        corners = [(south, w), (south, e), (north, e), (north, w), (south, w)]
        add(area, "polygon", " ".join(f"{lat:.5f},{lon:.5f}" for lat, lon in corners))


def _identifier(alert: Alert, number: int, dismissed: bool = False) -> str:
    return f"{SENDER}-{alert.id}-{number}{'-cancel' if dismissed else ''}"


def _time(t_ms: int) -> str:
    """Whole seconds with an offset in figures: section 3.3.2 allows no `Z`."""
    return rfc3339(t_ms - t_ms % 1000).replace("Z", "+00:00")


def _urgency(alert: Alert) -> str:
    if any(cable.eta_ms - alert.updated_ms <= HOUR_MS for cable in alert.next_cables):
        return "Immediate"
    return "Expected" if alert.next_cables else "Unknown"


def _certainty(probability: float) -> str:
    if math.isnan(probability):
        return "Unknown"
    return "Likely" if probability > 0.5 else "Possible"  # section 3.2.2


def _ship(alert: Alert) -> str:
    return f"{alert.name} (MMSI {alert.mmsi:09})" if alert.name else f"MMSI {alert.mmsi:09}"


def _description(alert: Alert) -> str:
    texts = [term.text for term in alert.evidence if term.text]
    met = [f"met {c.id} at {rfc3339(c.t_ms)}" for c in alert.cables]
    ahead = [f"{c.id} lies ahead, reached at {rfc3339(c.eta_ms)} if she holds on"
             for c in alert.next_cables]  # fmt: skip
    return "\n".join([*met, *ahead, *texts]) or EVENTS[alert.kind]


def _parameters(alert: Alert) -> list[tuple[str, str]]:
    probability = "" if math.isnan(alert.probability) else f"{alert.probability:.3f}"
    said = [
        ("alert_id", alert.id),
        ("kind", alert.kind),
        ("mmsi", f"{alert.mmsi:09}"),
        ("severity", alert.severity),
        ("probability", probability),
        ("rule_version", alert.rule_version),
    ]
    return [(name, value) for name, value in said if value]
