"""Traffic to measure on: an archive, or ships of the scenario, in the order of the fold.

Archives are merged and freed of duplicates first, by the product's own :class:`Order`: a report
that two stations heard is one report, and stays one when a drag is laid into it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cablewatch.batches import Batch
from cablewatch.engine.quality import is_ship_mmsi
from cablewatch.errors import ArchiveError
from cablewatch.evaluation.classes import Kind, kind_of
from cablewatch.evaluation.splits import within
from cablewatch.fixes import Array, Fixes, FixFlag, Stations
from cablewatch.ordering.order import Order
from cablewatch.scenario import make_scenario, yi_peng_3
from cablewatch.units import HOUR_MS
from cablewatch.usecases.read import Recording
from cablewatch.vessels.statics import Statics

UNDER_WAY_KN = 5.0  # DESIGN: injections are laid into ships under way
POSITIONS, CLASS_B = (1, 3, 18), 18  # message types of the scenario's reports
SYNTHETIC = "invented traffic"


@dataclass(frozen=True)
class Ship:
    """One ship of the traffic; `rows` are its fixes by time."""

    mmsi: int
    rows: Array
    kind: Kind
    length_m: float  # 0 not known


@dataclass(frozen=True)
class Traffic:
    """Fixes and static data by time, and the ships that sent them."""

    fixes: Fixes
    statics: Statics
    stations: Stations
    source: str
    ships: dict[int, Ship]

    @classmethod
    def of(cls, recording: Recording) -> "Traffic":
        """Order a recording, in memory.

        Raises
        ------
        ArchiveError
            No fix of it can be used.
        """
        order = Order(recording.stations)
        apart = Batch(recording.fixes, Statics.empty()), Batch(Fixes.empty(), recording.statics)
        first, rest = order.push(*Batch.merged(apart)), order.flush()
        fixes = Fixes.concat([first.fixes, rest.fixes])
        statics = Statics.concat([first.statics, rest.statics])
        if not len(fixes):
            raise ArchiveError(recording.source, "holds no fix", "name archives of ships")
        return cls(fixes, statics, order.heard, recording.source, _ships(fixes, statics))

    def ship_days(self, split: str) -> dict[str, float]:
        """Observed ship-days of a split by class: clock hours with a fix / 24."""
        ours = within(split, self.fixes.t_ms, self.fixes.mmsi) & is_ship_mmsi(self.fixes.mmsi)
        hours = np.unique((self.fixes.t_ms[ours] // HOUR_MS << 30) | self.fixes.mmsi[ours])
        ships, counts = np.unique(hours & ((1 << 30) - 1), return_counts=True)
        days: dict[str, float] = {}
        for mmsi, count in zip(ships.tolist(), counts.tolist(), strict=True):
            name = self.ships[mmsi].kind.name
            days[name] = days.get(name, 0.0) + count / 24.0
        return days


def synthetic(seed: int, ships: int) -> Traffic:
    """Invented ships of the scenario over three days in the Baltic, without Yi Peng 3."""
    scenario = make_scenario(seed, ships)
    stations = Stations()
    reports = scenario.reports[scenario.reports["mmsi"] != yi_peng_3.MMSI]
    rows = reports[np.isin(reports["kind"], POSITIONS)]
    fixes = Fixes.from_columns(
        t_ms=rows["t_s"] * 1000,
        flags=np.where(rows["kind"] == CLASS_B, int(FixFlag.CLASS_B), 0),
        **{name: rows[name] for name in ("mmsi", "lon_deg", "lat_deg", "sog_kn", "cog_deg")},
        **{name: rows[name] for name in ("heading_deg", "nav_status")},
    )
    said = reports[~np.isin(reports["kind"], POSITIONS)]
    vessels = scenario.vessels[said["vessel"]]
    columns = {name: vessels[name] for name in vessels.dtype.names or () if name != "t_ms"}
    statics = Statics.from_columns(t_ms=said["t_s"] * 1000, **columns)
    return Traffic.of(Recording(fixes, statics, stations, source=SYNTHETIC))


def _ships(fixes: Fixes, statics: Statics) -> dict[int, Ship]:
    types = _last_said(statics.mmsi, statics.ship_type)
    lengths = _last_said(statics.mmsi, statics.to_bow_m.astype(float) + statics.to_stern_m)
    ships = {}
    for mmsi, rows in _rows_by_ship(fixes.mmsi):
        sog = fixes.sog_kn[rows]
        moving = sog[sog >= UNDER_WAY_KN]
        quartile_kn = float(np.quantile(moving, 0.75)) if len(moving) else np.nan
        length_m = lengths.get(mmsi, 0.0)
        kind = kind_of(int(types.get(mmsi, 0)), length_m, quartile_kn)
        ships[mmsi] = Ship(mmsi, rows, kind, length_m)
    return ships


def _last_said(mmsi: Array, values: Array) -> dict[int, float]:
    said = values != 0
    return dict(zip(mmsi[said].tolist(), values[said].tolist(), strict=True))


def _rows_by_ship(mmsi: Array) -> Iterator[tuple[int, Array]]:
    order = np.argsort(mmsi, kind="stable")
    ships, starts = np.unique(mmsi[order], return_index=True)
    yield from zip(ships.tolist(), np.split(order, starts[1:]), strict=True)
