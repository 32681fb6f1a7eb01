"""What is told of requests: ids, log lines and figures, none of which a request can forge."""

import io
import json
import logging
import re

import pytest
import structlog
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from cablewatch.service import create_app, logs
from cablewatch.service.settings import Settings
from cablewatch.stores.feed_state import FeedStateStore
from cablewatch.stores.sql.database import Database

FORGED = "/nowhere%0A2026-01-01T00:00:00Z [error] forged%1B[2J path='/x' status=200"


@pytest.fixture
def logged(monkeypatch):
    """A function that lets the loggers write in a format, and returns where to."""

    def start(log_format: str, level: str = "info") -> io.StringIO:
        stream = io.StringIO()
        monkeypatch.setattr("sys.stderr", stream)
        logs.configure(Settings(log_format=log_format, log_level=level))
        return stream

    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield start
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize("said", ["abc", "A.b-c_9", "x" * 64])
def test_a_sound_request_id_is_kept(client, said):
    assert client.get("/health", headers={"X-Request-ID": said}).headers["x-request-id"] == said


@pytest.mark.parametrize("said", ["", "a b", "x" * 65, "<b>", "a,b", "é".encode()])
def test_any_other_request_id_is_replaced(client, said):
    given = client.get("/nowhere", headers={"X-Request-ID": said}).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", given)


def test_each_request_is_a_line_for_people(client, logged):
    said = logged("text")
    client.get("/api/v1/alerts?limit=1", headers={"X-Request-ID": "mine"})
    (line,) = said.getvalue().splitlines()
    assert "[info] request" in line and "path='/api/v1/alerts'" in line
    assert "request_id='mine'" in line and "status='200'" in line


def test_each_request_is_an_object(client, logged):
    said = logged("json")
    client.get("/api/v1/vessels/1/track?from=yesterday")
    found = json.loads(said.getvalue())
    assert (found["event"], found["status"], found["level"]) == ("request", "422", "info")
    assert found["path"] == "/api/v1/vessels/1/track" and found["ms"] > 0


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_request_writes_lines_or_fields_of_its_own(client, logged, log_format):
    said = logged(log_format)
    client.get(FORGED)
    assert len(said.getvalue().splitlines()) == 1
    assert "\x1b" not in said.getvalue()
    if log_format == "json":
        assert json.loads(said.getvalue())["status"] == "404"
    else:  # the path is one quoted text
        assert said.getvalue().count(" status=") == 2 and r"\n2026" in said.getvalue()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_unforeseen_error_is_told_with_its_request_and_without_secrets(
    store, logged, monkeypatch, log_format
):
    secret = "cw_0123abcd_" + "s" * 43

    def fail(self):
        raise RuntimeError(f"first\n2026-01-01T00:00:00Z [info] forged {secret}")

    monkeypatch.setattr("cablewatch.service.folder.StoreFolder.run", fail)
    said = logged(log_format)
    with TestClient(create_app(store), raise_server_exceptions=False) as client:
        client.get("/api/v1/run", headers={"X-API-Key": secret, "X-Request-ID": "mine"})
    logging.getLogger("uvicorn.error").error("Failed %s", secret, exc_info=_error(secret))
    assert "s" * 43 not in said.getvalue() and "cw_..." in said.getvalue()
    assert "mine" in said.getvalue()
    for line in said.getvalue().splitlines():
        assert not line.startswith("2026-01-01")
        if log_format == "json":
            json.loads(line)


def _error(text):
    try:
        raise ValueError(f"of\nmany lines {text}")
    except ValueError as error:
        return error


def test_what_a_store_cannot_read_is_told_in_a_worker_thread_with_the_request(
    client, store, logged
):
    (store / "run.json").write_text("{")
    said = logged("json", "warning")
    client.get("/api/v1/run", headers={"X-Request-ID": "mine"})
    found = json.loads(said.getvalue())
    assert found["request_id"] == "mine" and "run.json" in found["event"]


def figures(client):
    """Samples of `/metrics` by name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status_not_by_what_clients_make_up(client):
    for path in ("/api/v1/vessels/1", "/api/v1/vessels/2", "/nowhere/1", "/nowhere/2"):
        client.get(path)
    client.request("BREW", "/health")
    client.get("/assets/icon.svg")
    found = figures(client)
    total = "cablewatch_http_requests_total"
    assert found[total, "/api/v1/vessels/{mmsi}", "200", "GET"] == 1
    assert found[total, "/api/v1/vessels/{mmsi}", "404", "GET"] == 1
    assert found[total, "404", "GET", "none"] == 2
    assert found[total, "/assets", "200", "GET"] == 1
    assert found[total, "/health", "405", "other"] == 1
    assert found["cablewatch_http_request_seconds_count", "/api/v1/vessels/{mmsi}"] == 2


def test_alerts_and_size_of_the_store_are_figures(client, store):
    found = figures(client)
    assert found["cablewatch_alerts", "anchor_drag", "critical", "open"] == 1
    assert found["cablewatch_alerts", "anchor_drag", "closed", "info"] == 1
    assert sum(value for name, value in found.items() if name[0] == "cablewatch_alerts") == 4
    assert found["cablewatch_store_readable",] == 1
    files = [path for path in store.rglob("*") if path.is_file()]
    assert found["cablewatch_store_bytes",] == sum(path.stat().st_size for path in files)


def test_a_store_that_cannot_be_read_is_a_figure_too(bare_client):
    assert figures(bare_client)["cablewatch_store_readable",] == 0


FEED = {
    "state": "receiving",
    "since": "2024-11-18T02:00:00Z",
    "reason": "closed by its sender",
    "cuts": 1,
    "last": "2024-11-18T02:04:00Z",
    "received_bytes": 4711,
    "lost_messages": 5,
    "gaps": [
        {
            "from": "2024-11-18T01:00:00Z",
            "to": "2024-11-18T01:00:09Z",
            "reason": "closed by its sender",
        }
    ],
    "fixes": 3,
    "statics": 1,
    "refused": {"bad_checksum": 1},
    "ages_s": {"1": 2, "5": 1},
    "older": 4,
    "age_sum_s": 9.5,
    "position": {"bytes": 4711},
    "backlog_rows": 7,
    "shed": {"shed_far": 2},
    "unread_bytes": 0,
}


@pytest.fixture
def watched(store):
    feeds = FeedStateStore(Database.to_write(store / "alerts.sqlite"))
    feeds.save("pier", FEED, 1_731_895_445_000)


def test_a_source_whose_watcher_is_gone_brings_nothing(client, store, watched):
    assert figures(client)["cablewatch_feed_receiving", "pier"] == 0
    FeedStateStore(Database.to_write(store / "alerts.sqlite")).save("pier", FEED)
    assert figures(client)["cablewatch_feed_receiving", "pier"] == 1


def test_what_a_watcher_says_of_its_sources_are_figures(client, watched):
    found = figures(client)
    assert found["cablewatch_feed_cuts_total", "pier"] == 1
    assert found["cablewatch_ingest_fixes_total", "pier"] == 3
    assert found["cablewatch_ingest_refused_total", "bad_checksum", "pier"] == 1
    assert found["cablewatch_ingest_refused_total", "pier", "shed_far"] == 2
    assert found["cablewatch_ingest_refused_total", "lost", "pier"] == 5
    assert found["cablewatch_ingest_lateness_seconds_bucket", "1.0", "pier"] == 2
    assert found["cablewatch_ingest_lateness_seconds_bucket", "5.0", "pier"] == 3
    assert found["cablewatch_ingest_lateness_seconds_bucket", "+Inf", "pier"] == 7
    assert found["cablewatch_ingest_backlog_rows", "pier"] == 7


def test_live_sources_are_listed(client, watched):
    said = client.get("/api/v1/feeds").json()
    shown = {k: v for k, v in FEED.items() if k not in ("ages_s", "older", "age_sum_s", "position")}
    assert said["feeds"] == [{"name": "pier", "said": "2024-11-18T02:04:05Z", **shown}]
    assert client.get("/api/v1/feeds?state=cut").status_code == 422


def test_metrics_can_be_left_out(store):
    with TestClient(create_app(store, settings=Settings(metrics=False))) as client:
        assert client.get("/metrics").status_code == 404
