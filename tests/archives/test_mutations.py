"""Damaged content never raises anything but ArchiveError, and no row is lost uncounted."""

from pathlib import Path

import numpy as np
import pytest

from .conftest import danish, danish_row, read_all

NASTY = [b'"', b",", b"\n", b"\r\n", b"\x00", b"\xff", b"-", b"1e400", b" ", b"\xef\xbb\xbf", b"''"]
GENERIC = "time_utc,mmsi,lon,lat,sog_kn,cog_deg,heading_deg,nav_status,ship_type,name"


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """`data` with a few nasty pieces put in, bytes changed or cut out below the header."""
    head, _, body = data.partition(b"\n")
    for _ in range(int(rng.integers(1, 30))):
        at = int(rng.integers(0, len(body)))
        kind = int(rng.integers(0, 3))
        piece = NASTY[int(rng.integers(0, len(NASTY)))] if kind else bytes(rng.integers(0, 256, 1))
        body = body[:at] + piece + body[at + (0, 1, 7)[kind] :]
    return head + b"\n" + body


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("seed", range(60))
def test_mutated_rows(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    if seed % 2:
        rows = [danish_row(i, name="ANNA, B" if i % 9 else '"ANNA, B"') for i in range(60)]
        data = danish(tmp_path / "a", rows).read_bytes()
    else:
        row = "2024-11-18T00:00:01Z,219000001,12.5,55.25,7.5,90,1,moored,cargo,ANNA"
        data = "\n".join([GENERIC, *[row] * 60]).encode()
    data = mutated(data, rng)
    (tmp_path / "b").write_bytes(data)
    read = read_all(tmp_path / "b")
    body = data.partition(b"\n")[2]
    lines = sum(bool(line.strip()) for line in body.replace(b"\r", b"\n").split(b"\n"))
    accounted = len(read.fixes) + read.archive.refused.counts.total()
    assert read.error is None
    assert abs(accounted - lines) <= 2 + body.count(b"\r") - body.count(b"\r\n")
