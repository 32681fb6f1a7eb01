"""One file through what real hosts do: in the end it is whole, or not there and said why."""

import zipfile
from pathlib import Path
from threading import Event

import pytest
from host import Fault, File
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cablewatch.errors import FetchError
from cablewatch.usecases.fetch import Patience, connect
from cablewatch.usecases.fetch.partial import Partial
from cablewatch.usecases.fetch.transfer import Stopped, download

PATIENCE = Patience(failures=3, first_pause_s=0.001, longest_pause_s=0.01, silence_s=0.25)
NAME = "/aisdk-2024-11-16.zip"


def get(host, folder: Path, patience: Patience = PATIENCE) -> tuple[Path, int]:
    """The file, and the sum of all that was told of bytes."""
    target, told = folder / NAME[1:], []
    partial = Partial(target)
    with connect(patience) as client, partial.held():
        download(client, host.url + NAME, partial, told.append, patience, Event())
    assert [path.name for path in folder.iterdir()] == [target.name], "nothing else is left"
    return target, sum(told)


def test_a_plain_download(host, tmp_path, archive):
    host.files[NAME] = File(archive)
    target, told = get(host, tmp_path)
    assert target.read_bytes() == archive and told == len(archive)
    assert target.stat().st_mtime == 1731898800, "the time of the last change at the host"


def test_cuts_are_continued_where_they_happened(host, tmp_path, archive):
    host.files[NAME] = File(archive, faults=[Fault(cut_after=n) for n in (10_000, 1, 20_000, 5)])
    target, told = get(host, tmp_path)
    assert target.read_bytes() == archive and told == len(archive)
    asked = [f"bytes={start}-" for start in (10_000, 10_001, 30_001, 30_006)]
    assert host.ranges(NAME) == ["", *asked]


def test_a_silent_server_is_left_and_asked_again(host, tmp_path, archive):
    host.files[NAME] = File(archive, faults=[Fault(silent_after=30_000)])
    target, _ = get(host, tmp_path)
    assert target.read_bytes() == archive
    assert host.ranges(NAME) == ["", "bytes=30000-"]


def test_another_run_goes_on(host, tmp_path, archive):
    host.files[NAME] = File(archive, faults=[Fault(cut_after=40_000), *[Fault(cut_after=0)] * 3])
    with pytest.raises(FetchError, match=r"was cut, 3 times.*run it again"):
        get(host, tmp_path)
    assert (tmp_path / "aisdk-2024-11-16.zip.part").stat().st_size == 40_000
    assert not (tmp_path / "aisdk-2024-11-16.zip").exists()
    host.requests.clear()
    target, told = get(host, tmp_path)
    assert target.read_bytes() == archive and told == len(archive) - 40_000
    assert host.ranges(NAME) == ["bytes=40000-"]


def test_a_server_without_ranges_starts_anew(host, tmp_path, archive):
    host.files[NAME] = File(archive, ranges=False, faults=[Fault(cut_after=20_000)])
    target, told = get(host, tmp_path)
    assert target.read_bytes() == archive and told == len(archive)


def test_a_server_without_ranges_that_always_cuts_is_given_up(host, tmp_path, archive):
    host.files[NAME] = File(archive, ranges=False, faults=[Fault(cut_after=20_000)] * 50)
    with pytest.raises(FetchError, match="3 times in a row"):
        get(host, tmp_path)
    assert len(host.requests) <= 4


@pytest.mark.parametrize("if_range", [True, False])
@pytest.mark.parametrize("same_size", [True, False])
def test_a_changed_file_is_never_glued(host, tmp_path, archive, if_range, same_size):
    """Also at a server that ignores If-Range and answers with a part of the new file."""
    old = bytes(len(archive) if same_size else 50_000)
    host.files[NAME] = File(old, faults=[Fault(cut_after=30_000), *[Fault(cut_after=0)] * 3])
    with pytest.raises(FetchError):
        get(host, tmp_path)
    host.files[NAME] = File(archive, etag='"v2"', if_range=if_range)
    target, told = get(host, tmp_path)
    assert target.read_bytes() == archive
    assert told == len(archive) - 30_000, "what is dropped is taken back"


@pytest.mark.parametrize(("etag", "modified"), [("", ""), ('W/"v1"', "")])
def test_without_a_sure_version_nothing_is_continued(host, tmp_path, archive, etag, modified):
    faults = [Fault(cut_after=20_000)]
    host.files[NAME] = File(archive, etag=etag, modified=modified, faults=faults)
    target, _ = get(host, tmp_path)
    assert target.read_bytes() == archive
    assert host.ranges(NAME) == ["", ""]


def test_the_date_of_change_does_where_there_is_no_etag(host, tmp_path, archive):
    host.files[NAME] = File(archive, etag="", faults=[Fault(cut_after=20_000)])
    assert get(host, tmp_path)[0].read_bytes() == archive
    assert host.ranges(NAME) == ["", "bytes=20000-"]


def test_an_announced_length_that_never_comes(host, tmp_path, archive):
    host.files[NAME] = File(archive, faults=[Fault(extra=100) for _ in range(20)])
    with pytest.raises(FetchError, match="times in a row"):
        get(host, tmp_path)
    assert not (tmp_path / NAME[1:]).exists()
    assert len(host.requests) < 20


def test_one_wrong_length_is_got_over(host, tmp_path, archive):
    host.files[NAME] = File(archive, faults=[Fault(extra=100)])
    assert get(host, tmp_path)[0].read_bytes() == archive


def test_a_length_that_is_not_announced(host, tmp_path, archive):
    host.files[NAME] = File(archive, length=False)
    assert get(host, tmp_path)[0].read_bytes() == archive


def test_a_cut_that_the_length_would_have_shown(host, tmp_path, archive):
    host.files[NAME] = File(archive, length=False, faults=[Fault(cut_after=30_000)] * 9)
    with pytest.raises(FetchError, match="no sound zip"):
        get(host, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_busy_servers_are_asked_again_and_refusals_are_not(host, tmp_path, archive):
    busy = [Fault(status=503, headers={"Retry-After": "0"}), Fault(status=429)]
    host.files[NAME] = File(archive, faults=busy)
    assert get(host, tmp_path)[0].read_bytes() == archive
    host.files[NAME] = File(archive, faults=[Fault(status=401)])
    with pytest.raises(FetchError, match="answers 401"):
        get(host, tmp_path)


def test_a_page_in_place_of_an_archive(host, tmp_path):
    host.files[NAME] = File(b"<!DOCTYPE html><p>We are closed.</p>")
    with pytest.raises(FetchError, match="begins '<!DOCTYPE html"):
        get(host, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nobody_there(host, tmp_path):
    host.url = "http://127.0.0.1:1"
    with pytest.raises(FetchError, match="cannot be reached"):
        get(host, tmp_path)


def test_two_runs_do_not_write_into_one_file(tmp_path):
    partial = Partial(tmp_path / "a.zip")
    with partial.held(), pytest.raises(FetchError, match="another run"), partial.held():
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_run_keeps_what_came(host, tmp_path, archive):
    host.files[NAME] = File(archive, faults=[Fault(cut_after=20_000)])
    stop, partial = Event(), Partial(tmp_path / NAME[1:])

    def tell(count: int) -> None:
        if count > 0:
            stop.set()

    with connect(PATIENCE) as client, partial.held(), pytest.raises(Stopped):
        download(client, host.url + NAME, partial, tell, PATIENCE, stop)
    assert 0 < partial.size < len(archive)
    assert get(host, tmp_path)[0].read_bytes() == archive


FAULTS = st.one_of(
    st.builds(Fault, cut_after=st.integers(0, 70_000)),
    st.builds(Fault, status=st.sampled_from([500, 503])),
    st.builds(Fault, extra=st.integers(1, 50)),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(faults=st.lists(FAULTS, max_size=6), ranges=st.booleans(), if_range=st.booleans())
def test_whole_or_absent(host, tmp_path_factory, archive, faults, ranges, if_range):
    folder = tmp_path_factory.mktemp("run")
    host.files[NAME] = File(archive, ranges=ranges, if_range=if_range, faults=list(faults))
    try:
        target, _ = get(host, folder)
    except FetchError:
        assert not (folder / NAME[1:]).exists()
    else:
        assert target.read_bytes() == archive
        assert zipfile.ZipFile(target).testzip() is None
