"""Who watches: one process at a time, by a lock of the database that the alerts are in.

The lock is of a session of PostgreSQL. It ends with the process that has it, at once where its
machine goes on, and within :data:`SILENT_S` where that is gone; another that waits for it then
takes over. Each looks every :data:`LOOK_S`. While the database cannot be reached nobody can take
over, and who has the turn goes on; it asks for the lock again, and ends where another has it by
then. The folder of the store is held beside it, so that of the processes of one machine two never
write, whatever they believe. Across machines that is no guard: one that lost its session but not
the folder may go on writing until it sees that another has the turn.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from cablewatch.errors import StoreError, UsageError
from cablewatch.output.text import text_hash
from cablewatch.stores.places import held
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.engines import READ, url_of, writer

LOOK_S = 0.5
SILENT_S = 4
ALIVE = {"idle": 2, "interval": 1, "count": 2}  # keepalives: s, s, tries; SILENT_S in all

log = logging.getLogger(__name__)


class Turn:
    """The turn of one process.

    Parameters
    ----------
    database : str, optional
        URL of a database of PostgreSQL.
    name : str
        What is watched: there is one turn of each name in a database.

    Raises
    ------
    UsageError
        The URL names no such database.
    """

    def __init__(self, database: str | None, name: str) -> None:
        url = url_of(database) if database else None
        if url is None or url.get_backend_name() != "postgresql":
            do = "give --database postgresql+psycopg://USER@HOST/NAME"
            raise UsageError("--standby", "takes turns by a PostgreSQL database", do)
        said = {f"keepalives_{what}": str(n) for what, n in ALIVE.items()}
        said["tcp_user_timeout"] = f"{SILENT_S * 1000}"  # ms
        options = {"to": READ, "isolation_level": "AUTOCOMMIT"}
        self._engine = writer(url.update_query_dict(said)).execution_options(**options)
        self._database = Database(url, self._engine)
        self._key = int(text_hash(f"watch {name}")[:15], 16)
        self._connection: sa.Connection | None = None
        self._has = False
        self._over = threading.Event()

    def wait(self, folder: Path, waiting: Callable[[], None]) -> None:
        """Come back with the turn, and when nobody holds the folder of the store any more.

        `waiting` is called once where another has the turn or the folder. A database that goes away
        meanwhile is waited for.

        Raises
        ------
        StoreError
            The database cannot be reached at first.
        """
        try:
            ready = self._ask() and _is_free(folder)
        except self._database.errors as error:
            self._drop()
            raise self._database.failure(error) from None
        if not ready:
            waiting()
        while not ready:
            self._over.wait(LOOK_S)
            ready = self._ask_again() and _is_free(folder)

    @contextmanager
    def kept(self, lost: Callable[[], None]) -> Iterator[None]:
        """Keep the turn; `lost` is called, from another thread, once somebody else has it."""
        keeper = threading.Thread(target=self._keep, args=(lost,), name="turn", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            self._over.set()
            keeper.join(SILENT_S)  # of a server that stands still; the process takes both along
            if not keeper.is_alive():
                self._drop()

    def _keep(self, lost: Callable[[], None]) -> None:
        while not self._over.wait(LOOK_S):
            if not self._ask_again() and self._connection is not None:
                log.error("another watch of the same sources has taken over; this one ends")
                lost()
                return

    def _ask_again(self) -> bool:
        """As `_ask`; False also while the database is away, and without a connection then."""
        try:
            return self._ask()
        except self._database.errors:
            if self._connection is not None:
                log.warning("the database is away; the turn is asked for again")
            self._drop()
            return False

    def _ask(self) -> bool:
        """Whether this process has the turn now; a session that has it keeps it."""
        if self._connection is None:
            self._has = False
            self._connection = self._engine.connect()
            for what, n in ALIVE.items():
                self._connection.exec_driver_sql(f"SET tcp_keepalives_{what} = {n}")
        if self._has:
            self._connection.exec_driver_sql("SELECT 1")
        else:
            taken = sa.select(sa.func.pg_try_advisory_lock(self._key))
            self._has = bool(self._connection.scalar(taken))
        return self._has

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*self._database.errors):
                connection.invalidate()
            connection.close()


def _is_free(folder: Path) -> bool:
    try:
        with held(folder):
            return True
    except StoreError:
        return False
