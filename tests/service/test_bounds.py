"""Bodies and answers have their bounds, and every refusal is a problem."""

import threading
import time

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from serving import answer, running, without

from cablewatch.service import create_app
from cablewatch.service.settings import Settings
from cablewatch.stores.run import Run


@pytest.fixture(params=[True, False], ids=["defended", "not defended"])
def defended(request):
    return request.param


def app_that_reads(store, **settings):
    """The service, with a route that counts what it is sent."""
    app = create_app(store, settings=Settings(**settings))

    @app.post("/count")
    async def count(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_refused(store, monkeypatch, defended, chunked):
    if not defended:
        without(monkeypatch, "BodyBound")
    with TestClient(app_that_reads(store, max_body_bytes=1000)) as client:
        assert client.post("/count", content=b"x" * 1000).json() == 1000
        content = (b"x" * 100 for _ in range(11)) if chunked else b"x" * 1001
        found = client.post("/count", content=content)
        assert found.status_code == (413 if defended else 200)
        if defended:
            assert found.headers["content-type"] == "application/problem+json"
            assert found.headers["connection"] == "close" and "1000" in found.json()["detail"]


def test_a_body_that_stops_half_way_is_answered_and_closed(store):
    request = b"POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf"
    settings = {"request_seconds": 0.5}
    with running(store, app=app_that_reads(store, **settings), **settings) as server:
        found = server.ask(request)
        assert found.status == 408 and found.seconds < 3
        assert "connection: close" in found.head
        with server.connect() as client:  # beside a body that is said to be too long
            client.sendall(request.replace(b": 10", b": 10000000000"))
            found = answer(client)
            assert found.status == 413 and found.seconds < 1


def test_what_takes_too_long_is_answered_in_time(store, monkeypatch, defended):
    if not defended:
        without(monkeypatch, "TimeBound")
    release = threading.Event()

    def wait(self):
        release.wait(2)
        return Run()

    monkeypatch.setattr("cablewatch.service.folder.StoreFolder.run", wait)
    with TestClient(create_app(store, settings=Settings(request_seconds=0.3))) as client:
        start = time.monotonic()
        found = client.get("/api/v1/run")
        seconds = time.monotonic() - start
        release.set()
        assert (found.status_code, seconds < 1) == ((503, True) if defended else (200, False))
        if defended:
            assert found.headers["retry-after"] == "10"
            assert found.headers["content-type"] == "application/problem+json"
        assert client.get("/api/v1/run").status_code == 200
