"""Bringing a database to the tables of today, revision by revision."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory

from cablewatch.stores.sql.schema import VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"


def scripts() -> ScriptDirectory:
    """The revisions there are."""
    return ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])


def migrate(db: sa.Connection, revision: str | None) -> None:
    """Bring tables of a revision (None: there are none) to the newest, in a transaction.

    Alembic's own table of versions goes by another name here, so that a database may be shared.
    """
    known = scripts()

    def steps(_said: Any, _context: MigrationContext) -> list[RevisionStep]:
        return known._upgrade_revs("head", revision)  # type: ignore[arg-type]

    with EnvironmentContext(Config(), known, fn=steps) as environment:
        environment.configure(connection=db, version_table=VERSION_TABLE)
        context = environment.get_context()
        if revision is not None and context.get_current_revision() is None:
            context.stamp(known, revision)
        environment.run_migrations()
