"""How a database is reached: a file of SQLite by its path, or a database by its URL.

SQLite runs in WAL mode, so readers never wait for the writer, with ``synchronous=FULL``, so that
what was committed survives a power cut. Writes begin with ``BEGIN IMMEDIATE``: a transaction that
read first and asked for the lock later would fail at once instead of waiting its turn. A connection
lives as long as one transaction.

PostgreSQL keeps a few connections and asks each whether it still lives before it is used. Writers
take one lock, so that numbers of events become visible in their order; a writer that stands still
loses it. Readers see one moment throughout a transaction. How long anything may wait or work is in
:class:`Bounds`.
"""

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from cablewatch.errors import StoreError, UsageError

Place = Path | str
"""A file of SQLite, or the URL of a database."""


class Bounds(NamedTuple):
    """How long a transaction may wait, and work."""

    lock_s: float = 30  # for another's lock
    statement_s: float | None = None  # at one statement, on PostgreSQL; None: as the server has it


UNHURRIED = Bounds()  # of commands: nobody waits for an answer
STALLED_S = 60  # how long a writer on PostgreSQL may do nothing in a transaction
CONNECT_S = 10
OWNER_ALONE = 0o600  # a new file: it holds secrets; SQLite gives those beside it the same rights
POOLED, MORE = 5, 10  # connections to PostgreSQL that are kept, and opened beyond when needed

READ, WRITE = "read", "write"  # values of the execution option `to`
_LOCK = 0x6361626C65  # "cable"
_STARTS = {
    "sqlite": {READ: "BEGIN", WRITE: "BEGIN IMMEDIATE"},
    "postgresql": {
        READ: "",
        WRITE: f"SET LOCAL idle_in_transaction_session_timeout = '{STALLED_S}s'; "
        f"SELECT pg_advisory_xact_lock({_LOCK}), CASE current_setting('synchronous_commit') "
        "WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END",
    },
}
_GIVE = "give sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"


def url_of(place: Place) -> sa.URL:
    """URL of a place.

    Raises
    ------
    UsageError
        It names no database that can be used. No part of a URL is repeated: it may hold a password.
    """
    if isinstance(place, Path):
        return sa.URL.create("sqlite", database=str(place))
    try:
        url = sa.make_url(place)
    except (sa.exc.ArgumentError, ValueError):
        raise UsageError("database", "not a URL of a database", _GIVE) from None
    if "@" in (url.host or ""):  # the end of a password that holds one
        raise UsageError("database", "more than one @ before the host", "write %40 in a password")
    kind = url.get_backend_name()
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite" or url.database in (None, "", ":memory:"):
        raise UsageError("database", "not a database that alerts can be kept in", _GIVE)
    return url


def name_of(url: sa.URL) -> str:
    """What a database is called in messages, without user, password and options."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"postgresql://{url.host or ''}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def shown(text: str) -> str:
    """A URL of a database without user, password and options; UsageError where it is none."""
    url = url_of(text)
    return str(sa.URL.create(url.drivername, host=url.host, port=url.port, database=url.database))


def secrets_of(url: sa.URL) -> tuple[str, ...]:
    """What of a URL is told to nobody."""
    options = (str(said) for name, said in url.query.items() if "password" in name.lower())
    return tuple(filter(None, (url.password, *options)))


def reader(url: sa.URL, bounds: Bounds = UNHURRIED) -> sa.Engine:
    """Connections that change nothing; StoreError where a file or its folder is absent."""
    if url.get_backend_name() != "sqlite":
        return _postgres(url, bounds, {"postgresql_readonly": True})
    path = _file(url)
    if not path.is_file():
        make = "write one with 'cablewatch replay --store'"
        raise StoreError(str(path), "no alerts are stored", make)
    return _sqlite(partial(_connected, path, _read_mode, bounds.lock_s))


def writer(url: sa.URL, bounds: Bounds = UNHURRIED) -> sa.Engine:
    """Connections that write; a file is made where it is absent, in a folder that is there."""
    if url.get_backend_name() != "sqlite":
        return _postgres(url, bounds, {})
    return _sqlite(partial(_durable, _file(url), bounds.lock_s))


def keeper(url: sa.URL) -> sqlite3.Connection | None:
    """A connection that does no more than keep the files beside a file of SQLite.

    Without them a reader makes them anew, which a full disk has no room for. None where there are
    none to keep: another database, or a folder that cannot be written.
    """
    if url.get_backend_name() != "sqlite":
        return None
    path = _file(url)
    if not (path.is_file() and _may_write(path.parent) and os.access(path, os.W_OK)):
        return None
    db = _connected(path, lambda _: "mode=rw", 0)
    try:
        db.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error:  # whoever reads says why
        db.close()
        return None
    return db


def _file(url: sa.URL) -> Path:
    path = Path(str(url.database))
    if not path.parent.is_dir():
        raise StoreError(str(path.parent), "no such folder", "give the folder of a store")
    return path


def _sqlite(connect: Callable[[], sqlite3.Connection]) -> sa.Engine:
    return _starting(sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool))


def _postgres(url: sa.URL, bounds: Bounds, options: Mapping[str, Any]) -> sa.Engine:
    wait = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_S}
    try:
        engine = sa.create_engine(
            url,
            connect_args=wait,
            execution_options=options,
            pool_pre_ping=True,
            pool_size=POOLED,
            max_overflow=MORE,
            pool_timeout=bounds.lock_s,
        )
    except ModuleNotFoundError as error:
        what = f"{error.name} is not installed"
        raise UsageError("database", what, "pip install 'cablewatch[postgresql]'") from None
    sa.event.listen(engine, "connect", partial(_bounded, bounds))
    return _starting(engine)


def _bounded(bounds: Bounds, connection: Any, _record: Any) -> None:
    """Bound all that a connection to PostgreSQL is used for."""
    said = {"lock_timeout": bounds.lock_s, "statement_timeout": bounds.statement_s}
    for name, seconds in said.items():
        if seconds is not None:
            connection.execute(f"SET {name} = {seconds * 1000:.0f}")  # ms
    connection.commit()


def _starting(engine: sa.Engine) -> sa.Engine:
    sa.event.listen(engine, "begin", _start)
    return engine


def _start(db: sa.Connection) -> None:
    start = _STARTS[db.dialect.name][db.get_execution_options()["to"]]
    if start:
        db.exec_driver_sql(start)


def _connected(path: Path, mode: Callable[[Path], str], lock_s: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?{mode(path)}",
        uri=True,
        timeout=lock_s,
        isolation_level=None,
        check_same_thread=False,
    )


def _durable(path: Path, lock_s: float) -> sqlite3.Connection:
    with suppress(OSError):  # it is there, or SQLite says what is wrong
        os.mknod(path, OWNER_ALONE)  # never opened: to close it would let go of locks
    db = _connected(path, lambda _: "mode=rwc", lock_s)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _read_mode(path: Path) -> str:
    """How to open without changing anything.

    Beside a log of a writer it must be read with it. Without one, in a folder where the files that
    share it cannot be made, the database is whole in its one file.
    """
    log = path.with_name(f"{path.name}-wal")
    alone = not _may_write(path.parent) and not log.exists()
    return "mode=ro&immutable=1" if alone else "mode=ro"


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK)
