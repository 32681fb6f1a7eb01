"""A replay in time made shorter: what was known, second by second of the clock on the wall.

A second is told as the alerts that changed in it, in their order, and then the last fix of each
ship. The number of an event is ``T.N``: positions up to T and the N first changes from T on were
told. It does not depend on the speed, so that a client may come back at another one.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from time import monotonic
from typing import NamedTuple

import anyio
from anyio.to_thread import run_sync

from cablewatch.fixes import Fixes
from cablewatch.output.text import rfc3339
from cablewatch.service.streams.bell import Bell
from cablewatch.service.streams.frames import BEGIN, CLOSING, frame
from cablewatch.service.streams.positions import positions_frame
from cablewatch.service.streams.told import Origin, replayed
from cablewatch.stores.blocks import last_of_each
from cablewatch.stores.changes import Change
from cablewatch.stores.compaction import BLOCK_MS

TICK_S = 1.0
READERS = 2  # threads that read for all replays together


class Place(NamedTuple):
    """How far a client was told: positions up to a time, and so many changes from there on."""

    t_ms: int
    changes: int = 0

    def __str__(self) -> str:
        return f"{self.t_ms}.{self.changes}"


class Chapter(NamedTuple):
    """Ten minutes: fixes sorted by time, and changes of alerts in their order."""

    fixes: Fixes
    changes: Sequence[Change]


class Replay:
    """Replays for all clients.

    Parameters
    ----------
    bell : Bell
        They end with it.
    """

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._readers = anyio.CapacityLimiter(READERS)

    async def told(
        self,
        load: Callable[[int], Chapter],
        origin: Origin,
        place: Place,
        end_ms: int,
        speed: float,
    ) -> AsyncGenerator[bytes]:
        """Events from a place on up to a time, `speed` seconds in one.

        `load` reads the chapter that begins at a multiple of ten minutes.
        """
        yield BEGIN
        due_s, step_ms = monotonic(), max(1, round(1000 * speed * TICK_S))
        kept: dict[int, Chapter] = {}
        while place.t_ms < end_ms:
            upto_ms = min(place.t_ms + step_ms, end_ms)
            starts = range(place.t_ms - place.t_ms % BLOCK_MS, upto_ms, BLOCK_MS)
            for start_ms in starts:
                if start_ms not in kept:
                    kept[start_ms] = await run_sync(load, start_ms, limiter=self._readers)
            kept = {start_ms: kept[start_ms] for start_ms in starts}
            second = _Second(list(kept.values()), place, upto_ms)
            yield b"".join(second.frames(origin))
            place = second.end
            due_s = max(due_s + TICK_S, monotonic())
            while not self._bell.over and (left_s := due_s - monotonic()) > 0:
                await self._bell.heard(left_s)
            if self._bell.over:
                yield CLOSING
                return
        yield frame("end", {"to": rfc3339(end_ms)}, place)


class _Second:
    """What happened from a place on up to a time."""

    def __init__(self, chapters: Sequence[Chapter], place: Place, upto_ms: int) -> None:
        self.place = place
        self.changes = [
            change
            for chapter in chapters
            for change in chapter.changes
            if place.t_ms <= change.alert.updated_ms < upto_ms
        ]
        self.fixes = Fixes.concat([_between(c.fixes, place.t_ms, upto_ms) for c in chapters])
        self.end = Place(upto_ms, max(0, place.changes - len(self.changes)))

    def frames(self, origin: Origin) -> Iterator[bytes]:
        """Changes that were not told yet, and positions."""
        t_ms, known = self.place
        for n, change in enumerate(self.changes[known:], known + 1):
            yield replayed(change, origin, Place(t_ms, n))
        yield positions_frame(last_of_each(self.fixes), t_ms, self.end.t_ms, self.end)


def _between(fixes: Fixes, start_ms: int, end_ms: int) -> Fixes:
    first, after = fixes.t_ms.searchsorted([start_ms, end_ms])
    return fixes.take(slice(first, after))
