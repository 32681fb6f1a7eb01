"""Newest positions, read once for all clients: as a watcher receives them, or a track store grows.

They carry no number: who was away asks for a block of a replay instead.
"""

import logging
from collections.abc import Set
from pathlib import Path
from time import monotonic

import anyio
from anyio.to_thread import run_sync

from cablewatch.archives.selection import within
from cablewatch.fixes import Fixes
from cablewatch.output.columns import json_with_columns
from cablewatch.output.text import rfc3339
from cablewatch.places import Place
from cablewatch.service.streams.bell import Bell
from cablewatch.service.streams.frames import text_frame
from cablewatch.stores.blocks import newest_of_each, newest_parts, read_last
from cablewatch.stores.folder import TRACKS
from cablewatch.stores.tail import TailReader

LOOK_S = 0.2
PARTS_S = 1.0  # between two looks at a track store that no watcher writes

Box = tuple[float, float, float, float]
log = logging.getLogger(__name__)


class PositionFeed:
    """The last fix of each ship in what came to the store `folder`."""

    def __init__(self, store: Place, bell: Bell) -> None:
        self._folder, self._bell = store / TRACKS, bell
        self._tail = TailReader(store) if isinstance(store, Path) else None  # of a watcher
        self._known: Set[Place] | None = None
        self._looked_s = 0.0
        self._frames: dict[Box, bytes] = {}
        self._fixes = Fixes.empty()
        self.growth = 0  # how often it has grown
        self.listeners = 0
        self._reader = anyio.CapacityLimiter(1)

    async def run(self) -> None:
        """Look at the files for as long as anybody listens."""
        while not self._bell.over:
            await anyio.sleep(LOOK_S)
            if not self.listeners:
                self._known = None
                if self._tail is not None:
                    self._tail.skip()
                continue
            try:
                fixes = await run_sync(self._grown, limiter=self._reader)
            except Exception:  # what was new is known now, and not read again
                log.exception("positions cannot be read")
                continue
            if len(fixes):
                self._fixes, self._frames = fixes, {}
                self.growth += 1
                self._bell.ring()

    def newest(self, box: Box) -> bytes:
        """The event of the last growth in a box; empty where no ship is in it."""
        if box not in self._frames:
            inside = within(box, self._fixes.lon_deg, self._fixes.lat_deg)
            self._frames[box] = _newest(self._fixes.take(inside))
        return self._frames[box]

    def _grown(self) -> Fixes:
        if self._tail is not None and self._tail.there:
            return newest_of_each(self._tail.read())
        if monotonic() - self._looked_s < PARTS_S:
            return Fixes.empty()
        self._looked_s = monotonic()
        parts = frozenset(newest_parts(self._folder))
        new = parts - parts if self._known is None else parts - self._known
        self._known = parts
        return read_last(sorted(new), self._folder)


def _newest(fixes: Fixes) -> bytes:
    if not len(fixes):
        return b""
    return positions_frame(fixes, int(fixes.t_ms.min()), int(fixes.t_ms.max()))


def positions_frame(fixes: Fixes, start_ms: int, end_ms: int, number: object = None) -> bytes:
    """The event of positions of a time, sorted by ship."""
    said = {"start": rfc3339(start_ms), "end": rfc3339(end_ms), "fixes": len(fixes)}
    return text_frame("positions", json_with_columns(said, fixes, start_ms), number)
