r"""Replay: archives in, explained alerts out.

::

    archives -> interleave -> Pipeline -> sink (a store), result

A damaged archive ends its own stream: what was read before it is kept and reported, the error is
part of the result, and the other archives go on.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from cablewatch.alerts.model import Alert
from cablewatch.archives import Archive, Opened, ReadOptions, opened
from cablewatch.archives.external_sort import in_time_order
from cablewatch.archives.options import DEFAULTS
from cablewatch.archives.streams import interleaved, prefetched
from cablewatch.batches import Batch
from cablewatch.cables.model import Cable, attribution
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.engine.quality import is_ship_mmsi
from cablewatch.engine.transitions import NOTICES
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.ordering.order import ARCHIVE_LATENESS_MS, SEPARATOR
from cablewatch.pipeline import Pipeline, Step
from cablewatch.units import HOUR_MS
from cablewatch.vessels.register import Vessels


class Sink(Protocol):
    """Takes what a replay brings, batch by batch: a store, or whoever looks into the fixes."""

    @property
    def written(self) -> Collection[Path]:
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
    attribution: str = ""  # whom to name where the routes are shown
    _hours: list[Array] = field(default_factory=list)  # hour << 30 | mmsi in which a ship was heard

    @classmethod
    def of(cls, source: Opened, cables: Sequence[Cable]) -> "Replay":
        """What is known before anything is read."""
        return cls(
            errors=source.errors,
            strays=source.strays,
            skipped_files=len(source.skipped),
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
        hours = np.unique(np.concatenate(self._hours))
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
    paths: Sequence[Path],
    cables: Sequence[Cable],
    *,
    options: ReadOptions = DEFAULTS,
    workers: int = 1,
    store: Sink | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    lateness_ms: int = ARCHIVE_LATENESS_MS,
    surroundings: Surroundings = NOWHERE,
    watch: Callable[[Step], None] = lambda step: None,
) -> Replay:
    """Replay archives over cables.

    Parameters
    ----------
    paths : sequence of Path
        Archives of any supported format, folders of them, or patterns, in any order; those that
        overlap in time are merged, the others opened one after the other.
    options : ReadOptions
        How to read them, and what of them.
    store : Sink, optional
        What it holds is no input where it lies in a folder of archives.
    workers : int
        Processes for the fold; the answer does not depend on it.
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
        `Replay.errors`.
    """
    stations = Stations()
    source = opened(paths, options, stations, () if store is None else store.written)
    archives = source.archives
    result = Replay.of(source, cables)
    pipeline = Pipeline(
        cables,
        stations,
        workers=workers,
        lateness_ms=lateness_ms,
        source=SEPARATOR.join(archive.path.name for archive in archives),
        selected=options.selection.decisive(),
        surroundings=surroundings,
    )
    with ExitStack() as stack:
        stack.enter_context(pipeline)
        if store is not None:
            heard, name = pipeline.order.heard, pipeline.config_hash
            stack.enter_context(store.opened(heard, name, cables))

        def take(step: Step) -> None:
            result.note(step)
            if store is not None:
                out, said, alerts = step
                store.append(Fixes.concat([out.fixes, out.late]), alerts, said.crossings)
            watch(step)

        streams = selected_streams(archives, result.errors, progress)
        merged = prefetched(interleaved(streams, source.starts_ms))
        for batch in stack.enter_context(closing(merged)):
            take(pipeline.push(*batch))
        take(pipeline.flush())
        result.close(archives, pipeline)
        if store is not None:
            faults = [f"{Path(error.where).name}: {error.what}" for error in result.errors]
            span = result.first_ms, result.last_ms
            store.describe(cables, pipeline.vessels, *span, faults)
    return result


def selected_streams(
    archives: Sequence[Archive],
    errors: list[ArchiveError],
    progress: Callable[[int, int], None],
) -> list[Iterator[Batch]]:
    """A stream of selected batches in time order for each archive; faults go to `errors`."""
    total = sum(archive.size_bytes for archive in archives)
    done = [0] * len(archives)

    def stream(k: int, archive: Archive) -> Iterator[Batch]:
        def advance(read: int) -> None:
            done[k] = read
            progress(sum(done), total)

        def selected() -> Iterator[Batch]:
            try:
                for batch in archive.batches(advance):
                    yield archive.options.selection.of(batch)
            except ArchiveError as error:
                errors.append(error)

        yield from selected() if archive.ordered else in_time_order(selected())

    return [stream(k, archive) for k, archive in enumerate(archives)]
