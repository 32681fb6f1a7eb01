"""`cablewatch feeds check` of sources from which nothing comes: a reason, and exit code 2."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from typer.testing import CliRunner, Result

from cablewatch.cli import app
from cablewatch.feeds import keeping

from .servers import free_port


def check(url: str, seconds: float = 1.0) -> Result:
    return CliRunner().invoke(app, ["feeds", "check", url, "--seconds", str(seconds)])


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "FIRST_S", 30.0)  # one attempt
    found = check(f"tcp://127.0.0.1:{free_port()}?name=pier")
    assert found.exit_code == 2
    assert "connection          cut, was cut once" in found.output
    assert "pier: no position came; cannot be reached (" in found.output


@pytest.mark.parametrize("url", ["udp://:0", "tcp-listen://:0"])
def test_a_port_to_which_nothing_is_sent(url: str) -> None:
    found = check(url)
    assert found.exit_code == 2
    assert "no position came; nothing came at all; see whether what sends to it" in found.output


def test_a_server_that_says_something_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as one:
        accepting = one.submit(greet, server)
        found = check(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        accepting.result().close()
    assert found.exit_code == 2
    assert "in which format (?format=)" in found.output


def greet(server: socket.socket) -> socket.socket:
    connection, _ = server.accept()
    connection.sendall(b"220 mail.example ESMTP\r\n")
    return connection
