"""MQTT, against a Mosquitto of the test's own."""

import asyncio
import gc
import signal
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from aiomqtt import Client

from cablewatch.archives.lines import line_decoder
from cablewatch.feeds import mqtt
from cablewatch.feeds.addresses import open_feed
from cablewatch.feeds.base import Source
from cablewatch.feeds.keeping import Health, keep
from cablewatch.feeds.lines import TOGETHER
from cablewatch.feeds.mqtt import MqttFeed
from cablewatch.fixes import Stations

from . import certificates, servers
from .servers import PATIENCE_S, failure, free_port, lines, run

SENTENCE = b"!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A"
LOCATION = b'{"time":1700000000,"sog":7.5,"cog":90.5,"navStat":5,"lon":12.5,"lat":55.25}'
METADATA = b'{"timestamp":1700000001000,\n "name":"ANNA","draught":67,"type":70}'


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[servers.Broker]:
    """One that keeps what it has on disk."""
    port = free_port()
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
        f"persistence_location {tmp_path}/\nautosave_interval 1\n"
        f"user {Path.home().owner()}\n"
    )
    one = servers.Broker("mosquitto", ["-c", str(settings)], port, tmp_path)
    yield one.start()
    one.stop()


def feed(port: int, topic: str = "ais/#", format: str = "nmea", **said: str) -> MqttFeed:
    source = Source("pier", format, waits=False, silence_s=0.0)
    return MqttFeed(source, mqtt.Broker("127.0.0.1", port, **said), [topic])


async def publish(port: int, *messages: tuple[str, bytes], retain: bool = False) -> None:
    async with Client("127.0.0.1", port, timeout=PATIENCE_S) as client:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=1, retain=retain)


async def listening(feed: MqttFeed, port: int, *messages: tuple[str, bytes]) -> list[mqtt.Received]:
    """What a feed receives of messages that are sent once it has subscribed."""
    got: list[mqtt.Received] = []
    expected = len(messages)
    if feed.source.format == "nmea":
        expected = sum(len(payload.splitlines()) or 1 for _, payload in messages)
    async with asyncio.timeout(PATIENCE_S), aclosing(feed.received(None)) as stream:
        first = asyncio.ensure_future(anext(stream))
        while not first.done():  # nothing tells from outside that a subscription stands
            await publish(port, (messages[0][0], b"first"))
            await asyncio.sleep(0.1)
        received = await first
        await publish(port, *messages)
        while True:
            kept = [r for r in received.data.splitlines(True) if not r.endswith(b"first\n")]
            if kept:
                got.append(received._replace(data=b"".join(kept)))
            if sum(one.data.count(b"\n") for one in got) >= expected:
                return got
            received = await anext(stream)


def test_messages_of_one_or_several_lines(broker: servers.Broker) -> None:
    two = SENTENCE + b"\r\n" + SENTENCE
    got: list[mqtt.Received] = []

    async def test() -> None:
        messages = [("ais/pier", SENTENCE), ("ais/mast", two), ("ais/pier", b"")]
        got.extend(await listening(feed(broker.port), broker.port, *messages))

    run(test())
    assert [(one.sender, one.data) for one in got] == [
        ("ais/pier", SENTENCE + b"\n"),
        ("ais/mast", two + b"\n"),
        ("ais/pier", b"\n"),
    ]
    assert all(one.at_ms is not None and one.position is None for one in got)


def test_many_messages_come_in_their_order(broker: servers.Broker) -> None:
    """However many wait; those in a row of one topic together, a bounded number of them."""
    messages = [(f"ais/{i // 500}", b"%d" % i) for i in range(1000)]

    async def test() -> None:
        got = await listening(feed(broker.port), broker.port, *messages)
        assert lines(got) == [payload for _, payload in messages]
        assert {(one.sender, int(line) // 500) for one in got for line in lines([one])} == {
            ("ais/0", 0),
            ("ais/1", 1),
        }
        assert max(one.data.count(b"\n") for one in got) <= TOGETHER

    run(test())


def test_messages_without_room_are_counted(
    broker: servers.Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "WAITING", 100)
    got: list[mqtt.Received] = []

    async def test() -> None:
        stream = feed(broker.port).received(None)
        first = asyncio.ensure_future(anext(stream))
        while not first.done():
            await publish(broker.port, ("ais/pier", b"first"))
            await asyncio.sleep(0.1)
        await first
        await publish(broker.port, *[("ais/pier", b"%d" % i) for i in range(1_000)])
        await publish(broker.port, ("ais/pier", b"last"))
        while not got or b"last" not in lines(got):
            got.append(await anext(stream))
            if len(got) == 1:
                await publish(broker.port, ("ais/pier", b"last"))
        await stream.aclose()

    run(test())
    sent = [line for line in lines(got) if line.isdigit()]
    assert len(sent) <= 100 + 2 * TOGETHER
    assert len(sent) + sum(one.lost for one in got) in (1_000, 1_001)  # and the first "last"


def test_json_of_ais_catcher(broker: servers.Broker) -> None:
    line = b'{"class":"AIS","rxuxtime":1700000000,"nmea":["' + SENTENCE + b'"]}'

    async def test() -> None:
        pier = feed(broker.port, "ais", "ais-catcher")
        (got,) = await listening(pier, broker.port, ("ais", line))
        assert got.sender == ""
        decoder = line_decoder("ais-catcher", "pier", Stations())
        assert decoder.feed(got.data, got.at_ms).fixes.t_ms.tolist() == [1_700_000_000_000]

    run(test())


def test_digitraffic_over_its_own_topics(broker: servers.Broker) -> None:
    source = Source("digitraffic", "digitraffic", waits=False, silence_s=0.0)
    finland = MqttFeed(source, mqtt.Broker("127.0.0.1", broker.port), mqtt.DIGITRAFFIC_TOPICS)

    async def test() -> None:
        messages = (
            ("vessels-v2/230000001/location", LOCATION),
            ("vessels-v2/230000001/metadata", METADATA),
        )
        got = await listening(finland, broker.port, *messages)
        decoder = line_decoder("digitraffic", "digitraffic", Stations())
        fixes, statics = decoder.feed(b"".join(one.data for one in got), got[-1].at_ms)
        assert fixes.mmsi.tolist() == statics.mmsi.tolist() == [230000001]
        assert statics.name.tolist() == [b"ANNA"]
        assert decoder.refused.counts == {}

    run(test())


def test_a_broker_behind_a_web_server(tmp_path: Path) -> None:
    port, over_http = free_port(), free_port()
    (tmp_path / "c").write_text(
        f"listener {port} 127.0.0.1\nlistener {over_http} 127.0.0.1\nprotocol websockets\n"
        f"allow_anonymous true\nuser {Path.home().owner()}\n"
    )
    both = servers.Broker("mosquitto", ["-c", str(tmp_path / "c")], over_http, tmp_path).start()

    async def test() -> None:
        web = feed(over_http, websocket="/mqtt")
        (got,) = await listening(web, port, ("ais/pier", SENTENCE))
        assert got.data == SENTENCE + b"\n"

    try:
        run(test())
    finally:
        both.stop()


def test_what_a_broker_had_kept_counts_by_its_own_times(broker: servers.Broker) -> None:
    async def test() -> None:
        await publish(broker.port, ("ais/pier", SENTENCE), retain=True)
        (got,) = await servers.some(feed(broker.port), 1)
        assert (got.data, got.at_ms) == (SENTENCE + b"\n", None)

    run(test())


@pytest.mark.parametrize("client", ["", "cablewatch-pier"])
def test_a_broker_that_restarts(broker: servers.Broker, client: str) -> None:
    """It is found again; what came for a known client while that was away comes then."""
    got: list[mqtt.Received] = []
    health = Health()

    async def take(received: mqtt.Received) -> None:
        got.append(received)

    async def test() -> None:
        kept = asyncio.create_task(keep(feed(broker.port, client=client), take, health))
        while not got:
            await publish(broker.port, ("ais/pier", b"before"))
            await asyncio.sleep(0.1)
        await asyncio.to_thread(broker.stop)
        await servers.until(lambda: health.state == "cut")
        await asyncio.to_thread(broker.start)
        await publish(broker.port, ("ais/pier", b"while away"))
        while b"after" not in lines(got):
            await publish(broker.port, ("ais/pier", b"after"))
            await asyncio.sleep(0.1)
        kept.cancel()
        await asyncio.gather(kept, return_exceptions=True)

    run(test())
    assert health.cuts >= 1 and len(health.gaps) == 1
    if client:
        assert b"while away" in lines(got)


@pytest.mark.parametrize("hangs", [False, True])
def test_who_leaves_is_not_kept(broker: servers.Broker, hangs: bool) -> None:
    """By a broker that answers no more neither: to be cancelled is to be cancelled."""
    health = Health()

    async def nothing(received: mqtt.Received) -> None:
        pass

    async def test() -> None:
        task = asyncio.create_task(keep(feed(broker.port), nothing, health))
        while health.state != "receiving":
            await publish(broker.port, ("ais/pier", SENTENCE))
            await asyncio.sleep(0.1)
        if hangs:
            broker.signal(signal.SIGSTOP)
        task.cancel()
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(asyncio.CancelledError):
                await task

    try:
        run(test())
    finally:
        broker.signal(signal.SIGCONT)
    assert health.cuts == 0


def test_a_user_whom_the_broker_does_not_know(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "users").write_text("")
    (tmp_path / "users").chmod(0o600)
    (tmp_path / "c").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {tmp_path}/users\n"
        f"user {Path.home().owner()}\n"
    )
    strict = servers.Broker("mosquitto", ["-c", str(tmp_path / "c")], port, tmp_path).start()

    async def test() -> None:
        known = feed(port, user="anna", password="hunter2")
        error = await failure(known.received(None))
        assert error.what.startswith("refused by the broker (")
        assert "CABLEWATCH_MQTT_PASSWORD" in error.do
        assert "hunter2" not in str(error) + repr(known._broker)

    try:
        run(test())
    finally:
        strict.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # see its end
@pytest.mark.parametrize("websocket", ["", "/mqtt"])
def test_a_broker_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, websocket: str) -> None:
    """Of an authority that is not known nothing is read."""
    port, plain = free_port(), free_port()
    files = certificates.made(tmp_path)
    protocol = "protocol websockets\n" if websocket else ""
    (tmp_path / "c").write_text(
        f"listener {plain} 127.0.0.1\nlistener {port} 127.0.0.1\n{protocol}"
        f"certfile {files.server}\nkeyfile {files.key}\n"
        f"allow_anonymous true\nuser {Path.home().owner()}\n"
    )
    both = servers.Broker("mosquitto", ["-c", str(tmp_path / "c")], port, tmp_path).start()

    async def test() -> None:
        said = f"?websocket={websocket}" if websocket else ""
        pier: Any = open_feed(f"mqtts://127.0.0.1:{port}/ais/%23{said}")
        error = await failure(pier.received(None))
        assert "CERTIFICATE_VERIFY_FAILED" in error.what and "SSL_CERT_FILE" in error.do
        monkeypatch.setenv("SSL_CERT_FILE", str(files.authority))
        (got,) = await listening(pier, plain, ("ais/pier", SENTENCE))
        assert got.data == SENTENCE + b"\n"

    try:
        run(test())
    finally:
        both.stop()
        gc.collect()  # paho leaves the socket of a handshake that failed to be collected


def test_a_topic_that_is_not_given() -> None:
    """Brokers refuse a subscription by its code: 0x80 in SUBACK (MQTT 3.1.1, 3.9.3)."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly((await reader.readexactly(2))[1])
        writer.write(b"\x20\x02\x00\x00")
        asked = await reader.readexactly((await reader.readexactly(2))[1])
        writer.write(b"\x90\x03" + asked[:2] + b"\x80")
        await reader.read()
        writer.close()

    async def test() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            error = await failure(feed(port).received(None))
        assert error.what.startswith("the broker does not give ais/# (")

    run(test())


def test_no_broker_no_feed() -> None:
    async def test() -> None:
        error = await failure(feed(free_port()).received(None))
        assert (error.where, error.what[:17]) == ("pier", "cannot be reached")

    run(test())


def test_a_topic_that_is_none(broker: servers.Broker) -> None:
    async def test() -> None:
        error = await failure(feed(broker.port, "ais/#/pier").received(None))
        assert "cannot be reached or was cut" in error.what

    run(test())
