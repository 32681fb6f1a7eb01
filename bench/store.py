"""What a map asks of the track store: one ship's track of a day, and ten minutes of all ships.

``python -m bench store [--rows N]`` writes the made-up Danish day as a replay does, in parts, and
prints medians; then again for the two sorted copies that compaction makes of the parts. Targets:
20 ms a track, 100 ms a block.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import numpy as np

from bench.danish_day import write_danish
from cablewatch.archives import open_archive
from cablewatch.fixes import Fixes, Stations
from cablewatch.stores.compaction import BLOCK_MS, compact
from cablewatch.stores.tracks import TrackWriter, read_block, read_track
from cablewatch.units import DAY_MS

DAY_START_MS = 1_731_888_000_000  # 18 November 2024, the day that write_danish makes
TIMES = 200


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=2_000_000)
    rows = arguments.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        day, store = Path(folder) / "day.csv", Path(folder) / "tracks"
        write_danish(day, rows)
        ships = _store(day, store)
        print(f"{rows:,} rows, {len(ships):,} ships, medians of {TIMES}")
        _print(store, ships)
        compact(store)
        _print(store, ships)


def _store(day: Path, folder: Path) -> np.ndarray:
    """Write the day as a replay does; the ships in it."""
    stations = Stations()
    ships = np.empty(0, np.int32)
    with TrackWriter(folder, stations) as writer:
        for batch in open_archive(day, stations=stations).batches(lambda _: None):
            writer.append(batch.fixes)
            ships = np.union1d(ships, batch.fixes.mmsi)
    return ships


def _print(store: Path, ships: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    files = sorted(path.name.partition("-")[0] for path in store.rglob("*.parquet"))
    print(", ".join(f"{files.count(kind)} {kind}" for kind in dict.fromkeys(files)))
    chosen = rng.choice(ships, TIMES).tolist()
    _print_median("track", (lambda mmsi: read_track(store, mmsi)), chosen)
    starts_ms = DAY_START_MS + BLOCK_MS * rng.integers(0, DAY_MS // BLOCK_MS, TIMES)
    blocks = starts_ms.tolist()
    _print_median("block", (lambda t_ms: read_block(store, t_ms, t_ms + BLOCK_MS)), blocks)


def _print_median(what: str, read: Callable[[int], Fixes], asked: Iterable[int]) -> None:
    taken_s, rows = [], []
    for value in asked:
        start_s = time.perf_counter()
        rows.append(len(read(value)))
        taken_s.append(time.perf_counter() - start_s)
    typical_ms, most_ms = 1e3 * median(taken_s), 1e3 * max(taken_s)
    print(f"{what:6s} {typical_ms:7.1f} ms, at most {most_ms:.1f}, {median(rows):,.0f} rows")


if __name__ == "__main__":
    main()
