"""Bytes arrive as whole lines in their order, whatever carries them and however it cuts them."""

import asyncio
import os
import random
import socket
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from cablewatch.errors import UsageError
from cablewatch.feeds import udp
from cablewatch.feeds.addresses import open_feed, open_feeds
from cablewatch.feeds.base import FeedError, Received
from cablewatch.feeds.keeping import Health, keep
from cablewatch.feeds.lines import MAX_LINE_BYTES, Lines
from cablewatch.feeds.stdin import StdinFeed
from cablewatch.feeds.tcp import TcpListenFeed
from cablewatch.feeds.udp import UdpFeed
from cablewatch.output.text import Json

LINES = b"".join(b"!AIVDM,1,1,,A,%d,0*00\r\n" % k for k in range(2_000))


async def until_cut(stream: AsyncGenerator[Received], enough: int) -> list[Received]:
    """What comes until the source ends, or `enough` bytes are there."""
    got: list[Received] = []
    try:
        async with asyncio.timeout(60):
            async for received in stream:
                got.append(received)
                if sum(len(one.data) for one in got) >= enough:
                    break
    except FeedError:
        pass
    await stream.aclose()
    return got


def joined(got: list[Received]) -> bytes:
    assert all(one.data.endswith((b"\n", b"\r")) for one in got)
    return b"".join(one.data for one in got)


def pieces(data: bytes, seed: int) -> list[bytes]:
    """Cut anywhere, into 1 to 4,096 bytes."""
    chance, cut = random.Random(seed), []
    while data:
        n = chance.choice((1, 2, 7, 63, 512, 4_096))
        cut.append(data[:n])
        data = data[n:]
    return cut


@pytest.mark.parametrize("seed", range(3))
def test_a_connection_hands_out_all_lines_however_it_is_cut(seed: int) -> None:
    async def sent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces(LINES, seed):
            writer.write(piece)
            await writer.drain()
        writer.close()

    async def run() -> bytes:
        server = await asyncio.start_server(sent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        got = await until_cut(open_feed(f"tcp://127.0.0.1:{port}").received(None), 1 << 30)
        server.close()
        return joined(got)

    assert asyncio.run(run()) == LINES


def test_a_cut_line_is_handed_out_at_the_end_of_a_connection() -> None:
    async def sent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"one\ntwo")
        writer.close()

    async def run() -> bytes:
        server = await asyncio.start_server(sent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        got = await until_cut(open_feed(f"tcp://127.0.0.1:{port}").received(None), 1 << 30)
        server.close()
        return joined(got)

    assert asyncio.run(run()) == b"one\ntwo\n"


def test_several_senders_are_told_apart() -> None:
    async def run() -> dict[str, bytes]:
        feed = open_feed("tcp-listen://127.0.0.1:0")
        assert isinstance(feed, TcpListenFeed)
        stream = feed.received(None)
        first = asyncio.create_task(anext(stream))
        while feed.address is None:
            await asyncio.sleep(0.01)
        writers = [(await asyncio.open_connection(*feed.address))[1] for _ in range(2)]
        for k, writer in enumerate(writers):
            writer.write(b"!from %d\n" % k)
            await writer.drain()
        got = [await first, await anext(stream)]
        for writer in writers:
            writer.close()
        await stream.aclose()
        return {one.sender: one.data for one in got}

    heard = asyncio.run(run())
    assert sorted(heard.values()) == [b"!from 0\n", b"!from 1\n"]


def test_datagrams_end_lines() -> None:
    async def run() -> bytes:
        feed = open_feed("udp://127.0.0.1:0")
        assert isinstance(feed, UdpFeed)
        stream = feed.received(None)
        first = asyncio.create_task(anext(stream))
        while feed.address is None:
            await asyncio.sleep(0.01)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for data in (b"one", b"two\r\n", b"three\nfour\n"):
                sender.sendto(data, feed.address)
        wanted = b"one\ntwo\r\nthree\nfour\n"
        got = [await first]
        while len(joined(got)) < len(wanted):
            got.append(await anext(stream))
        await stream.aclose()
        return joined(got)

    assert asyncio.run(run()) == b"one\ntwo\r\nthree\nfour\n"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux counts what it drops")
def test_datagrams_without_room_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the system's buffer and in ours: what comes, and what is known to be lost, is all."""
    monkeypatch.setattr(udp, "BUFFER_BYTES", 1 << 16)
    monkeypatch.setattr(udp, "WAITING", 40)

    async def run() -> tuple[list[int], int]:
        feed = open_feed("udp://:0")
        assert isinstance(feed, UdpFeed)
        stream = feed.received(None)
        got: list[int] = []
        lost = 0
        coming = asyncio.create_task(anext(stream))
        while feed.address is None:
            await asyncio.sleep(0.01)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(feed.address)
            for k in range(2_000):
                sender.send(b"%d" % k)
            await asyncio.sleep(0.1)  # the system's buffer has room again
            sender.send(b"2000")
            while not got or got[-1] != 2_000:
                received = await coming
                got += [int(line) for line in received.data.split()]
                lost += received.lost
                coming = asyncio.create_task(anext(stream))
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)
        return got, lost

    got, lost = asyncio.run(run())
    assert got == sorted(got) and len(got) < 1_000
    assert len(got) + lost == 2_001


def test_a_multicast_group_is_joined() -> None:
    async def run() -> bytes:
        feed = open_feed("udp://239.192.0.1:0?interface=127.0.0.1")
        assert isinstance(feed, UdpFeed)
        stream = feed.received(None)
        first = asyncio.create_task(anext(stream))
        while feed.address is None:
            await asyncio.sleep(0.01)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(
                socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1")
            )
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
            sender.sendto(b"one", ("239.192.0.1", feed.address[1]))
        async with asyncio.timeout(20):
            got = await first
        await stream.aclose()
        return got.data

    assert asyncio.run(run()) == b"one\n"


def test_the_standard_input_is_read_to_its_end() -> None:
    async def run() -> bytes:
        ours, theirs = os.pipe()
        stdin = open_feed("-")
        stream = StdinFeed(stdin.source, ours).received(None)

        def write() -> None:
            with os.fdopen(theirs, "wb", 0) as file:
                for piece in pieces(LINES, 4):
                    file.write(piece)

        writing = asyncio.create_task(asyncio.to_thread(write))
        got = [received async for received in stream]
        await writing
        os.close(ours)
        return joined(got)

    assert asyncio.run(run()) == LINES


async def read(path: Path, since: Json | None = None) -> list[Received]:
    return [one async for one in open_feed(f"file://{path}", speed=1e9).received(since)]


def test_a_file_goes_on_behind_a_position(tmp_path: Path) -> None:
    log = tmp_path / "log.nmea"
    log.write_bytes(LINES)
    whole = asyncio.run(read(log))
    assert joined(whole) == LINES and len(whole) > 10
    for k in (0, 7, len(whole) - 1):
        assert joined(asyncio.run(read(log, whole[k].position))) == joined(whole[k + 1 :])


@pytest.mark.parametrize("half", [b"", LINES[:20], LINES.splitlines()[0]])
def test_a_log_that_has_grown_goes_on_behind_its_last_whole_line(
    tmp_path: Path, half: bytes
) -> None:
    log = tmp_path / "log.nmea"
    log.write_bytes(LINES + half)
    before = asyncio.run(read(log))
    assert joined(before) == LINES + half + (b"\n" if half else b"")
    log.write_bytes(LINES + LINES)
    assert joined(asyncio.run(read(log, before[-1].position))) == LINES


@pytest.mark.parametrize(
    "other", [LINES[100:] + LINES, LINES[:-100], b"!x\n" + LINES], ids=["other", "cut", "longer"]
)
def test_another_file_of_the_same_name_is_read_from_its_start(
    tmp_path: Path, other: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """In another folder, or of the next day."""
    log = tmp_path / "log.nmea"
    log.write_bytes(LINES)
    before = asyncio.run(read(log))
    (tmp_path / "next").mkdir()
    beside = tmp_path / "next" / log.name
    beside.write_bytes(other)
    assert joined(asyncio.run(read(beside, before[-1].position))) == other
    assert "log.nmea is another file than before" in caplog.text


def test_a_position_of_another_kind_of_source_ends_a_watch_of_it(tmp_path: Path) -> None:
    (tmp_path / "log.nmea").write_bytes(LINES)
    feed = open_feed(f"file://{tmp_path}/log.nmea?name=pier")

    async def take(received: Received) -> None: ...

    with pytest.raises(UsageError, match=r"pier: the store knows another kind of source"):
        asyncio.run(keep(feed, take, Health(), {"seq": 7, "made": "2024"}))


def test_a_line_without_an_end_takes_no_more_memory_than_a_long_one() -> None:
    lines = Lines()
    for _ in range(100):
        assert lines.feed(b"x" * 10_000) == b""
    assert len(lines.feed(b"\n")) == MAX_LINE_BYTES + 1
    assert lines.feed(b"next\n") == b"next\n"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("gopher://host:1", "is no kind of source"),
        ("tcp://host", "names no host and port"),
        ("tcp://:5631", "names no host and port"),
        ("tcp://host:70000", "names no host and port"),
        ("tcp://host:1?colour=red", "the option 'colour' is unknown"),
        ("tcp://host:1?silence=soon", "silence=soon is no number of seconds"),
        ("tcp://host:1?silence=nan", "silence=nan is no number of seconds"),
        ("udp://localhost:1", "localhost is no address to listen on"),
        ("udp://239.192.0.1:1?interface=eth0", "eth0 is no address to listen on"),
    ],
)
def test_a_wrong_address_says_what_is_wrong(url: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_feed(url)
    assert says in caught.value.what
    assert caught.value.where == url.partition("?")[0]


def test_two_sources_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="two sources have the name pier"):
        open_feeds(["tcp://a:1?name=pier", "tcp://b:1?name=pier"])
