"""The inbox: what sources have sent and nobody has taken yet, in the order it came."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from threading import Condition

from cablewatch.archives.recording import Entry

ROOM_BYTES = 8 << 20  # then sources that can wait do
MOST_BYTES = 256 << 20  # then what others sent first is left out


class Inbox:
    """Between the loop of the sources and the thread of the watcher.

    Attributes
    ----------
    waiting_bytes : int
        Of entries that wait.
    left_out : Counter
        Bytes, by source, that were left out because nobody took them in time.
    """

    def __init__(self) -> None:
        self._entries: deque[tuple[Entry, bool]] = deque()
        self._news = Condition()
        self._room = asyncio.Event()
        self._room.set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.waiting_bytes = 0
        self.left_out: Counter[str] = Counter()
        self.ended = False

    async def put(self, entry: Entry, waits: bool) -> None:
        """Add an entry; a source that can wait does so until there is room."""
        self._loop = asyncio.get_running_loop()
        while waits and self.waiting_bytes > ROOM_BYTES:
            self._room.clear()
            await self._room.wait()
        with self._news:
            self._entries.append((entry, waits))
            self.waiting_bytes += len(entry.data)
            if self.waiting_bytes > MOST_BYTES:
                self._leave_out()
            self._news.notify()

    def take(self, seconds: float) -> list[Entry]:
        """All entries that wait, as soon as there is one; none after so many seconds."""
        with self._news:
            if not self._entries and not self.ended:
                self._news.wait(seconds)
        return self._taken(lambda waits: True)

    def take_impatient(self) -> list[Entry]:
        """The entries of sources that cannot wait; those that can do so a while longer."""
        return self._taken(lambda waits: not waits)

    def _taken(self, wanted: Callable[[bool], bool]) -> list[Entry]:
        with self._news:
            taken = [entry for entry, waits in self._entries if wanted(waits)]
            self._entries = deque(one for one in self._entries if not wanted(one[1]))
            self.waiting_bytes = sum(len(entry.data) for entry, _ in self._entries)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._room.set)
        return taken

    def rest(self, seconds: float) -> None:
        """Let entries gather for so long, unless nothing more comes or much has."""
        with self._news:
            self._news.wait_for(lambda: self.ended or self.waiting_bytes > ROOM_BYTES // 8, seconds)

    def end(self) -> None:
        """Nothing more comes."""
        with self._news:
            self.ended = True
            self._news.notify()

    def _leave_out(self) -> None:
        """Drop the oldest of those that cannot wait."""
        kept: deque[tuple[Entry, bool]] = deque()
        for entry, waits in self._entries:
            if not waits and self.waiting_bytes > MOST_BYTES // 2:
                self.left_out[entry.source] += len(entry.data)
                self.waiting_bytes -= len(entry.data)
            else:
                kept.append((entry, waits))
        self._entries = kept
