r"""Replay: archives in, explained alerts out.

::

    archives -> interleave -> Pipeline -> sink (a store), result

A replay with a state goes on where the one before stood: days may be replayed one by one, and give
what one replay of all of them gives. What the watermark has not passed waits in the state, so only
a replay without one ends its input.

A damaged archive ends its own stream: what was read before it is kept and reported, the error is
part of the result, and the other archives go on.
"""

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from cablewatch.alerts.model import Alert
from cablewatch.archives import Archive, Opened, ReadOptions, name_of, opened
from cablewatch.archives.chosen import Progress, selected_streams
from cablewatch.archives.options import DEFAULTS
from cablewatch.archives.streams import interleaved, prefetched
from cablewatch.cables.index import CableIndex
from cablewatch.cables.model import Cable, attribution
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.engine.quality import is_ship_mmsi
from cablewatch.engine.transitions import NOTICES
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.ordering.order import ARCHIVE_LATENESS_MS, SEPARATOR
from cablewatch.pipeline import Pipeline, Standing, Step
from cablewatch.places import Place
from cablewatch.shards import Fold
from cablewatch.stores import snapshots
from cablewatch.stores.places import held, writing
from cablewatch.units import HOUR_MS, NEVER_MS
from cablewatch.vessels.register import Vessels

STATE = "replay.snapshot"


class Sink(Protocol):
    """Takes what a replay brings, batch by batch: a store, or whoever looks into the fixes."""

    @property
    def written(self) -> Collection[Place]:
        """Paths of its own, which are no input."""

    def opened(
        self, stations: Stations, config_hash: str, cables: Sequence[Cable]
    ) -> AbstractContextManager[None]:
        """Ready for fixes with station codes of `stations`, until the end of the replay."""

    def append(self, fixes: Fixes, alerts: Sequence[Alert], crossings: Array) -> None:
        """Take what one batch brought."""

    def describe(
        self,
        cables: Sequence[Cable],
        vessels: Vessels,
        first_ms: int | None,
        last_ms: int | None,
        faults: Sequence[str],
    ) -> None:
        """Take what is known at the end."""


class Cluster(Protocol):
    """Machines that read, order and fold."""

    def fold(self, index: CableIndex, snapshots: Sequence[bytes]) -> Fold:
        """What a pipeline folds with; it goes on from snapshots of shards where there are some."""

    def steps(
        self, source: Opened, pipeline: Pipeline, ends: bool, progress: Progress
    ) -> Generator[Step]:
        """Steps of a pipeline with that fold; what waits at the end leaves it where it `ends`."""


class State(NamedTuple):
    """What another replay goes on from."""

    standing: Standing
    known: frozenset[str]  # names of the archives that are in it to their end


@dataclass
class Replay:
    """What a replay found."""

    alerts: dict[str, Alert] = field(default_factory=dict)  # newest version by id
    counts: Counter[str] = field(default_factory=Counter)  # refused, late, set aside: by reason
    examples: dict[str, str] = field(default_factory=dict)  # first row, line or fix by reason
    fixes: int = 0
    ships: int = 0
    ship_days: float = 0.0  # hours in which a ship had a fix / 24
    crossings: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    ignored_columns: dict[str, list[str]] = field(default_factory=dict)
    errors: list[ArchiveError] = field(default_factory=list)
    strays: list[ArchiveError] = field(default_factory=list)  # files in folders, no archives
    skipped_files: int = 0  # nothing in them is of the time asked for
    read_before: int = 0  # files that the state holds
    attribution: str = ""  # whom to name where the routes are shown
    _hours: list[Array] = field(default_factory=list)  # hour << 30 | mmsi in which a ship was heard

    @classmethod
    def of(cls, source: Opened, cables: Sequence[Cable]) -> "Replay":
        """What is known before anything is read."""
        return cls(
            errors=source.errors,
            strays=source.strays,
            skipped_files=len(source.skipped),
            read_before=source.read_before,
            attribution=attribution(cables),
        )

    def note(self, step: Step) -> None:
        """Take in what one batch brought."""
        fixes, said = step.ordered.fixes, step.said
        self.alerts.update((alert.id, alert) for alert in step.alerts)
        self.crossings += len(said.crossings)
        self.counts.update(f"notice: {NOTICES[code]}" for code in said.notices["code"].tolist())
        self.fixes += len(fixes)
        if len(fixes):
            self.first_ms = int(fixes.t_ms[0]) if self.first_ms is None else self.first_ms
            self.last_ms = int(fixes.t_ms[-1])
        ships = is_ship_mmsi(fixes.mmsi)
        self._hours.append(np.unique((fixes.t_ms[ships] // HOUR_MS << 30) | fixes.mmsi[ships]))

    def close(self, archives: Sequence[Archive], pipeline: Pipeline) -> None:
        """Fill in what is known at the end: ships, and what was refused or set aside."""
        hours = np.unique(np.concatenate([np.empty(0, np.int64), *self._hours]))
        self.ships = len(np.unique(hours & ((1 << 30) - 1)))
        self.ship_days = len(hours) / 24.0
        self.counts.update(pipeline.counts)
        self.examples = dict(pipeline.order.examples)
        for archive in archives:
            self.counts.update(archive.refused.counts)
            self.examples = archive.refused.examples | self.examples
            if archive.ignored_columns:
                self.ignored_columns[archive.path.name] = archive.ignored_columns
        self.counts = Counter({reason: n for reason, n in self.counts.items() if n})

    def ranked(self) -> list[Alert]:
        """Alerts by probability, then by the time they were raised."""
        return ranked(self.alerts.values())


def ranked(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts by probability, then by the time they were raised."""
    return sorted(alerts, key=lambda a: (-a.probability, a.raised_ms, a.id))


def replay(
    paths: Sequence[Place],
    cables: Sequence[Cable],
    *,
    options: ReadOptions = DEFAULTS,
    workers: int = 1,
    cluster: Cluster | None = None,
    state: Place | None = None,
    store: Sink | None = None,
    progress: Progress = lambda done, total: None,
    lateness_ms: int = ARCHIVE_LATENESS_MS,
    surroundings: Surroundings = NOWHERE,
    watch: Callable[[Step], None] = lambda step: None,
) -> Replay:
    """Replay archives over cables.

    Parameters
    ----------
    paths : sequence of Place
        Archives of any supported format, folders of them, or patterns, in any order; those that
        overlap in time are merged, the others opened one after the other.
    options : ReadOptions
        How to read them, and what of them.
    store : Sink, optional
        What it holds is no input where it lies in a folder of archives.
    workers : int
        Processes for the fold; the answer does not depend on it.
    cluster : Cluster, optional
        Reads, orders and folds instead of this machine; nor does the answer depend on that.
    state : Place, optional
        Folder of a state to go on from, which is left where this replay stands; as it was where an
        archive failed and others went on beyond the place where it ended, which would then be late.
        Archives that are in it already are passed over.
    progress : callable
        Gets bytes read and bytes in all, now and then.
    surroundings : Surroundings
        Places and depths that may lower an alert.
    watch : callable
        Gets each step of the pipeline, after the store.

    Raises
    ------
    ArchiveError, UsageError
        No archive can be opened. One that cannot among others, or fails later, is in
        `Replay.errors`. Or the state is that of other rules or routes.
    StoreError
        The state cannot be read or written, or another replay goes on from it.
    """
    with ExitStack() as stack:
        before = None if state is None else stack.enter_context(_state(state))
        stations = Stations() if before is None else before.standing.order.stations
        own = () if store is None else store.written
        source = opened(paths, options, stations, own, () if before is None else before.known)
        result = Replay.of(source, cables)
        pipeline = stack.enter_context(
            Pipeline(
                cables,
                stations,
                workers=workers,
                fold=None if cluster is None else cluster.fold,
                lateness_ms=lateness_ms,
                source=SEPARATOR.join(archive.path.name for archive in source.archives),
                selected=options.selection.decisive(),
                surroundings=surroundings,
                standing=None if before is None else before.standing,
            )
        )
        if store is not None:
            heard, name = pipeline.order.heard, pipeline.config_hash
            stack.enter_context(store.opened(heard, name, cables))
        steps = _steps if cluster is None else cluster.steps
        ends, watermark_ms = state is None, NEVER_MS
        for step in stack.enter_context(closing(steps(source, pipeline, ends, progress))):
            result.note(step)
            watermark_ms = step.ordered.watermark_ms
            if store is not None:
                out, said, alerts = step
                store.append(Fixes.concat([out.fixes, out.late]), alerts, said.crossings)
            watch(step)
        result.close(source.archives, pipeline)
        if store is not None:
            faults = [f"{Path(error.where).name}: {error.what}" for error in result.errors]
            span = result.first_ms, result.last_ms
            store.describe(cables, pipeline.vessels, *span, faults)
        if state is not None and not _overtaken(source, watermark_ms):
            whole = {name_of(one.path) for one in source.archives if not source.failed(one)}
            known = whole if before is None else before.known | whole
            snapshots.save(state, State(pipeline.standing(), frozenset(known)), STATE)
    return result


def _overtaken(source: Opened, watermark_ms: int) -> bool:
    """Whether an archive failed that others went on beyond; if so, it is said among the errors."""
    overtaken = source.overtaken(watermark_ms)
    if overtaken:
        what = "others went on beyond this place, so the state is left as it was"
        do = "mend the archive or leave it out, and run it again"
        source.errors.append(ArchiveError(overtaken[0].where, what, do))
    return bool(overtaken)


@contextmanager
def _state(folder: Place) -> Iterator[State | None]:
    """The state in a folder, which is held for this replay; None where there is none yet."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with held(folder):
        yield snapshots.load(folder, STATE, "begin in another folder")


def _steps(source: Opened, pipeline: Pipeline, ends: bool, progress: Progress) -> Generator[Step]:
    """Steps of a pipeline on this machine."""
    streams = selected_streams(source.archives, source.errors, progress)
    with closing(prefetched(interleaved(streams, source.starts_ms))) as merged:
        for batch in merged:
            yield pipeline.push(*batch)
    if ends:
        yield pipeline.flush()
