"""Kafka, against the broker that librdkafka has for tests: its own protocol over a socket."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from cablewatch.feeds.base import Source
from cablewatch.feeds.kafka import KafkaFeed, settings

from .servers import PATIENCE_S, failure, free_port, lines, run, some

SOURCE = Source("pier", "nmea", waits=True, silence_s=0.0)
MESSAGES = [f"!AIVDM,{i}".encode() for i in range(40)]
T0_MS = 1_700_000_000_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[Producer]:
    """A broker of one process; topics are there once they are written to."""
    producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "mock"})
    yield producer
    producer.flush(PATIENCE_S)


def server(cluster: Producer) -> str:
    brokers = cluster.list_topics(timeout=PATIENCE_S).brokers.values()
    return ",".join(f"{broker.host}:{broker.port}" for broker in brokers)


def keeping(
    cluster: Producer, topic: str, *messages: bytes, at_ms: int = T0_MS, partition: int = 0
) -> None:
    for message in messages:
        cluster.produce(topic, message, partition=partition, timestamp=at_ms)
    assert cluster.flush(PATIENCE_S) == 0


def feed(cluster: Producer, topic: str, group: str = "cablewatch") -> KafkaFeed:
    return KafkaFeed(SOURCE, topic, settings(server(cluster), group))


def committed(cluster: Producer, topic: str, group: str = "cablewatch") -> int:
    consumer = Consumer({"bootstrap.servers": server(cluster), "group.id": group})
    (at,) = consumer.committed([TopicPartition(topic, 0)], timeout=PATIENCE_S)
    consumer.close()
    return int(at.offset)


def test_all_that_is_kept_in_order_with_its_offsets_and_times(cluster: Producer) -> None:
    keeping(cluster, "kept", *MESSAGES[:30])
    keeping(cluster, "kept", *MESSAGES[30:], at_ms=T0_MS + 60_000)

    async def test() -> None:
        got = await some(feed(cluster, "kept"), len(MESSAGES))
        assert lines(got) == MESSAGES
        ends = {one.at_ms: one.position for one in got}
        assert ends == {
            T0_MS: {"offsets": {"0": 30}},
            T0_MS + 60_000: {"offsets": {"0": 40}},
        }
        assert {one.sender for one in got} == {"0"}

    run(test())


def test_a_position_goes_on_behind_it(cluster: Producer) -> None:
    keeping(cluster, "goes-on", *MESSAGES)

    async def test() -> None:
        since = json.loads(json.dumps({"offsets": {"0": 10}}))
        assert lines(await some(feed(cluster, "goes-on"), 30, since)) == MESSAGES[10:]

    run(test())


def test_partitions_are_told_apart_and_positions_hold_all(cluster: Producer) -> None:
    keeping(cluster, "parts", *MESSAGES[:5], partition=0)
    keeping(cluster, "parts", *MESSAGES[5:12], partition=1)

    async def test() -> None:
        got = await some(feed(cluster, "parts"), 12)
        of = {p: lines([one for one in got if one.sender == p]) for p in ("0", "1")}
        assert of == {"0": MESSAGES[:5], "1": MESSAGES[5:12]}
        assert got[-1].position == {"offsets": {"0": 5, "1": 7}}
        again = await some(feed(cluster, "parts"), 4, {"offsets": {"0": 5, "1": 3}})
        assert lines(again) == MESSAGES[8:12]

    run(test())


def test_without_a_position_a_group_goes_on_where_it_confirmed(cluster: Producer) -> None:
    keeping(cluster, "groups", *MESSAGES)

    async def test() -> None:
        first = feed(cluster, "groups", "a")
        async with asyncio.timeout(PATIENCE_S), aclosing(first.received(None)) as stream:
            await anext(stream)
            await first.confirm({"offsets": {"0": 25}})
            while await asyncio.to_thread(committed, cluster, "groups", "a") != 25:
                await asyncio.sleep(0.05)
        assert lines(await some(feed(cluster, "groups", "a"), 15)) == MESSAGES[25:]
        assert lines(await some(feed(cluster, "groups", "b"), 40)) == MESSAGES

    run(test())


def test_what_was_not_confirmed_comes_again(cluster: Producer) -> None:
    keeping(cluster, "again", *MESSAGES)

    async def test() -> None:
        for _ in range(2):
            assert lines(await some(feed(cluster, "again", "c"), 40)) == MESSAGES

    run(test())


def test_no_broker_no_feed() -> None:
    async def test() -> None:
        lost = KafkaFeed(SOURCE, "ais", settings(f"127.0.0.1:{free_port()}", "a"))
        error = await failure(lost.received(None))
        assert error.what.startswith("cannot be reached or was cut (")
        await lost.confirm({"offsets": {"0": 1}})  # nobody hears it

    run(test())


def test_a_broker_that_goes_away() -> None:
    own = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "mock"})
    keeping(own, "ais", b"one")

    async def test() -> None:
        nonlocal own
        async with asyncio.timeout(PATIENCE_S):
            stream = feed(own, "ais").received(None)
            assert (await anext(stream)).data == b"one\n"
            del own
            assert "cut" in (await failure(stream)).what

    run(test())


def test_users_are_told_by_what_librdkafka_calls_them() -> None:
    plain = settings("h:1", "a")
    assert plain["security.protocol"] == "PLAINTEXT" and "sasl.password" not in plain
    known: dict[str, Any] = settings("h:1", "a", True, "SCRAM-SHA-512", "anna", "hunter2")
    assert known["security.protocol"] == "SASL_SSL"
    assert (known["sasl.username"], known["sasl.password"]) == ("anna", "hunter2")
    assert known["sasl.mechanism"] == "SCRAM-SHA-512"
