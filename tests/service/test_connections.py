"""Connections on a real socket: who sends or takes next to nothing is closed, others go on."""

import asyncio
import http.client
import time
from contextlib import contextmanager

import pytest
from serving import answer, running

from cablewatch.service.guard.connections import GuardedProtocol

GET = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = GET + b"Connection: close\r\n\r\n"


def is_served(server) -> bool:
    return server.ask(WHOLE).status == 200


@pytest.mark.parametrize("sent", [b"", b"GET", GET, GET + b"X-Slow: "])
def test_a_half_sent_header_is_closed_in_time(store, sent):
    with running(store, header_seconds=0.5) as server, server.connect() as client:
        client.sendall(sent)
        found = answer(client)
        assert 0.3 < found.seconds < 3
        assert found.status == 408 and found.problem["status"] == 408
        assert is_served(server)


def test_a_header_that_comes_byte_by_byte_is_closed_all_the_same(store):
    with running(store, header_seconds=0.5) as server, server.connect() as client:
        start = time.monotonic()
        with pytest.raises(OSError):
            for _ in range(100):
                client.sendall(b"X" if time.monotonic() - start > 0.1 else GET)
                time.sleep(0.05)
        assert time.monotonic() - start < 3


def test_the_second_header_of_a_connection_has_its_time_as_well(store):
    with running(store, header_seconds=0.5, idle_seconds=60) as server, server.connect() as client:
        client.sendall(GET + b"\r\n")
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
        client.sendall(GET)
        found = answer(client)
        assert found.seconds < 3 and found.status == 408


def test_an_idle_connection_is_closed(store):
    with running(store, header_seconds=60, idle_seconds=1) as server, server.connect() as client:
        client.sendall(GET + b"\r\n")
        assert answer(client).seconds < 4


def test_no_answer_waits_for_its_acknowledgement(store):
    """Of a connection that is kept: 40 ms each on Linux where small packets are held back."""
    seconds = []
    with running(store) as server:
        connection = http.client.HTTPConnection(*server.address)
        for _ in range(21):
            start = time.monotonic()
            connection.request("GET", "/health")
            connection.getresponse().read()
            seconds.append(time.monotonic() - start)
        connection.close()
    assert sorted(seconds)[10] < 0.03


def test_headers_that_are_too_long_are_refused(store):
    with running(store, max_header_bytes=2048) as server:
        found = server.ask(GET + b"X-Long: " + b"x" * 4096)
        assert found.status == 400 and found.problem["title"] == "Bad Request"
        assert server.ask(b"\x16\x03\x01 no HTTP\r\n\r\n").status == 400
        assert is_served(server)


def test_connections_of_an_address_are_counted(store):
    with running(store, connections_per_address=2) as server:
        with server.connect() as one, server.connect() as two:
            for client in (one, two):
                client.sendall(GET + b"\r\n")
                assert client.recv(65_536).startswith(b"HTTP/1.1 200")
            found = server.ask(b"")
            assert found.status == 503 and "connection: close" in found.head
        assert eventually(lambda: is_served(server))


def test_connections_are_counted_together(store):
    with running(store, max_connections=1, trusted_proxies=["127.0.0.1"]) as server:
        with server.connect() as one:
            one.sendall(GET + b"\r\n")
            assert one.recv(65_536).startswith(b"HTTP/1.1 200")
            assert server.ask(b"").status == 503
        assert eventually(lambda: is_served(server))


def test_a_trusted_proxy_may_have_any_number_of_connections(store):
    settings = {"connections_per_address": 1, "trusted_proxies": ["127.0.0.0/8"]}
    with running(store, **settings) as server, server.connect():
        assert is_served(server)


def eventually(holds) -> bool:
    """Whether something comes to hold within 5 s."""
    until = time.monotonic() + 5
    while not (found := holds()) and time.monotonic() < until:
        time.sleep(0.02)
    return found


async def flood(scope, receive, send):
    """An application whose answer never ends, and notes when its client is gone."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    flood.running += 1
    try:
        while (await _now(receive)) is None:
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
    finally:
        flood.running -= 1


async def _now(receive):
    task = asyncio.ensure_future(receive())
    done, _ = await asyncio.wait({task}, timeout=0.001)
    if not done:
        task.cancel()
        return None
    return None if task.result()["type"] == "http.request" else "gone"


class Stopping:
    """Takes the place of the event of an application."""

    def set(self):
        """Nobody waits."""


@contextmanager
def endless_answer(store):
    """A client that has asked for an answer without end."""
    flood.running = 0
    flood.state = type("State", (), {"stopping": Stopping()})()
    settings = {"app": flood, "stall_seconds": 0.5, "shutdown_seconds": 1}
    with running(store, **settings) as server, server.connect() as client:
        client.sendall(GET + b"\r\n")
        assert eventually(lambda: flood.running == 1)
        yield client


def test_a_client_that_takes_nothing_is_closed_and_costs_nobody(store):
    with endless_answer(store):
        assert eventually(lambda: flood.running == 0)  # closed, while the client still waits


def test_a_client_that_takes_little_by_little_is_served(store):
    with endless_answer(store) as client:
        start = time.monotonic()
        while time.monotonic() - start < 2:
            assert client.recv(65_536)
            time.sleep(0.01)
        assert flood.running == 1


def test_without_the_guard_a_half_sent_header_stays_open(store, monkeypatch):
    """What the tests above would see of uvicorn alone."""
    monkeypatch.setattr(GuardedProtocol, "_enter_phase", lambda self: None)
    with running(store, header_seconds=0.5) as server, server.connect() as client:
        client.sendall(GET)
        client.settimeout(2)
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_without_the_guard_a_client_that_takes_nothing_stays(store, monkeypatch):
    monkeypatch.setattr(GuardedProtocol, "_watch", lambda self: None)
    with endless_answer(store):
        time.sleep(2)
        assert flood.running == 1
