"""The alert store: idempotent appends, history, filters and pages."""

import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from cablewatch.alerts.model import Alert, CableCrossing, NextCable
from cablewatch.alerts.records import record
from cablewatch.errors import StoreError, UsageError
from cablewatch.output.text import canonical_json
from cablewatch.stores.alert_search import Wanted
from cablewatch.stores.alerts import AlertReader, AlertStore

T0 = 1_731_830_400_000
BASE = Alert(
    id="a",
    incident_id="i",
    kind="anchor_drag",
    mmsi=414270000,
    name="YI PENG 3",
    state="open",
    review="new",
    severity="watch",
    probability=0.5,
    started_ms=T0,
    raised_ms=T0,
    updated_ms=T0,
    ended_ms=None,
    cables=(),
    next_cables=(),
    evidence=(),
    suppressed_by=(),
    geometry_confidence="charted",
    stations=(),
    rule_version="1",
    config_hash="c",
    source="test",
    track=((19.0, 57.0, T0),),
)


@pytest.fixture
def store(tmp_path):
    return AlertStore(tmp_path / "alerts.sqlite")


def ids(page):
    return [alert.id for alert in page.alerts]


def test_what_is_appended_comes_back_from_a_new_store(store):
    assert store.append([BASE]) == 1
    again = AlertStore(store.path)
    assert again.get("a") == BASE
    assert again.get("b") is None
    assert again.history("b") == ()


def test_appending_again_adds_nothing(store):
    later = replace(BASE, updated_ms=T0 + 1, severity="warning")
    assert store.append([BASE, later, BASE]) == 2
    assert store.append([BASE, later]) == 0
    assert store.get("a") == later
    versions = store.history("a")
    assert [(v.number, v.alert) for v in versions] == [(1, BASE), (2, later)]
    assert versions[0].hash != versions[1].hash


def test_an_older_version_that_comes_late_does_not_become_current(store):
    later = replace(BASE, updated_ms=T0 + 1)
    store.append([later, BASE])
    assert store.get("a") == later
    assert [v.alert for v in store.history("a")] == [later, BASE]


def test_a_failed_append_leaves_nothing(store):
    with pytest.raises(ValueError, match="not in tuple"):
        store.append([BASE, replace(BASE, id="b", severity="dire")])
    assert store.latest().alerts == ()
    assert store.history("a") == ()


def test_filters(store):
    crossing = CableCrossing("bcs", 1.0, T0, 90.0, 7.0, False)
    store.append(
        [
            replace(BASE, id="a", cables=(crossing, crossing)),
            replace(BASE, id="b", kind="loitering", severity="critical", state="closed"),
            replace(BASE, id="c", mmsi=1, next_cables=(NextCable("bcs", 1.0, T0),)),
        ]
    )
    assert ids(store.latest(Wanted(kind="loitering"))) == ["b"]
    assert ids(store.latest(Wanted(severity="warning"))) == ["b"]
    assert ids(store.latest(Wanted(severity="watch"))) == ["c", "b", "a"]
    assert ids(store.latest(Wanted(mmsi=1))) == ["c"]
    assert ids(store.latest(Wanted(state="closed"))) == ["b"]
    assert ids(store.latest(Wanted(cable="bcs"))) == ["c", "a"]
    assert store.latest(Wanted(cable="bcs", mmsi=1)).matched == 1
    store.append([replace(BASE, updated_ms=T0 + 1)])  # a no longer names the cable
    assert ids(store.latest(Wanted(cable="bcs"))) == ["c"]


def test_pages_lose_and_double_nothing_while_alerts_arrive(store):
    store.append(replace(BASE, id=f"{n:02}", raised_ms=T0 + n // 3) for n in range(20))
    seen, cursor = [], None
    while True:
        page = store.latest(limit=3, cursor=cursor)
        seen += ids(page)
        if page.cursor is None:
            break
        cursor = page.cursor
        store.append([replace(BASE, id=f"new-{len(seen)}", raised_ms=T0 + 1000)])
        store.append([replace(BASE, id="00", updated_ms=T0 + len(seen))])
    assert seen == sorted((f"{n:02}" for n in range(20)), key=lambda i: (-(int(i) // 3), -int(i)))


@pytest.mark.parametrize(
    "cursor", ["", "!", "e30", "é", "MQ", "WzEsIDJd", "WzEsICJcdWQ4MDAiXQ", "WzFlOTk5LCAiYSJd"]
)
def test_a_cursor_that_no_page_gave_is_refused(store, cursor):
    with pytest.raises(UsageError, match="cursor"):
        store.latest(cursor=cursor)


def test_it_is_durable_and_readers_do_not_wait(store):
    store.append([BASE])
    with store._transaction("DEFERRED") as db:
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert db.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
    with store._transaction("IMMEDIATE"):
        assert store.get("a") == BASE


def test_writers_in_threads_take_turns(store):
    def write(writer):
        for n in range(10):
            store.append([replace(BASE, id=f"{writer}-{n}"), BASE])

    threads = [threading.Thread(target=write, args=(w,)) for w in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.latest().matched == 41
    assert len(store.history("a")) == 1


def test_what_was_appended_survives_a_kill(store):
    """The process dies without closing anything, in the middle of a second transaction."""
    code = (
        "import dataclasses, json, os, pathlib, sys\n"
        "from cablewatch.alerts.records import alert_from_record\n"
        "from cablewatch.stores.alerts import AlertStore\n"
        "alert = alert_from_record(json.loads(sys.argv[2]))\n"
        "store = AlertStore(pathlib.Path(sys.argv[1]))\n"
        "store.append([alert])\n"
        "def more():\n"
        "    yield dataclasses.replace(alert, id='b')\n"
        "    os.kill(os.getpid(), 9)\n"
        "store.append(more())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(store.path), canonical_json(record(BASE))], check=False
    )
    assert done.returncode == -9
    assert ids(AlertStore(store.path).latest()) == ["a"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreError, match="nowhere"):
        AlertStore(tmp_path / "nowhere" / "alerts.sqlite")


def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "alerts.sqlite"
    path.write_text("not a database, " * 100)
    with pytest.raises(StoreError, match=r"alerts\.sqlite: file is not a database"):
        AlertStore(path)


def test_a_database_of_something_else_is_left_alone(tmp_path):
    path = tmp_path / "alerts.sqlite"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE other (x)")
    db.commit()
    db.close()
    with pytest.raises(StoreError, match="not an alert store"):
        AlertStore(path)


@pytest.fixture(params=[True, False], ids=["writable", "read-only"])
def folder_may_be_written(request, monkeypatch):
    """Whether readers may make files beside the database."""
    monkeypatch.setattr("cablewatch.stores.alerts.os.access", lambda *_: request.param)


@pytest.mark.usefixtures("folder_may_be_written")
def test_a_reader_sees_what_is_written_meanwhile(store):
    store.append([BASE])
    reader = AlertReader(store.path)
    held_open = sqlite3.connect(store.path)
    held_open.execute("SELECT * FROM alerts").fetchall()  # from here on the log stays beside it
    for number in range(3):
        store.append([replace(BASE, id=f"b{number}")])
        assert store.path.with_name("alerts.sqlite-wal").stat().st_size
        assert reader.latest().matched == 2 + number
    held_open.close()
    assert reader.latest().matched == 4


@pytest.mark.usefixtures("folder_may_be_written")
def test_a_reader_changes_nothing(store):
    store.append([BASE])
    before = store.path.read_bytes()
    reader = AlertReader(store.path)
    assert reader.get("a") == BASE
    with pytest.raises(StoreError, match="readonly"), reader._transaction("IMMEDIATE") as db:
        db.exec_driver_sql("DELETE FROM alerts")
    assert store.path.read_bytes() == before


def test_a_reader_makes_no_database(tmp_path):
    path = tmp_path / "alerts.sqlite"
    with pytest.raises(StoreError, match="no alerts are stored"):
        AlertReader(path)
    assert list(tmp_path.iterdir()) == []
    path.touch()
    with pytest.raises(StoreError, match="no alerts of this version"):
        AlertReader(path)
    assert path.read_bytes() == b""


def test_a_span_of_time_is_met_from_raised_to_updated(store):
    store.append([replace(BASE, updated_ms=T0 + 100), replace(BASE, id="b", raised_ms=T0 + 50)])
    assert ids(store.latest(Wanted(start_ms=T0 + 100))) == ["a"]
    assert ids(store.latest(Wanted(end_ms=T0 + 49))) == ["a"]
    assert (
        ids(store.latest(Wanted(start_ms=T0 + 101)))
        == ids(store.latest(Wanted(end_ms=T0 - 1)))
        == []
    )


def test_a_box_is_met_by_lines_not_by_vertices_alone(store):
    def line(*positions):
        return tuple((lon, lat, T0 + n) for n, (lon, lat) in enumerate(positions))

    store.append(
        [
            replace(BASE, id="a", track=line((18.0, 56.0), (20.0, 58.0))),
            replace(BASE, id="b", track=line((179.5, 10.0), (-179.5, 10.0))),
            replace(BASE, id="c", track=line((19.0, 57.0))),
            replace(BASE, id="d", track=()),
        ]
    )
    assert ids(store.latest(Wanted(bbox=(18.9, 56.9, 19.1, 57.1)))) == ["c", "a"]
    assert (
        ids(store.latest(Wanted(bbox=(18.0, 57.5, 18.5, 58.0)))) == []
    )  # within the line's own box only
    assert ids(store.latest(Wanted(bbox=(179.9, 9.0, -179.9, 11.0)))) == ["b"]
    assert ids(store.latest(Wanted(bbox=(-180.0, -90.0, 180.0, 90.0)))) == ["c", "b", "a"]


def test_ranked_pages_begin_with_the_gravest(store):
    grave = ["info", "critical", "watch", "critical", "warning"]
    store.append(
        replace(BASE, id=str(n), severity=severity, raised_ms=T0 + n)
        for n, severity in enumerate(grave)
    )
    seen, cursor = [], None
    while not seen or cursor:
        page = store.latest(sort="severity", limit=2, cursor=cursor)
        seen, cursor = seen + ids(page), page.cursor
    assert seen == ["3", "1", "4", "2", "0"]
    with pytest.raises(UsageError, match="cursor of this order"):
        store.latest(cursor=store.latest(sort="severity", limit=2).cursor)
