"""How each live source is, and what came of it, as the watcher last said."""

import json
from typing import NamedTuple

import sqlalchemy as sa

from cablewatch.output.text import Json
from cablewatch.stores.events import now_ms
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.tables import FEED_STATE


class FeedState(NamedTuple):
    """How a source is (``feeds.keeping.Health``, ``live.tallies``), and when that was said."""

    said: Json
    at_ms: int


class FeedStateStore:
    """States in a database; see :class:`Database` for what it raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, source: str, said: Json, at_ms: int | None = None) -> None:
        """Replace the state of a source; durable on return."""
        row = {
            "position": json.dumps(said, allow_nan=False),
            "at_ms": now_ms() if at_ms is None else at_ms,
        }
        with self._database.writing() as db:
            there = sa.update(FEED_STATE).where(FEED_STATE.c.source == source)
            if not db.execute(there.values(row)).rowcount:
                db.execute(sa.insert(FEED_STATE).values(**row, source=source))

    def load(self, source: str) -> FeedState | None:
        """The state of a source; None where it was never read."""
        with self._database.reading() as db:
            asked = sa.select(FEED_STATE).where(FEED_STATE.c.source == source)
            row = db.execute(asked).one_or_none()
        return None if row is None else FeedState(json.loads(row.position), row.at_ms)

    def all(self) -> dict[str, FeedState]:
        """States by source."""
        with self._database.reading() as db:
            rows = db.execute(sa.select(FEED_STATE).order_by(FEED_STATE.c.source)).all()
        return {row.source: FeedState(json.loads(row.position), row.at_ms) for row in rows}
