"""What a ship has said of itself, field by field, and which of it counts.

A value counts once two messages in a row say it, of those that say the field at all. Two values
take turns once each was said anew after the other: A, B, A, B. That is no change of the field, and
no slip: the same slip twice is none.
"""

from bisect import bisect_right
from typing import NamedTuple

from cablewatch.units import DAY_MS, HOUR_MS

Value = bytes | int | float | tuple[int, ...]
UNSAID_MS = 1 << 62  # after any time: not said so far
FIRM_MS = HOUR_MS  # a value said so long is no slip, nor sent for the occasion; assumed
TURNS_MS = DAY_MS  # values that take turns do so within a watch or two; assumed
MAX_VALUES = 4  # of a field that may take turns; more are noise; assumed
AWAY_MS = (
    DAY_MS  # after it values are confirmed anew to whoever forgot; engine: FORGET_CANDIDATE_MS
)


class Entry(NamedTuple):
    """A value from when on it counts, and when the first of its two messages came."""

    confirmed_ms: int
    said_ms: int
    value: Value


class Run(NamedTuple):
    """A value, how often it was begun after another, and when last."""

    value: Value
    times: int
    begun_ms: int


class Said:
    """One field of one ship."""

    __slots__ = (
        "away",
        "disputed_ms",
        "firm_ms",
        "first",
        "first_ms",
        "forgotten",
        "history",
        "last",
        "last_ms",
        "runs",
        "turns",
    )

    def __init__(self) -> None:
        self.first: Value = b""
        self.first_ms = UNSAID_MS
        self.disputed_ms = UNSAID_MS  # when another value than the first was said
        self.firm_ms = UNSAID_MS  # when the first value was said again, `FIRM_MS` later or more
        self.away = False  # the ship was; what counts is news again when it is said
        self.last: Value = b""
        self.last_ms = UNSAID_MS  # first of the messages in a row that said it
        self.history: list[Entry] = []
        self.forgotten = 0
        self.runs: list[Run] = []
        self.turns: list[tuple[int, Value, Value]] = []  # when, the value begun, the other one

    def say(self, t_ms: int, value: Value) -> bool:
        """Take what a message says; whether it makes the value count, or does so again."""
        if self.first_ms == UNSAID_MS:
            self.first, self.first_ms = value, t_ms
        elif value != self.first and self.disputed_ms == UNSAID_MS:
            self.disputed_ms = t_ms
        elif value == self.first and t_ms - self.first_ms >= FIRM_MS:
            self.firm_ms = min(self.firm_ms, t_ms)
        if value != self.last:
            self.last, self.last_ms = value, t_ms
            self._begin(t_ms, value)
            return False
        if self.settled:
            again, self.away = self.away, False
            return again
        if t_ms == self.last_ms:
            return False
        self.history.append(Entry(t_ms, self.last_ms, value))
        self.away = False
        return True

    def _begin(self, t_ms: int, value: Value) -> None:
        """Count how often each of the newest values was begun; a day without it starts anew.

        Two that were begun twice or more each take turns.
        """
        recent = [run for run in self.runs if t_ms - run.begun_ms <= TURNS_MS]
        times = next((run.times for run in recent if run.value == value), 0)
        others = [run for run in recent if run.value != value][: MAX_VALUES - 1]
        self.runs = [Run(value, times + 1, t_ms), *others]
        again = [run.value for run in others if run.times >= 2]
        if times >= 1 and again:
            self.turns.append((t_ms, value, again[0]))

    @property
    def settled(self) -> bool:
        """Whether the value last said is the one that counts."""
        return bool(self.history) and self.history[-1].value == self.last

    @property
    def idle(self) -> bool:
        """Whether the value last said can come again and change nothing, however late."""
        return self.settled and not self.away and min(self.firm_ms, self.disputed_ms) < UNSAID_MS

    @property
    def newest_ms(self) -> int:
        """When the newest value that counts was confirmed, or the provisional one said."""
        return self.history[-1].confirmed_ms if self.history else self.first_ms

    def counting(self, t_ms: int) -> Value | None:
        """The value that counts at a time; None where none does."""
        k = bisect_right(self.history, t_ms, key=lambda entry: entry.confirmed_ms)
        return self.history[k - 1].value if k else None


class Ship:
    """Fields of a ship, and whole messages that would change nothing if they came again."""

    __slots__ = ("fields", "heard_ms", "settled")

    def __init__(self) -> None:
        self.fields: dict[str, Said] = {}
        self.settled: tuple[bytes, ...] = ()
        self.heard_ms = UNSAID_MS

    def hear(self, t_ms: int) -> None:
        """Note a message; after a long absence all fields are news again."""
        if t_ms - self.heard_ms > AWAY_MS:
            self.settled = ()
            for said in self.fields.values():
                said.away = True
        self.heard_ms = t_ms

    def settle(self, text: bytes, settled: bool) -> None:
        """Note a message all of whose values count; one that says anything else voids the others.

        Types 5, 24A and 24B take turns: three are noted.
        """
        self.settled = (text, *self.settled[:2]) if settled else ()
