"""Batches of a feed: fixes, and the static messages that stood among them.

How late a static message comes is told by the fixes before it in the feed: ``Statics.after`` is
how many of its batch. What joins, selects or sorts the rows of a batch does so here, so that the
place of each message stays true.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from cablewatch.fixes import Array, Fixes
from cablewatch.units import NEVER_MS
from cablewatch.vessels.statics import Statics


class Batch(NamedTuple):
    """Fixes and static messages, both in the order of the feed.

    >>> fixes = Fixes.from_columns(t_ms=[1, 2], mmsi=[1, 1], lon_deg=[0, 0], lat_deg=[0, 0])
    >>> batch = Batch(fixes, Statics.from_columns(t_ms=[1], mmsi=[1], after=[1]))
    >>> batch.joined([batch, batch]).statics.after.tolist()
    [1, 3]
    >>> batch.select(np.array([False, True]), np.array([True])).statics.after.tolist()
    [0]
    >>> [(len(part.fixes), len(part.statics)) for part in batch.parted(1)]
    [(1, 1), (1, 0)]
    """

    fixes: Fixes
    statics: Statics

    @classmethod
    def joined(cls, parts: Iterable["Batch"]) -> "Batch":
        """The parts one after another."""
        batches = list(parts)
        before = accumulate((len(batch.fixes) for batch in batches), initial=0)
        statics = [
            replace(batch.statics, after=batch.statics.after + n)
            for batch, n in zip(batches, before, strict=False)
        ]
        return cls(Fixes.concat(batch.fixes for batch in batches), Statics.concat(statics))

    @classmethod
    def merged(cls, parts: Iterable["Batch"]) -> "Batch":
        """The fixes of all parts by time, those of one time by part.

        A message stays behind the fixes that it came behind in its part; in a part without fixes it
        stands where its time is.
        """
        batches = list(parts)
        fixes = Fixes.concat(batch.fixes for batch in batches)
        order = np.argsort(fixes.t_ms, kind="stable")
        fixes = fixes.take(order)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        statics, n = [], 0
        for batch in batches:
            own, n = place[n : n + len(batch.fixes)], n + len(batch.fixes)
            after = np.searchsorted(fixes.t_ms, batch.statics.t_ms)
            if len(own):
                after = _reached(own + 1)[batch.statics.after]
            statics.append(replace(batch.statics, after=after))
        said = Statics.concat(statics)
        return cls(fixes, said.take(np.argsort(said.after, kind="stable")))

    @property
    def newest_ms(self) -> int:
        """Newest time of its fixes, or of its messages where there is none."""
        times = (self.fixes if len(self.fixes) else self.statics).t_ms
        return int(times.max(initial=NEVER_MS))

    def select(self, fixes: Array, statics: Array) -> "Batch":
        """The rows of two masks."""
        if fixes.all():
            said = self.statics if statics.all() else self.statics.take(statics)
            return Batch(self.fixes, said)
        said = self.statics.take(statics)
        kept = np.concatenate([[0], np.cumsum(fixes)])
        return Batch(self.fixes.take(fixes), replace(said, after=kept[said.after]))

    def parted(self, n: int) -> "tuple[Batch, Batch]":
        """The first `n` fixes with what came behind them, and the others."""
        first, said = np.arange(len(self.fixes)) < n, self.statics.after <= n
        return self.select(first, said), self.select(~first, ~said)


def _reached(places: Array) -> Array:
    """Greatest of none of the places, of the first, of the first two, and so on."""
    return np.maximum.accumulate(np.concatenate([[0], places]))
