"""Events of alerts, read once for all clients.

Nobody has a queue. The newest :data:`RECENT` events are kept for all; each client knows the number
of the last one it was told, and what it needs of older ones it reads from the store. To come back
after a cut, to start from the beginning and to have fallen behind are therefore the same.
"""

import logging
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

import anyio
from anyio.to_thread import run_sync

from cablewatch.alerts.model import SEVERITIES, Alert
from cablewatch.errors import StoreError
from cablewatch.service.streams.bell import Bell
from cablewatch.stores.alert_rows import cables_of

RECENT = 1024  # events, about 5 kB each
PAGE = 256  # events read at a time
POLL_S = 0.1
BEHIND = 2  # threads that read for clients who are behind

log = logging.getLogger(__name__)


class Told(NamedTuple):
    """An event, and what it is about."""

    seq: int
    frame: bytes
    about: tuple[Alert, ...]  # the version, and the one before it


class Page(NamedTuple):
    """Events in order, and the number up to which there are no others."""

    events: Sequence[Told]
    seq: int


@dataclass(frozen=True)
class Interest:
    """Which alerts a client wants to hear of; None is any."""

    kinds: frozenset[str] | None = None
    severity: str | None = None
    cable: str | None = None

    def meets(self, told: Told) -> bool:
        """Whether the version or the one before is wanted: who heard of an alert hears it leave."""
        return any(map(self.wants, told.about))

    def wants(self, alert: Alert) -> bool:
        """Whether a version is wanted."""
        if self.kinds is not None and alert.kind not in self.kinds:
            return False
        if self.severity is not None:
            rank, least = map(SEVERITIES.index, (alert.severity, self.severity))
            if rank < least:
                return False
        return self.cable is None or self.cable in cables_of(alert)


class AlertFeed:
    """The newest events.

    Parameters
    ----------
    last : callable
        Number of the newest event in the store.
    after : callable
        Events after a number, at most so many.
    bell : Bell
        Rung when there are new ones.
    """

    def __init__(
        self, last: Callable[[], int], after: Callable[[int, int], Sequence[Told]], bell: Bell
    ) -> None:
        self._last, self._after, self._bell = last, after, bell
        self._recent: list[Told] = []
        self._floor = self.head = 0  # all events in between are among the recent ones
        self.listeners = 0
        self._reader, self._readers = anyio.CapacityLimiter(1), anyio.CapacityLimiter(BEHIND)
        self._reading = anyio.Lock()

    async def begin(self, seq: int | None) -> int:
        """Number a client starts from that was told up to `seq`; None: it wants what comes now.

        A number that the store never gave is of another store: then too.

        Raises
        ------
        StoreError
            The store cannot be read.
        """
        async with self._reading:
            if not self.listeners:
                await self._look_anew()
            elif seq is not None and seq > self.head:
                await self._read()
        return self.head if seq is None else min(seq, self.head)

    async def run(self) -> None:
        """Read what is new for as long as anybody listens; a store that fails is asked again."""
        failing = more = False
        while not self._bell.over:
            await anyio.sleep(0 if more else POLL_S)
            try:
                more = self.listeners > 0 and await self._look()
                failing = False
            except Exception as error:
                if not failing:
                    unforeseen = None if isinstance(error, StoreError) else error
                    log.error("events cannot be read: %s", error, exc_info=unforeseen)
                failing, more = True, False

    async def page(self, seq: int) -> Page:
        """Some of the events after a number; none where it is the newest."""
        floor = self._floor
        if seq >= floor:
            first = bisect_right(self._recent, seq, key=attrgetter("seq"))
            events = self._recent[first : first + PAGE]
        else:
            events = list(await run_sync(self._after, seq, PAGE, limiter=self._readers))
        return Page(events, events[-1].seq if events else max(seq, floor))

    async def _look(self) -> bool:
        async with self._reading:
            return await self._read()

    async def _look_anew(self) -> None:
        """Forget what nobody heard, and begin with the newest events of the store."""
        newest = await run_sync(self._last, limiter=self._reader)
        self._recent = []
        self._floor = self.head = max(newest - RECENT, 0)
        while await self._read():
            pass
        self.head = max(self.head, newest)

    async def _read(self) -> bool:
        """Take a page of new events; whether there may be more."""
        page = await run_sync(self._after, self.head, PAGE, limiter=self._reader)
        if page:
            known = [*self._recent, *page]
            if len(known) > RECENT:
                self._floor = known[-RECENT - 1].seq
            self._recent = known[-RECENT:]
            self.head = page[-1].seq
            self._bell.ring()
        return len(page) == PAGE
