"""Identity: two ships that seem to be one, or one that says it is two.

``log odds = prior + place + motion + names + numbers``, judged at the end of a bin:

hand-over   a ship falls silent, and another that was never heard is heard first where she would be
            by then, a minute before to three after. *Place* is ``-ln`` of the chance that some ship
            was first heard there and then by accident, as many as were around; *motion* how alike
            their velocities are.
in turns    the messages of one number say two names (*names*) or two IMO numbers (*numbers*) in
            turns, while one ship alone is heard under it: two that share a number are two tracks.

Names that differ by a slip are one, and so are IMO numbers whose check digit is wrong.

Source: DESIGN section 4; Shunxing 39 (January 2025): a second identity within a minute and about
50 feet. *Cannot see:* a hand-over at rest, in a silence of more than three minutes, or to a number
that was heard in the week before; where the first is heard on; numbers that are no ship's, as a set
that comes from the factory has. Two ships side by side under one number look like one; so does a
ship that carries two sets and changes them.
"""

import difflib
import math

from cablewatch.engine.state import BIN_MS
from cablewatch.units import NAUTICAL_MILE_M

RULE = 6
KIND = "identity"
VERSION = "identity/1"
TERMS = (
    ("place", "m"),
    ("motion", "kn"),
    ("names", ""),
    ("numbers", ""),
    ("apart", "s"),
    ("first_heard", ""),
)

PRIOR = math.log(1e-3)  # one ship in a thousand near a cable changes her identity; stated
PLACE_CAP = math.log(500.0)  # no place alone is likelier than not under the prior
BEFORE_S, AFTER_S = 60.0, 180.0  # one set may be on before the other is off; one report of class A
# at rest is missed: DESIGN has about a minute
MATCH_M = 50.0  # DESIGN section 4
MATCH_SHARE = 0.1  # of the way made meanwhile: speed and course change so much; assumed
MOVING_KN = 1.0  # slower, ships lie side by side where sets are switched on and off
ALIKE_KN, UNLIKE_KN = 1.0, 3.0  # of velocities; reports of one ship differ by less (quality)
ALIKE_LLR = math.log(5.0)  # ships in one lane are as alike once in five; assumed
TURNS_LLR = math.log(300.0)  # names, or numbers, of a set that is in order; assumed
TURNS_CAP = math.log(1000.0)  # the two come from one message
ALIKE_NAMES = 0.75  # share of letters in common, in order; assumed
CELL_M2 = (15.0 * NAUTICAL_MILE_M) * (30.0 * NAUTICAL_MILE_M)  # at the equator; context
CELLS = 9  # of the nine about a place; context.cells_about


def place_llr(off_m: float, first_heard: int, lat_deg: float) -> float:
    """Ratio of a place so far from where a ship leads, where so many were first heard of late.

    Of two bins and nine cells.
    """
    window_s, of_s = BEFORE_S + AFTER_S, 2.0 * BIN_MS / 1000.0
    area_m2 = CELLS * CELL_M2 * max(0.01, math.cos(math.radians(lat_deg)))
    chance = first_heard * math.pi * max(off_m, MATCH_M) ** 2 / area_m2 * window_s / of_s
    return min(PLACE_CAP, max(0.0, -math.log(chance)))


def motion_llr(apart_kn: float) -> float:
    """Ratio of two velocities that differ by so much; 0 where one is not known."""
    if math.isnan(apart_kn):
        return 0.0
    return ALIKE_LLR * (
        1.0 - 2.0 * min(1.0, max(0.0, apart_kn - ALIKE_KN) / (UNLIKE_KN - ALIKE_KN))
    )


def evaluate(place: float, motion: float, names: float, numbers: float) -> float:
    """Log odds of the ratios; names and numbers of one message are no two witnesses."""
    return PRIOR + place + motion + min(TURNS_CAP, names + numbers)


def are_names_apart(one: str, other: str) -> bool:
    """Whether two names are of two ships; a slip, or one cut short, is no other name.

    >>> are_names_apart("ANNA MAERSK", "ANA MAERSK"), are_names_apart("ANNA", "SHUNXING 39")
    (False, True)
    """
    one, other = ("".join(name.upper().split()) for name in (one, other))
    if one.startswith(other) or other.startswith(one):
        return False
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() < ALIKE_NAMES


def is_imo(number: int) -> bool:
    """Whether an IMO number has seven digits and the check digit that belongs to them.

    >>> is_imo(9224984), is_imo(9224985), is_imo(1234)
    (True, False, False)
    """
    digits = [int(digit) for digit in str(number)]
    if len(digits) != 7:
        return False
    return sum(d * w for d, w in zip(digits, range(7, 1, -1), strict=False)) % 10 == digits[6]
