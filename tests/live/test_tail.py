"""The tail hands out what is added, once and in order, and keeps little."""

from pathlib import Path

import numpy as np
import pytest

from cablewatch.fixes import Fixes
from cablewatch.stores import tail
from cablewatch.stores.tail import TailReader, TailWriter

from .disks import room


def fixes(first: int, n: int) -> Fixes:
    at = np.arange(first, first + n)
    return Fixes.from_columns(t_ms=at, mmsi=at, lon_deg=at / 10.0, lat_deg=at / 20.0, station=7)


def test_readers_hear_what_comes_after_them(tmp_path: Path) -> None:
    assert not TailReader(tmp_path).there
    writer = TailWriter(tmp_path)
    writer.append(fixes(0, 3))
    reader = TailReader(tmp_path)
    assert len(reader.read()) == 0
    writer.append(fixes(3, 2))
    heard = reader.read()
    assert heard.mmsi.tolist() == [3, 4] and heard.lon_deg.tolist() == [0.3, 0.4]
    assert heard.station.tolist() == [0, 0] and np.isnan(heard.sog_kn).all()
    assert len(reader.read()) == 0
    writer.close()
    again = TailWriter(tmp_path)
    again.append(fixes(5, 1))
    assert reader.read().mmsi.tolist() == [5]
    again.close()


def test_old_files_go_and_no_reader_hears_anything_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "FILE_BYTES", 200)
    writer, heard = TailWriter(tmp_path), []
    reader = TailReader(tmp_path)
    for k in range(40):
        writer.append(fixes(k, 1))
        if k % 3 == 0:
            heard += reader.read().mmsi.tolist()
    heard += reader.read().mmsi.tolist()
    assert heard == list(range(40))
    assert len(list((tmp_path / tail.FOLDER).iterdir())) == tail.KEPT
    writer.close()


def test_a_record_cut_by_a_crash_is_not_read(tmp_path: Path) -> None:
    writer = TailWriter(tmp_path)
    writer.append(fixes(0, 1))
    writer.close()
    (path,) = (tmp_path / tail.FOLDER).iterdir()
    reader = TailReader(tmp_path)
    with path.open("ab") as file:
        file.write(b"x" * 10)
    assert len(reader.read()) == 0


def test_positions_behind_a_full_disk_are_whole(tmp_path: Path) -> None:
    writer, reader = TailWriter(tmp_path), TailReader(tmp_path)
    writer.append(fixes(0, 3))
    assert reader.read().mmsi.tolist() == [0, 1, 2]
    with room(100_000):
        writer.append(fixes(3, 5_000))
    writer.append(fixes(6_000, 2))
    heard = reader.read().mmsi.tolist()
    assert heard[-2:] == [6_000, 6_001] and heard[:-2] == list(range(3, 3 + len(heard) - 2))
    writer.close()
