"""A writer and the service over one store, killed at random moments and started again."""

import random
import time
from pathlib import Path
from typing import NamedTuple

from tests.durability.clients import Repeating, Reviewer, free_port
from tests.durability.load import Found, check, subscribed
from tests.durability.processes import start_service, start_writer
from tests.patience import DEADLINE_S, until

LONGEST_S = 0.4  # of a writer's life after its first acknowledgement
SERVED_S = 1.5  # of the service's


class Outcome(NamedTuple):
    """What a run came to."""

    kills: int
    of_the_service: int
    versions: int  # acknowledged
    reviews: int
    found: Found
    seconds: float


class Writer:
    """The writer through all its lives."""

    def __init__(self, place: Path) -> None:
        self._place, self.acknowledged = place, 0
        self._start()

    def _start(self) -> None:
        self._process, self._heard = start_writer(self._place)
        assert self._heard.poll(DEADLINE_S)
        resumed = self._heard.recv()
        assert resumed >= self.acknowledged, "what was acknowledged is read again"
        self.acknowledged = resumed

    def hear(self, seconds: float) -> None:
        """Take acknowledgements for a while."""
        end_s = time.monotonic() + seconds
        while self._heard.poll(max(end_s - time.monotonic(), 0)):
            self.acknowledged = self._heard.recv()

    def kill(self) -> None:
        """Kill it, and hear what it said before."""
        self._process.kill()
        self._process.join()
        try:
            while self._heard.poll():
                self.acknowledged = self._heard.recv()
        except EOFError:
            self._heard.close()

    def restart(self) -> None:
        self.kill()
        self._start()


class Service:
    """The service through all its lives."""

    def __init__(self, store: Path, reviewer: Reviewer, port: int) -> None:
        self._store, self._reviewer, self._port = store, reviewer, port
        self._start()

    def _start(self) -> None:
        log = self._store.parent / "service.log"
        self._process = start_service(self._store, self._port, log)

    def wait(self) -> None:
        """Wait until it acknowledges."""
        before = self._reviewer.acknowledged
        until(lambda: self._reviewer.acknowledged > before, "a review acknowledged")

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def restart(self) -> None:
        self.kill()
        self._start()


def run(kills: int, folder: Path, seed: int, service_share: float = 0.3) -> Outcome:
    """Kill so many times, then compare the store with all that was acknowledged."""
    chance, begun_s, of_the_service = random.Random(seed), time.monotonic(), 0
    store = folder / "store"
    store.mkdir()
    place = store / "alerts.sqlite"
    subscriber = subscribed(place)
    writer = Writer(place)
    until(lambda: bool(writer.hear(0.1) or writer.acknowledged), "a version acknowledged")
    port = free_port()
    reviewer = Reviewer(port)
    reviews = Repeating(reviewer.step)
    service = Service(store, reviewer, port)
    reviews.start()
    service.wait()
    for _ in range(kills):
        serving = chance.random() < service_share
        if serving:
            service.wait()  # else it might never have been there
        writer.hear(chance.uniform(0, SERVED_S if serving else LONGEST_S))
        (service if serving else writer).restart()
        of_the_service += serving
    service.wait()
    reviews.stop()
    service.kill()
    writer.kill()
    acknowledged = range(reviewer.acknowledged)
    found = check(place, subscriber, writer.acknowledged, acknowledged)
    seconds = time.monotonic() - begun_s
    return Outcome(
        kills, of_the_service, writer.acknowledged, len(acknowledged), found, round(seconds, 1)
    )
