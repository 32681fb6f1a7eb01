"""A serial port, by the two ends of a terminal."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from cablewatch.feeds.base import Source
from cablewatch.feeds.serial import SerialFeed

from .servers import PATIENCE_S, failure, run, some, until

pytest.importorskip("termios", reason="terminals of two ends are there on POSIX only")
SOURCE = Source("ttyUSB0", "nmea", waits=False, silence_s=0.0)
SENTENCE = b"!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A\r\n"


@pytest.fixture
def receiver() -> Iterator[tuple[int, str]]:
    """The end that is written to, and the name of the other."""
    ours, theirs = os.openpty()
    name = os.ttyname(theirs)
    os.close(theirs)
    yield ours, name
    with suppress(OSError):
        os.close(ours)


def test_lines_cut_anywhere(receiver: tuple[int, str]) -> None:
    ours, name = receiver

    async def test() -> None:
        sending = asyncio.create_task(send(ours, SENTENCE * 3))
        got = await some(SerialFeed(SOURCE, name), 3)
        await sending
        assert b"".join(one.data for one in got) == SENTENCE * 3
        assert all(one.at_ms is not None for one in got)

    run(test())


async def send(descriptor: int, data: bytes) -> None:
    await asyncio.sleep(0.2)  # opening discards what came before
    for i in range(0, len(data), 7):
        os.write(descriptor, data[i : i + 7])
        await asyncio.sleep(0.005)


def test_a_device_that_is_pulled_out(receiver: tuple[int, str]) -> None:
    ours, name = receiver

    async def test() -> None:
        stream = SerialFeed(SOURCE, name).received(None)
        asyncio.get_running_loop().call_later(0.3, os.close, ours)
        assert (await failure(stream)).what.startswith("cut (")

    run(test())


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    async def test() -> None:
        error = await failure(SerialFeed(SOURCE, str(tmp_path / "ttyUSB0")).received(None))
        assert (error.where, error.what[:16]) == ("ttyUSB0", "cannot be opened")

    run(test())


def test_who_leaves_lets_go_of_the_port(receiver: tuple[int, str]) -> None:
    ours, name = receiver

    def reading() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == SOURCE.name]

    async def test() -> None:
        for _ in range(2):  # the port is locked: nobody opens it twice
            sending = asyncio.create_task(send(ours, SENTENCE.strip() + b"\n"))
            stream = SerialFeed(SOURCE, name).received(None)
            async with asyncio.timeout(PATIENCE_S), aclosing(stream):
                assert (await anext(stream)).data == SENTENCE.strip() + b"\n"
                await asyncio.sleep(0.2)  # the reader waits for more
            await sending
            await until(lambda: not reading())

    run(test())


def test_a_reader_that_nobody_takes_from_ends_too(receiver: tuple[int, str]) -> None:
    ours, name = receiver

    async def test() -> None:
        stream = SerialFeed(SOURCE, name).received(None)
        async with asyncio.timeout(PATIENCE_S), aclosing(stream):
            sending = asyncio.create_task(send(ours, SENTENCE * 40))
            await anext(stream)
            await sending
        await until(lambda: SOURCE.name not in {t.name for t in threading.enumerate()})

    run(test())
