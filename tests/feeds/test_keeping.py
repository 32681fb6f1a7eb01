"""A source is asked again when it is cut, and what was missed is a gap."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from cablewatch.feeds import keeping
from cablewatch.feeds.base import FeedError, Received, Source
from cablewatch.feeds.keeping import Health, keep
from cablewatch.output.text import Json


def test_attempts_become_rarer_and_stay_within_half_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[float] = []
    attempts = 1_100  # four hours of them

    class Dead:
        source = Source("dead", "nmea", waits=False, silence_s=1.0)

        async def received(self, since: Json | None) -> AsyncGenerator[Received]:
            raise FeedError("dead", "cannot be reached", "see")
            yield  # makes it a generator

        async def confirm(self, position: Json) -> None: ...

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == attempts:
            raise asyncio.CancelledError

    async def run() -> Health:
        health = Health()
        monkeypatch.setattr(keeping.asyncio, "sleep", sleep)
        with pytest.raises(asyncio.CancelledError):
            await keep(Dead(), lambda received: None, health)  # type: ignore[arg-type,return-value]
        return health

    health = asyncio.run(run())
    assert waits[0] < 1.01 and max(waits) <= 15.0 < 2 * min(waits[6:]) + 0.01
    assert health.cuts == attempts and not health.gaps  # it never brought anything
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 11  # of failures 1, 2, 4, ... 1,024: a source that is gone fills no log
    assert said[0] == f"dead: cannot be reached; see; next attempt in {waits[0]:.1f} s"


def test_another_reason_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keeping, "FIRST_S", 0.0)

    class Dead:
        source = Source("dead", "nmea", waits=False, silence_s=0.0)
        asked = 0

        async def received(self, since: Json | None) -> AsyncGenerator[Received]:
            self.asked += 1
            if self.asked == 9:
                return
            raise FeedError("dead", "refused" if self.asked in (6, 7) else "no answer", "see")
            yield  # makes it a generator

        async def confirm(self, position: Json) -> None: ...

    async def take(received: Received) -> None: ...

    asyncio.run(keep(Dead(), take, Health()))
    said = [record.getMessage().split("; ")[0] for record in caplog.records]
    assert said == [f"dead: {k}" for k in (*["no answer"] * 3, "refused", *["no answer"] * 1)]


def test_a_source_that_ends_is_not_asked_again() -> None:
    class Once:
        source = Source("once", "nmea", waits=True, silence_s=0.0)
        asked: list[Json | None]

        def __init__(self) -> None:
            self.asked = []

        async def received(self, since: Json | None) -> AsyncGenerator[Received]:
            self.asked.append(since)
            yield Received(b"x\n", None, {"bytes": 2})
            if len(self.asked) == 1:
                raise FeedError("once", "cut", "see")

        async def confirm(self, position: Json) -> None: ...

    async def run() -> Once:
        feed, health = Once(), Health()

        async def take(received: Received) -> None: ...

        await keep(feed, take, health)
        assert health.state == "ended"
        return feed

    assert asyncio.run(run()).asked == [None, {"bytes": 2}]


def test_a_fault_that_is_no_cut_costs_one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "FIRST_S", 0.01)

    class Faulty:
        source = Source("faulty", "nmea", waits=False, silence_s=0.0)
        asked = 0

        async def received(self, since: Json | None) -> AsyncGenerator[Received]:
            self.asked += 1
            if self.asked == 1:
                raise UnicodeError("label too long")
            yield Received(b"x\n", 1)

        async def confirm(self, position: Json) -> None: ...

    async def run() -> tuple[list[bytes], Health]:
        got, health = [], Health()

        async def take(received: Received) -> None:
            got.append(received.data)

        await keep(Faulty(), take, health)
        return got, health

    got, health = asyncio.run(run())
    assert got == [b"x\n"]
    assert (health.state, health.cuts, health.reason) == ("ended", 1, "failed (UnicodeError)")


def test_gaps_may_be_told_while_one_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watcher's thread tells them, the loop of the sources adds them."""
    health = Health()
    health.gaps.extend(keeping.Gap(k, k + 1, "cut") for k in range(3))
    shown = keeping.rfc3339

    def meanwhile(t_ms: int) -> str:
        health.gaps.append(keeping.Gap(9, 10, "cut"))
        return shown(t_ms)

    monkeypatch.setattr(keeping, "rfc3339", meanwhile)
    assert len(health.as_json()["gaps"]) >= 3


def test_nothing_came_later_than_now_or_before_there_was_ais(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_ms = 1_731_888_000_000
    monkeypatch.setattr(keeping, "now_ms", lambda: now_ms)

    class Broker:
        """Says when messages came by a clock of its own."""

        source = Source("broker", "nmea", waits=True, silence_s=0.0)

        async def received(self, since: Json | None) -> AsyncGenerator[Received]:
            for at_ms in (now_ms - 5_000, now_ms + 86_400_000, now_ms * 1_000, 0, -1, None):
                yield Received(b"x\n", at_ms)

        async def confirm(self, position: Json) -> None: ...

    async def run() -> list[int | None]:
        got: list[int | None] = []

        async def take(received: Received) -> None:
            got.append(received.at_ms)

        await keep(Broker(), take, Health())
        return got

    assert asyncio.run(run()) == [now_ms - 5_000, *[now_ms] * 4, None]
