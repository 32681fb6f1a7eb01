"""Processes that are killed: one that writes alerts as feeds do, and the service.

They are forked from one that has loaded everything, so that a life begins at once.
"""

import multiprocessing
import os
import sys
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from cablewatch.commands.serve import run_server
from cablewatch.service import create_app as create_app  # loaded before the fork
from cablewatch.service.server import run as run  # the same
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.feed_state import FeedStateStore
from cablewatch.stores.sql.engines import Place
from tests.durability.load import SOURCE, batch_after

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


def start_writer(place: Place) -> tuple[BaseProcess, Connection]:
    """A writer, and the pipe on which it says from where it goes on, and what is durable."""
    heard, said = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_write, args=(place, said), daemon=True)
    process.start()
    said.close()
    return process, heard


def start_service(store: Path, port: int, log: Path, database: str | None = None) -> BaseProcess:
    """``cablewatch serve`` on a port of loopback; what it logs is appended to a file."""
    process = _CONTEXT.Process(target=_serve, args=(store, port, log, database), daemon=True)
    process.start()
    return process


def _write(place: Place, said: Connection) -> None:
    """Append batch by batch, from where the last life came to."""
    store = AlertStore(place)
    reached = FeedStateStore(store.database)
    known = reached.load(SOURCE)
    n = 0 if known is None else int(known.said)
    said.send(n)
    while True:
        batch = batch_after(n)
        store.append(batch)
        n += len(batch)
        reached.save(SOURCE, n)
        said.send(n)


def _serve(store: Path, port: int, log: Path, database: str | None) -> None:
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(out, 2)
    sys.stderr = os.fdopen(2, "w", buffering=1)
    options = {} if database is None else {"database_url": database}
    run_server(store=store, port=port, **options)
