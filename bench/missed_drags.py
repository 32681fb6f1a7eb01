"""Why injected drags are missed: which evidence could be computed, and how much it said.

    python bench/missed_drags.py [ROUNDS]

Takes the recorded tracks beside the project (``CABLEWATCH_SHARED``, else ``../shared``), injects
the drags of ``cablewatch evaluate`` (calibrate, seed 0) and stops the engine at every minute of
event time, which changes nothing of what it says. Counts the minutes of target drags by what the
course cycle lacked, and what the two kinds of evidence were worth in the best minute of each drag.
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
from cablewatch.engine import cycle, drag
from cablewatch.engine.episode import BANDS
from cablewatch.engine.fold import Engine
from cablewatch.engine.state import RING
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
FINE, COARSE = ("fine", cycle.FINE_MS), ("coarse", cycle.COARSE_MS)


def window(ship: np.void, name: str, step_ms: int, now_ms: int) -> str:
    """What a window lacks, or what was found in it."""
    grid = ship[name]
    if grid["n"] < RING:
        return "not full: a gap over 60 s in it"
    if now_ms - int(grid["at"]) * step_ms > cycle.BREAK_MS + step_ms:
        return "its end is over 60 s old"
    if not drag.LOW_KN <= ship["minute_kn"] <= drag.HIGH_KN:
        return "speed outside 4-16 kn"
    return "full"


def evidence(ship: np.void, now_ms: int) -> tuple[float, float]:
    """Nats of speed loss and course cycle in the minute that was just evaluated."""
    persisted = now_ms - int(ship["cusum_since_ms"]) >= drag.PERSIST_MS
    a = float(ship["cusum"]) if persisted else 0.0
    b = 0.0
    if ship["cusum"] > 0.0:
        names = ("cycle_deg", "habit_deg", "cycle_period_s", "minute_kn", "length_m", "interval_s")
        b = float(drag.cycle_llr(*(float(ship[name]) for name in names)))
    return a, b


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
        self.windows: dict[str, Counter[str]] = {"fine": Counter(), "coarse": Counter()}
        self.found: Counter[str] = Counter()
        self.best: list[tuple[float, float, float]] = []
        self.loss: dict[float, list[float]] = defaultdict(list)  # most of it, by duration

    def add(self, one: Drag, seen: list[tuple[int, Array]]) -> None:
        """Take the minutes of one drag."""
        best, most = (-math.inf, 0.0, 0.0), 0.0
        for now_ms, ship in seen:
            self.minutes += 1
            for name, step_ms in (FINE, COARSE):
                self.windows[name][window(ship, name, step_ms, now_ms)] += 1
            self.found[self._verdict(ship, now_ms)] += 1
            if not math.isnan(ship["baseline_kn"]):
                a, b = evidence(ship, now_ms)
                best, most = max(best, (a + b, a, b)), max(most, a)
        self.best.append(best)
        self.loss[one.minutes].append(most)

    @staticmethod
    def _verdict(ship: np.void, now_ms: int) -> str:
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
    for window_name, counts in tally.windows.items():
        for what, n in counts.most_common():
            print(f"| window {window_name}: {what} | {100 * n / max(tally.minutes, 1):.1f} % |")
    best = np.array([row for row in tally.best if row[0] > -math.inf]).reshape(-1, 3)
    print(f"\nBest minute of a drag, nats ({NEEDED:.2f} take it to `watch`):\n")
    print("| | p10 | median | p90 | max |\n|---|---|---|---|---|")
    for label, column in zip(("sum", "speed loss", "course cycle"), best.T, strict=True):
        cells = np.quantile(column, [0.1, 0.5, 0.9, 1.0]) if len(column) else [math.nan] * 4
        print(f"| {label} | " + " | ".join(f"{v:.2f}" for v in cells) + " |")
    caps = (drag.CYCLE_CAP_NEW, drag.CYCLE_CAP_WEAK, drag.CYCLE_CAP)
    print("\nShare that would reach `watch` if the course cycle were worth its cap throughout:\n")
    print(f"| drags of | {' | '.join(f'{cap:.2f} nats' for cap in caps)} |\n|---|---|---|---|")
    for length, most in sorted(tally.loss.items()):
        shares = [100 * float(np.mean(np.array(most) + cap >= NEEDED)) for cap in caps]
        print(f"| {length:g} min, {len(most)} | " + " | ".join(f"{s:.0f} %" for s in shares) + " |")


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
