"""Packing, damage, caps and sniffing, whatever the format inside."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from cablewatch.archives import FORMATS, ReadOptions, compression, open_archive
from cablewatch.archives.compression import Block, Container, Member
from cablewatch.archives.packing import Source
from cablewatch.archives.sniff import format_of
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.fixes import Stations

from .conftest import danish, danish_row, gzipped, read_all, zipped

Pack = Callable[[bytes], bytes]
N = 4000


@pytest.fixture
def plain(tmp_path: Path) -> bytes:
    rng = np.random.default_rng(1)
    rows = [danish_row(i, 219_000_000 + int(rng.integers(1, 10**6))) for i in range(N)]
    return danish(tmp_path / "plain", rows).read_bytes()


def test_gzip_and_zip_read_as_plain(tmp_path: Path, plain: bytes) -> None:
    gzipped(tmp_path / "no.clue", plain)
    zipped(tmp_path / "neither", {"a.csv": plain})
    zipped(tmp_path / "stored", {"a.csv": plain}, zipfile.ZIP_STORED)
    for name in ("plain", "no.clue", "neither", "stored"):
        read = read_all(tmp_path / name)
        assert (len(read.fixes), read.error) == (N, None), name
        assert read.progress[-1] == read.archive.size_bytes
        assert (np.diff(read.fixes.t_ms) == 1000).all()


def test_zip_members_in_name_order_others_passed_over(tmp_path: Path) -> None:
    def day(mmsi: int) -> bytes:
        return danish(tmp_path / "x", [danish_row(0, mmsi)]).read_bytes()

    log = b"!AIVDM,1,1,,A,13aG?P0P00PD;88MD5MTDww@2<0L,0*23\n"
    members = {"c.csv": day(219000003), "a.csv": day(219000001), "b.csv": day(219000002)}
    members |= {
        "A.txt": log,
        "B.txt": b"read me",
        "dir/": b"",
        "__MACOSX/a.csv": b"x",
        "empty.csv": b"",
    }
    read = read_all(zipped(tmp_path / "z", members), format="danish-csv")  # A.txt sniffs as nmea
    assert read.fixes.mmsi.tolist() == [219000001, 219000002, 219000003]
    assert read.archive.refused.counts == {"other_member": 2}


def test_a_zip_without_the_wanted_format(tmp_path: Path, plain: bytes) -> None:
    path = zipped(tmp_path / "z", {"a.csv": plain})
    assert "there is no csv inside" in str(read_all(path, format="csv").error)
    assert "there is no csv inside" in str(
        read_all(gzipped(tmp_path / "g", b""), format="csv").error
    )


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("packing", ["gzip", "zip", "zip-two-members"])
def test_a_cut_archive_yields_its_head_then_the_error(
    tmp_path: Path, plain: bytes, packing: str
) -> None:
    path = tmp_path / "cut"
    if packing == "gzip":
        gzipped(path, plain)
    else:
        more = {"b.csv": plain} if packing == "zip-two-members" else {}
        zipped(path, {"a.csv": plain, **more})
    data = path.read_bytes()
    part = 0.75 if more_members(packing) else 0.5
    path.write_bytes(data[: int(len(data) * part)])
    read = read_all(path)
    assert read.error is not None
    assert str(path) in read.error.where
    expected = N * part * (2 if more_members(packing) else 1)
    assert 0.8 * expected < len(read.fixes) < 1.2 * expected
    assert read.archive.refused.counts == {}
    line = int(read.error.where.rsplit(":", 1)[1])
    assert line == len(read.fixes) + 2 - (N if more_members(packing) else 0)


def more_members(packing: str) -> bool:
    return packing == "zip-two-members"


@pytest.mark.usefixtures("small_blocks")
def test_damage_in_the_middle(tmp_path: Path, plain: bytes) -> None:
    for name, path in {
        "gzip": gzipped(tmp_path / "g", plain),
        "zip": zipped(tmp_path / "z", {"a.csv": plain}),
    }.items():
        data = bytearray(path.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 200] = bytes(200)
        path.write_bytes(data)
        read = read_all(path)
        assert read.error is not None, name
        assert "damaged" in read.error.what
        assert 100 < len(read.fixes) < N


def test_a_zip_without_its_directory_keeps_all_whole_members(tmp_path: Path, plain: bytes) -> None:
    data = zipped(tmp_path / "z", {"a.csv": plain, "b.csv": plain}).read_bytes()
    (tmp_path / "z").write_bytes(data[: data.index(b"PK\x01\x02")])
    read = read_all(tmp_path / "z")
    assert len(read.fixes) == 2 * N
    assert "directory is missing" in str(read.error)


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "noise").write_bytes(np.random.default_rng(1).bytes(10_000))
    gzipped(tmp_path / "hollow.gz", b"")
    zipped(tmp_path / "hollow.zip", {})
    zipped(tmp_path / "notes.zip", {"readme.txt": b"hello"})
    (tmp_path / "header.gz").write_bytes(b"\x1f\x8b\x08\x00")
    expected = {
        "absent": "cannot be read",
        ".": "cannot be read",
        "empty": "empty",
        "noise": "no known format",
        "hollow.gz": "nothing inside",
        "hollow.zip": "nothing inside",
        "notes.zip": "no known format",
        "header.gz": "cut off",
    }
    for name, what in expected.items():
        with pytest.raises(ArchiveError, match=what) as caught:
            open_archive(tmp_path / name, stations=Stations())
        assert str(tmp_path / name) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_encrypted_zip(tmp_path: Path, plain: bytes) -> None:
    path = zipped(tmp_path / "z", {"a.csv": plain})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match="encrypted") as caught:
        open_archive(path, stations=Stations())
    assert caught.value.where == f"{path}/a.csv"


def test_unknown_format_lists_the_names(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    with pytest.raises(UsageError) as caught:
        open_archive(tmp_path / "a", stations=Stations(), options=ReadOptions(format="excel"))
    assert all(name in str(caught.value) for name in FORMATS)
    assert {"csv", "danish-csv", "nmea", "parquet"} < set(FORMATS)


@pytest.mark.parametrize("cap", [{"max_bytes": 100_000}, {"max_lines": 1000}])
def test_unpacking_is_capped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: bytes, cap: dict[str, int]
) -> None:
    monkeypatch.setattr("cablewatch.archives.table.BLOCK_BYTES", 10_000)
    zipped(tmp_path / "z", {"a.csv": plain, "b.csv": plain})
    read = read_all(tmp_path / "z", **cap)
    assert "passes the cap" in str(read.error)
    assert 500 < len(read.fixes) < 1001


def blocks_of(source: Source, size: int) -> list[Block]:
    limits = compression.Limits(1 << 40, 1 << 40)
    return list(Member("m", source, limits).blocks(size))


def test_blocks_are_whole_lines_and_nothing_is_lost(tmp_path: Path, plain: bytes) -> None:
    for ending in (plain, plain.rstrip()):
        (tmp_path / "p").write_bytes(ending)
        for size in (1, 100, 5000, 1 << 24):
            (member,) = list_members(tmp_path / "p", size)
            assert b"".join(block.data for block in member) == ending
            lines = 1
            for block in member:
                assert block.first_line == lines
                lines += block.data.count(b"\n")
            assert all(block.data.endswith(b"\n") for block in member[:-1])


def list_members(path: Path, size: int) -> list[list[Block]]:
    return [list(member.blocks(size)) for member in Container(path, ReadOptions()).members()]


def test_a_line_without_end_stays_bounded(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"x" * (5 << 20))
    (blocks,) = list_members(tmp_path / "p", 1 << 16)
    assert max(len(block.data) for block in blocks) <= (1 << 20) + (2 << 16)
    path = tmp_path / "q"
    path.write_bytes(danish(tmp_path / "d", [danish_row()]).read_bytes() + b"x" * (5 << 20))
    read = read_all(path)
    assert (len(read.fixes), read.error) == (1, None)
    assert set(read.archive.refused.counts) == {"bad_row"}


def test_gzip_with_several_streams(tmp_path: Path, plain: bytes) -> None:
    half = plain.index(b"\n", len(plain) // 2) + 1
    (tmp_path / "g").write_bytes(gzip.compress(plain[:half]) + gzip.compress(plain[half:]))
    assert len(read_all(tmp_path / "g").fixes) == N


def test_recordings_are_sniffed(shared: Path) -> None:
    for path in sorted((shared / "nmea").glob("*.nm*")):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert format_of(data[: 1 << 16], {}) == "nmea", path.name
    sample = (shared / "archives" / "aisstream_samples.jsonl").read_bytes()
    assert format_of(sample[: 1 << 16], {}) == "aisstream"


def zstd(data: bytes) -> bytes:
    packed: bytes = pa.compress(data, "zstd", asbytes=True)
    return packed


def test_zstd_with_several_frames(tmp_path: Path, plain: bytes) -> None:
    half = plain.index(b"\n", len(plain) // 2) + 1
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00rest"  # RFC 8878, 3.1.2
    (tmp_path / "z").write_bytes(skippable + zstd(plain[:half]) + zstd(plain[half:]))
    read = read_all(tmp_path / "z")
    assert (len(read.fixes), read.error) == (N, None)
    assert read.progress[-1] == read.archive.size_bytes


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("harm", ["cut", "overwritten"])
def test_damaged_zstd_yields_its_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: bytes, harm: str
) -> None:
    monkeypatch.setattr("cablewatch.archives.packing.ZSTD_READ_BYTES", 1000)
    data = bytearray(b"".join(zstd(plain[i : i + 50_000]) for i in range(0, len(plain), 50_000)))
    middle = len(data) // 2
    if harm == "cut":
        del data[middle:]
    else:
        data[middle : middle + 200] = bytes(200)
    (tmp_path / "z").write_bytes(data)
    read = read_all(tmp_path / "z")
    assert read.error is not None and "damaged" in read.error.what
    assert int(read.error.where.rsplit(":", 1)[1]) == len(read.fixes) + 2
    assert 0.3 * N < len(read.fixes) < 0.6 * N


def test_packed_members_of_a_zip(tmp_path: Path, plain: bytes) -> None:
    members = {"a.csv.gz": gzip.compress(plain), "b.csv.zst": zstd(plain), "c.csv": plain}
    path = zipped(tmp_path / "z", members)
    assert (len(read_all(path).fixes), read_all(path).error) == (3 * N, None)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"PK\x01\x02")])
    read = read_all(path)
    assert len(read.fixes) == 3 * N
    assert "directory is missing" in str(read.error)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_small_archive_that_unpacks_without_end(tmp_path: Path, pack: Pack) -> None:
    head = danish(tmp_path / "d", [danish_row()]).read_bytes()
    bomb = zipped(tmp_path / "z", {"a": pack(head + bytes(60 << 20))})
    assert bomb.stat().st_size < 100_000
    read = read_all(bomb, max_bytes=10 << 20)
    assert "passes the cap" in str(read.error) and "--max-bytes" in str(read.error)
