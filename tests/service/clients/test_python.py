"""The client of docs/api.md that follows the stream: run as it is printed there."""

import re
import threading
import time
from pathlib import Path

import pytest
from serving import running

from cablewatch.service.streams import alerts
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.reviews import Review, ReviewLog

DOCS = Path(__file__).parents[3] / "docs" / "api.md"
HOSTILE = "a\u2028data: {}\u0085\u2029\n\nid: 1000\n"


@pytest.fixture
def client(monkeypatch):
    """What the code in the document defines."""
    monkeypatch.setattr(alerts, "POLL_S", 0.02)
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = [block for block in blocks if "def follow(" in block]
    names = {}
    exec(compile(code, "docs/api.md", "exec"), names)
    names["PAUSE_S"] = 0.05
    return names


def test_it_hears_every_event_once_across_restarts(store, client, make_alert):
    writer, heard, port = AlertStore(store / "alerts.sqlite"), [], 0
    done = threading.Event()

    def follow(url):
        for event, said in client["follow"](url):
            heard.append((event, said["seq"], said["review"]))
            if said["seq"] == 11:
                return done.set()

    for start in (5, 7, 9):
        with running(store, port=port) as server:
            if not port:
                port = server.address[1]
                url = f"{server.url}/api/v1/stream?since=0"
                threading.Thread(target=follow, args=(url,), daemon=True).start()
            writer.append([make_alert(n) for n in (start, start + 1)])
            until = time.monotonic() + 60
            while len(heard) < start + 1 and time.monotonic() < until:
                time.sleep(0.02)
            if start == 9:
                review = Review("alert001", 1, "desk", "comment", text=HOSTILE)
                ReviewLog(writer.database).append(review)
                assert done.wait(60)
    assert [seq for _, seq, _ in heard] == list(range(1, 12))
    event, _, review = heard[-1]
    assert (event, review["text"]) == ("alert.reviewed", HOSTILE)
