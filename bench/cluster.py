"""A replay on Spark beside one process, side by side: ``python -m bench cluster``.

``[--rows N] [--files N] [--shards N ...] [--rounds N] [--only NAME ...]``: the made-up Danish day
cut into files of one span each, that are read in parallel. Every run is a process of its own that
takes a small day first: how long that takes from the start of the process is the start-up; then the
day, timed. Processor time is what the whole machine was busy meanwhile, Java and all: nothing else
may run. Spark gets as many shards as it runs tasks at once, unless numbers are given.

``--stages``: instead, processor time of each stage on its own, in this process: what one core does.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import islice
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any

from bench.danish_day import write_danish
from cablewatch.archives import Opened
from cablewatch.archives.chosen import Progress
from cablewatch.cables.index import CableIndex
from cablewatch.cables.model import load_cables
from cablewatch.cluster import tasks
from cablewatch.cluster.driver import Told, paths_of, taken
from cablewatch.cluster.packing import packed
from cablewatch.cluster.session import session
from cablewatch.cluster.spark import Spark
from cablewatch.pipeline import Pipeline, Step
from cablewatch.shards import Fold, restored
from cablewatch.stores.folder import StoreWriter
from cablewatch.units import NEVER_MS
from cablewatch.usecases.replay import replay

CONTENDERS = {  # name: workers of one machine or master of Spark
    "in process": "1",
    "2 workers": "2",
    "local[1]": "local[1]",
    "local[2]": "local[2]",
    "2 executors": "local-cluster[2,1,2048]",
}
SMALL_ROWS = 20_000


def write_files(folder: Path, rows: int, files: int) -> None:
    """Write a day as so many files, each of a stretch of it."""
    day = folder / "day.csv"
    write_danish(day, rows)
    with day.open() as file:
        header = next(file)
        for k in range(files):
            with (folder / f"part-{k:03}.csv").open("w") as part:
                part.write(header)
                part.writelines(islice(file, -(-rows // files)))
    day.unlink()


def run(name: str, shards: int, small: Path, day: Path) -> None:
    """Body of a run: print its start-up and the time that the day took, and what came of it."""
    begun_s = time.time()
    how = CONTENDERS[name]
    os.environ.setdefault("SPARK_EXECUTOR_MEMORY", "2g")
    with ExitStack() as stack:
        spark = None
        if how.startswith("local"):
            spark = Spark(stack.enter_context(session(how)), shards or None)
        workers = 1 if spark else int(how)

        def once(folder: Path) -> int:
            done = replay([folder], load_cables(), workers=workers, cluster=spark)
            return done.fixes

        once(small)
        ready_s, before_s = time.time(), busy_s()
        fixes = once(day)
        taken_s, spent_s = time.time() - ready_s, busy_s() - before_s
        print(json.dumps([ready_s - begun_s, taken_s, spent_s, fixes]))


def busy_s() -> float:
    """Processor time of the whole machine since it was started, s."""
    ticks = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _, _, irq, softirq = map(int, ticks[:7])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


class Stages:
    """The tasks one after another in this process, and the processor time of each, s."""

    def __init__(self, shards: int) -> None:
        self._shards, self._told = shards, Told()
        self.spent_s: dict[str, float] = {}
        self.bytes = 0

    def fold(self, index: CableIndex, snapshots: Sequence[bytes]) -> Fold:
        """The fold of the pipeline to come."""
        self._index = index
        self._begun = [
            (k, tasks.BEGIN, engine.snapshot())
            for k, engine in enumerate(restored(snapshots, index, self._shards))
        ]
        return self._told

    def steps(
        self, source: Opened, pipeline: Pipeline, ends: bool, progress: Progress
    ) -> Generator[Step]:
        """Steps of the pipeline; the time of the last stage holds that of the store."""
        paths = paths_of(source.archives)
        read = self._timed("read", tasks.read(paths, source.archives[0].options))
        read.append((tasks.BEGIN, NEVER_MS - 1, 0, packed((pipeline.order, pipeline.vessels))))
        read.sort(key=itemgetter(1, 0, 2))
        how = tasks.Ordering(source.starts_ms, self._shards, ends)
        dealt = self._timed("order", tasks.order(read, how))
        self.bytes = sum(len(row[-1]) for row in dealt)
        shards = sorted([*dealt, *self._begun], key=itemgetter(0, 1))
        ours = [row for row in shards if row[0] == self._shards]
        shards = shards[: -len(ours)]
        cast = self._timed("tally", tasks.tally(shards, self._index))
        tallies = tasks.summed(body for _, body in cast)
        said = self._timed("fold", tasks.fold(shards, self._index, tallies, not ends))
        rows = sorted([*said, *ours], key=itemgetter(1, 0))
        begun_s = time.process_time()
        yield from taken(rows, ours[-1][1], self._told, source, pipeline, ends, progress)
        self.spent_s["driver"] = time.process_time() - begun_s

    def _timed(self, name: str, rows: Iterable[Any]) -> list[Any]:
        begun_s = time.process_time()
        found = list(rows)
        self.spent_s[name] = time.process_time() - begun_s
        return found


def print_stages(rows: int, files: int, shards: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        small, day = Path(folder) / "small", Path(folder) / "day"
        for place, n in ((small, SMALL_ROWS), (day, rows)):
            place.mkdir()
            write_files(place, n, files)
        for place in (small, day):
            stages = Stages(shards)
            writer = StoreWriter(place.with_suffix(".store"), "bench", "bench")
            done = replay([place], load_cables(), cluster=stages, store=writer)
        begun_s = time.process_time()
        replay([day], load_cables())
        whole_s = time.process_time() - begun_s
    print(f"{rows:,} rows in {files} files, {done.fixes:,} fixes, {shards} shards, processor time")
    for name, spent_s in {**stages.spent_s, "in process": whole_s}.items():
        print(f"{name:12}{spent_s:8.2f} s{rows / spent_s / 1e6:8.2f} M rows/s")
    print(f"moved {stages.bytes / done.fixes:.0f} bytes a fix")


def measured(name: str, shards: int, small: Path, day: Path) -> tuple[float, float, float, int]:
    call = [sys.executable, "-m", "bench.cluster", name, str(shards), str(small), str(day)]
    done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True)
    start_s, taken_s, spent_s, fixes = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {taken_s:.1f} s", file=sys.stderr)
    return start_s, taken_s, spent_s, fixes


def compare(rows: int, files: int, shards: Sequence[int], rounds: int, only: Sequence[str]) -> None:
    names = [name for name in CONTENDERS if name in only or not only]
    if find_spec("pyspark") is None:
        names = [name for name in names if not CONTENDERS[name].startswith("local")]
        print("PySpark is not installed: without it")
    ways = [
        (name, n)
        for name in names
        for n in (shards if CONTENDERS[name].startswith("local") else (0,))
    ]
    with tempfile.TemporaryDirectory() as folder:
        small, day = Path(folder) / "small", Path(folder) / "day"
        for place, n in ((small, SMALL_ROWS), (day, rows)):
            place.mkdir()
            write_files(place, n, files)
        runs = [[measured(*way, small, day) for way in ways] for _ in range(rounds)]
    print(f"{rows:,} rows in {files} files, medians of {rounds} rounds")
    print(
        f"{'':24}{'start-up s':>12}{'s':>10}{'M rows/s':>10}{'processor s':>13}{'in process':>12}"
    )
    first = None
    for (name, n), *own in zip(ways, *runs, strict=True):
        start_s, taken_s, spent_s = (median(column) for column in list(zip(*own, strict=True))[:3])
        first = first or spent_s
        label = f"{name}, {n} shards" if n else name
        print(
            f"{label:24}{start_s:12.1f}{taken_s:10.1f}{rows / taken_s / 1e6:10.3f}"
            f"{spent_s:13.1f}{spent_s / first:10.2f} x"
        )
    assert len({fixes for round_ in runs for *_, fixes in round_}) == 1


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=2_000_000)
    arguments.add_argument("--files", type=int, default=4)
    arguments.add_argument("--shards", type=int, nargs="+", default=[0])
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--only", nargs="+", default=[], choices=list(CONTENDERS))
    arguments.add_argument("--stages", action="store_true")
    said = arguments.parse_args()
    if said.stages:
        print_stages(said.rows, said.files, said.shards[0] or 2)
        return
    compare(said.rows, said.files, said.shards, said.rounds, said.only)


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
