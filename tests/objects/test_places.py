"""Places: what a store asks of objects, and what becomes of errors."""

import io
import logging
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cablewatch.errors import StoreError, UsageError
from cablewatch.fixes import Fixes
from cablewatch.objects import ObjectPath
from cablewatch.places import object_path, place_of
from cablewatch.stores import compaction, days, leases, tracks
from cablewatch.stores.blocks import block_version, day_blocks, newest_parts, read_last, read_ships
from cablewatch.stores.compaction import compact
from cablewatch.stores.leases import Lease
from cablewatch.stores.places import held, on_disk, remove, stamp, total_bytes, write
from cablewatch.stores.run import Part, Run, write_run
from cablewatch.stores.ship_days import ship_days
from cablewatch.stores.tracks import TrackWriter, read_block, read_track
from cablewatch.units import DAY_MS, HOUR_MS
from tests.commands import run
from tests.objects.conftest import SECRET, listing
from tests.stores.test_compaction import MIDNIGHT_MS, SHIPS, a_day, stations


def columns(fixes: Fixes) -> list[list[Any]]:
    return [np.nan_to_num(column, nan=-1).tolist() for column in fixes.columns()]


def fill(folder: Path | ObjectPath, *batches: Fixes) -> None:
    with TrackWriter(folder, stations()) as writer:
        for batch in batches:
            writer.append(batch)


def test_objects_are_read_written_and_listed(place: ObjectPath) -> None:
    assert list(place.iterdir()) == []
    assert stamp(place / "run.json") is None
    with pytest.raises(FileNotFoundError):
        (place / "run.json").read_bytes()
    write(place / "run.json", lambda path: path.write_text("0123456789"))
    write(place / "tracks" / "a", lambda path: path.write_text(""))
    assert sorted(path.name for path in place.iterdir()) == ["run.json", "tracks"]
    assert (place / "run.json").read_bytes(2, 5) == b"234"
    assert (place / "tracks" / "a").read_bytes() == b""
    assert (place / "tracks" / "a").parent == place / "tracks"
    assert total_bytes(place) == 10
    before = stamp(place / "run.json")
    write(place / "run.json", lambda path: path.write_text("other"))
    assert stamp(place / "run.json") != before
    with (place / "run.json").open() as file:
        assert (file.seek(-2, io.SEEK_END), file.read(9), file.read(1)) == (3, b"er", b"")
    with on_disk(place / "run.json") as path:
        assert path.read_text() == "other"
    for _ in range(2):
        (place / "run.json").unlink()
    assert [path.name for path in place.iterdir()] == ["tracks"]


def test_the_same_files_and_fixes_as_in_a_folder(
    place: ObjectPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracks, "PART_ROWS", 700)
    monkeypatch.setattr(compaction, "FILE_ROWS", 1_500)
    bbox = (12.0, 55.0, 17.0, 57.5)

    def told(folder: Path | ObjectPath) -> list[Any]:
        table = stations()
        day = days.days(folder)[-1]
        return [
            *(columns(read_track(folder, mmsi, stations=table)) for mmsi in SHIPS),
            columns(read_block(folder, MIDNIGHT_MS, MIDNIGHT_MS + HOUR_MS, bbox, stations=table)),
            columns(read_ships(folder, MIDNIGHT_MS + HOUR_MS, before=True)),
            columns(read_last(newest_parts(folder), folder)),
            block_version(folder, MIDNIGHT_MS, MIDNIGHT_MS + DAY_MS),
            [
                (said.day, said.version, said.counts.tolist())
                for said in day_blocks(folder, 0, None)
            ],
            ship_days(day, bbox).inside.tolist(),
        ]

    for fixes in (a_day(), a_day(seed=2, start_ms=MIDNIGHT_MS - 6 * HOUR_MS)):
        for folder in (place, tmp_path):
            fill(folder, fixes)
        assert listing(place) == listing(tmp_path) != {}
        assert told(place) == told(tmp_path)
        assert compact(place) == compact(tmp_path) != []
        assert listing(place) == listing(tmp_path)
        assert told(place) == told(tmp_path)


def test_a_listing_is_kept_while_the_run_is_complete_and_the_same(
    place: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracks, "forget", lambda: None)  # as if another process wrote
    folder = place / "tracks"
    done = Part("t", "a", begun="2024-11-18T00:00:00Z", ended="2024-11-18T01:00:00Z")
    ship = SHIPS[0]
    one, other = (Fixes.from_columns(t_ms=[MIDNIGHT_MS + t], mmsi=[ship], lon_deg=[1.0],
                  lat_deg=[1.0]) for t in (0, 1000))  # fmt: skip
    fill(folder, one)
    write_run(place, Run((done,)))
    assert len(read_track(folder, ship)) == 1
    write_run(place, Run((done, Part("u", "a", begun="2024-11-18T02:00:00Z"))))
    fill(folder, other)
    assert len(read_track(folder, ship)) == 2
    write_run(place, Run((done, done)))
    assert len(read_track(folder, ship)) == 2
    for day in days.days(folder):  # as a compaction of another process does
        for part in day.parts:
            moved = part.path.parent / part.path.name.replace("part-000001", "part-000000")
            moved.write_bytes(part.path.read_bytes())
            if moved != part.path:
                part.path.unlink()
    assert len(read_track(folder, ship)) == 2


def test_one_writes_at_a_time(place: ObjectPath) -> None:
    with held(place):
        with pytest.raises(StoreError, match="another run is writing"), held(place):
            pass
        with held(place / "tracks"):
            pass
        assert len([path for path in place.iterdir() if path.name.endswith(".lock")]) == 1
    assert listing(place) == {}
    with held(place):
        pass


def test_a_killed_run_holds_the_store_until_its_lease_is_over(
    place: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = place / f".writing-{'0' * 32}.lock"
    dead.write_bytes(b"{}")
    with pytest.raises(StoreError, match="cut off a moment ago"), held(place):
        pass
    assert list(listing(place)) == [dead.name]
    monkeypatch.setattr(leases, "LEASE_S", -1.0)  # all others are over
    lease = Lease(place)
    monkeypatch.setattr(lease, "_keep", lambda: None)
    lease.take()
    assert list(listing(place)) == [lease.lock.name]
    lease.end()


def test_who_could_not_renew_writes_nothing_more(
    place: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = Lease(place)
    lease.take()
    try:
        write(place / "a", lambda path: path.write_text("a"))
        monkeypatch.setattr(lease, "_until", 0.0)
        with pytest.raises(StoreError, match="run it again"):
            write(place / "b", lambda path: path.write_text("b"))
    finally:
        lease.end()
    assert list(listing(place)) == ["a"]


def test_who_finds_its_lock_gone_writes_and_removes_nothing_more(
    place: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run took over, while this one stood still and its clock with it."""
    monkeypatch.setattr(leases, "LEASE_S", 1.0)
    (place / "theirs").write_bytes(b"")
    lease = Lease(place)
    lease.take()
    try:
        lease.lock.unlink()
        monkeypatch.setattr(lease, "_until", leases.time.monotonic() + 60)
        for change in (lambda: write(place / "b", Path.touch), lambda: remove(place / "theirs")):
            with pytest.raises(StoreError, match="run it again"):
                change()
        lease._thread.join(60)
        assert list(listing(place)) == ["theirs"]
    finally:
        lease.end()


def test_of_two_that_begin_at_once_both_never_stay(place: ObjectPath) -> None:
    early, late = Lease(place), Lease(place)
    early._renew()  # and has not looked yet
    with pytest.raises(StoreError, match="another run"):
        late.take()
    early.take()
    with pytest.raises(StoreError, match="another run"):
        late.take()
    early.end()
    assert listing(place) == {}


def test_a_lease_is_renewed_and_ages_by_the_clock_of_the_server(
    place: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LEASE_S", 8.0)  # two seconds from one to the next
    wrote: list[str] = []
    real = ObjectPath.write_bytes

    def noted(self: ObjectPath, data: bytes) -> None:
        wrote.append(self.name)
        real(self, data)

    monkeypatch.setattr(ObjectPath, "write_bytes", noted)
    with held(place):
        end = leases.time.monotonic() + 60
        while len(wrote) < 3 and leases.time.monotonic() < end:
            leases.time.sleep(0.01)
    assert len(set(wrote)) == 1 and len(wrote) >= 3
    (place / "x").write_bytes(b"")
    (mine,) = list(place.iterdir())
    assert mine.modified is not None
    older = ObjectPath("u", "k", None, 0, mine.modified - timedelta(seconds=9))
    assert not leases._lives(older, mine)
    assert leases._lives(mine, mine)


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("s3://me:pass-word@bucket/x", "holds no user, password or options"),
        ("s3://bucket/x?token=pass-word", "holds no user, password or options"),
        ("s3://", "names no bucket"),
        ("nowhere://x/y", "not a URL of objects"),
        ("file://host/x", "names another machine"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_being_repeated(url: str, what: str) -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(UsageError, match=what) as refused:
        place_of(url)
    assert "pass-word" not in str(refused.value)


@pytest.mark.parametrize(("module", "url"), [("s3fs", "s3://b/x"), ("fsspec", "memory://b/x")])
def test_what_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, module: str, url: str
) -> None:
    if module == "s3fs":
        registry = pytest.importorskip("fsspec.registry")
        monkeypatch.delitem(registry._registry, "s3", raising=False)  # as in a new process
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=r"not installed; pip install 'cablewatch\[s3\]'"):
        place_of(url)


@pytest.mark.parametrize(
    ("environment", "bucket", "what"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, None, "cannot be reached .*AWS_ENDPOINT_URL"),
        ({}, "no-such-bucket", "there is no such bucket"),
        ({"AWS_SECRET_ACCESS_KEY": "pass-word"}, None, "access is refused .*AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": "pass-word"}, None, "access is refused .*AWS_ACCESS_KEY_ID"),
    ],
    ids=["unreachable", "no bucket", "wrong secret", "wrong key"],
)
@pytest.mark.parametrize("command", ["serve", "replay"])
def test_what_is_wrong_with_a_server_is_one_line(
    s3: ObjectPath,
    tmp_path: Path,
    environment: dict[str, str],
    bucket: str | None,
    what: str,
    command: str,
) -> None:
    archive = tmp_path / "x.csv"
    archive.write_text("")
    url = s3.url if bucket is None else f"s3://{bucket}/store"
    inputs = [str(archive)] if command == "replay" else ["--port", "0"]
    database = f"sqlite:///{tmp_path}/alerts.sqlite"
    s3.fs.clear_instance_cache()  # or a client would be taken that the environment did not make
    done = run(command, *inputs, "--store", url, "--database", database, ok=2, **environment)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"cablewatch: {url}")
    assert re.search(what, line)
    for secret in (SECRET, "pass-word"):
        assert secret not in done.stderr + done.stdout


def test_an_object_store_without_a_database_is_a_usage_error(
    place: ObjectPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from cablewatch.cli import app

    monkeypatch.delenv("CABLEWATCH_DATABASE_URL", raising=False)
    for said in (["replay", str(tmp_path / "x.csv")], ["serve"]):
        with pytest.raises(UsageError, match="kept in a database; give --database sqlite:///FILE"):
            CliRunner().invoke(app, [*said, "--store", place.url], catch_exceptions=False)
    assert listing(place) == {}


def test_no_library_tells_requests_in_a_log(place: ObjectPath) -> None:
    assert object_path(place.url) == place
    for name in ("botocore", "aiobotocore", "s3fs"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
