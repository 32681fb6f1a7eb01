"""The Danish CSV reader against a bare columnar read of the same columns, side by side.

``python bench/archives.py [--rows N] [--rounds N]`` writes a Danish-style CSV of N rows into a
temporary folder and prints the median of each and their ratio. "Bare" is ``pyarrow.csv.read_csv``
of the columns our reader uses, on all cores, the whole table in memory, types inferred; "reader"
streams the file and checks, converts and reduces it to fixes and static data; "stored" also writes
the track store. One round runs each once, so that load on the machine meets all alike.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.csv as pcsv

from cablewatch.archives import open_archive
from cablewatch.archives.danish import NUMBERS, STATICS, TEXTS
from cablewatch.fixes import Stations
from cablewatch.stores.tracks import TrackWriter

HEADER = (
    "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,"
    "IMO,Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,"
    "Destination,ETA,Data source type,A,B,C,D"
)
SHIPS = 3000  # a Danish day has about as many
DAY_S = 86_400
DEGREE_KN_S = 216_000  # knots times seconds in one degree of latitude
CHUNK_ROWS = 100_000


def write_danish(path: Path, rows: int, seed: int = 1) -> None:
    """One day of `rows` reports of SHIPS ships that sail straight lines, in order of time."""
    rng = np.random.default_rng(seed)
    lat, lon = rng.uniform(54, 58, SHIPS), rng.uniform(8, 16, SHIPS)
    sog, cog = rng.gamma(3, 4, SHIPS), rng.uniform(0, 360, SHIPS)
    static = [_static_text(ship, rng) for ship in range(SHIPS)]
    with path.open("w") as file:
        file.write(HEADER + "\n")
        for start in range(0, rows, CHUNK_ROWS):
            n = min(CHUNK_ROWS, rows - start)
            ships = rng.integers(0, SHIPS, n)
            seconds = (start + np.arange(n)) * DAY_S // rows
            north = lat[ships] + seconds * sog[ships] / DEGREE_KN_S * np.cos(np.radians(cog[ships]))
            east = lon[ships] + seconds * sog[ships] / DEGREE_KN_S * 2 * np.sin(
                np.radians(cog[ships])
            )
            for second, ship, y, x in zip(seconds, ships, north, east, strict=True):
                minute, s = divmod(int(second), 60)
                file.write(
                    f"18/11/2024 {minute // 60:02d}:{minute % 60:02d}:{s:02d},"
                    f"{'Class B' if ship % 6 == 0 else 'Class A'},{219_000_000 + ship},"
                    f"{y:.6f},{x:.6f},Under way using engine,0.0,{sog[ship]:.1f},{cog[ship]:.1f},"
                    f"{int(cog[ship])},{static[ship]}\n"
                )


def _static_text(ship: int, rng: np.random.Generator) -> str:
    length, width = int(rng.integers(20, 300)), int(rng.integers(5, 40))
    kind = rng.choice(["Cargo", "Tanker", "Passenger", "Fishing", "Sailing", "Undefined"])
    bow, port = length // 3, width // 2
    return (
        f"{9_000_000 + ship},OX{ship:04d},SHIP OF NUMBER {ship},{kind},,{width},{length},GPS,"
        f"{rng.uniform(2, 15):.1f},PORT {ship % 300},20/11/2024 12:00:00,AIS,"
        f"{bow},{length - bow},{port},{width - port}"
    )


def bare(path: Path) -> int:
    wanted = {*NUMBERS, *TEXTS, *STATICS}
    names = [name for name in HEADER.split(",") if name.lstrip("# ").lower() in wanted]
    options = pcsv.ConvertOptions(include_columns=names)
    return int(pcsv.read_csv(path, convert_options=options).num_rows)


def reader(path: Path) -> int:
    archive = open_archive(path, stations=Stations())
    return sum(len(batch.fixes) for batch in archive.batches(lambda _: None))


def stored(path: Path) -> int:
    stations = Stations()
    rows = 0
    folder = path.parent / "tracks"
    with TrackWriter(folder, stations) as writer:
        for batch in open_archive(path, stations=stations).batches(lambda _: None):
            writer.append(batch.fixes)
            rows += len(batch.fixes)
    shutil.rmtree(folder)
    return rows


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=2_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    contenders: dict[str, Callable[[Path], int]] = {
        "bare": bare,
        "reader": reader,
        "stored": stored,
    }
    taken_s: dict[str, list[float]] = {name: [] for name in contenders}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.csv"
        write_danish(path, options.rows)
        for round_ in range(options.rounds + 1):
            for name, run in contenders.items():
                start_s = time.perf_counter()
                rows = run(path)
                if rows != options.rows:
                    raise SystemExit(f"{name} gave {rows} of {options.rows} rows")
                if round_:  # the first round warms the file cache
                    taken_s[name].append(time.perf_counter() - start_s)
        size_mb = path.stat().st_size / 1e6
    medians = {name: statistics.median(times) for name, times in taken_s.items()}
    print(f"{options.rows:,} rows, {size_mb:.0f} MB, median of {options.rounds} rounds")
    for name, median_s in medians.items():
        rate, ratio = options.rows / median_s / 1e6, median_s / medians["bare"]
        print(f"{name:8s} {median_s:7.2f} s  {rate:5.2f} M rows/s  {ratio:.2f} x bare")


if __name__ == "__main__":
    main()
