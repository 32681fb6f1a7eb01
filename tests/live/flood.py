"""A watch of a scene beside which very many ships report that nobody has ever built."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cablewatch.cables.model import collection_text
from cablewatch.fixes import Array
from cablewatch.scenario import encode
from cablewatch.scenario.reception import REPORT_DTYPE
from cablewatch.scenario.scenes import make_scene

from .stored import content

LATENESS_S = 60
HOUR_S = 3600
REPORTS = 2  # of each fake ship: the second confirms the first, so that she has a track
BETWEEN_S = 120
FIRST_MMSI = 300_000_000


class Outcome(NamedTuple):
    """What a run came to."""

    alerts: list[str]  # on ships of the scene, with the fake ones beside them
    without: list[str]  # the same, of the scene alone
    memory_mb: float  # of the watch, at most
    memory_without_mb: float


def run(ships: int, folder: Path) -> Outcome:
    """Watch the scene alone, then in the flood."""
    made = make_scene("anchor-drag", 1)
    scene, flooded = folder / "scene.nmea", folder / "flooded.nmea"
    made.write(scene)
    lines = scene.read_bytes().splitlines(keepends=True)
    stamps_s = np.array([int(line.partition(b"c:")[2][:10]) for line in lines])
    middle_s = int(np.median(stamps_s))
    rows = _reports(ships, middle_s - HOUR_S // 2)
    with flooded.open("wb") as out:
        for minute in np.unique([*(stamps_s // 60), *(rows["t_s"] // 60)]).tolist():
            out.writelines(lines[k] for k in np.flatnonzero(stamps_s // 60 == minute))
            a, b = np.searchsorted(rows["t_s"], [60 * minute, 60 * minute + 60])
            if a < b:
                out.write(_text(rows[a:b]))
    (folder / "cables.geojson").write_text(collection_text(tuple(made.cables)), encoding="utf-8")
    without_mb, memory_mb = (_watched(log, folder) for log in (scene, flooded))
    said = (content(folder / log.stem, made.mmsis) for log in (flooded, scene))
    return Outcome(*said, memory_mb, without_mb)


def _reports(ships: int, from_s: int) -> Array:
    """Two reports of each ship within an hour, by time; ships lie all over a sea."""
    rng = np.random.default_rng(1)
    rows = np.zeros(REPORTS * ships, REPORT_DTYPE)
    first_s = from_s + rng.integers(0, HOUR_S - BETWEEN_S, ships)
    rows["t_s"] = np.concatenate([first_s, first_s + BETWEEN_S])
    rows["mmsi"] = np.tile(FIRST_MMSI + np.arange(ships), REPORTS)
    rows["lon_deg"] = np.tile(rng.uniform(5.0, 30.0, ships), REPORTS)
    rows["lat_deg"] = np.tile(rng.uniform(50.0, 65.0, ships), REPORTS)
    rows["nav_status"] = 1
    return rows[np.argsort(rows["t_s"], kind="stable")]


def _text(rows: Array) -> bytes:
    station = np.array([b"flood-0", b"flood-1"])[rows["mmsi"] % 2]
    channel = np.array([b"A", b"B"])[rows["mmsi"] % 2]
    symbols = encode.positions_a(rows, 1)
    return encode.lines(symbols, station, rows["t_s"], channel).tobytes()


def _watched(log: Path, folder: Path) -> float:
    """Watch a log to its end; the most memory that it took."""
    command = [sys.executable, "-m", "cablewatch", "watch", str(log), "--speed", "0"]
    command += ["--store", str(folder / log.stem), "--cables", str(folder / "cables.geojson")]
    with (folder / f"{log.stem}.log").open("wb") as errors:
        process = subprocess.Popen([*command, "--lateness", str(LATENESS_S)], stderr=errors)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (folder / f"{log.stem}.log").read_text()
    return used.ru_maxrss / 1024.0
