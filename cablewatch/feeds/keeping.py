"""Keeping a feed: connect again when it is cut, and know how it is.

After a cut the next attempt comes soon, after failures in a row later and later (`FIRST_S` doubled
up to `LAST_S`, of which a half is left to chance, so that many clients do not come at once). A
connection over which nothing comes for the source's `silence_s` counts as cut: its other end may be
gone without a word. What nobody heard between the last bytes before a cut and the first behind it
is a *gap*: a ship that was silent then was perhaps not.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import NamedTuple

from cablewatch.errors import UsageError
from cablewatch.feeds.base import Feed, FeedError, Received
from cablewatch.feeds.clock import now_ms
from cablewatch.output.text import Json, rfc3339
from cablewatch.units import EARLIEST_MS

FIRST_S, LAST_S = 0.5, 15.0
DOUBLED = 10  # times; that is beyond LAST_S
GAPS = 100  # kept of a source
STATES = ("connecting", "receiving", "cut", "ended")

log = logging.getLogger(__name__)


class Gap(NamedTuple):
    """A time in which a source brought nothing because it was cut."""

    from_ms: int
    to_ms: int
    reason: str


@dataclass
class Health:
    """How a source is."""

    state: str = "connecting"
    since_ms: int = field(default_factory=now_ms)
    reason: str = ""  # of the last cut
    cuts: int = 0
    last_ms: int | None = None  # when something came last
    received_bytes: int = 0
    lost_messages: int = 0  # known to have been sent to it
    gaps: deque[Gap] = field(default_factory=lambda: deque(maxlen=GAPS))

    def turn(self, state: str, reason: str = "") -> None:
        """Note that its state is another, and why."""
        self.state, self.since_ms = state, now_ms()
        self.reason = reason or self.reason

    def heard(self, received: Received) -> None:
        """Note what came; after a cut that ends a gap."""
        at_ms = now_ms()
        if self.state != "receiving":
            if self.cuts and self.last_ms is not None:
                self.gaps.append(Gap(self.last_ms, at_ms, self.reason))
            self.turn("receiving")
        self.last_ms = at_ms
        self.received_bytes += len(received.data)
        self.lost_messages += received.lost

    def as_json(self) -> Json:
        """Plain values, as they are stored and served."""
        return {
            "state": self.state,
            "since": rfc3339(self.since_ms),
            "reason": self.reason,
            "cuts": self.cuts,
            "last": None if self.last_ms is None else rfc3339(self.last_ms),
            "received_bytes": self.received_bytes,
            "lost_messages": self.lost_messages,
            "gaps": [
                {"from": rfc3339(gap.from_ms), "to": rfc3339(gap.to_ms), "reason": gap.reason}
                for gap in tuple(self.gaps)  # the loop of the sources adds some meanwhile
            ],
        }


async def keep(
    feed: Feed,
    take: Callable[[Received], Awaitable[None]],
    health: Health,
    since: Json | None = None,
) -> None:
    """Hand out what a feed receives, cut after cut, until the source itself has ended.

    Parameters
    ----------
    take : callable
        Gets what came, in order; where the feed waits, it takes its time.
    health : Health
        Is kept up to date.
    since : dict, optional
        Position behind which to go on.

    Raises
    ------
    UsageError
        The position is of another kind of source.
    """
    name, failures = feed.source.name, 0
    while True:
        before = health.received_bytes
        try:
            async with aclosing(feed.received(since)) as stream:
                while True:
                    received = await _next(feed, stream)
                    if received is None:
                        health.turn("ended")
                        return
                    health.heard(received)
                    since = received.position or since
                    await take(received._replace(at_ms=_came_ms(received.at_ms)))
        except FeedError as error:
            reason, said = error.what, f"{error.what}; {error.do}"
        except UsageError:
            raise
        except Exception as error:  # of a library, say: no reason to lose the other sources
            log.exception("%s: not a cut but a fault", name)
            reason = said = f"failed ({type(error).__name__})"
        health.cuts += 1
        failures = 0 if health.received_bytes > before else failures + 1
        again = reason == health.reason and failures & (failures - 1)
        health.turn("cut", reason)
        wait_s = min(FIRST_S * 2.0 ** min(failures, DOUBLED), LAST_S) * random.uniform(0.5, 1.0)
        if not again:  # the same is said when it has failed twice as often
            log.warning("%s: %s; next attempt in %.1f s", name, said, wait_s)
        await asyncio.sleep(wait_s)


def _came_ms(said_ms: int | None) -> int | None:
    """When something came: now, where the clock of a broker says what cannot be."""
    if said_ms is None:
        return None
    latest_ms = now_ms()
    return said_ms if EARLIEST_MS <= said_ms <= latest_ms else latest_ms


async def _next(feed: Feed, stream: AsyncGenerator[Received]) -> Received | None:
    """What comes next; None at the end of the source."""
    source = feed.source
    try:
        async with asyncio.timeout(source.silence_s or None):
            return await anext(stream)
    except StopAsyncIteration:
        return None
    except TimeoutError:
        what = f"nothing came for {source.silence_s:g} s"
        raise FeedError(source.name, what, "see whether its sender is well") from None
