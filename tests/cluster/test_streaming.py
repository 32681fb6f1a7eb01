"""A stream on Spark says what one process says: of files, of NATS, and when it was killed."""

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import nats
import pytest

from cablewatch.archives.recording import Entry
from cablewatch.scenario import make_scenario
from tests.cluster.streams import canonical, replayed, versions
from tests.feeds.servers import PATIENCE_S, Broker, free_port

SPARK = importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None
soak = pytest.mark.soak
needs_spark = pytest.mark.skipif(not SPARK, reason="PySpark or Java is not installed")
END_S = 1200.0
PROGRAM = """
from cablewatch.cluster import folder_input, nats_input
folder_input.FILES, nats_input.MESSAGES, nats_input.PART = 1, 900, 500
from cablewatch.cli import main
main()
"""  # several micro-batches


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return b"".join(make_scenario(seed=3, background=3).nmea()).splitlines(keepends=True)


@pytest.fixture(scope="module")
def recordings(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four recordings, one behind the other."""
    folder = tmp_path_factory.mktemp("recordings")
    cuts = [len(lines) * k // 11 for k in (0, 3, 6, 10, 11)]
    for k, (first, last) in enumerate(pairwise(cuts)):
        said = [Entry("pier", "nmea", line).packed() for line in lines[first:last]]
        (folder / f"{k}.received").write_bytes(b"".join(said))
    return folder


@pytest.fixture(scope="module")
def whole(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Hash of what one process says."""
    return replayed([recordings], tmp_path_factory.mktemp("whole") / "store")


def call(source: object, folder: Path, *options: str) -> list[str]:
    places = ["--store", str(folder / "store"), "--checkpoint", str(folder / "checkpoint")]
    return [sys.executable, "-c", PROGRAM, "stream", str(source), *places, *options]


def run(source: object, folder: Path, *options: str, master: str = "local[1]") -> str:
    """A stream to the end of what is there; what it says."""
    words = call(source, folder, "--once", "--master", master, *options)
    done = subprocess.run(words, capture_output=True, text=True, timeout=END_S)
    assert done.returncode == 0, done.stderr
    return done.stderr


class Running:
    """A stream with all its processes, which end together."""

    def __init__(self, source: object, folder: Path, *options: str) -> None:
        words = call(source, folder, "--master", "local[1]", *options)
        self._log = (folder / "log").open("ab")
        self.process = subprocess.Popen(
            words, stdout=self._log, stderr=self._log, start_new_session=True
        )

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.kill()

    def until(self, true: Callable[[], bool]) -> None:
        end_s = time.monotonic() + END_S
        while not true():
            assert self.process.poll() is None, Path(self._log.name).read_text()[-3000:]
            assert time.monotonic() < end_s
            time.sleep(0.02)

    def kill(self) -> None:
        """End the driver and all that it began, at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        self._log.close()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(END_S)
        self._log.close()
        return code


def count(folder: Path, name: str) -> int:
    """How many micro-batches the log of a checkpoint holds."""
    there = (folder / "checkpoint" / name).glob("[0-9]*")
    return sum(path.name.isdigit() for path in there)


@needs_spark
@soak
def test_recordings_say_what_one_process_says(recordings: Path, whole: str, tmp_path: Path) -> None:
    """In three shards; run again, nothing is added."""
    run(recordings, tmp_path, "--workers", "3", master="local[2]")
    assert canonical(tmp_path / "store") == whole
    assert count(tmp_path, "commits") == 4
    run(recordings, tmp_path)
    assert canonical(tmp_path / "store") == whole
    assert count(tmp_path, "commits") == 4


@needs_spark
@soak
@pytest.mark.parametrize("offsets", [1, 2, 3])
@pytest.mark.parametrize("within", ["begun", "taken"])
def test_a_killed_driver_loses_and_doubles_nothing(
    recordings: Path, whole: str, tmp_path: Path, offsets: int, within: str
) -> None:
    """Killed as a micro-batch begins, and as the driver has taken it and Spark does not know."""
    with Running(recordings, tmp_path) as running:
        running.until(lambda: count(tmp_path, "offsets") >= offsets)
        if within == "taken":
            snapshot = tmp_path / "store/stream.snapshot"
            before = snapshot.stat().st_mtime_ns
            running.until(lambda: snapshot.stat().st_mtime_ns != before)
    assert count(tmp_path, "commits") < offsets
    run(recordings, tmp_path)
    assert canonical(tmp_path / "store") == whole


@needs_spark
@soak
def test_files_are_taken_as_they_appear(recordings: Path, whole: str, tmp_path: Path) -> None:
    """What is being written is left alone until it has its name."""
    folder = tmp_path / "growing"
    folder.mkdir()
    paths = sorted(recordings.iterdir())
    (folder / f"{paths[1].name}.tmp").write_bytes(paths[1].read_bytes()[:1000])
    shutil.copy(paths[0], folder)
    with Running(folder, tmp_path) as running:
        running.until(lambda: count(tmp_path, "commits") == 1)
        for n, path in enumerate(paths[1:], 2):
            shutil.copy(path, folder / f"{path.name}.tmp")
            (folder / f"{path.name}.tmp").rename(folder / path.name)
            running.until(lambda n=n: count(tmp_path, "commits") == n)  # type: ignore[misc]
        assert running.stop() == 0
    assert canonical(tmp_path / "store") == whole


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    port = free_port()
    arguments = ["-js", "-a", "127.0.0.1", "-p", str(port), "-sd", str(tmp_path / "js")]
    one = Broker("nats-server", arguments, port, tmp_path)
    yield one.start()
    one.stop()


def publish(broker: Broker, messages: Sequence[bytes]) -> None:
    """Have a stream keep messages, and one of another subject behind each tenth."""

    async def main() -> None:
        client = await nats.connect(f"nats://127.0.0.1:{broker.port}", connect_timeout=60)
        stream = client.jetstream(timeout=PATIENCE_S)
        await stream.add_stream(name="AIS", subjects=["ais.>"])
        for k, message in enumerate(messages):
            await stream.publish("ais.pier", message)
            if k % 10 == 0:
                await stream.publish("ais.other", b"!AIVDM,1,1,,A,nothing,0*00")
        await client.close()

    asyncio.run(main())


@needs_spark
@soak
def test_messages_of_nats_say_what_one_process_says(
    lines: list[bytes], whole: str, broker: Broker, tmp_path: Path
) -> None:
    """Killed midway, when half of them is there."""
    messages = [b"".join(lines[k : k + 12]) for k in range(0, len(lines), 12)]
    publish(broker, messages[: len(messages) // 2])
    source = f"nats://127.0.0.1:{broker.port}/ais.pier"
    with Running(source, tmp_path) as running:
        running.until(lambda: count(tmp_path, "offsets") == 2)
    publish(broker, messages[len(messages) // 2 :])
    run(source, tmp_path)
    assert canonical(tmp_path / "store") == whole
    assert count(tmp_path, "commits") >= 3


@needs_spark
@soak
def test_another_checkpoint_is_refused(recordings: Path, tmp_path: Path) -> None:
    one = tmp_path / "one"
    one.mkdir()
    shutil.copy(recordings / "0.received", one)
    run(one, tmp_path)
    before = versions(tmp_path / "store")
    shutil.rmtree(tmp_path / "checkpoint")
    words = call(one, tmp_path, "--once", "--master", "local[1]")
    done = subprocess.run(words, capture_output=True, text=True, timeout=END_S)
    assert done.returncode == 2
    assert "of another checkpoint than this one" in done.stderr.splitlines()[-1]
    assert versions(tmp_path / "store") == before


@needs_spark
@soak
def test_without_its_jar_kafka_is_refused_in_one_line(tmp_path: Path) -> None:
    words = call("kafka://127.0.0.1:9/ais", tmp_path, "--once", "--master", "local[1]")
    done = subprocess.run(words, capture_output=True, text=True, timeout=END_S)
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert "this Spark has no source of Kafka; set spark.jars.packages" in last
