"""What became of alerts: in the order it was stored, and in the order it became known.

Writers take turns (``events``), so that whoever has read up to a number misses none before it.
"""

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa

from cablewatch.alerts.model import Alert
from cablewatch.stores.alert_rows import alert_of
from cablewatch.stores.events import REVIEW, last_event
from cablewatch.stores.reviews import Reviewed
from cablewatch.stores.sql.database import Database, database_to_read
from cablewatch.stores.sql.engines import Place
from cablewatch.stores.sql.tables import ALERTS, EVENTS, HISTORY, REVIEWS


class Change(NamedTuple):
    """Something that became of an alert."""

    seq: int  # number of the event
    what: str  # raised, updated, closed, reviewed
    at_ms: int  # when it was stored; as known, when it was so
    version: int
    alert: Alert  # this version
    before: Alert | None  # the version stored before it
    review: Reviewed | None


_EARLIER = HISTORY.alias("earlier")
_VERSION = (HISTORY.c.version, HISTORY.c.record, _EARLIER.c.record.label("earlier"))
_FROM_EARLIER = sa.and_(
    _EARLIER.c.alert_id == HISTORY.c.alert_id, _EARLIER.c.version == HISTORY.c.version - 1
)
_OF_EVENT = sa.and_(HISTORY.c.alert_id == EVENTS.c.alert_id, HISTORY.c.version == EVENTS.c.version)
_STORED: sa.Select[Any] = (
    sa.select(
        *(EVENTS.c.seq, EVENTS.c.what, EVENTS.c.at_ms, *_VERSION),
        sa.func.coalesce(REVIEWS.c.review, ALERTS.c.review).label("state_of_review"),
        *(REVIEWS.c.seq.label("review_seq"), REVIEWS.c.at_ms.label("reviewed_ms")),
        *(REVIEWS.c.actor, REVIEWS.c.action, REVIEWS.c.to, REVIEWS.c.text),
    )
    .join(HISTORY, _OF_EVENT)
    .join(ALERTS, ALERTS.c.id == EVENTS.c.alert_id)
    .outerjoin(_EARLIER, _FROM_EARLIER)
    .outerjoin(REVIEWS, REVIEWS.c.seq == EVENTS.c.review_seq)
    .order_by(EVENTS.c.seq)
)
_KNOWN: sa.Select[Any] = (
    sa.select(HISTORY.c.updated_ms, *_VERSION)
    .outerjoin(_EARLIER, _FROM_EARLIER)
    .order_by(HISTORY.c.updated_ms, HISTORY.c.alert_id, HISTORY.c.version)
)


class ChangeLog:
    """Changes of a database, for reading; see :class:`Database` for what it raises."""

    def __init__(self, place: Place | Database) -> None:
        self.database = database_to_read(place)

    def last(self) -> int:
        """Number of the newest event; 0 where there is none."""
        with self.database.reading() as db:
            return last_event(db)

    def after(self, seq: int, limit: int) -> tuple[Change, ...]:
        """Changes after the event `seq` in the order they were stored, `limit` at most."""
        asked = _STORED.where(EVENTS.c.seq > seq).limit(limit)
        with self.database.reading() as db:
            return tuple(map(_stored, db.execute(asked)))

    def between(self, start_ms: int, end_ms: int) -> tuple[Change, ...]:
        """Versions updated in [`start_ms`, `end_ms`) in this order; without number and review."""
        asked = _KNOWN.where(HISTORY.c.updated_ms >= start_ms, HISTORY.c.updated_ms < end_ms)
        with self.database.reading() as db:
            return tuple(map(_known, db.execute(asked)))


def changes_of(db: sa.Connection, seqs: Collection[int]) -> dict[int, Change]:
    """Changes by the numbers of their events."""
    return {row.seq: _stored(row) for row in db.execute(_STORED.where(EVENTS.c.seq.in_(seqs)))}


def _stored(row: sa.Row[Any]) -> Change:
    alert = alert_of(row.record, row.state_of_review)
    if row.what == REVIEW:
        said = row.actor, row.action, row.to, row.text, row.state_of_review
        review = Reviewed(row.review_seq, row.reviewed_ms, *said)
        return Change(row.seq, "reviewed", row.at_ms, row.version, alert, None, review)
    before = _earlier(row)
    what = _became(alert, before)
    return Change(row.seq, what, row.at_ms, row.version, alert, before, None)


def _known(row: sa.Row[Any]) -> Change:
    alert, before = alert_of(row.record), _earlier(row)
    return Change(0, _became(alert, before), row.updated_ms, row.version, alert, before, None)


def _earlier(row: sa.Row[Any]) -> Alert | None:
    return None if row.earlier is None else alert_of(row.earlier)


def _became(alert: Alert, before: Alert | None) -> str:
    if before is None:
        return "raised"
    return "closed" if alert.state == "closed" and before.state != "closed" else "updated"
