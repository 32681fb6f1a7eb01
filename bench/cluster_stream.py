"""A stream on Spark, batch by batch: ``python -m bench cluster_stream``.

``[--rows N] [--files N] [--master MASTER] [--shards N]``: the made-up Danish day, cut into files of
which each is a micro-batch. The first holds the start of all workers and of their kernels; of those
behind it the medians are printed, and what a state costs: its bytes, and the processor time that a
snapshot and going on from it take.
"""

import argparse
import tempfile
import time
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from statistics import median
from threading import Event

from bench.cluster import write_files
from cablewatch.archives import ReadOptions
from cablewatch.cables.model import load_cables
from cablewatch.cluster import folder_input, operators, tasks
from cablewatch.cluster.operators import Begun, Files
from cablewatch.cluster.packing import packed, unpacked
from cablewatch.cluster.session import session
from cablewatch.cluster.streaming import Stream
from cablewatch.cluster.taker import FILE, Taker
from cablewatch.engine.fold import Engine
from cablewatch.ordering.order import ARCHIVE_LATENESS_MS
from cablewatch.stores.folder import StoreWriter


class Timed(Taker):
    """A taker that notes when it had taken each micro-batch, and what was in it."""

    def take(self, query: str, batch: int, rows: Iterable[tasks.Dealt], last: int) -> None:
        """Take a micro-batch, and print the time of it."""
        before, begun_s = self.figures.fixes, time.monotonic()
        super().take(query, batch, rows, last)
        self.taken = [*getattr(self, "taken", []), (time.monotonic(), self.figures.fixes - before)]
        print(f"batch {batch}: driver {time.monotonic() - begun_s:.1f} s", flush=True)


def taker(folder: Path, shards: int) -> Timed:
    store = StoreWriter.of_sources(folder / "store", ["bench"])
    said = {"source": "bench", "shards": shards}
    return Timed(load_cables(), store, lateness_ms=ARCHIVE_LATENESS_MS, **said)  # type: ignore[arg-type]


def states(folder: Path) -> None:
    """Print what the states of one file cost, without Spark."""
    begun = Begun(Files, ARCHIVE_LATENESS_MS, 1)
    with taker(folder, 1) as one:
        first = min((folder / "day").iterdir())
        rows = list(tasks.read([(0, packed(first))], ReadOptions()))
        order = operators.order(b"", rows, begun)
        pieces = []
        while True:
            try:
                pieces.append(next(order))
            except StopIteration as end:
                print(f"state of the order: {len(end.value) / 1e6:.1f} MB")
                break
        engine = Engine(one.index)
        for shard, _, body in pieces[:-1]:
            if shard == 0:
                engine.push_piece(*unpacked(body))
        begun_s = time.process_time()
        snapshot = engine.snapshot()
        took_s = time.process_time() - begun_s
        Engine.restore(snapshot, one.index)
        both_s = time.process_time() - begun_s
        ships = int((engine.state.ships["mmsi"] != 0).sum())
        print(
            f"state of a fold: {len(snapshot) / 1e6:.1f} MB, {ships} ships; "
            f"snapshot {took_s:.3f} s, restored {both_s - took_s:.3f} s"
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=2_000_000)
    arguments.add_argument("--files", type=int, default=8)
    arguments.add_argument("--master", default="local[2]")
    arguments.add_argument("--shards", type=int, default=2)
    said = arguments.parse_args()
    if find_spec("pyspark") is None:
        print("PySpark is not installed")
        return
    folder_input.FILES = 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "day").mkdir()
        write_files(folder / "day", said.rows, said.files)
        begun_s = time.monotonic()
        checkpoint = folder / "checkpoint"
        with session(said.master, "bench") as running, taker(folder, said.shards) as one:
            source = folder_input.folder_input(folder / "day", checkpoint, ())
            how = running, source, Files, one, str(checkpoint), ARCHIVE_LATENESS_MS
            Stream(*how).run(True, Event())
        times_s = [begun_s, *(at_s for at_s, _ in one.taken)]
        spent_s = [after - before for before, after in pairwise(times_s)]
        rows = said.rows / said.files
        print(f"{said.rows:,} rows in {said.files} micro-batches, {said.shards} shards")
        print(f"first batch, with the start: {spent_s[0]:.1f} s")
        print(f"the others: {median(spent_s[1:]):.1f} s, {rows / median(spent_s[1:]):,.0f} rows/s")
        kept = [path.stat().st_size for path in checkpoint.rglob("*") if path.is_file()]
        snapshot = (folder / "store" / FILE).stat().st_size
        print(
            f"checkpoint {sum(kept) / 1e6:.1f} MB, snapshot of the driver {snapshot / 1e6:.1f} MB"
        )
        (folder / "alone").mkdir()
        (folder / "day").rename(folder / "alone" / "day")
        states(folder / "alone")


if __name__ == "__main__":
    main()
