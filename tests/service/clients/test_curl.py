"""The stream as curl reads it: left and resumed, across restarts of the service too."""

import random
import shutil
import subprocess
import threading
import time

import pytest
from serving import running

from cablewatch.service.streams import alerts
from cablewatch.stores.alerts import AlertStore

TOTAL = 60

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(alerts, "POLL_S", 0.02)


@pytest.fixture
def writer(store):
    return AlertStore(store / "alerts.sqlite")


def heard(server, last, n, service_ends=False):
    """Numbers of the next `n` events as curl prints them; then curl is stopped, or the service."""
    url = f"{server.url}/api/v1/stream?since=0"
    resumed = [] if last is None else ["-H", f"Last-Event-ID: {last}"]
    command = ["curl", "-sN", "--fail", "--max-time", "60", *resumed, url]
    numbers = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
        for line in curl.stdout:
            if line.startswith("id: "):
                numbers.append(int(line.removeprefix("id: ")))
                if n != len(numbers):
                    continue
                if not service_ends:
                    curl.kill()
                    break
                server.server.should_exit = True
    assert not service_ends or curl.returncode == 0
    return numbers


def write_slowly(writer, make_alert, numbers, chance):
    for n in numbers:
        writer.append([make_alert(n)])
        time.sleep(chance.choice((0, 0, 0.02)))


@pytest.mark.parametrize("seed", range(2))
def test_who_stops_and_resumes_hears_every_event_once(store, writer, make_alert, seed):
    chance, numbers = random.Random(seed), []
    arguments = (writer, make_alert, range(5, TOTAL + 1), random.Random(seed))
    with running(store) as server:
        writing = threading.Thread(target=write_slowly, args=arguments)
        writing.start()
        while len(numbers) < TOTAL:
            some = min(chance.randint(1, 15), TOTAL - len(numbers))
            numbers += heard(server, numbers[-1] if numbers else None, some)
        writing.join()
    assert numbers == list(range(1, TOTAL + 1))


def test_nothing_is_lost_when_the_service_starts_anew(store, writer, make_alert):
    with running(store) as server:
        numbers = heard(server, None, 3)
    writer.append([make_alert(n) for n in range(5, 11)])
    with running(store) as server:
        numbers += heard(server, numbers[-1], 7, service_ends=True)
    writer.append([make_alert(n) for n in range(11, 21)])
    with running(store) as server:
        numbers += heard(server, numbers[-1], 10)
    assert numbers == list(range(1, 21))
