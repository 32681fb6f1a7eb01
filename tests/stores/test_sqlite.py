"""What is particular to SQLite: a file, its log, and who may write beside it."""

import os
import sqlite3
import stat
from dataclasses import replace

import pytest

from cablewatch.errors import StoreError
from cablewatch.stores.alerts import AlertReader, AlertStore
from tests.stores.sample import BASE


@pytest.fixture
def path(tmp_path):
    return tmp_path / "alerts.sqlite"


@pytest.fixture
def store(path):
    return AlertStore(path)


def test_it_is_durable_and_readers_do_not_wait(store):
    store.append([BASE])
    with store.database.writing() as db:
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert db.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
    with store.database.writing():
        assert store.get("a") == BASE


def test_its_files_are_for_their_owner_alone(path):
    """They hold the secrets of webhooks. Whoever lets others in may do so, and it stays."""
    before = os.umask(0)
    try:
        store = AlertStore(path)
        beside = sqlite3.connect(path)
        beside.execute("SELECT * FROM alerts").fetchall()  # from here on the log stays beside it
        store.append([BASE])
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
        beside.close()
    finally:
        os.umask(before)
    names = ("alerts.sqlite", "alerts.sqlite-wal", "alerts.sqlite-shm")
    assert modes == dict.fromkeys(names, 0o600)
    path.chmod(0o660)
    store.append([replace(BASE, id="b")])
    AlertStore(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreError, match="nowhere"):
        AlertStore(tmp_path / "nowhere" / "alerts.sqlite")


def test_a_file_that_is_no_database_is_named(path):
    path.write_text("not a database, " * 100)
    with pytest.raises(StoreError, match=r"alerts\.sqlite: file is not a database"):
        AlertStore(path)


def test_a_database_of_something_else_is_left_alone(path):
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE other (x)")
    db.commit()
    db.close()
    with pytest.raises(StoreError, match="not an alert store"):
        AlertStore(path)


@pytest.fixture(params=[True, False], ids=["writable", "read-only"])
def folder_may_be_written(request, monkeypatch):
    """Whether readers may make files beside the database."""
    monkeypatch.setattr("cablewatch.stores.sql.engines._may_write", lambda *_: request.param)


@pytest.mark.usefixtures("folder_may_be_written")
def test_a_reader_sees_what_is_written_meanwhile(store, path):
    store.append([BASE])
    reader = AlertReader(path)
    held_open = sqlite3.connect(path)
    held_open.execute("SELECT * FROM alerts").fetchall()  # from here on the log stays beside it
    for number in range(3):
        store.append([replace(BASE, id=f"b{number}")])
        assert path.with_name("alerts.sqlite-wal").stat().st_size
        assert reader.latest().matched == 2 + number
    held_open.close()
    assert reader.latest().matched == 4


@pytest.mark.usefixtures("folder_may_be_written")
def test_a_reader_changes_nothing(store, path):
    store.append([BASE])
    before = path.read_bytes()
    reader = AlertReader(path)
    assert reader.get("a") == BASE
    with pytest.raises(StoreError, match="readonly"), reader.database.writing() as db:
        db.exec_driver_sql("DELETE FROM alerts")
    assert path.read_bytes() == before


def test_a_reader_makes_no_database(path, tmp_path):
    with pytest.raises(StoreError, match="no alerts are stored"):
        AlertReader(path)
    assert list(tmp_path.iterdir()) == []
    path.touch()
    with pytest.raises(StoreError, match="no alerts of this version"):
        AlertReader(path)
    assert path.read_bytes() == b""
