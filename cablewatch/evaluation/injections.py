"""A drag laid into a recorded track: the ship's clock runs slower, and she fishtails.

The ship keeps her own path and her own time stamps. At time *t* she is where she was, as recorded,
at ``u(t) = t - lag(t)``; while she drags the clock *u* runs at the speed ratio *r*, in a recovery
stop it stands still, and afterwards it runs at full speed with what lag there is. So a stretch of
the path takes ``1 / r`` as long, whatever the speed on it, and reported speeds are *r* times those
of the place.

What is recorded is first parted into a smooth course of things (a local line over about 10 s on
each side) and the rest: noise and rounding. The smooth part is taken at *u*, the rest stays with
its report. Reports that come more rarely than that have no rest that could be told.

The limit cycle is laid across the path: ``lateral = v T theta / (2 pi) sin(2 pi t / T)``, with the
course and the heading that belong to it (:func:`cablewatch.scenario.ship.limit_cycle`).
"""

from dataclasses import dataclass

import numpy as np

from cablewatch.fixes import Array, Fixes
from cablewatch.scenario.ship import eased, limit_cycle, offset
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS

SMOOTH_S = 10.0  # s, standard deviation of the local line's weights; assumed: below any cycle
REACH = 8  # reports on each side that the local line looks at
RAMP_S = 120.0  # s from full to dragging speed; Newnew Polar Bear lost 1.5 kn within minutes
GRID_S = 2.0  # s, grid on which lag and cycle are integrated
AFTER_MS = 4 * HOUR_MS  # of the track after drag and stop; the rest of it is left out
GAP_MS = HOUR_MS  # after a longer silence the lag would be made up; the track is left out


@dataclass(frozen=True, slots=True)
class Drag:
    """One drag to inject; the whole of it is in these figures."""

    mmsi: int
    start_ms: int
    minutes: float
    speed_ratio: float
    deviation_deg: float  # mean amplitude of the course
    lengths: float  # ship lengths sailed in a period
    length_m: float
    interval_s: float  # between reports, thinned; 0 as recorded
    stop_min: float  # recovery stop after it; 0 none
    seed: tuple[int, ...]

    @property
    def end_ms(self) -> int:
        """When the anchor is up, or the ship stops to take it up."""
        return self.start_ms + round(self.minutes * MINUTE_MS)

    @property
    def over_ms(self) -> int:
        """When the recovery stop is over too."""
        return self.end_ms + round(self.stop_min * MINUTE_MS)


def injected(track: Fixes, drag: Drag) -> tuple[Fixes, Array]:
    """Lay a drag into the fixes of one ship, by time; gives them, and which of them are left.

    Rows before the start are untouched, in number and content; those left out are of thinned
    reports, or so long after the drag that the lag would no longer be told.
    """
    near = _near(track.t_ms, drag)
    kept = thinned(track.t_ms, drag.interval_s) & near
    first = int(np.searchsorted(track.t_ms, drag.start_ms, side="right"))
    last = int(np.flatnonzero(near)[-1]) + 1 if near.any() else 0
    if last <= first:
        return track, kept
    before = max(0, first - 2 * REACH)  # what the local line at the start looks at
    columns = _dragged(track.take(slice(before, last)), drag)
    out = Fixes(*(column.copy() for column in track.columns()))
    for name, values in columns.items():
        getattr(out, name)[first:last] = values[first - before :]
    return out, kept


def _dragged(track: Fixes, drag: Drag) -> dict[str, Array]:
    """The columns that a drag changes, at the ship's own clock and with the cycle across."""
    t_s = (track.t_ms - drag.start_ms) / 1000.0
    u_s = t_s - np.interp(t_s, *lag(drag))
    moved = _retimed(track, t_s, u_s)
    moved["sog_kn"] = np.maximum(moved["sog_kn"] * clock_rate(drag, t_s) + moved["sog_rest"], 0.0)
    if drag.deviation_deg > 0.0:
        _fishtail(moved, drag, t_s, u_s, track)
    return {
        "lon_deg": (moved["lon_deg"] + 180.0) % 360.0 - 180.0,
        "lat_deg": moved["lat_deg"],
        "sog_kn": moved["sog_kn"],
        "cog_deg": moved["cog_deg"] % 360.0,
        "heading_deg": moved["heading_deg"] % 360.0,
    }


def clock_rate(drag: Drag, t_s: Array) -> Array:
    """Rate of the ship's clock at times after the start: 1 free, `speed_ratio` in the drag."""
    end_s, over_s = drag.minutes * 60.0, (drag.minutes + drag.stop_min) * 60.0
    slow = (1.0 - drag.speed_ratio) * eased(t_s, 0.0, end_s, RAMP_S)
    if drag.stop_min > 0.0:
        slow = np.maximum(slow, eased(t_s, end_s - RAMP_S, over_s, RAMP_S))
    rate: Array = 1.0 - slow
    return rate


def lag(drag: Drag) -> tuple[Array, Array]:
    """Times after the start (s) on a grid, and how far the ship's clock trails by then (s)."""
    over_s = (drag.minutes + drag.stop_min) * 60.0
    grid_s = np.arange(0.0, over_s + GRID_S, GRID_S)
    slow = 1.0 - clock_rate(drag, grid_s)
    return grid_s, np.concatenate([[0.0], np.cumsum((slow[1:] + slow[:-1]) / 2.0 * GRID_S)])


def smoothed(t_s: Array, values: Array) -> Array:
    """Local line through each report's neighbours, weighted by how near in time they are; (n,)."""
    n = len(t_s)
    s0, s1, s2, m0, m1 = (np.zeros(n) for _ in range(5))
    for step in range(-REACH, REACH + 1):
        at = np.arange(n) + step
        there = (at >= 0) & (at < n)
        at = np.clip(at, 0, n - 1)
        dt, dv = t_s[at] - t_s, values[at] - values
        weight = there * np.exp(-0.5 * (dt / SMOOTH_S) ** 2)
        s0, s1, s2 = s0 + weight, s1 + weight * dt, s2 + weight * dt * dt
        m0, m1 = m0 + weight * dv, m1 + weight * dt * dv
    spread = s0 * s2 - s1 * s1
    line = (s2 * m0 - s1 * m1) / np.where(spread > 0.0, spread, 1.0)
    # a lone report, or several of one moment, have no line: they stand for themselves
    result: Array = values + np.where(spread > 1e-3 * SMOOTH_S**2, line, 0.0)
    return result


def _retimed(track: Fixes, t_s: Array, u_s: Array) -> dict[str, Array]:
    """Columns at the ship's own clock, NaN where the report has none; courses without jumps."""
    moved = {}
    for name in ("lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg"):
        values = np.asarray(getattr(track, name), float)
        there = ~np.isnan(values)
        moved[name] = np.full(len(values), np.nan)
        if name == "sog_kn":
            moved["sog_rest"] = moved[name].copy()
        if not there.any():
            continue
        known = values[there]
        if name in ("lon_deg", "cog_deg", "heading_deg"):
            known = np.unwrap(known, period=360.0)
        smooth = smoothed(t_s[there], known)
        then, rest = np.interp(u_s[there], t_s[there], smooth), known - smooth
        if name == "sog_kn":
            moved[name][there], moved["sog_rest"][there] = then, rest
        else:
            moved[name][there] = then + rest
    return moved


def _fishtail(moved: dict[str, Array], drag: Drag, t_s: Array, u_s: Array, track: Fixes) -> None:
    """Lay the limit cycle across the path, in place; nothing is added outside the drag."""
    grid_s = np.arange(0.0, drag.minutes * 60.0 + GRID_S, GRID_S)
    told = ~np.isnan(track.sog_kn)
    free_kn = np.interp(grid_s - np.interp(grid_s, *lag(drag)), t_s[told], track.sog_kn[told])
    ahead = np.maximum(free_kn * clock_rate(drag, grid_s), 0.1) * KNOT_M_S
    sailed_m = np.concatenate([[0.0], np.cumsum((ahead[1:] + ahead[:-1]) / 2.0 * GRID_S)])
    rng = np.random.default_rng(drag.seed)
    lateral, yaw = limit_cycle(rng, sailed_m, drag.length_m, drag.deviation_deg, drag.lengths)
    within = eased(grid_s, 0.0, drag.minutes * 60.0, RAMP_S)
    lateral, yaw = lateral * within, yaw * within
    aside = np.gradient(lateral, GRID_S)
    off = np.degrees(np.arctan2(aside, ahead))
    at = {
        name: np.interp(t_s, grid_s, values, left=0.0, right=0.0)
        for name, values in (("lateral", lateral), ("aside", aside), ("off", off), ("yaw", yaw))
    }
    known = ~np.isnan(track.cog_deg)
    course = np.unwrap(np.asarray(track.cog_deg[known], float), period=360.0)
    path_deg = np.interp(u_s, t_s[known], course) if known.any() else np.zeros(len(t_s))
    lon, lat = offset(moved["lon_deg"], moved["lat_deg"], path_deg + 90.0, at["lateral"])
    moved["lon_deg"], moved["lat_deg"] = lon, lat
    moved["sog_kn"] = np.hypot(moved["sog_kn"], at["aside"] / KNOT_M_S)
    moved["cog_deg"] = moved["cog_deg"] + at["off"]
    moved["heading_deg"] = moved["heading_deg"] + at["off"] + at["yaw"]


def thinned(t_ms: Array, interval_s: float) -> Array:
    """Which reports are kept so that no two are nearer than the interval (s); 0 keeps all."""
    if interval_s <= 0.0:
        return np.ones(len(t_ms), bool)
    kept = np.zeros(len(t_ms), bool)
    due_ms = None
    for k, time in enumerate(t_ms.tolist()):
        if due_ms is None or time >= due_ms:
            kept[k] = True
            due_ms = time + round(interval_s * 1000.0)
    return kept


def _near(t_ms: Array, drag: Drag) -> Array:
    """Which reports are before the drag, in it, or after it while its lag holds."""
    gap = (np.diff(t_ms, prepend=t_ms[:1]) > GAP_MS) & (t_ms > drag.start_ms)
    broken: Array = np.maximum.accumulate(gap) | (t_ms > drag.over_ms + AFTER_MS)
    return ~broken
