"""Many files: which are meant, from when to when they reach, and that few are open at once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cablewatch.archives import ReadOptions, Selection, open_archive, opened
from cablewatch.archives.files import find
from cablewatch.archives.spans import SLACK_MS, named_days, span_of
from cablewatch.archives.streams import interleaved
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.fixes import Fixes, Stations
from cablewatch.units import DAY_MS, HOUR_MS
from cablewatch.vessels.statics import Statics

from .conftest import danish, danish_row, read_all

MIDNIGHT = 1_679_097_600_000  # 2023-03-18T00:00:00Z, the day of `danish_row`
HEADER = "time_utc,mmsi,lon,lat,sog_kn,cog_deg\n"


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def table(path: Path, *times: str) -> Path:
    rows = "".join(f"{time},219000001,12.5,55.25,7.5,90\n" for time in times)
    path.write_text(HEADER + rows)
    return path


def test_a_failure_is_of_one_archive_however_others_are_called(tmp_path: Path) -> None:
    """It is told with the file's path, or a line or a file inside behind that."""
    names = ("day1.csv", "day1.csv.gz", "day1.csv.zip")
    source = opened(
        [table(tmp_path / name, "2023-03-18T00:00:00Z") for name in names],
        ReadOptions(),
        Stations(),
    )
    for name in names:
        for inside in ("", ":7", "/day1.csv:7"):
            source.errors = [ArchiveError(f"{tmp_path / name}{inside}", "cut", "get it again")]
            failed = [a.path.name for a in source.archives if source.failed(a)]
            assert failed == [name], inside


def test_names_folders_and_patterns_each_file_once(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", ".hidden", "in/c.csv", "in/.git/d.csv", "[x].csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("x")
    found = find([tmp_path, tmp_path / "b.csv", tmp_path / "in" / ".." / "a.csv"])
    assert {(f.path.resolve().name, f.named) for f in found} == {
        ("a.csv", True),
        ("b.csv", True),
        ("c.csv", False),
        ("[x].csv", False),
    }
    assert [f.path.name for f in find([tmp_path / "?.csv"])] == ["a.csv", "b.csv"]
    assert [f.path.name for f in find([tmp_path / "**" / "c.*"])] == ["c.csv"]
    assert [f.path.name for f in find([tmp_path / "[x].csv"])] == ["[x].csv"]
    assert find([tmp_path / "absent"])[0].named  # what is wrong with it is said when it is opened
    with pytest.raises(UsageError, match="no file matches"):
        find([tmp_path / "*.parquet"])
    (tmp_path / "void").mkdir()
    with pytest.raises(UsageError, match="empty"):
        find([tmp_path / "void"])


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("aisdk-2024-11-18.zip", ("2024-11-18", "2024-11-19")),
        ("ais-2024-01-01.parquet", ("2024-01-01", "2024-01-02")),
        ("aisdk_20180601.csv", ("2018-06-01", "2018-06-02")),
        ("seine_2016-03-31.log.gz", ("2016-03-31", "2016-04-01")),
        ("2024-11-01_2024-11-30.csv", ("2024-11-01", "2024-12-01")),
        ("aisdk-2023-12.zip", ("2023-12-01", "2024-01-01")),
        ("log 2024-02-30.csv", None),
        ("219000001.csv", None),
        ("120241118.csv", None),
    ],
)
def test_days_in_names(name: str, days: tuple[str, str] | None) -> None:
    expected = None if days is None else (at(days[0]), at(days[1]))
    assert named_days(name) == expected


def span(path: Path) -> tuple[int | None, int | None]:
    return span_of(open_archive(path, stations=Stations()))


def test_spans_of_formats_that_keep_order(tmp_path: Path) -> None:
    rows = [danish_row(second) for second in (7200, 9000)]
    first = MIDNIGHT + 2 * HOUR_MS
    assert span(danish(tmp_path / "a.csv", rows)) == (first - SLACK_MS, None)
    dated = span(danish(tmp_path / "aisdk-2023-03-18.csv", rows))
    assert dated == (first - SLACK_MS, first + DAY_MS + SLACK_MS)
    lying = span(danish(tmp_path / "aisdk-2024-01-01.csv", rows))
    assert lying == (first - SLACK_MS, None)


def test_spans_of_formats_without_order(tmp_path: Path) -> None:
    times = ("2023-03-18T09:00:00Z", "2023-03-18T01:00:00Z")
    assert span(table(tmp_path / "a.csv", *times)) == (None, None)
    dated = span(table(tmp_path / "a-2023-03-18.csv", *times))
    assert dated == (MIDNIGHT - SLACK_MS, MIDNIGHT + DAY_MS + SLACK_MS)
    east = span(table(tmp_path / "b-2023-03-18.csv", "2023-03-17T20:00:00Z"))
    assert east == (MIDNIGHT - 14 * HOUR_MS, MIDNIGHT + 36 * HOUR_MS)
    assert span(table(tmp_path / "c-2023-03-18.csv")) == (None, None)


def parquet(path: Path, t_ms: list[int], group: int = 10) -> Path:
    n = len(t_ms)
    columns = {
        "time_utc": pa.array(t_ms, pa.timestamp("ms", "UTC")),
        "mmsi": [219000001] * n,
        "lon": [12.5] * n,
        "lat": [55.5] * n,
        "sog_kn": [1.0] * n,
        "cog_deg": [1.0] * n,
    }
    pq.write_table(pa.table(columns), path, row_group_size=group)
    return path


def test_parquet_states_its_span_and_groups_are_passed_over(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a", [MIDNIGHT + i * 1000 for i in range(100)])
    assert span(path) == (MIDNIGHT, MIDNIGHT + 99_001)
    wanted = Selection(MIDNIGHT + 35_000, MIDNIGHT + 41_000)
    assert read_all(path, selection=wanted).fixes.t_ms.tolist() == [
        MIDNIGHT + i * 1000 for i in range(30, 50)
    ]


def test_files_beside_the_time_asked_for_are_skipped(tmp_path: Path) -> None:
    for day in range(1, 31):
        table(tmp_path / f"a-2023-06-{day:02d}.csv", f"2023-06-{day:02d}T12:00:00Z")
    wanted = Selection(at("2023-06-10"), at("2023-06-11"))
    source = opened([tmp_path], ReadOptions(selection=wanted), Stations())
    assert [a.path.name[-6:-4] for a in source.archives] == ["09", "10", "11"]  # an hour's slack
    assert len(source.skipped) == 27
    later = ReadOptions(selection=Selection(at("2024-01-01")))
    assert opened([tmp_path], later, Stations()).archives == []


def test_files_come_in_time_order_whatever_their_names(tmp_path: Path) -> None:
    danish(tmp_path / "a", [danish_row(7200)])
    parquet(tmp_path / "b", [MIDNIGHT])
    table(tmp_path / "c-2023-03-17.csv", "2023-03-17T12:00:00Z")
    source = opened([tmp_path], ReadOptions(), Stations())
    assert [a.path.name[0] for a in source.archives] == ["c", "b", "a"]


def test_strays_are_named_and_named_files_fail(tmp_path: Path) -> None:
    table(tmp_path / "a.csv", "2023-03-17T12:00:00Z")
    (tmp_path / "LICENCE").write_text("free")
    (tmp_path / "empty.csv").write_text("")
    source = opened([tmp_path], ReadOptions(), Stations())
    assert [Path(e.where).name for e in source.strays] == ["LICENCE", "empty.csv"]
    assert (len(source.archives), source.errors) == (1, [])
    source = opened([tmp_path, tmp_path / "LICENCE"], ReadOptions(), Stations())
    assert [Path(e.where).name for e in source.errors] == ["LICENCE"]
    (tmp_path / "a.csv").unlink()
    with pytest.raises(ArchiveError, match="LICENCE"):
        opened([tmp_path], ReadOptions(), Stations())


def test_a_month_of_days_is_open_one_day_at_a_time() -> None:
    live: set[int] = set()
    most = 0

    def day(k: int) -> Iterator[Batch]:
        nonlocal most
        live.add(k)
        most = max(most, len(live))
        for hour in range(24):
            t_ms = k * DAY_MS + hour * HOUR_MS + np.arange(0, HOUR_MS, 60_000)
            n = len(t_ms)
            fixes = Fixes.from_columns(
                t_ms=t_ms, mmsi=np.full(n, k), lon_deg=np.zeros(n), lat_deg=np.zeros(n)
            )
            yield Batch(fixes, Statics.empty())
        live.discard(k)

    starts = [k * DAY_MS - SLACK_MS for k in range(31)]
    batches = list(interleaved([day(k) for k in range(31)], starts))
    t_ms = np.concatenate([batch.fixes.t_ms for batch in batches])
    assert len(t_ms) == 31 * 24 * 60
    assert (np.diff(t_ms) > 0).all()
    assert most == 2
