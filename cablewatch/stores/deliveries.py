"""The outbox: each event for each subscriber who wants it, until it is sent or given up.

::

    events --arrange--> pending --claim--> (sent by whoever claimed it) --delivered--> delivered
                           ^                                            --failed-----> dead
                           +------------- failed, or nothing heard ---------+

Everything is durable, so that what a killed process had claimed is claimed again: at least once,
with the number of the event to tell doubles by. What was delivered is forgotten after a time; what
is dead stays until it is sent again, or its subscriber removed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, NamedTuple

import sqlalchemy as sa

from cablewatch.stores.alert_search import Wanted
from cablewatch.stores.changes import Change, changes_of
from cablewatch.stores.events import last_event, seqs_after
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.tables import DELIVERIES, SUBSCRIPTIONS
from cablewatch.stores.subscriptions import ACTIVE, PENDING, Subscription, subscription

DELIVERED, DEAD = "delivered", "dead"
ARRANGED = 1000  # events of one subscriber that one transaction looks at
FORGOTTEN = 10_000  # deliveries that one transaction removes, in a tenth of a second


class Due(NamedTuple):
    """An event to be sent to a subscriber now."""

    subscription: Subscription
    change: Change
    attempts: int  # this one counted


@dataclass(frozen=True)
class Delivery:
    """What became of an event for a subscriber so far."""

    subscription_id: str
    event_seq: int
    state: str
    attempts: int
    next_ms: int  # not tried before; delivered: when the lease of that attempt ended
    status: int | None  # of the last answer over HTTP
    error: str | None


class Outbox:
    """Deliveries in a database; see :class:`Database` for what it raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def arrange(self, at_ms: int) -> int:
        """Make deliveries of the events that no active subscriber was looked up for yet.

        Returns
        -------
        int
            How many were made; with 1,000 of one subscriber there may be more to make.
        """
        with self._database.writing() as db:
            newest = last_event(db)
            waiting = sa.select(SUBSCRIPTIONS).where(
                SUBSCRIPTIONS.c.state == ACTIVE, SUBSCRIPTIONS.c.arranged_seq < newest
            )
            return sum(_arrange(db, row, newest, at_ms) for row in db.execute(waiting).all())

    def claim(
        self, at_ms: int, lease_ms: int, limit: int = 100, subscribers: int = 100
    ) -> tuple[Due, ...]:
        """Take what is due, for `lease_ms`; nobody else gets it meanwhile.

        Nothing of a subscriber is due while something before it waits. At most `limit` of each, and
        of the `subscribers` whose first was due longest: however much waits for one, it is in
        nobody's way.
        """
        with self._database.writing() as db:
            due: list[Due] = []
            for row in db.execute(_first_due(at_ms).limit(subscribers)).all():
                due += _claim(db, row, at_ms, at_ms + lease_ms, limit)
        return tuple(due)

    def delivered(self, subscription_id: str, event_seq: int, status: int) -> None:
        """Say that it was taken."""
        self._say(subscription_id, event_seq, state=DELIVERED, status=status, error=None)

    def failed(
        self,
        subscription_id: str,
        event_seq: int,
        error: str,
        status: int | None = None,
        next_ms: int | None = None,
    ) -> None:
        """Say that it was not, and when to try again; None gives it up."""
        again = {"state": DEAD} if next_ms is None else {"next_ms": next_ms}
        self._say(subscription_id, event_seq, status=status, error=error, **again)

    def put_back(self, subscription_id: str, event_seq: int) -> None:
        """Say that it was not tried: something before it was not taken."""
        self._say(subscription_id, event_seq, attempts=DELIVERIES.c.attempts - 1, next_ms=0)

    def revive(self, subscription_id: str, event_seq: int, at_ms: int) -> bool:
        """Try a dead one again, as if for the first time; whether there was one."""
        dead = _changed(subscription_id, event_seq).where(DELIVERIES.c.state == DEAD)
        with self._database.writing() as db:
            anew = dead.values(state=PENDING, attempts=0, next_ms=at_ms)
            return db.execute(anew).rowcount > 0

    def forget(self, before_ms: int) -> int:
        """Remove deliveries made before a time; how many, of which one go takes 10,000 at most."""
        key = (DELIVERIES.c.subscription_id, DELIVERIES.c.event_seq)
        old = (
            sa.select(*key)
            .where(DELIVERIES.c.state == DELIVERED, DELIVERIES.c.next_ms < before_ms)
            .limit(FORGOTTEN)
        )
        with self._database.writing() as db:
            return db.execute(sa.delete(DELIVERIES).where(sa.tuple_(*key).in_(old))).rowcount

    def of(
        self, subscription_id: str, states: Iterable[str] = (PENDING, DEAD), limit: int = 100
    ) -> tuple[Delivery, ...]:
        """Deliveries of a subscriber in some states, from the newest."""
        asked = (
            sa.select(*(DELIVERIES.c[name] for name in Delivery.__dataclass_fields__))
            .where(DELIVERIES.c.subscription_id == subscription_id)
            .where(DELIVERIES.c.state.in_(tuple(states)))
            .order_by(DELIVERIES.c.event_seq.desc())
            .limit(limit)
        )
        with self._database.reading() as db:
            return tuple(Delivery(*row) for row in db.execute(asked))

    def _say(self, subscription_id: str, event_seq: int, **what: Any) -> None:
        pending = DELIVERIES.c.state == PENDING  # what is delivered stays so
        with self._database.writing() as db:
            db.execute(_changed(subscription_id, event_seq).where(pending).values(**what))


def _arrange(db: sa.Connection, row: sa.Row[Any], newest: int, at_ms: int) -> int:
    wanted: Wanted = subscription(row).wanted
    seqs = seqs_after(db, row.arranged_seq, ARRANGED, wanted)
    new = {"subscription_id": row.id, "state": PENDING, "attempts": 0, "next_ms": at_ms}
    if seqs:
        db.execute(sa.insert(DELIVERIES), [{**new, "event_seq": seq} for seq in seqs])
    reached = seqs[-1] if len(seqs) == ARRANGED else newest
    theirs = sa.update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == row.id)
    db.execute(theirs.values(arranged_seq=reached))
    return len(seqs)


def _first_due(at_ms: int) -> sa.Select[Any]:
    """Active subscribers whose first pending delivery is due, with its number as `first`."""
    heads = (
        sa.select(DELIVERIES.c.subscription_id, sa.func.min(DELIVERIES.c.event_seq).label("first"))
        .where(DELIVERIES.c.state == PENDING)
        .group_by(DELIVERIES.c.subscription_id)
        .subquery()
    )
    theirs = SUBSCRIPTIONS.c.id == heads.c.subscription_id
    head = sa.and_(
        DELIVERIES.c.subscription_id == heads.c.subscription_id,
        DELIVERIES.c.event_seq == heads.c.first,
    )
    return (
        sa.select(SUBSCRIPTIONS, heads.c.first)
        .join(heads, theirs)
        .join(DELIVERIES, head)
        .where(SUBSCRIPTIONS.c.state == ACTIVE, DELIVERIES.c.next_ms <= at_ms)
        .order_by(DELIVERIES.c.next_ms, SUBSCRIPTIONS.c.id)
    )


def _claim(db: sa.Connection, row: sa.Row[Any], at_ms: int, until_ms: int, limit: int) -> list[Due]:
    """Take deliveries of a subscriber from the first on, up to one that waits."""
    asked = (
        sa.select(DELIVERIES.c.event_seq, DELIVERIES.c.attempts, DELIVERIES.c.next_ms)
        .where(DELIVERIES.c.subscription_id == row.id, DELIVERIES.c.event_seq >= row.first)
        .where(DELIVERIES.c.state == PENDING)
        .order_by(DELIVERIES.c.event_seq)
        .limit(limit)
    )
    taken = list(takewhile(lambda one: one.next_ms <= at_ms, db.execute(asked).all()))
    for one in taken:
        claimed = {"attempts": one.attempts + 1, "next_ms": until_ms}
        db.execute(_changed(row.id, one.event_seq).values(claimed))
    changes = changes_of(db, [one.event_seq for one in taken])
    to = subscription(row)
    return [Due(to, changes[one.event_seq], one.attempts + 1) for one in taken]


def _changed(subscription_id: str, event_seq: int) -> sa.Update:
    return sa.update(DELIVERIES).where(
        DELIVERIES.c.subscription_id == subscription_id, DELIVERIES.c.event_seq == event_seq
    )
