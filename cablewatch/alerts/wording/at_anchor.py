"""Sentences of the rules on ships at anchor: anchored on a cable, and dragging there."""

import math

from cablewatch.alerts.wording.values import Value, Words


def _anchor_to_line(v: Value) -> str:
    if math.isnan(v["anchor_to_line"]):
        return "distance to a line not computed: no corridor within three errors of her anchor"
    return (
        f"her anchor lies {v['anchor_to_line']:.0f} m from the line, with a standard error of "
        f"{v['anchor_error']:.0f} m"
    )


def _course_off_bow(v: Value) -> str:
    if math.isnan(v["course_off_bow"]):
        return "course as seen from the bow not computed: needs heading, course and half a knot"
    side = "ahead" if v["course_off_bow"] < 45 else "abeam or astern"
    return f"went {side}: {v['course_off_bow']:.0f} degrees off the bow on average"


def _closing(v: Value) -> str:
    if math.isnan(v["closing"]):
        return "nearing a cable not computed: her anchor is in its place, or no cable within 30 km"
    way = "nearer to" if v["closing"] > 0 else "farther from"
    return f"her anchor is {abs(v['closing']):.0f} m {way} the nearest cable than before"


def _swing_radius(v: Value) -> str:
    if math.isnan(v["swing_radius"]):
        return "radius of her swing not computed: no heading turns with her, and places tell less"
    return (
        f"heading and places turn together about her anchor, at {v['swing_radius']:.0f} m from it"
    )


def _time_to_cable(v: Value) -> str:
    if math.isnan(v["time_to_cable"]):
        return "time to the cable not computed: her anchor does not near one"
    return f"at that rate her anchor reaches the cable in {v['time_to_cable']:.1f} h"


WORDS: Words = {
    "swing": lambda v: f"lay {v['swing']:.0f} m (rms) about her mean place",
    "anchor_to_line": _anchor_to_line,
    "time_at_anchor": lambda v: f"stayed for {v['time_at_anchor']:.1f} h",
    "swing_radius": _swing_radius,
    "heading_spread": lambda v: (
        f"her heading swung by {v['heading_spread']:.0f} degrees (standard deviation)"
    ),
    "anchor_error": lambda v: (
        f"standard error of the place of her anchor {v['anchor_error']:.0f} m"
    ),
    "displacement": lambda v: (
        f"her anchor has moved by {v['displacement']:.0f} m, the median of three looks"
    ),
    "lay_to_anchor": lambda v: (
        f"lay {v['lay_to_anchor']:.0f} m (rms) about her mean place before; with her status that "
        "tells whether to an anchor"
    ),
    "course_off_bow": _course_off_bow,
    "closing": _closing,
    "displacement_error": lambda v: (
        f"standard error of that way {v['displacement_error']:.0f} m, with a swing of the tide and "
        "100 m of chain allowed for"
    ),
    "anchor_speed": lambda v: (
        f"her anchor moved at {v['anchor_speed']:.1f} kn at most since it was last in its place"
    ),
    "anchor_to_cable": lambda v: f"her anchor is {v['anchor_to_cable']:.0f} m from a cable",
    "time_to_cable": _time_to_cable,
}

SAY_WHY = {"anchor_to_line", "swing_radius", "course_off_bow", "closing", "time_to_cable"}
"""Terms whose sentence says why there is no value."""
