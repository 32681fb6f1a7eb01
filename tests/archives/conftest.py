"""Small archives, and one way to read them."""

import gzip
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cablewatch.archives import Archive, ReadOptions, open_archive
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Fixes, Stations
from cablewatch.vessels.statics import Statics

DANISH_22 = (
    "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,"
    "IMO,Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,"
    "Destination,ETA,Data source type"
)
DANISH_26 = DANISH_22 + ",A,B,C,D"


class Read(NamedTuple):
    """Everything an archive gave, and the error it ended with."""

    archive: Archive
    fixes: Fixes
    statics: Statics
    error: ArchiveError | None
    progress: list[int]


def read_all(
    path: Path,
    format: str | None = None,
    stations: Stations | None = None,
    **options: Any,
) -> Read:
    archive = open_archive(
        path, stations=stations or Stations(), options=ReadOptions(format=format, **options)
    )
    batches, progress = [], []
    error = None
    try:
        for batch in archive.batches(progress.append):
            batches.append(batch)
    except ArchiveError as caught:
        error = caught
    return Read(archive, *Batch.joined(batches), error, progress)


def danish_row(second: int = 0, mmsi: int = 219000001, **over: str) -> str:
    """A 26-column row; keys of `over` are column names with _ for blanks, in lower case."""
    values = {
        "timestamp": f"18/03/2023 {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}",
        "type of mobile": "Class A",
        "mmsi": str(mmsi),
        "latitude": "55.492100",
        "longitude": "14.752500",
        "navigational status": "Under way using engine",
        "rot": "0.7",
        "sog": "12.5",
        "cog": "241.8",
        "heading": "241",
        "imo": "Unknown",
        "callsign": "",
        "name": "",
        "ship type": "Undefined",
        "cargo type": "",
        "width": "",
        "length": "",
        "type of position fixing device": "Undefined",
        "draught": "",
        "destination": "",
        "eta": "",
        "data source type": "AIS",
        "a": "",
        "b": "",
        "c": "",
        "d": "",
    }
    for key, value in over.items():
        assert key.replace("_", " ") in values
        values[key.replace("_", " ")] = value
    return ",".join(values.values())


def danish(path: Path, rows: list[str], header: str = DANISH_26) -> Path:
    path.write_bytes("".join(f"{row}\r\n" for row in [header, *rows]).encode())
    return path


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return path


def gzipped(path: Path, data: bytes) -> Path:
    path.write_bytes(gzip.compress(data))
    return path


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few rows, so that small files have many."""
    monkeypatch.setattr("cablewatch.archives.table.BLOCK_BYTES", 700)
    monkeypatch.setattr("cablewatch.archives.nmea.BLOCK_BYTES", 700)
