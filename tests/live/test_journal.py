"""The journal keeps its order whatever the clock does, and forgets what is behind a place."""

import errno
import os
from pathlib import Path

import pytest

from cablewatch.archives.recording import Entry, Senders
from cablewatch.errors import StoreError
from cablewatch.fixes import Stations
from cablewatch.stores.journal import Journal, Mark

from .disks import room

T0 = 1_731_888_000_000


def entry(k: int) -> Entry:
    return Entry("pier", "nmea", b"%d\n" % k, k)


def kept(journal: Journal, place: Mark | None = None) -> list[int | None]:
    return [one.at_ms for _, one in journal.since(place)]


def test_a_clock_that_is_put_back_changes_no_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for k, at_ms in enumerate((T0, T0 + 500, T0 - 7_200_000, T0)):
        journal.begin(at_ms)
        journal.write([entry(2 * k), entry(2 * k + 1)])
    assert kept(journal) == list(range(8))
    place = next(place for place, one in journal.since(None) if one.at_ms == 4)
    assert kept(journal, place) == [5, 6, 7]
    journal.forget(place)
    journal.close(done=False)
    assert kept(Journal(tmp_path), place) == [5, 6, 7]


def test_what_comes_behind_a_place_whose_segment_is_gone_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for k in range(3):
        journal.begin(T0 + k)
        journal.write([entry(k)])
    place = journal.place
    journal.close(done=True)
    assert kept(Journal(tmp_path)) == []
    again = Journal(tmp_path)
    again.follow(place)
    again.begin(T0)
    again.write([entry(9)])
    assert kept(again, place) == [9]
    again.close(done=False)


def test_a_place_that_is_followed_is_its_own(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for k in range(2):
        journal.begin(T0)
        journal.write([entry(2 * k), entry(2 * k + 1)])
    journal.close(done=False)
    again = Journal(tmp_path)
    for place, _ in again.since(None):
        again.follow(place)
        assert again.place == place
    again.forget(again.place)
    again.close(done=False)
    assert kept(Journal(tmp_path)) == [2, 3]
    assert kept(Journal(tmp_path), again.place) == []


def test_files_that_others_put_beside_segments_stay_and_are_not_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(T0)
    journal.write([entry(1)])
    journal.close(done=False)
    (segment,) = tmp_path.iterdir()
    strays = {tmp_path / name for name in ("notes.received", f"copy-{segment.name}")}
    for path in strays:
        path.write_bytes(segment.read_bytes())
    again = Journal(tmp_path)
    assert kept(again) == [1]
    again.begin(T0)
    again.close(done=True)
    assert set(tmp_path.iterdir()) == strays


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Files and folders that were brought to disk, by their numbers."""
    synced: list[int] = []
    really = os.fsync

    def noted(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        really(handle)

    monkeypatch.setattr(os, "fsync", noted)
    return synced


def test_a_new_segment_has_its_name_on_disk(tmp_path: Path, synced: list[int]) -> None:
    """What is in a file without a name is lost with the power, and was confirmed to a broker."""
    journal = Journal(tmp_path)
    journal.begin(T0)
    assert synced == [tmp_path.stat().st_ino]
    journal.close(done=False)


def test_what_a_killed_process_wrote_is_on_disk_before_it_is_read(
    tmp_path: Path, synced: list[int]
) -> None:
    """It counts as safe from the next sync on, and may be confirmed to a broker."""
    killed = Journal(tmp_path)
    killed.begin(T0)
    killed.write([entry(1)])
    synced.clear()
    Journal(tmp_path)
    (segment,) = tmp_path.iterdir()
    killed.close(done=False)
    assert synced == [segment.stat().st_ino]


def test_an_entry_that_a_crash_cut_ends_its_segment_alone(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for k in (1, 2):
        journal.begin(T0 + k)
        journal.write([entry(k), entry(10 * k)])
    journal.close(done=False)
    first, _ = sorted(tmp_path.iterdir())
    first.write_bytes(first.read_bytes()[:-2])
    assert kept(Journal(tmp_path)) == [1, 2, 20]


@pytest.mark.parametrize(
    "entry",
    [
        Entry("broker", "nmea", b"x\n", 1, sender="\u00e5" * 30_000),  # a topic of MQTT
        Entry(
            "log", "nmea", b"x\n", 1, position={"offsets": {str(k): 1 << 40 for k in range(9_000)}}
        ),
    ],
    ids=["sender", "position"],
)
def test_what_is_said_of_an_entry_may_be_long(tmp_path: Path, entry: Entry) -> None:
    journal = Journal(tmp_path)
    journal.begin(T0)
    journal.write([entry, entry._replace(at_ms=2)])
    journal.close(done=False)
    assert kept(Journal(tmp_path)) == [1, 2]


@pytest.mark.parametrize("at_ms", [-1, 0, 1_731_888_000, 1 << 55])
@pytest.mark.parametrize("format", ["nmea", "aisstream", "digitraffic", "ais-catcher"])
def test_an_impossible_moment_of_receipt_is_none(at_ms: int, format: str) -> None:
    """It may stand in the journal: an entry that cannot be read would end every later run too."""
    batch = Senders(Stations()).feed(Entry("pier", format, b"x\n", at_ms))
    assert not len(batch.fixes)


def test_senders_that_are_long_silent_are_forgotten() -> None:
    """One that connects again has another port each time; each decoder holds 4 MB."""
    first, second = (
        b"!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C\n",
        b"!AIVDM,2,2,1,A,88888888880,2*25\n",
    )
    senders = Senders(Stations())
    senders.feed(Entry("pier", "nmea", first, T0, "waits"))
    senders.feed(Entry("log", "nmea", b"x\n", None, "recorded"))
    for k in range(5):
        senders.feed(Entry("pier", "nmea", b"x\n", T0 + k * 1_000, f"a:{k}"))
    assert len(senders.feed(Entry("pier", "nmea", second, T0 + 5_000, "waits")).statics) == 1
    for k in range(100):
        senders.feed(Entry("pier", "nmea", b"x\n", T0 + k * 30_000, f"b:{k}"))
    assert len(senders._decoders) <= 4
    assert ("log", "recorded") in senders._decoders


def test_what_a_full_disk_does_not_take_is_written_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(T0)
    journal.write([entry(1)])
    many = [Entry("pier", "nmea", b"x" * 1_000, k) for k in range(2, 100)]
    with room(50_000):
        for _ in range(3):
            with pytest.raises(StoreError, match="cannot be written"):
                journal.write(many)
    assert kept(journal) == [1] and journal.place.entries == 1
    journal.write(many)
    journal.write([entry(100)])
    journal.close(done=False)
    assert kept(Journal(tmp_path)) == list(range(1, 101))


class Disk:
    """One that loses what it fails to take, and says at the next attempt that all is well."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails: int) -> None:
        self.fails, self.synced = fails, 0
        self._really = os.fdatasync
        monkeypatch.setattr(os, "fdatasync", self.fdatasync)

    def fdatasync(self, handle: int) -> None:
        size = os.fstat(handle).st_size
        if not self.fails:
            self._really(handle)
            self.synced = size
            return
        self.fails -= 1
        file = os.open(f"/proc/self/fd/{handle}", os.O_RDWR)
        os.pwrite(file, b"\0" * (size - self.synced), self.synced)
        os.close(file)
        raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize("then", ["sync", "write", "begin", "close"])
def test_what_a_sync_failed_to_bring_to_disk_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    disk = Disk(monkeypatch, 0)
    journal = Journal(tmp_path)
    journal.begin(T0)
    journal.write([entry(1), entry(2)])
    journal.sync()
    journal.write([entry(3)])
    journal.write([entry(4), entry(5)])
    disk.fails = 3
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot be written"):
            journal.sync()
    with pytest.raises(StoreError, match="cannot be written"):
        journal.write([entry(6)])
    assert journal.place.entries == 5
    expected = [1, 2, 3, 4, 5]
    if then == "sync":
        journal.sync()
    elif then == "begin":
        journal.begin(T0 + 1)
    if then != "close":
        journal.write([entry(6)])
        expected.append(6)
    journal.close(done=False)
    assert kept(Journal(tmp_path)) == expected


def test_a_segment_that_cannot_be_packed_stays(tmp_path: Path) -> None:
    folder, kept_in = tmp_path / "journal", tmp_path / "kept"
    journal = Journal(folder, kept_in)
    journal.begin(T0)
    journal.write([Entry("pier", "nmea", os.urandom(100_000), 1)])
    with room(50_000):
        journal.begin(T0 + 1)
        journal.forget(journal.place)
        journal._packing.submit(lambda: None).result()
        assert len(list(folder.iterdir())) == 2 and not list(kept_in.glob("*.gz"))
    journal.forget(journal.place)
    journal.close(done=False)
    assert len(list(folder.iterdir())) == 1 and len(list(kept_in.glob("*.gz"))) == 1
