"""Streams of batches: several merged by time, and reading ahead of whoever takes them."""

import math
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from queue import Empty, Queue
from threading import Event, Thread

import numpy as np

from cablewatch.archives.base import Batch
from cablewatch.fixes import Fixes
from cablewatch.vessels import Statics

READ_AHEAD = 4  # batches, of some 50,000 rows


def prefetched(batches: Iterator[Batch]) -> Generator[Batch]:
    """Read in a thread of its own, up to `READ_AHEAD` batches ahead."""
    ready: Queue[Batch | BaseException | None] = Queue(READ_AHEAD)
    stopped = Event()

    def read() -> None:
        said: BaseException | None = None
        try:
            for batch in batches:
                ready.put(batch)
                if stopped.is_set():
                    return
        except BaseException as error:  # raised again where the batches are taken
            said = error
        ready.put(said)

    reader = Thread(target=read, name="archives", daemon=True)
    reader.start()
    try:
        while isinstance(said := ready.get(), Batch):
            yield said
        if said is not None:
            raise said
    finally:
        stopped.set()
        while reader.is_alive():
            with suppress(Empty):
                ready.get(timeout=0.01)


def interleaved(
    streams: Sequence[Iterator[Batch]], starts_ms: Sequence[int | None] = ()
) -> Iterator[Batch]:
    """Merge time-ordered streams: nothing is passed on before every stream has reached its time.

    A stream is begun only when the others have reached its start, so that files of one day each
    are open one at a time.

    Parameters
    ----------
    streams : sequence of iterators
        Their batches in time order.
    starts_ms : sequence
        Nothing in the stream is older; None is "not known". Missing at the end: not known.
    """
    starts = [*starts_ms, *[None] * (len(streams) - len(starts_ms))]
    waiting = deque(sorted(range(len(streams)), key=lambda k: _start(starts[k])))
    held: dict[int, Batch] = {}
    while waiting or held:
        while waiting and _start(starts[waiting[0]]) <= _reached_by_all(held):
            k = waiting.popleft()
            if first := _next_held(streams[k]):
                held[k] = first
        if not held:
            continue
        reached_ms = _reached_by_all(held)
        pieces, rest = [], {}
        for k, batch in held.items():
            now, later = _split(batch, reached_ms)
            pieces.append(now)
            left = later if len(later.fixes) else _next_held(streams[k], later.statics)
            if left:
                rest[k] = left
        yield _merged(pieces)
        held = rest


def _start(start_ms: int | None) -> float:
    return -math.inf if start_ms is None else start_ms


def _reached_by_all(held: dict[int, Batch]) -> float:
    """Time that every stream has reached; without any, all times."""
    return min((_reached_ms(batch) for batch in held.values()), default=math.inf)


def _split(batch: Batch, reached_ms: float) -> tuple[Batch, Batch]:
    """Rows up to a time, and those after it."""
    now, now_s = batch.fixes.t_ms <= reached_ms, batch.statics.t_ms <= reached_ms
    nothing = Batch(Fixes.empty(), Statics.empty())
    if now.all() and now_s.all():
        return batch, nothing
    if not now.any() and not now_s.any():
        return nothing, batch
    later = Batch(batch.fixes.take(~now), batch.statics.take(~now_s))
    return Batch(batch.fixes.take(now), batch.statics.take(now_s)), later


def _merged(pieces: list[Batch]) -> Batch:
    """Pieces of several streams in time order; one passes as it is."""
    if len(pieces) == 1:
        return pieces[0]
    fixes = Fixes.concat(piece.fixes for piece in pieces)
    statics = Statics.concat(piece.statics for piece in pieces)
    return Batch(
        fixes.take(np.argsort(fixes.t_ms, kind="stable")),
        statics.take(np.argsort(statics.t_ms, kind="stable")),
    )


def _reached_ms(batch: Batch) -> int:
    """Newest time in a batch that is not empty."""
    return int(max(t_ms.max() for t_ms in (batch.fixes.t_ms, batch.statics.t_ms) if len(t_ms)))


def _next_held(stream: Iterator[Batch], before: Statics | None = None) -> Batch | None:
    """Next batch of a stream that holds a fix, with the static data on the way to it.

    At the end, what static data is left; None when nothing is.
    """
    statics = [] if before is None else [before]
    for batch in stream:
        statics.append(batch.statics)
        if len(batch.fixes):
            return Batch(batch.fixes, Statics.concat(statics))
    left = Statics.concat(statics)
    return Batch(Fixes.empty(), left) if len(left) else None
