"""The watcher: what was received goes to the journal, through the pipeline, into the store.

The order of things makes that nothing is lost and nothing said twice, whenever the process ends:

1. what was received is in the journal before it is judged;
2. alerts are in the store before the snapshot that no longer holds what they came of;
3. a position of a source is confirmed when the journal that leads up to it is on disk.

After a crash the newest snapshot goes on, and what the journal holds behind its place is judged
again: the same input, the same versions of alerts, and a version that is there adds nothing.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from time import monotonic
from typing import NamedTuple

from cablewatch.alerts.model import Alert
from cablewatch.archives.options import DEFAULTS
from cablewatch.archives.recording import Entry, Senders
from cablewatch.batches import Batch
from cablewatch.cables.model import Cable
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.errors import StoreError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.live.backlog import Backlog
from cablewatch.live.intake import Intake
from cablewatch.live.memory import give_back
from cablewatch.live.tallies import Figures, Tally
from cablewatch.ordering.order import LIVE_LATENESS_MS
from cablewatch.output.text import Json
from cablewatch.pipeline import Pipeline, Standing, Step
from cablewatch.stores import snapshots
from cablewatch.stores.compaction import MAX_PARTS, compact_held
from cablewatch.stores.folder import TRACKS, StoreWriter
from cablewatch.stores.journal import Journal, Mark
from cablewatch.stores.places import local
from cablewatch.units import NEVER_MS

FOLD_ROWS = 20_000  # judged between two looks at the inbox: some 30 ms
SYNC_S = 1.0
SNAPSHOT_S = 60.0
SNAPSHOT_SHARE = 0.02  # of the time at most for snapshots
SETTLE_ROWS = 100_000  # fixes that wait for a part of the track store
SETTLE_S = 600.0

log = logging.getLogger(__name__)


class Snapshot(NamedTuple):
    """All that is needed to go on."""

    place: Mark
    pipeline: Standing
    stations: Stations
    senders: Senders
    fixes: Fixes  # that no part of the track store holds yet
    crossings: Array
    positions: dict[str, Json]  # of sources, behind what the journal holds
    figures: Figures
    tallies: dict[str, Tally]


class Watcher:
    """Judges what is received; a context manager.

    Parameters
    ----------
    cables : sequence of Cable
        Routes to watch.
    store : StoreWriter
        Its folder holds the snapshot too.
    journal : Journal
        What was received and not judged before is judged first.
    lateness_ms : int
        Disorder in time that changes nothing.
    positions : callable
        Gets fixes as they come, before they are judged; none that are judged again.

    Attributes
    ----------
    reached : dict
        Behind what each source that can go back was taken in; from there it goes on.
    safe : dict
        The same, of what is on disk.
    intake : Intake
        What waits for the journal; see its `stuck`.

    Raises
    ------
    StoreError, UsageError
        The store cannot be written; or it holds what other rules or routes made.
    """

    def __init__(
        self,
        cables: Sequence[Cable],
        store: StoreWriter,
        journal: Journal,
        *,
        lateness_ms: int = LIVE_LATENESS_MS,
        source: str = "",
        surroundings: Surroundings = NOWHERE,
        positions: Callable[[Fixes], None] = lambda fixes: None,
    ) -> None:
        before: Snapshot | None = snapshots.load(local(store.folder))
        self._cables, self._store, self._journal = cables, store, journal
        self._positions = positions
        self.backlog = Backlog(cables)
        self.stations = Stations() if before is None else before.stations
        self.senders = Senders(self.stations) if before is None else before.senders
        self.intake = Intake(journal, self.senders)
        self.figures = Figures() if before is None else before.figures
        self.tallies: dict[str, Tally] = {} if before is None else before.tallies
        self.reached: dict[str, Json] = {} if before is None else before.positions
        self.pipeline = Pipeline(
            cables,
            self.stations,
            lateness_ms=lateness_ms,
            source=source,
            selected=DEFAULTS.selection.decisive(),
            surroundings=surroundings,
            standing=None if before is None else before.pipeline,
        )
        if before is not None:
            journal.follow(before.place)
        self._before = before
        self._unsaid: list[Alert] = []  # that the store could not take
        self._stack = ExitStack()
        self._compactor = ThreadPoolExecutor(1, "compaction")
        self._compacting: Future[None] | None = None
        self._synced_s = self._saved_s = self._settled_s = monotonic()
        self._saving_s = 0.0
        self.safe: dict[str, Json] = {}
        self.watermark_ms = NEVER_MS

    def __enter__(self) -> "Watcher":
        self._stack.enter_context(self.pipeline)
        heard, name = self.pipeline.order.heard, self.pipeline.config_hash
        self._stack.enter_context(self._store.opened(heard, name, self._cables))
        self._stack.enter_context(self._compactor)
        self._go_on()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    def ships(self) -> tuple[int, int]:
        """How many ships are followed, and how many of them are near a cable."""
        lon_deg, lat_deg = self.pipeline.places()
        return len(lon_deg), int(self.backlog.near(lon_deg, lat_deg).sum())

    def take(self, received: Sequence[Entry], at_ms: int) -> list[Alert]:
        """Take what has come, and judge some of what waits; new versions of alerts."""
        fixes = self._decode(self.intake.take(received, at_ms))
        if len(fixes):
            self._positions(fixes)
        return self._judge() + self._sometimes()

    def say(self, health: Mapping[str, Json]) -> None:
        """Store how each source is and what came of it, for those who look from outside."""
        states = {
            name: {
                **said,
                **self.tallies.get(name, Tally()).as_json(self.senders.refused.get(name)),
                "position": self.reached.get(name),
                "backlog_rows": self.backlog.rows,
                "shed": dict(self.backlog.shed),
            }
            for name, said in health.items()
        }
        try:
            self._store.say_feeds(states)
        except StoreError as error:
            log.warning("how sources are cannot be stored: %s", error)

    def end(self) -> list[Alert]:
        """All sources have ended: nothing waits any longer."""
        return self._judge_all() + self._note(self.pipeline.flush())

    def close(self) -> None:
        """Write all that is known; the next run goes on from it.

        Where alerts could not be stored the snapshot stays as it was, and the journal with it.
        """
        self._judge_all()
        self._settle()
        if not self._unsaid:
            self._save()
        self._journal.close(done=not self._unsaid)

    def _go_on(self) -> None:
        """Judge again what came after the snapshot."""
        before, self._before = self._before, None
        if before is not None:
            self._store.take_back(before.fixes, before.crossings)
        segment = None if before is None else before.place.segment
        again = 0
        for place, entry in self._journal.since(None if before is None else before.place):
            if place.segment != segment:
                segment = place.segment
                self.senders.begin()
            self._decode([entry])
            self._journal.follow(place)
            again += 1
            while self.backlog.rows >= FOLD_ROWS:
                self._judge()
        self._judge_all()
        if again or before is not None:
            log.warning("went on from the last snapshot; %d entries were judged again", again)

    def _decode(self, received: Sequence[Entry]) -> Fixes:
        """Have what entries say wait to be judged; the fixes of it."""
        batches = []
        for entry in received:
            batches.append(self.senders.feed(entry))
            self.tallies.setdefault(entry.source, Tally()).note(batches[-1], entry.at_ms)
            if entry.position is not None:
                self.reached[entry.source] = entry.position
        batch = Batch.joined(batches)
        if len(batch.fixes) or len(batch.statics):
            self.backlog.add(batch)
        return batch.fixes

    def _judge(self) -> list[Alert]:
        if not self.backlog.rows:
            if self._unsaid:
                self._tell()
            return []
        return self._note(self.pipeline.push(*self.backlog.take(FOLD_ROWS)))

    def _judge_all(self) -> list[Alert]:
        """Judge all that waits."""
        alerts: list[Alert] = []
        while self.backlog.rows:
            alerts += self._judge()
        return alerts

    def _note(self, step: Step) -> list[Alert]:
        out, said, alerts = step
        self.watermark_ms = out.watermark_ms
        self.figures.note(step, len(alerts))
        self._unsaid += alerts
        self._tell()
        try:
            self._store.append(Fixes.concat([out.fixes, out.late]), (), said.crossings)
        except StoreError as error:  # it holds them until they are settled
            log.error("%s", error)
        return alerts

    def _tell(self) -> None:
        """Store alerts; what the store does not take waits, and no snapshot forgets its input."""
        if not self._unsaid:
            return
        try:
            self._store.append_alerts(self._unsaid)
        except StoreError as error:
            log.error("alerts wait to be stored: %s", error)
            return
        self._unsaid = []

    def _sometimes(self) -> list[Alert]:
        """What is done now and then, and again later where it fails; what was judged for it."""
        now_s, alerts = monotonic(), list[Alert]()
        try:
            if now_s - self._synced_s >= SYNC_S:
                self._synced_s = now_s
                self._journal.sync()
                self.safe = dict(self.reached)
            pause_s = max(SNAPSHOT_S, self._saving_s / SNAPSHOT_SHARE)
            if now_s - self._saved_s < pause_s or self._unsaid:
                return []
            self._saved_s = now_s
            alerts = self._judge_all()  # a snapshot holds no backlog
            if not self._unsaid:
                begun_s = monotonic()
                self._save()
                self._saved_s = monotonic()
                self._saving_s = self._saved_s - begun_s
        except StoreError as error:
            log.error("tried again later: %s", error)
        return alerts

    def _save(self) -> None:
        fixes, crossings = self._store.unwritten
        if len(fixes) >= SETTLE_ROWS or monotonic() - self._settled_s >= SETTLE_S:
            self._settle()
            fixes, crossings = self._store.unwritten
        place = self._journal.place
        state = Snapshot(
            place,
            self.pipeline.standing(),
            self.stations,
            self.senders,
            fixes,
            crossings,
            self.reached,
            self.figures,
            self.tallies,
        )
        snapshots.save(local(self._store.folder), state)
        give_back()
        self._journal.forget(place)

    def _settle(self) -> None:
        """Write tracks, crossings and ships."""
        span = self.figures.first_ms, self.figures.last_ms
        self._store.settle(self._cables, self.pipeline.vessels, *span)
        self._settled_s = monotonic()
        if self._compacting is None or self._compacting.done():
            self._compacting = self._compactor.submit(self._compact)

    def _compact(self) -> None:
        """Make of a day's many parts copies that are fast to read; a failure costs speed alone."""
        try:
            compact_held(self._store.folder / TRACKS, MAX_PARTS)
        except StoreError as error:
            log.warning("%s", error)
