"""The alert store: idempotent appends, history, filters and pages."""

import base64
import json
import math
import random
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cablewatch.alerts.model import SEVERITIES, CableCrossing, NextCable
from cablewatch.alerts.records import record
from cablewatch.errors import UsageError
from cablewatch.output.antimeridian import line_geometry
from cablewatch.output.text import canonical_json
from cablewatch.stores import appending
from cablewatch.stores.alert_search import SORTS, Wanted, geometry_meets
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.appending import AT_A_TIME
from cablewatch.stores.sql.tables import ALERTS, CABLES, EVENTS, HISTORY
from tests.stores.sample import BASE, T0


@pytest.fixture
def store(database):
    return AlertStore(database)


def ids(page):
    return [alert.id for alert in page.alerts]


def test_what_is_appended_comes_back_from_a_new_store(store, place):
    assert store.append([BASE]) == 1
    again = AlertStore(place)
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


def test_versions_are_appended_alike_in_batches_and_one_by_one(database, tmp_path, monkeypatch):
    """Of few ids: doubles, late ones, and one that databases hold otherwise."""
    rng = random.Random(1)
    crossing = CableCrossing("bcs", 1.0, T0, 90.0, 7.0, False)
    alerts = [
        replace(
            BASE,
            id=rng.choice(["a", "b", "c\0"]),
            updated_ms=T0 + rng.randrange(5),
            severity=rng.choice(SEVERITIES),
            cables=(crossing,) * rng.randrange(2),
        )
        for _ in range(60)
    ]
    one_by_one = AlertStore(tmp_path / "one.sqlite")
    added = [one_by_one.append([alert], T0) for alert in alerts]
    monkeypatch.setattr(appending, "AT_A_TIME", 7)
    batches = AlertStore(database)
    assert batches.append(alerts[:30], T0) == sum(added[:30])
    assert batches.append(iter(alerts), T0) == sum(added[30:])
    for table in (ALERTS, HISTORY, CABLES, EVENTS):
        asked = sa.select(table).order_by(*table.primary_key)
        with one_by_one.database.reading() as one, database.reading() as other:
            assert one.execute(asked).all() == other.execute(asked).all()


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
    assert ids(store.latest(Wanted(kinds=("loitering",)))) == ["b"]
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
    "cursor",
    [
        "",
        "!",
        "é",
        *(
            base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
            for key in (
                "{}",
                "1",
                '["raised", 1, 2]',
                '["raised", 1e999, "a"]',
                '["raised", 4611686018427387904, "a"]',
                '["raised", true, "a"]',
                '["severity", 1, "a"]',
                '["updated", 1, "a"]',
                '[["raised"], 1, "a"]',
                "[" * 100_000,
            )
        ),
    ],
)
def test_a_cursor_that_no_page_gave_is_refused(store, cursor):
    with pytest.raises(UsageError, match="cursor"):
        store.latest(cursor=cursor)


def test_writers_in_threads_take_turns(store, place):
    def write(writer):
        own = AlertStore(place)
        for n in range(10):
            own.append([replace(BASE, id=f"{writer}-{n}"), BASE])

    threads = [threading.Thread(target=write, args=(w,)) for w in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.latest().matched == 41
    assert len(store.history("a")) == 1


def test_what_was_appended_survives_a_kill(store, place):
    """The process dies without closing anything, in the middle of a second transaction."""
    code = (
        "import dataclasses, json, os, pathlib, sys\n"
        "from cablewatch.alerts.records import alert_from_record\n"
        "from cablewatch.stores.alerts import AlertStore\n"
        "alert = alert_from_record(json.loads(sys.argv[2]))\n"
        "place = sys.argv[1]\n"
        "store = AlertStore(place if '://' in place else pathlib.Path(place))\n"
        "store.append([alert])\n"
        "def more():\n"
        f"    for n in range({AT_A_TIME + 1}):\n"
        "        yield dataclasses.replace(alert, id=f'b{n}')\n"
        "    os.kill(os.getpid(), 9)\n"
        "store.append(more())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(place), canonical_json(record(BASE))], check=False
    )
    assert done.returncode == -9
    assert ids(AlertStore(place).latest()) == ["a"]


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


@pytest.mark.parametrize("seed", range(4))
def test_alerts_as_of_a_time_are_the_newest_versions_known_then(store, seed):
    """Against a plain look through all versions in the order they were stored."""
    rng = random.Random(seed)
    versions = [
        replace(
            BASE,
            id=rng.choice("abcde"),
            updated_ms=T0 + rng.randrange(8),
            severity=rng.choice(SEVERITIES),
            probability=n / 100,  # tells all apart
        )
        for n in range(40)
    ]
    for start in range(0, len(versions), 9):
        store.append(versions[start : start + 9])
    for as_of_ms in range(T0 - 1, T0 + 9):
        newest = {}
        for version in versions:
            before = newest.get(version.id, version)
            if before.updated_ms <= version.updated_ms <= as_of_ms:
                newest[version.id] = version
        for wanted in (Wanted(), Wanted(severity="warning"), Wanted(bbox=(18.0, 56.0, 20.0, 58.0))):
            page = store.latest(wanted, as_of_ms=as_of_ms)
            expected = {
                a.id: a
                for a in newest.values()
                if wanted.severity is None or a.severity in ("warning", "critical")
            }
            assert {a.id: a for a in page.alerts} == expected
            assert page.matched == len(expected)


def test_ranked_pages_begin_with_the_gravest(store):
    grave = ["info", "critical", "watch", "critical", "warning"]
    store.append(
        replace(BASE, id=str(n), severity=severity, raised_ms=T0 + n)
        for n, severity in enumerate(grave)
    )
    seen, cursor = [], None
    while not seen or cursor:
        page = store.latest(sort="-severity", limit=2, cursor=cursor)
        seen, cursor = seen + ids(page), page.cursor
    assert seen == ["3", "1", "4", "2", "0"]
    with pytest.raises(UsageError, match="cursor of this order"):
        store.latest(cursor=store.latest(sort="-severity", limit=2).cursor)


def test_every_order_has_pages(store):
    store.append(
        replace(
            BASE,
            id=f"{n}",
            severity=("info", "critical", "watch")[n % 3],
            probability=(0.1, 0.7, float("nan"), 1 / 3)[n % 4],
            raised_ms=T0 + n // 2,
            updated_ms=T0 + 100 - n,
        )
        for n in range(8)
    )
    for sort, order in SORTS.items():
        seen, cursor = [], None
        while not seen or cursor:
            page = store.latest(sort=sort, limit=3, cursor=cursor)
            seen, cursor = [*seen, *page.alerts], page.cursor
        assert len({alert.id for alert in seen}) == 8
        named = sort.removeprefix("-")
        keys = [
            {
                "raised": (alert.raised_ms, alert.id),
                "updated": (alert.updated_ms, alert.id),
                "severity": (SEVERITIES.index(alert.severity), alert.raised_ms, alert.id),
                "probability": (
                    -1 if math.isnan(alert.probability) else alert.probability,
                    alert.raised_ms,
                    alert.id,
                ),
            }[named]
            for alert in seen
        ]
        assert keys == sorted(keys, reverse=order.descending), sort


def test_ids_are_sorted_by_their_bytes(store):
    store.append(replace(BASE, id=name) for name in ("a", "B", "ä", "b", "A-", "Z"))
    assert ids(store.latest(sort="raised")) == ["A-", "B", "Z", "a", "b", "ä"]
    page = store.latest(sort="raised", limit=2)
    assert ids(store.latest(sort="raised", cursor=page.cursor)) == ["Z", "a", "b", "ä"]
    assert store.beginning("a") == ("a",)
    assert store.beginning("A") == ("A-",)


@pytest.mark.parametrize("text", ["\0", "a\0", "\ud800", "%", "'"])
def test_text_that_no_database_holds_is_found_nowhere(store, text):
    store.append([BASE])
    assert store.get(text) is None
    assert store.beginning(text) == ()
    assert ids(store.latest(Wanted(cable=text))) == []


def test_more_filters(store):
    store.append(
        [
            replace(BASE, id="a", probability=0.2),
            replace(BASE, id="b", kind="loitering", probability=0.8),
            replace(BASE, id="c", kind="silence", probability=float("nan")),
        ]
    )
    assert ids(store.latest(Wanted(kinds=("loitering", "silence")))) == ["c", "b"]
    assert ids(store.latest(Wanted(kinds=()))) == []
    assert ids(store.latest(Wanted(probability=0.2))) == ["b", "a"]
    assert ids(store.latest(Wanted(probability=0.0))) == ["b", "a"]
    assert ids(store.latest(Wanted(review="new"))) == ["c", "b", "a"]
    assert ids(store.latest(Wanted(review="confirmed"))) == []
    wanted = Wanted(kinds=("loitering",), bbox=(1.0, 2.0, 3.0, 4.0), severity="watch")
    assert Wanted.of(json.loads(json.dumps(wanted.as_json()))) == wanted


def test_alerts_as_they_stood(store):
    crossing = CableCrossing("bcs", 1.0, T0, 90.0, 7.0, False)
    store.append(
        [
            BASE,
            replace(BASE, updated_ms=T0 + 20, severity="critical", cables=(crossing,)),
            replace(BASE, updated_ms=T0 + 10, severity="warning"),  # comes late
            replace(BASE, id="b", raised_ms=T0 + 15, updated_ms=T0 + 15),
        ]
    )
    assert ids(store.latest(as_of_ms=T0 - 1)) == []
    assert [a.severity for a in store.latest(as_of_ms=T0 + 9).alerts] == ["watch"]
    assert [a.severity for a in store.latest(as_of_ms=T0 + 14).alerts] == ["warning"]
    assert ids(store.latest(as_of_ms=T0 + 15)) == ["b", "a"]
    assert ids(store.latest(Wanted(cable="bcs"), as_of_ms=T0 + 19)) == []
    assert ids(store.latest(Wanted(cable="bcs"), as_of_ms=T0 + 20)) == ["a"]
    assert store.latest(as_of_ms=T0 + 99).alerts == store.latest().alerts
    page = store.latest(limit=1, as_of_ms=T0 + 15)
    assert page.matched == 2
    assert ids(store.latest(as_of_ms=T0 + 15, cursor=page.cursor)) == ["a"]


def test_a_box_without_an_area_is_met(store):
    store.append([replace(BASE, track=((-180.0, -90.0, T0), (-180.0, 1.0, T0 + 1)))])
    for bbox in ((-180.0, 1.0, -180.0, 1.0), (-180.0, -1.0, -180.0, 0.0), (-180.0, 0.0, 10.0, 0.0)):
        assert ids(store.latest(Wanted(bbox=bbox))) == [BASE.id]
    assert ids(store.latest(Wanted(bbox=(-179.5, 0.0, 10.0, 0.0)))) == []


@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_box_is_met_as_its_track_does(store, data):
    """SQL and track together say what each track says alone, on whole degrees and halves."""
    lon = st.sampled_from([-180.0, -179.5, -170.0, -90.0, 0.0, 0.5, 90.0, 170.0, 179.5, 180.0])
    lat = st.sampled_from([-90.0, -1.0, 0.0, 0.5, 1.0, 90.0])
    tracks = data.draw(st.lists(st.lists(st.tuples(lon, lat), max_size=4), min_size=1, max_size=5))
    south, north = sorted(data.draw(st.tuples(lat, lat)))
    bbox = (data.draw(lon), south, data.draw(lon), north)
    ms = iter(range(T0, T0 + 1000))
    with store.database.writing() as db:
        for table in (ALERTS, HISTORY):
            db.execute(sa.delete(table))
    alerts = [
        replace(BASE, id=str(n), track=tuple((*vertex, next(ms)) for vertex in track))
        for n, track in enumerate(tracks)
    ]
    store.append(alerts)
    lines = {a.id: line_geometry([(lon, lat) for lon, lat, _ in a.track]) for a in alerts}
    expected = {name for name, line in lines.items() if geometry_meets(line, bbox)}
    page = store.latest(Wanted(bbox=bbox))
    assert set(ids(page)) == expected
    assert page.matched == len(expected)
    assert set(ids(store.latest(Wanted(bbox=bbox), as_of_ms=T0))) == expected


def test_pages_of_a_box_are_full_and_counted(store):
    def line(n):  # every third lies in its own box only
        return ((18.0, 56.0, T0), (20.0, 58.0, T0 + 1)) if n % 3 else ((17.0, 57.9, T0),)

    inside = [n for n in range(30) if n % 3]
    store.append(replace(BASE, id=f"{n:02}", track=line(n)) for n in range(30))
    wanted = Wanted(bbox=(18.9, 56.9, 19.1, 57.1))
    seen, cursor = [], None
    while not seen or cursor:
        page = store.latest(wanted, "raised", 7, cursor)
        assert page.matched == len(inside)
        seen, cursor = seen + ids(page), page.cursor
    assert seen == [f"{n:02}" for n in inside]
