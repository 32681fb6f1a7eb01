"""``aisstream://``: aisstream.io, a stream of what volunteers hear all over the world.

The service wants a key and a subscription within three seconds (aisstream.io/documentation):
boxes, and the types of message that ``archives.aisstream`` reads. Each frame is one message. What
is wrong, a key also, it says in a frame ``{"error": "..."}`` and closes.
"""

import json
from collections.abc import AsyncGenerator, Iterator, Sequence

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from cablewatch.archives.aisstream import POSITIONS, STATICS
from cablewatch.feeds.base import Box, FeedError, Received, Source
from cablewatch.feeds.clock import now_ms
from cablewatch.feeds.lines import MAX_MESSAGE_BYTES, one_line
from cablewatch.output.text import Json

HOST, PATH = "stream.aisstream.io", "/v0/stream"
SILENCE_S = 60.0
CONNECT_S, CLOSE_S = 10.0, 2.0
PAD_DEG = 0.5  # around what is watched
SHOWN = 200  # characters of what the service says


class AisStreamFeed:
    """A subscription to a service that speaks as aisstream.io does.

    Parameters
    ----------
    key : str
        Sent in the subscription, and nowhere else.
    boxes : sequence of Box
        What is watched; padded by `PAD_DEG`.
    """

    def __init__(self, source: Source, url: str, key: str, boxes: Sequence[Box]) -> None:
        self.source = source
        self._url, self._key, self._boxes = url, key, boxes

    async def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Frames until the connection ends; see :class:`~cablewatch.feeds.base.Feed`."""
        name = self.source.name
        try:
            async with connect(
                self._url,
                open_timeout=CONNECT_S,
                close_timeout=CLOSE_S,
                max_size=MAX_MESSAGE_BYTES,
            ) as connection:
                await connection.send(json.dumps(self._subscription()))
                async for frame in connection:
                    data = frame if isinstance(frame, bytes) else frame.encode()
                    self._check(data)
                    yield Received(one_line(data), now_ms())
        except ConnectionClosed as error:
            raise FeedError(name, f"cut ({self._shown(error)})", "see the service") from None
        except (OSError, TimeoutError, WebSocketException) as error:
            what = f"cannot be reached ({self._shown(error) or 'no answer'})"
            raise FeedError(name, what, "check the network and the address") from None
        raise FeedError(name, "closed by the service", "see whether the key is used elsewhere")

    async def confirm(self, position: Json) -> None:
        """Nothing: the service sends what is new."""

    def _subscription(self) -> Json:
        return {
            "APIKey": self._key,
            "BoundingBoxes": [corners for box in self._boxes for corners in padded(box)],
            "FilterMessageTypes": sorted({*POSITIONS, *STATICS}),
        }

    def _check(self, frame: bytes) -> None:
        """FeedError where a frame says that something is wrong."""
        if b'"error"' not in frame[:SHOWN]:
            return
        try:
            said = json.loads(frame)
        except ValueError:
            return  # counted by who reads it
        if isinstance(said, dict) and "error" in said and "MessageType" not in said:
            what = f"the service says: {self._shown(said['error'])}"
            raise FeedError(self.source.name, what, "check CABLEWATCH_AISSTREAM_KEY")

    def _shown(self, said: object) -> str:
        """What is said, without the key and not too long."""
        return str(said).replace(self._key, "...")[:SHOWN]


def padded(box: Box) -> Iterator[list[list[float]]]:
    """Corners ``[[lat, lon], [lat, lon]]`` of a box with its margin; two across the antimeridian.

    >>> list(padded((24.0, 59.0, 25.5, 60.0)))
    [[[58.5, 23.5], [60.5, 26.0]]]
    >>> list(padded((179.0, -10.0, -179.0, 89.9)))
    [[[-10.5, 178.5], [90.0, 180.0]], [[-10.5, -180.0], [90.0, -178.5]]]
    """
    west, south, east, north = box
    south, north = max(south - PAD_DEG, -90.0), min(north + PAD_DEG, 90.0)
    width = (east - west if east >= west else east - west + 360.0) + 2 * PAD_DEG
    if width >= 360.0:
        yield [[south, -180.0], [north, 180.0]]
        return
    west = (west - PAD_DEG + 180.0) % 360.0 - 180.0
    east = west + width
    yield [[south, west], [north, min(east, 180.0)]]
    if east > 180.0:
        yield [[south, -180.0], [north, east - 360.0]]
