"""Who is told of events: an address, a secret to sign with, and what is wanted."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cablewatch.output.text import text_hash
from cablewatch.stores.alert_search import ANY, Wanted
from cablewatch.stores.events import last_event, now_ms
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.tables import DELIVERIES, SUBSCRIPTIONS

ACTIVE, PAUSED = "active", "paused"
PENDING = "pending"  # of deliveries


@dataclass(frozen=True)
class Subscription:
    """A subscriber, who is told of each event whose version is wanted."""

    id: str
    url: str
    secret: str
    wanted: Wanted
    state: str  # ACTIVE, or PAUSED: what happens meanwhile is told afterwards
    created_ms: int

    def __repr__(self) -> str:
        return f"Subscription({self.id!r}, {self.state!r})"  # no secret in a log


class SubscriptionStore:
    """Subscriptions in a database; see :class:`Database` for what it raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        url: str,
        secret: str,
        wanted: Wanted = ANY,
        at_ms: int | None = None,
        key: str | None = None,
    ) -> Subscription:
        """Add a subscriber, who is told of events from now on.

        With a `key`, made up by whoever may send it twice, the first of that key where it is there.
        """
        made = secrets.token_hex(8) if key is None else text_hash(key)[:16]
        row = {
            "id": made,
            "url": url,
            "secret": secret,
            "filter": json.dumps(wanted.as_json()),
            "state": ACTIVE,
            "created_ms": now_ms() if at_ms is None else at_ms,
        }
        with self._database.writing() as db:
            known = db.execute(_one(made)).one_or_none()
            if known is not None:
                return subscription(known)
            db.execute(sa.insert(SUBSCRIPTIONS).values(**row, arranged_seq=last_event(db)))
            return subscription(db.execute(_one(made)).one())

    def get(self, subscription_id: str) -> Subscription | None:
        """Return a subscription; None where there is none."""
        with self._database.reading() as db:
            row = db.execute(_one(subscription_id)).one_or_none()
        return None if row is None else subscription(row)

    def all(self) -> tuple[Subscription, ...]:
        """All subscriptions, from the oldest."""
        asked = sa.select(SUBSCRIPTIONS).order_by(SUBSCRIPTIONS.c.created_ms, SUBSCRIPTIONS.c.id)
        with self._database.reading() as db:
            return tuple(map(subscription, db.execute(asked)))

    def pause(self, subscription_id: str) -> bool:
        """Tell a subscriber nothing for now; whether there is one."""
        with self._database.writing() as db:
            return _become(db, subscription_id, PAUSED)

    def resume(self, subscription_id: str) -> bool:
        """Tell a subscriber again, of what happened meanwhile too; whether there is one.

        What waited for another attempt when it was paused is due at once.
        """
        paused = sa.exists().where(
            SUBSCRIPTIONS.c.id == DELIVERIES.c.subscription_id, SUBSCRIPTIONS.c.state == PAUSED
        )
        waiting = sa.update(DELIVERIES).where(
            DELIVERIES.c.subscription_id == subscription_id, DELIVERIES.c.state == PENDING
        )
        with self._database.writing() as db:
            db.execute(waiting.where(paused).values(next_ms=0))
            return _become(db, subscription_id, ACTIVE)

    def remove(self, subscription_id: str) -> bool:
        """Forget a subscriber with all that was to be sent; whether there was one."""
        with self._database.writing() as db:
            theirs = DELIVERIES.c.subscription_id == subscription_id
            db.execute(sa.delete(DELIVERIES).where(theirs))
            gone = sa.delete(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == subscription_id)
            return db.execute(gone).rowcount > 0


def subscription(row: sa.Row[Any]) -> Subscription:
    """The subscription in a row of the table."""
    wanted = Wanted.of(json.loads(row.filter))
    return Subscription(row.id, row.url, row.secret, wanted, row.state, row.created_ms)


def _become(db: sa.Connection, subscription_id: str, state: str) -> bool:
    changed = sa.update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == subscription_id)
    return db.execute(changed.values(state=state)).rowcount > 0


def _one(subscription_id: str) -> sa.Select[Any]:
    return sa.select(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == subscription_id)
