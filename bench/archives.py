"""The Danish CSV reader against a bare columnar read of the same columns, side by side.

``python -m bench archives [--rows N] [--rounds N] [--growth]``. "Bare" is ``pyarrow.csv.read_csv``
of the columns our reader uses, on all cores, the whole table in memory, types inferred; "reader"
streams the file and checks, converts and reduces it to fixes and static data; "stored" also writes
the track store. Behind them, JSON: frames of aisstream.io, read one line at a time.
"""

import json
import statistics
import tempfile
import time
from pathlib import Path

import pyarrow.csv as pcsv

from bench.danish import rounds
from bench.danish_day import HEADER
from cablewatch.archives import open_archive
from cablewatch.archives.danish import TABLE
from cablewatch.fixes import Stations
from cablewatch.stores.tracks import TrackWriter

COLUMNS = [
    name
    for name in HEADER.split(",")
    if any(name.removeprefix("# ").lower() in names for names in TABLE.columns.values())
]
FRAMES = 100_000


def bare(path: Path) -> None:
    options = pcsv.ConvertOptions(include_columns=COLUMNS)
    pcsv.read_csv(path, convert_options=options)


def reader(path: Path) -> None:
    for _ in open_archive(path, stations=Stations()).batches(lambda _: None):
        pass


def stored(path: Path) -> None:
    stations = Stations()
    with (
        tempfile.TemporaryDirectory() as folder,
        TrackWriter(Path(folder) / "tracks", stations) as writer,
    ):
        for batch in open_archive(path, stations=stations).batches(lambda _: None):
            writer.append(batch.fixes)


CONTENDERS = {"bare": bare, "reader": reader, "stored": stored}


def write_frames(path: Path, lines: int) -> None:
    """Position reports, every sixth a ship's static data, as aisstream.io sends them."""
    with path.open("w") as file:
        for k in range(lines):
            mmsi = 219_000_001 + k % 500
            said: dict[str, object]
            if k % 6:
                kind = "PositionReport"
                said = {"Longitude": 10 + k % 997 / 100, "Latitude": 55.5, "Sog": 7.3, "Cog": 255.0}
            else:
                kind = "ShipStaticData"
                said = {"Name": f"SHIP {mmsi}", "Type": 70, "ImoNumber": 9_300_001}
            clock = f"{k // 3600 % 24:02d}:{k // 60 % 60:02d}:{k % 60:02d}.257"
            time_utc = f"2024-11-18 {clock} +0000 UTC"
            frame = {
                "MessageType": kind,
                "MetaData": {"MMSI": mmsi, "ShipName": f"SHIP {mmsi}", "time_utc": time_utc},
                "Message": {kind: {"UserID": mmsi, "Valid": True, **said}},
            }
            file.write(json.dumps(frame) + "\n")


def main() -> None:
    rounds.main("bench.archives", __doc__)
    taken_s = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.jsonl"
        write_frames(path, FRAMES)
        for _ in range(3):
            start_s = time.perf_counter()
            reader(path)
            taken_s.append(time.perf_counter() - start_s)
    print(f"aisstream JSON {FRAMES / statistics.median(taken_s):,.0f} lines/s")


if __name__ == "__main__":
    main()
