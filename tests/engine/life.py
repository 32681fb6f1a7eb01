"""The life of an episode once more, slow and plain: from the text of `docs/rules.md`.

Every figure is written out here and taken from the text, not from the code. At each evaluation the
whole history is read again; nothing is counted along the way.
"""

import math
from typing import NamedTuple

RAISED, UPDATED, CLOSED = "raised", "updated", "closed"
HOUR_MS = 3_600_000
LEVELS = (math.log(0.1 / 0.9), math.log(0.2 / 0.8), math.log(0.5 / 0.5))  # info, watch, warning
LOWER = math.log(0.02 / 0.98)


class Minute(NamedTuple):
    """What a rule says at a minute, and what is known of the ship and the cables."""

    now_ms: int
    odds: float  # NaN: the rule says nothing
    onset_ms: int  # estimated start
    met_ms: int  # last time in a corridor or on a line
    heading: bool  # present course and speed reach a cable
    crossed: bool  # a line was crossed since the minute before


class Told(NamedTuple):
    """A transition."""

    now_ms: int
    what: str
    started_ms: int
    raised_ms: int
    odds: float  # of the strongest moment


def level(odds: float) -> int:
    """Severity reached: 0 none, 1 info, 2 watch, 3 warning."""
    return sum(odds >= bound for bound in LEVELS)


def life(minutes: list[Minute]) -> list[Told]:
    """Transitions of one rule over all minutes of one ship."""
    told: list[Told] = []
    for k, minute in enumerate(minutes):
        if math.isnan(minute.odds):
            continue
        is_open = bool(told) and told[-1].what != CLOSED
        said = _go_on(minutes[: k + 1], told) if is_open else _begin(minutes[: k + 1], told)
        if said is not None:
            told.append(said)
    return told


def _begin(past: list[Minute], told: list[Told]) -> Told | None:
    """Raised after three evaluations in a row that are high enough and concern a cable."""
    ended_ms = told[-1].now_ms if told else 0
    last = [m for m in past if not math.isnan(m.odds) and m.now_ms > ended_ms][-3:]
    for minute in last:
        since_ms = max(minute.onset_ms, ended_ms)
        if minute.odds < LEVELS[0] or not (minute.met_ms >= since_ms or minute.heading):
            return None
    if len(last) < 3:
        return None
    now = past[-1]
    started_ms = max(now.onset_ms, ended_ms)
    return Told(now.now_ms, RAISED, started_ms, now.now_ms, max(m.odds for m in last))


def _go_on(past: list[Minute], told: list[Told]) -> Told | None:
    """Closed after five low evaluations in a row; else said again where there is news."""
    now, last = past[-1], told[-1]
    since_raised = [m for m in past if m.now_ms > last.raised_ms and not math.isnan(m.odds)]
    first = next(t for t in reversed(told) if t.what == RAISED)
    best = max([first.odds, *(m.odds for m in since_raised)])
    said = Told(now.now_ms, UPDATED, last.started_ms, last.raised_ms, best)
    if len(since_raised) >= 5 and all(m.odds < LOWER for m in since_raised[-5:]):
        return said._replace(what=CLOSED)
    crossed = any(m.crossed for m in past if m.now_ms > last.now_ms)
    if level(best) > level(last.odds) or crossed or now.now_ms - last.now_ms >= HOUR_MS:
        return said
    return None
