"""What a request for features asks for."""

import math
from collections import Counter
from dataclasses import dataclass
from time import monotonic

from fastapi import Request

from cablewatch.errors import UsageError
from cablewatch.service.errors import SHOWN_CHARACTERS
from cablewatch.service.parameters import bounds, interval_ms, numbers

Box = tuple[float, float, float, float]
PARAMETERS = ("bbox", "cursor", "datetime", "f", "limit")
FORMS = ("json", "geojson")


@dataclass(frozen=True)
class Query:
    """A page of features; None is any.

    Attributes
    ----------
    limit : int
        Features on the page.
    bbox : (4,) floats
        West, south, east, north, degrees; west > east crosses the antimeridian.
    start_ms, end_ms : int
        First and last moment, both included.
    cursor : str
        Where the page before ended.
    until_s : float
        By the monotonic clock: nobody waits for the page any longer.
    """

    limit: int
    bbox: Box | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    cursor: str | None = None
    until_s: float = math.inf

    def meets(self, first_ms: int, last_ms: int) -> bool:
        """Whether a time from first to last is asked for."""
        late = self.start_ms is not None and last_ms < self.start_ms
        return not late and not (self.end_ms is not None and first_ms > self.end_ms)


def query_of(request: Request, limit: int, most: int) -> Query:
    """The page that a request asks for; `limit` features if it does not say, and `most` at most.

    Raises
    ------
    UsageError
        A parameter is unknown, repeated or not as the standard has it.
    """
    said = parameters(request, PARAMETERS)
    start_ms, end_ms = interval_ms(said["datetime"]) if "datetime" in said else (None, None)
    return Query(
        limit=min(_count(said["limit"]), most) if "limit" in said else limit,
        bbox=_box(said["bbox"]) if "bbox" in said else None,
        start_ms=start_ms,
        end_ms=end_ms,
        cursor=said.get("cursor"),
        until_s=monotonic() + request.app.state.settings.request_seconds,
    )


def parameters(request: Request, known: tuple[str, ...] = ("f",)) -> dict[str, str]:
    """The parameters of a request by name; UsageError where one is not known, or repeated."""
    said = request.query_params.multi_items()
    for name, count in Counter(name for name, _ in said).items():
        if name not in known:
            allowed = f"known are {', '.join(known)}"
            raise UsageError(name[:SHOWN_CHARACTERS], "unknown parameter", allowed)
        if count > 1:
            raise UsageError(name, f"there {count} times", "give it once")
    if dict(said).get("f", FORMS[0]) not in FORMS:
        raise UsageError("f", "no such form", f"give one of {', '.join(FORMS)}")
    return dict(said)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not int(text[:10]):
        raise UsageError("limit", "not a number from 1 on", "give a number such as 100")
    return int(text[:10])


def _box(text: str) -> Box:
    """Four numbers, or six, whose heights nothing here has."""
    parts = text.split(",")
    if len(parts) == 6:
        numbers(parts[2::3])
        del parts[2::3]
    return bounds(",".join(parts))
