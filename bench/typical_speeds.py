"""How far ships' own speeds lie from the typical one of their class, and what that costs.

    python -m bench typical_speeds

Takes the recordings beside the project (``CABLEWATCH_SHARED``, else ``../shared``), ships of the
calibrate half alone. First table: the spread of ships' upper quartile speeds about
:mod:`cablewatch.engine.typical_speed`, of the tracks over whole hours (types, no lengths) and of
short recordings (lengths, mostly one report: those of 8 kn and more, over 0.96, the median of an
upper quartile). Second: windows under way of the tracks in the band of a speed loss. Third: minutes
of a ship's first hour, as the engine folds them, in which the loss says anything for a drag.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.ordinary import TRACKS, shared
from cablewatch.archives import ReadOptions
from cablewatch.cables.index import build_index
from cablewatch.engine import drag, speed_loss
from cablewatch.engine.baseline import HISTORY_MIN, MOVING_KN, UPPER_QUARTILE
from cablewatch.engine.fold import Engine
from cablewatch.engine.typical_speed import CARGO, TANKER, typical_kn
from cablewatch.errors import CablewatchError
from cablewatch.evaluation.splits import split_of_ship
from cablewatch.evaluation.traffic import Ship, Traffic
from cablewatch.fixes import Array
from cablewatch.units import MINUTE_MS
from cablewatch.usecases.read import read_files
from cablewatch.vessels.register import Vessels

CLASSES = {"cargo": CARGO * 10, "tanker": TANKER * 10}
UNDER_WAY_KN = 8.0  # of one report: slower ones are in pilotage as often as not
SHORT = ("nmea", "archives")  # folders of recordings with lengths
RIVER = "seine"  # inland ships: no merchant hulls at sea
FIRST_MIN = 60


def minute_speeds(traffic: Traffic, ship: Ship) -> Array:
    """Median of the reported speeds of each minute at 3 kn and more."""
    fixes = traffic.fixes.take(ship.rows)
    rows = fixes.sog_kn >= MOVING_KN
    minute, sog = fixes.t_ms[rows] // MINUTE_MS, fixes.sog_kn[rows].astype(float)
    return np.array([np.median(sog[minute == m]) for m in np.unique(minute)])


def ours(traffic: Traffic) -> Iterator[tuple[Ship, str]]:
    """Cargo ships and tankers of the calibrate half, with their class."""
    for mmsi, ship in sorted(traffic.ships.items()):
        if split_of_ship(mmsi) == "calibrate" and ship.kind.name in CLASSES:
            yield ship, ship.kind.name


def ratio_row(name: str, kind: str, found: Sequence[tuple[float, float]]) -> str:
    """Line of the first table, of (own speed, length)."""
    off = [math.log(kn / typical_kn(CLASSES[kind], int(m))) for kn, m in found]
    rms = math.sqrt(float(np.mean(np.square(off)))) if off else math.nan
    spread = float(np.std(off, ddof=1)) if len(off) > 1 else math.nan
    return f"| {name} | {kind} | {len(off)} | {np.mean(off):+.3f} | {spread:.3f} | {rms:.3f} |"


def short_recordings(folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Speed and length of ships at sea in recordings of minutes."""
    found: dict[str, dict[int, tuple[float, float]]] = {kind: {} for kind in CLASSES}
    for path in sorted(p for part in SHORT for p in (folder / part).glob("*.*")):
        if RIVER in path.name:
            continue
        try:
            traffic = Traffic.of(read_files([path], ReadOptions()))
        except CablewatchError:
            continue
        for ship, kind in ours(traffic):
            speeds = minute_speeds(traffic, ship)
            kn = float(np.quantile(speeds, UPPER_QUARTILE)) if len(speeds) else 0.0
            if ship.length_m and kn >= UNDER_WAY_KN:
                found[kind][ship.mmsi] = kn / math.exp(speed_loss.ORDINARY), ship.length_m
    return {kind: list(ships.values()) for kind, ships in found.items()}


def in_band(traffic: Traffic, kind: str, length: int) -> tuple[int, int]:
    """Windows of so many minutes at 3 kn and more, and those nine tenths in the band."""
    windows = hits = 0
    for ship, name in ours(traffic):
        if name != kind:
            continue
        d = np.log(minute_speeds(traffic, ship) / typical_kn(CLASSES[kind], int(ship.length_m)))
        for k in range(0, len(d) - length + 1, length):
            part = d[k : k + length]
            windows += 1
            hits += bool(
                ((part >= speed_loss.BAND_LOW) & (part <= speed_loss.BAND_HIGH)).mean() >= 0.9
            )
    return windows, hits


def first_hour(traffic: Traffic, ship: Ship) -> Array:
    """Ratio of the speed loss at each minute of a ship's first hour under way; NaN none."""
    fixes = traffic.fixes.take(ship.rows)
    first_ms = int(fixes.t_ms[0])
    statics = traffic.statics.take(traffic.statics.mmsi == ship.mmsi)
    engine, vessels, before_ms = Engine(build_index([])), Vessels(), -(1 << 62)
    said = []
    for minute in range(1, FIRST_MIN + 1):
        now_ms = (first_ms // MINUTE_MS + minute) * MINUTE_MS
        f = np.searchsorted(fixes.t_ms, (before_ms, now_ms))
        s = np.searchsorted(statics.t_ms, (before_ms, now_ms))
        some = vessels.update(statics.take(slice(*s)))
        engine.push(fixes.take(slice(*f)), some, now_ms)
        before_ms = now_ms
        record = engine.state.ships[0]
        moving = record["mmsi"] != 0 and record["minute_kn"] >= MOVING_KN
        known = moving and record["ship_type"] != 0
        said.append(float(drag.evidence(record, now_ms)[0]) if known else math.nan)
    return np.array(said)


def main() -> None:
    folder = shared()
    if not folder.is_dir():
        print(f"recordings are absent: {folder} (set CABLEWATCH_SHARED)")
        return
    traffic = Traffic.of(read_files([folder / TRACKS], ReadOptions()))
    short = short_recordings(folder)
    print("| ships | class | n | mean of ln(own/typical) | sd | rms |\n|---|---|---|---|---|---|")
    for kind in CLASSES:
        hours = [
            (float(np.quantile(speeds, UPPER_QUARTILE)), ship.length_m)
            for ship, name in ours(traffic)
            if name == kind and len(speeds := minute_speeds(traffic, ship)) >= HISTORY_MIN
        ]
        print(ratio_row("tracks, no lengths", kind, hours))
        print(ratio_row("short recordings, lengths", kind, short[kind]))
    print("\n| class | minutes | windows under way | in the band |\n|---|---|---|---|")
    for kind in CLASSES:
        for length in (10, 30, 60):
            windows, hits = in_band(traffic, kind, length)
            print(f"| {kind} | {length} | {windows} | {100 * hits / max(1, windows):.1f} % |")
    print("\n| class | minutes of first hours under way | a > 0 | a >= 0.5 | a >= 1 | highest |")
    print("|---|---|---|---|---|---|")
    for kind in CLASSES:
        told = np.concatenate([first_hour(traffic, s) for s, name in ours(traffic) if name == kind])
        told = told[~np.isnan(told)]
        shares = [f"{100 * float(np.mean(told >= least)):.1f} %" for least in (1e-9, 0.5, 1.0)]
        print(f"| {kind} | {len(told)} | {' | '.join(shares)} | {told.max():.2f} |")


if __name__ == "__main__":
    main()
