"""The alert store: every version of every alert, in SQLite.

``alerts`` holds the current version of each alert with the columns that are searched;
``alert_cables`` the cables it crossed or heads for; ``alert_history`` every version ever appended,
with the hash of its content, and is never rewritten. Appending what is already there adds nothing,
so a writer that does not know whether its last write arrived writes again.

The database runs in WAL mode, so readers never wait for the writer, with ``synchronous=FULL``, so
that a committed alert survives a power cut. Writes begin with ``BEGIN IMMEDIATE``: a transaction
that read first and asked for the lock later would fail at once instead of waiting its turn.
"""

import base64
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from cablewatch.alerts import SEVERITIES, Alert
from cablewatch.errors import StoreError, UsageError
from cablewatch.render import alert_from_record, canonical_json, content_hash, record

SCHEMA_VERSION = 1  # PRAGMA user_version of a database this module reads
BUSY_S = 30.0  # how long a writer waits for another

_metadata = sa.MetaData()
_alerts = sa.Table(
    "alerts",
    _metadata,
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
_cables = sa.Table(
    "alert_cables",
    _metadata,
    sa.Column("cable", sa.Text, primary_key=True),
    sa.Column("alert_id", sa.Text, primary_key=True, index=True),
)
_history = sa.Table(
    "alert_history",
    _metadata,
    sa.Column("alert_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),  # 1, 2, ... in order of arrival
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.UniqueConstraint("alert_id", "hash"),
)


class Page(NamedTuple):
    """Some of the alerts that match, newest raised first."""

    alerts: tuple[Alert, ...]
    matched: int  # on all pages together
    cursor: str | None  # of the next page; None on the last


class Version(NamedTuple):
    """One appended version of an alert."""

    number: int
    hash: str
    alert: Alert


class AlertStore:
    """Alerts in the SQLite database `path`, which is made where it does not exist.

    Every method raises :class:`StoreError` where the database cannot be read or written. A
    connection lives as long as one call, so a store may be used from any thread.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.parent.is_dir():
            raise StoreError(str(path.parent), "no such folder", "give the folder of a store")
        self._engine = sa.create_engine(
            "sqlite://", creator=self._connect, poolclass=sa.pool.NullPool
        )
        sa.event.listen(self._engine, "begin", _begin)
        with self._transaction("DEFERRED") as db:
            ours = db.exec_driver_sql("PRAGMA user_version").scalar_one() == SCHEMA_VERSION
            tables = sa.inspect(db).get_table_names() if not ours else []
        if tables:
            raise StoreError(
                str(path), "not an alert store of this version", "choose another store folder"
            )
        if not ours:
            self._create()

    def _connect(self) -> sqlite3.Connection:
        writable = os.access(self.path.parent, os.W_OK)
        mode = "mode=rwc" if writable else "mode=ro&immutable=1"
        db = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?{mode}",
            uri=True,
            timeout=BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            if writable:
                db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error:
            db.close()
            raise
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

    def _create(self) -> None:
        with self._transaction("IMMEDIATE") as db:
            _metadata.create_all(db)  # another writer may have been first
            db.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")

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

    def latest(
        self,
        *,
        kind: str | None = None,
        severity: str | None = None,
        mmsi: int | None = None,
        cable: str | None = None,
        state: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page:
        """Return current versions, newest raised first, `limit` at a time.

        `severity` is the least one wanted; `cable` one that was crossed or lies ahead. Raises
        :class:`UsageError` for a cursor that no page gave.
        """
        wanted = [
            column == value
            for column, value in (
                (_alerts.c.kind, kind),
                (_alerts.c.mmsi, mmsi),
                (_alerts.c.state, state),
            )
            if value is not None
        ]
        if severity is not None:
            wanted.append(_alerts.c.severity >= SEVERITIES.index(severity))
        if cable is not None:
            ids = sa.select(_cables.c.alert_id).where(_cables.c.cable == cable)
            wanted.append(_alerts.c.id.in_(ids))
        key = sa.tuple_(_alerts.c.raised_ms, _alerts.c.id)
        rest = [key < _key_of(cursor)] if cursor is not None else []
        page = (
            sa.select(_alerts)
            .where(*wanted, *rest)
            .order_by(_alerts.c.raised_ms.desc(), _alerts.c.id.desc())
            .limit(limit + 1)
        )
        with self._transaction("DEFERRED") as db:
            matched = db.execute(
                sa.select(sa.func.count()).select_from(_alerts).where(*wanted)
            ).scalar_one()
            rows = db.execute(page).all()
        shown = rows[:limit]
        more = _cursor_of(shown[-1].raised_ms, shown[-1].id) if len(rows) > limit else None
        return Page(tuple(_alert(row.record) for row in shown), matched, more)

    def get(self, alert_id: str) -> Alert | None:
        """Return the current version of an alert; None where there is no such alert."""
        wanted = sa.select(_alerts.c.record).where(_alerts.c.id == alert_id)
        with self._transaction("DEFERRED") as db:
            said = db.execute(wanted).scalar_one_or_none()
        return None if said is None else _alert(said)

    def history(self, alert_id: str) -> tuple[Version, ...]:
        """All versions of an alert in order of arrival."""
        wanted = (
            sa.select(_history).where(_history.c.alert_id == alert_id).order_by(_history.c.version)
        )
        with self._transaction("DEFERRED") as db:
            rows = db.execute(wanted).all()
        return tuple(Version(row.version, row.hash, _alert(row.record)) for row in rows)


def _begin(db: sa.Connection) -> None:
    db.exec_driver_sql(f"BEGIN {db.get_execution_options()['begin']}")


def _alert(said: str) -> Alert:
    return alert_from_record(json.loads(said))


def _append_one(db: sa.Connection, alert: Alert) -> bool:
    said = record(alert)
    digest = content_hash(said)
    versions = db.execute(
        sa.select(_history.c.version, _history.c.hash).where(_history.c.alert_id == alert.id)
    ).all()
    if any(row.hash == digest for row in versions):
        return False
    text = canonical_json(said)
    db.execute(
        sa.insert(_history).values(
            alert_id=alert.id, version=len(versions) + 1, hash=digest, record=text
        )
    )
    current = sa.select(_alerts.c.updated_ms).where(_alerts.c.id == alert.id)
    updated_ms = db.execute(current).scalar_one_or_none()
    if updated_ms is None or alert.updated_ms >= updated_ms:
        _make_current(db, alert, text)
    return True


def _make_current(db: sa.Connection, alert: Alert, text: str) -> None:
    db.execute(sa.delete(_alerts).where(_alerts.c.id == alert.id))
    db.execute(sa.delete(_cables).where(_cables.c.alert_id == alert.id))
    db.execute(
        sa.insert(_alerts).values(
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
        db.execute(sa.insert(_cables), [{"cable": cable, "alert_id": alert.id} for cable in cables])


def _cursor_of(raised_ms: int, alert_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([raised_ms, alert_id]).encode()).decode().rstrip("=")


def _key_of(cursor: str) -> Any:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        raised_ms, alert_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if type(raised_ms) is not int or type(alert_id) is not str or abs(raised_ms) >= 1 << 62:
            raise ValueError(cursor)
        alert_id.encode()  # a lone surrogate is no text
    except (ValueError, TypeError, RecursionError):
        raise UsageError(
            "cursor", f"{cursor!r} is not a cursor", "use the one of the page before, unchanged"
        ) from None
    return sa.tuple_(sa.literal(raised_ms), sa.literal(alert_id))
