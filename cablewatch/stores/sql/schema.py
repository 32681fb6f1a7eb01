"""Which tables a database has: those of today, older ones, or those of something else.

A database says its revision in :data:`VERSION_TABLE`. The first revision, in SQLite alone, says it
as ``PRAGMA user_version`` 1.
"""

import sqlalchemy as sa

from cablewatch.stores.sql.tables import METADATA

VERSION_TABLE = "cablewatch_version"
REVISIONS = ("0001", "0002", "0003")  # from the oldest; the last is the one of today
FOREIGN = "foreign"  # tables of something else are in the way


def revision_of(db: sa.Connection) -> str | None:
    """Revision of the tables, FOREIGN, or None where there are none yet."""
    tables = set(sa.inspect(db).get_table_names())
    if VERSION_TABLE in tables:
        said = db.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}")
        return str(said.scalar_one())
    if db.dialect.name != "sqlite":  # other programs may keep tables beside ours
        return FOREIGN if tables & METADATA.tables.keys() else None
    if not tables:
        return None
    first = db.exec_driver_sql("PRAGMA user_version").scalar_one() == 1
    return REVISIONS[0] if first and "alert_history" in tables else FOREIGN
