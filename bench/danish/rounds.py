"""Rounds over the made-up Danish day: how long each contender takes, and its own peak of memory.

A bench hands over its ``CONTENDERS``: functions by name that take the file. Every run is a process
of its own (this module, run), which takes a small day first, so that all is loaded and compiled,
and then the file, timed. One round runs each contender once, so that load on the machine meets all
alike. Memory is the resident peak of the process (VmHWM of Linux), imports included.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median

from bench.danish_day import write_danish

SMALL_ROWS = 20_000
GROWTH = (0.1, 0.3, 1.0)  # of the rows


@dataclass(frozen=True)
class Run:
    """One run of a contender."""

    taken_s: float
    peak_mb: float


def main(module: str, about: str | None) -> None:
    """Run the bench of that module with the arguments given, and print its tables."""
    arguments = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=2_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--growth", action="store_true", help="also with a tenth, and with 0.3")
    options = arguments.parse_args()
    sizes = [round(options.rows * share) for share in (GROWTH if options.growth else (1.0,))]
    found = {rows: measured(module, rows, options.rounds) for rows in sizes}
    if options.growth:
        print_growth(found)


def measured(module: str, rows: int, rounds: int) -> dict[str, list[Run]]:
    """Runs of all contenders on a day of so many rows; their medians are printed."""
    names = list(import_module(module).CONTENDERS)
    runs: dict[str, list[Run]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        small, day = Path(folder) / "small.csv", Path(folder) / "day.csv"
        write_danish(small, SMALL_ROWS)
        write_danish(day, rows)
        for _ in range(rounds):
            for name in names:
                runs[name].append(_run(module, name, small, day))
        size_mb = day.stat().st_size / 1e6
    print(f"{rows:,} rows, {size_mb:,.0f} MB, medians of {rounds} rounds")
    bare_s = median(run.taken_s for run in runs[names[0]])
    for name, own in runs.items():
        taken_s, peak_mb = median(r.taken_s for r in own), median(r.peak_mb for r in own)
        print(
            f"{name:8s} {taken_s:7.2f} s  {rows / taken_s / 1e6:5.2f} M rows/s"
            f"  {taken_s / bare_s:5.2f} x {names[0]}  peak {peak_mb:6,.0f} MB",
            flush=True,
        )
    return runs


def print_growth(found: Mapping[int, Mapping[str, list[Run]]]) -> None:
    """Print time for each million rows, and peaks, of every contender by rows."""
    print("growth    " + "".join(f"{rows:>22,} rows" for rows in found))
    for name in next(iter(found.values())):
        cells = [
            f"{1e6 * median(r.taken_s for r in runs[name]) / rows:9.2f} s a million"
            f"{median(r.peak_mb for r in runs[name]):6,.0f}MB"
            for rows, runs in found.items()
        ]
        print(f"{name:8s}" + "".join(cells))


def _run(module: str, name: str, small: Path, day: Path) -> Run:
    call = [sys.executable, "-m", "bench.danish.rounds", module, name, str(small), str(day)]
    return Run(*json.loads(subprocess.run(call, check=True, capture_output=True).stdout))


def _child(module: str, name: str, small: str, day: str) -> None:
    work = import_module(module).CONTENDERS[name]
    work(Path(small))
    start_s = time.perf_counter()
    work(Path(day))
    taken_s = time.perf_counter() - start_s
    status = Path("/proc/self/status").read_text()
    peak_kb = int(status.partition("VmHWM:")[2].split()[0])
    print(json.dumps([taken_s, peak_kb / 1e3]))


if __name__ == "__main__":
    _child(*sys.argv[1:])
