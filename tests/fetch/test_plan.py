"""Which files hold the days, what is announced, what is left alone, what may go wrong around."""

import os
import shutil
import zipfile
from datetime import date

import pytest
from host import MODIFIED, Fault, File, Host
from hypothesis import given
from hypothesis import strategies as st

from cablewatch.errors import FetchError, UsageError
from cablewatch.usecases.fetch import SOURCES, Patience, connect, fetch, make_plan, parse_span
from cablewatch.usecases.fetch.check import check
from cablewatch.usecases.fetch.partial import Partial, Version

PATIENCE = Patience(failures=2, first_pause_s=0.001, longest_pause_s=0.01, silence_s=0.5)
ZST = b"\x28\xb5\x2f\xfd" + bytes(100)


def plan_of(host: Host, days: str, into, source: str = "dma"):
    with connect(PATIENCE) as client:
        return make_plan(client, SOURCES[source], parse_span(days), into, PATIENCE, host.url)


def run(plan) -> tuple[list[FetchError], int]:
    told = []
    with connect(PATIENCE) as client:
        return fetch(client, plan, told.append, PATIENCE), sum(told)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-11-16", (2024, 11, 16), (2024, 11, 16)),
        ("2024-11-16..18", (2024, 11, 16), (2024, 11, 18)),
        ("2024-11-29..12-02", (2024, 11, 29), (2024, 12, 2)),
        ("2024-11-16..2024-12-02", (2024, 11, 16), (2024, 12, 2)),
        ("2024-12-31..2025-01-01", (2024, 12, 31), (2025, 1, 1)),
        ("2023-05", (2023, 5, 1), (2023, 5, 31)),
        ("2024-01..02", (2024, 1, 1), (2024, 2, 29)),
        ("2023-12..2024-01", (2023, 12, 1), (2024, 1, 31)),
    ],
)
def test_spans(text, first, last):
    assert parse_span(text) == (date(*first), date(*last))


@pytest.mark.parametrize(
    "text",
    ["", "2024", "16.11.2024", "2024-11-31", "2024-13", "2024-11-18..16", "2024-11..2024-11-03",
     "2024-11-16..", "2001-01..2024-01", "2024-11-16...18", "..", "2024-11-16..99",
     "2024-11-16..2024-12", "2024-11..2024-12-01", "2024-11..12-01"],
)  # fmt: skip
def test_what_is_no_span(text):
    with pytest.raises(UsageError) as caught:
        parse_span(text)
    assert "\n" not in str(caught.value)


@given(st.dates(date(2006, 3, 1), date(2030, 1, 1)), st.integers(0, 3000))
def test_any_two_days_make_a_span(first, count):
    last = date.fromordinal(first.toordinal() + count)
    assert len(parse_span(f"{first}..{last}").days()) == count + 1


def test_danish_files_are_daily_or_monthly(host, tmp_path, archive):
    host.files = {f"/aisdk-2024-03-0{n}.zip": File(archive) for n in (1, 2)}
    host.files["/aisdk-2024-02.zip"] = File(archive + b"")
    plan = plan_of(host, "2024-02-27..2024-03-02", tmp_path)
    names = ["aisdk-2024-02.zip", "aisdk-2024-03-01.zip", "aisdk-2024-03-02.zip"]
    assert [item.target.name for item in plan.items] == names
    assert plan.absent == () and plan.n_bytes == 3 * len(archive) and plan.sizes_known
    assert not any(method == "GET" for method, *_ in host.requests), "announced before fetched"


def test_the_other_kind_of_file_is_looked_for(host, tmp_path, archive):
    host.files["/aisdk-2024-11.zip"] = File(archive)
    plan = plan_of(host, "2024-11-16..18", tmp_path)
    assert [item.target.name for item in plan.items] == ["aisdk-2024-11.zip"]


def test_american_files_lie_by_year(host, tmp_path):
    host.files = {
        "/csv2/csv2023/ais-2023-12-31.csv.zst": File(ZST),
        "/csv2/csv2024/ais-2024-01-01.csv.zst": File(ZST),
    }
    plan = plan_of(host, "2023-12-31..2024-01-01", tmp_path / "new", "marinecadastre")
    assert run(plan) == ([], 2 * len(ZST))
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "ais-2023-12-31.csv.zst",
        "ais-2024-01-01.csv.zst",
    }


def test_days_without_a_file_are_named(host, tmp_path, archive):
    host.files["/aisdk-2024-11-16.zip"] = File(archive)
    plan = plan_of(host, "2024-11-16..18", tmp_path)
    assert plan.absent == (date(2024, 11, 17), date(2024, 11, 18))
    with pytest.raises(FetchError) as caught:
        plan_of(host, "2026-01-05..06", tmp_path)
    for word in (
        "2026-01-05 and 1 more day",
        "aisdk-2026-01-05.zip or aisdk-2026-01.zip",
        "monthly",
    ):
        assert word in str(caught.value)
    with pytest.raises(UsageError, match="begins 2006-03-01"):
        plan_of(host, "2006-02-28", tmp_path)


def test_what_is_complete_is_left_alone_and_what_is_not_is_not(host, tmp_path, archive):
    paths = [f"/aisdk-2024-11-1{n}.zip" for n in (5, 6, 7, 8)]
    host.files = {path: File(archive) for path in paths}
    for path in paths:
        (tmp_path / path[1:]).write_bytes(archive)
    (tmp_path / paths[1][1:]).write_bytes(archive[:-1])  # of another size
    (tmp_path / paths[2][1:]).write_bytes(bytes(len(archive)))  # no zip
    os.utime(tmp_path / paths[3][1:], (0, 0))  # older than the host's
    plan = plan_of(host, "2024-11-15..18", tmp_path)
    assert [item.complete for item in plan.items] == [True, False, False, False]
    assert run(plan) == ([], 3 * len(archive))
    again = plan_of(host, "2024-11-15..18", tmp_path)
    assert again.to_fetch == () and again.n_bytes == 0


def test_what_an_earlier_run_kept_is_not_counted(host, tmp_path, archive):
    path = "/aisdk-2024-11-16.zip"
    host.files[path] = File(archive, faults=[Fault(cut_after=20_000), *[Fault(cut_after=0)] * 2])
    errors, _ = run(plan_of(host, "2024-11-16", tmp_path))
    assert len(errors) == 1 and "was cut" in str(errors[0])
    plan = plan_of(host, "2024-11-16", tmp_path)
    assert (plan.n_kept, plan.n_bytes) == (20_000, len(archive) - 20_000)
    host.files[path].etag = '"v2"'
    assert plan_of(host, "2024-11-16", tmp_path).n_kept == 0, "of another version"


@pytest.mark.parametrize("etag", ['"v1"', '"v2"'])
def test_a_run_that_died_before_the_name_was_given(host, tmp_path, archive, etag):
    """All bytes are there: they are used as they are, unless the host has another version."""
    partial = Partial(tmp_path / "aisdk-2024-11-16.zip")
    partial.restart(Version('"v1"', MODIFIED, len(archive)))
    partial.path.write_bytes(archive)
    host.files["/aisdk-2024-11-16.zip"] = File(archive, etag=etag)
    changed = etag == '"v2"'
    assert run(plan_of(host, "2024-11-16", tmp_path)) == ([], len(archive) * changed)
    assert [path.name for path in tmp_path.iterdir()] == ["aisdk-2024-11-16.zip"]
    assert len(host.ranges("/aisdk-2024-11-16.zip")) == changed


def test_two_at_a_time_at_most_and_one_failure_stops_no_other(host, tmp_path, archive):
    host.files = {f"/aisdk-2024-11-0{n}.zip": File(archive) for n in range(1, 10)}
    host.files["/aisdk-2024-11-03.zip"].faults = [Fault(cut_after=0)] * 9
    errors, _ = run(plan_of(host, "2024-11-01..09", tmp_path))
    assert [error.where.rpartition("/")[2] for error in errors] == ["aisdk-2024-11-03.zip"]
    assert host.open_most <= 2
    assert len(list(tmp_path.glob("*.zip"))) == 8


def test_hosts_without_head_or_length(host, tmp_path, archive):
    host.files["/aisdk-2024-11-16.zip"] = File(archive, heads=False, length=False)
    plan = plan_of(host, "2024-11-16", tmp_path)
    assert not plan.sizes_known
    assert run(plan) == ([], len(archive))


def test_no_room_is_said_before_anything_comes(host, tmp_path, archive, monkeypatch):
    host.files["/aisdk-2024-11-16.zip"] = File(archive)
    plan = plan_of(host, "2024-11-16", tmp_path)
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(FetchError, match=r"0\.0 GB free; make room"):
        run(plan)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_a_disk_that_fills_up(host, tmp_path, archive):
    host.files = {f"/aisdk-2024-11-1{n}.zip": File(archive) for n in range(6, 9)}
    (tmp_path / "aisdk-2024-11-16.zip.part").symlink_to("/dev/full")
    errors, _ = run(plan_of(host, "2024-11-16", tmp_path))
    assert "No space left" in str(errors[0]) and "make room" in str(errors[0])


def test_a_folder_that_is_none(host, tmp_path, archive):
    host.files["/aisdk-2024-11-16.zip"] = File(archive)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FetchError, match="cannot be written"):
        run(plan_of(host, "2024-11-16", tmp_path / "file" / "folder"))


def test_glued_and_cut_zips_are_seen(tmp_path, archive):
    path = tmp_path / "a.zip"
    for content in (archive[:-1], archive[1000:], archive[:500] + archive[700:], b"", b"PK"):
        path.write_bytes(content)
        with pytest.raises(FetchError):
            check(path, "a.zip")
    path.write_bytes(archive)
    check(path, "a.zip")
    with zipfile.ZipFile(path, "w"):
        pass
    with pytest.raises(FetchError, match="it holds nothing"):
        check(path, "a.zip")


def test_zst_frames(tmp_path):
    path = tmp_path / "a.csv.zst"
    for head in (ZST, b"\x50\x2a\x4d\x18" + bytes(8)):
        path.write_bytes(head)
        check(path, path.name)
    path.write_bytes(b"PK\3\4")
    with pytest.raises(FetchError, match="no zst frame"):
        check(path, path.name)


def test_sources_are_as_the_hosts_have_them():
    """Names and paths as seen at the hosts; see docs/formats.md."""
    day = date(2024, 11, 16)
    assert SOURCES["dma"].paths(day)[0] == "aisdk-2024-11-16.zip"
    assert SOURCES["dma"].paths(date(2024, 2, 29))[0] == "aisdk-2024-02.zip"
    path = "csv2/csv2024/ais-2024-11-16.csv.zst"
    assert SOURCES["marinecadastre"].paths(day) == (path,)
    for source in SOURCES.values():
        assert source.base_url.startswith("http") and "say: " in source.licence
