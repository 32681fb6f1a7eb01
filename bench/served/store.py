"""The store that is asked: a replay of the made-up Danish day, and a year of alerts beside it."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow.parquet as pq

from bench.danish_day import write_danish
from bench.served.alerts import Year
from cablewatch.cables.model import load_cables
from cablewatch.stores.alert_search import ANY
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.deliveries import Outbox
from cablewatch.stores.reviews import Review, ReviewLog
from cablewatch.stores.subscriptions import SubscriptionStore
from cablewatch.units import DAY_MS, HOUR_MS

DAY_START_MS = 1_731_888_000_000  # 18 November 2024, the day that write_danish makes
AT_A_TIME = 2_000  # versions of a transaction
EVERY_REVIEWED, EVERY_JUDGED = 50, 100  # one of so many alerts
TOLD = 500  # messages of a subscriber
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Made:
    """A store that is complete, and what it was made of."""

    folder: Path
    day: Path
    database: str | None

    @property
    def place(self) -> Path | str:
        """Where its alerts are."""
        return self.database or self.folder / "alerts.sqlite"


def make(folder: Path, alerts: int, rows: int, database: str | None, told: Told) -> Made:
    """Fill an empty folder, or take it as it was filled before; `told` hears of versions."""
    made = Made(folder / "store", folder / "day.csv", database)
    complete = folder / f"complete-{alerts}-{rows}"
    if complete.exists():
        return made
    write_danish(made.day, rows)
    run(replaying(made.day, made.folder, database))
    store = AlertStore(made.place)
    ships = pq.read_table(made.folder / "vessels.parquet", columns=["mmsi"])["mmsi"].to_pylist()
    year = Year(alerts, ships, [c.id for c in load_cables()], DAY_START_MS + DAY_MS)
    subscriptions = SubscriptionStore(store.database)
    subscriber = subscriptions.add("https://receiver.example/alerts", "made up")
    source, done = year.versions(), 0
    while added := store.append(islice(source, AT_A_TIME)):
        done += added
        told(done, round(alerts * 2.375))
    _review(store)
    outbox = Outbox(store.database)
    outbox.arrange(0)
    subscriptions.pause(subscriber.id)
    for one in outbox.of(subscriber.id, limit=TOLD):
        outbox.failed(subscriber.id, one.event_seq, "answered 500", 500)
    complete.touch()
    return made


def _review(store: AlertStore) -> None:
    log = ReviewLog(store.database)
    at_ms = DAY_START_MS + HOUR_MS
    for number, alert_id in enumerate(store.beginning("", sys.maxsize)):
        if number % EVERY_REVIEWED == 0:
            log.append(Review(alert_id, at_ms, "watch officer", "acknowledge"))
        if number % EVERY_JUDGED == 0:
            log.append(Review(alert_id, at_ms, "watch officer", "dismiss", text="anchored by day"))


def replaying(day: Path, folder: Path, database: str | None = None) -> list[str]:
    """Command that replays a day into a folder."""
    where = [] if database is None else ["--database", database]
    return [*cablewatch("replay", str(day), "--store", str(folder)), *where]


def cablewatch(*arguments: str) -> list[str]:
    """Command of this program in the Python that runs."""
    return [sys.executable, "-m", "cablewatch", *arguments]


def run(command: list[str]) -> None:
    """Run a command; CalledProcessError, with what it said, where it fails."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def size(made: Made) -> str:
    """What there is, in words."""
    store = AlertStore(made.place)
    alerts = store.latest(ANY, limit=1).matched
    rows = sum(pq.read_metadata(path).num_rows for path in made.folder.glob("tracks/*/part-*"))
    ships = pq.read_metadata(made.folder / "vessels.parquet").num_rows
    crossings = pq.read_metadata(made.folder / "crossings.parquet").num_rows
    mb = sum(path.stat().st_size for path in made.folder.rglob("*") if path.is_file()) / 1e6
    return (
        f"{alerts:,} alerts, {rows:,} fixes in {len(list(made.folder.glob('tracks/*/part-*')))} "
        f"parts, {ships:,} ships, {crossings:,} crossings, {mb:,.0f} MB"
    )
