"""The order of everything that clients are told: versions and reviews as they were stored.

An event is written in the transaction of what it is about. Writers take turns, so that whoever has
read up to an event misses none before it; numbers may be left out.
"""

import time
from collections.abc import Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from cablewatch.stores.alert_search import LOOKED_AT, Wanted
from cablewatch.stores.sql.tables import ALERTS, EVENTS, HISTORY

VERSION, REVIEW = "version", "review"  # what an event is about


def now_ms() -> int:
    """The clock on the wall."""
    return time.time_ns() // 1_000_000


def last_event(db: sa.Connection) -> int:
    """Number of the newest event; 0 where there is none."""
    newest = sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.seq), 0))
    return int(db.execute(newest).scalar_one())


def seqs_after(db: sa.Connection, seq: int, limit: int, wanted: Wanted) -> list[int]:
    """Numbers of events after `seq` that are wanted, in order, `limit` at most.

    An event is wanted for its version, and a new version for the one before it too: who heard of
    an alert hears it leave.
    """
    now = _wanted(wanted, EVENTS.c.version)
    before = _wanted(wanted, EVENTS.c.version - 1, EVENTS.c.what == VERSION)
    told = sa.union_all(*(one.where(EVENTS.c.seq > seq) for one in (now, before))).order_by("seq")
    if wanted.bbox is None:
        told = told.limit(2 * limit)
    with db.execute(told.execution_options(yield_per=LOOKED_AT)) as rows:
        found = dict.fromkeys(row.seq for row in rows if wanted.holds(row))
        return list(islice(found, limit))


def _wanted(
    wanted: Wanted, version: sa.ColumnElement[int], *conditions: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    """Events whose alert is wanted in a version, as far as SQL decides."""
    of = (
        sa.select(ALERTS.c.id, ALERTS.c.review, *HISTORY.c)
        .join(ALERTS, ALERTS.c.id == HISTORY.c.alert_id)
        .subquery()
    )
    told = sa.and_(of.c.alert_id == EVENTS.c.alert_id, of.c.version == version)
    return (
        sa.select(EVENTS.c.seq, of.c.record, wanted.sure(of.c).label("sure"))
        .join(of, told)
        .where(*wanted.conditions(of.c), *conditions)
    )


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
