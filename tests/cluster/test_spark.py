"""Spark says what one process says: on one core, on several, on workers of their own, and cut."""

import importlib.util
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest

from cablewatch.cluster.session import _line, session, setting
from cablewatch.cluster.spark import in_turn, mapped
from cablewatch.scenario import make_scenario

SPARK = importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None
needs_spark = pytest.mark.skipif(not SPARK, reason="PySpark or Java is not installed")
TWO_WORKERS = "local-cluster[2,1,1024]"
BACKEND = b"CoarseGrainedExecutorBackend"


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two archives, one after the other."""
    folder = tmp_path_factory.mktemp("days")
    lines = b"".join(make_scenario(seed=3, background=12).nmea()).splitlines(keepends=True)
    half = len(lines) // 2
    paths = [folder / "1.nmea", folder / "2.nmea"]
    for path, part in zip(paths, (lines[:half], lines[half:]), strict=True):
        path.write_bytes(b"".join(part))
    return paths


def call(paths: Sequence[Path], out: Path, *options: str) -> list[str]:
    words = ["replay", *map(str, paths), "--out", str(out), *options]
    return [sys.executable, "-m", "cablewatch", *words]


def replayed(paths: Sequence[Path], out: Path, *options: str) -> str:
    """What a replay writes: all of its alerts."""
    done = subprocess.run(call(paths, out, *options), capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    return out.read_text()


@pytest.fixture(scope="module")
def whole(days: list[Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    said = replayed(days, tmp_path_factory.mktemp("whole") / "alerts.jsonl")
    assert said.count("\n") >= 1
    return said


@needs_spark
def test_two_tasks_at_once_say_what_one_process_says(
    days: list[Path], whole: str, tmp_path: Path
) -> None:
    options = ("--engine", "spark", "--master", "local[2]")
    assert replayed(days, tmp_path / "alerts.jsonl", *options) == whole


@needs_spark
def test_a_killed_java_is_told_in_one_line(days: list[Path], tmp_path: Path) -> None:
    """As it ends where its memory is full, and a replay is not to wait for it."""
    options = ("--engine", "spark", "--master", "local[2]")
    call_ = call(days, tmp_path / "alerts.jsonl", *options)
    process = subprocess.Popen(call_, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        java = [pid for pid, tree in running(process.pid) if b"java" in tree[0][:64]]
        if java and any(b"pyspark.worker" in t for _, tree in running(process.pid) for t in tree):
            os.kill(java[0], signal.SIGKILL)
            break
        time.sleep(0.2)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert "Spark gave up (Java ended)" in said.splitlines()[-1]
    assert "Traceback" not in said


@needs_spark
@pytest.mark.soak
@pytest.mark.parametrize(
    "options",
    [
        ("--workers", "2"),
        ("--engine", "spark", "--master", "local[1]"),
        ("--engine", "spark", "--master", "local[2]", "--workers", "7"),
        ("--engine", "spark", "--master", TWO_WORKERS),
    ],
    ids=" ".join,
)
def test_any_engine_says_the_same(
    days: list[Path], whole: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert replayed(days, tmp_path / "alerts.jsonl", *options) == whole


@needs_spark
@pytest.mark.soak
@pytest.mark.parametrize("master", ["local[2]", TWO_WORKERS])
def test_places_are_learned_alike(days: list[Path], tmp_path: Path, master: str) -> None:
    said = []
    for name, options in (("here", ()), ("spark", ("--engine", "spark", "--master", master))):
        out = tmp_path / f"{name}.geojson"
        words = ["context", "build", *map(str, days), "--out", str(out), *options]
        subprocess.run([sys.executable, "-m", "cablewatch", *words], check=True, timeout=1800)
        said.append(out.read_text())
    assert json.loads(said[0])["features"]
    assert said[0] == said[1]


@needs_spark
@pytest.mark.soak
def test_a_killed_executor_changes_nothing(days: list[Path], whole: str, tmp_path: Path) -> None:
    """The first one that has work ends; Spark starts another, and runs lost tasks again."""
    out = tmp_path / "alerts.jsonl"
    options = ("--engine", "spark", "--master", TWO_WORKERS)
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(call(days, out, *options), stderr=said, stdout=said)
    seen: set[int] = set()
    killed = None
    while process.poll() is None:
        executors = {pid: tree for pid, tree in running(process.pid) if BACKEND in tree[0]}
        seen |= executors.keys()
        at_work = [pid for pid, tree in executors.items() if any(b"pyspark" in t for t in tree[1:])]
        if killed is None and at_work:
            time.sleep(1.0)
            killed = at_work[0]
            os.kill(killed, signal.SIGKILL)
        time.sleep(0.2)
    assert process.returncode == 0, (tmp_path / "said").read_text()
    assert killed is not None
    assert len(seen) > 2
    assert out.read_text() == whole


@needs_spark
@pytest.mark.soak
def test_a_killed_driver_loses_and_doubles_nothing(days: list[Path], tmp_path: Path) -> None:
    """Days one by one, each killed once as it is stored, leave the versions of one process."""
    expected, store = tmp_path / "expected", tmp_path / "store"
    for n in (1, 2):
        options = ("--store", str(expected), "--state", str(tmp_path / "s"))
        replayed(days[:n], tmp_path / "all.jsonl", *options)
    spark = ("--engine", "spark", "--master", "local[2]", "--store", str(store))
    for n in (1, 2):
        options = (*spark, "--state", str(tmp_path / "state"))
        cut = subprocess.Popen(call(days[:n], tmp_path / "cut.jsonl", *options))
        before = len(versions(store))
        while cut.poll() is None and len(versions(store)) == before:
            time.sleep(0.05)
        assert cut.poll() is None, "the replay ended before it was killed"
        for pid in [cut.pid, *(pid for pid, _ in running(cut.pid))]:
            with suppress(ProcessLookupError):  # it ends with its parent
                os.kill(pid, signal.SIGKILL)
        cut.wait()
        replayed(days[:n], tmp_path / "again.jsonl", *options)
    assert versions(store) == versions(expected)


def versions(store: Path) -> list[tuple[str, str]]:
    """Every version of every alert, without the input that it names."""
    said = []
    if not (store / "alerts.sqlite").exists():
        return said
    with sqlite3.connect(store / "alerts.sqlite") as db:
        tables = "select name from sqlite_master where name = 'alert_history'"
        rows = "select alert_id, record from alert_history"
        for name, text in db.execute(rows) if db.execute(tables).fetchall() else ():
            record = json.loads(text)
            del record["source"]
            said.append((name, json.dumps(record, sort_keys=True)))
    return sorted(said)


def running(parent: int) -> Iterator[tuple[int, list[bytes]]]:
    """Processes below one: each with its command, and those of the ones below it."""
    commands: dict[int, bytes] = {}
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            commands[int(folder.name)] = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        children.setdefault(int(stat[1]), []).append(int(folder.name))

    def below(pid: int) -> list[int]:
        return [p for child in children.get(pid, []) for p in (child, *below(child))]

    for pid in below(parent):
        if pid in commands:
            yield pid, [commands[p] for p in (pid, *below(pid)) if p in commands]


def refused(days: list[Path], program: str, java: Path) -> str:
    """The one line of a replay that cannot begin."""
    done = subprocess.run(
        [sys.executable, "-c", program, "replay", str(days[0]), "--engine", "spark"],
        capture_output=True,
        text=True,
        env={**os.environ, "JAVA_HOME": str(java)},
        timeout=300,
    )
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_without_java_one_line_says_what_to_install(days: list[Path], tmp_path: Path) -> None:
    said = refused(days, "from cablewatch.cli import main; main()", tmp_path)
    assert "there is no Java; install Java 17 or newer" in said
    assert said.count("\n") == 1


def test_without_pyspark_one_line_says_what_to_install(days: list[Path], tmp_path: Path) -> None:
    java = tmp_path / "bin/java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\n")
    java.chmod(0o755)
    program = "import sys; sys.modules['pyspark'] = None; from cablewatch.cli import main; main()"
    said = refused(days, program, tmp_path)
    assert "PySpark is not installed; pip install 'cablewatch[spark]'" in said
    assert said.count("\n") == 1


@needs_spark
def test_a_master_that_is_none_is_told_in_one_line(days: list[Path], tmp_path: Path) -> None:
    options = ("--engine", "spark", "--master", "bogus")
    call_ = call(days, tmp_path / "alerts.jsonl", *options)
    done = subprocess.run(call_, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert "Spark does not start" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_master_without_spark_is_refused(days: list[Path], tmp_path: Path) -> None:
    done = subprocess.run(
        call(days, tmp_path / "out.jsonl", "--master", "yarn"), capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "--master: is one of Spark; give --engine spark too" in done.stderr


def test_a_task_that_ends_early_leaves_nothing_unread() -> None:
    """Spark starts a new worker in place of one that did not read its input to the end."""
    batches = (pa.record_batch([[n]], ["n"]) for n in range(3))
    run = mapped(lambda rows: [next(rows)], "n int")
    assert [batch.to_pylist() for batch in run(batches)] == [[{"n": 0}]]
    assert next(batches, None) is None


@needs_spark
def test_java_lets_go_of_rows_that_were_taken() -> None:
    """The iterator of a data frame leaves each of its jobs, with their rows, to the scheduler."""
    with session("local[1]") as spark:
        numbers = spark.range(8, numPartitions=4)
        assert sorted(in_turn(numbers)) == [(n,) for n in range(8)]
        scheduler = spark.sparkContext._jsc.sc().dagScheduler()
        jobs = scheduler.getClass().getDeclaredField("activeQueryToJobs")
        jobs.setAccessible(True)
        until_s = time.monotonic() + 10.0
        while jobs.get(scheduler).size() and time.monotonic() < until_s:
            time.sleep(0.1)
        assert jobs.get(scheduler).toString() == "{}"


@pytest.mark.parametrize("before", [{}, {"rows": "10000"}])
def test_a_setting_of_a_session_is_put_back(before: dict[str, str]) -> None:
    """Also when what it was set for fails, or is left before its end."""

    class Settings(dict[str, str]):
        set, unset = dict.__setitem__, dict.pop

    settings = Settings(before)
    with pytest.raises(GeneratorExit), setting(settings, "rows", "4"):
        assert settings == {"rows": "4"}
        raise GeneratorExit
    assert settings == before


def test_of_a_failed_task_the_line_that_names_it_is_told() -> None:
    said = """An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "tasks.py", line 80, in read
ModuleNotFoundError: No module named 'cablewatch'
    at org.apache.spark.api.python.BasePythonRunner
"""
    assert _line(RuntimeError(said)) == "ModuleNotFoundError: No module named 'cablewatch'"
    assert _line(RuntimeError("stopped")) == "stopped"
    assert _line(RuntimeError()) == "RuntimeError"
