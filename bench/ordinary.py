"""What ordinary ships do: the counts that the drag rule's figures come from.

    python -m bench ordinary

Takes the recorded tracks beside the project (``CABLEWATCH_SHARED``, else ``../shared``), ships and
days of the calibrate split alone. Prints how often a ship under way is in the band of a speed loss
over windows of several lengths, how many windows of 20 minutes have no gap of 60 s, and in how many
a cycle is found as recorded and with one laid into the same fixes.
"""

import math
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from cablewatch.archives import ReadOptions
from cablewatch.engine import cycle, fishtail, speed_loss
from cablewatch.engine.baseline import HISTORY_MIN, HOLD_MIN, MOVING_KN, UPPER_QUARTILE
from cablewatch.engine.state import DELAY_MIN
from cablewatch.engine.transitions import OUTPUT_DTYPE
from cablewatch.engine.wander import swing_gain
from cablewatch.evaluation.splits import split_of_day, split_of_ship
from cablewatch.evaluation.traffic import Traffic
from cablewatch.fixes import Array, Fixes
from cablewatch.units import MINUTE_MS
from cablewatch.usecases.read import read_files

TRACKS = "tracks/santa_barbara_2018-06-01_04_class_a.parquet"
METRES_DEG = 111_195.0
LAID_DEG = 3.0
PERIODS_S = (100.0, 390.0)  # of laid cycles: those that 20 minutes can show


def shared() -> Path:
    """Folder of recordings."""
    default = Path(__file__).resolve().parents[2] / "shared"
    return Path(os.environ.get("CABLEWATCH_SHARED", default)) / "data"


def minute_ratios(track: Fixes) -> tuple[Array, Array, Array]:
    """Minutes since 1970, speed of each (kn), and its share of the ship's own; NaN unknown."""
    known = ~np.isnan(track.sog_kn)
    minute, sog = track.t_ms[known] // MINUTE_MS, track.sog_kn[known].astype(float)
    if not len(minute):
        return minute, sog, sog
    first = int(minute[0])
    speeds = np.full(int(minute[-1]) - first + 1, np.nan)
    for number in np.unique(minute):
        speeds[number - first] = np.median(sog[minute == number])
    heard = np.maximum.accumulate(np.where(np.isnan(speeds), -1, np.arange(len(speeds))))
    speeds = np.where(np.arange(len(speeds)) - heard < HOLD_MIN, speeds[heard], np.nan)
    ratios, history = np.full(len(speeds), np.nan), []
    for k in range(len(speeds)):
        if k >= DELAY_MIN and speeds[k - DELAY_MIN] >= MOVING_KN:
            history.append(speeds[k - DELAY_MIN])
        if len(history) >= HISTORY_MIN:
            ratios[k] = speeds[k] / np.quantile(history[-1440:], UPPER_QUARTILE)
    return first + np.arange(len(speeds)), speeds, ratios


def in_band(tracks: list[Fixes], length: int) -> tuple[int, int]:
    """Windows of so many minutes under way, and those of them in the band for nine tenths."""
    low, high = math.exp(speed_loss.BAND_LOW), math.exp(speed_loss.BAND_HIGH)
    windows = hits = 0
    for track in tracks:
        minute, speeds, ratios = minute_ratios(track)
        for k in range(0, len(ratios) - length, length):
            if split_of_day(int(minute[k]) * MINUTE_MS) != "calibrate":
                continue
            ratio = ratios[k : k + length]
            told = ratio[~np.isnan(ratio)]
            if len(told) < 0.7 * length or np.nanmedian(speeds[k : k + length]) < MOVING_KN:
                continue
            windows += 1
            hits += bool(((told >= low) & (told <= high)).mean() >= 0.9)
    return windows, hits


def windows_of(track: Fixes) -> Iterator[Fixes]:
    """Parts of 20 minutes of a track at the speeds of the rule, with a course, 18 s apart."""
    kept = track.take(~np.isnan(track.cog_deg) & ~np.isnan(track.sog_kn))
    for start in range(int(track.t_ms[0]), int(track.t_ms[-1]) - cycle.SHORT_MS, cycle.SHORT_MS):
        if split_of_day(start) != "calibrate":
            continue
        part = kept.take((kept.t_ms >= start) & (kept.t_ms < start + cycle.SHORT_MS))
        if len(part) and fishtail.LOW_KN <= np.median(part.sog_kn) <= fishtail.HIGH_KN:
            yield part


def spaced(part: Fixes) -> Fixes:
    """Fixes at least 18 s apart."""
    rows, last = [], -math.inf
    for k, t_ms in enumerate(part.t_ms.tolist()):
        if t_ms - last >= 18_000:
            rows.append(k)
            last = t_ms
    return part.take(np.array(rows, int))


def deviation_deg(part: Fixes, out: Array, laid_deg: float, period_s: float, phase: float) -> float:
    """Deviation as far as it swings in one window, a cycle laid into it; NaN not searchable."""
    t = (part.t_ms - part.t_ms[0]) / 1000.0
    n = len(t)
    if n < cycle.LEAST_FIXES or 1000.0 * t[-1] < cycle.FILLED * cycle.SHORT_MS:
        return math.nan
    course = np.unwrap(part.cog_deg.astype(float), period=360.0)
    mean = math.radians(float(course.mean()))
    east = (part.lon_deg - part.lon_deg[0]) * METRES_DEG * math.cos(math.radians(part.lat_deg[0]))
    north = (part.lat_deg - part.lat_deg[0]) * METRES_DEG
    speed = (east[-1] * math.sin(mean) + north[-1] * math.cos(mean)) / t[-1]
    turn = 2.0 * math.pi / period_s
    aside = math.radians(laid_deg) * speed / turn * np.sin(turn * t + phase)
    out["time_s"][:n] = t
    out["course"][:n] = course + laid_deg * np.cos(turn * t + phase)
    out["across_m"][:n] = east * math.cos(mean) - north * math.sin(mean) + aside
    kept, left, turned = cycle.detrended(n, out)  # type: ignore[no-untyped-call]
    if speed < cycle.SLOWEST_M_S or abs(turned) > cycle.NET_TURN_DEG:
        return math.nan
    shortest = max(cycle.SHORTEST_S, cycle.SHORTEST_INTERVALS * float(np.median(np.diff(t))))
    found, clear, period = cycle.best_cycle(  # type: ignore[no-untyped-call]
        kept, left, speed, cycle.SHORT_CYCLES, shortest, out
    )
    if not (found >= cycle.WEIGHED_DEG and clear >= cycle.WEIGHED_CLEAR):
        return 0.0 if found >= 0.0 else math.nan
    gain = swing_gain(kept, speed, period, out)  # type: ignore[no-untyped-call]
    return float(fishtail.swinging_deg(found, gain))  # type: ignore[no-untyped-call]


def main() -> None:
    folder = shared()
    if not folder.is_dir():
        print(f"recordings are absent: {folder} (set CABLEWATCH_SHARED)")
        return
    traffic = Traffic.of(read_files([folder / TRACKS], ReadOptions()))
    tracks = [
        traffic.fixes.take(ship.rows)
        for mmsi, ship in sorted(traffic.ships.items())
        if split_of_ship(mmsi) == "calibrate" and len(ship.rows) > 1
    ]
    print("| minutes | windows under way | in the band of a speed loss |\n|---|---|---|")
    for length in (10, 30, 60, 120):
        windows, hits = in_band(tracks, length)
        print(f"| {length} | {windows} | {100 * hits / max(windows, 1):.1f} % |")
    rng, out = np.random.default_rng(0), np.zeros(1, OUTPUT_DTYPE)[0]
    gapless = total = 0
    plain, laid = [], []
    following: list[tuple[bool, bool]] = []
    for track in tracks:
        own = []
        for part in windows_of(track):
            total += 1
            gapless += bool(np.diff(part.t_ms).max(initial=10**9 * (len(part) < 2)) <= MINUTE_MS)
            fixes = spaced(part)
            period, phase = rng.uniform(*PERIODS_S), rng.uniform(0.0, 2.0 * math.pi)
            as_recorded = deviation_deg(fixes, out, 0.0, period, phase)
            own.append(as_recorded)
            if not math.isnan(as_recorded):
                plain.append(as_recorded)
                laid.append(deviation_deg(fixes, out, LAID_DEG, period, phase))
        following += [(a >= 1.0, b >= 1.0) for a, b in pairwise(own) if not math.isnan(b)]
    print(f"\n20-minute windows at 4-16 kn: {total}; without a gap over 60 s {gapless / total:.1%}")
    print(f"cycle searchable in {len(plain)}; {LAID_DEG:g} degrees laid into each\n")
    print("| deviation of at least | as recorded | laid |\n|---|---|---|")
    for least in (1.0, 1.5, 2.0, 2.5):
        shares = [100 * float(np.mean(np.array(column) >= least)) for column in (plain, laid)]
        print(f"| {least:g} degrees | {shares[0]:.2f} % | {shares[1]:.1f} % |")
    again = [b for a, b in following if a]
    print(f"\nwindows with a cycle of 1 degree followed by another: {sum(again)} of {len(again)}")


if __name__ == "__main__":
    main()
