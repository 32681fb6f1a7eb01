"""What of a replay concerns one ship: its fixes as the fold got them, and what the others cast.

Other ships reach the fold as tallies of cells and half hours alone (``engine.context``). Those that
this ship can have read are the ones of the cells it was in, of bins two to five before. With them
the ship's own fixes give the same transitions, bit for bit, without the other ships.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cablewatch.alerts.model import Alert
from cablewatch.cables.model import Cable
from cablewatch.engine.context import READ_FROM, READ_TO, cell_of
from cablewatch.engine.state import BIN_MS
from cablewatch.engine.transitions import TALLY_DTYPE
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.pipeline import Step
from cablewatch.units import NEVER_MS
from cablewatch.vessels.register import Vessels
from cablewatch.vessels.statics import Statics

_CELL: Any = cell_of  # a kernel, which has no types
LAST_TIMER = 1  # bins behind its last fix in which a ship's timers still run: 15 minutes


@dataclass
class Witness:
    """A sink of a replay, and its watcher (:meth:`watch`), for one ship.

    Attributes
    ----------
    versions : list of Alert
        Every version of every alert of the ship, in the order they were said.
    stations : Stations
        Names of the station codes of the fixes.
    until_ms : int
        The watermark at the end: up to it timers have run.
    """

    mmsi: int
    versions: list[Alert] = field(default_factory=list)
    stations: Stations = field(default_factory=Stations)
    config_hash: str = ""
    until_ms: int = NEVER_MS
    written: Collection[Path] = ()
    _fixes: list[Fixes] = field(default_factory=list)
    _statics: list[Statics] = field(default_factory=list)
    _tallies: list[Array] = field(default_factory=list)

    def opened(
        self, stations: Stations, config_hash: str, cables: Sequence[Cable]
    ) -> AbstractContextManager[None]:
        """Take note of the names of stations and of the configuration."""
        self.stations, self.config_hash = stations, config_hash
        return nullcontext()

    def append(self, fixes: Fixes, alerts: Sequence[Alert], crossings: Array) -> None:
        """Take the alerts of the ship."""
        self.versions += [alert for alert in alerts if alert.mmsi == self.mmsi]

    def describe(
        self,
        cables: Sequence[Cable],
        vessels: Vessels,
        first_ms: int | None,
        last_ms: int | None,
        faults: Sequence[str],
    ) -> None:
        """Nothing is wanted of the end."""

    def watch(self, step: Step) -> None:
        """Take what the fold was given."""
        out = step.ordered
        self.until_ms = out.watermark_ms
        self._fixes.append(out.fixes.take(out.fixes.mmsi == self.mmsi))
        self._statics.append(out.statics.take(out.statics.mmsi == self.mmsi))
        self._tallies.append(step.said.tallies)

    @property
    def fixes(self) -> Fixes:
        """Fixes of the ship that were folded, by time; `station` is a code in `stations`."""
        return Fixes.concat(self._fixes)

    @property
    def statics(self) -> Statics:
        """What the ship said of itself, as it came to count."""
        return Statics.concat(self._statics)

    def tallies(self) -> Array:
        """Tallies (TALLY_DTYPE, by bin and cell) that this ship can have read."""
        fixes = self.fixes
        bins = fixes.t_ms // BIN_MS
        places = np.unique(np.column_stack([bins, _cells(fixes)]), axis=0).tolist()
        wanted = {
            (number - back, cell)
            for number, cell in places
            for back in range(READ_TO - LAST_TIMER, READ_FROM + 1)
        }
        sums: dict[tuple[int, int], tuple[int, int]] = {}
        for number, cell, votes, total in np.concatenate(self._tallies).tolist():
            if (number, cell) in wanted:
                have = sums.get((number, cell), (0, 0))
                sums[number, cell] = (have[0] + votes, have[1] + total)
        rows = [(*place, *sums[place]) for place in sorted(sums)]
        return np.array(rows, TALLY_DTYPE)


def _cells(fixes: Fixes) -> Array:
    """Cell of each fix."""
    places = zip(fixes.lon_deg.tolist(), fixes.lat_deg.tolist(), strict=True)
    return np.array([_CELL(lon, lat) for lon, lat in places], np.int64)
