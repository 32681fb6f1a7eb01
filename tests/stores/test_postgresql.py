"""What is particular to a server: its URL, and what others keep there."""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from cablewatch.errors import CablewatchError, StoreError, UsageError
from cablewatch.stores.alerts import AlertReader, AlertStore
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.engines import Bounds
from tests.stores.sample import BASE


@pytest.mark.parametrize(
    "url",
    [
        "",
        "alerts.sqlite",
        "mysql://me:hunter2@127.0.0.1/x",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://me:hunter2@127.0.0.1:port/x",
        "postgresql://me:a@hunter2@127.0.0.1:1/x",
        "postgresql://me:hunter2@127.0.0.1:1/x?password=hunter2&connect_timeout=1",
        "postgresql://me:hunter2@127.0.0.1:1/x?nonsense=hunter2",
    ],
)
@pytest.mark.parametrize("opened", [Database.to_read, Database.to_write])
def test_a_url_that_leads_nowhere_tells_no_secret(url, opened):
    with pytest.raises(CablewatchError) as caught:
        opened(url)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_may_be_named_by_url(tmp_path):
    AlertStore(f"sqlite:///{tmp_path}/alerts.sqlite").append([BASE])
    assert AlertReader(tmp_path / "alerts.sqlite").get("a") == BASE


def test_plain_urls_of_postgresql_will_do(empty_postgres):
    plain = empty_postgres.replace("postgresql+psycopg", "postgresql")
    with closing(Database.to_write(plain)) as database:
        assert AlertStore(database).append([BASE]) == 1


def test_a_reader_of_an_empty_database_makes_nothing(empty_postgres):
    with pytest.raises(StoreError, match="holds no alerts of this version"):
        AlertReader(empty_postgres)
    engine = sa.create_engine(empty_postgres, poolclass=sa.pool.NullPool)
    assert sa.inspect(engine).get_table_names() == []


def test_tables_of_others_stay(empty_postgres):
    engine = sa.create_engine(empty_postgres, poolclass=sa.pool.NullPool)
    with engine.begin() as db:
        db.exec_driver_sql("CREATE TABLE other (x int)")
        db.exec_driver_sql("CREATE TABLE alembic_version (version_num text)")
    AlertStore(empty_postgres).append([BASE])
    assert {"other", "alembic_version"} <= set(sa.inspect(engine).get_table_names())


def test_a_table_of_others_by_a_name_of_ours_is_left_alone(empty_postgres):
    engine = sa.create_engine(empty_postgres, poolclass=sa.pool.NullPool)
    with engine.begin() as db:
        db.exec_driver_sql("CREATE TABLE alerts (x int)")
    with pytest.raises(StoreError, match="not an alert store"):
        AlertStore(empty_postgres)


def test_a_reader_cannot_write(empty_postgres):
    AlertStore(empty_postgres).append([BASE])
    reader = AlertReader(empty_postgres)
    with pytest.raises(StoreError, match="read-only"), reader.database.writing() as db:
        db.exec_driver_sql("DELETE FROM alerts")
    assert reader.get("a") == BASE


def test_connections_that_were_cut_are_made_anew(empty_postgres):
    store, reader = AlertStore(empty_postgres), AlertReader(empty_postgres)
    store.append([BASE])
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    engine = sa.create_engine(empty_postgres, poolclass=sa.pool.NullPool)
    with engine.connect() as db:
        db.exec_driver_sql(f"{cut} AND datname = current_database()")
    assert reader.get("a") == BASE
    assert store.append([BASE]) == 0


def test_a_transaction_that_is_cut_is_an_error_and_leaves_nothing(empty_postgres):
    store = AlertStore(empty_postgres)
    with (
        pytest.raises(StoreError, match="check that the server runs"),
        store.database.writing() as db,
    ):
        db.exec_driver_sql("DELETE FROM alerts")
        pid = db.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        engine = sa.create_engine(empty_postgres, poolclass=sa.pool.NullPool)
        with engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        db.exec_driver_sql("SELECT 1")
    assert store.append([BASE]) == 1


def test_commits_are_durable_where_the_server_is_set_not_to_be(empty_postgres):
    slack = f"{empty_postgres}?options=-csynchronous_commit%3Doff"
    with Database.to_write(slack).writing() as db:
        assert db.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


@pytest.mark.parametrize("opened", [Database.to_read, Database.to_write])
def test_a_statement_has_its_time(empty_postgres, opened):
    Database.to_write(empty_postgres).close()
    with closing(opened(empty_postgres, Bounds(1, 0.1))) as database:
        for _ in range(2):  # on a connection that was used before, too
            with pytest.raises(StoreError, match="statement timeout"), database.reading() as db:
                db.exec_driver_sql("SELECT pg_sleep(60)")
            with database.reading() as db:
                db.exec_driver_sql("SELECT 1")


def test_where_none_is_said_the_server_says_it(empty_postgres):
    slow = f"{empty_postgres}?options=-cstatement_timeout%3D12345"
    with closing(Database.to_write(slow)) as database, database.reading() as db:
        assert db.exec_driver_sql("SHOW statement_timeout").scalar_one() == "12345ms"


def test_migrations_have_all_the_time_they_need(empty_postgres, monkeypatch):
    def slowly(db, _revision):
        assert db.exec_driver_sql("SHOW statement_timeout").scalar_one() == "0"
        raise InterruptedError

    monkeypatch.setattr("cablewatch.stores.sql.migrate.migrate", slowly)
    with pytest.raises(InterruptedError):
        Database.to_write(empty_postgres, Bounds(1, 0.1))


@pytest.mark.parametrize("isolation", [r"repeatable\ read", "serializable"])
def test_a_writer_that_waited_sees_what_was_written_whatever_the_server_is_set_to(
    empty_postgres, isolation
):
    strict = f"{empty_postgres}?options={quote(f'-cdefault_transaction_isolation={isolation}')}"
    stores = [AlertStore(strict) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool, stores[0].database.writing() as db:
        added = [pool.submit(store.append, [BASE]) for store in stores]
        waiting = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event = 'advisory'"
        )
        while db.exec_driver_sql(waiting).scalar_one() < 3 and not any(a.done() for a in added):
            db.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
    assert sorted(one.result() for one in added) == [0, 0, 1]


def test_a_missing_driver_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"cablewatch\[postgresql\]"):
        Database.to_read("postgresql://127.0.0.1/x")
