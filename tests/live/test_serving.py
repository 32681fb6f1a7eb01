"""The service beside a watch: it is started again where it dies, and ends with the watch."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cablewatch.commands import serving
from cablewatch.commands.serving import Service
from tests.patience import DEADLINE_S, until


@pytest.fixture
def lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Let a line of Python stand for the service; the file in which it notes each life."""
    monkeypatch.setattr(serving, "FIRST_S", 0.01)
    monkeypatch.setattr(serving, "LEFT_S", 0.01)
    noted = tmp_path / "lives"
    noted.touch()

    def program(line: str) -> Path:
        text = f"import os, sys, time; open({str(noted)!r}, 'a').write('x'); {line}"
        (tmp_path / "cablewatch").mkdir()
        (tmp_path / "cablewatch" / "__main__.py").write_text(text)
        monkeypatch.chdir(tmp_path)
        return noted

    yield program


def test_one_that_dies_is_started_again_later_and_later(
    lives: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    noted = lives("sys.stderr.write('why\\n'); sys.exit(3)")
    monkeypatch.setattr(serving, "LAST_S", 0.04)
    monkeypatch.setattr(serving, "monotonic", lambda: 0.0)  # no life lasts
    with Service(["--store=x"]):
        until(lambda: len(noted.read_text()) >= 5)
    said = capfd.readouterr().err
    waits = re.findall(r"The service has ended \(code 3\); it is started again in (\S+) s", said)
    assert waits[:4] == ["0.01", "0.02", "0.04", "0.04"]
    assert said.count("why\n") >= 5


def test_one_that_lasted_is_started_again_soon(
    lives: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    noted = lives("os.abort()")
    seconds = iter(range(0, 1_000_000, 100))
    monkeypatch.setattr(serving, "monotonic", lambda: float(next(seconds)))
    with Service([]):
        until(lambda: len(noted.read_text()) >= 4)
    waits = re.findall(r"\(SIGABRT\); it is started again in (\S+) s", capfd.readouterr().err)
    assert waits[:3] == ["0.01"] * 3


def test_one_that_was_told_to_end_stays_so(
    lives: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    noted = lives("sys.exit(0)")
    with Service([]):
        until(lambda: "told to end" in capfd.readouterr().err)
    assert noted.read_text() == "x"


def test_it_ends_with_the_watch(
    lives: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    noted = lives("time.sleep(600)")
    with Service([]) as service:
        until(lambda: noted.read_text() == "x")
        process = service._process
    assert process.returncode == -signal.SIGTERM
    assert capfd.readouterr().err == ""


def test_a_service_ends_with_its_input(tmp_path: Path) -> None:
    """As it does when a watch is killed: whoever watches next has the port."""
    command = [sys.executable, "-m", "cablewatch", "serve", "--ends-with-input"]
    command += ["--store", str(tmp_path), "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, text=True) as process:
        assert process.stdin is not None and process.stderr is not None
        while "Serving" not in (line := process.stderr.readline()):
            assert line, "it ended"
        process.stdin.close()
        assert process.wait(DEADLINE_S) in (0, -signal.SIGTERM)


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which process serves")
def test_a_watch_whose_service_is_killed_serves_again(tmp_path: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "cablewatch", "watch", "tcp-listen://:0?name=pier"]
    command += ["--store", str(tmp_path / "store"), "--serve", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        watch = subprocess.Popen(command, stderr=log)
    try:
        until(lambda: answers(port))
        (service,) = children(watch.pid)
        subprocess.run(["kill", "-KILL", str(service)], check=True)
        until(lambda: answers(port) and children(watch.pid) not in ([], [service]))
        assert "The service has ended (SIGKILL)" in (tmp_path / "log").read_text()
        assert watch.poll() is None
        watch.send_signal(signal.SIGTERM)
        assert watch.wait(DEADLINE_S) == 0
        assert not answers(port)
    finally:
        watch.kill()
        watch.wait()
