"""Fixtures shared by all tests.

``CABLEWATCH_TEST_POSTGRES`` names another PostgreSQL server than that of this machine. Where none
answers and Debian's tools are there, they are asked to start one; else what needs it is skipped.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/"

# A shell that starts the tests in the background lets them ignore interrupts, and what they start
# would inherit that; a handler is not inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than cores: many tests wait for what they started."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of recordings beside the project; tests that need it skip where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("CABLEWATCH_SHARED", default)) / "data"
    if not folder.is_dir():
        pytest.skip(f"recordings are absent: {folder} (set CABLEWATCH_SHARED)")
    return folder


@dataclass
class Server:
    """A server, on which databases are made and dropped."""

    url: sa.URL

    def answers(self) -> str | None:
        """Why it does not; None where it does."""
        try:
            self.run("SELECT 1")
        except (sa.exc.OperationalError, ModuleNotFoundError) as error:
            return str(error).partition("\n")[0]
        return None

    def run(self, statement: str) -> None:
        engine = sa.create_engine(
            self.url.set(database="postgres"),
            isolation_level="AUTOCOMMIT",
            connect_args={"connect_timeout": 5},
            poolclass=sa.pool.NullPool,
        )
        with engine.connect() as db:
            db.exec_driver_sql(statement)


def start_one() -> None:
    """Ask Debian's tools for the server of this machine."""
    listed = shutil.which("pg_lsclusters") and subprocess.run(
        ["pg_lsclusters", "--no-header"], capture_output=True, text=True, check=False
    )
    for line in listed.stdout.splitlines() if listed else ():
        version, name, port, *_ = line.split()
        if port == "5432":
            start = ["pg_ctlcluster", version, name, "start"]
            subprocess.run(start, capture_output=True, check=False)


@pytest.fixture(scope="session")
def server() -> Server:
    """A PostgreSQL server that answers."""
    asked = os.environ.get("CABLEWATCH_TEST_POSTGRES")
    server = Server(sa.make_url(asked or SERVER))
    if server.answers() is not None and asked is None:
        start_one()
    reason = server.answers()
    if reason is not None:
        pytest.skip(f"no PostgreSQL server answers ({reason})")
    return server


@pytest.fixture(scope="session")
def postgres(server: Server) -> Iterator[str]:
    """URL of a database made for the tests; its order of letters is not that of bytes."""
    name = f"cablewatch_test_{os.getpid()}"
    order = "LOCALE_PROVIDER icu ICU_LOCALE 'en' TEMPLATE template0"
    server.run(f"CREATE DATABASE {name} ENCODING 'UTF8' {order}")
    yield server.url.set(database=name).render_as_string(hide_password=False)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_postgres(postgres: str) -> str:
    """URL of the database without tables."""
    engine = sa.create_engine(postgres, poolclass=sa.pool.NullPool)
    with engine.begin() as db:
        db.exec_driver_sql("DROP SCHEMA IF EXISTS public CASCADE")
        db.exec_driver_sql("CREATE SCHEMA public")
    return postgres
