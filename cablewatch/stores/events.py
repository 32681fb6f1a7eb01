"""The order of everything that clients are told: versions and reviews as they were stored.

An event is written in the transaction of what it is about. Writers take turns, so that whoever has
read up to an event misses none before it; numbers may be left out.
"""

import time
from collections.abc import Collection, Sequence
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa

from cablewatch.alerts.model import Alert
from cablewatch.stores.alert_rows import alert_of
from cablewatch.stores.alert_search import LOOKED_AT, Wanted
from cablewatch.stores.sql.tables import ALERTS, EVENTS, HISTORY

VERSION, REVIEW = "version", "review"  # what an event is about


class Event(NamedTuple):
    """Something that was stored."""

    seq: int
    what: str  # VERSION or REVIEW
    at_ms: int  # when it was stored
    alert: Alert  # the version stored, or reviewed; its review is the one of now
    version: int
    review_seq: int | None  # in the log of reviews


def now_ms() -> int:
    """The clock on the wall."""
    return time.time_ns() // 1_000_000


def last_event(db: sa.Connection) -> int:
    """Number of the newest event; 0 where there is none."""
    newest = sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.seq), 0))
    return int(db.execute(newest).scalar_one())


def seqs_after(db: sa.Connection, seq: int, limit: int, wanted: Wanted) -> list[int]:
    """Numbers of events after `seq` whose version is wanted, in order, `limit` at most."""
    return [row.seq for row in _rows_after(db, seq, limit, wanted)]


def events_of(db: sa.Connection, seqs: Collection[int]) -> dict[int, Event]:
    """Events by their numbers."""
    told = _told()
    rows = db.execute(sa.select(told).where(told.c.seq.in_(seqs)))
    return {row.seq: _event(row) for row in rows}


def _rows_after(db: sa.Connection, seq: int, limit: int, wanted: Wanted) -> list[sa.Row[Any]]:
    told = _told()
    asked = (
        sa.select(told, wanted.sure(told.c).label("sure"))
        .where(told.c.seq > seq, *wanted.conditions(told.c))
        .order_by(told.c.seq)
    )
    if wanted.bbox is None:
        return list(db.execute(asked.limit(limit)))
    with db.execute(asked.execution_options(yield_per=min(limit, LOOKED_AT))) as rows:
        return list(islice(filter(wanted.holds, rows), limit))


def _told() -> sa.Subquery:
    """Events with the version that each is about."""
    version = [column for column in HISTORY.c if column.name not in EVENTS.c]
    stored = sa.and_(HISTORY.c.alert_id == EVENTS.c.alert_id, HISTORY.c.version == EVENTS.c.version)
    return (
        sa.select(ALERTS.c.id, ALERTS.c.review, *EVENTS.c, *version)
        .join(ALERTS, ALERTS.c.id == EVENTS.c.alert_id)
        .join(HISTORY, stored)
        .subquery("told")
    )


def _event(row: sa.Row[Any]) -> Event:
    alert = alert_of(row.record, row.review)
    return Event(row.seq, row.what, row.at_ms, alert, row.version, row.review_seq)


def log_event(
    db: sa.Connection,
    alert_id: str,
    version: int,
    what: str,
    at_ms: int,
    review_seq: int | None = None,
) -> None:
    """Append an event, in the transaction of what it is about."""
    db.execute(
        sa.insert(EVENTS).values(
            alert_id=alert_id, version=version, what=what, at_ms=at_ms, review_seq=review_seq
        )
    )


def log_events(
    db: sa.Connection, versions: Sequence[tuple[str, int]], what: str, at_ms: int
) -> None:
    """Append an event for each id and version of an alert, in their order."""
    if versions:
        said = {"what": what, "at_ms": at_ms}
        rows = [{"alert_id": name, "version": version, **said} for name, version in versions]
        db.execute(sa.insert(EVENTS), rows)
