"""What one client hears of what is stored now."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from time import monotonic

from cablewatch.service.streams.alerts import AlertFeed, Interest
from cablewatch.service.streams.bell import Bell
from cablewatch.service.streams.frames import BEGIN, CLOSING, HEARTBEAT, chunks
from cablewatch.service.streams.positions import Box, PositionFeed

HEARTBEAT_S = 15.0


class Live:
    """The feeds of a service, and the clients that hear them."""

    def __init__(self, alerts: AlertFeed, positions: PositionFeed, bell: Bell) -> None:
        self.alerts, self.positions, self.bell = alerts, positions, bell

    async def heard(
        self, seq: int, interest: Interest, box: Box | None = None
    ) -> AsyncGenerator[bytes]:
        """What a client hears that was told up to the event `seq`; it ends when the service does.

        A client that takes little is behind, and reads what it missed from the store. One that
        takes nothing is closed by the guard of its connection.
        """
        with _listening(self.alerts), _listening(self.positions if box else None):
            yield BEGIN
            growth, sent_s = self.positions.growth, monotonic()
            while not self.bell.over:
                events, seq = await self.alerts.page(seq)
                frames = [told.frame for told in events if interest.meets(told)]
                if box and growth != self.positions.growth:
                    growth = self.positions.growth
                    frames.append(self.positions.newest(box))
                for chunk in chunks(frames):
                    yield chunk
                    sent_s = monotonic()
                if events or frames:  # the bell may have rung while they were sent
                    continue
                if not await self.bell.heard(sent_s + HEARTBEAT_S - monotonic()):
                    sent_s = monotonic()
                    yield HEARTBEAT
            yield CLOSING


@contextmanager
def _listening(feed: AlertFeed | PositionFeed | None) -> Iterator[None]:
    if feed is None:
        yield
        return
    feed.listeners += 1
    try:
        yield
    finally:
        feed.listeners -= 1
