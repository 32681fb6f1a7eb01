"""Archives under a URL: found, read and replayed as the same files in a folder."""

import gzip
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cablewatch import api
from cablewatch.alerts.formats import FORMATS
from cablewatch.archives import DEFAULTS, name_of, open_archive, opened, rawfile
from cablewatch.archives.files import find
from cablewatch.archives.rawfile import sha256
from cablewatch.archives.spans import span_of
from cablewatch.cables.model import load_cables
from cablewatch.cluster.driver import paths_of
from cablewatch.cluster.folder_input import folder_input
from cablewatch.cluster.packing import unpacked
from cablewatch.cluster.tasks import read
from cablewatch.errors import ArchiveError, StoreError, UsageError
from cablewatch.fixes import Stations
from cablewatch.objects import ObjectPath
from cablewatch.places import Place, place_of
from cablewatch.scenario import make_scenario
from cablewatch.stores.folder import StoreWriter
from cablewatch.usecases.decode import decode
from cablewatch.usecases.replay import replay
from tests.archives.conftest import DANISH_26, danish_row, read_all, zipped
from tests.cluster.test_spark import versions
from tests.dossier.scenes import drifter
from tests.investigation.scenes import cables

ROWS = 9000
SPARK = importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same rows in every packing, and a log."""
    made = tmp_path_factory.mktemp("archives")
    lines = [DANISH_26, *(danish_row(n, 219000001 + n % 50) for n in range(ROWS))]
    text = "".join(f"{line}\n" for line in lines).encode()
    (made / "aisdk-2023-03-18.csv").write_bytes(text)
    (made / "a.csv.gz").write_bytes(gzip.compress(text))
    (made / "b.csv.zst").write_bytes(pa.Codec("zstd").compress(text, asbytes=True))
    half = text.rindex(b"\n", 0, len(text) // 2) + 1
    head = f"{DANISH_26}\n".encode()
    zipped(made / "c.zip", {"1.csv": text[:half], "2.csv": head + text[half:]})
    (made / "d.nmea").write_bytes(b"".join(make_scenario(seed=3, background=2).nmea()))
    decode([made / "a.csv.gz"], made / "e.parquet")
    pq.write_table(pq.read_table(made / "e.parquet"), made / "e.parquet", row_group_size=1000)
    return made


@pytest.fixture
def bucket(place: ObjectPath, folder: Path) -> ObjectPath:
    """What is in the folder, as objects."""
    for path in folder.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    return place


def names(found: Any) -> list[tuple[str, bool]]:
    return [(one.path.name, one.named) for one in found]


def test_an_object_is_read_as_the_file_is(bucket: ObjectPath, folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        here, there = (read_all(where) for where in (path, bucket / path.name))  # type: ignore[arg-type]
        assert here.error is None
        assert there.error is None
        assert len(here.fixes) > 1000
        for one, other in ((here.fixes, there.fixes), (here.statics, there.statics)):
            for column in fields(one):
                values = (getattr(rows, column.name) for rows in (one, other))
                np.testing.assert_array_equal(*values, err_msg=f"{path.name} {column.name}")
        assert there.archive.size_bytes == here.archive.size_bytes == there.progress[-1]
        assert span_of(there.archive) == span_of(here.archive)
        assert there.archive.ordered == here.archive.ordered
        assert sha256(bucket / path.name) == sha256(path)
        assert there.progress == sorted(there.progress)
        assert here.progress[0] > 0


ODD = ("50%/a b.csv", "a+b#c.csv", "what?.csv", "two//b.csv", "x::y.csv", "[1].csv")


def test_a_key_a_prefix_and_a_pattern_mean_each_object_once(place: ObjectPath) -> None:
    for key in ("a.csv", "in/b.csv", ".c.csv", "in/.git/d.csv", "store/run.json", "[x].csv"):
        (place / key).write_bytes(b"x")
    assert names(find([place], [place / "store"])) == [
        ("[x].csv", False),
        ("a.csv", False),
        ("b.csv", False),
    ]
    assert names(find([place / "in", place / "in" / "b.csv"])) == [("b.csv", True)]
    assert names(find([place / "[x].csv"])) == [("[x].csv", True)]
    assert names(find([place / "*.csv"])) == [("[x].csv", True), ("a.csv", True)]
    assert names(find([place / ".*.csv"])) == [(".c.csv", True)]
    assert names(find([place / "i*"])) == [("b.csv", False)]
    assert names(find([place / "[a-h].csv"])) == [("a.csv", True)]
    assert names(find([place / "**" / "[ab].*"])) == [("a.csv", True), ("b.csv", True)]
    with pytest.raises(UsageError, match="no object matches"):
        find([place / "*.parquet"])
    with pytest.raises(UsageError, match="beside the store's own files"):
        find([place / "store"], [place / "store"])


def test_a_prefix_that_is_there_is_no_pattern(place: ObjectPath) -> None:
    for key in ("days[1]/a.csv", "days1/b.csv", "w*/c.csv"):
        (place / key).write_bytes(b"x")
    assert names(find([place / "days[1]"])) == [("a.csv", False)]
    assert names(find([place / "w*"])) == [("c.csv", False)]
    assert len(find([place / "*"])) == 3


def test_what_stands_for_a_folder_is_no_archive(s3: ObjectPath) -> None:
    """As the console of AWS makes them."""
    bucket, _, key = s3.key.partition("/")
    s3.fs.call_s3("put_object", Bucket=bucket, Key=f"{key}/days/", Body=b"")
    (s3 / "days" / "a.csv").write_bytes(b"x")
    assert names(find([s3])) == [("a.csv", False)]


@pytest.mark.parametrize("key", ODD)
def test_any_key_is_read_wherever_it_is_read(
    place: ObjectPath, folder: Path, tmp_path: Path, key: str
) -> None:
    """Here, in a task of a cluster, and in one of a stream."""
    if place.url.startswith("s3") and "//" in key:
        pytest.skip("SeaweedFS joins slashes")
    (place / key).write_bytes((folder / "a.csv.gz").read_bytes())
    source = opened([place], DEFAULTS, Stations())
    assert [str(archive.path) for archive in source.archives] == [f"{place}/{key}"]
    rows = list(read(paths_of(source.archives), DEFAULTS))
    assert unpacked(rows[-1][-1]).error is None
    stream = folder_input(place, tmp_path / "checkpoint", [])
    [part] = stream.parts(stream.first(), stream.newest())
    assert [row[:3] for row in stream.read(part)] == [row[:3] for row in rows]


def test_what_is_not_there_is_told_and_the_rest_is_read(bucket: ObjectPath) -> None:
    source = opened([bucket / "absent.csv", bucket / "a.csv.gz"], DEFAULTS, Stations())
    assert [archive.path.name for archive in source.archives] == ["a.csv.gz"]
    assert [str(error) for error in source.errors] == [
        f"{bucket}/absent.csv: cannot be read (there is no such object); "
        "give the path of a readable file"
    ]


def test_python_takes_urls(bucket: ObjectPath, folder: Path) -> None:
    there, here = (api.read(f"{where}/d.nmea") for where in (bucket, folder))
    assert len(here.fixes) > 1000
    assert np.array_equal(here.fixes.t_ms, there.fixes.t_ms)
    assert here.source == there.source == "d.nmea"


def test_a_bucket_that_is_none_is_told(s3: ObjectPath) -> None:
    where = ObjectPath("s3://no-such-bucket-here/a.csv", "no-such-bucket-here/a.csv", s3.fs)
    with pytest.raises(ArchiveError, match="no such bucket"):
        opened([where], DEFAULTS, Stations())


def cut_at(monkeypatch: pytest.MonkeyPatch, name: str, byte: int, size: int = 1 << 40) -> None:
    """Let the server fail at what begins in so many bytes of an object."""
    whole = ObjectPath.read_bytes

    def cut(self: ObjectPath, first: int | None = None, after: int | None = None) -> bytes:
        if self.name == name and byte <= (first or 0) < byte + size:
            raise StoreError(self.url, "cannot be reached (ReadTimeoutError)", "check the network")
        return whole(self, first, after)

    monkeypatch.setattr(ObjectPath, "read_bytes", cut)


GONE = "cannot be read (cannot be reached (ReadTimeoutError); check the network)"


@pytest.mark.parametrize(
    ("name", "byte", "rows"),
    [
        ("aisdk-2023-03-18.csv", 500_000, 3000),
        ("a.csv.gz", 20_000, 1000),
        ("b.csv.zst", 4_000, 1000),
        ("c.zip", 24_000, 4000),
        ("e.parquet", 40_000, 1000),
        *((name, 0, 0) for name in ("a.csv.gz", "b.csv.zst", "c.zip", "e.parquet")),
    ],
)
def test_a_server_that_goes_away_ends_the_archive_there(
    bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch, name: str, byte: int, rows: int
) -> None:
    """What came before counts, as of a file that is damaged; a stream tries again."""
    monkeypatch.setattr(rawfile, "OBJECT_BYTES", 1 << 12)
    monkeypatch.setattr("cablewatch.archives.table.BLOCK_BYTES", 1 << 15)
    path = bucket / name
    archive = open_archive(path, stations=Stations())
    cut_at(monkeypatch, name, byte, 12_000 if byte and name[0] in "ce" else 1 << 40)
    found = 0
    with pytest.raises(ArchiveError) as told:
        for batch in archive.batches(lambda _: None):
            found += len(batch.fixes)
    assert rows <= found < ROWS
    assert str(told.value.where).startswith(str(path))
    assert told.value.what == GONE
    [*_, (*_, end)] = read(paths_of([archive]), DEFAULTS)
    assert unpacked(end).error[1] == GONE
    with pytest.raises(ArchiveError, match="ReadTimeoutError"):
        list(read(paths_of([archive]), DEFAULTS, again=True))


def test_what_was_replaced_after_it_was_looked_at_is_not_cut(bucket: ObjectPath) -> None:
    """A longer one is read whole, or told where a task of a cluster meets it."""
    path = bucket / "aisdk-2023-03-18.csv"
    [found] = find([path])
    archive = open_archive(found.path, stations=Stations())
    text = path.read_bytes()
    path.write_bytes(text + text[text.index(b"\n") + 1 :])
    [(_, _, _, end)] = read(paths_of([archive]), DEFAULTS)
    assert unpacked(end).error[1] == "was replaced before it was read"
    assert len(read_all(found.path).fixes) == 2 * ROWS  # type: ignore[arg-type]


@pytest.mark.parametrize("request_", ["found", "read_bytes"])
def test_one_object_that_is_refused_leaves_the_others(
    bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch, request_: str
) -> None:
    whole = getattr(ObjectPath, request_)

    def refused(self: ObjectPath, *what: Any) -> Any:
        if self.name == "a.csv.gz":
            raise StoreError(self.url, "access is refused (AccessDenied)", "check the key")
        return whole(self, *what)

    monkeypatch.setattr(ObjectPath, request_, refused)
    for paths in ([bucket], [bucket / "d.nmea", bucket / "a.csv.gz"]):
        source = opened(paths, DEFAULTS, Stations(), before={"none"})
        assert len(source.archives) == (5 if paths == [bucket] else 1)
        [error] = source.errors
        assert "access is refused (AccessDenied)" in error.what


def test_an_object_that_cannot_be_had_is_no_stray(
    bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day that is missing is not passed over as a file that is no archive is."""
    (bucket / "readme.txt").write_bytes(b"days of AIS")
    cut_at(monkeypatch, "a.csv.gz", 0)
    source = opened([bucket], DEFAULTS, Stations())
    assert [error.where for error in source.errors] == [f"{bucket}/a.csv.gz"]
    assert [error.where for error in source.strays] == [f"{bucket}/readme.txt"]
    assert len(source.archives) == 5


def test_what_cannot_be_sampled_is_not_taken_for_ordered(
    bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = open_archive(bucket / "aisdk-2023-03-18.csv", stations=Stations())
    assert archive.ordered
    cut_at(monkeypatch, "aisdk-2023-03-18.csv", 1)
    assert not archive.ordered


@pytest.mark.parametrize("longer", [True, False])
def test_an_object_that_is_replaced_while_it_is_read_is_told(
    bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch, longer: bool
) -> None:
    monkeypatch.setattr(rawfile, "OBJECT_BYTES", 1 << 14)
    monkeypatch.setattr("cablewatch.archives.table.BLOCK_BYTES", 1 << 15)
    path = bucket / "aisdk-2023-03-18.csv"
    archive = open_archive(path, stations=Stations())
    text = path.read_bytes()
    batches = archive.batches(lambda _: None)
    next(batches)
    path.write_bytes(text * 2 if longer else text[: len(text) // 2])
    with pytest.raises(ArchiveError) as told:
        list(batches)
    assert told.value.what.startswith("was replaced while" if longer else "cannot be read (")


def test_requests_are_as_many_as_pieces_are_read_ahead(
    s3: ObjectPath,
    folder: Path,
    counted: Callable[[Callable[[], Any]], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rawfile, "OBJECT_BYTES", 10_000)
    for name in ("aisdk-2023-03-18.csv", "a.csv.gz", "b.csv.zst", "c.zip"):
        packed = (folder / name).read_bytes()
        (s3 / name).write_bytes(packed)
        archive = open_archive(s3 / name, stations=Stations())
        sent = counted(lambda archive=archive: list(archive.batches(lambda _: None)))
        pieces = -(-len(packed) // 10_000)
        assert pieces <= sum(one.startswith("GET") for one in sent) <= pieces + 4
    (s3 / "e.parquet").write_bytes((folder / "e.parquet").read_bytes())
    table = open_archive(s3 / "e.parquet", stations=Stations())
    groups = pq.ParquetFile(folder / "e.parquet").num_row_groups
    assert groups > 5
    assert len(counted(lambda: list(table.batches(lambda _: None)))) <= 3 * groups + 5


def test_a_replay_of_objects_is_that_of_the_files(place: ObjectPath, tmp_path: Path) -> None:
    """From a bucket that holds the store and the state too."""
    archive = drifter(tmp_path)
    routes = load_cables(cables(tmp_path, {"north": [(18.0, 55.5), (18.0, 56.5)]}, off_m=1000))
    (place / "days" / archive.name).write_bytes(archive.read_bytes())
    (place / "days" / f".writing-{'0' * 32}.lock").write_bytes(b"of a killed run")

    def told(paths: list[Place], where: Place, name: str) -> Any:
        store = StoreWriter.of_archives(
            where / "days" / "store", paths, f"sqlite:///{tmp_path / name}"
        )
        return replay(paths, routes, state=where / "state", store=store)

    here = told([archive], tmp_path, "here.sqlite")
    there = told([place / "days"], place, "there.sqlite")
    assert here.ranked()
    one, other = ("".join(FORMATS["jsonl"](said.ranked(), "")) for said in (here, there))
    assert one == other
    again = told([place / "days"], place, "there.sqlite")
    assert (again.read_before, again.fixes, len(again.strays)) == (1, 0, 0)


def test_an_object_that_changes_its_size_is_another(place: ObjectPath) -> None:
    (place / "a.csv").write_bytes(b"x")
    before = name_of(place / "a.csv")
    assert before == name_of(find([place])[0].path)
    (place / "a.csv").write_bytes(b"xx")
    assert name_of(place / "a.csv") != before


def test_a_stream_takes_objects_as_they_come(bucket: ObjectPath, tmp_path: Path) -> None:
    source = folder_input(bucket, tmp_path / "checkpoint", [bucket / "store"])
    (bucket / "store" / "run.json").write_bytes(b"x")
    (bucket / "f.csv.tmp").write_bytes(b"x")
    end = source.newest()
    parts = source.parts(source.first(), end)
    assert [part.file.path.rpartition("/")[2] for part in parts] == [
        *("a.csv.gz", "aisdk-2023-03-18.csv", "b.csv.zst", "c.zip", "d.nmea", "e.parquet")
    ]
    assert len(list(source.read(parts[0]))) > 1
    (bucket / "a.csv.gz").write_bytes(b"other")
    with pytest.raises(ArchiveError, match="was not whole"):
        next(source.read(parts[0]))
    (bucket / "a.csv.gz").unlink()
    with pytest.raises(ArchiveError, match="is gone"):
        next(source.read(parts[0]))


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cablewatch", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def test_commands_take_urls(s3: ObjectPath, folder: Path, tmp_path: Path) -> None:
    """They decode, learn and replay from a bucket, and write what they write of files."""
    for name in ("d.nmea", "e.parquet"):
        (s3 / name).write_bytes((folder / name).read_bytes())
    said = []
    there = [f"{s3}/d.nmea", f"{s3}/*.parquet"]
    here = [f"{folder}/d.nmea", f"{folder}/e.parquet"]
    for k, paths in enumerate((there, here)):
        outs = [str(tmp_path / f"{k}{ending}") for ending in (".csv", ".geojson", ".jsonl")]
        for words in (
            ("decode", *paths, "-o", outs[0]),
            ("context", "build", *paths, "-o", outs[1]),
            ("replay", *paths, "--out", outs[2]),
        ):
            done = run(*words)
            assert done.returncode == 0, done.stderr
        said.append([Path(out).read_bytes() for out in outs])
    assert said[0] == said[1]
    assert said[0][2]
    done = run("replay", f"{s3}/nothing")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"{s3}/nothing: cannot be read (there is no such object)" in done.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://days-*/a.csv", "names no bucket"),
        ("s3://days-[ab]/a.csv", "names no bucket"),
        ("memory://days//*.csv", "no object matches"),
        ("https://web.ais.dk/aisdk-2024-11-18.zip", "on the web"),
        ("s3://key:secret@days/a.csv", "no user, password or options"),
        (" ", "archives: names no folder"),
    ],
)
def test_a_url_that_cannot_be_read_is_told(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as told:
        api.read(url)
    assert "secret" not in str(told.value)


def test_what_means_the_same_is_the_same() -> None:
    pytest.importorskip("s3fs")
    assert place_of("s3a://days/a.csv") == place_of("s3://days/a.csv/")
    assert place_of("file:///days/a%20b#1?.csv") == Path("/days/a b#1?.csv")
    assert place_of("s3://days/store").absolute() in place_of("s3://days/store/a").parents


def test_where_files_are_wanted_a_url_is_refused() -> None:
    """A path joins the slashes of one, so that nothing would be there."""
    window = ("--from", "2024-11-18", "--to", "2024-11-19")
    for words in (("investigate", "--cable", "c-lion1", *window), ("evaluate",)):
        done = run(*words, "s3://b/x")
        assert done.returncode == 2
        assert "s3:/b/x: is a URL, and files are read here; name files" in done.stderr


@pytest.mark.soak
@pytest.mark.skipif(not SPARK, reason="PySpark or Java is not installed")
def test_spark_reads_objects(s3: ObjectPath, folder: Path, tmp_path: Path) -> None:
    """A replay, and a stream that is started twice."""
    (s3 / "d.nmea").write_bytes((folder / "d.nmea").read_bytes())
    outs = [tmp_path / f"{k}.jsonl" for k in range(2)]
    spark = ("--engine", "spark", "--master", "local[2]")
    for words in (
        ("replay", str(folder / "d.nmea"), "--out", str(outs[0])),
        ("replay", str(s3), "--out", str(outs[1]), *spark),
    ):
        done = run(*words)
        assert done.returncode == 0, done.stderr
    assert outs[0].read_bytes() == outs[1].read_bytes() != b""
    store, expected = (tmp_path / name for name in ("store", "expected"))
    own = ("--store", str(store), "--checkpoint", str(tmp_path / "checkpoint"))
    for _ in range(2):
        done = run("stream", str(s3), *own, "--master", "local[2]", "--once")
        assert done.returncode == 0, done.stderr
    kept = ("--store", str(expected), "--state", str(tmp_path / "state"))
    assert run("replay", str(folder / "d.nmea"), *kept).returncode == 0
    assert versions(store) == versions(expected) != []
