"""Shards: the fold over several processes, with the same answer as one.

Each process holds the engine of the ships whose identity hashes to it. The caller's batch is cut at
the ends of context bins; every shard gets its ships' part of each piece, the watermark, and the
tallies that all shards cast in the bins that ended before. What they say is merged and sorted as
one engine sorts it.
"""

import multiprocessing
import signal
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

import numpy as np

from cablewatch.cables.index import CableIndex
from cablewatch.engine.fold import Engine, Transitions, by_bin, merged, shard_of
from cablewatch.engine.state import BIN_MS
from cablewatch.engine.transitions import TALLY_DTYPE
from cablewatch.errors import WorkerError
from cablewatch.fixes import Array, Fixes
from cablewatch.units import NEVER_MS
from cablewatch.vessels.statics import Statics

Job = tuple[Fixes, Statics, int, Array]
"""Fixes, statics, the end of the piece, and what all shards tallied before."""


class Shards:
    """Engines in `workers` processes; use as a context manager.

    `push` and `finish` are those of :class:`cablewatch.engine.fold.Engine`.
    """

    def __init__(self, index: CableIndex, workers: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._bin = NEVER_MS // BIN_MS
        self._tallies = np.empty(0, TALLY_DTYPE)
        self._pipes: list[Connection] = []
        self._workers = []
        resource_tracker.ensure_running()  # as it starts, it lets SIGINT through again
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for _ in range(workers):
                ours, theirs = spawn.Pipe()
                process = spawn.Process(target=_serve, args=(theirs, index), daemon=True)
                process.start()
                theirs.close()
                self._pipes.append(ours)
                self._workers.append(process)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def __enter__(self) -> "Shards":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pipe in self._pipes:
            pipe.close()
        for worker in self._workers:
            worker.join(timeout=10)

    @property
    def counts(self) -> dict[str, int]:
        """Sums of the counts of all shards."""
        total: Counter[str] = Counter()
        for counts in self._ask([None] * len(self._pipes)):
            total.update(counts)
        return dict(total)

    def push(self, fixes: Fixes, statics: Statics, watermark_ms: int) -> Transitions:
        """Fold a batch from `order` and the timers up to the watermark, in all shards."""
        return merged(
            [
                part
                for piece in by_bin(fixes, statics, watermark_ms, self._bin)
                for part in self._push(*piece)
            ]
        )

    def finish(self, end_ms: int) -> Transitions:
        """Run the timers of all shards up to the global end of the input."""
        return self.push(Fixes.empty(), Statics.empty(), end_ms)

    def _push(self, fixes: Fixes, statics: Statics, until_ms: int) -> list[Transitions]:
        n = len(self._pipes)
        of_fix, of_static = shard_of(fixes.mmsi, n), shard_of(statics.mmsi, n)
        said: list[Transitions] = self._ask(
            (fixes.take(of_fix == k), statics.take(of_static == k), until_ms, self._tallies)
            for k in range(n)
        )
        self._tallies = np.concatenate([part.tallies for part in said])
        self._bin = (until_ms - 1) // BIN_MS
        return said

    def _ask(self, jobs: Iterable[Job | None]) -> list[Any]:
        """Give each worker its job; their answers. Raises WorkerError when one of them is gone."""
        try:
            for pipe, job in zip(self._pipes, jobs, strict=True):
                pipe.send(job)
            return [pipe.recv() for pipe in self._pipes]
        except (EOFError, OSError) as error:
            raise WorkerError(
                "--workers", "a worker process ended", "try fewer workers, or more memory"
            ) from error


def _serve(pipe: Connection, index: CableIndex) -> None:
    """Body of a worker: fold what comes, until the pipe closes.

    It inherits that SIGINT is blocked, from before it is loaded: the parent ends its workers.
    """
    engine = Engine(index)
    with suppress(EOFError, OSError):  # the parent is gone, between messages or within one
        while True:
            job: Job | None = pipe.recv()
            if job is None:
                pipe.send(engine.counts)
                continue
            fixes, statics, until_ms, tallies = job
            engine.context.add(tallies)
            pipe.send(engine.push_piece(fixes, statics, until_ms))
