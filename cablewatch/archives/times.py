"""Texts of time to milliseconds UTC."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from cablewatch.archives.rows import NO_TIME_MS
from cablewatch.fixes import Array
from cablewatch.units import DAY_MS

DANISH = b"00/00/0000 00:00:00"
_DIGITS = np.array([i for i, c in enumerate(DANISH) if c == ord("0")])
_MARKS = np.array([i for i, c in enumerate(DANISH) if c != ord("0")])


def danish_ms(texts: Sequence[bytes]) -> Array:
    """Times i8 of texts ``dd/mm/yyyy hh:mm:ss``; NO_TIME_MS where one does not read so.

    >>> danish_ms([b"01/06/2018 00:00:01", b"31/02/2018 00:00:00"]).tolist()[0]
    1527811201000
    """
    width = len(DANISH) + 1
    chars = np.array(texts, f"S{width}").reshape(-1, 1).view(np.uint8).reshape(-1, width)
    digits = chars[:, _DIGITS].astype(np.int64) - ord("0")
    good = ((digits >= 0) & (digits <= 9)).all(axis=1) & (chars[:, -1] == 0)
    good &= (chars[:, _MARKS] == np.frombuffer(DANISH, np.uint8)[_MARKS]).all(axis=1)
    digits[~good] = 1
    tens = digits[:, ::2] * 10 + digits[:, 1::2]
    day, month, year = tens[:, 0], tens[:, 1], tens[:, 2] * 100 + tens[:, 3]
    hour, minute, second = tens[:, 4], tens[:, 5], tens[:, 6]
    first = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    days = first.astype("M8[D]").astype(np.int64) + day - 1
    good &= (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    good &= (day >= 1) & (days < (first + 1).astype("M8[D]").astype(np.int64))
    t_ms: Array = days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000
    t_ms[~good] = NO_TIME_MS
    return t_ms


def iso_ms(texts: Sequence[bytes]) -> Array:
    """Times i8 of ISO 8601 texts, UTC where no offset is given; NO_TIME_MS where unreadable.

    >>> iso_ms([b"2024-11-18T06:01:44Z", b"2024-11-18 07:01:44.5+01:00", b"soon"]).tolist()[:2]
    [1731909704000, 1731909704500]
    """
    return np.array([_iso_ms(text) for text in texts], np.int64)


def _iso_ms(text: bytes) -> int:
    try:
        moment = datetime.fromisoformat(text.decode("ascii").strip())
    except ValueError:
        return int(NO_TIME_MS)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
