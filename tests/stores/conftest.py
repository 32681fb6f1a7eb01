"""Places to keep stores in: a file of SQLite, and a database of a PostgreSQL server."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cablewatch.stores.sql.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a store can be made; every test that takes it runs on both."""
    if request.param == "sqlite":
        return tmp_path / "alerts.sqlite"
    return request.getfixturevalue("empty_postgres")


@pytest.fixture
def database(place: Path | str) -> Iterator[Database]:
    """A database open for writing."""
    with closing(Database.to_write(place)) as made:
        yield made
