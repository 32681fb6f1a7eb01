"""What of an archive is asked for: time, place, ships.

The rows are chosen in one place (:meth:`Selection.of`), whatever the format. Readers may leave out
whole files and row groups before, where :meth:`Selection.may_hold` says that nothing is in them.
"""

from dataclasses import dataclass

import numpy as np

from cablewatch.batches import Batch
from cablewatch.fixes import Array


@dataclass(frozen=True)
class Selection:
    """What to read; None takes all, no ships nothing. Static data is never cut by time or place."""

    start_ms: int | None = None
    end_ms: int | None = None  # exclusive
    bbox: tuple[float, float, float, float] | None = None  # west, south, east, north; west > east
    mmsi: frozenset[int] | None = None  # crosses the antimeridian

    def decisive(self) -> dict[str, object]:
        """What of the selection decides an alert: ships, not the span of a longer run."""
        nothing = self.mmsi is not None and not self.mmsi
        return {"bbox": self.bbox, "mmsi": None if nothing else sorted(self.mmsi or ())}

    def may_hold(self, first_ms: int | None, last_ms: int | None) -> bool:
        """Whether anything from `first_ms` to `last_ms` (None is "not known") can be asked for."""
        too_old = self.start_ms is not None and last_ms is not None and last_ms < self.start_ms
        too_new = self.end_ms is not None and first_ms is not None and first_ms >= self.end_ms
        return not too_old and not too_new

    def of(self, batch: Batch) -> Batch:
        """The rows asked for."""
        fixes, said = batch.fixes, np.ones(len(batch.statics), bool)
        keep = self._timed(fixes.t_ms)
        if self.bbox is not None:
            keep &= within(self.bbox, fixes.lon_deg, fixes.lat_deg)
        if self.mmsi is not None:
            wanted = np.array(sorted(self.mmsi), np.int64)
            keep &= np.isin(fixes.mmsi, wanted)
            said = np.isin(batch.statics.mmsi, wanted)
        return batch.select(keep, said)

    def _timed(self, t_ms: Array) -> Array:
        keep = np.ones(len(t_ms), bool)
        if self.start_ms is not None:
            keep &= t_ms >= self.start_ms
        if self.end_ms is not None:
            keep &= t_ms < self.end_ms
        return keep


EVERYTHING = Selection()


def within(bbox: tuple[float, float, float, float], lon_deg: Array, lat_deg: Array) -> Array:
    """Mask of positions inside west, south, east, north, the edges included."""
    west, south, east, north = bbox
    inside: Array = (lat_deg >= south) & (lat_deg <= north)
    if east - west < 360.0:
        inside &= (lon_deg - west) % 360.0 <= (east - west) % 360.0
    return inside
