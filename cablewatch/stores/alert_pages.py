"""Looking through alerts: how many are wanted, the first of them in an order, and their records.

What is searched is in narrow tables, and the record of a version is read when it is shown, or when
its track decides whether it meets a box.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa

from cablewatch.stores.alert_search import (
    LOOKED_AT,
    SORTS,
    Columns,
    Wanted,
    beyond,
    key_in,
    meets,
)
from cablewatch.stores.pieces import pieces
from cablewatch.stores.sql.tables import ALERTS, HISTORY, REVIEWS

_NAMES = [column.name for column in ALERTS.c if column.name not in ("id", "review", "first_ms")]


def stood(as_of_ms: int) -> sa.Subquery:
    """What ``alerts`` held at a time, but for `first_ms`.

    Of an alert that was not updated since, that is its row of today; of one that was updated before
    and after, the newest version of then.
    """
    later = sa.select(ALERTS.c.id).where(
        ALERTS.c.first_ms <= as_of_ms, ALERTS.c.updated_ms > as_of_ms
    )
    rank = sa.func.row_number().over(
        partition_by=HISTORY.c.alert_id,
        order_by=(HISTORY.c.updated_ms.desc(), HISTORY.c.version.desc()),
    )
    known = (
        sa.select(HISTORY.c.alert_id, *(HISTORY.c[name] for name in _NAMES), rank.label("rank"))
        .where(HISTORY.c.alert_id.in_(later), HISTORY.c.updated_ms <= as_of_ms)
        .subquery()
    )
    since = sa.select(
        ALERTS.c.id,
        _review(ALERTS.c.id, as_of_ms),
        *(ALERTS.c[name] for name in _NAMES),
    ).where(ALERTS.c.updated_ms <= as_of_ms)
    before = sa.select(
        known.c.alert_id,
        _review(known.c.alert_id, as_of_ms),
        *(known.c[name] for name in _NAMES),
    ).where(known.c.rank == 1)
    return since.union_all(before).subquery("stood")


def _review(alert_id: sa.ColumnElement[str], as_of_ms: int) -> sa.ColumnElement[str]:
    newest = (
        sa.select(REVIEWS.c.review)
        .where(REVIEWS.c.alert_id == alert_id, REVIEWS.c.at_ms <= as_of_ms)
        .order_by(REVIEWS.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.func.coalesce(newest, "new").label("review")


def count(db: sa.Connection, wanted: Wanted, of: Columns) -> int:
    """How many are wanted."""
    sure, conditions = wanted.sure(of), wanted.conditions(of)
    counted = sa.select(sa.func.count()).select_from(of["id"].table).where(*conditions, sure)
    matched = int(db.execute(counted).scalar_one())
    if wanted.bbox is None:
        return matched
    named: list[sa.ColumnElement[Any]] = [of["id"], of["version"], sa.false().label("sure")]
    rows = _streamed(db, sa.select(*named).where(*conditions, ~sure), LOOKED_AT)
    return matched + sum(1 for _ in _held(db, wanted, rows))


def first(
    db: sa.Connection, wanted: Wanted, of: Columns, sort: str, limit: int, cursor: str | None
) -> list[sa.Row[Any]]:
    """Rows of `of` that are wanted, after a cursor, in an order, `limit` at most."""
    rest = [] if cursor is None else [beyond(cursor, sort, of)]
    page = (
        sa.select(*of, wanted.sure(of).label("sure"))
        .where(*wanted.conditions(of), *rest)
        .order_by(*key_in(SORTS[sort], of))
    )
    if wanted.bbox is None:
        return list(db.execute(page.limit(limit)))
    rows = _streamed(db, page, min(limit, LOOKED_AT))
    return list(islice(_held(db, wanted, rows), limit))


def records(db: sa.Connection, rows: Iterable[sa.Row[Any]]) -> dict[str, str]:
    """Records of versions, one an alert, by the `id` of their rows."""
    texts: dict[str, str] = {}
    for some in pieces(rows, LOOKED_AT):
        wanted = {row.id: row.version for row in some}
        found = db.execute(
            sa.select(HISTORY.c.alert_id, HISTORY.c.version, HISTORY.c.record).where(
                HISTORY.c.alert_id.in_(wanted),  # pairs in one list, SQLite would read all for
                HISTORY.c.version.in_(set(wanted.values())),
            )
        )
        texts |= {row.alert_id: row.record for row in found if wanted[row.alert_id] == row.version}
    return texts


def _streamed(db: sa.Connection, asked: sa.Select[Any], at_a_time: int) -> Iterator[sa.Row[Any]]:
    with db.execute(asked.execution_options(yield_per=at_a_time)) as rows:
        yield from rows


def _held(db: sa.Connection, wanted: Wanted, rows: Iterable[sa.Row[Any]]) -> Iterator[sa.Row[Any]]:
    """Rows that are sure, or whose track meets the box."""
    assert wanted.bbox is not None
    for some in pieces(rows, LOOKED_AT):
        texts = records(db, [row for row in some if not row.sure])
        yield from (row for row in some if row.sure or meets(texts[row.id], wanted.bbox))
