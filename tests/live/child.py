"""A watch of a file as a process, to be killed: ``child.py LOG CABLES STORE [DATABASE]``.

With a database it waits for its turn. It says each version of an alert once it is stored, and
``done`` at the end.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from cablewatch.alerts.model import Alert
from cablewatch.alerts.records import record
from cablewatch.cables.model import load_cables
from cablewatch.feeds.addresses import open_feeds
from cablewatch.live import watcher
from cablewatch.live.warm import warm
from cablewatch.live.watcher import Watcher
from cablewatch.output.text import content_hash
from cablewatch.stores.folder import StoreWriter
from cablewatch.stores.journal import Journal
from cablewatch.stores.turns import Turn
from cablewatch.usecases.watch import Watch

LATENESS_MS = 60_000
SPEED = 30_000.0  # the scene in some seconds
SHARED_SPEED = 5_000.0  # where others stand by, which take seconds to begin
watcher.SNAPSHOT_S, watcher.SNAPSHOT_SHARE = 0.3, 1.0
watcher.SYNC_S = 0.1


def say(alerts: Sequence[Alert]) -> None:
    for alert in alerts:
        print(alert.id, content_hash(record(alert)), flush=True)


async def run(watching: Watcher, log: Path, speed: float) -> bool:
    feeds = open_feeds([f"file://{log}?name=log"], speed)
    return await Watch(feeds, watching, say).run(asyncio.Event())


def main(log: Path, cables: Path, store: Path, database: str | None = None) -> None:
    writer = StoreWriter.of_sources(store, ["log"], database)
    turn = nullcontext()
    if database is not None:
        warm(load_cables(cables))
        waiting = Turn(database, "log")
        waiting.wait(store, lambda: print("waits", flush=True))
        turn = waiting.kept(lambda: os.kill(os.getpid(), signal.SIGTERM))
    journal = Journal(store / "journal", store / "kept")
    watching = Watcher(load_cables(cables), writer, journal, lateness_ms=LATENESS_MS)
    with turn, watching:
        print("ready", flush=True)
        assert asyncio.run(run(watching, log, SPEED if database is None else SHARED_SPEED))
        say(watching.end())
        watching.close()
    print("done", flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), *sys.argv[4:])
