"""Recorded NMEA logs through the reader and the decoder."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from cablewatch.fixes import Stations
from cablewatch.units import HOUR_MS, MINUTE_MS

from .conftest import read_all


@pytest.mark.parametrize(
    ("name", "first", "span_ms"),
    [
        ("kystverket_1000_lines.nm4", "2019-08-07T22", HOUR_MS),  # tag block
        ("dma_2013-11-12_5min.nmea.gz", "2013-11-12T12", 5 * MINUTE_MS),  # $PGHP
        ("seine_2016-03-31.log.gz", "2016-03-31T00", 24 * HOUR_MS),  # line prefix
        ("uscg_test.nmea", "2006-07-15T00", HOUR_MS),  # suffix
    ],
)
def test_every_style_of_time(shared: Path, name: str, first: str, span_ms: int) -> None:
    read = read_all(shared / "nmea" / name)
    assert (read.archive.format, read.error) == ("nmea", None)
    assert len(read.fixes) > 500
    start_ms = int(np.datetime64(first, "ms").astype(np.int64))
    assert read.fixes.t_ms.min() >= start_ms
    assert read.fixes.t_ms.max() < start_ms + HOUR_MS + span_ms
    assert read.progress[-1] == (shared / "nmea" / name).stat().st_size


def test_blocks_do_not_change_the_answer(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = shared / "nmea" / "dma_2013-11-12_5min.nmea.gz"
    whole = read_all(packed)
    (tmp_path / "log").write_bytes(gzip.decompress(packed.read_bytes()))
    monkeypatch.setattr("cablewatch.archives.nmea.BLOCK_BYTES", 10_007)
    pieces = read_all(tmp_path / "log")
    assert pieces.archive.refused.counts == whole.archive.refused.counts
    for one, other in zip(whole.fixes.columns(), pieces.fixes.columns(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_stations_enter_the_table_of_the_run(shared: Path) -> None:
    stations = Stations()
    read = read_all(shared / "nmea" / "aisdb_20211101.nm4", stations=stations)
    assert len(stations) > 1
    assert {stations.name(int(code)) for code in np.unique(read.fixes.station)} >= {"41925"}


def test_a_log_without_times_says_so(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("!BSVDM,1,1,,A,13mb9U0P00PRk8fT5nw>4?wj2006,0*5D\n" * 5)
    read = read_all(tmp_path / "log")
    assert "has a time" in str(read.error)
