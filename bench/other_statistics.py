"""Other statistics for a drag under way, beside the cycle of the drag rule.

    python -m bench other_statistics

Takes the recorded tracks beside the project (``CABLEWATCH_SHARED``, else ``../shared``), ships and
days of the calibrate split alone: the drags of ``cablewatch evaluate`` (seed 0) of 30 minutes and
more with 2 degrees and more, and all ordinary traffic, thinned to the same report intervals. Every
five minutes each statistic looks back over 20 and over 40 minutes:

==========  ======================================================================================
swing       the rule's cycle (:mod:`cablewatch.engine.cycle`): degrees, as far as no wander
kalman      its gain in log-likelihood over a wander (:mod:`cablewatch.engine.wander`); nats
fit         the same cycle, degrees clear of white noise: in full from 10 nats on, not up to 6
clearness   its gain in log-likelihood over white noise, where it is a degree or more; nats
spectrum    Lomb-Scargle peak of the course against the floor of its neighbours, times the
            coherence of course and way over two halves; degrees
glrt        generalised likelihood ratio of a lower speed and a wider course about a line, against
            the hour before; nats
bocpd       log odds of a change of the speed ratio into the band within the last hour: Bayesian
            on-line change point (Adams and MacKay 2007); nats
==========  ======================================================================================

Each is raised above its threshold: the highest of ordinary ship-days (no alarm in all of them),
and the one that an exponential tail puts at 1 per 1,000 ship-days. Each is tried alone, beside a
speed loss (0.5-0.85 of own speed for ten minutes), and less the ship's habit (mean and two standard
deviations of her earlier windows) beside that loss.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bench.measures.change import change_odds
from bench.measures.spread import glrt, spectrum
from bench.ordinary import METRES_DEG, TRACKS, shared, spaced
from cablewatch.archives import ReadOptions
from cablewatch.engine import cycle, fishtail
from cablewatch.engine.baseline import HISTORY_MIN, HOLD_MIN, MOVING_KN, UPPER_QUARTILE
from cablewatch.engine.transitions import OUTPUT_DTYPE
from cablewatch.engine.wander import swing_gain
from cablewatch.evaluation.budget import threshold
from cablewatch.evaluation.figures import TARGET_DEG, TARGET_MIN, TARGET_RATIO, is_target_drag
from cablewatch.evaluation.injections import Drag, injected, thinned
from cablewatch.evaluation.metrics import bootstrap_interval
from cablewatch.evaluation.plan import FULL, plan
from cablewatch.evaluation.splits import split_of_day, split_of_ship
from cablewatch.evaluation.traffic import Traffic
from cablewatch.fixes import Array, Fixes
from cablewatch.units import DAY_MS, HOUR_MS, MINUTE_MS
from cablewatch.usecases.read import read_files

NAMES = ("swing", "kalman", "fit", "clearness", "spectrum", "glrt", "bocpd")
CYCLES = NAMES[:5]  # those that a habit can be taken from
STEP_MS = 5 * MINUTE_MS
WINDOWS_MS = (cycle.SHORT_MS, cycle.LONG_MS)
BAND = (0.5, 0.85)  # of own speed, for `LOSS_MIN`; DESIGN section 4 counts 0.45-0.85
LOSS_MIN = 10
CLEAR = (6.0, 10.0)  # nats that noise reaches in one window of 20, of 1,000: simulated
HABIT_LEAST, HABIT_MOST = 6, 144  # earlier windows, ten minutes apart, as the rule asks for


class Look(NamedTuple):
    """All statistics of one look back, -inf where one cannot be said."""

    t_ms: int
    loss: bool
    values: tuple[float, ...]


def tracks(traffic: Traffic, interval_s: float) -> Iterator[tuple[int, Fixes]]:
    """Ships of the calibrate split as recorded, thinned."""
    for mmsi, ship in sorted(traffic.ships.items()):
        if split_of_ship(mmsi) == "calibrate" and len(ship.rows) > 1:
            track = traffic.fixes.take(ship.rows)
            yield mmsi, track.take(thinned(track.t_ms, interval_s))


class Speeds:
    """Share of own speed by minute, and what it says of a loss."""

    def __init__(self, track: Fixes, own_kn: float | None = None) -> None:
        minute, sog = track.t_ms // MINUTE_MS, track.sog_kn.astype(float)
        self.first = int(minute[0])
        kn = np.full(int(minute[-1]) - self.first + 1, np.nan)
        for part in np.split(np.arange(len(minute)), np.flatnonzero(np.diff(minute)) + 1):
            kn[minute[part[0]] - self.first] = np.median(sog[part])
        heard = np.maximum.accumulate(np.where(np.isnan(kn), 0, np.arange(len(kn))))
        kn = np.where(np.arange(len(kn)) - heard < HOLD_MIN, kn[heard], np.nan)
        self.own_kn = np.full(len(kn), np.nan)
        for k in range(90, len(kn), 10):  # an hour of history, half an hour late
            past = kn[max(0, k - 1470) : k - 30]
            moving = past[past >= MOVING_KN]
            if len(moving) >= HISTORY_MIN:
                self.own_kn[k : k + 10] = np.quantile(moving, UPPER_QUARTILE)
        self.ratio = kn / (self.own_kn if own_kn is None else own_kn)

    def own_at(self, t_ms: int) -> float:
        """Own speed at a time; NaN not known."""
        return float(self.own_kn[min(max(0, t_ms // MINUTE_MS - self.first), len(self.own_kn) - 1)])

    def before(self, t_ms: int, count: int) -> Array:
        """Ratios of the minutes before a time, at most `count`."""
        end = min(max(0, t_ms // MINUTE_MS - self.first), len(self.ratio))
        return self.ratio[max(0, end - count) : end]

    def loss(self, t_ms: int) -> bool:
        """Whether the ship was in the band for ten minutes."""
        last = self.before(t_ms, LOSS_MIN)
        return len(last) == LOSS_MIN and bool(((last >= BAND[0]) & (last <= BAND[1])).all())


Case = tuple[Drag, list["Look"]]


def look(track: Fixes, speeds: Speeds, t_ms: int, out: np.void) -> Look | None:
    """All statistics at a time; None outside the speeds of the rule."""
    recent = track.take(slice(*np.searchsorted(track.t_ms, [t_ms - 2 * HOUR_MS, t_ms])))
    recent = recent.take(~np.isnan(recent.cog_deg) & ~np.isnan(recent.sog_kn))
    if len(recent) < cycle.LEAST_FIXES or t_ms - recent.t_ms[-1] > cycle.STALE_MS:
        return None
    if not fishtail.LOW_KN <= float(np.median(recent.sog_kn[-5:])) <= fishtail.HIGH_KN:
        return None
    found = np.full((2, len(CYCLES)), -np.inf)
    for k, window_ms in enumerate(WINDOWS_MS):
        part = spaced(recent.take(recent.t_ms > t_ms - window_ms))
        found[k] = of_window(part, window_ms, out)
    cycles = found.max(axis=0)
    odds = change_odds(speeds.before(t_ms, 240), *BAND)
    values = (*cycles.tolist(), glrt(recent, t_ms), float(odds))
    return Look(t_ms, speeds.loss(t_ms), values)


def of_window(part: Fixes, window_ms: int, out: np.void) -> tuple[float, ...]:
    """The statistics of a cycle in one window; -inf where the rule would not search it."""
    nothing = (-np.inf,) * len(CYCLES)
    n = len(part)
    t = (part.t_ms - part.t_ms[0]) / 1000.0 if n else np.zeros(0)
    if n < cycle.LEAST_FIXES or 1000.0 * t[-1] < cycle.FILLED * window_ms:
        return nothing
    course = np.unwrap(part.cog_deg.astype(float), period=360.0)
    mean = math.radians(float(course.mean()))
    east = (part.lon_deg - part.lon_deg[0]) * METRES_DEG * math.cos(math.radians(part.lat_deg[0]))
    north = (part.lat_deg - part.lat_deg[0]) * METRES_DEG
    speed = float(east[-1] * math.sin(mean) + north[-1] * math.cos(mean)) / t[-1]
    out["time_s"][:n], out["course"][:n] = t, course
    out["across_m"][:n] = east * math.cos(mean) - north * math.sin(mean)
    n, left, turned = cycle.detrended(n, out)  # type: ignore[no-untyped-call]
    if speed < cycle.SLOWEST_M_S or abs(turned) > cycle.NET_TURN_DEG:
        return nothing
    t, course, across = (out[name][:n].copy() for name in ("time_s", "course", "across_m"))
    interval_s = float(np.median(np.diff(t)))
    long = window_ms == cycle.LONG_MS
    least = cycle.UNREFUTED_CYCLES if long else cycle.SHORT_CYCLES
    shortest = max(200.0 if long else cycle.SHORTEST_S, cycle.SHORTEST_INTERVALS * interval_s)
    found, clear, period = cycle.best_cycle(  # type: ignore[no-untyped-call]
        n, left, speed, least, shortest, out
    )
    if not found > 0.0:
        return 0.0, 0.0, 0.0, 0.0, -np.inf
    gain = swing_gain(n, speed, period, out)  # type: ignore[no-untyped-call]
    swing = fishtail.swinging_deg(found, gain)  # type: ignore[no-untyped-call]
    fit = found * min(1.0, max(0.0, (clear - CLEAR[0]) / (CLEAR[1] - CLEAR[0])))
    clearness = clear if found >= fishtail.CYCLE_NONE_DEG else 0.0
    periods = t[-1] / np.arange(least, t[-1] / shortest + 0.01, 0.5)
    return swing, gain, fit, clearness, spectrum(t, course, across, periods)


class Ordinary(NamedTuple):
    """Looks at ordinary ships, and their observed ship-days in the split."""

    ships: dict[int, tuple[Speeds, list[Look]]]
    days: float


def ordinary(traffic: Traffic, interval_s: float) -> Ordinary:
    """Looks at all ships of the split as recorded, every five minutes; all days, as history."""
    out = np.zeros(1, OUTPUT_DTYPE)[0]
    looks = {}
    for mmsi, track in tracks(traffic, interval_s):
        speeds = Speeds(track)
        first, last = (int(t) // STEP_MS * STEP_MS for t in track.t_ms[[0, -1]])
        found = (look(track, speeds, t, out) for t in range(first, last + 1, STEP_MS))
        looks[mmsi] = speeds, [one for one in found if one is not None]
    return Ordinary(looks, sum(traffic.ship_days("calibrate").values()))


def of_drag(traffic: Traffic, one: Drag, speeds: Speeds) -> list[Look]:
    """Looks at a drag, from ten minutes after its start to ten after its end."""
    out = np.zeros(1, OUTPUT_DTYPE)[0]
    track, kept = injected(traffic.fixes.take(traffic.ships[one.mmsi].rows), one)
    near = (track.t_ms <= one.end_ms + 2 * STEP_MS) & (track.t_ms > one.start_ms - 4 * HOUR_MS)
    track = track.take(kept & near)
    here = Speeds(track, speeds.own_at(one.start_ms))
    ends = range(one.start_ms + 2 * STEP_MS, one.end_ms + 2 * STEP_MS + 1, STEP_MS)
    found = (look(track, here, t, out) for t in ends)
    return [seen for seen in found if seen is not None]


MODES = ("alone", "with a loss", "with a loss, less the habit")


def scores(looks: Sequence[Look], history: Sequence[Look], which: int, mode: str) -> list[float]:
    """What each look is worth, -inf where the mode does not let it count.

    The habit is that of the windows of `history` half an hour and more before, without a loss.
    """
    told = []
    for seen in looks:
        value = seen.values[which]
        if mode != MODES[0] and not seen.loss:
            value = -math.inf
        if mode == MODES[2] and value > -math.inf:
            value -= habit(history, which, seen.t_ms - 30 * MINUTE_MS)
        told.append(value)
    return told


def habit(history: Sequence[Look], which: int, until_ms: int) -> float:
    """Mean and two standard deviations of a ship's own windows; inf where they are too few."""
    own = [h.values[which] for h in history if h.t_ms <= until_ms and not h.loss][::2]
    own = [value for value in own if value > -math.inf][-HABIT_MOST:]
    if len(own) < HABIT_LEAST:
        return math.inf
    return max(0.0, float(np.mean(own)) + 2.0 * float(np.std(own)))


def highest(plain: Ordinary, which: int, mode: str) -> Array:
    """Highest value of each ordinary ship and day of the split; (n,)."""
    best: dict[tuple[int, int], float] = defaultdict(lambda: -math.inf)
    for mmsi, (_, looks) in plain.ships.items():
        values = scores(looks, looks, which, mode)
        for seen, value in zip(looks, values, strict=True):
            if split_of_day(seen.t_ms) == "calibrate":
                key = mmsi, seen.t_ms // DAY_MS
                best[key] = max(best[key], value)
    return np.array(list(best.values()))


class Result(NamedTuple):
    """What a statistic finds above the highest of ordinary ship-days, and above the tail's."""

    cases: list[Drag]
    above: list[bool]
    beyond: list[bool]
    thresholds: tuple[float, float]


def tried(plain: Ordinary, cases: Sequence[Case], which: int, mode: str) -> Result:
    """Try one statistic in one mode."""
    best = highest(plain, which, mode)
    high = float(best.max()), threshold(np.maximum(best, 0.0), len(best) / plain.days)
    top = [
        max(scores(looks, plain.ships[d.mmsi][1], which, mode), default=-math.inf)
        for d, looks in cases
    ]
    return Result(
        [d for d, _ in cases], [t > high[0] for t in top], [t > high[1] for t in top], high
    )


def share(result: Result, chosen: Callable[[Drag], bool], beyond: bool = False) -> str:
    """Share of chosen drags that are found."""
    hits = result.beyond if beyond else result.above
    found = [hit for one, hit in zip(result.cases, hits, strict=True) if chosen(one)]
    return f"{100 * sum(found) / len(found):.0f} %" if found else "-"


def report(plain: Ordinary, cases: Sequence[Case]) -> None:
    """Print the tables of one report interval."""
    head = ("threshold", "recall", "by ship", "30 min", "at the tail's", "threshold")
    print("\n| statistic | mode | " + " | ".join(head) + " |\n" + "|---" * 8 + "|")
    for mode in MODES:
        for which, name in enumerate(NAMES):
            if mode == MODES[2] and name not in CYCLES:
                continue
            found = tried(plain, cases, which, mode)
            hits = [
                (d.mmsi, hit)
                for d, hit in zip(found.cases, found.above, strict=True)
                if is_target_drag(d)
            ]
            ships, values = zip(*hits, strict=True)
            low, high = bootstrap_interval(ships, values, 0)
            cells = (
                f"{found.thresholds[0]:.1f}",
                share(found, is_target_drag),
                f"{100 * low:.0f}-{100 * high:.0f}",
                share(found, lambda d: is_target_drag(d) and d.minutes == TARGET_MIN),
                share(found, is_target_drag, beyond=True),
                f"{found.thresholds[1]:.1f}",
            )
            print(f"| {name} | {mode} | " + " | ".join(cells) + " |", flush=True)
    surfaces(plain, cases)
    worth(plain, cases)


GAINS = (-math.inf, 0.0, 3.0, 6.0, 10.0, 14.0, 20.0, math.inf)


def worth(plain: Ordinary, cases: Sequence[Case]) -> None:
    """Print how many looks with a loss have a gain over a wander, and what it tells, in nats."""
    kalman = NAMES.index("kalman")
    drags = [one for d, looks in cases if is_target_drag(d) for one in looks]
    others = [one for _, looks in plain.ships.values() for one in looks]
    counts = []
    for group in (others, drags):
        values = [max(-1.0, one.values[kalman]) for one in group if one.loss]
        counts.append(np.histogram(values, GAINS)[0] + 0.5)
    ordinary_, drag_ = counts
    nats = np.log(drag_ / drag_.sum()) - np.log(ordinary_ / ordinary_.sum())
    print("\n| gain over a wander, nats | ordinary looks | looks at drags | worth |")
    print("|---|---|---|---|")
    for k, low in enumerate(GAINS[:-1]):
        cells = f"{int(ordinary_[k])} | {int(drag_[k])} | {nats[k]:.1f}"
        print(f"| {low:g} to {GAINS[k + 1]:g} | {cells} |", flush=True)


def surfaces(plain: Ordinary, cases: Sequence[Case]) -> None:
    """Print recall by deviation and speed ratio, of the cycles beside a loss."""
    degrees = sorted({d.deviation_deg for d, _ in cases})
    ratios = sorted({d.speed_ratio for d, _ in cases}, reverse=True)
    columns = [f"{deg:g} deg" for deg in degrees] + [f"r {r:g}" for r in ratios]
    print("\n| with a loss | " + " | ".join(columns) + " |\n" + "|---" * (len(columns) + 1) + "|")
    for which, name in enumerate(CYCLES):
        found = tried(plain, cases, which, MODES[1])
        cells = [
            share(found, lambda d, x=x: d.deviation_deg == x and d.speed_ratio <= TARGET_RATIO)
            for x in degrees
        ]
        cells += [
            share(found, lambda d, x=x: d.speed_ratio == x and d.deviation_deg >= TARGET_DEG)
            for x in ratios
        ]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    folder = shared()
    if not folder.is_dir():
        print(f"recordings are absent: {folder} (set CABLEWATCH_SHARED)")
        return
    traffic = Traffic.of(read_files([folder / TRACKS], ReadOptions()))
    drags = [d for group in plan(traffic, "calibrate", FULL, 0) for d in group]
    drags = [d for d in drags if d.minutes >= TARGET_MIN and d.deviation_deg >= 2.0]
    drags = [d for d in drags if d.speed_ratio < 1.0]
    for interval_s in FULL.interval_s:
        print(f"\nReports {f'thinned to {interval_s:g} s' if interval_s else 'as recorded'}:")
        plain = ordinary(traffic, interval_s)
        chosen = [d for d in drags if d.interval_s == interval_s]
        report(plain, [(d, of_drag(traffic, d, plain.ships[d.mmsi][0])) for d in chosen])


if __name__ == "__main__":
    main()
