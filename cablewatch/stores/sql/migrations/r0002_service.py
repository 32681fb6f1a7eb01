"""Every version searchable, reviews, events, and what the service keeps.

What is searched of a version is read from its record anew, and each stored version becomes an event
in the order of storing; when that was, nobody wrote, so that it counts from its `updated`.
"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from cablewatch.output.antimeridian import box_of
from cablewatch.output.text import epoch_ms
from cablewatch.stores.sql.types import NUMBERED, Words

revision, down_revision = "0002", "0001"

Row = dict[str, Any]
SEVERITIES = ("info", "watch", "warning", "critical")


def upgrade() -> None:
    """Make the tables of the second version and fill them from the history of the first."""
    db = op.get_bind()
    versions = list(_versions(db))
    for name in ("alerts", "alert_cables", "alert_history"):
        op.drop_table(name)
    alerts, history, cables = _make_alerts()
    events = _make_logs()
    _make_service()
    newest: dict[str, Row] = {}
    for version, searched, met in versions:
        row = version | searched
        db.execute(sa.insert(history).values(row))
        named = {"alert_id": row["alert_id"], "version": row["version"]}
        for cable in met:
            db.execute(sa.insert(cables).values(named | {"cable": cable}))
        event = {"what": "version", "at_ms": row["updated_ms"]}
        db.execute(sa.insert(events).values(named | event))
        current = newest.get(row["alert_id"])
        if current is None or row["updated_ms"] >= current["updated_ms"]:
            newest[row["alert_id"]] = named | searched
    for alert_id, row in newest.items():
        values = row | {"id": alert_id, "review": "new"}
        del values["alert_id"]
        db.execute(sa.insert(alerts).values(values))
    if db.dialect.name == "sqlite":
        op.execute("PRAGMA user_version=2")  # programs of the first version keep out


def _versions(db: sa.Connection) -> Iterator[tuple[Row, Row, list[str]]]:
    """Each version, what is searched of it, and its cables, in the order of storing.

    SQLite knows that order by `rowid`; the first revision was never kept elsewhere.
    """
    if db.dialect.name != "sqlite":
        return
    asked = "SELECT alert_id, version, hash, record FROM alert_history ORDER BY rowid"
    for row in db.exec_driver_sql(asked).mappings():
        said = json.loads(row["record"])
        box = box_of([(lon, lat) for lon, lat, _ in said["track"]]) or (None,) * 4
        probability = said["probability"]
        searched = {
            "kind": said["kind"],
            "severity": SEVERITIES.index(said["severity"]),
            "probability": -1.0 if probability is None else probability,
            "mmsi": said["mmsi"],
            "state": said["state"],
            "raised_ms": epoch_ms(said["raised"]),
            "updated_ms": epoch_ms(said["updated"]),
            **dict(zip(("west", "south", "east", "north"), box, strict=True)),
        }
        yield dict(row), searched | {"record": row["record"]}, _cables(said)


def _cables(said: Row) -> list[str]:
    return sorted({cable["id"] for cable in (*said["cables"], *said["next_cables"])})


def _searched() -> list[sa.Column[Any]]:
    return [
        sa.Column("kind", Words, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("mmsi", sa.Integer, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("raised_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        *(sa.Column(side, sa.Double) for side in ("west", "south", "east", "north")),
        sa.Column("record", sa.Text, nullable=False),
    ]


def _make_alerts() -> tuple[sa.Table, sa.Table, sa.Table]:
    alerts = op.create_table(
        "alerts",
        sa.Column("id", Words, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("review", Words, nullable=False),
        *_searched(),
    )
    op.create_index("alerts_by_raised", "alerts", ["raised_ms", "id"])
    op.create_index("alerts_by_updated", "alerts", ["updated_ms", "id"])
    op.create_index("alerts_by_severity", "alerts", ["severity", "raised_ms", "id"])
    op.create_index("alerts_by_probability", "alerts", ["probability", "raised_ms", "id"])
    op.create_index("alerts_by_mmsi", "alerts", ["mmsi"])
    history = op.create_table(
        "alert_history",
        sa.Column("alert_id", Words, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", Words, nullable=False),
        *_searched(),
        sa.UniqueConstraint("alert_id", "hash", name="alert_history_by_hash"),
    )
    op.create_index("alert_history_by_updated", "alert_history", ["updated_ms"])
    cables = op.create_table(
        "alert_cables",
        sa.Column("cable", Words, primary_key=True),
        sa.Column("alert_id", Words, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    )
    return alerts, history, cables


def _make_logs() -> sa.Table:
    op.create_table(
        "reviews",
        sa.Column("seq", NUMBERED, sa.Identity(always=True), primary_key=True),
        sa.Column("id", Words, nullable=False, unique=True),
        sa.Column("alert_id", Words, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("actor", Words, nullable=False),
        sa.Column("action", Words, nullable=False),
        sa.Column("to", Words),
        sa.Column("text", Words),
        sa.Column("review", Words, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("reviews_by_alert", "reviews", ["alert_id", "seq"])
    return op.create_table(
        "events",
        sa.Column("seq", NUMBERED, sa.Identity(always=True), primary_key=True),
        sa.Column("alert_id", Words, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("what", Words, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("review_seq", NUMBERED),
        sqlite_autoincrement=True,
    )


def _make_service() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", Words, primary_key=True),
        sa.Column("url", Words, nullable=False),
        sa.Column("secret", Words, nullable=False),
        sa.Column("filter", sa.Text, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("arranged_seq", NUMBERED, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("subscription_id", Words, primary_key=True),
        sa.Column("event_seq", NUMBERED, primary_key=True, autoincrement=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", Words),
    )
    op.create_index("deliveries_by_next", "deliveries", ["state", "next_ms"])
    op.create_table(
        "keys",
        sa.Column("id", Words, primary_key=True),
        sa.Column("name", Words, nullable=False),
        sa.Column("hash", Words, nullable=False),
        sa.Column("scopes", Words, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger),
        sa.Column("revoked_ms", sa.BigInteger),
    )
    op.create_table(
        "feed_state",
        sa.Column("source", Words, primary_key=True),
        sa.Column("position", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
    )
