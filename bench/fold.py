"""Cost of order and fold on one core, beside a plain reading of the same evidence in pandas.

    python -m bench fold

Prints medians of five runs in processor time, on a day of the invented Baltic scenario with the
shipped cables; the time that compiling takes in a fresh cache; and the bytes that a ship takes.
The peer only looks for the speed loss: mean speed a minute over the ship's own upper quartile.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import numpy as np
import pandas as pd

from cablewatch.ais import Decoder
from cablewatch.cables.index import build_index
from cablewatch.cables.model import load_cables
from cablewatch.engine.fold import Engine
from cablewatch.engine.state import CANDIDATE_DTYPE, SHIP_BYTES
from cablewatch.fixes import Fixes, Stations
from cablewatch.ordering.order import Order
from cablewatch.scenario import make_scenario
from cablewatch.units import DAY_MS, HOUR_MS
from cablewatch.vessels.statics import Statics

RUNS, BATCH = 5, 200_000


def reported() -> tuple[Fixes, Statics, Stations]:
    """The first day of the scenario as received."""
    stations = Stations()
    decoder, parts = Decoder(stations=stations), []
    for block in make_scenario().nmea():
        parts.append(decoder.feed(block))
        if len(parts[-1].fixes) and parts[-1].fixes.t_ms.min() > parts[0].fixes.t_ms[0] + DAY_MS:
            break
    fixes = Fixes.concat([part.fixes for part in parts])
    statics = Statics.concat([part.statics for part in parts])
    return fixes, replace(statics, after=np.zeros_like(statics.after)), stations


def seconds(work: Callable[[], object]) -> float:
    """Median processor time of the runs after a first one that compiles."""
    work()
    spent = []
    for _ in range(RUNS):
        start = time.thread_time()
        work()
        spent.append(time.thread_time() - start)
    return median(spent)


def ordered_by(order: Order, fixes: Fixes, statics: Statics) -> tuple[Fixes, Statics]:
    out = [order.push(Fixes.empty(), statics)]
    out += [
        order.push(fixes.take(slice(k, k + BATCH)), Statics.empty())
        for k in range(0, len(fixes), BATCH)
    ]
    out.append(order.flush())
    return Fixes.concat([o.fixes for o in out]), Statics.concat([o.statics for o in out])


def plain_speed_loss(fixes: Fixes) -> int:
    """Minutes below 0.9 of the ship's own upper quartile, by pandas over the whole input."""
    table = pd.DataFrame(
        {"mmsi": fixes.mmsi, "minute": fixes.t_ms // 60_000, "sog": fixes.sog_kn.astype(np.float64)}
    )
    speed = table.groupby(["mmsi", "minute"])["sog"].mean()
    own = speed[speed >= 3.0].groupby("mmsi").quantile(0.75)
    ratio = speed / own.reindex(speed.index.get_level_values("mmsi")).to_numpy()
    return int(((ratio > 0.55) & (ratio < 0.9)).sum())


def first_push_s() -> float:
    """Processor time of a first push: it compiles the fold, or loads it."""
    one = Fixes.from_columns(t_ms=[0], mmsi=[219000001], lon_deg=[12.5], lat_deg=[55.5])
    start = time.process_time()
    Engine(build_index([])).push(one, Statics.empty(), HOUR_MS)
    return time.process_time() - start


def compile_s(folder: str) -> float:
    """The same of a new process whose kernels lie in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", "from bench import fold; print(fold.first_push_s())"],
        env={**os.environ, "CABLEWATCH_CACHE_DIR": folder},
        capture_output=True,
        check=True,
    )
    return float(done.stdout)


def main() -> None:
    received, told, stations = reported()
    fixes, statics = ordered_by(Order(stations), received, told)
    index, end_ms = build_index(load_cables()), int(fixes.t_ms[-1]) + 1
    rows = {
        "order": (len(received), seconds(lambda: ordered_by(Order(stations), received, told))),
        "fold, all rules": (
            len(fixes),
            seconds(lambda: Engine(index).push(fixes, statics, end_ms)),
        ),
        "fold, no cables": (
            len(fixes),
            seconds(lambda: Engine(build_index([])).push(fixes, statics, end_ms)),
        ),
        "pandas, speed loss only": (len(fixes), seconds(lambda: plain_speed_loss(fixes))),
    }
    fold_rate = rows["fold, all rules"][0] / rows["fold, all rules"][1]
    print(f"{'':26}{'M fixes/s':>10}{'of the fold':>13}")
    for name, (count, spent_s) in rows.items():
        print(f"{name:26}{count / spent_s / 1e6:10.2f}{count / spent_s / fold_rate:13.2f}")
    with tempfile.TemporaryDirectory() as folder:
        print(f"compiling the fold {compile_s(folder):10.1f} s of processor time")
    print(f"a ship takes {SHIP_BYTES} bytes, a candidate {CANDIDATE_DTYPE.itemsize}")


if __name__ == "__main__":
    main()
