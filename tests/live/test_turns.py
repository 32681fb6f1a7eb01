"""A standby takes over when the active watch is killed: nothing lost, nothing twice."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cablewatch.cables.model import collection_text
from cablewatch.errors import StoreError, UsageError
from cablewatch.scenario.scenes import make_scene
from cablewatch.stores.alerts import AlertReader
from cablewatch.stores.folder import StoreWriter
from cablewatch.stores.places import held
from cablewatch.stores.turns import Turn
from cablewatch.usecases.replay import replay
from tests.patience import until

from .stored import content
from .test_kills import CHILD, LATENESS_MS

TURNS = """FROM pg_locks WHERE locktype = 'advisory' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


class Watch:
    """A watch in a process of its own, and what it says."""

    def __init__(self, arguments: list[str]) -> None:
        call = [sys.executable, str(CHILD), *arguments]
        self.process = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                if line.endswith("\n"):  # else it was cut as it was said
                    self.lines.append(line.strip())

    def until(self, *words: str) -> None:
        """Come back once it said one of them, or has ended."""
        while not set(words) & set(self.lines) and self.process.poll() is None:
            time.sleep(0.01)

    def end(self) -> list[str]:
        """What it said until it ended."""
        self.process.wait()
        self.reader.join()
        return self.lines


def taken_over(folder: Path, database: str, kills: int, seed: int) -> list[float]:
    """Kill the active watch, up to so often; how long each time until another was at work, s."""
    made, chance = make_scene("anchor-drag", 1), random.Random(seed)
    log, cables, store = folder / "scene.nmea", folder / "cables.geojson", folder / "live"
    made.write(log)
    cables.write_text(collection_text(tuple(made.cables)), encoding="utf-8")
    once = StoreWriter(folder / "replayed", "scene", "made up")
    replay([log], made.cables, store=once, lateness_ms=LATENESS_MS)
    arguments = [str(log), str(cables), str(store), database]
    active, gaps, said = Watch(arguments), [], []
    active.until("ready")
    while len(gaps) < kills and "done" not in active.lines:
        standby = Watch(arguments)
        standby.until("waits", "ready")
        time.sleep(chance.uniform(0.0, 0.4))
        begun_s, works = time.monotonic(), active.process.poll() is None
        active.process.kill()
        said += active.end()
        standby.until("ready")
        if works:
            gaps.append(time.monotonic() - begun_s)
        active = standby
    said += active.end()
    assert "done" in said
    reader = AlertReader(database)
    ids = sorted(alert.id for alert in reader.latest(limit=1000).alerts)
    stored = [(k, version.hash) for k in ids for version in reader.history(k)]
    told = {tuple(line.split()) for line in said} - {("ready",), ("waits",), ("done",)}
    assert told
    assert told <= set(stored)
    assert len(stored) == len(set(stored))
    assert content(database) == content(folder / "replayed")
    return gaps


def test_a_standby_takes_over_and_loses_and_doubles_nothing(
    tmp_path: Path, empty_postgres: str
) -> None:
    assert 1 <= len(taken_over(tmp_path, empty_postgres, 3, 5)) <= 3


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(25))  # some fifty in all: a scene may end first
def test_takeovers_again_and_again_lose_and_double_nothing(
    tmp_path: Path, empty_postgres: str, seed: int
) -> None:
    gaps = taken_over(tmp_path, empty_postgres, 5, seed)
    print(f"gaps {' '.join(f'{gap:.1f}' for gap in gaps)} s")
    assert gaps


@pytest.fixture
def two(tmp_path: Path, empty_postgres: str) -> tuple[Turn, Turn]:
    """Of the same sources; the first has the turn."""
    first, second = Turn(empty_postgres, "a"), Turn(empty_postgres, "a")
    first.wait(tmp_path, lambda: None)
    return first, second


@pytest.fixture
def asked(empty_postgres: str) -> Iterator[Callable[[str], Any]]:
    """Ask the database something."""
    engine = sa.create_engine(
        empty_postgres, poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as db:
        yield lambda query: db.exec_driver_sql(query).scalar()


class Standby(threading.Thread):
    """Waits for a turn."""

    def __init__(self, turn: Turn, folder: Path) -> None:
        super().__init__()
        self._turn, self._folder, self._waits = turn, folder, threading.Event()

    def run(self) -> None:
        """Come to an end with the turn, and let go of it."""
        self._turn.wait(self._folder, self._waits.set)
        with self._turn.kept(lambda: None):
            pass

    def begin(self) -> None:
        """Come back once it waits."""
        self.start()
        assert self._waits.wait(60)
        assert self.is_alive()

    def ended(self) -> bool:
        """Whether it had the turn, by and by."""
        self.join(timeout=60)
        return not self.is_alive()


def test_one_has_the_turn_until_its_session_ends(
    tmp_path: Path, empty_postgres: str, two: tuple[Turn, Turn]
) -> None:
    first, second = two
    other = Turn(empty_postgres, "b")
    other.wait(tmp_path, lambda: pytest.fail("of other sources"))
    standby = Standby(second, tmp_path)
    with other.kept(lambda: None):
        with first.kept(lambda: None):
            standby.begin()
        assert standby.ended()


def test_the_turn_waits_for_the_folder_too(tmp_path: Path, empty_postgres: str) -> None:
    standby = Standby(Turn(empty_postgres, "a"), tmp_path)
    with held(tmp_path):
        standby.begin()
        time.sleep(1.0)
        assert standby.is_alive()
    assert standby.ended()


def test_who_lost_its_session_ends_where_another_has_the_turn(
    tmp_path: Path, two: tuple[Turn, Turn], asked: Callable[[str], Any]
) -> None:
    """Sessions are ended by the server, as by a restart; the other is quicker."""
    first, second = two
    lost = threading.Event()
    asked(f"SELECT pg_terminate_backend(pid) {TURNS}")
    second.wait(tmp_path, lambda: None)
    with first.kept(lost.set):
        assert lost.wait(60)
    with second.kept(lambda: None):
        pass


def test_who_lost_its_session_goes_on_where_nobody_took_over(
    tmp_path: Path, two: tuple[Turn, Turn], asked: Callable[[str], Any]
) -> None:
    first, second = two
    lost, standby = threading.Event(), Standby(second, tmp_path)
    with first.kept(lost.set):
        before = asked(f"SELECT pid {TURNS}")
        asked(f"SELECT pg_terminate_backend({before})")
        until(lambda: asked(f"SELECT pid {TURNS}") not in (None, before), "another session")
        standby.begin()
        assert not lost.is_set()
    assert standby.ended()


def test_who_stands_by_waits_for_a_database_that_went_away(
    tmp_path: Path, two: tuple[Turn, Turn], asked: Callable[[str], Any]
) -> None:
    first, second = two
    standby = Standby(second, tmp_path)
    others = "FROM pg_stat_activity WHERE datname = current_database()"
    with first.kept(lambda: None):
        standby.begin()
        waits = f"{others} AND pid NOT IN (pg_backend_pid(), (SELECT pid {TURNS}))"
        assert asked(f"SELECT count(pg_terminate_backend(pid)) {waits}") == 1
        time.sleep(1.5)
        assert standby.is_alive()
    assert standby.ended()


@pytest.mark.parametrize("url", [None, "sqlite:///alerts.sqlite"])
def test_without_postgresql_there_is_no_turn(url: str | None) -> None:
    with pytest.raises(UsageError, match="takes turns by a PostgreSQL database"):
        Turn(url, "a")


def test_a_database_that_is_away_is_an_error(tmp_path: Path) -> None:
    turn = Turn("postgresql+psycopg://postgres@127.0.0.1:1/x", "a")
    with pytest.raises(StoreError, match="check that the server runs"):
        turn.wait(tmp_path, lambda: None)
