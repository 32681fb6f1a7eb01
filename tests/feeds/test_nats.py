"""JetStream, against a NATS server of the test's own: nothing is lost, whoever is killed."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.js.api import RetentionPolicy

from cablewatch.errors import UsageError
from cablewatch.feeds import nats as module
from cablewatch.feeds.addresses import open_feed
from cablewatch.feeds.base import Feed, Received, Source
from cablewatch.feeds.keeping import Health, keep
from cablewatch.feeds.nats import Consumer, NatsFeed
from cablewatch.output.text import Json

from . import certificates, servers
from .servers import PATIENCE_S, failure, free_port, lines, run, some, until

CONSUMER = Consumer("ais.>", "AIS", "cablewatch")
MESSAGES = [f"!AIVDM,{i}".encode() for i in range(1, 41)]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[servers.Broker]:
    port = free_port()
    one = server(tmp_path, port)
    yield one.start()
    one.stop()


def server(folder: Path, port: int, *more: str) -> servers.Broker:
    arguments = ["-js", "-a", "127.0.0.1", "-p", str(port), "-sd", str(folder / "js"), *more]
    return servers.Broker("nats-server", arguments, port, folder)


def feed(broker: servers.Broker, consumer: Consumer = CONSUMER) -> NatsFeed:
    source = Source("pier", "nmea", waits=True, silence_s=0.0)
    return NatsFeed(source, f"nats://127.0.0.1:{broker.port}", consumer)


async def keeping(broker: servers.Broker, *messages: bytes, **said: Any) -> None:
    """Let a stream keep messages; it is made where there is none."""
    client = await nats.connect(f"nats://127.0.0.1:{broker.port}", connect_timeout=60)
    stream = client.jetstream(timeout=PATIENCE_S)
    await stream.add_stream(name="AIS", subjects=["ais.>"], **said)
    for message in messages:
        await stream.publish("ais.pier", message)
    await client.close()


async def position(broker: servers.Broker, seq: int) -> Json:
    """Of a message of the stream."""
    client = await nats.connect(f"nats://127.0.0.1:{broker.port}", connect_timeout=60)
    info = await client.jetstream(timeout=PATIENCE_S).stream_info("AIS")
    await client.close()
    assert info.created is not None
    return {"seq": seq, "made": info.created.isoformat()}


async def floor(broker: servers.Broker) -> int:
    """Number of the message up to which all are confirmed."""
    client = await nats.connect(f"nats://127.0.0.1:{broker.port}", connect_timeout=60)
    try:
        info = await client.jetstream(timeout=PATIENCE_S).consumer_info("AIS", "cablewatch")
        assert info.ack_floor is not None
        return info.ack_floor.stream_seq
    finally:
        await client.close()


def test_all_that_is_kept_in_order_with_its_numbers_and_times(broker: servers.Broker) -> None:
    async def test() -> None:
        before_ms = time.time() * 1000.0
        await keeping(broker, *MESSAGES)
        kept_ms = time.time() * 1000.0
        await asyncio.sleep(1.0)
        got = await some(feed(broker), len(MESSAGES))
        assert lines(got) == MESSAGES
        assert got[-1].position == await position(broker, len(MESSAGES))
        assert all(before_ms - 1 <= (one.at_ms or 0) <= kept_ms + 1 for one in got)
        numbers = [one.position["seq"] for one in got if one.position]
        assert numbers == sorted(numbers)

    run(test())


def test_what_came_long_apart_is_not_handed_out_together(broker: servers.Broker) -> None:
    async def test() -> None:
        await keeping(broker, b"one")
        await asyncio.sleep(0.5)
        await keeping(broker, b"two")
        got = await some(feed(broker), 2)
        assert [one.data for one in got] == [b"one\n", b"two\n"]

    run(test())


def test_what_was_confirmed_does_not_come_again(broker: servers.Broker) -> None:
    async def test() -> None:
        await keeping(broker, *MESSAGES)
        first = feed(broker)
        async with asyncio.timeout(PATIENCE_S), aclosing(first.received(None)) as stream:
            got = [await anext(stream)]
            while (got[-1].position or {})["seq"] != len(MESSAGES):
                got.append(await anext(stream))
            await first.confirm({"seq": 0})
            assert await floor(broker) == 0
            await first.confirm(got[0].position or {})
            done = (got[0].position or {})["seq"]
            while await floor(broker) != done:
                await asyncio.sleep(0.01)
        if done < len(MESSAGES):
            assert lines(await some(feed(broker), len(MESSAGES) - done)) == MESSAGES[done:]

    run(test())


def test_a_position_goes_before_what_was_confirmed(broker: servers.Broker) -> None:
    async def test() -> None:
        await keeping(broker, *MESSAGES)
        for seq in (10, 5):
            got = await some(feed(broker), 40 - seq, await position(broker, seq))
            assert lines(got) == MESSAGES[seq:40]

    run(test())


def test_a_client_killed_before_it_confirms(broker: servers.Broker) -> None:
    """All that it took comes again in order, and before what is new; positions tell it apart."""
    program = f"""
import asyncio
from cablewatch.feeds.base import Source
from cablewatch.feeds.nats import Consumer, NatsFeed
source = Source("pier", "nmea", True, 0.0)
feed = NatsFeed(source, "nats://127.0.0.1:{broker.port}", Consumer{tuple(CONSUMER)!r})
async def main():
    done = False
    async for got in feed.received(None):
        print(got.position["seq"], flush=True)
        if not done:
            await feed.confirm(got.position)
            done = True
asyncio.run(main())
"""

    async def test() -> None:
        await keeping(broker, MESSAGES[0])
        killed = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        assert killed.stdout is not None
        first = int(await asyncio.to_thread(killed.stdout.readline))
        assert first == 1
        await keeping(broker, *MESSAGES[1:30])
        while int(await asyncio.to_thread(killed.stdout.readline)) < 30:
            pass
        while await floor(broker) < first:
            await asyncio.sleep(0.05)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        killed.stdout.close()
        await keeping(broker, *MESSAGES[30:])
        got = await some(feed(broker), 39)
        assert lines(got) == MESSAGES[1:]
        assert got[0].position is not None and got[0].position["seq"] >= 2

    run(test())


def test_a_broker_that_restarts(broker: servers.Broker) -> None:
    """Nothing is lost and, by the positions, nothing comes twice."""
    got: list[Received] = []
    health = Health()

    async def take(received: Received) -> None:
        got.append(received)

    async def test() -> None:
        pier = feed(broker)
        await keeping(broker, *MESSAGES[:10])
        kept = asyncio.create_task(keep(pier, take, health))
        await until(lambda: len(lines(got)) == 10)
        await asyncio.to_thread(broker.stop)
        await until(lambda: health.state == "cut")
        await pier.confirm(got[-1].position or {})  # nobody hears it
        await asyncio.to_thread(broker.start)
        await keeping(broker, *MESSAGES[10:])
        await until(lambda: len(lines(got)) >= len(MESSAGES))
        kept.cancel()
        await asyncio.gather(kept, return_exceptions=True)

    run(test())
    assert lines(got) == MESSAGES


def test_a_message_lost_on_its_way_is_asked_for_again(
    broker: servers.Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[Received] = []
    health, fetched, lost = Health(), module._fetched, [MESSAGES[20]]

    async def losing(pull: Any) -> list[Any]:
        messages = await fetched(pull)
        missing = [one for one in messages if one.data in lost]
        for one in missing:
            lost.remove(one.data)
        return [one for one in messages if one not in missing]

    async def take(received: Received) -> None:
        got.append(received)

    async def test() -> None:
        await keeping(broker, *MESSAGES)
        kept = asyncio.create_task(keep(feed(broker), take, health))
        await until(lambda: len(lines(got)) >= len(MESSAGES))
        kept.cancel()
        await asyncio.gather(kept, return_exceptions=True)

    monkeypatch.setattr(module, "_fetched", losing)
    run(test())
    assert lines(got) == MESSAGES
    assert (health.cuts, health.reason, lost) == (1, "a message is missing", [])


def test_a_stream_made_anew_is_read_from_its_start(broker: servers.Broker) -> None:
    async def test() -> None:
        await keeping(broker, *MESSAGES[:2])
        before = (await some(feed(broker), 2))[-1].position
        client = await nats.connect(f"nats://127.0.0.1:{broker.port}", connect_timeout=60)
        await client.jetstream(timeout=PATIENCE_S).delete_stream("AIS")
        await client.close()
        await keeping(broker, *MESSAGES)
        assert lines(await some(feed(broker), len(MESSAGES), before)) == MESSAGES

    run(test())


def test_a_stream_that_lost_its_end_is_read_from_its_start(broker: servers.Broker) -> None:
    async def test() -> None:
        await keeping(broker, b"new")
        ahead = await position(broker, 1000)
        assert lines(await some(feed(broker), 1, ahead)) == [b"new"]

    run(test())


def test_what_a_stream_has_dropped_is_said(
    broker: servers.Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        await keeping(broker, *MESSAGES, max_msgs=10)
        got = await some(feed(broker), 10, await position(broker, 5))
        assert lines(got) == MESSAGES[30:]
        assert (got[0].lost, sum(one.lost for one in got)) == (25, 25)

    run(test())
    assert "AIS has dropped 25 messages" in caplog.text


def test_messages_of_other_subjects_are_not_lost(
    broker: servers.Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        await keeping(broker, *MESSAGES, max_msgs=10)
        quiet = feed(broker, Consumer("ais.pier", "AIS", "cablewatch"))
        got = await some(quiet, 10, await position(broker, 5))
        assert [one.lost for one in got] == [0] * len(got)

    run(test())
    assert "AIS has dropped 25 messages of all its subjects" in caplog.text


def test_a_position_of_another_kind_is_refused_before_the_server_answers() -> None:
    away = NatsFeed(Source("hub", "nmea", True, 0.0), "nats://127.0.0.1:1", CONSUMER)

    async def test() -> None:
        with pytest.raises(UsageError, match="another kind of source"):
            await anext(away.received({"bytes": 5, "hash": ""}))

    run(test())


def test_a_subject_names_its_stream(broker: servers.Broker) -> None:
    async def test() -> None:
        await keeping(broker, *MESSAGES)
        unnamed = feed(broker, Consumer("ais.pier", "", "cablewatch"))
        assert lines(await some(unnamed, 40)) == MESSAGES

    run(test())


@pytest.mark.parametrize(
    ("consumer", "said"),
    [
        (Consumer("ais.>", "OTHER", "a"), "there is no stream OTHER"),
        (Consumer("other", "", "a"), "no stream keeps other"),
        (Consumer("other", "AIS", "a"), "AIS does not give other ("),
    ],
)
def test_streams_and_subjects_that_are_not_there(
    broker: servers.Broker, consumer: Consumer, said: str
) -> None:
    async def test() -> None:
        await keeping(broker, b"one")
        assert (await failure(feed(broker, consumer).received(None))).what.startswith(said)

    run(test())


@pytest.mark.parametrize("retention", [RetentionPolicy.INTEREST, RetentionPolicy.WORK_QUEUE])
def test_a_stream_that_forgets_what_was_read(
    broker: servers.Broker, retention: RetentionPolicy
) -> None:
    async def test() -> None:
        await keeping(broker, b"one", retention=retention)
        error = await failure(feed(broker).received(None))
        assert error.what == "AIS forgets what was read"

    run(test())


def test_no_server_no_feed(tmp_path: Path) -> None:
    async def test() -> None:
        nobody = servers.Broker("nats-server", [], free_port(), tmp_path)
        error = await failure(feed(nobody).received(None))
        assert error.what.startswith("cannot be reached")

    run(test())


def test_a_server_without_a_jetstream(tmp_path: Path) -> None:
    port = free_port()
    plain = servers.Broker("nats-server", ["-a", "127.0.0.1", "-p", str(port)], port, tmp_path)

    async def test() -> None:
        error = await failure(feed(plain.start()).received(None))
        assert "JetStream" in error.do

    try:
        run(test())
    finally:
        plain.stop()


def test_a_user_whom_the_server_does_not_know(tmp_path: Path) -> None:
    strict = server(tmp_path, free_port(), "--user", "anna", "--pass", "hunter2").start()
    source = Source("pier", "nmea", waits=True, silence_s=0.0)

    def of(password: str) -> NatsFeed:
        return NatsFeed(source, f"nats://127.0.0.1:{strict.port}", CONSUMER, "anna", password)

    async def test() -> None:
        error = await failure(of("hunter3").received(None))
        assert error.what == "refused by the server"
        assert "CABLEWATCH_NATS_PASSWORD" in error.do and "hunter3" not in str(error)
        assert (await failure(of("hunter2").received(None))).what == "there is no stream AIS"

    try:
        run(test())
    finally:
        strict.stop()


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[tuple[servers.Broker, Path]]:
    """A server over TLS, and the certificate of its authority."""
    files = certificates.made(tmp_path)
    tls = ("--tls", "--tlscert", str(files.server), "--tlskey", str(files.key))
    one = server(tmp_path, free_port(), *tls, "--user", "anna", "--pass", "hunter2")
    yield one.start(), files.authority
    one.stop()


def over_tls(port: int, monkeypatch: pytest.MonkeyPatch) -> Feed:
    monkeypatch.setenv("CABLEWATCH_NATS_USER", "anna")
    monkeypatch.setenv("CABLEWATCH_NATS_PASSWORD", "hunter2")
    return open_feed(f"natss://127.0.0.1:{port}/ais.%3E?stream=AIS&name=pier")


def test_a_server_over_tls(
    encrypted: tuple[servers.Broker, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an authority that is not known nothing is read."""
    broker, authority = encrypted
    url = f"tls://anna:hunter2@127.0.0.1:{broker.port}"

    async def test() -> None:
        pier = over_tls(broker.port, monkeypatch)
        error = await failure(pier.received(None))
        assert "CERTIFICATE_VERIFY_FAILED" in error.what and "SSL_CERT_FILE" in error.do
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        client = await nats.connect(url, connect_timeout=60)
        stream = client.jetstream(timeout=PATIENCE_S)
        await stream.add_stream(name="AIS", subjects=["ais.>"])
        await stream.publish("ais.pier", MESSAGES[0])
        await client.close()
        assert lines(await some(pier, 1)) == MESSAGES[:1]

    run(test())


def test_a_password_that_is_for_tls_goes_over_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"auth_required":true,"headers":true,"max_payload":1048576}\r\n')
        heard.append(await reader.read())
        writer.close()

    async def test() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as plain:
            port = plain.sockets[0].getsockname()[1]
            error = await failure(over_tls(port, monkeypatch).received(None))
            assert error.what == "cannot be reached (it speaks no TLS)"
            await until(lambda: bool(heard))

    run(test())
    assert heard == [b""]


def test_who_leaves_a_server_that_hangs_is_not_kept(broker: servers.Broker) -> None:
    got: list[Received] = []
    health = Health()

    async def take(received: Received) -> None:
        got.append(received)

    async def test() -> None:
        pier = feed(broker)
        await keeping(broker, b"one")
        task = asyncio.create_task(keep(pier, take, health))
        await until(lambda: bool(got))
        broker.signal(signal.SIGSTOP)
        await pier.confirm(got[-1].position or {})
        task.cancel()
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(asyncio.CancelledError):
                await task

    try:
        run(test())
    finally:
        broker.signal(signal.SIGCONT)
    assert health.cuts == 0
