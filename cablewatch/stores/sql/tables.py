"""The tables, the same in SQLite and PostgreSQL.

==================  ==============================================================================
``alerts``          what is searched of current versions, and what people made of them (`review`)
``alert_history``   every version ever appended, with its record and the hash of that
``alert_cables``    the cables that each version met or heads for
``reviews``         what people did with alerts; it decides `review`
``events``          the order in which versions and reviews were stored
``subscriptions``   who is told of events, and up to which event that is arranged
``deliveries``      an event for a subscriber: to be sent, sent, or given up
``keys``            API keys, by hash
``feed_state``      how far each live source was read
==================  ==============================================================================

``alert_history``, ``reviews`` and ``events`` are appended to and never rewritten. Times are UTC
milliseconds. ``migrations`` makes these tables; a test holds the two together.
"""

import sqlalchemy as sa

from cablewatch.stores.sql.types import NUMBERED, Words

METADATA = sa.MetaData()


def _searched() -> list[sa.Column[object]]:
    """What is searched of a version; the box of an empty track is null."""
    return [
        sa.Column("kind", Words, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),  # rank in SEVERITIES
        sa.Column("probability", sa.Double, nullable=False),  # -1 where it is not available
        sa.Column("mmsi", sa.Integer, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("raised_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.Column("west", sa.Double),  # west > east crosses the antimeridian
        sa.Column("south", sa.Double),
        sa.Column("east", sa.Double),
        sa.Column("north", sa.Double),
    ]


ALERTS = sa.Table(
    "alerts",
    METADATA,
    sa.Column("id", Words, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("review", Words, nullable=False),
    sa.Column("first_ms", sa.BigInteger, nullable=False),  # the least `updated_ms` of its versions
    *_searched(),
    sa.Index("alerts_by_raised", "raised_ms", "id"),
    sa.Index("alerts_by_updated", "updated_ms", "id"),
    sa.Index("alerts_by_severity", "severity", "raised_ms", "id"),
    sa.Index("alerts_by_probability", "probability", "raised_ms", "id"),
    sa.Index("alerts_by_mmsi", "mmsi"),
    sa.Index("alerts_by_kind", "kind", "severity", "state"),
)
HISTORY = sa.Table(
    "alert_history",
    METADATA,
    sa.Column("alert_id", Words, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),  # 1, 2, ... as stored
    sa.Column("hash", Words, nullable=False),
    *_searched(),
    sa.Column("record", sa.Text, nullable=False),  # canonical JSON
    sa.UniqueConstraint("alert_id", "hash", name="alert_history_by_hash"),
    sa.Index("alert_history_by_updated", "updated_ms"),
)
CABLES = sa.Table(
    "alert_cables",
    METADATA,
    sa.Column("cable", Words, primary_key=True),
    sa.Column("alert_id", Words, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
)
REVIEWS = sa.Table(
    "reviews",
    METADATA,
    sa.Column("seq", NUMBERED, sa.Identity(always=True), primary_key=True),
    sa.Column("id", Words, nullable=False, unique=True),  # the same review again is the same
    sa.Column("alert_id", Words, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("actor", Words, nullable=False),
    sa.Column("action", Words, nullable=False),
    sa.Column("to", Words),
    sa.Column("text", Words),
    sa.Column("review", Words, nullable=False),  # what the alert is from here on
    sa.Index("reviews_by_alert", "alert_id", "seq"),
    sqlite_autoincrement=True,
)
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("seq", NUMBERED, sa.Identity(always=True), primary_key=True),
    sa.Column("alert_id", Words, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # stored; of a review the one reviewed
    sa.Column("what", Words, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),  # when it was stored
    sa.Column("review_seq", NUMBERED),
    sqlite_autoincrement=True,
)
SUBSCRIPTIONS = sa.Table(
    "subscriptions",
    METADATA,
    sa.Column("id", Words, primary_key=True),
    sa.Column("url", Words, nullable=False),
    sa.Column("secret", Words, nullable=False),
    sa.Column("filter", sa.Text, nullable=False),  # JSON of what is wanted
    sa.Column("state", Words, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("arranged_seq", NUMBERED, nullable=False),  # newest event looked at
)
DELIVERIES = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("subscription_id", Words, primary_key=True),
    sa.Column("event_seq", NUMBERED, primary_key=True, autoincrement=False),
    sa.Column("state", Words, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_ms", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Integer),  # of the last answer over HTTP
    sa.Column("error", Words),
    sa.Index("deliveries_by_next", "state", "next_ms"),
)
KEYS = sa.Table(
    "keys",
    METADATA,
    sa.Column("id", Words, primary_key=True),
    sa.Column("name", Words, nullable=False),
    sa.Column("hash", Words, nullable=False),
    sa.Column("scopes", Words, nullable=False),  # with blanks between
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger),
    sa.Column("revoked_ms", sa.BigInteger),
)
FEED_STATE = sa.Table(
    "feed_state",
    METADATA,
    sa.Column("source", Words, primary_key=True),
    sa.Column("position", sa.Text, nullable=False),  # JSON
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)
