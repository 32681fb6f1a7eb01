"""What can be said about a message, and why input is refused.

A refused sentence gives no message and is counted once under a :class:`Reason`. An accepted
message carries :class:`MessageFlag` bits; a flag never removes the message, though a report without
a usable position gives no fix.
"""

from enum import IntEnum, IntFlag

TYPES = 28
"""Types of messages: 1-27 of ITU-R M.1371-5, 28 of M.1371-6."""


class MessageFlag(IntFlag):
    """Bits of the ``flags`` column of ``Decoded.messages``."""

    NO_POSITION = 1
    """Longitude 181 or latitude 91: not available."""
    POSITION_OUT_OF_RANGE = 1 << 1
    POSITION_SUSPECT_NULL_ISLAND = 1 << 2
    """Exactly 0, 0: the start value of many receivers."""
    NO_SPEED = 1 << 3
    SPEED_SATURATED = 1 << 4
    """The highest value: "this much or more"."""
    NO_COURSE = 1 << 5
    NO_HEADING = 1 << 6
    NO_ROT = 1 << 7
    STATUS_SPEED_CONFLICT = 1 << 8
    """At anchor, moored or aground, and faster than 3 knots."""
    TEXT_UNTRUSTED = 1 << 9
    """Text with ``<`` or ``>``, which no name needs."""
    MMSI_INVALID = 1 << 10
    MMSI_DEFAULT = 1 << 11
    """123456789, or a country's number followed by zeros: never assigned."""
    MID_UNKNOWN = 1 << 12
    """The three digits of the country are not allocated by the ITU."""
    MMSI_NOT_SHIP = 1 << 13
    """A message of ships under a number of another kind of station."""
    OWN_SHIP = 1 << 14
    """VDO: the receiver's own ship."""
    TAGBLOCK_UNTRUSTED = 1 << 15
    """The tag block's checksum fails: its time, source and group are not used."""
    TIME_UNTRUSTED = 1 << 16
    """A time was given and is malformed or implausible; the next best source is used."""
    SHORT = 1 << 17
    """Fewer bits than the standard says, but all that is decoded is there."""
    LONG = 1 << 18


class Reason(IntEnum):
    """Why a line, a sentence or a report is refused; names in lower case are the keys."""

    NONE = 0
    NOT_AIS = 1
    BAD_START = 2
    BAD_CHAR = 3
    BAD_FIELD_COUNT = 4
    NO_CHECKSUM = 5
    BAD_FRAGMENT_FIELD = 6
    BAD_CHECKSUM = 7
    BAD_SEQ_ID = 8
    BAD_CHANNEL = 9
    BAD_FILL = 10
    BAD_ARMOR = 11
    BAD_TAGBLOCK = 12
    TOO_LONG = 13
    BAD_LENGTH = 14
    UNKNOWN_TYPE = 15
    BAD_PARTNO = 16
    ORPHAN_FRAGMENT = 17
    """Part of a message whose first part is missing, or that is complete already."""
    MISSING_FRAGMENT = 18
    """The first part is here, another is not."""
    STALE_FRAGMENT = 19
    """More than 10 s older or newer than the next part."""
    NO_TIME = 20
    """A position or static report that no time can be given; its message stays listed."""
    AMBIGUOUS_TIME = 21
    """As NO_TIME, and its line has a local time that occurs twice or never."""
