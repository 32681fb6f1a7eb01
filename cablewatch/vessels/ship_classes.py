"""Ship classes: what a ship says she is, by her ITU ship type, in one table for all who ask.

A type is a number of ITU-R M.1371-5, table 53, that the crew set once. Some work has no type of its
own: a cable layer says 33, "dredging or underwater operations", like a dredger, or 70-79 or 90-99
like any cargo ship or nothing in particular. No message tells her from them, and no list of names
is kept here; what is known is the type, and no more.
"""

_TYPES = {
    30: "fishing",
    31: "tug",  # towing
    32: "tug",  # towing, longer than 200 m or wider than 25 m
    33: "dredger",  # dredging or underwater operations: cable layers too
    34: "diving",
    35: "military",
    36: "sailing",
    37: "pleasure",
    50: "pilot",
    51: "search_and_rescue",
    52: "tug",
    53: "port_tender",
    54: "anti_pollution",
    55: "law_enforcement",
    58: "medical",
}
_TENS = {4: "high_speed", 6: "passenger", 7: "cargo", 8: "tanker"}

SERVICE = (
    *("tug", "dredger", "diving", "military", "pilot", "search_and_rescue"),
    *("port_tender", "anti_pollution", "law_enforcement", "medical"),
)
"""Classes of ships that work at sea for others, where they are sent."""

UNKNOWN = "unknown"


def class_of(ship_type: int) -> str:
    """Class of an ITU ship type; 0, "not available", is `unknown`, an unlisted type `other`.

    >>> class_of(82), class_of(52), class_of(90), class_of(0)
    ('tanker', 'tug', 'other', 'unknown')
    """
    if ship_type == 0:
        return UNKNOWN
    return _TYPES.get(ship_type) or _TENS.get(ship_type // 10, "other")
