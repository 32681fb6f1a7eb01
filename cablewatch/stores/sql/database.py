"""A database of stores: transactions to read and to write, and errors that tell no secret."""

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from cablewatch.errors import StoreError
from cablewatch.stores.sql.engines import (
    READ,
    UNHURRIED,
    WRITE,
    Bounds,
    Place,
    keeper,
    name_of,
    reader,
    secrets_of,
    url_of,
    writer,
)
from cablewatch.stores.sql.schema import FOREIGN, REVISIONS, revision_of

_MAKE = "write one with 'cablewatch replay --store'"
_OTHER = "choose another store folder or database"


class Database:
    """A database that is open, with the tables of today; it may be used from any thread.

    Everything here raises :class:`StoreError` where the database cannot be read or written, or
    holds something else. A transaction that ended with an error may have been committed all the
    same when a server went away meanwhile: what is written is such that writing it again adds
    nothing.
    """

    def __init__(self, url: sa.URL, engine: sa.Engine) -> None:
        self.name = name_of(url)
        self._url = url
        self._secrets = secrets_of(url)
        self._engine = engine
        driver: Any = engine.dialect.dbapi
        self.errors = (sa.exc.DBAPIError, sa.exc.TimeoutError, driver.Error)
        """What a connection may raise."""
        self._kept: list[sqlite3.Connection] = []
        self.close = weakref.finalize(self, _close, engine, self._kept)
        """Give the connections back; so does the end of the database's own life."""

    @classmethod
    def to_read(cls, place: Place, bounds: Bounds = UNHURRIED) -> "Database":
        """Open what is there, and change nothing.

        Raises
        ------
        StoreError
            It is absent or empty, older or newer than this program, or cannot be read.
        """
        url = url_of(place)
        database = cls(url, reader(url, bounds))
        with database.reading() as db:
            database._check(revision_of(db))
        return database

    @classmethod
    def to_write(cls, place: Place, bounds: Bounds = UNHURRIED) -> "Database":
        """Open or make, and bring older tables to those of today."""
        url = url_of(place)
        database = cls(url, writer(url, bounds))
        with database.reading() as db:
            revision = revision_of(db)
        if revision is None or revision in REVISIONS[:-1]:
            database._migrate()
        else:
            database._check(revision)
        return database

    def keep(self) -> None:
        """Let readers of a file go on when the disk gets full, until this is closed."""
        kept = keeper(self._url)
        if kept is not None:
            self._kept.append(kept)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one moment throughout."""
        with self._transaction(READ, "REPEATABLE READ") as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that no other writer is beside; durable once it has ended.

        It sees what the writer before it wrote, so that it may not stay with the moment at which it
        began to wait, whatever the server is set to.
        """
        with self._transaction(WRITE, "READ COMMITTED") as db:
            yield db

    @contextmanager
    def _transaction(self, to: str, isolation: str) -> Iterator[sa.Connection]:
        options = {"to": to}
        if self._engine.dialect.name == "postgresql":
            options["isolation_level"] = isolation
        try:
            with self._engine.connect() as connection:
                db = connection.execution_options(**options)
                with db.begin():
                    yield db
        except self.errors as error:
            raise self.failure(error) from None

    def failure(self, error: Exception) -> StoreError:
        """One of `errors` as an error that tells no secret."""
        original = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        what = str(original).strip().partition("\n")[0]
        for secret in self._secrets:
            what = what.replace(secret, "***")
        if self._engine.dialect.name == "sqlite":
            return StoreError(self.name, what, "check the file, its rights and space")
        return StoreError(self.name, what, "check that the server runs and lets this user in")

    def _check(self, revision: str | None) -> None:
        """Refuse tables that are not those of today."""
        if revision is None:
            raise StoreError(self.name, "holds no alerts of this version", _MAKE)
        if revision == FOREIGN:
            raise StoreError(self.name, "not an alert store of this version", _OTHER)
        if revision in REVISIONS[:-1]:
            do = "bring it up to date with 'cablewatch migrate'"
            raise StoreError(self.name, "was written by an older version", do)
        if revision != REVISIONS[-1]:
            raise StoreError(self.name, "was written by a newer version", "install that one")

    def _migrate(self) -> None:
        from cablewatch.stores.sql.migrate import migrate  # slow to load, seldom needed

        with self.writing() as db:
            if db.dialect.name == "postgresql":
                db.exec_driver_sql("SET LOCAL statement_timeout = 0")  # tables may be large
            revision = revision_of(db)  # another writer may have been first
            if revision is None or revision in REVISIONS[:-1]:
                migrate(db, revision)
            else:
                self._check(revision)


def _close(engine: sa.Engine, kept: list[sqlite3.Connection]) -> None:
    engine.dispose()
    while kept:
        kept.pop().close()


def database_to_read(place: "Place | Database") -> Database:
    """The database, opened to be read where it is not open yet."""
    return place if isinstance(place, Database) else Database.to_read(place)


def database_to_write(place: "Place | Database") -> Database:
    """The database, opened to be written where it is not open yet."""
    return place if isinstance(place, Database) else Database.to_write(place)
