"""How far each live source was read, so that it is taken up there after a stop."""

import json
from typing import NamedTuple

import sqlalchemy as sa

from cablewatch.output.text import Json
from cablewatch.stores.events import now_ms
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.tables import FEED_STATE


class Reached(NamedTuple):
    """A place in a source, in words of the source, and when it was reached."""

    position: Json
    at_ms: int


class FeedStateStore:
    """Positions in a database; see :class:`Database` for what it raises.

    Save a position after what was read up to it: what is read twice adds nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, source: str, position: Json, at_ms: int | None = None) -> None:
        """Replace the position of a source; durable on return."""
        row = {
            "position": json.dumps(position, allow_nan=False),
            "at_ms": now_ms() if at_ms is None else at_ms,
        }
        with self._database.writing() as db:
            there = sa.update(FEED_STATE).where(FEED_STATE.c.source == source)
            if not db.execute(there.values(row)).rowcount:
                db.execute(sa.insert(FEED_STATE).values(**row, source=source))

    def load(self, source: str) -> Reached | None:
        """The position of a source; None where it was never read."""
        with self._database.reading() as db:
            asked = sa.select(FEED_STATE).where(FEED_STATE.c.source == source)
            row = db.execute(asked).one_or_none()
        return None if row is None else Reached(json.loads(row.position), row.at_ms)

    def all(self) -> dict[str, Reached]:
        """Positions by source."""
        with self._database.reading() as db:
            rows = db.execute(sa.select(FEED_STATE).order_by(FEED_STATE.c.source)).all()
        return {row.source: Reached(json.loads(row.position), row.at_ms) for row in rows}
