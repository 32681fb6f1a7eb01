"""NMEA logs: the reader around the decoder, shown with a stand-in for it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import cablewatch.ais
from cablewatch.fixes import Fixes, Stations
from cablewatch.vessels.statics import Statics

from .conftest import gzipped, read_all

T0_MS = 1_700_000_000_000


class Decoded(NamedTuple):
    fixes: Fixes
    statics: Statics
    refused: dict[str, int]
    examples: dict[str, bytes]


class LineDecoder:
    """A fix a line ``!AIVDM,1,<t_ms or ->``; the last line is held until flush."""

    def __init__(self, station: str = "", stations: Stations | None = None, **_: object) -> None:
        self._rest = b""

    def feed(self, data: bytes, received_ms: int | None = None) -> Decoded:
        assert received_ms is None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return self._decoded(lines)

    def flush(self) -> Decoded:
        lines, self._rest = [self._rest], b""
        return self._decoded([line for line in lines if line])

    def _decoded(self, lines: list[bytes]) -> Decoded:
        times = [line.rsplit(b",", 1)[1] for line in lines if line.startswith(b"!AIVDM")]
        t_ms = [int(time) for time in times if time != b"-"]
        n = len(t_ms)
        fixes = Fixes.from_columns(
            t_ms=t_ms, mmsi=np.full(n, 219000001), lon_deg=np.zeros(n), lat_deg=np.zeros(n)
        )
        statics = Statics.from_columns(t_ms=t_ms[:1], mmsi=[219000001][:n])
        refused = {"no_time": len(times) - n} if len(times) > n else {}
        return Decoded(fixes, statics, refused, {})


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cablewatch.ais, "Decoder", LineDecoder, raising=False)


def log(*times: object) -> bytes:
    return "".join(f"!AIVDM,1,{time}\n" for time in times).encode()


@pytest.mark.usefixtures("small_blocks")
def test_all_lines_arrive_in_order(tmp_path: Path) -> None:
    times = [T0_MS + i for i in range(1000)]
    (tmp_path / "a.csv").write_bytes(log(*times).rstrip())
    read = read_all(tmp_path / "a.csv")
    assert (read.archive.format, read.archive.ordered, read.error) == ("nmea", True, None)
    assert read.fixes.t_ms.tolist() == times
    assert len(read.statics) > 10
    assert read.progress[-1] == read.archive.size_bytes


def test_a_cut_log_yields_its_head(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    path = gzipped(tmp_path / "a", log(*(T0_MS + rng.integers(0, 10**6, 5000))))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    read = read_all(path)
    assert 2000 < len(read.fixes) < 3000
    assert read.error is not None
    assert read.error.where == f"{path}:{len(read.fixes) + 1}"


def test_a_log_without_any_time_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(log("-", "-", "-"))
    read = read_all(tmp_path / "a")
    assert "no sentence has a time (3 reports)" in str(read.error)
    (tmp_path / "b").write_bytes(log("-", T0_MS, "-"))
    read = read_all(tmp_path / "b")
    assert (len(read.fixes), read.error, read.archive.refused.counts["no_time"]) == (1, None, 2)


def test_times_outside_the_age_of_ais_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(log(0, T0_MS, 10**13))
    read = read_all(tmp_path / "a")
    assert read.fixes.t_ms.tolist() == [T0_MS]
    assert read.archive.refused.counts == {"bad_time": 2}
    (tmp_path / "b").write_bytes(log(0, 1))
    assert "no time lies between 2000 and now" in str(read_all(tmp_path / "b").error)
