"""Words for navigational statuses and ship types, and the codes they stand for.

Codes: ITU-R M.1371-5, tables 45 (status) and 53 (type). The phrases are those of the Danish
archive and of MarineCadastre; case does not matter, and a number is taken as the code itself.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from cablewatch.fixes import NAV_STATUS_UNDEFINED, Array

SHIP_TYPE_UNKNOWN = 0
NA_WORDS = ("", "Unknown", "Undefined", "Unknown value", "NaN", "null", "None", "n/a", "NA")
"""Words for "not available", in any case and between blanks."""
NA_FORMS = sorted(
    {form for word in NA_WORDS for form in (word, word.lower(), word.upper())} | {" "}
)
"""The usual spellings of them."""
_NA = {word.lower() for word in NA_WORDS}

NAV_STATUS = {
    "under way using engine": 0,
    "at anchor": 1,
    "not under command": 2,
    "restricted maneuverability": 3,
    "restricted manoeuvrability": 3,
    "constrained by her draught": 4,
    "moored": 5,
    "aground": 6,
    "engaged in fishing": 7,
    "under way sailing": 8,
    "reserved for future amendment [hsc]": 9,
    "reserved for future amendment [wig]": 10,
    "power-driven vessel towing astern": 11,
    "power-driven vessel pushing ahead or towing alongside": 12,
    "ais-sart": 14,
    "ais-sart is active": 14,
}

SHIP_TYPE = {
    "wig": 20,
    "fishing": 30,
    "towing": 31,
    "towing long/wide": 32,
    "dredging": 33,
    "diving": 34,
    "military": 35,
    "sailing": 36,
    "pleasure": 37,
    "hsc": 40,
    "pilot": 50,
    "sar": 51,
    "tug": 52,
    "port tender": 53,
    "anti-pollution": 54,
    "law enforcement": 55,
    "spare 1": 56,
    "spare 2": 57,
    "medical": 58,
    "not party to conflict": 59,
    "passenger": 60,
    "cargo": 70,
    "tanker": 80,
    "other": 90,
    # codes of the US Coast Guard, by the groups of MarineCadastre's table of vessel types
    **dict.fromkeys(("1001", "1002"), 30),
    **dict.fromkeys(("1003", "1004", "1016"), 70),
    **dict.fromkeys(("1012", "1013", "1014", "1015"), 60),
    **dict.fromkeys(("1017", "1024"), 80),
    "1019": 37,
    "1021": 35,
    **dict.fromkeys(("1023", "1025"), 52),
}


def nav_status_codes(texts: Sequence[bytes]) -> Array:
    """Codes u1 of status texts; 15 where a text says nothing known.

    >>> nav_status_codes([b"Moored", b"7", b"Unknown value"]).tolist()
    [5, 7, 15]
    """
    return _codes(texts, NAV_STATUS, 15, NAV_STATUS_UNDEFINED)


def ship_type_codes(texts: Sequence[bytes]) -> Array:
    """Codes u1 of ship type texts; 0 where a text says nothing known.

    >>> ship_type_codes([b"Tanker", b"71", b"Undefined"]).tolist()
    [80, 71, 0]
    """
    return _codes(texts, SHIP_TYPE, 99, SHIP_TYPE_UNKNOWN)


def said_words(texts: Sequence[bytes]) -> list[bytes]:
    """Texts up to an "@" without blanks around them; empty where one says "not available".

    "@" fills what a sender left of a field (ITU-R M.1371-5, table 47).

    >>> said_words([b" SIA @@", b"unknown", b"-"])
    [b'SIA', b'', b'-']
    """
    words = (text.partition(b"@")[0] for text in texts)
    return [b"" if is_na(word) else word.strip() for word in words]


def imo_number(text: bytes) -> float:
    """The number of a text with or without "IMO" before it; NaN where it says none.

    >>> imo_number(b"IMO9627980"), imo_number(b"9627980.0"), imo_number(b"Unknown")
    (9627980.0, 9627980.0, nan)
    """
    word = text.strip().upper().removeprefix(b"IMO").strip()
    try:
        return float(word) if word.replace(b".", b"", 1).isdigit() else math.nan
    except ValueError:
        return math.nan


def is_na(text: bytes) -> bool:
    """Whether a text says "not available"."""
    return text.decode("latin-1").strip().lower() in _NA


def _codes(texts: Sequence[bytes], table: Mapping[str, int], last: int, unknown: int) -> Array:
    codes = np.full(len(texts), unknown, np.uint8)
    for i, text in enumerate(texts):
        word = text.decode("latin-1").strip().lower().removesuffix(".0")
        code = int(word) if word.isascii() and word.isdigit() and len(word) < 4 else -1
        codes[i] = code if 0 <= code <= last else table.get(word, unknown)
    return codes
