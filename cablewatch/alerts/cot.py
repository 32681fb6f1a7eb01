"""Alerts as Cursor-on-Target 2.0 (MITRE, 2005), for maps such as those of TAK.

The type is that of a surface ship of unknown affiliation: an alert says nothing of whose she is.
What rests on modelled positions is a simulation, in ``opex`` and ``how``.
"""

from xml.etree import ElementTree as ET

from cablewatch.alerts.cap import EVENTS
from cablewatch.alerts.model import Alert
from cablewatch.output.text import rfc3339
from cablewatch.output.xml_text import add, document
from cablewatch.units import HOUR_MS

TYPE = "a-u-S"  # atom, unknown, sea surface
HOW, MODELLED = "m-g", "m-s"  # a machine: from the ship's own satellite receiver, or simulated
UNKNOWN = "9999999.0"  # of height and errors
STALE_MS = HOUR_MS  # after the last update; assumed


def cot(alert: Alert, origin: str | None = None) -> bytes | None:
    """The event of an alert; None where it has no track, for an event needs a place.

    `origin` is where its positions come from if a model made them: ``reconstructed``, ``invented``.
    """
    if not alert.track:
        return None
    lon, lat, t_ms = alert.track[-1]
    root = ET.Element("event", version="2.0", uid=f"cablewatch.{alert.id}", type=TYPE)
    root.set("how", HOW if origin is None else MODELLED)
    if origin is not None:
        root.set("opex", f"s-{origin}")
    times = {"time": alert.updated_ms, "start": t_ms, "stale": alert.updated_ms + STALE_MS}
    for name, moment in times.items():
        root.set(name, rfc3339(moment))
    place = {"lat": f"{lat:.6f}", "lon": f"{lon:.6f}"}
    add(root, "point", **place, hae=UNKNOWN, ce=UNKNOWN, le=UNKNOWN)
    detail = add(root, "detail")
    add(detail, "contact", callsign=alert.name or f"MMSI {alert.mmsi:09}")
    add(
        detail,
        "cablewatch",
        kind=alert.kind,
        severity=alert.severity,
        state=alert.state,
        review=alert.review,
        mmsi=f"{alert.mmsi:09}",
    )
    texts = [term.text for term in alert.evidence if term.text]
    note = [] if origin is None else [f"Positions {origin}."]
    add(detail, "remarks", "\n".join([*note, EVENTS[alert.kind], *texts]))
    return document(root)
