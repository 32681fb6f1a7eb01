"""A replay into objects: the files and answers of one into a folder, byte for byte."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cablewatch.cables.model import load_cables
from cablewatch.objects import ObjectPath
from cablewatch.places import Place, object_path
from cablewatch.service import create_app
from cablewatch.service.settings import Settings
from cablewatch.stores import compaction, leases, tracks
from cablewatch.stores.days import forget
from cablewatch.stores.folder import StoreWriter
from cablewatch.usecases.replay import replay
from tests.dossier.scenes import MMSI, drifter
from tests.investigation.scenes import cables
from tests.objects.conftest import listing

Counter = Callable[[Callable[[], Any]], list[str]]
BLOCK = "/api/v1/replays/blocks/2024-03-02T01:00:00Z"
TRACK = f"/api/v1/vessels/{MMSI}/track"
WINDOW = "datetime=2024-03-02T00:00:00Z/2024-03-02T04:00:00Z"
ANSWERS = (
    "/api/v1/alerts",
    "/api/v1/cables",
    "/api/v1/cables/north/crossings",
    f"/api/v1/cables/north/crossings?ranked=true&{WINDOW}",
    "/api/v1/cables/north",
    f"/api/v1/vessels/{MMSI}",
    "/api/v1/vessels?q=2190",
    TRACK,
    f"{TRACK}?f=csv&from=2024-03-02T01:00:00Z&to=2024-03-02T02:00:00Z",
    "/api/v1/replays",
    BLOCK,
    f"{BLOCK}?f=arrow&before=true",
    f"{BLOCK}?bbox=17,55,19,57",
    "/ogc/collections/crossings/items",
    f"/ogc/collections/tracks/items?{WINDOW}",
    f"/ogc/collections/tracks/items?{WINDOW}&bbox=17.9,55,18.1,57",
)

UNMOVED = [path for path in ANSWERS if path != "/api/v1/replays"]  # which tells a version


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "PART_ROWS", 12)
    monkeypatch.setattr(compaction, "FILE_ROWS", 100)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return drifter(tmp_path)


def routes(folder: Path) -> Any:
    return load_cables(cables(folder, {"north": [(18.0, 55.5), (18.0, 56.5)]}, off_m=1000))


def stored(place: Place, archive: Path, database: Path) -> None:
    """Replay into a store whose alerts are in a database beside it."""
    writer = StoreWriter.of_archives(place, [archive], f"sqlite:///{database}")
    replay([archive], routes(archive.parent), store=writer)


def content(place: Place) -> dict[str, bytes]:
    """All files; ``run.json`` without the moments at which it ran."""
    found = listing(place)
    found["run.json"] = re.sub(rb'"(begun|ended)": ".*?"', b"", found["run.json"])
    return found


def client(place: Place, database: Path) -> TestClient:
    settings = Settings(database_url=f"sqlite:///{database}")
    return TestClient(create_app(place, settings=settings))


@pytest.fixture
def both(place: ObjectPath, tmp_path: Path, archive: Path) -> Iterator[tuple[TestClient, ...]]:
    """Clients of the same replay in objects and in a folder."""
    for where, name in ((place, "a"), (tmp_path / "store", "b")):
        stored(where, archive, tmp_path / name)
    with client(place, tmp_path / "a") as one, client(tmp_path / "store", tmp_path / "b") as other:
        yield one, other


def timeless(answer: Any) -> bytes:
    """What was said, without the moment at which it was."""
    return re.sub(rb'"timeStamp":".*?"', b"", answer.content)


def difference(both: tuple[TestClient, ...], path: str) -> str | None:
    """In what two answers to a question are not the same, and complete."""
    one, other = (client.get(path) for client in both)
    if (one.status_code, other.status_code) != (200, 200):
        return f"{path}: {one.status_code} {other.status_code} {one.text[:300]}"
    if timeless(one) != timeless(other):
        return f"{path}: {one.text[:300]} | {other.text[:300]}"
    tag = one.headers.get("ETag")
    if tag != other.headers.get("ETag"):
        return f"{path}: the tags differ"
    again = None if tag is None else both[0].get(path, headers={"If-None-Match": tag})
    return None if again is None or again.status_code == 304 else f"{path}: no 304"


def test_a_replay_into_objects_writes_and_answers_the_same(
    both: tuple[TestClient, ...], place: ObjectPath, tmp_path: Path, archive: Path
) -> None:
    files = content(tmp_path / "store")
    assert content(place) == files
    kinds = {name.rpartition("/")[2].partition("-")[0] for name in files}
    assert {"ships", "blocks", "compacted.json", "crossings.parquet", "cables.geojson"} <= kinds
    assert "part" not in kinds
    assert [wrong for path in ANSWERS if (wrong := difference(both, path))] == []
    assert both[0].get("/ready").status_code == 200
    assert both[0].get(BLOCK).headers["Cache-Control"].endswith("immutable")
    size = sum(len(data) for data in listing(place).values())
    assert f"cablewatch_store_bytes {float(size)}" in both[0].get("/metrics").text
    stored(place, archive, tmp_path / "a")  # again: nothing is added
    assert content(place) == files


DAYS, DAY = "GET ", "GET /tracks/day%3D2024-03-02"  # a listing names what it lists in its query
RUN, LISTED = "GET /run.json", [DAYS, DAYS, f"{DAY}/compacted.json"]


def test_requests_of_an_answer_are_few(
    s3: ObjectPath, tmp_path: Path, archive: Path, counted: Counter
) -> None:
    stored(s3, archive, tmp_path / "a")
    for day in range(1, 20):  # which are not looked into
        (s3 / "tracks" / f"day=2024-02-{day:02}" / "part-000000-000000-0.parquet").write_bytes(b"")
    (block,) = (name for name in listing(s3) if "blocks-000000" in name)
    (track,) = (name for name in listing(s3) if "ships-" in name)
    block, track = (f"{DAY}/{name.rpartition('/')[2]}" for name in (block, track))
    with client(s3, tmp_path / "a") as one:

        def sent(path: str) -> list[str]:
            return counted(lambda: one.get(path).raise_for_status())

        assert sent(BLOCK) == [RUN, RUN, *LISTED, block, block]
        assert sent(BLOCK) == [RUN, RUN, block, block]
        tag = one.get(BLOCK).headers["ETag"]
        assert counted(lambda: one.get(BLOCK, headers={"If-None-Match": tag})) == [RUN, RUN]
        span = "from=2024-03-02T00:00:00Z"
        assert sent(f"{TRACK}?{span}") == [RUN, track, track, RUN]
        forget()
        assert sent(f"{TRACK}?{span}") == [RUN, *LISTED, track, track, RUN]


KILLED = """
import os, sys
from pathlib import Path
from cablewatch.stores import compaction, tracks
from cablewatch.objects import ObjectPath
from cablewatch.places import object_path
from tests.objects.test_store import stored
tracks.PART_ROWS, compaction.FILE_ROWS = 12, 100
url, archive, database, last = sys.argv[1:]
write = ObjectPath.write_bytes

def killed(path, data):
    write(path, data)
    if path.name.startswith(last):
        os.kill(os.getpid(), 9)

ObjectPath.write_bytes = killed
stored(object_path(url), Path(archive), Path(database))
"""


@pytest.mark.parametrize(
    "last",
    [
        "compacted",
        *(
            pytest.param(k, marks=pytest.mark.soak)
            for k in ("part-02", "blocks-", "vessel_changes")
        ),
    ],
)
def test_a_killed_replay_that_is_run_again_leaves_the_same_store(
    s3: ObjectPath, tmp_path: Path, archive: Path, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [s3.url, str(archive), str(tmp_path / "a"), last]
    killed = subprocess.run([sys.executable, "-c", KILLED, *said], env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    with client(s3, tmp_path / "a") as one:
        assert one.get("/api/v1/run").json()["complete"] is False
    monkeypatch.setattr(leases, "_lives", lambda other, mine: False)  # the minute has passed
    stored(s3, archive, tmp_path / "a")
    stored(tmp_path / "store", archive, tmp_path / "b")
    assert content(s3) == content(tmp_path / "store")


def test_a_job_that_compacts_is_of_another_process(
    s3: ObjectPath, tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that knows the files of before answers the same, from fewer."""
    monkeypatch.setattr("cablewatch.stores.folder.FEW_PARTS", 1000)
    stored(s3, archive, tmp_path / "a")
    with client(s3, tmp_path / "a") as one:
        said = [timeless(one.get(path)) for path in UNMOVED]
        call = [sys.executable, "-m", "cablewatch", "compact", s3.url]
        done = subprocess.run(call, env=os.environ, check=True, capture_output=True, text=True)
        assert done.stdout == "compacted day=2024-03-02\n"
        left = [name.rpartition("/")[2] for name in listing(s3) if "day=" in name]
        assert {name.partition("-")[0] for name in left} == {"ships", "blocks", "compacted.json"}
        assert [timeless(one.get(path)) for path in UNMOVED] == said
    again = subprocess.run(call, env=os.environ, check=True, capture_output=True, text=True)
    assert (again.stdout, again.stderr.count("nothing to compact")) == ("", 1)


def test_a_server_that_goes_away_is_a_problem_and_no_crash(
    s3: ObjectPath, tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    stored(s3, archive, tmp_path / "a")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    s3fs.S3FileSystem.clear_instance_cache()
    with client(object_path(s3.url), tmp_path / "a") as one:
        assert one.get("/health").status_code == 200
        for path in (BLOCK, TRACK, "/api/v1/run"):
            said = one.get(path)
            assert said.status_code == 503
            assert "127.0.0.1" not in said.text


def test_a_state_may_be_an_object(archive: Path, place: ObjectPath) -> None:
    """The next replay goes on from it, and has nothing left to read."""
    first, again = (replay([archive], routes(archive.parent), state=place) for _ in range(2))
    assert (first.read_before, again.read_before) == (0, 1)
    assert (again.fixes, again.counts) == (0, first.counts)
    assert "replay.snapshot" in listing(place)
