"""What a ship has said of itself, field by field, and which of it counts.

A value counts once two messages in a row say it, of those that say the field at all.
"""

from bisect import bisect_right
from typing import NamedTuple

Value = bytes | int | float | tuple[int, ...]
NEVER_MS = 1 << 62


class Entry(NamedTuple):
    """A value from when on it counts, and when the first of its two messages came."""

    confirmed_ms: int
    said_ms: int
    value: Value


class Said:
    """One field of one ship."""

    __slots__ = ("disputed_ms", "first", "first_ms", "forgotten", "history", "last", "last_ms")

    def __init__(self) -> None:
        self.first: Value = b""
        self.first_ms = NEVER_MS
        self.disputed_ms = NEVER_MS  # when another value than the first was said
        self.last: Value = b""
        self.last_ms = NEVER_MS  # first of the messages in a row that said it
        self.history: list[Entry] = []
        self.forgotten = 0

    def say(self, t_ms: int, value: Value) -> bool:
        """Take what a message says; whether it makes the value count."""
        if self.first_ms == NEVER_MS:
            self.first, self.first_ms = value, t_ms
        elif value != self.first and self.disputed_ms == NEVER_MS:
            self.disputed_ms = t_ms
        if value != self.last:
            self.last, self.last_ms = value, t_ms
            return False
        if t_ms == self.last_ms or self.settled:
            return False
        self.history.append(Entry(t_ms, self.last_ms, value))
        return True

    @property
    def settled(self) -> bool:
        """Whether the value last said is the one that counts."""
        return bool(self.history) and self.history[-1].value == self.last

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

    __slots__ = ("fields", "settled")

    def __init__(self) -> None:
        self.fields: dict[str, Said] = {}
        self.settled: tuple[bytes, ...] = ()

    def settle(self, text: bytes, settled: bool) -> None:
        """Note a message all of whose values count; one that says anything else voids the others.

        Types 5, 24A and 24B take turns: three are noted.
        """
        self.settled = (text, *self.settled[:2]) if settled else ()
