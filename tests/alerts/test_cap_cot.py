"""CAP 1.2 and Cursor-on-Target: what their schemas ask of a message."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from cablewatch.alerts.cap import NAMESPACE, cap
from cablewatch.alerts.cot import cot
from cablewatch.alerts.model import KINDS, SEVERITIES, Alert, CableCrossing, Evidence, NextCable
from cablewatch.output.text import epoch_ms
from cablewatch.units import HOUR_MS

T0 = epoch_ms("2024-11-17T06:00:00.250Z")
ALERT = Alert(
    id="83b8b0f1",
    incident_id="91aa",
    kind="anchor_drag",
    mmsi=414270000,
    name="YI <PENG> & 3\x00",
    state="open",
    review="new",
    severity="critical",
    probability=0.93,
    started_ms=T0,
    raised_ms=T0 + HOUR_MS,
    updated_ms=T0 + 2 * HOUR_MS,
    ended_ms=None,
    cables=(CableCrossing("east", 91.5, T0 + HOUR_MS, 71.0, 7.1, False),),
    next_cables=(NextCable("west", 131_000.0, T0 + 14 * HOUR_MS),),
    evidence=(Evidence("speed_loss", 0.62, "", 3.4, "Ran at 0.62 of its own speed."),),
    suppressed_by=(),
    geometry_confidence="charted",
    stations=(),
    rule_version="1",
    config_hash="c",
    source="test",
    track=((19.6, 57.2, T0), (19.5, 57.1, T0 + HOUR_MS)),
)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
# fmt: off
ALERT_ORDER = (
    "identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction",
    "addresses", "code", "note", "references", "incidents", "info",
)
INFO_ORDER = (
    "language", "category", "event", "responseType", "urgency", "severity", "certainty",
    "audience", "eventCode", "effective", "onset", "expires", "senderName", "headline",
    "description", "instruction", "web", "contact", "parameter", "resource", "area",
)
# fmt: on
ALLOWED = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "category": {"Infra", "Transport"},
    "responseType": {"Monitor", "AllClear"},
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}


def parsed(message):
    """The message, held to what its schema asks."""
    root = ET.fromstring(message)
    assert root.tag == f"{{{NAMESPACE}}}alert"
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{NAMESPACE}}}")
        assert element.text or len(element), element.tag
    in_order(root, ALERT_ORDER, ("identifier", "sender", "sent", "status", "msgType", "scope"))
    info = root.find("info")
    in_order(info, INFO_ORDER, ("category", "event", "urgency", "severity", "certainty"))
    in_order(info.find("area"), ["areaDesc", "polygon"], ("areaDesc",))
    for name, allowed in ALLOWED.items():
        assert {element.text for element in root.iter(name)} <= allowed
    for name in ("sent", "onset"):
        assert TIME.fullmatch(next(root.iter(name)).text)
    for name in ("identifier", "sender"):
        assert not re.search(r"[\s,<&]", root.findtext(name))
    for polygon in root.iter("polygon"):
        points = [tuple(map(float, point.split(","))) for point in polygon.text.split(" ")]
        assert len(points) >= 4 and points[0] == points[-1]
        assert all(abs(lat) <= 90 and abs(lon) <= 180 for lat, lon in points)
    return root


def in_order(element, order, required):
    places = [order.index(child.tag) for child in element]
    assert places == sorted(places)
    assert {order[place] for place in places} >= set(required)


def test_a_first_version_is_an_alert():
    root = parsed(cap([ALERT]))
    assert root.findtext("msgType") == "Alert" and root.find("references") is None
    assert root.findtext("status") == "Actual"
    assert root.findtext("sent") == "2024-11-17T08:00:00+00:00"
    assert "YI <PENG> & 3\ufffd" in root.findtext("info/headline")
    assert root.findtext("info/area/polygon").startswith("57.08333,19.48333 57.08333,19.61667")
    assert root.findtext("info/urgency") == "Expected"


def test_later_versions_refer_to_those_before():
    later = replace(ALERT, updated_ms=T0 + 3 * HOUR_MS, state="closed", next_cables=())
    root = parsed(cap([ALERT, later]))
    assert root.findtext("msgType") == "Update"
    first = parsed(cap([ALERT]))
    named = ",".join(first.findtext(name) for name in ("sender", "identifier", "sent"))
    assert root.findtext("references") == named
    assert root.findtext("info/responseType") == "AllClear"
    assert root.findtext("identifier") != first.findtext("identifier")


def test_a_dismissed_alert_is_cancelled():
    root = parsed(cap([ALERT, ALERT], review="dismissed", modelled=True))
    assert (root.findtext("msgType"), root.findtext("status")) == ("Cancel", "Test")
    assert len(root.findtext("references").split()) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("severity", SEVERITIES)
def test_every_kind_and_severity_is_valid_and_names_no_intent(kind, severity):
    bare = replace(
        ALERT, kind=kind, severity=severity, probability=math.nan, track=(), cables=(),
        next_cables=(), evidence=(), name="",
    )  # fmt: skip
    for alert in (bare, replace(ALERT, kind=kind, severity=severity)):
        text = cap([alert]).decode().lower()
        parsed(cap([alert]))
        for word in ("sabotage", "attack", "hostile", "deliberate", "intent", "attempt"):
            assert word not in text


def test_an_area_across_the_antimeridian_is_two():
    root = parsed(cap([replace(ALERT, track=((179.9, 1.0, T0), (-179.9, 1.0, T0 + 1)))]))
    assert len(root.findall("info/area/polygon")) == 2


def test_cursor_on_target_puts_the_ship_where_she_is():
    root = ET.fromstring(cot(ALERT))
    assert (root.tag, root.get("version"), root.get("type")) == ("event", "2.0", "a-u-S")
    assert root.get("uid") == "cablewatch.83b8b0f1" and root.get("how")
    start, moment, stale = (epoch_ms(root.get(name)) for name in ("start", "time", "stale"))
    assert start <= moment < stale
    point = root.find("point")
    assert (float(point.get("lat")), float(point.get("lon"))) == (57.1, 19.5)
    assert {point.get(name) for name in ("hae", "ce", "le")} == {"9999999.0"}
    assert root.find("detail/contact").get("callsign") == "YI <PENG> & 3\ufffd"
    assert cot(replace(ALERT, track=())) is None


@pytest.mark.parametrize("origin", ["reconstructed", "invented"])
def test_cursor_on_target_says_that_positions_are_modelled(origin):
    heard, made = ET.fromstring(cot(ALERT)), ET.fromstring(cot(ALERT, origin))
    assert (heard.get("how"), heard.get("opex")) == ("m-g", None)
    assert (made.get("how"), made.get("opex")) == ("m-s", f"s-{origin}")
    remarks = [root.find("detail/remarks").text for root in (heard, made)]
    assert remarks == [remarks[0], f"Positions {origin}.\n{remarks[0]}"]


def test_cursor_on_target_says_what_people_made_of_an_alert():
    said = ET.fromstring(cot(replace(ALERT, review="dismissed"))).find("detail/cablewatch")
    assert said.get("review") == "dismissed"
