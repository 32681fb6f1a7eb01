"""The one path from fixes to alerts: order, fold, book. Replay, live feeds and arrays all take it.

::

    fixes, statics -> Order -> Vessels, Fold, Judges, Clusters -> AlertBook -> Step
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import ModuleType, TracebackType
from typing import NamedTuple

import numpy as np

from cablewatch import __version__
from cablewatch.alerts import book, suppression
from cablewatch.alerts.book import AlertBook
from cablewatch.alerts.model import Alert
from cablewatch.cables.index import CableIndex, build_index
from cablewatch.cables.model import Cable
from cablewatch.context import places
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.engine import (
    anchor,
    baseline,
    circling,
    context,
    crossing,
    cycle,
    drag,
    drag_at_anchor,
    drift,
    episode,
    fishtail,
    fold,
    hearing,
    hints,
    identities,
    identity,
    judging,
    kernels,
    loiter,
    nursery,
    quality,
    recovery,
    silence,
    silences,
    speed_loss,
    state,
    stay,
    swing,
    tracks,
    trail,
    turning,
    typical_speed,
    wander,
)
from cablewatch.engine.clusters import Clusters
from cablewatch.engine.fold import Transitions, with_notices
from cablewatch.engine.judging import Judges
from cablewatch.engine.transitions import NOTICE_DTYPE, SLOW_STATION
from cablewatch.errors import UsageError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.ordering import admission, clocks, order
from cablewatch.ordering.order import ARCHIVE_LATENESS_MS, SEPARATOR, Order, Ordered
from cablewatch.shards import Alone, Fold, Shards, folding
from cablewatch.vessels import said, ship_classes
from cablewatch.vessels.register import Vessels
from cablewatch.vessels.statics import Statics

DECIDING = (
    *(clocks, admission, order, said),
    *(baseline, context, crossing, cycle, drag, drift, episode, fold, kernels, loiter),
    *(fishtail, speed_loss, typical_speed),
    *(quality, nursery, recovery, state, tracks, trail),
    *(circling, hearing, hints, identities, identity, judging, silence, silences, turning),
    *(anchor, drag_at_anchor, stay, swing, wander),
    *(places, ship_classes, suppression),
    book,
)
"""Modules whose figures decide what becomes an alert and how high it stands."""

GROUPS = {"alerts", "ordering", "vessels"}
"""Packages that only group modules: no part of a name in `config_hash`, which outlives a move."""


class Standing(NamedTuple):
    """A pipeline between two batches; it can be pickled."""

    config_hash: str
    order: Order
    vessels: Vessels
    clusters: Clusters
    engines: list[bytes]  # a shard each
    judges: bytes
    misled: dict[int, list[int]]


class Step(NamedTuple):
    """What one batch brought."""

    ordered: Ordered
    said: Transitions
    alerts: list[Alert]


class Pipeline:
    """Order, engine and book of one run; use as a context manager.

    Parameters
    ----------
    cables : sequence of Cable
        Routes to watch.
    stations : Stations
        Table of the station codes in the fixes.
    workers : int
        Processes for the fold; the answer does not depend on it.
    fold : callable, optional
        What folds instead: gets the index, and snapshots to go on from.
    lateness_ms : int
        Disorder in time that changes nothing.
    source : str
        Said in every alert: the input.
    selected : mapping
        What of the input was chosen; part of the name of the configuration.
    surroundings : Surroundings
        Places and depths that may lower an alert; likewise.
    standing : Standing, optional
        Go on from there, over the same cables and by the same rules; its stations count.

    Raises
    ------
    UsageError
        What is to go on was made by another version, by other rules or over other cables.
    """

    def __init__(
        self,
        cables: Sequence[Cable],
        stations: Stations,
        *,
        workers: int = 1,
        fold: Callable[[CableIndex, Sequence[bytes]], Fold] | None = None,
        lateness_ms: int = ARCHIVE_LATENESS_MS,
        source: str = "",
        selected: Mapping[str, object] | None = None,
        surroundings: Surroundings = NOWHERE,
        standing: Standing | None = None,
    ) -> None:
        self.config_hash = config_hash(cables, lateness_ms, selected or {}, surroundings)
        self._stack = ExitStack()
        index = build_index(cables)
        if standing is None:
            self.order = Order(stations, lateness_ms)
            self.vessels = Vessels()
            self._clusters = Clusters()
            self._judges = Judges(index, self._heard_by)
        else:
            self._check(standing)
            self.order, self.vessels, self._clusters = standing[1:4]
            self._judges = Judges.restore(standing.judges, index, self._heard_by)
        before = [] if standing is None else standing.engines
        self._fold: Fold = (
            folding(index, workers, before, self._stack) if fold is None else fold(index, before)
        )
        said = self.config_hash, source, surroundings
        self._book = AlertBook(cables, self.vessels, self._heard_by, *said)
        self._book.misled = {} if standing is None else standing.misled

    def __enter__(self) -> "Pipeline":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def push(self, fixes: Fixes, statics: Statics) -> Step:
        """Take what arrived; the step holds what the watermark has passed."""
        return self.take(self.order.push(fixes, statics))

    def flush(self) -> Step:
        """Global end of the input: nothing waits any longer; open episodes stay open."""
        return self.end(self.order.flush())

    def end(self, last: Ordered) -> Step:
        """Take the last that leaves the order."""
        step = self.take(last)
        return step._replace(said=with_notices(step.said, self._clusters.flush()))

    def standing(self) -> Standing:
        """What another pipeline goes on from, in any process, with any number of workers.

        It shares its parts with this one: pickle it before the next batch.
        """
        return Standing(
            self.config_hash,
            self.order,
            self.vessels,
            self._clusters,
            self._fold.snapshots(),
            self._judges.snapshot(),
            self._book.misled,
        )

    def places(self) -> tuple[Array, Array]:
        """Where the ships are that are followed on this machine, degrees east and north."""
        assert isinstance(self._fold, Alone | Shards)
        return self._fold.places()

    def _check(self, standing: Standing) -> None:
        if standing.config_hash != self.config_hash:
            raise UsageError(
                "snapshot",
                "made by other rules, over other routes or with another lateness",
                "go on with those, or start anew in another folder",
            )

    @property
    def counts(self) -> Mapping[str, int]:
        """Fixes set aside by order and fold, by reason."""
        folded = {reason: n for reason, n in self._fold.counts.items() if reason != "fixes"}
        return {**self.order.counts, **folded}

    def take(self, out: Ordered) -> Step:
        """Take what leaves the order, wherever that stands."""
        confirmed = self.vessels.update(out.statics)
        self._judges.follow(out.fixes, self.vessels.alternations())
        said = with_notices(
            self._judges.push(
                self._fold.push(out.fixes, confirmed, out.watermark_ms), out.watermark_ms
            ),
            np.concatenate(
                [self._clusters.push(out.fixes, out.watermark_ms), _slow_stations(out.slow)]
            ),
        )
        return Step(out, said, self._book.take(said))

    def _heard_by(self, code: int) -> tuple[str, ...]:
        return tuple(self.order.heard.name(code).split(SEPARATOR))


def _slow_stations(slow: Sequence[tuple[int, int]]) -> Array:
    """A notice for each station whose clock was first found slow."""
    return np.array([(t_ms, mmsi, SLOW_STATION) for t_ms, mmsi in slow], NOTICE_DTYPE)


def config_hash(
    cables: Sequence[Cable],
    lateness_ms: int,
    selected: Mapping[str, object],
    surroundings: Surroundings = NOWHERE,
) -> str:
    """Name of everything but the input that decides an alert, the version of the code included."""
    said = {
        "cablewatch": __version__,
        "figures": {_name(module): _figures(module) for module in DECIDING},
        "lateness_ms": lateness_ms,
        **selected,
        "cables": [cable.as_feature() for cable in cables],
        "context": surroundings.hashes,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def _name(module: ModuleType) -> str:
    """Name of a module without the packages of `GROUPS`."""
    return ".".join(part for part in module.__name__.split(".") if part not in GROUPS)


def _figures(module: ModuleType) -> dict[str, object]:
    """Constants of a module: numbers, texts, and tuples and tables of them."""
    return {
        name: value
        for name, value in vars(module).items()
        if name.strip("_").isupper() and _is_plain(value)
    }


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return isinstance(value, int | float | str)
