"""Inputs of a stream: what lies between two offsets is the same, whatever comes meanwhile."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cablewatch.archives.recording import Entry
from cablewatch.cluster import folder_input as folder_input_
from cablewatch.cluster.folder_input import FolderInput, folder_input
from cablewatch.cluster.kafka import kafka_input
from cablewatch.cluster.nats_input import NatsInput, Numbers, nats_input
from cablewatch.cluster.packing import unpacked
from cablewatch.errors import ArchiveError, StoreError, UsageError

LINE = b"!AIVDM,1,1,,A,13aG?P0P00PD;88MD5MTDww@2<0L,0*23\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    there = tmp_path / "recordings"
    there.mkdir()
    return there


@pytest.fixture
def source(folder: Path, tmp_path: Path) -> FolderInput:
    return folder_input(folder, tmp_path / "checkpoint", [folder / "store"])


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(Entry("pier", "nmea", LINE).packed())


def names(source: FolderInput, start: int, end: int) -> list[str]:
    return [Path(part.file.path).name for part in source.parts({"files": start}, {"files": end})]


def test_files_keep_their_numbers_whatever_appears(source: FolderInput, folder: Path) -> None:
    put(folder, "being-written.tmp")
    assert source.newest() == source.first() == {"files": 0}
    assert source.is_empty()
    put(folder, "b", "c.tmp", ".hidden", "store/tracks")
    (folder / "empty").touch()
    assert source.newest() == {"files": 1}
    assert not source.is_empty()
    put(folder, "a", "d")
    assert source.newest() == {"files": 3}
    again = pickle.loads(pickle.dumps(source))
    assert names(again, 0, 3) == ["b", "a", "d"]
    assert [part.number for part in again.parts({"files": 1}, {"files": 3})] == [1, 2]


def test_a_name_that_comes_again_with_another_size_is_another_file(
    source: FolderInput, folder: Path
) -> None:
    put(folder, "hour-13")
    assert source.newest() == source.newest() == {"files": 1}
    (folder / "hour-13").write_bytes(2 * LINE)
    assert source.newest() == {"files": 2}
    assert names(source, 0, 2) == ["hour-13", "hour-13"]


def test_a_file_that_grows_waits(
    source: FolderInput, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grow(_: float) -> None:
        with (folder / "b").open("ab") as file:
            file.write(LINE)

    put(folder, "a", "b")
    monkeypatch.setattr(folder_input_, "sleep", grow)
    assert source.newest() == {"files": 1}
    assert names(source, 0, 1) == ["a"]
    monkeypatch.undo()
    assert source.newest() == {"files": 2}


def test_a_batch_takes_some_files_and_always_one(source: FolderInput, folder: Path) -> None:
    put(folder, *"abcde")
    newest = source.newest()
    size = (folder / "a").stat().st_size
    source = replace(source, most_files=3)
    assert source.some({"files": 1}, newest) == {"files": 4}
    assert source.some({"files": 4}, newest) == {"files": 5}
    assert source.some({"files": 5}, newest) == {"files": 5}
    source = replace(source, most_bytes=2 * size)
    assert source.some({"files": 0}, newest) == {"files": 2}
    source = replace(source, most_bytes=size - 1)
    assert source.some({"files": 0}, newest) == {"files": 1}


def test_a_file_that_is_not_what_it_was_ends_the_stream(source: FolderInput, folder: Path) -> None:
    put(folder, "a", "b")
    first, second = source.parts({"files": 0}, source.newest())
    (folder / "a").unlink()
    (folder / "b").write_bytes(LINE)
    with pytest.raises(ArchiveError, match="is gone"):
        next(source.read(first))
    with pytest.raises(ArchiveError, match="was not whole when it was taken"):
        next(source.read(second))


def test_an_offset_without_its_ledger_is_refused(source: FolderInput, folder: Path) -> None:
    put(folder, "a")
    with pytest.raises(StoreError, match="holds 0 files, of 1 that were read"):
        source.parts({"files": 0}, {"files": 1})


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder; name a folder of recordings"):
        folder_input(tmp_path / "absent", tmp_path, [])


def offset(seq: int, begin: int, made: str = "then") -> dict[str, object]:
    return {"seq": seq, "from": begin, "made": made}


def test_numbers_of_messages(caplog: pytest.LogCaptureFixture) -> None:
    source = NatsInput("nats://h/ais", "h:4222/ais", 200_000, 50_000)
    start = source.first()
    assert source.some(start, offset(0, 0)) == start
    end = source.some(start, offset(250_000, 1))
    assert end == offset(200_000, 1)
    parts = source.parts(start, end)
    assert parts[0] == Numbers(1, 50_000, "then")
    assert parts[-1] == Numbers(150_001, 200_000, "then")
    assert len(parts) == 4
    assert source.some(end, offset(200_000, 1)) == end
    assert not caplog.records
    gap = source.some(end, offset(300_000, 250_001))
    begin = 250_001 + 49_999 // 20  # the oldest go while Spark begins
    assert f"has dropped messages before {begin}" in caplog.text
    assert source.parts(end, gap)[0] == Numbers(begin, 300_000, "then")
    assert source.parts(end, source.some(end, offset(300_000, 300_001))) == []  # it was purged
    with pytest.raises(StoreError, match="was made anew"):
        source.some(gap, offset(5, 1, "later"))


def test_a_durable_consumer_is_refused() -> None:
    assert nats_input("nats://h/ais?stream=AIS&name=hub").name == "hub"
    with pytest.raises(UsageError, match="no durable consumer"):
        nats_input("nats://h/ais?durable=me")


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CABLEWATCH_KAFKA_USER", "me")
    monkeypatch.setenv("CABLEWATCH_KAFKA_PASSWORD", 'a"b\\')
    yield


@pytest.mark.usefixtures("login")
def test_options_of_kafka() -> None:
    said = kafka_input("kafkas://h:1/ais?sasl=PLAIN&format=ais-catcher").options()
    assert said["kafka.bootstrap.servers"] == "h:1"
    assert said["subscribe"] == "ais"
    assert said["kafka.security.protocol"] == "SASL_SSL"
    assert said["kafka.sasl.mechanism"] == "PLAIN"
    assert said["kafka.sasl.jaas.config"] == (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        'username="me" password="a\\"b\\\\";'
    )


def test_without_a_user_kafka_is_asked_plainly() -> None:
    said = kafka_input("kafka://h/ais").options()
    assert said["kafka.security.protocol"] == "PLAINTEXT"
    assert not any("sasl" in name for name in said)
    with pytest.raises(UsageError, match="'group' is unknown"):
        kafka_input("kafka://h/ais?group=me")


def test_messages_of_kafka_are_of_their_partition() -> None:
    source = kafka_input("kafka://h/ais?name=hub")
    rows = list(source.rows([(3, 17, 1000, LINE), (4, 5, 2000, None)]))
    assert [row[:3] for row in rows] == [(3, 1000, 17), (4, 2000, 5)]
    [entry] = unpacked(rows[0][-1])
    assert entry == Entry("hub", "nmea", LINE, 1000, "3")
