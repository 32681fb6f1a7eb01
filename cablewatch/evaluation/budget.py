"""The alarm budget: at which sum of evidence ordinary ships keep within one alarm in so many days.

Of each ordinary ship-day the highest evidence is kept, whether a cable was near or not: above the
highest of all there was no alarm. How the tail goes on cannot be counted; an exponential through
the highest tenth gives the sum at which the wanted rate would be kept, and draws of whole ships how
little that is known.
"""

import math
from typing import Any

import numpy as np

from cablewatch.alerts.model import SEVERITIES
from cablewatch.engine import drag
from cablewatch.engine.episode import BANDS
from cablewatch.evaluation.metrics import bootstrap_interval, poisson_interval
from cablewatch.evaluation.minutes import Minute
from cablewatch.fixes import Array
from cablewatch.units import DAY_MS

WANTED = 1.0 / 1000.0  # alarms an observed ship-day; DESIGN section 6
TAIL = 0.1  # share of ship-days that the exponential is laid through; assumed


class Highest:
    """Highest evidence of each ship and day."""

    def __init__(self) -> None:
        self.best: dict[tuple[int, int], float] = {}

    def add(self, minute: Minute) -> None:
        """Take a minute of an ordinary ship."""
        if minute.told:
            key = int(minute.ship["mmsi"]), (minute.now_ms - 1) // DAY_MS
            self.best[key] = max(self.best.get(key, -math.inf), minute.evidence)


def budget(highest: Highest, ship_days: float, seed: int) -> dict[str, Any]:
    """Bands in use with the ordinary ship-days that reach them, and the sum the budget asks for."""
    values = np.array(list(highest.best.values()))
    ships = [mmsi for mmsi, _ in highest.best]
    share = len(values) / ship_days if ship_days > 0.0 else math.nan
    bands = []
    for name, log_odds in zip(SEVERITIES, BANDS, strict=False):
        needed = log_odds - drag.PRIOR
        count = int((values >= needed).sum())
        low, high = (1000.0 * bound / ship_days for bound in poisson_interval(count))
        per_1000 = 1000.0 * count / ship_days
        bands.append(
            {"band": name, "nats": needed, "count": count, "per_1000": per_1000}
            | {"poisson": (low, high)}
        )
    return {
        "ship_days": ship_days,
        "wanted_per_1000": 1000.0 * WANTED,
        "bands": bands,
        "highest": np.sort(values)[::-1][:5].tolist(),
        "nats": threshold(values, share),
        "bootstrap": bootstrap_interval(
            ships, values.tolist(), seed, lambda drawn: threshold(drawn, share)
        ),
        "days_without_one": poisson_interval(0)[1] / WANTED,
    }


def threshold(values: Array, share: float) -> float:
    """Sum of evidence that one in 1 / `WANTED` ship-days exceeds; NaN of fewer than 30 values.

    `values` are the highest of each ship and day, `share` of them a whole observed ship-day.

    >>> rng = np.random.default_rng(1)
    >>> abs(threshold(rng.exponential(1.0, 100_000), 1.0) - math.log(1000.0)) < 0.1
    True
    """
    count = int(TAIL * len(values))
    if count < 3:
        return math.nan
    top = np.sort(values)[::-1][: count + 1]
    scale = float((top[:-1] - top[-1]).mean())
    return float(top[-1]) + scale * math.log(count / len(values) * share / WANTED)
