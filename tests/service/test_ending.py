"""The end of a server: what runs is finished, streams are told, and it does not wait for ever."""

import threading
import time
from contextlib import closing

import pytest
from serving import Client, answer, running

from cablewatch.service import create_app

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"


def app_with(store, seconds):
    """The service, with a route that takes its time."""
    app = create_app(store)
    app.state.begun = threading.Event()

    @app.get("/slow")
    def slow() -> str:
        app.state.begun.set()
        time.sleep(seconds)
        return "done"

    return app


def test_a_running_request_is_finished_and_none_is_begun(store):
    app = app_with(store, 1)
    with running(store, app=app) as server, server.connect() as client:
        client.sendall(GET % b"/slow")
        assert app.state.begun.wait(10)
        server.server.should_exit = True
        found = answer(client)  # closed after the answer
        assert found.status == 200 and found.raw.endswith(b'"done"')
        with pytest.raises(OSError):
            server.ask(GET % b"/health")


def test_a_request_that_does_not_end_is_left(store):
    app = app_with(store, 4)
    with running(store, app=app, shutdown_seconds=1) as server, server.connect() as client:
        client.sendall(GET % b"/slow")
        assert app.state.begun.wait(10)
        server.server.should_exit = True
        start = time.monotonic()
        while not server.ended and time.monotonic() - start < 10:
            time.sleep(0.05)
        assert time.monotonic() - start < 3.5


def test_clients_of_streams_are_counted_and_told_of_the_end(store):
    app = create_app(store)
    streams = app.state.metrics.streams
    with running(store, app=app) as server:
        with closing(Client(server, "/api/v1/stream")):
            assert streams._value.get() == 1
        until = time.monotonic() + 10
        while streams._value.get() and time.monotonic() < until:
            time.sleep(0.02)
        assert streams._value.get() == 0
        with closing(Client(server, "/api/v1/stream")) as client:
            server.server.should_exit = True
            start = time.monotonic()
            list(client.frames())
            assert time.monotonic() - start < 5
