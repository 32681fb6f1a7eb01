"""Shards: the fold over several engines, with the same answer as one.

Each engine holds the ships whose identity hashes to it. A batch is cut at the ends of context bins;
every shard gets its ships' part of each piece (:func:`shared_out`), its end, and the tallies that
all shards cast in the bins that ended before. What they say is merged and sorted as one engine
sorts it. :class:`Shards` does so in processes of this machine.
"""

import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from operator import attrgetter, methodcaller
from types import TracebackType
from typing import Any, Protocol

import numpy as np

from cablewatch.cables.index import CableIndex
from cablewatch.engine.fold import Engine, Transitions, by_bin, merged, shard_of
from cablewatch.engine.reshard import resharded
from cablewatch.engine.state import BIN_MS
from cablewatch.engine.transitions import TALLY_DTYPE
from cablewatch.errors import WorkerError
from cablewatch.fixes import Array, Fixes
from cablewatch.vessels.statics import Statics

Job = Callable[[Engine], Any]
"""What a worker does with its engine; it can be pickled, and so can its answer."""
Piece = tuple[Fixes, Statics, int]
"""Fixes, statics, and the end of the piece."""


class Fold(Protocol):
    """What folds the batches of `order`, wherever it does."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Fixes taken, and those set aside by reason."""

    def push(self, fixes: Fixes, statics: Statics, watermark_ms: int) -> Transitions:
        """Fold a batch, then the timers up to the watermark."""

    def snapshots(self) -> list[bytes]:
        """A snapshot of each shard between two batches; :func:`restored` takes them."""


class Alone:
    """The one engine of all ships, in this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def counts(self) -> Mapping[str, int]:
        """Fixes taken, and those set aside by reason."""
        return self._engine.counts

    def push(self, fixes: Fixes, statics: Statics, watermark_ms: int) -> Transitions:
        """Fold a batch, then the timers up to the watermark."""
        return self._engine.push(fixes, statics, watermark_ms)

    def snapshots(self) -> list[bytes]:
        """The snapshot of the engine."""
        return [self._engine.snapshot()]

    def places(self) -> tuple[Array, Array]:
        """Where the ships are that are followed, degrees east and north."""
        return _places(self._engine)


class Shards:
    """Engines in processes, one each; use as a context manager."""

    def __init__(self, index: CableIndex, engines: Sequence[Engine]) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._bin = engines[0].bin
        self._tallies = np.empty(0, TALLY_DTYPE)
        self._pipes: list[Connection] = []
        self._workers = []
        resource_tracker.ensure_running()  # as it starts, it lets SIGINT through again
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for engine in engines:
                ours, theirs = spawn.Pipe()
                begun = theirs, index, engine.snapshot()
                process = spawn.Process(target=_serve, args=begun, daemon=True)
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
        for counts in self._ask_all(attrgetter("counts")):
            total.update(counts)
        return dict(total)

    def snapshots(self) -> list[bytes]:
        """A snapshot of each shard, all of one context."""
        tallies, self._tallies = self._tallies, np.empty(0, TALLY_DTYPE)
        self._ask_all(partial(_add, tallies))
        return self._ask_all(methodcaller("snapshot"))

    def places(self) -> tuple[Array, Array]:
        """Where the ships are that are followed, degrees east and north."""
        lon_deg, lat_deg = zip(*self._ask_all(_places), strict=True)
        return np.concatenate(lon_deg), np.concatenate(lat_deg)

    def push(self, fixes: Fixes, statics: Statics, watermark_ms: int) -> Transitions:
        """Fold a batch from `order` and the timers up to the watermark, in all shards."""
        return merged(
            [
                part
                for piece in by_bin(fixes, statics, watermark_ms, self._bin)
                for part in self._push(*piece)
            ]
        )

    def _push(self, fixes: Fixes, statics: Statics, until_ms: int) -> list[Transitions]:
        dealt = shared_out((fixes, statics, until_ms), len(self._pipes))
        said: list[Transitions] = self._ask(partial(_fold, self._tallies, p) for p in dealt)
        self._tallies = np.concatenate([part.tallies for part in said])
        self._bin = (until_ms - 1) // BIN_MS
        return said

    def _ask_all(self, job: Job) -> list[Any]:
        return self._ask([job] * len(self._pipes))

    def _ask(self, jobs: Iterable[Job]) -> list[Any]:
        """Give each worker its job; their answers. Raises WorkerError when one of them is gone."""
        try:
            for pipe, job in zip(self._pipes, jobs, strict=True):
                pipe.send(job)
            return [pipe.recv() for pipe in self._pipes]
        except (EOFError, OSError) as error:
            raise WorkerError(
                "--workers", "a worker process ended", "try fewer workers, or more memory"
            ) from error


def folding(
    index: CableIndex, shards: int, snapshots: Sequence[bytes], stack: ExitStack
) -> Alone | Shards:
    """A fold on this machine: from the start, or where snapshots of any number of shards stand.

    Raises
    ------
    UsageError
        Another version made the snapshots, or they were made over other cables.
    """
    engines = restored(snapshots, index, shards)
    return Alone(engines[0]) if shards == 1 else stack.enter_context(Shards(index, engines))


def restored(snapshots: Sequence[bytes], index: CableIndex, shards: int) -> list[Engine]:
    """Engines of so many shards where snapshots of any number of them stand; else new ones."""
    if not snapshots:
        return [Engine(index) for _ in range(shards)]
    engines = [Engine.restore(snapshot, index) for snapshot in snapshots]
    return engines if len(engines) == shards else resharded(engines, shards)


def shared_out(piece: Piece, shards: int) -> list[Piece]:
    """What each shard gets of a piece: its ships' part, to the same end."""
    fixes, statics, until_ms = piece
    of_fix, of_static = shard_of(fixes.mmsi, shards), shard_of(statics.mmsi, shards)
    return [
        (fixes.take(of_fix == k), statics.take(of_static == k), until_ms) for k in range(shards)
    ]


def _places(engine: Engine) -> tuple[Array, Array]:
    ships = engine.state.ships[engine.state.ships["mmsi"] != 0]
    return ships["lon"], ships["lat"]


def _add(tallies: Array, engine: Engine) -> None:
    engine.context.add(tallies)


def _fold(tallies: Array, piece: Piece, engine: Engine) -> Transitions:
    """Fold a piece, after what all shards tallied before."""
    engine.context.add(tallies)
    return engine.push_piece(*piece)


def _serve(pipe: Connection, index: CableIndex, snapshot: bytes) -> None:
    """Body of a worker: do what comes, until the pipe closes.

    It inherits that SIGINT is blocked, from before it is loaded: the parent ends its workers.
    """
    engine = Engine.restore(snapshot, index)
    with suppress(EOFError, OSError):  # the parent is gone, between messages or within one
        while True:
            job: Job = pipe.recv()
            pipe.send(job(engine))
