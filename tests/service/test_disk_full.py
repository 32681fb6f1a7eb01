"""A full disk: writes are refused and may come again, reads go on, and nothing stored is lost."""

import resource
from collections import Counter
from contextlib import closing
from types import SimpleNamespace

import pytest
from serving import Client, running

from cablewatch.service import create_app
from cablewatch.stores.sql import engines
from tests.durability.clients import ask, free_port
from tests.durability.processes import start_service
from tests.patience import until

ALERTS = "/api/v1/alerts"
REVIEWS = f"{ALERTS}/alert000/reviews"
BLOCK = "/api/v1/replays/blocks/2024-11-17T06:00:00Z"
READ = (ALERTS, f"{ALERTS}/alert000", REVIEWS, BLOCK, "/ready", "/health")
ENOUGH = 200  # reviews that fill what is left


def write(port, n):
    said = {"action": "comment", "actor": "desk", "comment": f"review {n}"}
    return ask(port, "POST", REVIEWS, said, key=str(n))


def fill(port, first=0):
    """Write until nothing more goes in; how many were acknowledged."""
    for n in range(first, ENOUGH):
        answer = write(port, n)
        if answer.status != 201:
            assert (answer.status, answer.json["status"]) == (503, 503)
            assert int(answer.retry_after) > 0
            return n
    raise AssertionError("the disk is not full")


def check_full(port, acknowledged):
    """Nothing goes in, all can be read, and the event stream goes on."""
    for n in range(acknowledged, acknowledged + 5):
        assert write(port, n).status == 503
    assert {path: ask(port, "GET", path).status for path in READ} == dict.fromkeys(READ, 200)
    stored = 4 + acknowledged
    server = SimpleNamespace(address=("127.0.0.1", port))
    with closing(Client(server, "/api/v1/stream?since=0")) as client:
        assert [said["id"] for said in client.take(stored)] == [str(k + 1) for k in range(stored)]


def check_after(port, acknowledged):
    """The next write goes in, and each that was acknowledged is there once."""
    until(lambda: write(port, acknowledged).status == 201, "written again")
    said = ask(port, "GET", REVIEWS).json["reviews"]
    expected = Counter(f"review {n}" for n in range(acknowledged + 1))
    assert Counter(one["comment"] for one in said) == expected


def test_no_page_more(store, monkeypatch, caplog):
    full, durable = [True], engines._durable

    def bounded(*where):
        db = durable(*where)
        if full:
            db.execute("PRAGMA max_page_count = 1")  # no less than it has
        return db

    monkeypatch.setattr(engines, "_durable", bounded)
    with running(store, app=create_app(store)) as server:
        port = server.address[1]
        acknowledged = fill(port)
        check_full(port, acknowledged)
        told = [record for record in caplog.records if "full" in record.getMessage()]
        assert [record.levelname for record in told] == ["ERROR"]
        full.clear()
        check_after(port, acknowledged)


@pytest.fixture
def served(store, tmp_path_factory):
    """A service in a process of its own: the process, its port and its log."""
    port, log = free_port(), tmp_path_factory.mktemp("log") / "service.log"
    process = start_service(store, port, log)
    until(lambda: ask(port, "GET", "/ready").status == 200, "ready")
    yield process, port, log
    process.terminate()
    process.join()


def test_no_room_for_any_file_to_grow(served):
    process, port, log = served
    for n in range(20):
        assert write(port, n).status == 201
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    assert fill(port, 20) == 20
    check_full(port, 20)
    assert log.read_text().count("[error") == 1
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)
    check_after(port, 20)
