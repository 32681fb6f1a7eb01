"""A Danish day end to end against a bare columnar read of the same columns, side by side.

``python -m bench replay [--rows N] [--rounds N]`` writes a Danish-style CSV of N rows into a
temporary folder and prints the median of: "bare", ``pyarrow.csv.read_csv`` of the columns that the
reader uses; "replay", the whole of a replay over the shipped routes; "stored", the same
with the store written. One round runs each once, so that load on the machine meets all alike.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.archives import bare, write_danish
from cablewatch.cables.model import load_cables
from cablewatch.stores.folder import StoreWriter
from cablewatch.usecases.replay import replay

CABLES = load_cables()


def replayed(path: Path) -> None:
    replay([path], CABLES)


def stored(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        replay([path], CABLES, store=StoreWriter(Path(folder), "bench", "bench"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=2_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    contenders: dict[str, Callable[[Path], object]] = {
        "bare": bare,
        "replay": replayed,
        "stored": stored,
    }
    taken_s: dict[str, list[float]] = {name: [] for name in contenders}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.csv"
        write_danish(path, options.rows)
        for round_ in range(options.rounds + 1):
            for name, run in contenders.items():
                start_s = time.perf_counter()
                run(path)
                if round_:  # the first round compiles and warms the file cache
                    taken_s[name].append(time.perf_counter() - start_s)
    medians = {name: statistics.median(times) for name, times in taken_s.items()}
    print(f"{options.rows:,} rows, median of {options.rounds} rounds")
    for name, median_s in medians.items():
        rate, ratio = options.rows / median_s / 1e6, median_s / medians["bare"]
        print(f"{name:8s} {median_s:7.2f} s  {rate:5.2f} M rows/s  {ratio:.2f} x bare")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process {peak_mb:,.0f} MB, the bare table included")


if __name__ == "__main__":
    main()
