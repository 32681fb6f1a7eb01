"""The service and a feed over PostgreSQL, whose server is stopped and started again."""

import random
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import psycopg

from cablewatch.errors import StoreError
from cablewatch.stores.alerts import AlertStore
from tests.durability.clients import GIVEN, PATIENCE_S, Repeating, Reviewer, ask, free_port
from tests.durability.cluster import Cluster
from tests.durability.load import Found, batch_after, check, subscribed
from tests.durability.processes import start_service
from tests.patience import until

READ = (
    "/api/v1/alerts?limit=5",
    "/api/v1/alerts/alert000000",
    "/api/v1/alerts/alert000000/reviews",
)
MODES = ("immediate", "fast")


class Outcome(NamedTuple):
    """What a run came to."""

    restarts: int
    versions: int  # acknowledged
    reviews: int
    found: Found
    committed_unheard: int  # batches that were committed although the writer saw an error
    refused_writes: int  # reviews answered with 503
    reads: dict[int, int]  # by status
    gaps_s: tuple[float, ...]  # from a server that is ready to a review acknowledged


class Feed:
    """A writer that appends batches, each until it is acknowledged."""

    def __init__(self, url: str) -> None:
        self._store = AlertStore(url)
        self.acknowledged = self.committed_unheard = 0
        self._failed = False

    def step(self) -> None:
        batch = batch_after(self.acknowledged)
        try:
            added = self._store.append(batch)
        except StoreError:
            self._failed = True
            time.sleep(PATIENCE_S)
            return
        assert added in ({0, len(batch)} if self._failed else {len(batch)})
        self.committed_unheard += added == 0
        self.acknowledged += len(batch)
        self._failed = False

    def close(self) -> None:
        self._store.database.close()


class Readers:
    """Reads go on or are refused with a problem; the service lives all the time."""

    def __init__(self, port: int) -> None:
        self._port, self.statuses = port, Counter[int]()
        self.ready = Counter[int]()

    def step(self) -> None:
        for path in READ:
            answer = ask(self._port, "GET", path)
            self.statuses[answer.status] += 1
            assert answer.status in GIVEN, (path, answer.status, answer.body)
            if answer.status == 503:
                assert answer.retry_after is not None and answer.json["status"] == 503
        assert ask(self._port, "GET", "/health").status == 200
        ready = ask(self._port, "GET", "/ready")
        assert ready.status in GIVEN and (ready.status == 200 or ready.retry_after is not None)
        self.ready[ready.status] += 1
        time.sleep(PATIENCE_S)


def ready_s(url: str) -> float:
    """Wait until the server takes a connection; when that was."""
    plain = url.replace("+psycopg", "")

    def connects() -> bool:
        try:
            psycopg.connect(plain, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    until(connects, "ready")
    return time.monotonic()


def run(restarts: int, folder: Path, cluster: Cluster, seed: int) -> Outcome:
    """Restart so many times under load, then compare the store with what was acknowledged."""
    chance, gaps_s = random.Random(seed), []
    subscriber = subscribed(cluster.url)
    store, port = folder / "store", free_port()
    store.mkdir()
    (store / "run.json").write_text("{}")
    feed = Feed(cluster.url)
    feed.step()
    service = start_service(store, port, folder / "service.log", cluster.url)
    until(lambda: ask(port, "GET", "/ready").status == 200, "ready")
    reviewer, readers = Reviewer(port), Readers(port)
    steps = [feed.step, reviewer.step, readers.step]
    work = [Repeating(step) for step in steps]
    for one in work:
        one.start()
    for number in range(restarts):
        time.sleep(chance.uniform(0.1, 1))
        cluster.stop(MODES[number % len(MODES)])
        refused = reviewer.refused, readers.statuses[503], readers.ready[503]
        until(lambda r=refused: _refused(reviewer, readers, r), "refused")
        cluster.start()
        at_s, before = ready_s(cluster.url), reviewer.acknowledged
        versions = feed.acknowledged
        until(lambda n=before: reviewer.acknowledged > n + 1, "a review acknowledged")
        until(lambda n=versions: feed.acknowledged > n, "versions acknowledged")
        gaps_s.append(reviewer.first_after(at_s) - at_s)
    for one in work:
        one.stop()
    service.terminate()
    service.join()
    feed.close()
    found = check(cluster.url, subscriber, feed.acknowledged, range(reviewer.acknowledged), True)
    return Outcome(
        restarts,
        feed.acknowledged,
        reviewer.acknowledged,
        found,
        feed.committed_unheard,
        reviewer.refused,
        dict(readers.statuses),
        tuple(round(gap, 2) for gap in gaps_s),
    )


def _refused(reviewer: Reviewer, readers: Readers, before: tuple[int, int, int]) -> bool:
    """Whether a write, a read and ``/ready`` were refused since."""
    now = reviewer.refused, readers.statuses[503], readers.ready[503]
    return all(a > b for a, b in zip(now, before, strict=True))
