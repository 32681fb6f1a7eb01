"""Sorting of archives that promise no order: sorted runs on disk, merged like files of a run.

Every `RUN_ROWS` fixes are sorted and written to a temporary folder; what is left at the end stays
in memory. The runs are then streams in time order, read in pieces and interleaved, so that memory
holds one run, or a piece of each.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from cablewatch.archives.streams import interleaved
from cablewatch.batches import Batch
from cablewatch.fixes import FIX_DTYPE, Array, Fixes
from cablewatch.vessels.statics import Statics

RUN_ROWS = 1 << 20  # 45 MB
SLICE_ROWS = 500_000  # of all runs together


def in_time_order(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the rows of `batches` by time; static data goes with the fixes of its time."""
    statics: list[Statics] = []
    with tempfile.TemporaryDirectory(prefix="cablewatch-sort-") as folder:
        runs: list[Array | Path] = []
        starts_ms: list[int | None] = []
        held: list[Fixes] = []
        for batch in batches:
            statics.append(batch.statics)
            held.append(batch.fixes)
            if sum(map(len, held)) >= RUN_ROWS:
                rows, held = _sorted(held), []
                starts_ms.append(int(rows["t_ms"][0]))
                path = Path(folder) / str(len(runs))
                rows.tofile(path)
                runs.append(path)
        rows = _sorted(held)
        streams = [_pieces(run, SLICE_ROWS // (len(runs) + 1)) for run in [*runs, rows]]
        starts_ms.append(int(rows["t_ms"][0]) if len(rows) else None)
        yield from interleaved([*streams, iter([_by_time(statics)])], starts_ms)


def _sorted(parts: list[Fixes]) -> Array:
    """Rows by time as one structured array."""
    fixes = Fixes.concat(parts)
    order = np.argsort(fixes.t_ms, kind="stable")
    rows = np.empty(len(fixes), FIX_DTYPE)
    for name, column in zip(FIX_DTYPE.names or (), fixes.columns(), strict=True):
        rows[name] = column[order]
    return rows


def _by_time(parts: list[Statics]) -> Batch:
    statics = Statics.concat(parts)
    statics = statics.take(np.argsort(statics.t_ms, kind="stable"))
    return Batch(Fixes.empty(), replace(statics, after=np.zeros_like(statics.after)))


def _pieces(run: Array | Path, rows: int) -> Iterator[Batch]:
    """A sorted run in batches of `rows`; of one on disk no more is ever in memory."""
    rows, at = max(1, rows), 0
    while True:
        if isinstance(run, Path):
            piece = np.fromfile(run, FIX_DTYPE, rows, offset=at * FIX_DTYPE.itemsize)
        else:
            piece = run[at : at + rows]
        if not len(piece):
            return
        columns = (np.ascontiguousarray(piece[name]) for name in FIX_DTYPE.names or ())
        yield Batch(Fixes(*columns), Statics.empty())
        at += rows
