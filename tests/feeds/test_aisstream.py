"""aisstream.io, against a server of the same protocol on this machine."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from cablewatch.archives.lines import line_decoder
from cablewatch.feeds.aisstream import AisStreamFeed, padded
from cablewatch.feeds.base import WORLD, Box, Source
from cablewatch.fixes import Stations

from .servers import PATIENCE_S, failure, free_port, lines, run, some

KEY = "0123456789abcdef-secret"
SOURCE = Source("aisstream", "aisstream", waits=False, silence_s=60.0)
POSITION = {
    "MessageType": "PositionReport",
    "MetaData": {
        "MMSI": 244730610,
        "MMSI_String": 244730610,
        "ShipName": "ANNA                ",
        "latitude": 53.09019,
        "longitude": 5.8545,
        "time_utc": "2026-04-25 09:47:25.26746452 +0000 UTC",
    },
    "Message": {
        "PositionReport": {
            "Cog": 90.5,
            "Latitude": 53.09019,
            "Longitude": 5.8545,
            "MessageID": 1,
            "NavigationalStatus": 0,
            "Sog": 7.5,
            "TrueHeading": 511,
            "UserID": 244730610,
            "Valid": True,
        }
    },
}
Said = Callable[[ServerConnection, Any], Any]


@asynccontextmanager
async def service(answer: Said, path: str = "/v0/stream") -> AsyncIterator[str]:
    """Its address; `answer` gets each connection and the subscription."""

    async def one(connection: ServerConnection) -> None:
        assert connection.request is not None and connection.request.path == path
        async with asyncio.timeout(PATIENCE_S):
            await answer(connection, json.loads(await connection.recv()))

    async with serve(one, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}{path}"


def feed(url: str, *boxes: Box) -> AisStreamFeed:
    return AisStreamFeed(SOURCE, url, KEY, boxes or (WORLD,))


def test_frames_become_lines_and_the_subscription_is_as_documented() -> None:
    subscriptions = []

    async def answer(connection: ServerConnection, subscription: Any) -> None:
        subscriptions.append(subscription)
        await connection.send(json.dumps(POSITION, indent=1).encode())
        await connection.send(json.dumps(POSITION))
        await connection.wait_closed()

    async def test() -> None:
        async with service(answer) as url:
            got = await some(feed(url, (24.0, 59.0, 25.0, 60.0)), 2)
        assert [json.loads(line) for line in lines(got)] == [POSITION] * 2
        decoder = line_decoder("aisstream", "a", Stations())
        fixes = decoder.feed(b"".join(one.data for one in got), got[-1].at_ms).fixes
        assert fixes.mmsi.tolist() == [244730610] * 2
        assert fixes.t_ms.tolist() == [1777110445267] * 2

    run(test())
    assert subscriptions == [
        {
            "APIKey": KEY,
            "BoundingBoxes": [[[58.5, 23.5], [60.5, 25.5]]],
            "FilterMessageTypes": [
                "ExtendedClassBPositionReport",
                "LongRangeAisBroadcastMessage",
                "PositionReport",
                "ShipStaticData",
                "StandardClassBPositionReport",
                "StaticDataReport",
            ],
        }
    ]


def test_recorded_frames_come_as_they_were(shared: Path) -> None:
    frames = (shared / "archives/aisstream_samples.jsonl").read_bytes().splitlines()

    async def answer(connection: ServerConnection, subscription: Any) -> None:
        for frame in frames:
            await connection.send(frame)
        await connection.wait_closed()

    async def test() -> None:
        async with service(answer) as url:
            assert lines(await some(feed(url), len(frames))) == frames

    run(test())


@pytest.mark.parametrize("said", ["Api Key Is Not Valid", f"no such key: {KEY}"])
def test_what_the_service_says_is_shown_without_the_key(said: str) -> None:
    async def answer(connection: ServerConnection, subscription: Any) -> None:
        await connection.send(json.dumps({"error": said}))

    async def test() -> None:
        async with service(answer) as url:
            error = await failure(feed(url).received(None))
        assert error.what == f"the service says: {said.replace(KEY, '...')}"
        assert "CABLEWATCH_AISSTREAM_KEY" in error.do
        assert KEY not in str(error)

    run(test())


def test_a_ship_called_error_is_none() -> None:
    ship = POSITION | {"MetaData": {"ShipName": "error", "error": "x"}}

    async def answer(connection: ServerConnection, subscription: Any) -> None:
        await connection.send(b'{"error" broken')
        await connection.send(json.dumps(ship))
        await connection.wait_closed()

    async def test() -> None:
        async with service(answer) as url:
            assert len(await some(feed(url), 2)) == 2

    run(test())


def test_cuts_are_told_from_leaving() -> None:
    async def answer(connection: ServerConnection, subscription: Any) -> None:
        if subscription["BoundingBoxes"] == [[[-90.0, -180.0], [90.0, 180.0]]]:
            await connection.close()
        else:
            connection.transport.abort()

    async def test() -> None:
        async with service(answer) as url:
            left = await failure(feed(url).received(None))
            cut = await failure(feed(url, (0, 0, 1, 1)).received(None))
        assert left.what == "closed by the service"
        assert cut.what.startswith("cut (")

    run(test())


def test_no_service_no_feed() -> None:
    async def test() -> None:
        error = await failure(feed(f"ws://127.0.0.1:{free_port()}/v0/stream").received(None))
        assert error.what.startswith("cannot be reached (")
        async with service(lambda *_: None, "/elsewhere") as url:
            elsewhere = url.replace("/elsewhere", "/v0/stream")
            assert "cut" in (await failure(feed(elsewhere).received(None))).what

    run(test())


def test_the_key_is_shown_nowhere() -> None:
    one = feed("wss://stream.aisstream.io/v0/stream")
    assert KEY not in repr(one) + repr(one.source)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (WORLD, [[[-90.0, -180.0], [90.0, 180.0]]]),
        ((-180.0, 0.0, 179.5, 1.0), [[[-0.5, -180.0], [1.5, 180.0]]]),
        (
            (-179.75, 0.0, -179.0, 1.0),
            [[[-0.5, 179.75], [1.5, 180.0]], [[-0.5, -180.0], [1.5, -178.5]]],
        ),
        (
            (179.0, 0.0, 181.0, 1.0),
            [[[-0.5, 178.5], [1.5, 180.0]], [[-0.5, -180.0], [1.5, -178.5]]],
        ),
        ((10.0, 0.0, 10.0, 0.0), [[[-0.5, 9.5], [0.5, 10.5]]]),
    ],
)
def test_boxes_with_their_margin(box: Box, expected: list[Any]) -> None:
    assert list(padded(box)) == expected
