"""Brokers of a test's own, and ways to listen to a feed."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from signal import SIGTERM

import pytest

from cablewatch.feeds.base import Feed, FeedError, Received
from cablewatch.output.text import Json

PATIENCE_S = 60.0  # of a machine that has much else to do
SBIN = "/usr/sbin:/usr/local/sbin"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Broker:
    """A process that can be killed and started again on its port."""

    def __init__(self, program: str, arguments: Sequence[str], port: int, folder: Path) -> None:
        found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:{SBIN}")
        if found is None:
            pytest.skip(f"{program} is not installed")
        self.port, self._command, self._folder = port, [found, *arguments], folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Broker":
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        pytest.fail((self._folder / "broker.log").read_text())

    def signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self, number: int = SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE_S)
            self._process = None


async def some(feed: Feed, n: int, since: Json | None = None) -> list[Received]:
    """What a feed receives, until there are so many lines."""
    got: list[Received] = []
    async with asyncio.timeout(PATIENCE_S), aclosing(feed.received(since)) as stream:
        while sum(received.data.count(b"\n") for received in got) < n:
            got.append(await anext(stream))
    return got


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to come true."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.01)


async def failure(stream: AsyncGenerator[Received]) -> FeedError:
    """The error that a feed ends with."""
    async with asyncio.timeout(PATIENCE_S), aclosing(stream):
        with pytest.raises(FeedError) as caught:
            async for _ in stream:
                pass
    return caught.value


def lines(received: Sequence[Received]) -> list[bytes]:
    return b"".join(one.data for one in received).splitlines()


def run(test: Awaitable[None]) -> None:
    """Run a test, and leave no thread of it."""

    async def main() -> None:
        await test

    asyncio.run(main())
