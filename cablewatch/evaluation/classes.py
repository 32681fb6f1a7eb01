"""What kind of ship it is: by its own word, else by its length, else by its speed."""

from typing import NamedTuple

MERCHANT = ("cargo", "tanker", "merchant")
"""Classes that drags are injected into; `merchant` is told by length or speed, not by type."""

CLASSES = (*MERCHANT, "passenger", "fast", "fishing", "service", "pleasure", "other", "unknown")

_TENS = {4: "fast", 6: "passenger", 7: "cargo", 8: "tanker"}  # ITU-R M.1371-5, table 53
_TYPES = {30: "fishing", 36: "pleasure", 37: "pleasure"}
_SERVICE = (31, 32, 33, 34, 35, 50, 51, 52, 53, 54, 55, 58)  # tow, dredge, dive, pilot, tug, ...

MERCHANT_LENGTH_M = 80.0  # few fishing, service and pleasure craft are longer; assumed
MERCHANT_KN = (9.0, 20.0)  # upper quartile of the speed under way; assumed


class Kind(NamedTuple):
    """Class of a ship and what told it: `type`, `length`, `speed` or `nothing`."""

    name: str
    told_by: str


def kind_of(ship_type: int, length_m: float, quartile_kn: float) -> Kind:
    """Class of a ship; 0 is "not available" for type and length, NaN for the speed.

    `quartile_kn` is the upper quartile of its speed while under way.

    >>> kind_of(82, 0, 0.0), kind_of(0, 180, 0.0), kind_of(0, 0, 13.0).told_by
    (Kind(name='tanker', told_by='type'), Kind(name='merchant', told_by='length'), 'speed')
    """
    if ship_type:
        name = _TYPES.get(ship_type) or _TENS.get(ship_type // 10, "other")
        return Kind("service" if ship_type in _SERVICE else name, "type")
    if length_m:
        return Kind("merchant" if length_m >= MERCHANT_LENGTH_M else "other", "length")
    if MERCHANT_KN[0] <= quartile_kn <= MERCHANT_KN[1]:
        return Kind("merchant", "speed")
    return Kind("unknown", "nothing")
