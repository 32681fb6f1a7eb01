"""Crossings that a silence may hide: whether there was time to reach the line and to leave it.

A ship last heard at A and next at B may have been at a place P of the line at a time t if

    d(A, P) <= v (t - t_A) + s    and    d(P, B) <= v (t_B - t) + s

with `v` the highest speed that the ship showed, a tenth more, and no less than carried her straight
from A to B; `s` is the uncertainty of the route, the error of a position, and the spacing of the
points that stand for the line. A ship that was not heard again, or not before, may be anywhere:
then only the course and speed of the last (or first) fix count, where they meet the line, held.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from cablewatch.engine.crossing import INFERRED_MS, POSITION_ERROR_M
from cablewatch.engine.quality import FASTEST_KN
from cablewatch.fixes import Fixes
from cablewatch.geodesy import distance_m
from cablewatch.investigation.case import Case
from cablewatch.investigation.line import HALF_LEG_M
from cablewatch.investigation.passages import RESTING_KN, STILL_M, Passage
from cablewatch.units import HOUR_MS, KNOT_M_S

SPARE = 1.1  # a ship may go so much faster than she showed: wind, current; assumed
SHOWN = 0.99  # quantile of the speeds she showed: a false one is no bound
HELD_MS = 3 * HOUR_MS  # so long a course and speed may be taken for held; assumed: a leg
COURSE_SPREAD = 0.2  # of the way: a course held within 11 degrees; assumed
UNKNOWN_KN = 25.0  # bound where no speed was ever said; a fast merchant ship


class End(NamedTuple):
    """A fix at an end of a silence."""

    t_ms: int
    lon: float
    lat: float
    sog_kn: float
    cog_deg: float


class Silence(NamedTuple):
    """A gap in a track."""

    before: End
    after: End

    @property
    def straight_m(self) -> float:
        """Way from end to end."""
        return float(distance_m(*self.before[1:3], *self.after[1:3]))

    @property
    def seconds(self) -> float:
        """Time from end to end."""
        return (self.after.t_ms - self.before.t_ms) / 1000.0

    @property
    def at_rest(self) -> bool:
        """Whether the ship lay still at its ends, at one place."""
        still = self.before.sog_kn < RESTING_KN and self.after.sog_kn < RESTING_KN
        return still and self.straight_m < STILL_M


def hidden(case: Case, track: Fixes, span_ms: tuple[int, int]) -> list[Passage]:
    """All passages in the window that the silences of a ship may hide.

    `span_ms` is the time that was read: beyond it nobody was heard.
    """
    if len(track) < 2:
        return []
    fastest = fastest_kn(track)
    found = [
        may_have_crossed(case, silence, fastest)
        for silence in silences(case, track)
        if not silence.at_rest
    ]
    first, last = _end(track, 0), _end(track, len(track) - 1)
    if first.t_ms - span_ms[0] > INFERRED_MS:
        found.append(held_course(case, first, -1))
    if span_ms[1] - last.t_ms > INFERRED_MS:
        found.append(held_course(case, last, 1))
    return [passage for passage in found if passage is not None]


def silences(case: Case, track: Fixes) -> Iterator[Silence]:
    """Gaps of more than 10 minutes that meet the window."""
    t_ms = track.t_ms
    apart = (np.diff(t_ms) > INFERRED_MS) & (t_ms[:-1] < case.end_ms) & (t_ms[1:] >= case.start_ms)
    for row in np.flatnonzero(apart).tolist():
        yield Silence(_end(track, row), _end(track, row + 1))


def _end(track: Fixes, row: int) -> End:
    columns = track.t_ms, track.lon_deg, track.lat_deg, track.sog_kn, track.cog_deg
    t_ms, *rest = (column[row].item() for column in columns)
    return End(int(t_ms), *rest)


def fastest_kn(track: Fixes) -> float:
    """The speed that bounds how far a ship may have gone unheard."""
    speeds = track.sog_kn[~np.isnan(track.sog_kn)]
    if not len(speeds):
        return UNKNOWN_KN
    return min(SPARE * float(np.quantile(speeds, SHOWN)), FASTEST_KN)


def held_course(case: Case, end: End, way: int) -> Passage | None:
    """The passage of a ship that held course and speed after her last fix, or before her first.

    `way` is 1 for after, -1 for before.
    """
    speed_m_s = end.sog_kn * KNOT_M_S
    edge_ms = case.end_ms if way > 0 else case.start_ms
    run_m = speed_m_s * min((edge_ms - end.t_ms) * way, HELD_MS) / 1000.0
    if not (end.sog_kn >= RESTING_KN and run_m > 0.0) or math.isnan(end.cog_deg):
        return None
    met = case.line.ahead(end.lon, end.lat, end.cog_deg + (0.0 if way > 0 else 180.0), run_m)
    if met is None:
        return None
    km, away_m = met
    t_ms = _whole_s(end.t_ms + way * away_m / speed_m_s * 1000.0)
    spread_km = COURSE_SPREAD * away_m / 1000.0
    passage = Passage(
        how="gap",
        t_ms=t_ms,
        first_ms=t_ms,
        last_ms=t_ms,
        km=km,
        low_km=max(0.0, km - spread_km),
        high_km=min(case.line.length_km, km + spread_km),
        before_kn=end.sog_kn if way > 0 else math.nan,
        after_kn=end.sog_kn if way < 0 else math.nan,
        open_ended=True,
    )
    return passage if passage.share_within(case.start_ms, case.end_ms) else None


def may_have_crossed(case: Case, silence: Silence, fastest: float) -> Passage | None:
    """The passage that a silence may hide, at the place of the least detour; None: out of reach."""
    before, after = silence
    speed_m_s = max(fastest * KNOT_M_S, silence.straight_m / silence.seconds, 1e-3)
    slack_m = case.cable.position_uncertainty_m + POSITION_ERROR_M + HALF_LEG_M
    there_m, back_m = case.line.away_m(*before[1:3]), case.line.away_m(*after[1:3])
    come_ms = before.t_ms + np.maximum(there_m - slack_m, 0.0) / speed_m_s * 1000.0
    leave_ms = after.t_ms - np.maximum(back_m - slack_m, 0.0) / speed_m_s * 1000.0
    inside = (come_ms <= leave_ms) & (come_ms < case.end_ms) & (leave_ms >= case.start_ms)
    if not inside.any():
        return None
    best = int(np.flatnonzero(inside)[np.argmin((there_m + back_m)[inside])])
    come, leave = max(come_ms[best], case.start_ms), min(leave_ms[best], case.end_ms - 1)
    kilometres = case.line.km[inside]
    return Passage(
        how="gap",
        t_ms=_whole_s((come + leave) / 2.0),
        first_ms=_whole_s(come_ms[inside].min()),
        last_ms=_whole_s(leave_ms[inside].max()),
        km=float(case.line.km[best]),
        low_km=float(kilometres.min()),
        high_km=float(kilometres.max()),
        before_kn=before.sog_kn,
        after_kn=after.sog_kn,
        made_good_kn=float(there_m[best] + back_m[best]) / silence.seconds / KNOT_M_S,
    )


def _whole_s(t_ms: float) -> int:
    return int(t_ms // 1000) * 1000


def widened(case: Case, crossed: Passage, track: Fixes) -> Passage:
    """An inferred crossing with all times and places that the silence around it allows."""
    after = int(np.searchsorted(track.t_ms, crossed.t_ms, side="right"))
    if not 0 < after < len(track):
        return crossed
    before, behind = _end(track, after - 1), _end(track, after)
    silence = Silence(before, behind)
    whole = replace(case, start_ms=before.t_ms, end_ms=behind.t_ms)
    reach = may_have_crossed(whole, silence, fastest_kn(track))
    if reach is None:
        return crossed
    return replace(
        crossed,
        first_ms=min(reach.first_ms, crossed.t_ms),
        last_ms=max(reach.last_ms, crossed.t_ms),
        low_km=min(reach.low_km, crossed.km),
        high_km=max(reach.high_km, crossed.km),
        made_good_kn=silence.straight_m / silence.seconds / KNOT_M_S,
    )
