"""Sorting of archives that promise no order: runs on disk, merged by slices of time.

Up to `RUN_ROWS` fixes are sorted in memory. More are written to a temporary folder as sorted runs,
which are then read back by slices of time, so that memory holds one run or one slice.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from cablewatch.archives.base import Batch
from cablewatch.fixes import FIX_DTYPE, Array, Fixes
from cablewatch.vessels import Statics

RUN_ROWS = 4_000_000  # 170 MB
SLICE_ROWS = 500_000


def in_time_order(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the rows of `batches` by time; static data goes with the fixes of its time."""
    statics: list[Statics] = []
    with tempfile.TemporaryDirectory(prefix="cablewatch-sort-") as folder:
        runs: list[Array] = []
        held: list[Fixes] = []
        for batch in batches:
            statics.append(batch.statics)
            held.append(batch.fixes)
            if sum(map(len, held)) >= RUN_ROWS:
                runs.append(_spilled(_sorted(held), Path(folder) / f"{len(runs)}.npy"))
                held = []
        runs.append(_sorted(held))
        yield from _merged(runs, _sorted_statics(statics))


def _sorted(parts: list[Fixes]) -> Array:
    """Rows by time as one structured array."""
    fixes = Fixes.concat(parts)
    rows = np.empty(len(fixes), FIX_DTYPE)
    for name, column in zip(FIX_DTYPE.names or (), fixes.columns(), strict=True):
        rows[name] = column
    return rows[np.argsort(rows["t_ms"], kind="stable")]


def _sorted_statics(parts: list[Statics]) -> Statics:
    statics = Statics.concat(parts)
    return statics.take(np.argsort(statics.t_ms, kind="stable"))


def _spilled(rows: Array, path: Path) -> Array:
    np.save(path, rows)
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]


def _merged(runs: list[Array], statics: Statics) -> Iterator[Batch]:
    """Read sorted runs slice by slice of time, each slice of about `SLICE_ROWS`."""
    step = max(1, SLICE_ROWS // len(runs))
    marks = sorted(int(t) for run in runs for t in run["t_ms"][::step])
    ends = [*marks[len(runs) :: len(runs)], np.iinfo(np.int64).max]
    at = [0] * len(runs)
    at_statics = 0
    for end in ends:
        stops = [int(np.searchsorted(run["t_ms"], end, side="right")) for run in runs]
        rows = np.concatenate([run[a:b] for run, a, b in zip(runs, at, stops, strict=True)])
        rows = rows[np.argsort(rows["t_ms"], kind="stable")]
        stop = int(np.searchsorted(statics.t_ms, end, side="right"))
        fixes = Fixes(*(np.ascontiguousarray(rows[name]) for name in FIX_DTYPE.names or ()))
        yield Batch(fixes, statics.take(slice(at_statics, stop)))
        at, at_statics = stops, stop
