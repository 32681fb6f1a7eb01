"""The rules once more, slow and plain: from raw fixes and `docs/rules.md`, without the kernels.

Every figure is written out here as the text has it; none is taken from the code. One clean ship at
a time: every fix belongs to its track, and no neighbour votes.
"""

import itertools
import math
import statistics
from typing import NamedTuple

import numpy as np
from oracle_wander import swing_gain
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
    """Piecewise linear: gain between 0.50 and 0.82 of own speed, loss above 0.92 and below 0.4."""
    gain, loss = math.log(9.5) / 10.0, math.log(0.05 / 0.90) / 10.0
    knots = [math.log(x) for x in (0.40, 0.50, 0.82, 0.92)]
    if d <= knots[0] or d >= knots[3]:
        return loss
    return float(np.interp(d, knots, [0.0, gain, gain, loss]))


def typical(ship_type: int, length_m: float) -> tuple[float, float]:
    """Typical speed of a cargo ship or tanker, and the spread of its logarithm; NaN of others."""
    lengths = (length_m or 240.0) / 180.0
    if 70 <= ship_type <= 79:
        return 13.0 * lengths**0.25, 0.23
    if 80 <= ship_type <= 89:
        return 13.0 * lengths**0.125, 0.23
    return math.nan, math.nan


def typical_ratio(d: float, spread: float) -> float:
    """All minutes together: band and ordinary speeds widened by the spread, by summing over it."""
    if d <= math.log(0.4):
        return 0.0
    low, high, error = math.log(0.5), math.log(0.82), np.linspace(-6.0, 6.0, 24_001) * spread
    of_error = np.exp(-0.5 * (error / spread) ** 2)
    own = d - error
    band = float(np.average((own >= low) & (own <= high), weights=of_error)) / (high - low)
    ordinary = np.exp(-0.5 * ((own - math.log(0.96)) / 0.06) ** 2) / (0.06 * math.sqrt(2 * math.pi))
    others = float(np.average(ordinary, weights=of_error))
    ratio = math.log((0.95 * band + 0.05 * others) / (0.10 * band + 0.90 * others))
    return ratio * min(1.0, (d - math.log(0.4)) / (low - math.log(0.4)))


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


def trail(track: list[Fix]) -> list[Fix]:
    """Fixes with a course, 18 s apart at least; 15 minutes without any begin it anew."""
    kept: list[Fix] = []
    for fix in track:
        if math.isnan(fix.cog) or (kept and fix.t_ms - kept[-1].t_ms < 18_000):
            continue
        if kept and fix.t_ms - kept[-1].t_ms > 15 * MINUTE_MS:
            kept = []
        kept.append(fix)
    return kept


def cycle_of(
    kept: list[Fix], now_ms: int, minutes: int, least: float, shortest: float
) -> tuple[float, float, float]:
    """Amplitude, gain over a wander and period of the wave that course and way across share."""
    nothing = math.nan, math.nan, math.nan
    window = [f for f in kept[-134:] if now_ms - f.t_ms <= minutes * MINUTE_MS]
    if len(window) < 8 or now_ms - window[-1].t_ms > 5 * MINUTE_MS:
        return nothing
    t = np.array([f.t_ms - window[0].t_ms for f in window]) / 1000.0
    span = float(t[-1])
    course = np.unwrap([f.cog for f in window], period=360.0)
    if span < 45.0 * minutes:
        return nothing
    ahead, start = math.radians(course.mean()), window[0]
    legs = [GEOD.inv(start.lon, start.lat, f.lon, f.lat) for f in window]
    bearing, metres = np.radians([leg[0] for leg in legs]), np.array([leg[2] for leg in legs])
    across = metres * np.sin(bearing - ahead)
    speed = float(metres[-1] * math.cos(bearing[-1] - ahead)) / span
    for _ in range(3):  # false fixes
        off = course - np.polyval(np.polyfit(t, course, 1), t)
        aside = across - np.polyval(np.polyfit(t, across, 2), t)
        holds = off**2 + (aside / 4.0) ** 2
        if len(t) > 8 and holds.max() > 0.4 * holds.sum():
            t, course, across = (np.delete(x, holds.argmax()) for x in (t, course, across))
            t = t - t[0]
    span, n = float(t[-1]), len(t)
    if speed < 1.0 or abs(np.polyfit(t, course, 1)[0] * span) > 15.0:
        return nothing
    one, u = np.ones(n), t / span
    trends = np.block([[np.c_[one, u], np.zeros((n, 3))], [np.zeros((n, 2)), np.c_[one, u, u * u]]])
    weights = np.r_[one / 1.0, one / 4.0]
    said = np.r_[course, across]

    def left(columns: Array) -> tuple[float, Array]:
        design = columns * weights[:, None]
        found = np.linalg.solve(design.T @ design, design.T @ (said * weights))
        return float(((said * weights - design @ found) ** 2).sum()), found

    best = without, _ = left(trends)
    cycles_best = 0.0
    last = math.floor((span / shortest - least) / 0.5) + 1
    if last < 1:
        return nothing
    for k in range(last + 1):
        w = 2.0 * math.pi * (least - 0.5 + 0.5 * k) / span
        m = math.radians(1.0) * speed / w
        c, s = np.cos(w * t), np.sin(w * t)
        wave = np.concatenate([c, m * s]), np.concatenate([s, -m * c])
        fitted = left(np.column_stack([trends, *wave]))
        if fitted[0] < best[0]:
            best, cycles_best = fitted, least - 0.5 + 0.5 * k
    if cycles_best < least:
        return 0.0, math.nan, math.nan
    w = 2.0 * math.pi * cycles_best / span
    apart = np.block([[np.cos(w * t)[:, None], np.sin(w * t)[:, None]]])
    a, b = np.linalg.lstsq(np.c_[one, u, apart], course, rcond=None)[0][-2:]
    p, q = np.linalg.lstsq(np.c_[one, u, u * u, apart], across, rcond=None)[0][-2:]
    m = math.radians(1.0) * speed / w
    one_wave, other = complex(a, b), complex(q / m, -p / m)
    in_phase = (one_wave * other.conjugate()).real >= 0.7 * abs(one_wave) * abs(other)
    if not in_phase or not 0.5 <= abs(one_wave) / abs(other) <= 2.0:
        return 0.0, math.nan, math.nan
    deviation, gain = float(np.hypot(*best[1][-2:])), math.nan
    if deviation >= 1.0 and (2 * n - 7) / 2.0 * math.log(without / best[0]) >= 6.0:
        gain = swing_gain(t, course, across, speed, span / cycles_best)
    return deviation, gain, span / cycles_best


def swinging(deviation: float, gain: float) -> float:
    """Nothing up to a gain of 6 nats, all of it from 14 on."""
    return 0.0 if math.isnan(gain) else deviation * min(1.0, max(0.0, (gain - 6.0) / 8.0))


def cycle_ratio(
    deviation: float, period: float, kn: float, length: float, interval: float
) -> float:
    """Ratio of a cycle: absent below 1 degree, full from 2 on, only at 3.5-16 ship lengths."""
    if math.isnan(deviation):
        return 0.0
    if deviation > 20.0:
        return 0.0
    if deviation < 1.0:
        return -(1.0 - deviation) if interval <= 100.0 else 0.0
    if length > 0.0 and not 3.5 <= period * kn * KNOT_M_S / length <= 16.0:
        return 0.0
    return math.log(30.0) * min(1.0, deviation - 1.0)


def drag_odds(fixes: Fixes, length_m: float, ship_type: int = 0) -> list[Said]:
    """What `drag` says of one clean ship that has no episode open when she falls silent."""
    track = rows(fixes)
    waiting: list[float] = [math.nan] * 30
    history: list[float] = []
    s, since_ms, suspect, heard_ms = 0.0, 0, False, 0
    deviation = period = own = math.nan
    again = 0
    habit: list[float] = []
    long = 2.5 if length_m > 0.0 else 4.0
    said = []
    for now_ms, past, kn in minutes(track):
        suspect = s >= 0.5 and now_ms - since_ms < 48 * HOUR_MS
        slow = again > 0 and now_ms - since_ms < 3 * HOUR_MS
        frozen = suspect and (not math.isnan(own) or slow)
        old = waiting.pop(0)
        waiting.append(kn)
        if not frozen and old >= 3.0:
            history.append(old)
        own = upper_quartile(history)
        usual, spread = (own, 0.0) if own > 0.0 else typical(ship_type, length_m)
        d = math.nan
        if not math.isnan(kn) and not math.isnan(usual):
            d = math.log(max(kn, 0.1) / usual)
            missed = (now_ms - heard_ms) // MINUTE_MS - 1
            heard_ms = now_ms
            if s > 0.0 and missed >= 120:
                s, waiting = 0.0, [math.nan] * 30
            s *= math.exp(-max(0, missed) / 120)
            was, s = s, s * math.exp(-1 / 120)
            if spread:
                all_of_it = typical_ratio(d, spread)
                s = max(0.0, min(max(s, all_of_it), s + all_of_it / 10.0))
            else:
                s = min(math.log(9.5), max(0.0, s + speed_ratio(d)))
            if was == 0.0 and s > 0.0:
                since_ms = now_ms - MINUTE_MS
            if was < 0.5 <= s and own > 0.0:
                waiting = [math.nan] * 30
        interval = median_interval(past)
        suspect = s >= 0.5 and now_ms - since_ms < 48 * HOUR_MS
        again = again if suspect else 0
        if suspect or now_ms % (20 * MINUTE_MS) == 0:
            deviation = period = math.nan
            if kn >= 4.0 and (kn <= 16.0 or not suspect):
                found, slow = [], False
                for window, least, shortest in ((20, 3.0, 60.0), (40, long, 200.0)):
                    deg, gain, s_ = cycle_of(
                        trail(past), now_ms, window, least, max(shortest, 2.5 * interval)
                    )
                    if not math.isnan(deg):
                        slow = window == 40
                        found.append((swinging(deg, gain), s_))
                deviation, period = max(found, key=lambda f: f[0], default=(math.nan, math.nan))
                usual = list(habit)
                if found and not suspect and interval <= 100.0:
                    habit.append(deviation)
                if len(usual) >= 4 and found:
                    beyond = deviation - float(np.mean(usual) + 2.0 * np.std(usual))
                    deviation = max(0.0, beyond)
                tells = cycle_ratio(deviation, period, kn, length_m, interval) > 0.0
                if found and suspect and (slow or tells):
                    again = min(100, again + 1) if tells else max(0, again - 1)
                if kn > 16.0 or (not slow and deviation < 1.0):
                    deviation = math.nan
        if math.isnan(d):
            said.append(Said(now_ms, math.nan, {}))
            continue
        a = s if now_ms - since_ms >= 10 * MINUTE_MS else 0.0
        b = cycle_ratio(deviation, period, kn, length_m, interval) if s > 0.0 else 0.0
        c = math.log(2.0) * again / 20.0 * a / math.log(9.5) if b > 0.0 else 0.0
        b *= min(1.0, again / 5.0) if b > 0.0 else again == 0
        terms = {"speed_loss": a, "course_cycle": b, "cycle_held": c}
        said.append(Said(now_ms, math.log(0.001) + a + b + c, terms))
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
            entered_ms = None if outside > 30 else entered_ms
        if math.isnan(kn):
            said.append(Said(now_ms, math.nan, {}))
            continue
        slow = returning = turning = 0.0
        if entered_ms is not None:
            stay_s = (now_ms - entered_ms) / 1000.0
            places = samples(past)
            way_m = sum(apart_m(a, b) for a, b in itertools.pairwise(places))
            if sum(speeds) / max(len(speeds), 1) < 6.0:
                if way_m >= 2 * NAUTICAL_MILE_M and len(places) == 13 and stay_s >= 7200.0:
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
    """How often a track passed a meridian for good, at 1 kn or more.

    That is once a fix that is clear of it by 30 m is the second in a row beyond it, or the last for
    10 minutes.
    """
    count, passed, kn = 0, False, math.nan
    ends = [fix.t_ms for fix in past[1:]] + [now_ms]
    for i, (fix, end_ms) in enumerate(zip(past, ends, strict=True)):
        if i and (past[i - 1].lon >= cable_lon) != (fix.lon >= cable_lon):
            before = past[i - 1]
            part = (cable_lon - before.lon) / (fix.lon - before.lon)
            kn = before.sog + part * (fix.sog - before.sog)
            passed, second = not passed, False
        else:
            second = True
        ten_ms = -(-(fix.t_ms + 10 * MINUTE_MS) // MINUTE_MS) * MINUTE_MS
        clear = float(GEOD.inv(fix.lon, fix.lat, cable_lon, fix.lat)[2]) > 30.0
        if passed and clear and (second or ten_ms <= end_ms):
            count, passed = count + (kn >= 1.0), False
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
