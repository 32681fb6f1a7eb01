"""What a map asks of the track store: one ship's track of a day, and ten minutes of all ships.

``python -m bench store [--rows N]`` writes the made-up Danish day as a replay does, in parts, and
prints medians; then again for the two sorted copies that compaction makes of the parts, and for the
answers of the service to requests for blocks. Targets: 20 ms a track, 100 ms a block, 5 ms for one
that the client has. Last, what a watch takes to add crossings to those of many days.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np
from fastapi.testclient import TestClient

from bench.danish_day import write_danish
from cablewatch.archives import open_archive
from cablewatch.cables.model import load_cables
from cablewatch.engine.state import CROSSING_DTYPE
from cablewatch.fixes import Stations
from cablewatch.output.text import rfc3339
from cablewatch.service import create_app
from cablewatch.stores.compaction import BLOCK_MS, compact
from cablewatch.stores.growing import add_rows, crossing_table
from cablewatch.stores.tracks import TrackWriter, read_block, read_track
from cablewatch.units import DAY_MS

DAY_START_MS = 1_731_888_000_000  # 18 November 2024, the day that write_danish makes
TIMES = 200
CROSSINGS = 2_800  # a day: what a replay finds in the made-up one of 10 M rows


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
        _print_answers(Path(folder))
        for days in (30, 100, 365):
            _print_added(Path(folder), days)


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
    _print_median("track", (lambda mmsi: len(read_track(store, mmsi))), chosen)
    starts_ms = DAY_START_MS + BLOCK_MS * rng.integers(0, DAY_MS // BLOCK_MS, TIMES)
    blocks = starts_ms.tolist()
    _print_median("block", (lambda t_ms: len(read_block(store, t_ms, t_ms + BLOCK_MS))), blocks)


def _print_answers(folder: Path) -> None:
    """Times of whole requests, each for another block, without a network."""
    ended = {"title": "bench", "about": "made up", "begun": rfc3339(0), "ended": rfc3339(1)}
    (folder / "run.json").write_text(json.dumps({"replays": [ended]}))
    tags: dict[int, str] = {}
    with TestClient(create_app(folder)) as client:

        def size(start_ms: int, form: str, coding: str, has: str = "") -> int:
            address = f"/api/v1/replays/blocks/{rfc3339(start_ms)}?f={form}"
            headers = {"Accept-Encoding": coding, "If-None-Match": has}
            with client.stream("GET", address, headers=headers) as answer:
                tags[start_ms] = answer.headers["ETag"]
                return len(b"".join(answer.iter_raw()))

        starts_ms = range(DAY_START_MS, DAY_START_MS + DAY_MS, BLOCK_MS)
        for form, coding in product(("json", "arrow"), ("zstd", "gzip", "identity")):
            what = f"{form} {coding}"
            _print_median(what, partial(size, form=form, coding=coding), starts_ms, "bytes")
        known = lambda t_ms: size(t_ms, "arrow", "identity", tags[t_ms])  # noqa: E731
        _print_median("304", known, starts_ms, "bytes")
        _print_median(
            "days", lambda _: len(client.get("/api/v1/replays").content), [0] * 9, "bytes"
        )


def _print_added(folder: Path, days: int) -> None:
    """Time to add twenty crossings to those of so many days."""
    path, rng, cables = folder / "crossings.parquet", np.random.default_rng(1), load_cables()
    rows = np.zeros(days * CROSSINGS, CROSSING_DTYPE)
    rows["t_ms"] = np.sort(rng.integers(0, days * DAY_MS, len(rows)))
    rows["mmsi"] = rng.integers(200_000_000, 800_000_000, len(rows))
    rows["cable"] = rng.integers(0, len(cables), len(rows))
    rows["km"] = rng.uniform(0.0, 1000.0, len(rows))
    path.unlink(missing_ok=True)
    add_rows(path, crossing_table([rows[20:]], cables), "time")
    new = crossing_table([rows[:20]], cables)
    begun_s = time.process_time()
    add_rows(path, new, "time")
    print(f"crossings added to {days} days: {time.process_time() - begun_s:.2f} s of a processor")


def _print_median(
    what: str, read: Callable[[int], int], asked: Iterable[int], unit: str = "rows"
) -> None:
    taken_s, busy_s, sizes = [], [], []
    for value in asked:
        start_s, idle_s = time.perf_counter(), time.process_time()
        sizes.append(read(value))
        taken_s.append(time.perf_counter() - start_s)
        busy_s.append(time.process_time() - idle_s)
    typical_ms, most_ms, busy_ms = (
        1e3 * f for f in (median(taken_s), max(taken_s), median(busy_s))
    )
    spent = f"{typical_ms:7.1f} ms, at most {most_ms:.1f}, {busy_ms:.1f} of a processor"
    print(f"{what:14s} {spent}, {median(sizes):,.0f} {unit}")


if __name__ == "__main__":
    main()
