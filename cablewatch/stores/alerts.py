"""The alert store: every version of every alert.

``sql`` says in which databases and tables, ``alert_search`` what can be asked, ``alert_pages`` how
that is looked for. Appending what is already there adds nothing, so a writer that does not know
whether its last write arrived writes again. What people made of an alert is in ``reviews`` and
survives its later versions.

:class:`AlertReader` opens what is there and changes nothing; :class:`AlertStore`, which writes,
makes the database where there is none.
"""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from cablewatch.alerts.model import Alert
from cablewatch.stores.alert_pages import count, first, records, stood
from cablewatch.stores.alert_rows import alert_of
from cablewatch.stores.alert_search import ANY, Wanted, cursor_of
from cablewatch.stores.appending import append_all
from cablewatch.stores.events import now_ms
from cablewatch.stores.sql.database import Database, database_to_read, database_to_write
from cablewatch.stores.sql.engines import Place
from cablewatch.stores.sql.tables import ALERTS, HISTORY
from cablewatch.stores.sql.types import Words


class Page(NamedTuple):
    """Some of the alerts that match, in the order asked for."""

    alerts: tuple[Alert, ...]
    matched: int  # on all pages together
    cursor: str | None  # of the next page; None on the last


class Extent(NamedTuple):
    """Where and when alerts are; None where there are none."""

    bbox: tuple[float, float, float, float] | None  # across the antimeridian: all the way round
    first_ms: int | None
    last_ms: int | None


class Version(NamedTuple):
    """One appended version of an alert."""

    number: int
    hash: str
    alert: Alert


class AlertReader:
    """Alerts in a database, for reading only.

    Every method, and the making of a reader, raises :class:`StoreError` where the database is
    absent, empty, of another version, or cannot be read. A reader may be used from any thread, and
    sees what was written meanwhile.

    Parameters
    ----------
    place : Path, str or Database
        A file of SQLite, a URL, or a database that is open.
    """

    def __init__(self, place: Place | Database) -> None:
        self.database = database_to_read(place)

    def latest(
        self,
        wanted: Wanted = ANY,
        sort: str = "-raised",
        limit: int = 100,
        cursor: str | None = None,
        as_of_ms: int | None = None,
    ) -> Page:
        """Return current versions in the order `sort` (one of ``SORTS``), `limit` at a time.

        Parameters
        ----------
        as_of_ms : int, optional
            Alerts as they stood at this time instead: of each the newest version updated by then,
            with the review of then.

        Raises
        ------
        UsageError
            No page in this order gave the cursor.
        """
        of = (ALERTS if as_of_ms is None else stood(as_of_ms)).c
        with self.database.reading() as db:
            matched = count(db, wanted, of)
            rows = first(db, wanted, of, sort, limit + 1, cursor)
            shown = rows[:limit]
            texts = records(db, shown)
        more = cursor_of(sort, shown[-1]) if len(rows) > limit else None
        alerts = (alert_of(texts[row.id], row.review) for row in shown)
        return Page(tuple(alerts), matched, more)

    def get(self, alert_id: str) -> Alert | None:
        """Return the current version of an alert; None where there is no such alert."""
        current = sa.and_(HISTORY.c.alert_id == ALERTS.c.id, HISTORY.c.version == ALERTS.c.version)
        wanted = (
            sa.select(HISTORY.c.record, ALERTS.c.review)
            .join(ALERTS, current)
            .where(ALERTS.c.id == alert_id)
        )
        with self.database.reading() as db:
            row = db.execute(wanted).one_or_none()
        return None if row is None else alert_of(row.record, row.review)

    def beginning(self, prefix: str, limit: int = 10) -> tuple[str, ...]:
        """Ids that begin with a text, in their order, `limit` at most."""
        begins = sa.func.substr(ALERTS.c.id, 1, len(prefix), type_=Words) == prefix
        wanted = sa.select(ALERTS.c.id).where(ALERTS.c.id >= prefix, begins)
        with self.database.reading() as db:
            return tuple(db.execute(wanted.order_by(ALERTS.c.id).limit(limit)).scalars())

    def extent(self) -> Extent:
        """Where tracks of current versions lie, and from the first raised to the last updated."""
        of, least, most = ALERTS.c, sa.func.min, sa.func.max
        round_ = most(sa.case((of.west > of.east, 1), else_=0))
        ends = sa.select(
            *(least(of.west), least(of.south), most(of.east), most(of.north)),
            *(least(of.raised_ms), most(of.updated_ms), round_),
        )
        with self.database.reading() as db:
            west, south, east, north, first_ms, last_ms, crossing = db.execute(ends).one()
        if crossing:
            west, east = -180.0, 180.0
        return Extent(None if west is None else (west, south, east, north), first_ms, last_ms)

    def history(self, alert_id: str) -> tuple[Version, ...]:
        """All versions of an alert in order of arrival, as they were said."""
        wanted = (
            sa.select(HISTORY.c.version, HISTORY.c.hash, HISTORY.c.record)
            .where(HISTORY.c.alert_id == alert_id)
            .order_by(HISTORY.c.version)
        )
        with self.database.reading() as db:
            rows = db.execute(wanted).all()
        return tuple(Version(row.version, row.hash, alert_of(row.record)) for row in rows)


class AlertStore(AlertReader):
    """Alerts in a database, for writing; a file of SQLite is made where it does not exist."""

    def __init__(self, place: Place | Database) -> None:
        super().__init__(database_to_write(place))

    def append(self, alerts: Iterable[Alert], at_ms: int | None = None) -> int:
        """Append versions in one transaction; all of them are durable on return.

        A version that is older than the current one (by ``updated_ms``) goes to the history alone.

        Parameters
        ----------
        at_ms : int, optional
            When that is; now.

        Returns
        -------
        int
            Versions added; those already in the history are not.
        """
        at_ms = now_ms() if at_ms is None else at_ms
        with self.database.writing() as db:
            return append_all(db, alerts, at_ms)
