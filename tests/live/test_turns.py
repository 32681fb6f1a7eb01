"""A standby takes over when the active watch is killed: nothing lost, nothing twice."""

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

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


def test_one_has_the_turn_until_its_session_ends(tmp_path: Path, empty_postgres: str) -> None:
    first, second, other = (Turn(empty_postgres, name) for name in ("a", "a", "b"))
    waited: list[str] = []
    first.wait(tmp_path, lambda: waited.append("first"))
    other.wait(tmp_path, lambda: waited.append("other"))
    after = threading.Thread(target=second.wait, args=(tmp_path, lambda: waited.append("second")))
    with other.kept(lambda: None):
        with first.kept(lambda: None):
            after.start()
            while not waited:
                time.sleep(0.01)
            assert after.is_alive()
        after.join(timeout=60)
    assert waited == ["second"]
    with second.kept(lambda: None):
        pass


def test_the_turn_waits_for_the_folder_too(tmp_path: Path, empty_postgres: str) -> None:
    turn = Turn(empty_postgres, "a")
    with held(tmp_path):
        waiting = threading.Thread(target=turn.wait, args=(tmp_path, lambda: None))
        waiting.start()
        time.sleep(1.0)
        assert waiting.is_alive()
    waiting.join(timeout=60)
    assert not waiting.is_alive()
    with turn.kept(lambda: None):
        pass


def test_who_lost_its_session_ends_where_another_has_the_turn(
    tmp_path: Path, empty_postgres: str
) -> None:
    """Sessions are ended by the server, as by a restart; the other is quicker."""
    first, second = Turn(empty_postgres, "a"), Turn(empty_postgres, "a")
    lost = threading.Event()
    first.wait(tmp_path, lambda: None)
    engine = sa.create_engine(empty_postgres, poolclass=sa.pool.NullPool)
    with engine.connect() as db:
        db.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {TURNS}")
    second.wait(tmp_path, lambda: None)
    with first.kept(lost.set):
        assert lost.wait(60)
    with second.kept(lambda: None):
        pass


def test_who_lost_its_session_goes_on_where_nobody_took_over(
    tmp_path: Path, empty_postgres: str
) -> None:
    first, second = Turn(empty_postgres, "a"), Turn(empty_postgres, "a")
    lost = threading.Event()
    waited: list[str] = []
    first.wait(tmp_path, lambda: None)
    engine = sa.create_engine(empty_postgres, poolclass=sa.pool.NullPool)
    with first.kept(lost.set), engine.connect() as db:
        before = db.exec_driver_sql(f"SELECT pid {TURNS}").scalar()
        db.exec_driver_sql(f"SELECT pg_terminate_backend({before})")
        while db.exec_driver_sql(f"SELECT pid {TURNS}").scalar() in (None, before):
            time.sleep(0.05)
        after = threading.Thread(target=second.wait, args=(tmp_path, lambda: waited.append("x")))
        after.start()
        while not waited:
            assert not lost.is_set() and after.is_alive()
            time.sleep(0.01)
    after.join(timeout=60)
    with second.kept(lambda: None):
        pass


def test_who_stands_by_waits_for_a_database_that_went_away(
    tmp_path: Path, empty_postgres: str
) -> None:
    first, second = Turn(empty_postgres, "a"), Turn(empty_postgres, "a")
    waited: list[str] = []
    first.wait(tmp_path, lambda: None)
    after = threading.Thread(target=second.wait, args=(tmp_path, lambda: waited.append("x")))
    engine = sa.create_engine(empty_postgres, poolclass=sa.pool.NullPool)
    sessions = "FROM pg_stat_activity WHERE datname = current_database()"
    with first.kept(lambda: None), engine.connect() as db:
        after.start()
        while not waited:
            time.sleep(0.01)
        ended = f"pid NOT IN (pg_backend_pid(), (SELECT pid {TURNS}))"
        db.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {sessions} AND {ended}")
        time.sleep(1.5)
        assert after.is_alive()
    after.join(timeout=60)
    assert not after.is_alive()
    with second.kept(lambda: None):
        pass


@pytest.mark.parametrize("url", [None, "sqlite:///alerts.sqlite"])
def test_without_postgresql_there_is_no_turn(url: str | None) -> None:
    with pytest.raises(UsageError, match="takes turns by a PostgreSQL database"):
        Turn(url, "a")


def test_a_database_that_is_away_is_an_error(tmp_path: Path) -> None:
    turn = Turn("postgresql+psycopg://postgres@127.0.0.1:1/x", "a")
    with pytest.raises(StoreError, match="check that the server runs"):
        turn.wait(tmp_path, lambda: None)
