"""The rules once more, slow and plain: from raw fixes and `docs/rules.md`, without the kernels.

Every figure is written out here as the text has it; none is taken from the code. One clean ship at
a time: every fix belongs to its track, and no neighbour votes.
"""

import itertools
import math
import statistics
from typing import NamedTuple

import numpy as np
from pyproj import Geod

from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS, NAUTICAL_MILE_M

GEOD = Geod(ellps="WGS84")


class Fix(NamedTuple):
    """A row of `Fixes`."""

    t_ms: int
    lon: float
    lat: float
    sog: float
    cog: float


class Said(NamedTuple):
    """What a rule says at a minute; NaN when nothing can be said."""

    minute_ms: int
    log_odds: float
    terms: dict[str, float]  # log-likelihood ratios


def rows(fixes: Fixes) -> list[Fix]:
    """Fixes as plain numbers."""
    columns = (fixes.t_ms, fixes.lon_deg, fixes.lat_deg, fixes.sog_kn, fixes.cog_deg)
    return [Fix(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]


def minutes(track: list[Fix]) -> list[tuple[int, list[Fix], float]]:
    """Whole minutes within 15 min of a fix: their end, the fixes before it, their speed.

    It is the median of the newest 16 reported in it, and of two and the minute before; without any
    it is that of the minute before, at most four times in a row.
    """
    found: list[tuple[int, list[Fix], float]] = []
    kn, held = math.nan, 4
    first = track[0].t_ms // MINUTE_MS + 1
    last = (track[-1].t_ms + 15 * MINUTE_MS) // MINUTE_MS
    for number in range(first, last + 1):
        end_ms = number * MINUTE_MS
        past = [fix for fix in track if fix.t_ms < end_ms]
        if end_ms - past[-1].t_ms > 15 * MINUTE_MS:
            continue
        inside = [f.sog for f in past if f.t_ms >= end_ms - MINUTE_MS and not math.isnan(f.sog)]
        held = 0 if inside else held + 1
        if len(inside) == 2 and not math.isnan(kn):
            inside.append(kn)
        if inside:
            kn = statistics.median(round(sog, 2) for sog in inside[-16:])
        elif held > 4:
            kn = math.nan
        found.append((end_ms, past, kn))
    return found


# drag


def upper_quartile(speeds: list[float]) -> float:
    """Of speeds in half-knot bins, each about its speed, that fade by half in 1,440 values."""
    weights = [0.5 ** ((len(speeds) - 1 - i) / 1440.0) for i in range(len(speeds))]
    if sum(weights) < 60.0:
        return math.nan
    bins = np.zeros(48)
    for speed, weight in zip(speeds, weights, strict=True):
        bins[min(47, int(speed / 0.5 + 0.5))] += weight
    edges = np.arange(49) * 0.5 - 0.25
    return float(np.interp(0.75 * bins.sum(), np.concatenate([[0.0], np.cumsum(bins)]), edges))


def speed_ratio(d: float) -> float:
    """Piecewise linear: gain between 0.55 and 0.82 of own speed, loss above 0.92 and below 0.4."""
    gain, loss = math.log(9.5) / 30.0, math.log(0.05 / 0.90) / 30.0
    knots = [math.log(x) for x in (0.40, 0.55, 0.82, 0.92)]
    if d <= knots[0] or d >= knots[3]:
        return loss
    return float(np.interp(d, knots, [0.0, gain, gain, loss]))


def median_interval(track: list[Fix]) -> float:
    """Running median: a twentieth towards each interval below an hour."""
    interval = 0.0
    for before, after in itertools.pairwise(track):
        s = (after.t_ms - before.t_ms) / 1000.0
        if not 0.0 < s < 3600.0:
            continue
        if interval == 0.0:
            interval = s
        else:
            interval = min(s, interval * 1.05) if s > interval else max(s, interval * 0.95)
    return interval


class Sampled:
    """A track on a time grid: course and way from point to point, with its breaks.

    Fixes without a course are passed over.
    """

    def __init__(self, track: list[Fix], step_ms: int) -> None:
        track = [fix for fix in track if not math.isnan(fix.cog)]
        self.step_ms = step_ms
        self.course: dict[int, float] = {}
        self.place: dict[int, tuple[float, float]] = {}
        self.run: dict[int, int] = {}  # first point of the unbroken run that holds a point
        self.after: dict[int, int] = {}  # time of the fix that completes a point
        self.breaks: list[int] = []
        lon0, lat0 = track[0].lon, track[0].lat
        scale = math.cos(math.radians(lat0)) * 111_320.0
        run = None
        for a, b in itertools.pairwise(track):
            if b.t_ms - a.t_ms > 60_000:
                run = None
                self.breaks.append(b.t_ms)
                continue
            turn = (b.cog - a.cog + 180.0) % 360.0 - 180.0
            for point in range(a.t_ms // step_ms + 1, b.t_ms // step_ms + 1):
                part = (point * step_ms - a.t_ms) / (b.t_ms - a.t_ms)
                run = point if run is None else run
                self.course[point] = (a.cog + turn * part) % 360.0
                self.place[point] = (
                    (a.lon + (b.lon - a.lon) * part - lon0) * scale,
                    (a.lat + (b.lat - a.lat) * part - lat0) * 111_250.0,
                )
                self.run[point], self.after[point] = run, b.t_ms
        self.points = sorted(self.course)

    def window(self, now_ms: int) -> tuple[Array, Array] | None:
        """Course and course made good of the newest 120 points, when they are recent and whole."""
        known = [p for p in self.points[-4000:] if self.after[p] < now_ms]
        if not known or now_ms - known[-1] * self.step_ms > 60_000 + self.step_ms:
            return None
        last = known[-1]
        if any(self.after[last] < t_ms < now_ms for t_ms in self.breaks):
            return None
        first = last - 119
        if self.run[last] >= first:  # the way to the first point after a break is not known
            return None
        course = np.unwrap([self.course[p] for p in range(first, last + 1)], period=360.0)
        made_good = []
        for i, p in enumerate(range(first, last + 1)):
            q = min(p + 1, last)
            x = self.place[q][0] - self.place[p - 1][0]
            y = self.place[q][1] - self.place[p - 1][1]
            bearing = math.degrees(math.atan2(x, y))
            made_good.append(course[i] + (bearing - course[i] + 180.0) % 360.0 - 180.0)
        return course, np.array(made_good)


def shared_cycle(
    course: Array, made_good: Array, step_s: float, shortest_s: float
) -> tuple[float, float]:
    """Deviation and period of the sinusoid that both series share."""
    n = len(course)
    i = np.arange(n)
    flat, amplitudes = [], []
    for series in (course, made_good):
        slope, level = np.polyfit(i, series, 1)
        if abs(slope * (n - 1)) > 15.0:
            return math.nan, math.nan
        flat.append(series - slope * i - level)
    if min(f.std() for f in flat) < 0.4:
        return 0.0, math.nan
    periods = [2.0 * n * step_s / k for k in range(6, n) if 2.0 * n * step_s / k >= shortest_s]
    if not periods:
        return 0.0, math.nan
    for series in flat:
        wave = np.exp(-2j * np.pi * np.outer(step_s / np.array(periods), i))
        amplitudes.append(wave @ series * 2.0 / n)
    best = int(np.argmax(np.abs(amplitudes[0]) * np.abs(amplitudes[1])))
    a, b = amplitudes[0][best], amplitudes[1][best]
    in_phase = (a * np.conj(b)).real / abs(a) / abs(b)
    if in_phase < 0.7 or not 0.5 <= abs(a) / abs(b) <= 2.0:
        return 0.0, periods[best]
    shares = [min(1.0, abs(z) ** 2 / 2.0 / f.var()) for z, f in zip((a, b), flat, strict=True)]
    return min(abs(a) * shares[0], abs(b) * shares[1]), periods[best]


def cycle_ratio(
    deviation: float, known: bool, period: float, kn: float, length: float, interval: float
) -> float:
    """Ratio of a cycle: absent below 1 degree, full from 3 on, only at 3.5-16 ship lengths."""
    if math.isnan(deviation):
        return 0.0
    if deviation > 20.0:
        return 0.0
    if deviation < 1.0:
        return -(1.0 - deviation)
    if length > 0.0 and not 3.5 <= period * kn * KNOT_M_S / length <= 16.0:
        return 0.0
    cap = math.log(30.0) if length > 0.0 and interval <= 30.0 else math.log(10.0)
    cap = cap if known else math.log(2.5)
    return cap * min(1.0, (deviation - 1.0) / 2.0)


def drag_odds(fixes: Fixes, length_m: float) -> list[Said]:
    """What `drag` says of one clean ship that has no episode open when she falls silent."""
    track = rows(fixes)
    grids = [Sampled(track, step) for step in (10_000, 30_000)]
    waiting: list[float] = [math.nan] * 30
    history: list[float] = []
    s, since_ms, suspect, heard_ms = 0.0, 0, False, 0
    deviation = period = math.nan
    known = False
    habits: list[list[float]] = [[] for _ in grids]
    said = []
    for now_ms, past, kn in minutes(track):
        suspect = s >= 0.5 and now_ms - since_ms < 48 * HOUR_MS
        old = waiting.pop(0)
        waiting.append(kn)
        if not suspect and old >= 3.0:
            history.append(old)
        own = upper_quartile(history)
        d = math.nan
        if not math.isnan(kn) and not math.isnan(own):
            d = math.log(max(kn, 0.1) / own)
            missed = (now_ms - heard_ms) // MINUTE_MS - 1
            heard_ms = now_ms
            if s > 0.0 and missed >= 120:
                s, waiting = 0.0, [math.nan] * 30
            s *= math.exp(-max(0, missed) / 120)
            was, s = s, min(math.log(100.0), max(0.0, s * math.exp(-1 / 120) + speed_ratio(d)))
            if was == 0.0 and s > 0.0:
                since_ms = now_ms - MINUTE_MS
            if was < 0.5 <= s:
                waiting = [math.nan] * 30
        interval = median_interval(past)
        suspect = s >= 0.5 and now_ms - since_ms < 48 * HOUR_MS
        if suspect or now_ms % (10 * MINUTE_MS) == 0:
            deviation = period = math.nan
            if 4.0 <= kn <= 16.0:
                for grid, habit in zip(grids, habits, strict=True):
                    window = grid.window(now_ms)
                    if window is None:
                        continue
                    step_s = grid.step_ms / 1000.0
                    found = shared_cycle(*window, step_s, max(4.0 * step_s, 6.0 * interval))
                    if math.isnan(found[0]):
                        continue
                    usual = np.mean(habit) + 2.0 * np.std(habit) if len(habit) >= 6 else 0.0
                    beyond = max(0.0, found[0] - float(usual))
                    if math.isnan(deviation) or beyond > deviation:
                        deviation, period, known = beyond, found[1], len(habit) >= 6
                    if not suspect:
                        habit.append(found[0])
        if math.isnan(d):
            said.append(Said(now_ms, math.nan, {}))
            continue
        a = s if now_ms - since_ms >= 10 * MINUTE_MS else 0.0
        b = cycle_ratio(deviation, known, period, kn, length_m, interval) if s > 0.0 else 0.0
        said.append(Said(now_ms, math.log(0.001) + a + b, {"speed_loss": a, "course_cycle": b}))
    return said


# loitering


def loiter_odds(fixes: Fixes, cable_lon: float, half_width_m: float) -> list[Said]:
    """What `loiter` says of one clean ship about a cable along a meridian."""
    track = rows(fixes)
    said: list[Said] = []
    entered_ms, inside_ms, outside, speeds, returns = None, 0, 0, [0.0], 0
    crossed_before = 0
    for now_ms, past, kn in minutes(track):
        crossed = crossings(past, now_ms, cable_lon)
        new, crossed_before = crossed - crossed_before, crossed
        if entered_ms is not None:
            returns += new
        here = past[-1]
        off_m = GEOD.inv(here.lon, here.lat, cable_lon, here.lat)[2]
        heard = now_ms - here.t_ms <= 5 * MINUTE_MS
        if heard and off_m <= half_width_m:
            if entered_ms is None or now_ms - inside_ms > HOUR_MS:
                entered_ms, speeds, returns = now_ms, [], 0
            elif not math.isnan(kn):
                speeds.append(kn)
            inside_ms, outside = now_ms, 0
        elif heard:
            outside += 1
            entered_ms = None if outside > 10 else entered_ms
        if math.isnan(kn):
            said.append(Said(now_ms, math.nan, {}))
            continue
        slow = returning = turning = 0.0
        if entered_ms is not None:
            stay_s = (now_ms - entered_ms) / 1000.0
            places = samples(past)
            way_m = sum(apart_m(a, b) for a, b in itertools.pairwise(places))
            if way_m >= NAUTICAL_MILE_M and sum(speeds) / max(len(speeds), 1) < 6.0:
                if len(places) == 13 and stay_s >= 7200.0:
                    blocks = apart_m(places[0], places[6]), apart_m(places[6], places[12])
                    if max(blocks) / 3600.0 / KNOT_M_S < 2.0:
                        slow = math.log(12.0)
                if returns >= 3:
                    returning = math.log(12.0)
                if slow or returning:
                    part = (turning_rate(past) - 2.0) / 8.0
                    turning = math.log(2.0) * min(1.0, max(0.0, part))
        terms = {"slow_hours": slow, "returns": returning, "course_change": turning}
        said.append(Said(now_ms, math.log(0.01) + slow + returning + turning, terms))
    return said


def crossings(past: list[Fix], now_ms: int, cable_lon: float) -> int:
    """How often a track passed a meridian for good.

    That is once a fix that is clear of it by 30 m is the second in a row beyond it, or the last for
    10 minutes.
    """
    count, passed = 0, False
    ends = [fix.t_ms for fix in past[1:]] + [now_ms]
    for i, (fix, end_ms) in enumerate(zip(past, ends, strict=True)):
        if i and (past[i - 1].lon >= cable_lon) != (fix.lon >= cable_lon):
            passed, second = not passed, False
        else:
            second = True
        ten_ms = -(-(fix.t_ms + 10 * MINUTE_MS) // MINUTE_MS) * MINUTE_MS
        clear = float(GEOD.inv(fix.lon, fix.lat, cable_lon, fix.lat)[2]) > 30.0
        if passed and clear and (second or ten_ms <= end_ms):
            count, passed = count + 1, False
    return count


def samples(past: list[Fix]) -> list[tuple[float, float]]:
    """The first place of each ten minutes, at most thirteen; a missing one is that of the next."""
    found: dict[int, tuple[float, float]] = {}
    last = None
    for fix in past:
        slot = fix.t_ms // (10 * MINUTE_MS)
        if last is not None and slot - last > 6:
            found, last = {}, None
        if slot == last:
            continue
        for missed in range(slot if last is None else last + 1, slot + 1):
            found[missed] = (fix.lon, fix.lat)
        last = slot
    return [found[slot] for slot in sorted(found)[-13:]]


def apart_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance between two places."""
    return float(GEOD.inv(*a, *b)[2])


def turning_rate(past: list[Fix]) -> float:
    """Running mean over half an hour of absolute course change, degrees a minute, above 1 kn.

    A course stands for a minute over fixes without one.
    """
    mean = 0.0
    a = past[0]
    for b in past[1:]:
        if math.isnan(b.cog):
            a = a if b.t_ms - a.t_ms <= 60_000 else b
            continue
        before, a = a, b
        s = (b.t_ms - before.t_ms) / 1000.0
        if not b.sog >= 1.0 or s <= 0.0 or math.isnan(before.cog):
            continue
        rate = abs((b.cog - before.cog + 180.0) % 360.0 - 180.0) / max(s, 10.0) * 60.0
        mean += min(1.0, s / 1800.0) * (min(rate, 180.0) - mean)
    return mean
