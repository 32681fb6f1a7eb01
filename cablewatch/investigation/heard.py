"""What was heard of all ships about a window: the evidence that every finding rests on.

Of each ship the first fix of a minute is kept, so that days of a whole sea fit into memory;
crossings and alerts are those of the fold, which saw every fix. A fix that cannot be reached from
the one before, nor the next one from it, is left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from cablewatch.alerts.model import Alert
from cablewatch.engine.quality import CLOCK_S, FASTEST_KN, is_ship_mmsi
from cablewatch.engine.state import CROSSING_DTYPE
from cablewatch.fixes import Array, Fixes
from cablewatch.geodesy import distances_m
from cablewatch.stores.run import Modelled
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS

BEFORE_MS = 24 * HOUR_MS  # read before the window: half-life of the own speed in the fold
AFTER_MS = 12 * HOUR_MS  # and after it: the longest silence that ends no episode


class Said(NamedTuple):
    """What a ship says of itself; `standing` where one type alone ever counted."""

    name: str = ""
    ship_type: int = 0  # ITU-R M.1371-5, table 53; 0 not said
    standing: bool = False
    said_ms: int = 0  # newest change


@dataclass(frozen=True)
class Heard:
    """Everything about a window; `fixes` are sorted by ship and time."""

    fixes: Fixes
    crossings: Array  # CROSSING_DTYPE, of the one cable
    alerts: Sequence[Alert]  # newest versions
    ships: dict[int, Said]
    modelled: Sequence[Modelled] = ()

    @property
    def span_ms(self) -> tuple[int, int] | None:
        """Times of the first and the last fix; None where there is none."""
        times = self.fixes.t_ms
        return (int(times.min()), int(times.max())) if len(times) else None

    def tracks(self) -> Iterator[tuple[int, Fixes]]:
        """Ships by MMSI with their fixes in order of time."""
        mmsis, starts = np.unique(self.fixes.mmsi, return_index=True)
        ends = [*starts[1:].tolist(), len(self.fixes)]
        for mmsi, start, end in zip(mmsis.tolist(), starts.tolist(), ends, strict=True):
            yield mmsi, reached(self.fixes.take(slice(start, end)))


@dataclass
class Gathered:
    """Takes fixes as they come; `fixes` is the same however they were cut."""

    _parts: list[Fixes] = field(default_factory=list)

    def add(self, fixes: Fixes) -> None:
        """Take fixes in order of time."""
        self._parts.append(_one_a_minute(fixes.take(is_ship_mmsi(fixes.mmsi))))

    @property
    def fixes(self) -> Fixes:
        """First fix of each minute of each ship, by ship and time."""
        fixes = _one_a_minute(Fixes.concat(self._parts))
        return fixes.take(np.lexsort((fixes.t_ms, fixes.mmsi)))


def _one_a_minute(fixes: Fixes) -> Fixes:
    order = np.lexsort((fixes.t_ms, fixes.mmsi))
    mmsi, minute = fixes.mmsi[order], fixes.t_ms[order] // MINUTE_MS
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(mmsi) != 0) | (np.diff(minute) != 0)
    return fixes.take(np.sort(order[first]))


def reached(track: Fixes) -> Fixes:
    """A track without fixes that no ship can have been at between their neighbours."""
    if len(track) < 3:
        return track
    way_m = distances_m(
        track.lon_deg[:-1], track.lat_deg[:-1], track.lon_deg[1:], track.lat_deg[1:]
    )
    seconds = np.diff(track.t_ms) / 1000.0 + CLOCK_S
    too_fast = way_m / seconds / KNOT_M_S > FASTEST_KN
    beyond = np.zeros(len(track), bool)
    beyond[1:-1] = too_fast[:-1] & too_fast[1:]
    return track.take(~beyond) if beyond.any() else track


def of_cable(crossings: Sequence[Array], number: int) -> Array:
    """Crossings of one cable, by its number in the index."""
    rows = np.concatenate([np.empty(0, CROSSING_DTYPE), *crossings])
    ours: Array = rows[rows["cable"] == number]
    return ours


def ships_said(
    rows: Iterable[tuple[int, str, int, bool, int]], type_changes: Iterable[int]
) -> dict[int, Said]:
    """What ships say.

    `rows` hold MMSI, name, type, whether that counts, and time; `type_changes` the ship of every
    type that came to count.
    """
    changes: dict[int, int] = {}
    for mmsi in type_changes:
        changes[mmsi] = changes.get(mmsi, 0) + 1
    return {
        mmsi: Said(name, ship_type, counts and changes.get(mmsi, 0) == 1, t_ms)
        for mmsi, name, ship_type, counts, t_ms in rows
    }
