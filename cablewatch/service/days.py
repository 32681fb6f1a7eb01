"""What happened at a cable, by UTC day."""

from collections import defaultdict
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cablewatch.output.text import Json
from cablewatch.service.folder import StoreFolder
from cablewatch.stores.crossings import read_crossings
from cablewatch.stores.tallies import alerts_raised
from cablewatch.units import DAY_MS

ALWAYS = 1 << 60  # ms; farther off than any time


def cable_days(
    folder: StoreFolder, cable: str, start_ms: int | None, end_ms: int | None
) -> list[Json]:
    """Crossings and alerts of a cable for each day that has any, from start to end, included."""
    span = -ALWAYS if start_ms is None else start_ms, ALWAYS if end_ms is None else end_ms
    crossed = _crossed(folder, cable, span)
    alerts: dict[int, list[Json]] = defaultdict(list)
    for raised in alerts_raised(folder.alerts.database, cable, *span):
        said = {"kind": raised.kind, "severity": raised.severity, "count": raised.alerts}
        alerts[raised.day].append(said)
    return [
        {"day": _date(day), "crossings": crossed.get(day, 0), "alerts": alerts.get(day, [])}
        for day in sorted({*crossed, *alerts})
    ]


def _crossed(folder: StoreFolder, cable: str, span: tuple[int, int]) -> dict[int, int]:
    """Crossings of a cable by day since 1970."""
    rows = read_crossings(folder.path / "crossings.parquet")
    t_ms = rows.filter(pc.equal(rows["cable"], cable))["time"].cast(pa.int64()).to_numpy()
    inside = t_ms[(t_ms >= span[0]) & (t_ms <= span[1])]
    days, counts = np.unique(inside // DAY_MS, return_counts=True)
    return dict(zip(days.tolist(), counts.tolist(), strict=True))


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat()
