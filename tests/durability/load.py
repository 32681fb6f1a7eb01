"""What is written while processes are killed and servers restarted, and what must be there after.

Everything has a number: version `n` is the same whoever writes it again; so is review `n`, with the
key `n`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import sqlalchemy as sa

from cablewatch.alerts.model import Alert
from cablewatch.alerts.records import record
from cablewatch.output.text import content_hash
from cablewatch.stores.alert_search import Wanted
from cablewatch.stores.alerts import AlertReader
from cablewatch.stores.changes import Change, ChangeLog
from cablewatch.stores.deliveries import ARRANGED, Outbox
from cablewatch.stores.events import now_ms
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.engines import Place
from cablewatch.stores.sql.tables import ALERTS, DELIVERIES, HISTORY
from cablewatch.stores.subscriptions import SubscriptionStore
from tests.stores.sample import BASE, T0

VERSIONS = 5  # of each alert
SOURCE = "load"  # of what is read, as feeds are


class Found(NamedTuple):
    """What a check found in a store."""

    versions: int
    reviews: int
    events: int


def alert_of(n: int) -> Alert:
    """Version `n`: the fifth of an alert closes it."""
    of, k = divmod(n, VERSIONS)
    closes = k == VERSIONS - 1
    return replace(
        BASE,
        id=f"alert{of:06}",
        incident_id=f"incident{of:06}",
        updated_ms=T0 + n,
        probability=0.5 + k / 10,
        state="closed" if closes else "open",
        ended_ms=T0 + n if closes else None,
    )


def batch_after(n: int) -> list[Alert]:
    """Versions from `n` on that are stored at once, 1 to 13 of them."""
    return [alert_of(n + k) for k in range(1 + n * 7 % 13)]


def subscribed(place: Place) -> str:
    """Make a store with a subscriber who wants everything, at an address that takes nothing."""
    database = Database.to_write(place)
    made = SubscriptionStore(database).add("https://127.0.0.1:9/", "whsec_AAAA", Wanted())
    database.close()
    return made.id


def check(
    place: Place, subscriber: str, versions: int, reviews: Iterable[int], gaps: bool = False
) -> Found:
    """Compare a store with what was acknowledged: all of it once, in order, and told once.

    Parameters
    ----------
    versions : int
        Those before this one were acknowledged.
    reviews : iterable of int
        Reviews that were.
    gaps : bool
        Whether numbers of events may be left out, as those of PostgreSQL after a rollback.
    """
    database = Database.to_write(place)
    changes = all_changes(database)
    seqs = [change.seq for change in changes]
    assert seqs == sorted(set(seqs))
    assert gaps or seqs == list(range(1, len(seqs) + 1))
    held = check_versions(database, versions, changes)
    told = check_reviews(changes, reviews)
    assert held + told == len(changes)
    outbox = Outbox(database)
    while outbox.arrange(now_ms()) >= ARRANGED:
        pass
    asked = sa.select(DELIVERIES.c.event_seq).where(DELIVERIES.c.subscription_id == subscriber)
    with database.reading() as db:
        assert sorted(db.execute(asked).scalars()) == seqs
    database.close()
    return Found(held, told, len(changes))


def all_changes(database: Database) -> list[Change]:
    """The event feed from its beginning."""
    log, found = ChangeLog(database), list[Change]()
    while page := log.after(found[-1].seq if found else 0, 500):
        found += page
    return found


def check_versions(database: Database, acknowledged: int, changes: list[Change]) -> int:
    """Each version once in the history, as number 1, 2, ... of its alert, and once in the feed."""
    with database.reading() as db:
        rows = db.execute(sa.select(HISTORY.c.alert_id, HISTORY.c.version, HISTORY.c.hash)).all()
        current = {
            row.id: row.version for row in db.execute(sa.select(ALERTS.c.id, ALERTS.c.version))
        }
    held = Counter((row.alert_id, row.hash) for row in rows)
    for n in range(acknowledged):
        alert = alert_of(n)
        assert held[alert.id, content_hash(record(alert))] == 1, f"version {n}"
    assert len(held) == len(rows)
    numbers = sorted((row.alert_id, row.version) for row in rows)
    assert numbers == [(one, k + 1) for one in sorted(current) for k in range(current[one])]
    told = [(c.alert.id, c.version) for c in changes if c.review is None]
    assert sorted(told) == numbers and told == sorted(told)
    assert AlertReader(database).latest(limit=1).matched == len(current)
    return len(rows)


def check_reviews(changes: list[Change], acknowledged: Iterable[int]) -> int:
    """Each review once in the feed."""
    told = Counter(change.review.text for change in changes if change.review is not None)
    for n in acknowledged:
        assert told[f"review {n}"] == 1, f"review {n}"
    assert set(told.values()) <= {1}
    return len(told)
