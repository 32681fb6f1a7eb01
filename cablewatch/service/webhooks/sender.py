"""From the outbox to subscribers: at least once, each subscriber in the order of events.

What is not taken (2xx) is sent again after a time that grows from seconds to a day, or later where
``Retry-After`` asks for it; then it is dead until somebody sends it again. Meanwhile nothing later
goes to that subscriber. One that says 410 is paused. A sender that is killed forgets nothing: what
it had claimed is due again when its lease ends.
"""

import asyncio
import logging
import math
import random
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import groupby
from typing import TypeVar

from anyio import CapacityLimiter, create_task_group, move_on_after
from anyio.to_thread import run_sync
from fastapi import FastAPI

from cablewatch.errors import StoreError, UsageError
from cablewatch.output.text import epoch_ms
from cablewatch.service.streams.told import Origin
from cablewatch.service.webhooks.connection import SECONDS, Reply, SendError, post
from cablewatch.service.webhooks.destinations import Destinations
from cablewatch.service.webhooks.message import body_of, headers_of
from cablewatch.stores.deliveries import Due, Outbox
from cablewatch.stores.events import now_ms
from cablewatch.stores.sql.database import Database
from cablewatch.stores.subscriptions import SubscriptionStore
from cablewatch.units import DAY_MS

FIRST_MS, GROWTH, LONGEST_MS = 5_000, 3, 86_400_000  # 5 s, 15 s, ... a day
ATTEMPTS = 12  # 1.3 to 2.6 days
SUBSCRIBERS = 16  # sent to at a time
BATCH = 8  # messages of one that are claimed at a time
LEASE_MS = int(1000 * SECONDS * (BATCH + 1))
POLL_S = 1.0
FORGET_S = 3600.0  # between two looks for deliveries that are old
GONE = 410

T = TypeVar("T")
log = logging.getLogger(__name__)


def wait_ms(attempts: int, chance: float, asked_ms: int = 0) -> int:
    """How long to wait after so many attempts; `chance` in [0, 1) spreads it over a half.

    >>> [wait_ms(n, 0.0) for n in (1, 2, 20)], wait_ms(1, 0.0, 60_000)
    ([2500, 7500, 43200000], 60000)
    """
    whole = min(FIRST_MS * GROWTH ** (attempts - 1), LONGEST_MS)
    return min(max(int(whole * (1 + chance) / 2), asked_ms), LONGEST_MS)


def asked_ms(retry_after: str | None, at_ms: int) -> int:
    """What ``Retry-After`` asks for: seconds, or a time (RFC 9110, section 10.2.3)."""
    if retry_after is None:
        return 0
    try:
        if retry_after.isascii() and retry_after.isdigit():
            return int(retry_after[:9]) * 1000
        return max(epoch_ms(parsedate_to_datetime(retry_after)) - at_ms, 0)
    except (ValueError, TypeError, OverflowError):
        return 0


class Sender:
    """Sends what is due.

    Parameters
    ----------
    database : Database
        Open for writing.
    destinations : Destinations
        Where messages may go.
    origin : callable
        Where the positions of an alert come from, as far as they are modelled.
    clock : callable, optional
        UTC milliseconds.
    """

    def __init__(
        self,
        database: Database,
        destinations: Destinations,
        origin: Origin,
        clock: Callable[[], int] = now_ms,
        seconds: float = SECONDS,
    ) -> None:
        self._outbox, self._subscriptions = Outbox(database), SubscriptionStore(database)
        self._destinations, self._clock, self._seconds = destinations, clock, seconds
        self._origin, self._ending = origin, threading.Event()

    def due(self, subscribers: int = SUBSCRIBERS) -> list[Sequence[Due]]:
        """Look for new events and take what is due, a batch for each subscriber."""
        self._outbox.arrange(self._clock())
        due = self._outbox.claim(self._clock(), LEASE_MS, BATCH, subscribers)
        return [list(batch) for _, batch in groupby(due, lambda one: one.subscription.id)]

    def send(self, batch: Sequence[Due]) -> None:
        """Send to one subscriber until something is not taken, or this ends; the rest waits."""
        waiting = deque(batch)
        while waiting and not self._ending.is_set() and self._send(waiting.popleft()):
            pass
        for later in waiting:
            self._outbox.put_back(later.subscription.id, later.change.seq)

    def step(self) -> int:
        """Send what is due to all at once; how many messages were taken from the outbox."""
        batches = self.due()
        with ThreadPoolExecutor(SUBSCRIBERS, "webhooks") as pool:
            list(pool.map(self.send, batches))
        return sum(map(len, batches))

    def end(self) -> None:
        """Send nothing after what is under way."""
        self._ending.set()

    def _send(self, due: Due) -> bool:
        """Whether a message was taken."""
        at_ms, of, body = self._clock(), due.subscription, body_of(due.change, self._origin)
        headers = headers_of(due.change, body, of.secret, at_ms)
        try:
            self._destinations.target(of.url)
            reply = post(of.url, headers, body, self._destinations, self._seconds)
        except (SendError, UsageError) as error:
            self._failed(due, str(error), None)
            return False
        if 200 <= reply.status < 300:
            self._outbox.delivered(of.id, due.change.seq, reply.status)
            return True
        if reply.status == GONE:
            self._subscriptions.pause(of.id)
        self._failed(due, f"answered {reply.status}", reply)
        return False

    def _failed(self, due: Due, error: str, reply: Reply | None) -> None:
        at_ms, next_ms = self._clock(), None
        if due.attempts < ATTEMPTS:
            asked = 0 if reply is None else asked_ms(reply.retry_after, at_ms)
            next_ms = at_ms + wait_ms(due.attempts, random.random(), asked)
        status = None if reply is None else reply.status
        self._outbox.failed(due.subscription.id, due.change.seq, error, status, next_ms)


@asynccontextmanager
async def sending(app: FastAPI) -> AsyncIterator[None]:
    """Send while the service runs, in threads of its own; what is under way at the end is left."""
    office = _Office(app)
    task = asyncio.create_task(office.run())
    try:
        yield
    finally:
        office.end()
        task.cancel()


class _Office:
    """Sends to some subscribers at a time; none waits for another while there are threads."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._sender: Sender | None = None
        self._looking, self._sending = CapacityLimiter(1), CapacityLimiter(SUBSCRIBERS)
        self._sent = asyncio.Event()

    async def run(self) -> None:
        """Look for what is due, again and again, and as soon as something was sent."""
        failing, forgot_s = False, -math.inf
        async with create_task_group() as tasks:
            while True:
                self._sent.clear()
                try:
                    if time.monotonic() - forgot_s >= FORGET_S:
                        await self._in_thread(partial(forget, self._app), self._looking)
                        forgot_s = time.monotonic()
                    batches = await self._in_thread(self._due, self._looking)
                    failing = False
                except Exception as error:  # whatever it is, the next events are to be sent
                    if not failing or not isinstance(error, StoreError):
                        log.error("webhooks cannot be sent: %s", error)
                    failing, batches = True, []
                for batch in batches:
                    tasks.start_soon(self._send, batch)
                with move_on_after(POLL_S):
                    await self._sent.wait()

    def end(self) -> None:
        """Begin nothing more."""
        if self._sender is not None:
            self._sender.end()

    def _due(self) -> list[Sequence[Due]]:
        """What is due; a store that nobody subscribed to is only looked at."""
        folder, free = self._app.state.folder, self._sending.available_tokens
        if not free or not _subscribed(self._app):
            return []
        if self._sender is None:
            self._sender = Sender(
                folder.writing,
                self._app.state.destinations,
                lambda alert: folder.origin(folder.run(), alert),
            )
        return self._sender.due(int(free))

    async def _send(self, batch: Sequence[Due]) -> None:
        assert self._sender is not None
        try:
            await self._in_thread(partial(self._sender.send, batch), self._sending)
        except Exception as error:  # its lease ends, and it is sent again
            log.error("what became of webhooks cannot be kept: %s", error)
        else:
            self._sent.set()

    async def _in_thread(self, work: Callable[[], T], limiter: CapacityLimiter) -> T:
        return await run_sync(work, limiter=limiter, abandon_on_cancel=True)


def forget(app: FastAPI, at_ms: int | None = None) -> None:
    """Remove what was delivered more than `delivered_days` ago."""
    if not _subscribed(app):
        return
    before_ms = (now_ms() if at_ms is None else at_ms) - app.state.settings.delivered_days * DAY_MS
    outbox = Outbox(app.state.folder.writing)
    while outbox.forget(before_ms):
        continue


def _subscribed(app: FastAPI) -> bool:
    """Whether there is a subscriber; a store without any is only looked at."""
    try:
        return bool(SubscriptionStore(app.state.folder.alerts.database).all())
    except StoreError:  # /ready says so
        return False
