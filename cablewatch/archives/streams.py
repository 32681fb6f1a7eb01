"""Streams of batches: several merged by time, and reading ahead of whoever takes them."""

from collections.abc import Generator, Iterable, Iterator
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


def interleaved(streams: Iterable[Iterator[Batch]]) -> Iterator[Batch]:
    """Merge time-ordered streams: nothing is passed on before every stream has reached its time.

    A single stream passes through as it is.
    """
    live = list(streams)
    if len(live) == 1:
        yield from live[0]
        return
    held = {k: _next_held(stream) for k, stream in enumerate(live)}
    while held := {k: batch for k, batch in held.items() if batch is not None}:
        reached_ms = min(_reached_ms(batch) for batch in held.values())
        pieces, rest = [], {}
        for k, batch in held.items():
            now = batch.fixes.t_ms <= reached_ms
            now_s = batch.statics.t_ms <= reached_ms
            pieces.append(Batch(batch.fixes.take(now), batch.statics.take(now_s)))
            left = Batch(batch.fixes.take(~now), batch.statics.take(~now_s))
            rest[k] = left if len(left.fixes) else _next_held(live[k], left.statics)
        fixes = Fixes.concat(piece.fixes for piece in pieces)
        yield Batch(
            fixes.take(np.argsort(fixes.t_ms, kind="stable")),
            Statics.concat(piece.statics for piece in pieces),
        )
        held = rest


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
