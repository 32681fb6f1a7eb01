"""Appending versions of alerts: what is new of some, and the rows that say it.

Versions are taken some hundred at a time, so that a database is asked a few times for all of them
and not several times for each.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from cablewatch.alerts.model import Alert
from cablewatch.alerts.records import record
from cablewatch.output.text import canonical_json, text_hash
from cablewatch.stores.alert_rows import cables_of, searched
from cablewatch.stores.events import VERSION, log_events
from cablewatch.stores.pieces import pieces
from cablewatch.stores.sql.tables import ALERTS, CABLES, HISTORY
from cablewatch.stores.sql.types import held

AT_A_TIME = 500  # versions, some MB
Row = dict[str, Any]


def append_all(db: sa.Connection, alerts: Iterable[Alert], at_ms: int) -> int:
    """Append versions in their order, with their events; how many were not in the history."""
    return sum(_append(db, some, at_ms) for some in pieces(alerts, AT_A_TIME))


def _append(db: sa.Connection, alerts: list[Alert], at_ms: int) -> int:
    ids = {held(alert.id) for alert in alerts}
    hashes, stored = _hashes(db, ids), _spans(db, ids)
    spans = dict(stored)
    versions: list[Row] = []
    cables: list[Row] = []
    current: dict[str, Row] = {}
    for alert in alerts:
        name, text = held(alert.id), canonical_json(record(alert))
        digest = text_hash(text)
        if digest in hashes[name]:
            continue
        hashes[name].add(digest)
        columns, version = searched(alert), len(hashes[name])
        named = {"alert_id": name, "version": version}
        versions.append(named | {"hash": digest, "record": text} | columns)
        cables += [named | {"cable": cable} for cable in cables_of(alert)]
        updated_ms = columns["updated_ms"]
        first_ms, last_ms = spans.get(name, (updated_ms, updated_ms))
        spans[name] = min(first_ms, updated_ms), max(last_ms, updated_ms)
        if updated_ms >= last_ms:
            current[name] = {"version": version} | columns
    _insert(db, HISTORY, versions)
    _insert(db, CABLES, cables)
    log_events(db, [(row["alert_id"], row["version"]) for row in versions], VERSION, at_ms)
    first = {name: {"first_ms": spans[name][0]} for name in spans}
    new = current.keys() - stored.keys()
    _insert(db, ALERTS, [{"id": i, "review": "new"} | first[i] | current[i] for i in new])
    _update(db, {i: row for i, row in current.items() if i not in new})
    _update(db, {i: first[i] for i in stored if spans[i][0] < stored[i][0]})
    return len(versions)


def _hashes(db: sa.Connection, ids: set[str]) -> dict[str, set[str]]:
    """Hashes of all versions of alerts."""
    found: dict[str, set[str]] = {name: set() for name in ids}
    asked = sa.select(HISTORY.c.alert_id, HISTORY.c.hash).where(HISTORY.c.alert_id.in_(ids))
    for row in db.execute(asked):
        found[row.alert_id].add(row.hash)
    return found


def _spans(db: sa.Connection, ids: set[str]) -> dict[str, tuple[int, int]]:
    """First and last `updated_ms` of alerts, of those there are."""
    asked = sa.select(ALERTS.c.id, ALERTS.c.first_ms, ALERTS.c.updated_ms)
    rows = db.execute(asked.where(ALERTS.c.id.in_(ids)))
    return {row.id: (row.first_ms, row.updated_ms) for row in rows}


def _insert(db: sa.Connection, table: sa.Table, rows: list[Row]) -> None:
    if rows:
        db.execute(sa.insert(table), rows)


def _update(db: sa.Connection, rows: dict[str, Row]) -> None:
    """Let columns of ``alerts`` be as said, the same of each, by id."""
    if rows:
        one = sa.update(ALERTS).where(ALERTS.c.id == sa.bindparam("of"))
        changed = one.values({name: sa.bindparam(name) for name in next(iter(rows.values()))})
        db.execute(changed, [{"of": name} | row for name, row in rows.items()])
