"""Watch: sources in, alerts out, until all have ended or somebody stops it.

::

    a task a source: keep(feed) -> Inbox -> a thread: Watcher -> store, said

The loop of the sources never waits for the judging, nor the judging for a source.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Thread
from time import monotonic, sleep
from typing import Any

from cablewatch.alerts.model import Alert
from cablewatch.archives.recording import Entry
from cablewatch.feeds.base import Feed, Received
from cablewatch.feeds.clock import now_ms
from cablewatch.feeds.keeping import Health, keep
from cablewatch.live.inbox import Inbox
from cablewatch.live.watcher import FOLD_ROWS, Watcher
from cablewatch.output.text import Json

SAY_S = 5.0  # between two words on how sources are
AGAIN_S = 1.0  # between two attempts at a full disk
BATCH_S = 0.1  # DESIGN: live pushes what arrived in the last 100 ms

log = logging.getLogger(__name__)


@dataclass
class Watch:
    """A run of sources and a watcher.

    Attributes
    ----------
    health : dict
        How each source is, by its name.
    inbox : Inbox
        What waits to be taken.
    """

    feeds: Sequence[Feed]
    watcher: Watcher
    told: Callable[[Sequence[Alert]], None] = lambda alerts: None
    health: dict[str, Health] = field(default_factory=dict)
    inbox: Inbox = field(default_factory=Inbox)
    _failure: BaseException | None = None

    async def run(self, stopped: asyncio.Event) -> bool:
        """Watch until all sources have ended (True), or until `stopped` is set (False).

        Raises
        ------
        CablewatchError
            The watcher cannot go on.
        """
        self._loop = asyncio.get_running_loop()
        self._stopped = stopped
        judging = Thread(target=self._judge, name="watcher")
        judging.start()
        keeping = [asyncio.create_task(self._keep(feed)) for feed in self.feeds]
        every = asyncio.create_task(self._all(keeping))
        stop = asyncio.create_task(stopped.wait())
        try:
            await asyncio.wait((every, stop), return_when=asyncio.FIRST_COMPLETED)
            done = every.done() and not stopped.is_set()
            if every.done():
                every.result()
        finally:
            tasks: list[asyncio.Task[Any]] = [every, stop, *keeping]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.inbox.end()
            await asyncio.to_thread(judging.join)
        if self._failure is not None:
            raise self._failure
        return done

    @staticmethod
    async def _all(keeping: Sequence[asyncio.Task[None]]) -> None:
        await asyncio.gather(*keeping)

    async def _keep(self, feed: Feed) -> None:
        source = feed.source
        health = self.health.setdefault(source.name, Health())
        confirming = asyncio.create_task(self._confirm(feed)) if source.waits else None

        async def take(received: Received) -> None:
            entry = Entry(
                source.name,
                source.format,
                received.data,
                received.at_ms,
                received.sender,
                received.position,
            )
            await self.inbox.put(entry, source.waits)

        try:
            await keep(feed, take, health, self.watcher.reached.get(source.name))
        finally:
            if confirming is not None:
                confirming.cancel()

    async def _confirm(self, feed: Feed) -> None:
        """Tell a source now and then what is safe."""
        told = None
        while True:
            await asyncio.sleep(BATCH_S)
            safe = self.watcher.safe.get(feed.source.name)
            if safe is not None and safe != told:
                try:
                    await feed.confirm(safe)
                    told = safe
                except Exception as error:  # a source that is told nothing more sends no more
                    log.warning("%s cannot be confirmed: %r", feed.source.name, error)
                    await asyncio.sleep(SAY_S)

    def _judge(self) -> None:
        """Body of the watcher's thread."""
        last_s = said_s = 0.0
        try:
            while True:
                if monotonic() - said_s >= SAY_S:
                    self.watcher.say(self._states())
                    said_s = monotonic()
                ended = self.inbox.ended
                if self.watcher.intake.stuck is not None:
                    self._again(ended)
                    continue
                behind = self.watcher.backlog.rows >= FOLD_ROWS
                received = self.inbox.take_impatient() if behind else self.inbox.take(BATCH_S)
                if received and not self.watcher.backlog.rows:
                    last_s = self._gather(received, last_s)
                self.told(self.watcher.take(received, now_ms()))
                if ended and not received and not behind and not self.watcher.backlog.rows:
                    break
            self.watcher.say(self._states())
        except BaseException as error:  # raised again by run()
            self._failure = error
            self._loop.call_soon_threadsafe(self._stopped.set)

    def _states(self) -> dict[str, Json]:
        """How each source is."""
        return {
            name: health.as_json() | {"unread_bytes": self.inbox.left_out[name]}
            for name, health in list(self.health.items())
        }

    def _again(self, ended: bool) -> None:
        """Try once more to keep what was taken; before that nothing else is."""
        if not ended:
            sleep(AGAIN_S)
        self.told(self.watcher.take([], now_ms()))
        if ended and self.watcher.intake.stuck is not None:
            raise self.watcher.intake.stuck

    def _gather(self, received: list[Entry], last_s: float) -> float:
        """Let what comes within a tenth of a second of the last batch join this one."""
        rest_s = BATCH_S - (monotonic() - last_s)
        if rest_s > 0 and not self.inbox.ended:
            self.inbox.rest(rest_s)
            received += self.inbox.take(0.0)
        return monotonic()
