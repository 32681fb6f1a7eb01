"""What kind of ship it is: by its own word, else by its length, else by its speed."""

from typing import NamedTuple

from cablewatch.vessels.ship_classes import SERVICE, class_of

MERCHANT = ("cargo", "tanker", "merchant")
"""Classes that drags are injected into; `merchant` is told by length or speed, not by type."""

CLASSES = (*MERCHANT, "passenger", "fast", "fishing", "service", "pleasure", "other", "unknown")
"""Groups of :mod:`cablewatch.vessels.ship_classes`, few enough to count each."""

_GROUPS = {"high_speed": "fast", "sailing": "pleasure", **dict.fromkeys(SERVICE, "service")}

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
        name = class_of(ship_type)
        return Kind(_GROUPS.get(name, name), "type")
    if length_m:
        return Kind("merchant" if length_m >= MERCHANT_LENGTH_M else "other", "length")
    if MERCHANT_KN[0] <= quartile_kn <= MERCHANT_KN[1]:
        return Kind("merchant", "speed")
    return Kind("unknown", "nothing")
