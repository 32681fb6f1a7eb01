"""The tables of the alert store.

``alerts`` holds the current version of each alert with the columns that are searched;
``alert_cables`` the cables it met or heads for; ``alert_history`` every version ever appended,
with the hash of its content, and is never rewritten.
"""

import sqlalchemy as sa

SCHEMA_VERSION = 1  # PRAGMA user_version of a database with these tables

METADATA = sa.MetaData()
ALERTS = sa.Table(
    "alerts",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("severity", sa.Integer, nullable=False),  # rank in SEVERITIES
    sa.Column("mmsi", sa.Integer, nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("raised_ms", sa.BigInteger, nullable=False),
    sa.Column("updated_ms", sa.BigInteger, nullable=False),
    sa.Column("record", sa.Text, nullable=False),  # canonical JSON
    sa.Index("alerts_by_raised", "raised_ms", "id"),
)
CABLES = sa.Table(
    "alert_cables",
    METADATA,
    sa.Column("cable", sa.Text, primary_key=True),
    sa.Column("alert_id", sa.Text, primary_key=True, index=True),
)
HISTORY = sa.Table(
    "alert_history",
    METADATA,
    sa.Column("alert_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),  # 1, 2, ... in order of arrival
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.UniqueConstraint("alert_id", "hash"),
)
