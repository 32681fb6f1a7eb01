"""Streams of batches: several merged by time, and reading ahead of whoever takes them."""

import math
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from queue import Empty, Queue
from threading import Event, Thread

import numpy as np

from cablewatch.batches import Batch
from cablewatch.fixes import Fixes
from cablewatch.vessels.statics import Statics

NOTHING = Batch(Fixes.empty(), Statics.empty())
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
        last = min(held, key=lambda k: _reached_ms(held[k]))
        until_ms = _reached_ms(held[last])
        pieces, rest = [], {}
        for k, batch in held.items():
            now, later = _split(batch, until_ms)
            pieces.append(now)
            left = later if len(later.fixes) else _next_held(streams[k], later)
            if left:
                rest[k] = left
            until_ms -= k == last  # what follows in it comes before others of the same time
        yield pieces[0] if len(pieces) == 1 else Batch.merged(pieces)
        held = rest


def _start(start_ms: int | None) -> float:
    return -math.inf if start_ms is None else start_ms


def _reached_by_all(held: dict[int, Batch]) -> float:
    """Time that every stream has reached; without any, all times."""
    return min((_reached_ms(batch) for batch in held.values()), default=math.inf)


def _split(batch: Batch, until_ms: int) -> tuple[Batch, Batch]:
    """Rows up to a time, and those after it; a static message goes with the fix before it."""
    fixes, statics = batch
    now = fixes.t_ms <= until_ms
    now_s = np.append(True, now)[statics.after] if len(fixes) else statics.t_ms <= until_ms
    return batch.select(now, now_s), batch.select(~now, ~now_s)


def _reached_ms(batch: Batch) -> int:
    """Newest time of the fixes of a batch, of its static data where it has none."""
    return int((batch.fixes if len(batch.fixes) else batch.statics).t_ms.max())


def _next_held(stream: Iterator[Batch], before: Batch = NOTHING) -> Batch | None:
    """Next batch of a stream that holds a fix, with the static data on the way to it.

    At the end, what static data is left; None when nothing is.
    """
    parts = [before]
    for batch in stream:
        parts.append(batch)
        if len(batch.fixes):
            return Batch.joined(parts)
    left = Batch.joined(parts)
    return left if len(left.statics) else None
