"""Outcomes to figures: recall and time to detect as surfaces, alarms, calibration.

The result is plain data, as it is written to JSON; what cannot be said is None.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from cablewatch.engine import drag as drag_rule
from cablewatch.engine.fold import RULES
from cablewatch.evaluation import metrics
from cablewatch.evaluation.classes import CLASSES
from cablewatch.evaluation.injections import Drag
from cablewatch.evaluation.splits import within
from cablewatch.evaluation.traffic import Traffic
from cablewatch.evaluation.trials import KIND, Outcome, Raised, Run, Sighting, raised
from cablewatch.units import DAY_MS, HOUR_MS

Figures = dict[str, Any]

TARGET_RATIO, TARGET_DEG, TARGET_MIN = 0.8, 3.0, 30.0
"""Drags that are to be found: at most this ratio, at least this deviation and duration."""

TARGETS = {"recall": 0.9, "alerts_per_1000_ship_days": 1.0, "median_min": 25.0}
SLOW_DOWNS_PER_SHIP_DAY = 0.486  # 0.45-0.85 of own speed for 30 min; counted, DESIGN section 4
BINS = (0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)  # of the stated probability


def is_target_drag(drag: Drag) -> bool:
    """Whether a drag is one of those that are to be found."""
    return (
        drag.speed_ratio <= TARGET_RATIO
        and drag.deviation_deg >= TARGET_DEG
        and drag.minutes >= TARGET_MIN
    )


def is_target(outcome: Outcome) -> bool:
    """Whether an outcome is that of a drag that is to be found."""
    return is_target_drag(outcome.drag)


def is_drag(outcome: Outcome) -> bool:
    """Whether anything was injected: a lower speed or a cycle."""
    return outcome.drag.speed_ratio < 1.0 or outcome.drag.deviation_deg > 0.0


def figures(traffic: Traffic, found: Run, split: str, seed: int) -> Figures:
    """All figures of a run."""
    outcomes = found.outcomes
    target = [o for o in outcomes if is_target(o)]
    days = traffic.ship_days(split)
    clean = _of_split(found.clean, split)
    episodes = _of_split(raised(found.episodes), split)
    told: Figures = {
        "targets": TARGETS,
        "ship_days": sum(days.values()),
        "ship_days_by_class": {name: days[name] for name in CLASSES if name in days},
        "ships_classed_by": _told_by(traffic),
        "target": recall(target, seed),
        "target_by_interval": _by(target, lambda o: o.drag.interval_s, seed),
        "target_by_class": _by(target, lambda o: o.kind, seed),
        "target_by_stop": _by(target, lambda o: o.drag.stop_min > 0, seed),
        "nothing_injected": recall([o for o in outcomes if not is_drag(o)], seed),
        "by_chance": sum(o.chance for o in outcomes),
        "surfaces": {name: _surface(outcomes, *axes, seed) for name, axes in SURFACES.items()},
        "alarms": _alarms(traffic, clean, days),
        "drag_episodes": rate(len(episodes), sum(days.values())),
        "lead_h": _lead(outcomes),
        "pr_auc": _pr(traffic, target, found.episodes, split),
        "calibration": _calibration(outcomes, found.episodes, split, sum(days.values())),
    }
    written: Figures = as_json(told)
    return written


def recall(outcomes: Sequence[Outcome], seed: int) -> Figures:
    """Recall with intervals, and the time to detect of those found."""
    hits = [o.detected_ms is not None for o in outcomes]
    minutes = np.array([o.minutes for o in outcomes if o.detected_ms is not None])
    ships = [o.drag.mmsi for o in outcomes]
    found = [ship for ship, hit in zip(ships, hits, strict=True) if hit]
    return {
        "drags": len(hits),
        "ships": len(set(ships)),
        "found": sum(hits),
        "recall": sum(hits) / len(hits) if hits else math.nan,
        "wilson": metrics.wilson_interval(sum(hits), len(hits)),
        "bootstrap": metrics.bootstrap_interval(ships, hits, seed),
        "median_min": float(np.median(minutes)) if len(minutes) else math.nan,
        "median_min_bootstrap": metrics.bootstrap_interval(
            found, minutes.tolist(), seed, lambda values: float(np.median(values))
        ),
        "quartiles_min": np.quantile(minutes, [0.25, 0.75]).tolist() if len(minutes) else None,
    }


Key = Callable[[Outcome], Any]


def _ratio(o: Outcome) -> float:
    return o.drag.speed_ratio


def _deviation(o: Outcome) -> float:
    return o.drag.deviation_deg


def _minutes(o: Outcome) -> float:
    return o.drag.minutes


def _interval(o: Outcome) -> float:
    return o.drag.interval_s


SURFACES: dict[str, tuple[Key, Key, Callable[[Outcome], bool]]] = {
    "speed_ratio x deviation_deg": (_ratio, _deviation, lambda o: _minutes(o) >= TARGET_MIN),
    "speed_ratio x minutes": (_ratio, _minutes, lambda o: _deviation(o) >= TARGET_DEG),
    "deviation_deg x interval_s": (
        _deviation,
        _interval,
        lambda o: _ratio(o) <= TARGET_RATIO and _minutes(o) >= TARGET_MIN,
    ),
    "minutes x interval_s": (
        _minutes,
        _interval,
        lambda o: _ratio(o) <= TARGET_RATIO and _deviation(o) >= TARGET_DEG,
    ),
}
"""Name, `rows x columns`: what the rows and columns are, and which drags are shown."""


def _surface(
    outcomes: Sequence[Outcome],
    row: Key,
    column: Key,
    shown: Callable[[Outcome], bool],
    seed: int,
) -> Figures:
    kept = [o for o in outcomes if shown(o)]
    rows, columns = sorted({row(o) for o in kept}), sorted({column(o) for o in kept})
    cells = [
        [recall([o for o in kept if row(o) == r and column(o) == c], seed) for c in columns]
        for r in rows
    ]
    return {"rows": rows, "columns": columns, "cells": cells}


def _by(outcomes: Sequence[Outcome], key: Key, seed: int) -> list[Figures]:
    values = sorted({key(o) for o in outcomes})
    return [{"is": v, **recall([o for o in outcomes if key(o) == v], seed)} for v in values]


def rate(count: int, ship_days: float) -> Figures:
    """Count with its rate per 1,000 observed ship-days and the exact interval of that."""
    low, high = metrics.poisson_interval(count)
    scale = 1000.0 / ship_days if ship_days > 0 else math.nan
    return {
        "count": count,
        "ship_days": ship_days,
        "per_1000": count * scale,
        "poisson": (low * scale, high * scale),
    }


def _of_split(alerts: Iterable[Raised], split: str) -> list[Raised]:
    rows = list(alerts)
    times = np.array([a.t_ms for a in rows], np.int64)
    ours = within(split, times, np.array([a.mmsi for a in rows], np.int64))
    return [alert for alert, mine in zip(rows, ours.tolist(), strict=True) if mine]


def _alarms(traffic: Traffic, clean: Sequence[Raised], days: dict[str, float]) -> list[Figures]:
    """Alerts of `watch` or higher by kind, in all and by class."""
    rows = []
    for kind in (rule.KIND for rule in RULES.values()):
        of_kind = [traffic.ships[a.mmsi].kind.name for a in clean if a.kind == kind]
        by_class = {c: rate(of_kind.count(c), days[c]) for c in CLASSES if c in days}
        all_classes = rate(len(of_kind), sum(days.values()))
        rows.append({"kind": kind, "all": all_classes, "by_class": by_class})
    return rows


def _told_by(traffic: Traffic) -> dict[str, int]:
    told = [ship.kind.told_by for ship in traffic.ships.values()]
    return {by: told.count(by) for by in ("type", "length", "speed", "nothing")}


def _lead(outcomes: Sequence[Outcome]) -> Figures:
    """Hours from the detection of a drag to the ship's next crossing of a given cable."""
    found = [o for o in outcomes if o.detected_ms is not None and is_drag(o)]
    hours = [(o.next_ms - (o.detected_ms or 0)) / HOUR_MS for o in found if o.next_ms is not None]
    quartiles = np.quantile(hours, [0.25, 0.5, 0.75]).tolist() if hours else None
    return {"found": len(found), "with_a_crossing_after": len(hours), "quartiles": quartiles}


def _pr(
    traffic: Traffic, target: Sequence[Outcome], plain: Sequence[Sighting], split: str
) -> Figures:
    """Target drags against ship-days as recorded, each by the highest probability told of it."""
    fixes = traffic.fixes
    ours = within(split, fixes.t_ms, fixes.mmsi)
    keys = np.unique((fixes.t_ms[ours] // DAY_MS << 30) | fixes.mmsi[ours])
    best = dict.fromkeys(keys.tolist(), 0.0)
    for seen in plain:
        key = (seen.t_ms // DAY_MS << 30) | seen.mmsi
        if key in best:
            best[key] = max(best[key], seen.probability)
    scores = np.array([o.probability for o in target] + list(best.values()))
    positive = np.arange(len(scores)) < len(target)
    curve = metrics.precision_recall(scores, positive)
    return {
        "average_precision": metrics.average_precision(scores, positive),
        "drags": len(target),
        "ship_days": len(best),
        "share_of_drags": len(target) / len(scores) if len(scores) else math.nan,
        "curve": [column.tolist() for column in curve],
    }


def _calibration(
    outcomes: Sequence[Outcome], plain: Sequence[Sighting], split: str, ship_days: float
) -> Figures:
    """Stated probability of drag alerts against the share that is true at the stated prior."""
    base = math.exp(drag_rule.PRIOR) * SLOW_DOWNS_PER_SHIP_DAY
    best: dict[str, Sighting] = {}
    for seen in plain:
        if seen.id not in best or seen.probability > best[seen.id].probability:
            best[seen.id] = seen
    times = [Raised(s.kind, s.mmsi, s.t_ms, s.probability) for s in best.values()]
    false = [alert.probability for alert in _of_split(times, split)]
    true = [o.probability for o in outcomes if is_drag(o)]
    rows = [_bin(low, high, true, false, ship_days, base) for low, high in pairwise(BINS)]
    return {"drags_per_ship_day": base, "kind": KIND, "bins": rows}


def _bin(
    low: float, high: float, true: list[float], false: list[float], ship_days: float, base: float
) -> Figures:
    """Alerts whose probability lies in a bin, true ones a drag and false ones a ship-day."""
    told = [[p for p in column if low <= p < high] for column in (true, false)]
    hits, misses = map(len, told)
    days = ship_days or math.nan
    per_drag = metrics.wilson_interval(hits, len(true))
    per_day = [bound / days for bound in metrics.poisson_interval(misses)]
    return {
        "from": low,
        "to": high,
        "true": hits,
        "false": misses,
        "stated": float(np.mean(told[0] + told[1])) if hits + misses else math.nan,
        "observed": metrics.posterior(hits / max(len(true), 1), misses / days, base),
        "interval": (
            metrics.posterior(per_drag[0], per_day[1], base),
            metrics.posterior(per_drag[1], per_day[0], base),
        ),
    }


def as_json(value: Any) -> Any:
    """The same for JSON: six digits, None for what is not finite."""
    if isinstance(value, dict):
        return {str(name): as_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(part) for part in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
