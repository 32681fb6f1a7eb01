"""What a rule measured, in a sentence a mariner reads: what the value is, and what it speaks for.

Every value is that of the strongest moment of the episode, a whole minute, so sentences stand in
the past tense and "then" is that minute. A value that could not be computed says why; no sentence
says why a ship behaves as it does.
"""

import math
from collections.abc import Callable

from cablewatch.engine.drag import (
    CLEAR_NONE,
    CYCLE_MOST_DEG,
    CYCLE_NONE_DEG,
    LENGTHS_HIGH,
    LENGTHS_LOW,
)
from cablewatch.engine.drift import CHAIN_M, LENGTH_M
from cablewatch.engine.recovery import STOP_KN, STOP_LEAST_MIN, STOP_MOST_MIN
from cablewatch.units import KNOT_M_S

Value = dict[str, float]


def _speed_loss(v: Value) -> str:
    compared = not math.isnan(v["neighbours"])
    others = _neighbours(v) if compared else "too few other ships in this area to compare"
    return (
        f"made {v['speed_loss']:.0%} of its own usual {v['own_speed']:.1f} kn over the strongest "
        f"minute; {others}"
    )


def _neighbours(v: Value) -> str:
    return (
        f"ships in this area made {v['neighbours']:.0%} of their own speed on average over two "
        "hours, to within an hour before"
    )


def _course_cycle(v: Value) -> str:
    if math.isnan(v["course_cycle"]):
        return (
            "course cycle not computed: needs eight courses over 15 of the last 20 minutes, at "
            f"4-16 kn on a steady course (median interval then {v['report_interval']:.0f} s)"
        )
    known = not math.isnan(v["own_cycle"])
    habit = "its own habit is not known yet"
    if known:
        habit = f"its own habit of up to {v['own_cycle']:.1f} degrees"
    if v["course_cycle"] < 0.05 or math.isnan(v["cycle_period"]):
        return f"no cycle of the course{' beyond' if known else ';'} {habit}"
    return (
        f"course and track swung together by {v['course_cycle']:.1f} degrees, as far as clear of "
        f"noise,{f' more than {habit}' if known else ''} every {v['cycle_period']:.0f} s"
        f"{'' if known else f'; {habit}'}{_refuted(v)}"
    )


def _refuted(v: Value) -> str:
    """Why a cycle counts for nothing; empty where it counts."""
    if v["course_cycle"] > CYCLE_MOST_DEG:
        return (
            f"; not counted: more than {CYCLE_MOST_DEG:.0f} degrees, and the bow of a tow yaws by "
            "a few"
        )
    sailed = v["cycle_period"] * v["speed_loss"] * v["own_speed"] * KNOT_M_S / v["length"]
    if v["course_cycle"] < CYCLE_NONE_DEG or not (sailed < LENGTHS_LOW or sailed > LENGTHS_HIGH):
        return ""
    return (
        f"; not counted: {sailed:.0f} lengths of the {v['length']:.0f} m the ship gives itself "
        f"lie in a period, of a tow {LENGTHS_LOW:g}-{LENGTHS_HIGH:g}"
    )


def _length(v: Value) -> str:
    if math.isnan(v["length"]):
        return "length not computed: none was said twice, or two were"
    return f"says it is {v['length']:.0f} m long"


def _recovery_stop(v: Value) -> str:
    if math.isnan(v["recovery_stop"]):
        return (
            f"no stop of {STOP_LEAST_MIN}-{STOP_MOST_MIN} minutes between a slower and a faster "
            "leg was seen by then"
        )
    return (
        f"lay still, below {STOP_KN:g} kn, for {v['recovery_stop']:.0f} min, as to weigh an anchor "
        f"takes: made {v['came_kn']:.1f} kn at most in the hour before and {v['after_kn']:.1f} kn "
        "after, by positions"
    )


def _slow_hours(v: Value) -> str:
    if math.isnan(v["slow_hours"]):
        return (
            "speed made good not computed: needs two hours of positions, two nautical miles of way "
            "and less than 6 kn on average in a corridor"
        )
    return f"made good {v['slow_hours']:.1f} kn in the faster of the two hours before"


def _off_heading(v: Value) -> str:
    if math.isnan(v["off_heading"]):
        return "angle between bow and way not computed: needs headings, and 0.3-5 kn of way"
    return (
        f"its bow lay {v['off_heading']:.0f} degrees off the way that it made over ten minutes, in "
        "its own frame"
    )


def _way_adrift(v: Value) -> str:
    known = not math.isnan(v["length"])
    long = "its length" if known else f"{LENGTH_M:.0f} m, as no length is known"
    return (
        f"made {v['way_adrift']:.0f} m from place to place so, of at most two hours; at anchor it "
        f"could swing over twice {CHAIN_M:.0f} m of chain and {long}"
    )


def _nav_status(v: Value) -> str:
    if math.isnan(v["nav_status"]):
        return "navigational status not computed: none was said"
    said = STATUSES.get(int(v["nav_status"]), "another status")
    return f"said {said} (navigational status {v['nav_status']:.0f}); it is set by hand"


STATUSES = {
    0: '"under way using engine"',
    1: '"at anchor"',
    2: '"not under command"',
    3: '"restricted manoeuvrability"',
    5: '"moored"',
    6: '"aground"',
    7: '"engaged in fishing"',
    8: '"under way sailing"',
}
"""What some navigational statuses say; ITU-R M.1371-5, table 45."""


def _speed_across(v: Value) -> str:
    if math.isnan(v["speed_across"]):
        return "speed across the silence not computed: the ship was not heard again by then"
    return (
        f"made good {v['speed_across']:.0%} of its speed over the silence, of the slower one "
        "before and after it"
    )


def _cable_distance(v: Value) -> str:
    if math.isnan(v["cable_distance"]):
        return "cable distance not computed: none was within reach by then"
    return (
        f"a cable lay {v['cable_distance']:.1f} nmi from the last position, within reach of the "
        "ship's speed by then"
    )


def _place(v: Value) -> str:
    if math.isnan(v["place"]):
        return "place not computed: no ship fell silent where it was first heard"
    return (
        f"first heard {v['place']:.0f} m from where a ship that then fell silent would have been, "
        f"{abs(v['apart']):.0f} s {'before' if v['apart'] < 0.0 else 'after'} the last report of it"
    )


def _motion(v: Value) -> str:
    if math.isnan(v["motion"]):
        return "motion not computed: no other ship, or a speed or course is missing"
    return f"its velocity differs from the other ship's by {v['motion']:.1f} kn"


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


WORDS: dict[str, Callable[[Value], str]] = {
    "prior": lambda v: f"stated prior: {v['prior']:.2%} of such episodes near cables",
    "speed_loss": _speed_loss,
    "course_cycle": _course_cycle,
    "recovery_stop": _recovery_stop,
    "slow_hours": _slow_hours,
    "returns": lambda v: (
        f"crossed one cable at least {v['returns']:.0f} times in its stay"
        if v["returns"]
        else "crossed no cable in its stay"
    ),
    "course_change": lambda v: (
        f"turned by {v['course_change']:.1f} degrees a minute, a running mean of half an hour "
        "under way"
    ),
    "time_in_corridor": lambda v: (
        f"stayed in corridors for {v['time_in_corridor']:.1f} h, never heard out of them for ten "
        "minutes"
    ),
    "way_sailed": lambda v: (
        f"made {v['way_sailed']:.1f} nmi of way from place to place of every ten minutes, over at "
        "most two hours"
    ),
    "cycle_period": lambda v: f"period of the cycle {v['cycle_period']:.0f} s",
    "own_speed": lambda v: f"upper quartile of its own moving speed {v['own_speed']:.1f} kn",
    "neighbours": _neighbours,
    "own_cycle": lambda v: (
        f"by habit its course swings by up to {v['own_cycle']:.1f} degrees (mean and two standard "
        "deviations)"
    ),
    "report_interval": lambda v: f"running median of report intervals {v['report_interval']:.0f} s",
    "length": _length,
    "reception": lambda v: (
        "not heard for a whole half hour; reception alone leaves at most "
        f"{v['reception']:.1%} of such ships silent"
    ),
    "speed_across": _speed_across,
    "silent_time": lambda v: f"had not been heard for {v['silent_time']:.0f} min",
    "witnesses": lambda v: (
        f"{v['witnesses']:.0f} other ships under way were heard late in that half hour, by each "
        "station that heard it (where none is named, around there)"
    ),
    "vanished": lambda v: (
        f"{v['vanished']:.0f} other ships around fell silent in the same half hour"
        if v["vanished"]
        else "no other ship around fell silent with it"
    ),
    "coverage": lambda v: (
        f"{v['coverage']:.1%} of the ships under way there fall silent (a day's count, begun from "
        "one in ten)"
    ),
    "coverage_votes": lambda v: (
        f"that rests on {v['coverage_votes']:.0f} half hours of ships under way, up to half an "
        "hour before"
    ),
    "own_gaps": lambda v: (
        f"had fallen silent for half an hour and more {v['own_gaps']:.0f} times before"
        if v["own_gaps"]
        else "had not fallen silent before"
    ),
    "own_bins": lambda v: f"was heard in {v['own_bins']:.0f} half hours of the two days before",
    "speed_before": lambda v: f"sailed at {v['speed_before']:.1f} kn when it was last heard",
    "cable_distance": _cable_distance,
    "place": _place,
    "motion": _motion,
    "names": lambda v: (
        "one ship alone is heard under its number and says two names in turns"
        if v["names"]
        else "no two names are said in turns"
    ),
    "numbers": lambda v: (
        "one ship alone is heard under its number and says two IMO numbers in turns"
        if v["numbers"]
        else "no two IMO numbers are said in turns"
    ),
    "apart": lambda v: f"{v['apart']:.0f} s from the last report of the other to its first",
    "first_heard": lambda v: (
        f"{v['first_heard']:.0f} ships were first heard around there of late, it among them"
    ),
    "cycle_clearness": lambda v: (
        f"one wave in course and track is likelier than none by {v['cycle_clearness']:.1f} nats; "
        f"of noise alone one window in twenty reaches {CLEAR_NONE:.0f}"
    ),
    "off_heading": _off_heading,
    "way_adrift": _way_adrift,
    "time_adrift": lambda v: f"went so for {v['time_adrift']:.1f} h without a break of 15 minutes",
    "nav_status": _nav_status,
    "made_good": lambda v: f"made {v['made_good']:.1f} kn good over ten minutes",
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
    "cycle_held": lambda v: f"the cycle was found again for {v['cycle_held']:.0f} min",
}


SAY_WHY = {
    *("course_cycle", "recovery_stop", "slow_hours", "length", "off_heading", "nav_status"),
    *("speed_across", "cable_distance", "place", "motion"),
    *("anchor_to_line", "swing_radius", "course_off_bow", "closing", "time_to_cable"),
}
"""Terms whose sentence says why there is no value."""


def sentence(name: str, values: Value) -> str:
    """Sentence for one term, given all values of its rule; says so where it was not computed."""
    if name not in SAY_WHY and math.isnan(values[name]):
        return f"{name.replace('_', ' ')} not computed"
    return WORDS[name](values)


def lowered(service: str, ship_type: int) -> str:
    """Sentence for the term that lowers the score of a ship at its work."""
    return (
        f"lowered: every message of the ship says {service.replace('_', ' ')} (type {ship_type}), "
        "whose work looks alike"
    )


def misled() -> str:
    """Sentence for the term that lowers what a ship reports while many are misled."""
    return (
        "lowered: satellite navigation was disturbed around there, and the ship reported places "
        "where it was not"
    )


def goes_on_as(name: str, mmsi: int) -> str:
    """Sentence for the term that names the ship which fell silent where this one appeared."""
    return f"the ship that fell silent is {mmsi}{f', {name}' if name else ''}"


def in_turns(field: str, one: str, other: str) -> str:
    """Sentence for two values of a field that are said in turns."""
    return f"says in turns, as its {'IMO number' if field == 'imo' else 'name'}: {other}; {one}"


PLACE_WORDS = {
    "port": "a port",
    "berth": "a place where ships lie moored",
    "anchorage": "a place where ships anchor",
    "roadstead": "a place where ships lie and wait",
    "windfarm": "a wind farm, where ships of this class work",
    "pilotage": "an area where ships slow down for pilots",
    "tss": "a traffic separation scheme, where others set the speed",
}


def stopping_place(kind: str, name: str, others: int | None, share: float) -> str:
    """Sentence for the term that lowers an episode by where it took place.

    `others` are the ships that stopped there besides this one; None where nobody counted.
    """
    who = "" if others is None else f", {others} other ships stopped there"
    known = f" ({name})" if name else ""
    return f"lowered: {share:.0%} of it took place in {PLACE_WORDS[kind]}{known}{who}"


def stop_in(kind: str, name: str) -> str:
    """Sentence for the term that takes a recovery stop back."""
    known = f" ({name})" if name else ""
    return f"lowered: it stopped in {PLACE_WORDS[kind]}{known}, so the stop does not count"


def depth(shallowest_m: float, lowers: bool, chain_m: float) -> str:
    """Sentence for the depth of the water in which an anchor would have to lie."""
    if not lowers:
        return f"anchor can reach the bottom: water of {shallowest_m:.0f} m on its way"
    return (
        f"lowered: no water on its way is shallower than {shallowest_m:.0f} m, and the longest "
        f"anchor chains are about {chain_m:.0f} m"
    )


def depth_unknown(why: str) -> str:
    """Sentence for a depth that is not known."""
    return f"depth not known: {why}"
