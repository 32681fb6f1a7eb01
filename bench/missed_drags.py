"""Why injected drags are missed: which evidence could be computed, and how much it said.

    python bench/missed_drags.py [ROUNDS]

Takes the recorded tracks beside the project (``CABLEWATCH_SHARED``, else ``../shared``), injects
the drags of ``cablewatch evaluate`` (calibrate, seed 0) and stops the engine at every minute of
event time, which changes nothing of what it says. Counts the minutes of target drags by what was
lacking, and what each kind of evidence was worth in the best minute of each drag.
"""

import math
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cablewatch.archives import ReadOptions
from cablewatch.cables.index import build_index
from cablewatch.cables.model import load_cables
from cablewatch.engine import drag
from cablewatch.engine.episode import BANDS
from cablewatch.engine.fold import Engine
from cablewatch.evaluation.injections import Drag
from cablewatch.evaluation.lattice import lattice
from cablewatch.evaluation.plan import FULL, plan
from cablewatch.evaluation.traffic import Traffic
from cablewatch.evaluation.trials import with_drags
from cablewatch.fixes import Array
from cablewatch.units import MINUTE_MS
from cablewatch.usecases.read import read_files
from cablewatch.vessels import Vessels

TRACKS = "tracks/santa_barbara_2018-06-01_04_class_a.parquet"
TEST_CABLES = "tracks/test_cables.geojson"
NEEDED = BANDS[1] - drag.PRIOR  # nats of evidence that `watch` takes


def minutes(traffic: Traffic, drags: Sequence[Drag]) -> dict[int, list[tuple[int, Array]]]:
    """Records of the injected ships at the end of each minute of their drags."""
    fixes, _ = with_drags(traffic, drags)
    cables = [*load_cables(shared() / TEST_CABLES), lattice(traffic.fixes)]
    engine, vessels = Engine(build_index(cables)), Vessels()
    by_ship = {d.mmsi: d for d in drags}
    seen: dict[int, list[tuple[int, Array]]] = defaultdict(list)
    first_ms = int(fixes.t_ms[0]) // MINUTE_MS * MINUTE_MS
    ends = np.arange(first_ms + MINUTE_MS, int(fixes.t_ms[-1]) + MINUTE_MS, MINUTE_MS)
    cuts = np.searchsorted(fixes.t_ms, ends)
    said = np.searchsorted(traffic.statics.t_ms, ends)
    done = told = 0
    for end_ms, cut, until in zip(ends.tolist(), cuts.tolist(), said.tolist(), strict=True):
        confirmed = vessels.update(traffic.statics.take(slice(told, until)))
        engine.push(fixes.take(slice(done, cut)), confirmed, end_ms)
        done, told = cut, until
        under_way = [d for d in by_ship.values() if d.start_ms < end_ms <= d.end_ms]
        for one in under_way:
            for ship in engine.state.ships[engine.state.ships["mmsi"] == one.mmsi]:
                seen[one.mmsi].append((end_ms, ship.copy()))
    return seen


def shared() -> Path:
    """Folder of recordings."""
    default = Path(__file__).resolve().parents[2] / "shared"
    return Path(os.environ.get("CABLEWATCH_SHARED", default)) / "data"


def is_target(one: Drag) -> bool:
    return one.speed_ratio <= 0.8 and one.deviation_deg >= 3.0 and one.minutes >= 30.0


class Tally:
    """What the minutes and drags of one report interval lacked."""

    def __init__(self) -> None:
        self.minutes = 0
        self.found: Counter[str] = Counter()
        self.best: list[tuple[float, ...]] = []  # of each drag: sum and parts

    def add(self, one: Drag, seen: list[tuple[int, Array]]) -> None:
        """Take the minutes of one drag."""
        best: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
        for now_ms, ship in seen:
            self.minutes += 1
            self.found[self._verdict(ship)] += 1
            if not math.isnan(ship["baseline_kn"]):
                parts = drag.evidence(ship, now_ms)
                best = max(best, (sum(parts), *parts))
        self.best.append(best)

    @staticmethod
    def _verdict(ship: np.void) -> str:
        if math.isnan(ship["baseline_kn"]):
            return "no own baseline"
        if ship["cusum"] < drag.SUSPECT:
            return "speed loss below 0.5 nats: searched every ten minutes"
        if math.isnan(ship["cycle_deg"]):
            return "suspected, cycle not computable"
        if ship["cycle_deg"] < drag.CYCLE_NONE_DEG:
            return "suspected, cycle computed, below 1 degree after habit"
        if math.isnan(ship["habit_deg"]):
            return "suspected, cycle of 1 degree or more, own habit not known"
        return "suspected, cycle of 1 degree or more, habit known"


def show(name: str, tally: Tally) -> None:
    """Print one table."""
    print(f"\n{name}: {len(tally.best)} drags, {tally.minutes} minutes\n")
    print("| minutes | share |\n|---|---|")
    for what, n in tally.found.most_common():
        print(f"| {what} | {100 * n / max(tally.minutes, 1):.1f} % |")
    best = np.array(tally.best).reshape(-1, 4)
    print(f"\nBest minute of a drag, nats ({NEEDED:.2f} take it to `watch`):\n")
    print("| | p10 | median | p90 | max |\n|---|---|---|---|---|")
    labels = ("sum", "speed loss", "course cycle", "cycle held")
    for label, column in zip(labels, best.T, strict=True):
        cells = np.quantile(column, [0.1, 0.5, 0.9, 1.0]) if len(column) else [math.nan] * 4
        print(f"| {label} | " + " | ".join(f"{v:.2f}" for v in cells) + " |")


def main() -> None:
    folder = shared()
    if not folder.is_dir():
        print(f"recordings are absent: {folder} (set CABLEWATCH_SHARED)")
        return
    traffic = Traffic.of(read_files([folder / TRACKS], ReadOptions()))
    rounds = plan(traffic, "calibrate", FULL, 0)
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    tallies: dict[float, Tally] = defaultdict(Tally)
    for drags in rounds[:wanted]:
        targets = [one for one in drags if is_target(one)]
        seen = minutes(traffic, drags)
        for one in targets:
            tallies[one.interval_s].add(one, seen[one.mmsi])
    for interval_s, tally in sorted(tallies.items()):
        show(f"Reports {f'every {interval_s:g} s' if interval_s else 'as recorded'}", tally)


if __name__ == "__main__":
    main()
