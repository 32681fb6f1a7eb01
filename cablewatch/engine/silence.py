"""Silence: a ship under way that is heard no more, where the others are.

``log odds = prior + reception + speed across``, judged at the end of a bin of half an hour in which
a class A ship that sailed before was not heard at all, and once more when she is back:

reception     ``-ln q``, with q the chance that reception alone explains a bin of silence: the
              largest of three shares, each of ships (or bins) heard alike that fell silent,

              coverage    about the place where she was, and where she would be, over a day
              witnesses   of the ships around, in this very bin
              habit       of her own bins

speed across  what she made good over the silence, against the slower of her speeds before and
              after: who sails on unheard keeps her speed, and who lies somewhere makes none.

Each share stands beside a wider one, believed as far as four observations: witnesses and habit
beside the coverage, that of a cell beside that of nine; these begin from one silent ship in ten,
believed as far as one. A place is either covered or not: a ship that is heard at all reports 180
times in half an hour. Nothing is said unless each station that heard her hears four others now, and
ships were heard a bin further ahead on her course: coverage does not end there.

Source: DESIGN section 4, the witness test. Published rules for satellites (12 h, 50 nautical miles
off) leave every coastal cable out. *Cannot see:* class B, slower ships than 3 kn, waters where
fewer than four others are heard, the first two hours of an input, a transmitter that another ship
carries on.
"""

import math
from typing import NamedTuple

from cablewatch.engine.hearing import VOTERS_MIN, Witnesses, shrunk
from cablewatch.engine.hints import SILENCE_RULE

RULE = SILENCE_RULE
KIND = "silence"
VERSION = "silence/1"
TERMS = (
    ("reception", ""),
    ("speed_across", ""),
    ("silent_time", "min"),
    ("witnesses", ""),
    ("vanished", ""),
    ("coverage", ""),
    ("coverage_votes", ""),
    ("own_gaps", ""),
    ("own_bins", ""),
    ("speed_before", "kn"),
    ("cable_distance", "nmi"),
)

PRIOR = math.log(1e-3)  # a ship under way stops sending in one of a thousand half hours; assumed
BINS_MIN = 4  # own bins heard, from which a silence is one: two hours
RECEPTION_CAP = math.log(500.0)  # no silence alone is likelier than not under the prior
HELD_SHARE, LOST_SHARE = 0.9, 0.6  # of her speed made good: within ordinary scatter (6 %) and the
# detours of a fairway; and as a tow or an hour's stop in three leaves it
LAIN_SHARE, LEFT_SHARE = 0.1, 0.3  # who hardly left the place lay there, at a berth or at anchor
# behind what shades her; who made good more did not lie for most of the time
ACROSS_LLR = math.log(5.0)  # so slow across: half of those who stopped or turned unheard, one in
# ten others; assumed


class Heard(NamedTuple):
    """What a silence is judged by."""

    coverage: float  # share of ships that fall silent there, NaN not known
    votes: int  # that it rests on
    witnesses: Witnesses  # the ship herself not among them
    gaps: int
    bins: int


def chance(heard: Heard) -> float:
    """Chance that reception alone explains a bin of silence; NaN where too few tell."""
    present, around, gone = heard.witnesses
    if math.isnan(heard.coverage) or present < VOTERS_MIN or heard.bins < BINS_MIN:
        return math.nan
    now = shrunk(gone, around, heard.coverage)
    own = shrunk(heard.gaps, heard.bins, heard.coverage)
    return max(heard.coverage, now, own)


def evaluate(q: float, share: float) -> tuple[float, float, float]:
    """Log odds of a silence, and the ratios of its reception and of the speed made good across.

    `q` is the :func:`chance` of reception, `share` of her own speed what she made good; NaN while
    she is silent.
    """
    reception = min(RECEPTION_CAP, -math.log(q))
    slower = (HELD_SHARE - share) / (HELD_SHARE - LOST_SHARE)
    moved = (share - LAIN_SHARE) / (LEFT_SHARE - LAIN_SHARE)
    across = 0.0 if math.isnan(share) else ACROSS_LLR * min(1.0, max(0.0, min(slower, moved)))
    return PRIOR + reception + across, reception, across
