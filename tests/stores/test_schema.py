"""Migrations: the tables that are declared, whatever a database began with."""

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from cablewatch.errors import StoreError
from cablewatch.stores.alert_search import Wanted
from cablewatch.stores.alerts import AlertReader, AlertStore
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.migrate import scripts
from cablewatch.stores.sql.schema import REVISIONS, VERSION_TABLE
from cablewatch.stores.sql.tables import METADATA
from tests.stores.sample import T0, EventLog

FIRST = Path(__file__).parent / "data/alerts_1.sql"  # a database of the first revision


@pytest.fixture
def first(tmp_path):
    path = tmp_path / "alerts.sqlite"
    db = sqlite3.connect(path)
    db.executescript(FIRST.read_text(encoding="utf-8"))
    db.close()
    return path


def test_migrations_make_the_declared_tables(database):
    with database.reading() as db:
        context = MigrationContext.configure(db, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []


def test_revisions_are_those_of_the_scripts():
    assert tuple(script.revision for script in scripts().walk_revisions())[::-1] == REVISIONS


def test_a_database_of_the_first_revision_is_taken_over(first):
    with pytest.raises(StoreError, match=r"older version; .*cablewatch migrate"):
        AlertReader(first)
    db = sqlite3.connect(first)
    before = db.execute("SELECT alert_id, version, hash, record FROM alert_history").fetchall()
    db.close()
    store = AlertStore(first)
    db = sqlite3.connect(first)
    asked = "SELECT alert_id, version, hash, record FROM alert_history ORDER BY 1, 2"
    assert db.execute(asked).fetchall() == sorted(before)
    assert db.execute("PRAGMA user_version").fetchone() == (2,)  # an older program keeps out
    db.close()
    assert {a.id: a.updated_ms - T0 for a in store.latest().alerts} == {"a": 60_000, "b": 0, "c": 0}
    assert {a.id: a.severity for a in store.latest().alerts}["a"] == "critical"
    assert [a.id for a in store.latest(Wanted(cable="c-lion"), sort="raised").alerts] == [
        "a",
        "c",
    ]
    assert [a.id for a in store.latest(Wanted(bbox=(179.9, 9.0, -179.9, 11.0))).alerts] == ["c"]
    assert [v.hash for v in store.history("a")] == [row[2] for row in before if row[0] == "a"]
    told = [(e.alert.id, e.version, e.at_ms - T0) for e in EventLog(first).after(0)]
    assert told == [("a", 1, 60_000), ("b", 1, 0), ("a", 2, 0), ("c", 1, 0)]
    assert store.append(v.alert for v in store.history("a")) == 0


def test_what_is_taken_over_is_what_is_written_anew(first, tmp_path):
    """Each searched column of each version, and each cable, as today's code writes them."""
    old = AlertStore(first)
    new = AlertStore(tmp_path / "new.sqlite")
    new.append(event.alert for event in EventLog(old.database).after(0))
    for name in ("alerts", "alert_history", "alert_cables"):
        table = METADATA.tables[name]
        asked = sa.select(table).order_by(*table.primary_key)
        with old.database.reading() as a, new.database.reading() as b:
            assert a.execute(asked).all() == b.execute(asked).all()


def test_writers_that_come_first_at_once_agree(place):
    failures = []

    def make():
        try:
            AlertStore(place)
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_newer_database_is_refused(database, place):
    with database.writing() as db:
        db.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    for opened in (Database.to_read, Database.to_write):
        with pytest.raises(StoreError, match="newer version"):
            opened(place)


def test_a_migration_that_fails_leaves_the_old_database(first, monkeypatch):
    def fail(_line):
        raise ValueError("box")

    monkeypatch.setattr("cablewatch.output.antimeridian.box_of", fail)
    before = first.read_bytes()
    with pytest.raises(ValueError, match="box"):
        AlertStore(first)
    monkeypatch.undo()
    db = sqlite3.connect(first)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("SELECT count(*) FROM alert_history").fetchone() == (4,)
    db.close()
    assert before
    assert AlertStore(first).latest().matched == 3
