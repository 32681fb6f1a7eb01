"""The alert store: every version of every alert, in SQLite.

``alert_tables`` says what it holds, ``alert_search`` what can be asked of it. Appending what is
already there adds nothing, so a writer that does not know whether its last write arrived writes
again.

The database runs in WAL mode, so readers never wait for the writer, with ``synchronous=FULL``, so
that a committed alert survives a power cut. Writes begin with ``BEGIN IMMEDIATE``: a transaction
that read first and asked for the lock later would fail at once instead of waiting its turn.

:class:`AlertReader` opens what is there and changes nothing; :class:`AlertStore`, which writes,
makes the database where there is none.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from cablewatch.alerts.model import SEVERITIES, Alert
from cablewatch.alerts.records import alert_from_record, record
from cablewatch.errors import StoreError
from cablewatch.output.text import canonical_json, content_hash
from cablewatch.stores.alert_search import ANY, SORTS, Wanted, cursor_of, key_of, meets
from cablewatch.stores.alert_tables import ALERTS, CABLES, HISTORY, METADATA, SCHEMA_VERSION

BUSY_S = 30.0  # how long a writer waits for another

_MAKE = "write one with 'cablewatch replay --store'"


class Page(NamedTuple):
    """Some of the alerts that match, in the order asked for."""

    alerts: tuple[Alert, ...]
    matched: int  # on all pages together
    cursor: str | None  # of the next page; None on the last


class Version(NamedTuple):
    """One appended version of an alert."""

    number: int
    hash: str
    alert: Alert


class AlertReader:
    """Alerts in the SQLite database `path`, for reading only.

    Every method, and the making of a reader, raises :class:`StoreError` where the database is
    absent, empty, of another version, or cannot be read. A connection lives as long as one call, so
    a reader may be used from any thread, and sees what was written meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.parent.is_dir():
            raise StoreError(str(path.parent), "no such folder", "give the folder of a store")
        self._engine = sa.create_engine(
            "sqlite://", creator=self._connect, poolclass=sa.pool.NullPool
        )
        sa.event.listen(self._engine, "begin", _begin)
        self._prepare()

    def _prepare(self) -> None:
        if not self.path.is_file():
            raise StoreError(str(self.path), "no alerts are stored", _MAKE)
        if not self._is_ours():
            raise StoreError(str(self.path), "holds no alerts of this version", _MAKE)

    def _is_ours(self) -> bool:
        """Whether this is an alert store; StoreError where it is a database of something else."""
        with self._transaction("DEFERRED") as db:
            ours = db.exec_driver_sql("PRAGMA user_version").scalar_one() == SCHEMA_VERSION
            tables = sa.inspect(db).get_table_names() if not ours else []
        if tables:
            raise StoreError(
                str(self.path), "not an alert store of this version", "choose another store folder"
            )
        return bool(ours)

    def _connect(self) -> sqlite3.Connection:
        return self._opened(_read_mode(self.path))

    def _opened(self, mode: str) -> sqlite3.Connection:
        db = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?{mode}",
            uri=True,
            timeout=BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )
        db.create_function("meets", 5, meets, deterministic=True)
        return db

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as db:
                db = db.execution_options(begin=begin)
                with db.begin():
                    yield db
        except (DBAPIError, sqlite3.Error) as error:
            what = str(error.orig if isinstance(error, DBAPIError) else error)
            raise StoreError(str(self.path), what, "check the file, its rights and space") from None

    def latest(
        self,
        wanted: Wanted = ANY,
        sort: str = "raised",
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page:
        """Return current versions in the order `sort` (one of ``SORTS``), `limit` at a time.

        Raises
        ------
        UsageError
            No page in this order gave the cursor.
        """
        key, conditions = SORTS[sort], wanted.conditions()
        rest = [sa.tuple_(*key) < key_of(cursor, key)] if cursor is not None else []
        page = (
            sa.select(ALERTS)
            .where(*conditions, *rest)
            .order_by(*(column.desc() for column in key))
            .limit(limit + 1)
        )
        with self._transaction("DEFERRED") as db:
            matched = db.execute(
                sa.select(sa.func.count()).select_from(ALERTS).where(*conditions)
            ).scalar_one()
            rows = db.execute(page).all()
        shown = rows[:limit]
        last = [shown[-1]._mapping[column] for column in key] if len(rows) > limit else None
        more = None if last is None else cursor_of(last)
        return Page(tuple(_alert(row.record) for row in shown), matched, more)

    def get(self, alert_id: str) -> Alert | None:
        """Return the current version of an alert; None where there is no such alert."""
        wanted = sa.select(ALERTS.c.record).where(ALERTS.c.id == alert_id)
        with self._transaction("DEFERRED") as db:
            said = db.execute(wanted).scalar_one_or_none()
        return None if said is None else _alert(said)

    def beginning(self, prefix: str, limit: int = 10) -> tuple[str, ...]:
        """Ids that begin with a text, in their order, `limit` at most."""
        wanted = (
            sa.select(ALERTS.c.id)
            .where(ALERTS.c.id.startswith(prefix, autoescape=True))
            .order_by(ALERTS.c.id)
            .limit(limit)
        )
        with self._transaction("DEFERRED") as db:
            return tuple(db.execute(wanted).scalars())

    def history(self, alert_id: str) -> tuple[Version, ...]:
        """All versions of an alert in order of arrival."""
        wanted = (
            sa.select(HISTORY).where(HISTORY.c.alert_id == alert_id).order_by(HISTORY.c.version)
        )
        with self._transaction("DEFERRED") as db:
            rows = db.execute(wanted).all()
        return tuple(Version(row.version, row.hash, _alert(row.record)) for row in rows)


class AlertStore(AlertReader):
    """Alerts in the SQLite database `path`, for writing; it is made where it does not exist."""

    def _prepare(self) -> None:
        if not self._is_ours():
            with self._transaction("IMMEDIATE") as db:
                METADATA.create_all(db)  # another writer may have been first
                db.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")

    def _connect(self) -> sqlite3.Connection:
        db = self._opened("mode=rwc")
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def append(self, alerts: Iterable[Alert]) -> int:
        """Append versions in one transaction; all of them are durable on return.

        A version that is older than the current one (by ``updated_ms``) goes to the history alone.

        Returns
        -------
        int
            Versions added; those already in the history are not.
        """
        with self._transaction("IMMEDIATE") as db:
            return sum(_append_one(db, alert) for alert in alerts)


def _begin(db: sa.Connection) -> None:
    db.exec_driver_sql(f"BEGIN {db.get_execution_options()['begin']}")


def _alert(said: str) -> Alert:
    return alert_from_record(json.loads(said))


def _append_one(db: sa.Connection, alert: Alert) -> bool:
    said = record(alert)
    digest = content_hash(said)
    versions = db.execute(
        sa.select(HISTORY.c.version, HISTORY.c.hash).where(HISTORY.c.alert_id == alert.id)
    ).all()
    if any(row.hash == digest for row in versions):
        return False
    text = canonical_json(said)
    db.execute(
        sa.insert(HISTORY).values(
            alert_id=alert.id, version=len(versions) + 1, hash=digest, record=text
        )
    )
    current = sa.select(ALERTS.c.updated_ms).where(ALERTS.c.id == alert.id)
    updated_ms = db.execute(current).scalar_one_or_none()
    if updated_ms is None or alert.updated_ms >= updated_ms:
        _make_current(db, alert, text)
    return True


def _make_current(db: sa.Connection, alert: Alert, text: str) -> None:
    db.execute(sa.delete(ALERTS).where(ALERTS.c.id == alert.id))
    db.execute(sa.delete(CABLES).where(CABLES.c.alert_id == alert.id))
    db.execute(
        sa.insert(ALERTS).values(
            id=alert.id,
            kind=alert.kind,
            severity=SEVERITIES.index(alert.severity),
            mmsi=int(alert.mmsi),
            state=alert.state,
            raised_ms=int(alert.raised_ms),
            updated_ms=int(alert.updated_ms),
            record=text,
        )
    )
    cables = sorted({c.id for c in alert.cables} | {c.id for c in alert.next_cables})
    if cables:
        db.execute(sa.insert(CABLES), [{"cable": cable, "alert_id": alert.id} for cable in cables])


def _read_mode(path: Path) -> str:
    """How to open without changing anything.

    Beside a log of a writer it must be read with it. Without one, in a folder where the files that
    share it cannot be made, the database is whole in its one file.
    """
    log = path.with_name(f"{path.name}-wal")
    alone = not os.access(path.parent, os.W_OK) and not log.exists()
    return "mode=ro&immutable=1" if alone else "mode=ro"
