"""The driver's half of a stream: micro-batches go through the pipeline into the store, each once.

Spark repeats a micro-batch of which it does not know that it was taken. So where the driver stands
is kept with the number of the last one taken:

1. all that a micro-batch brings is in the store, or in the snapshot, before it counts as taken;
2. one that was cut is taken again from the snapshot before it: the same rows, the same versions of
   alerts and the same fixes, of which those that are there add nothing;
3. one that counts as taken is not taken again: it has to hold what it held then.

The snapshot names the query, and so the checkpoint, that leads to where it stands. With another
one, or an older copy of either, nothing can be told of what is missing: that is refused.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from threading import RLock
from time import monotonic
from types import TracebackType
from typing import NamedTuple

from cablewatch.archives.options import DEFAULTS
from cablewatch.cables.index import CableIndex
from cablewatch.cables.model import Cable
from cablewatch.cluster.driver import Told, stepped
from cablewatch.cluster.packing import unpacked
from cablewatch.cluster.tasks import Dealt, Left
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.errors import StoreError, UsageError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.live.tallies import Figures
from cablewatch.live.watcher import SETTLE_ROWS, SETTLE_S
from cablewatch.ordering.order import Ordered
from cablewatch.pipeline import Pipeline, Step
from cablewatch.pipeline import Standing as Piped
from cablewatch.shards import Fold
from cablewatch.stores import snapshots
from cablewatch.stores.compaction import MAX_PARTS, compact_held
from cablewatch.stores.folder import TRACKS, StoreWriter
from cablewatch.units import NEVER_MS

FILE = "stream.snapshot"
ANEW = "begin anew: another store and another checkpoint"
FIRST = -1  # number of the batch before the first


log = logging.getLogger(__name__)


class Mark(NamedTuple):
    """What tells a micro-batch from others."""

    pieces: int = 0
    fixes: int = 0  # that left the order, in it or late
    until_ms: int = NEVER_MS

    def beyond(self, said: Ordered) -> "Mark":
        """The mark with one more piece."""
        return Mark(
            self.pieces + 1, self.fixes + len(said.fixes) + len(said.late), said.watermark_ms
        )


class Standing(NamedTuple):
    """Where the driver of a stream stands."""

    source: str
    lateness_ms: int
    shards: int
    query: str  # that is at home in the checkpoint; empty before its first batch
    batch: int  # the last that was taken
    mark: Mark  # of it
    faults: tuple[str, ...]  # inputs that could not be read
    pipeline: Piped | None  # None before the first
    fixes: Fixes  # that no part of the track store holds yet
    crossings: Array
    figures: Figures


class Taker:
    """Takes the micro-batches of a stream; a context manager.

    Parameters
    ----------
    cables : sequence of Cable
        Routes to watch.
    store : StoreWriter
        Its folder holds the snapshot too.
    source : str
        Said in every alert: the input. A store is of one.
    shards : int or None
        None: those that the store knows, or else `otherwise`.
    told : callable
        Gets each step of the pipeline, behind the store.
    blamed : callable
        Gets the number of an input that failed, and why: where in it, what, do. Returns what the
        store keeps of it.

    Attributes
    ----------
    index : CableIndex
        Of the routes.
    shards : int
        That the ships are dealt out to.

    Raises
    ------
    StoreError, UsageError
        The store cannot be read, or holds the stream of another source, in other shards, with
        another lateness, by other rules or over other routes.
    """

    index: CableIndex
    _stack: ExitStack

    def __init__(
        self,
        cables: Sequence[Cable],
        store: StoreWriter,
        *,
        source: str,
        lateness_ms: int,
        shards: int | None = None,
        otherwise: int = 1,
        surroundings: Surroundings = NOWHERE,
        told: Callable[[Step], None] = lambda step: None,
        blamed: Callable[[int, tuple[str, str, str]], str] = lambda number, fault: (
            f"input {number}"
        ),
    ) -> None:
        self._cables, self._store = cables, store
        before: Standing | None = snapshots.load(store.folder, FILE, ANEW)
        if before is not None and before.query:
            _same("the source", source, before.source)
            _same("--lateness", lateness_ms, before.lateness_ms)
            _same("--workers", shards or before.shards, before.shards)
            shards = before.shards
        self.shards = shards or otherwise
        self._before, self._told, self._blamed = before, told, blamed
        self._fold = Told()
        self._pipeline = Pipeline(
            cables,
            Stations(),
            fold=self._folding,
            lateness_ms=lateness_ms,
            source=source,
            selected=DEFAULTS.selection.decisive(),
            surroundings=surroundings,
            standing=None if before is None else before.pipeline,
        )
        self.figures = Figures() if before is None else before.figures
        self._source, self._lateness_ms = source, lateness_ms
        self._query, self._batch = ("", FIRST) if before is None else (before.query, before.batch)
        self._mark = Mark() if before is None else before.mark
        self._faults = [] if before is None else [*before.faults]
        self._lock, self._within = RLock(), False
        self._settled_s = monotonic()

    def __enter__(self) -> "Taker":
        heard, name = self._pipeline.order.heard, self._pipeline.config_hash
        with ExitStack() as stack:
            stack.enter_context(self._pipeline)
            stack.enter_context(self._store.opened(heard, name, self._cables))
            self._check_still()
            self._stack = stack.pop_all()
        if self._before is None:
            self._save()
        else:
            self._store.take_back(self._before.fixes, self._before.crossings)
        self._before = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock, self._stack:
            if error is None and not self._within:
                self._settle()
                self._save()

    def _check_still(self) -> None:
        """Refuse what another run left while this one began; now the store is held."""
        left: Standing | None = snapshots.load(self._store.folder, FILE, ANEW)
        if self._batch != (FIRST if left is None else left.batch):
            what = "another stream went on from here while this one began"
            raise StoreError(str(self._store.folder), what, "start it again")

    def is_new(self, query: str, batch: int) -> bool:
        """Whether a micro-batch is to be taken.

        Raises
        ------
        StoreError
            Store and checkpoint do not belong together.
        """
        if self._query not in ("", query):
            raise self._strange(f"micro-batch {self._batch} of another checkpoint than this one")
        if batch > self._batch + 1:
            raise self._strange(f"micro-batch {self._batch}, and the checkpoint behind {batch - 1}")
        if batch < self._batch:
            raise self._strange(f"micro-batch {self._batch}, and the checkpoint before {batch}")
        return batch == self._batch + 1

    def check_repeated(self, ours: Iterable[Dealt]) -> None:
        """Compare the order's rows of a micro-batch that Spark repeats with what was taken.

        Raises
        ------
        StoreError
            It holds something else: the checkpoint is an older copy.
        """
        mark = Mark()
        for *_, body in ours:
            left = unpacked(body)
            if isinstance(left, Left):
                mark = mark.beyond(left.ordered)
        if mark != self._mark:
            raise self._strange(f"micro-batch {self._batch}, which held other rows then")

    def _strange(self, where: str) -> StoreError:
        do = f"give the store and the checkpoint that were begun together, or {ANEW}"
        return StoreError(str(self._store.folder), f"stands behind {where}", do)

    def take(self, query: str, batch: int, rows: Iterable[Dealt], last: int) -> None:
        """Take a micro-batch: rows sorted by piece and shard, `last` the number of the last piece.

        Raises
        ------
        StoreError
            The store cannot be written; the micro-batch does not count as taken then.
        """
        with self._lock:
            self._within, mark = True, Mark()
            self._fold.endings = []
            for step in stepped(rows, last, self._fold, self._pipeline):
                self._note(step)
                mark = mark.beyond(step.ordered)
            self._faults += [self._blamed(*fault) for fault in self._fold.endings]
            self._query, self._batch, self._mark = query, batch, mark
            fixes, _ = self._store.unwritten
            if len(fixes) >= SETTLE_ROWS or monotonic() - self._settled_s >= SETTLE_S:
                self._settle()
            self._save()
            self._within = False

    @property
    def counts(self) -> dict[str, int]:
        """What was left out or set aside, since the beginning."""
        return {reason: n for reason, n in self._pipeline.counts.items() if n}

    def _folding(self, index: CableIndex, snapshots: Sequence[bytes]) -> Fold:
        self.index = index
        return self._fold

    def _note(self, step: Step) -> None:
        out, said, alerts = step
        self.figures.note(step, len(alerts))
        self._store.append(Fixes.concat([out.fixes, out.late]), alerts, said.crossings)
        self._told(step)

    def _settle(self) -> None:
        """Write tracks, crossings and ships, and join the parts of a day where they are many."""
        span = self.figures.first_ms, self.figures.last_ms
        self._store.settle(self._cables, self._pipeline.vessels, *span, self._faults)
        try:
            compact_held(self._store.folder / TRACKS, MAX_PARTS)
        except StoreError as error:  # which costs speed alone
            log.warning("%s", error)
        self._settled_s = monotonic()

    def _save(self) -> None:
        piped = self._pipeline.standing()._replace(engines=[]) if self._batch > FIRST else None
        state = Standing(
            self._source,
            self._lateness_ms,
            self.shards,
            self._query,
            self._batch,
            self._mark,
            tuple(self._faults),
            piped,
            *self._store.unwritten,
            self.figures,
        )
        snapshots.save(self._store.folder, state, FILE)


def _same(what: str, given: object, known: object) -> None:
    """Refuse what a stream was not begun with."""
    if given != known:
        raise UsageError(what, f"is not that of the stream ({known})", f"give that, or {ANEW}")
