"""Clients of the service who do not give up: what is not acknowledged they send again."""

import json
import socket
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.patience import DEADLINE_S

PATIENCE_S = 0.05
GIVEN = {200, 201, 503}  # statuses that a store which comes and goes may be answered with


class Answer:
    """A status with its problem; 0 where the service was gone."""

    def __init__(self, status: int, retry_after: str | None = None, body: bytes = b"") -> None:
        self.status, self.retry_after, self.body = status, retry_after, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(port: int, method: str, path: str, body: object = None, key: str | None = None) -> Answer:
    """One request on a connection of its own."""
    client = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if key is not None:
        headers["Idempotency-Key"] = key
    try:
        client.request(method, path, None if body is None else json.dumps(body), headers)
        answer = client.getresponse()
        return Answer(answer.status, answer.headers.get("Retry-After"), answer.read())
    except (OSError, HTTPException):
        return Answer(0)
    finally:
        client.close()


def review(port: int, n: int) -> Answer:
    """Send review `n`, of the first alert."""
    path = "/api/v1/alerts/alert000000/reviews"
    said = {"action": "comment", "actor": "desk", "comment": f"review {n}"}
    return ask(port, "POST", path, said, key=str(n))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Repeating(threading.Thread):
    """Does something again and again until it is stopped; what goes wrong in it is raised then."""

    def __init__(self, step: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._step, self._over = step, threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self._over.is_set():
                self._step()
        except BaseException as error:
            self.error = error

    def stop(self) -> None:
        self._over.set()
        self.join(DEADLINE_S)
        assert not self.is_alive()
        if self.error is not None:
            raise self.error


class Reviewer:
    """Sends reviews one after another, each until it is acknowledged."""

    def __init__(self, port: int) -> None:
        self._port, self.acknowledged, self.refused = port, 0, 0
        self._times_s = list[float]()  # when each was

    def step(self) -> None:
        answer = review(self._port, self.acknowledged)
        assert answer.status in GIVEN | {0}, answer.body
        if answer.status == 201:
            self.acknowledged += 1
            self._times_s.append(time.monotonic())
            return
        if answer.status == 503:
            assert answer.retry_after is not None and answer.json["status"] == 503
            self.refused += 1
        time.sleep(PATIENCE_S)

    def first_after(self, at_s: float) -> float:
        """When the first was that came after a time."""
        return next(time_s for time_s in self._times_s if time_s >= at_s)
