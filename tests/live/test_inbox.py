"""The inbox keeps the order, makes those wait who can, and leaves out what others sent first."""

import asyncio

import pytest

from cablewatch.archives.recording import Entry
from cablewatch.live import inbox
from cablewatch.live.inbox import Inbox


def entry(source: str, n: int, k: int = 0) -> Entry:
    return Entry(source, "nmea", b"%d" % k * n, k)


def test_entries_come_out_in_their_order() -> None:
    async def run() -> list[Entry]:
        box = Inbox()
        for k in range(5):
            await box.put(entry("a", 1, k), False)
        return box.take(0.0) + box.take(0.0)

    assert [one.at_ms for one in asyncio.run(run())] == list(range(5))


def test_a_source_that_can_wait_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "ROOM_BYTES", 10)

    async def run() -> None:
        box = Inbox()
        await box.put(entry("file", 11), True)
        waiting = asyncio.create_task(box.put(entry("file", 1, 1), True))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        assert len(box.take(0.0)) == 1
        await asyncio.wait_for(waiting, 5)
        assert [one.at_ms for one in box.take(0.0)] == [1]

    asyncio.run(run())


def test_what_cannot_wait_is_left_out_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST_BYTES", 100)

    async def run() -> tuple[list[int | None], dict[str, int]]:
        box = Inbox()
        await box.put(entry("file", 20, 0), True)
        for k in range(1, 10):
            await box.put(entry("udp", 10, k), False)
        return [one.at_ms for one in box.take(0.0)], dict(box.left_out)

    kept, left_out = asyncio.run(run())
    assert kept[0] == 0 and kept[1:] == list(range(kept[1] or 0, 10))
    assert left_out == {"udp": 10 * (9 - len(kept) + 1)} and left_out["udp"] >= 60
