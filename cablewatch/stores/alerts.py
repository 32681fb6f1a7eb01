"""The alert store: every version of every alert, in SQLite.

``alerts`` holds the current version of each alert with the columns that are searched;
``alert_cables`` the cables it met or heads for; ``alert_history`` every version ever appended,
with the hash of its content, and is never rewritten. Appending what is already there adds nothing,
so a writer that does not know whether its last write arrived writes again.

The database runs in WAL mode, so readers never wait for the writer, with ``synchronous=FULL``, so
that a committed alert survives a power cut. Writes begin with ``BEGIN IMMEDIATE``: a transaction
that read first and asked for the lock later would fail at once instead of waiting its turn.

:class:`AlertReader` opens what is there and changes nothing; :class:`AlertStore`, which writes,
makes the database where there is none.
"""

import base64
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import shapely
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from cablewatch.alerts import SEVERITIES, Alert
from cablewatch.errors import StoreError, UsageError
from cablewatch.render import (
    alert_from_record,
    canonical_json,
    content_hash,
    line_geometry,
    record,
)

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


SORTS = {  # descending
    "raised": (_alerts.c.raised_ms, _alerts.c.id),
    "severity": (_alerts.c.severity, _alerts.c.raised_ms, _alerts.c.id),
}
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
        db.create_function("meets", 5, _meets, deterministic=True)
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
        *,
        kind: str | None = None,
        severity: str | None = None,
        mmsi: int | None = None,
        cable: str | None = None,
        state: str | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        bbox: tuple[float, float, float, float] | None = None,
        sort: str = "raised",
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page:
        """Return current versions in the order `sort`, `limit` at a time.

        Parameters
        ----------
        kind, mmsi, state : optional
            Of the alert.
        severity : str, optional
            The least one wanted.
        cable : str, optional
            Id of one that was met or lies ahead.
        start_ms, end_ms : int, optional
            The time from `raised` to `updated` meets this span, both ends included.
        bbox : (4,) floats, optional
            West, south, east, north, degrees: the excerpt of the track meets it; west > east
            crosses the antimeridian.
        sort : str
            One of :data:`SORTS`.

        Raises
        ------
        UsageError
            No page in this order gave the cursor.
        """
        wanted = _conditions(kind, severity, mmsi, cable, state, start_ms, end_ms, bbox)
        key = SORTS[sort]
        rest = [sa.tuple_(*key) < _key_of(cursor, key)] if cursor is not None else []
        page = (
            sa.select(_alerts)
            .where(*wanted, *rest)
            .order_by(*(column.desc() for column in key))
            .limit(limit + 1)
        )
        with self._transaction("DEFERRED") as db:
            matched = db.execute(
                sa.select(sa.func.count()).select_from(_alerts).where(*wanted)
            ).scalar_one()
            rows = db.execute(page).all()
        shown = rows[:limit]
        last = [shown[-1]._mapping[column] for column in key] if len(rows) > limit else None
        more = None if last is None else _cursor_of(last)
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


class AlertStore(AlertReader):
    """Alerts in the SQLite database `path`, for writing; it is made where it does not exist."""

    def _prepare(self) -> None:
        if not self._is_ours():
            with self._transaction("IMMEDIATE") as db:
                _metadata.create_all(db)  # another writer may have been first
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


def _conditions(
    kind: str | None,
    severity: str | None,
    mmsi: int | None,
    cable: str | None,
    state: str | None,
    start_ms: int | None,
    end_ms: int | None,
    bbox: tuple[float, float, float, float] | None,
) -> list[sa.ColumnElement[bool]]:
    """What holds of the alerts that were asked for, see :meth:`AlertReader.latest`."""
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
    if start_ms is not None:
        wanted.append(_alerts.c.updated_ms >= start_ms)
    if end_ms is not None:
        wanted.append(_alerts.c.raised_ms <= end_ms)
    if bbox is not None:
        wanted.append(sa.func.meets(_alerts.c.record, *bbox) == 1)
    return wanted


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


def _cursor_of(key: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _key_of(cursor: str, key: tuple[Any, ...]) -> Any:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        *numbers, alert_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if len(numbers) != len(key) - 1 or type(alert_id) is not str:
            raise ValueError(cursor)
        if any(type(number) is not int or abs(number) >= 1 << 62 for number in numbers):
            raise ValueError(cursor)
        alert_id.encode()  # a lone surrogate is no text
    except (ValueError, TypeError, RecursionError):
        raise UsageError(
            "cursor",
            f"{cursor!r} is not a cursor of this order",
            "use the one of the page before, unchanged",
        ) from None
    return sa.tuple_(*(sa.literal(part) for part in (*numbers, alert_id)))


def _read_mode(path: Path) -> str:
    """How to open without changing anything.

    Beside a log of a writer it must be read with it. Without one, in a folder where the files that
    share it cannot be made, the database is whole in its one file.
    """
    log = path.with_name(f"{path.name}-wal")
    alone = not os.access(path.parent, os.W_OK) and not log.exists()
    return "mode=ro&immutable=1" if alone else "mode=ro"


def _meets(text: str, west: float, south: float, east: float, north: float) -> bool:
    """Whether the track in a record meets a box."""
    track = [(lon, lat) for lon, lat, _ in json.loads(text)["track"]]
    geometry = line_geometry(track)
    if geometry is None:
        return False
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    line = shapely.geometry.shape(geometry)
    return any(line.intersects(shapely.box(w, south, e, north)) for w, e in spans)
