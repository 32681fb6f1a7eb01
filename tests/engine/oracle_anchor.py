"""Ships at anchor once more, slow and plain: from raw fixes and `docs/rules.md`, without kernels.

Every figure is written out here as the text has it. One clean ship at a time, over one cable along
a meridian.
"""

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from oracle import GEOD, Fix, Said, apart_m, minutes, samples
from oracle_drift import held_course

from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS


class Fit(NamedTuple):
    """Place = centre - radius x heading, by least squares with a prior of the radius."""

    centre: Array
    radius: float
    radius_var: float
    noise_var: float
    worth: float  # independent looks
    mean: Array  # of the headings, as vectors
    spread: float  # mean square distance of the places from their mean
    left: float  # what the headings leave of it
    headed: bool

    @property
    def error_m(self) -> float:
        """Standard deviation of the centre, in the direction in which it is known least."""
        if not self.headed:
            return math.sqrt((250.0**2 + 125.0**2) / 2.0)
        along = self.radius_var * float(self.mean @ self.mean)
        return math.sqrt(self.noise_var / self.worth + along)

    @property
    def bearing(self) -> float:
        """Radius by which a heading shows where the anchor lies; 0 where it shows nothing."""
        return self.radius if self.headed else 0.0


class Stay:
    """Looks at a ship that stays; the first is its origin."""

    def __init__(self, now_ms: int, since_ms: int, place: Fix, bow: Array) -> None:
        self.since_ms, self.held_ms, self.looked_ms = since_ms, now_ms, now_ms
        self.origin, self.headed = place, bool(bow.any())
        self.other = 0
        self.looks: list[tuple[Array, Array]] = []
        self.weights = np.zeros(0)
        self.n = 0
        self.last = [np.zeros(2), np.zeros(2)]
        self.moved, self.toward = np.zeros(2), bow
        self.bow = self.kn = math.nan
        self.put(np.zeros(2), bow)

    def fit(self) -> Fit:
        """What the looks say together."""
        places, bows = (np.array(column) for column in zip(*self.looks, strict=True))
        p, u = self.weights @ places, self.weights @ bows
        spread = float(self.weights @ ((places - p) ** 2).sum(axis=1))
        worth = self.n / 10.0
        hangs = 1.0 - float(u @ u) < 1e-5 and spread > 20.0**2
        if hangs or not self.headed:
            return Fit(p, 250.0, 125.0**2, 25.0**2, worth, u, spread, spread, False)
        arc = float(self.weights @ ((places - p) * (bows - u)).sum(axis=1))
        turn = max(1e-6, 1.0 - float(u @ u))
        noise = max(25.0**2, (spread - arc * arc / turn) / 2.0)
        precise = worth * turn / noise + 1.0 / 125.0**2
        radius = (250.0 / 125.0**2 - arc * worth / noise) / precise
        left = max(0.0, spread + 2.0 * radius * arc + radius**2 * turn)
        var = 1.0 / precise + (0.35 * radius) ** 2
        noise = max(25.0**2, left / 2.0)
        return Fit(p + radius * u, radius, var, noise, worth, u, spread, left, True)

    def apart(self, fit: Fit, bow: Array) -> Array:
        """Covariance of the centre that one look shows, less the one of the fit."""
        if not fit.headed:
            return np.eye(2) * (250.0**2 + 125.0**2)
        aside = bow - fit.mean
        noise = np.eye(2) * fit.noise_var * (1.0 + 1.0 / fit.worth)
        return noise + fit.radius_var * np.outer(aside, aside) + 100.0**2 * np.outer(bow, bow)

    def put(self, place: Array, bow: Array) -> None:
        """Let a look enter the fit: 1/n, at least 1/120."""
        self.looks.append((place, bow))
        self.n = min(120, self.n + 1)
        self.weights = np.append(self.weights * (1.0 - 1.0 / self.n), 1.0 / self.n)

    def look(self, now_ms: int, place: Array, bow: Array, off_deg: float) -> None:
        """Take a look; `off_deg` is the course as seen from the bow."""
        self.looked_ms, self.toward = now_ms, bow
        if not math.isnan(off_deg):
            cos = 100.0 * math.cos(math.radians(off_deg))
            old = cos if math.isnan(self.bow) else self.bow
            self.bow = math.floor(old + 0.25 * (cos - old) + 0.5)
        fit = self.fit()
        moved = place + fit.bearing * bow - fit.centre
        moved = np.clip(np.floor(moved * 2.0 + 0.5) / 2.0, -16_000.0, 16_000.0)
        self.moved = np.median([moved, *self.last], axis=0)
        self.last = [moved, self.last[0]]
        error = self.apart(fit, bow)
        if squared(self.moved, error) <= 9.0:
            self.held_ms = now_ms
            if squared(moved, error) <= 9.0:
                self.put(place, bow)


def squared(moved: Array, error: Array) -> float:
    """Square of a distance in standard deviations."""
    return float(moved @ np.linalg.solve(error, moved))


def way_m(a: Fix, b: Fix) -> Array:
    """Metres east and north from `a` to `b`."""
    bearing, _, metres = GEOD.inv(a.lon, a.lat, b.lon, b.lat)
    return metres * np.array([math.sin(math.radians(bearing)), math.cos(math.radians(bearing))])


def stays(fixes: Fixes) -> Iterator[tuple[int, int, Stay | None]]:
    """Each look: the minute, the status, and the stay; each minute without a stay, None."""
    stay: Stay | None = None
    fast = contrary = 0
    columns = (fixes.t_ms, fixes.lon_deg, fixes.lat_deg, fixes.sog_kn, fixes.cog_deg)
    track = [Fix(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]
    for now_ms, past, kn in minutes(track):
        fix, status = past[-1], int(fixes.nav_status[len(past) - 1])
        heading = float(fixes.heading_deg[len(past) - 1])
        course = held_course(past)
        sails = kn > 6.0 and len(past) > 1 and past[-2].sog > 6.0
        if sails and not math.isnan(heading + course):
            off = abs((heading - course + 180.0) % 360.0 - 180.0)
            contrary = min(30, contrary + 1) if off >= 45.0 else max(0, contrary - 1)
        places, minute_kn = samples(past), kn
        if math.isnan(kn) and len(places) > 1:
            kn = apart_m(places[-1], places[-2]) / 600.0 / KNOT_M_S
        age_ms = now_ms - fix.t_ms
        if stay and age_ms <= MINUTE_MS and not math.isnan(kn):
            fast = fast + 1 if kn > 4.0 else 0
            stay = None if fast >= 3 else stay
        due = now_ms // MINUTE_MS % 3 == 0 and age_ms <= 3 * MINUTE_MS
        if not due or not kn <= (4.0 if stay else 1.0) or leapt(past):
            if stay is None:
                yield now_ms, status, None
            continue
        headed = not math.isnan(heading) and contrary < 10
        bow = np.zeros(2)
        if headed:
            bow = np.array([math.sin(math.radians(heading)), math.cos(math.radians(heading))])
        if stay is None:
            stay, fast = Stay(now_ms, now_ms, fix, bow), 0
        elif headed != stay.headed:
            stay.other += 1
            if stay.other < 10:
                continue
            stay, fast = Stay(now_ms, stay.since_ms, fix, bow), 0
        elif now_ms - stay.looked_ms > HOUR_MS and away(stay, fix, bow):
            stay, fast = Stay(now_ms, now_ms, fix, bow), 0
        else:
            stay.other = 0
            off = fix.cog - heading if headed and fix.sog >= 0.5 else math.nan
            stay.look(now_ms, way_m(stay.origin, fix), bow, off)
            hour_m = apart_m(places[-1], places[-7]) if len(places) > 6 else math.inf
            if stay.held_ms < now_ms and stay.n < 10:
                stay, fast = Stay(now_ms, now_ms, fix, bow), 0
            elif now_ms - stay.held_ms >= HOUR_MS and hour_m < 185.0:
                stay, fast = Stay(now_ms, stay.since_ms, fix, bow), 0
        stay.kn = minute_kn
        yield now_ms, status, stay


def leapt(past: list[Fix]) -> bool:
    """Whether the last fix lies farther from the one before than at 4 kn, with 30 s and 50 m.

    The first has none before it.
    """
    if len(past) < 2:
        return True
    seconds = (past[-1].t_ms - past[-2].t_ms) / 1000.0
    return float(np.hypot(*way_m(past[-2], past[-1]))) > 50.0 + 4.0 * KNOT_M_S * (seconds + 30.0)


def away(stay: Stay, fix: Fix, bow: Array) -> bool:
    """Whether a ship is not found in her place."""
    fit = stay.fit()
    moved = way_m(stay.origin, fix) + fit.bearing * bow - fit.centre
    return stay.n < 10 or squared(moved, stay.apart(fit, bow)) > 9.0


def swings(fit: Fit, hours: float) -> float:
    """Ratio of places that turn about a centre as the headings say, to those that do not."""
    wide = math.sqrt(fit.spread)
    if wide < 20.0:
        return -math.log(20.0) * min(1.0, (20.0 - wide) / 10.0) * min(1.0, hours)
    if not fit.headed:
        wanders = min(1.0, max(0.0, (wide - 350.0) / 350.0))
        return math.log(3.0) * (1.0 - wanders) * min(1.0, hours / 2.0) - math.log(20.0) * wanders
    gain = fit.worth * math.log((fit.spread / 2.0 + 225.0) / (fit.left / 2.0 + 225.0))
    gain -= 0.5 * ((fit.radius - 250.0) / 125.0) ** 2
    wanders = min(1.0, max(0.0, (math.sqrt(fit.left / 2.0) - 60.0) / 90.0))
    return min(math.log(20.0), max(0.0, gain)) * (1.0 - wanders) - math.log(20.0) * wanders


def says(status: int) -> float:
    """Ratio of a navigational status."""
    return {1: math.log(4.0), 5: -math.log(4.0)}.get(status, 0.0)


def to_cable_m(stay: Stay, place: Array, cable_lon: float) -> float:
    """Distance of a place from a cable along a meridian."""
    bearing = math.degrees(math.atan2(place[0], place[1]))
    metres = float(np.hypot(*place))
    lon, lat, _ = GEOD.fwd(stay.origin.lon, stay.origin.lat, bearing, metres)
    return float(GEOD.inv(lon, lat, cable_lon, lat)[2])


def anchor_odds(fixes: Fixes, cable_lon: float, half_width_m: float) -> list[Said]:
    """What `anchor` says of one clean ship about a cable along a meridian."""
    said = []
    for now_ms, status, stay in stays(fixes):
        if stay is None or stay.since_ms == now_ms:
            said.append(Said(now_ms, math.log(0.01), {}))
            continue
        if stay.n < 10 or stay.held_ms < now_ms:
            said.append(Said(now_ms, math.nan, {}))
            continue
        fit, hours = stay.fit(), (now_ms - stay.since_ms) / HOUR_MS
        if not fit.headed and stay.kn >= 1.0:
            said.append(Said(now_ms, math.nan, {}))
            continue
        off_m = to_cable_m(stay, fit.centre, cable_lon)
        normal = NormalDist(0.0, fit.error_m)
        mass = normal.cdf(half_width_m - off_m) - normal.cdf(-half_width_m - off_m)
        mass = min(10.0 / 11.0, max(1.0 / 101.0, mass))
        terms = {
            "swing": swings(fit, hours),
            "anchor_to_line": math.log(mass / (1.0 - mass)),
            "nav_status": says(status),
            "time_at_anchor": math.log(2.0) * min(1.0, max(0.0, (hours - 0.5) / 2.5)),
        }
        said.append(Said(now_ms, math.log(0.01) + sum(terms.values()), terms))
    return said


def drag_at_anchor_odds(fixes: Fixes, cable_lon: float) -> list[Said]:
    """What `drag_at_anchor` says of one clean ship near a cable along a meridian."""
    said = []
    for now_ms, status, stay in stays(fixes):
        if stay is None or stay.n < 10:
            said.append(Said(now_ms, math.log(0.002), {}))
            continue
        fit = stay.fit()
        error = stay.apart(fit, stay.toward)
        area = 2.0 * math.pi * math.sqrt(np.linalg.det(error)) / (math.pi * 1852.0**2)
        moved = squared(stay.moved, error) / 2.0 + math.log(area)
        lay = swings(fit, (stay.held_ms - stay.since_ms) / HOUR_MS) + says(status)
        ahead = min(1.0, max(0.0, stay.bow / 80.0))
        closing = 0.0
        if stay.held_ms < now_ms:
            before = to_cable_m(stay, fit.centre, cable_lon)
            now = to_cable_m(stay, fit.centre + stay.moved, cable_lon)
            closing = (before - now) / float(np.hypot(*stay.moved))
        terms = {
            "displacement": min(math.log(30.0), max(-2.0, moved)),
            "lay_to_anchor": min(math.log(12.0), max(-math.log(12.0), lay)),
            "course_off_bow": math.log(4.0) - math.log(80.0) * ahead,
            "closing": math.log(2.0) * min(1.0, max(-1.0, closing)),
        }
        if math.isnan(stay.bow) or not fit.headed:
            terms["course_off_bow"] = 0.0
        for name in ("course_off_bow", "closing"):
            if terms[name] > 0.0:
                terms[name] *= max(0.0, terms["lay_to_anchor"]) / math.log(12.0)
        said.append(Said(now_ms, math.log(0.002) + sum(terms.values()), terms))
    return said
