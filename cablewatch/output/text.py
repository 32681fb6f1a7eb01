"""Texts that people and programs read alike: times, names, JSON, and cells of a table."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

_FORMULA_STARTS = ("\t", "\r", "\n")  # OWASP, CSV injection
_FORMULA = re.compile(r"[\s\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]")  # wide forms too
_UNSEEN = re.compile(r"[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(t_ms: int) -> str:
    """UTC time as text.

    >>> rfc3339(1_731_830_400_000), rfc3339(1_731_830_400_050)
    ('2024-11-17T08:00:00Z', '2024-11-17T08:00:00.050Z')
    """
    moment = _EPOCH + timedelta(milliseconds=int(t_ms))
    places = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=places).removesuffix("+00:00") + "Z"


def epoch_ms(time: str | datetime) -> int:
    """Milliseconds since 1970 of an RFC 3339 text or an aware time; the inverse of `rfc3339`.

    >>> epoch_ms("2024-11-17T08:00:00.050Z")
    1731830400050
    """
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def now() -> str:
    """The second that it is, as text."""
    return rfc3339(epoch_ms(datetime.now(UTC).replace(microsecond=0)))


def printable(text: str) -> str:
    r"""Text without what moves a cursor, hides or turns text on a terminal: U+FFFD in its place.

    >>> printable("MV\x1b[2J ÖLAND")
    'MV\ufffd[2J ÖLAND'
    """
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def json_line(value: Json) -> str:
    """JSON on a line, safe to show: what is not printable is escaped, and reads back the same."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n"


def canonical_json(said: Json) -> str:
    """JSON that depends on the content alone: keys sorted, no spaces, no NaN."""
    return json.dumps(
        said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def content_hash(said: Json) -> str:
    """SHA-256 of the canonical JSON, hexadecimal."""
    return text_hash(canonical_json(said))


def text_hash(text: str) -> str:
    """SHA-256 of a text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def csv_cell(value: Any) -> Any:
    """Return one CSV cell: lists as JSON; text that a spreadsheet would calculate gets a quote.

    >>> csv_cell("=1+1"), csv_cell(-1.5), csv_cell(["a"])
    ("'=1+1", -1.5, '["a"]')
    """
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, str) and (value[:1] in _FORMULA_STARTS or _FORMULA.match(value)):
        return "'" + value
    return value


def csv_row(cells: Iterable[Any]) -> str:
    """A row of :func:`csv_cell` texts, all quoted."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow(map(csv_cell, cells))  # RFC 4180; OWASP
    return text.getvalue()
