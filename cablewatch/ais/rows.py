"""Tables that the kernels fill: a row a message, and what becomes of it."""

from typing import NamedTuple

import numpy as np

from cablewatch.ais.flags import Reason
from cablewatch.ais.octets import CHARS_PER_WORD
from cablewatch.ais.sentences import MAX_CHARS
from cablewatch.fixes import FIX_DTYPE, Array
from cablewatch.vessels.statics import STATIC_DTYPE

MESSAGE_DTYPE = np.dtype([("type", "u1"), ("mmsi", "i4"), ("flags", "u4")])

OTHER_DTYPE = np.dtype(
    [
        ("t_ms", "i8"),
        ("type", "u1"),
        ("mmsi", "i4"),
        ("lon_deg", "f8"),  # NaN where the position is unusable
        ("lat_deg", "f8"),
        ("sog_kn", "f4"),  # type 9
        ("cog_deg", "f4"),  # type 9
        ("altitude_m", "f4"),  # type 9; 4094 is "this much or more"
        ("report_ms", "i8"),  # types 4 and 11: the station's own clock; 0 not available
        ("aid_type", "u1"),  # type 21, ITU-R M.1371-5 table 74
        ("station", "u2"),
    ]
)

TEXT_COLUMNS = (("name", 0, 20), ("callsign", 20, 27), ("destination", 27, 47))

STATIC_NUMBERS = np.dtype(
    [
        (name, STATIC_DTYPE[name])
        for name in STATIC_DTYPE.names or ()
        if STATIC_DTYPE[name].kind != "S"
    ]
)

WORDS_KEPT = -(-MAX_CHARS // CHARS_PER_WORD)

MESSAGES, FIXES, STATICS, OTHERS, LINE = range(5)
"""Indices of ``Rows.filled``; LINE is where in the data the line at hand begins."""

PAYLOAD_DTYPE = np.dtype(
    [
        ("t_ms", "i8"),  # NONE or AMBIGUOUS where there is no time
        ("given", "b1"),  # see Stamp
        ("station", "u2"),
        ("bits", "i2"),
        ("words", "i8", (WORDS_KEPT,)),  # see octets.pack
    ]
)


class FixColumns(NamedTuple):
    """Columns of :class:`cablewatch.fixes.Fixes`, to be filled."""

    t_ms: Array
    mmsi: Array
    lon_deg: Array
    lat_deg: Array
    sog_kn: Array
    cog_deg: Array
    heading_deg: Array
    nav_status: Array
    flags: Array
    station: Array  # the decoder's code of the source

    @classmethod
    def make(cls, n: int) -> "FixColumns":
        """Room for `n` fixes."""
        return cls(**{name: np.zeros(n, FIX_DTYPE[name]) for name in cls._fields})


class Rows(NamedTuple):
    """Preallocated output of one kernel call and how much of it is filled."""

    filled: Array  # i8 (5,)
    refused: Array  # i8, by Reason
    example: Array  # i8, by Reason: where the first refused line begins; -1 none
    messages: Array
    fixes: FixColumns
    statics: Array  # the numbers
    static_text: Array  # u1 (n, 47), see TEXT_COLUMNS
    others: Array
    other_text: Array  # u1 (n, 20), names of aids to navigation
    payloads: Array  # of the messages; no rows where nobody asks for them

    @classmethod
    def make(cls, n: int, payloads: bool) -> "Rows":
        """Room for `n` messages of any kind, with their payloads or without."""
        return cls(
            np.zeros(5, np.int64),
            np.zeros(len(Reason), np.int64),
            np.full(len(Reason), -1, np.int64),
            np.zeros(n, MESSAGE_DTYPE),
            FixColumns.make(n),
            np.zeros(n, STATIC_NUMBERS),
            np.zeros((n, 47), np.uint8),
            np.zeros(n, OTHER_DTYPE),
            np.zeros((n, 20), np.uint8),
            np.zeros(n if payloads else 0, PAYLOAD_DTYPE),
        )


class Stamp(NamedTuple):
    """When, where from and under which doubts a message was received."""

    t_ms: int  # NONE where nobody says, AMBIGUOUS where that is all that is said
    heard_ms: int  # moment of receipt, in a recording the stream's last time; NONE unknown
    given: bool  # by the source, not borrowed from the receipt or an earlier message
    flags: int  # MessageFlag
    station: int  # the decoder's code of the source
