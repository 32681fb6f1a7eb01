"""The life of an episode: raised after 3 evaluations, lowered after 5, said only when news came.

The same for every rule: a rule gives log odds a minute, this module decides. An episode becomes an
alert when the track since it began met a corridor, or when present course and speed reach a cable
within 12 hours. A minute without evidence changes nothing; silence of 12 hours ends the episode at
that deadline.

What was said stays said: a cable once near, or the one last named next, is so to the end, which
names none ahead. Of alerts of one ship less than six hours apart each bears the name of the first.
"""

import math

import numpy as np

from cablewatch.cables.index import AHEAD_DTYPE, CableIndex, ahead
from cablewatch.engine import recovery
from cablewatch.engine.state import (
    CORRIDOR,
    MAX_AHEAD,
    MAX_CROSSINGS,
    MAX_RATIOS,
    MAX_STATIONS,
    MAX_TERMS,
    N_RULES,
    PENDING,
)
from cablewatch.engine.transitions import CLOSED, EVENTS, RAISED, UPDATED
from cablewatch.jit import inlined, lean
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS

RAISE_AFTER, LOWER_AFTER = 3, 5  # DESIGN section 5, after DMA AisAbnormal
REACH_H = 12.0  # DESIGN section 5
SILENCE_MS = 12 * HOUR_MS  # as far as a ship is looked for ahead; the longest recorded one is 7.5 h
INCIDENT_MIN = 360  # alerts of a ship less apart are one incident; DESIGN section 5
CRITICAL_MS = 3 * HOUR_MS  # time for a duty desk to reach the ship; assumed
STILL_KN = 0.5  # below it a course says nothing
REPEAT_MS = HOUR_MS  # an open episode is said again this often
BANDS = (math.log(0.1 / 0.9), math.log(0.2 / 0.8), math.log(0.5 / 0.5))
"""Log odds from which an episode is `info`, `watch` and `warning`; see docs/rules.md."""


@inlined
def _ms(minutes):
    """Whole minutes of event time as milliseconds."""
    return minutes * MINUTE_MS


@lean
def band_of(log_odds):
    """Number of bands reached: 0 none, 1 info, 2 watch, 3 warning."""
    return (log_odds >= BANDS[0]) + (log_odds >= BANDS[1]) + (log_odds >= BANDS[2])


@lean
def _look_ahead(ship, index, found):
    if np.isnan(ship.sog) or np.isnan(ship.cog) or ship.sog < STILL_KN:
        return 0
    reach_m = ship.sog * KNOT_M_S * REACH_H * 3600.0
    return ahead(index, ship.lon, ship.lat, ship.cog, reach_m, found)


def cables_ahead(
    index: CableIndex, lon_deg: float, lat_deg: float, sog_kn: float, cog_deg: float
) -> list[tuple[int, float]]:
    """Cables that a last fix reaches within `REACH_H`, the nearest first, with metres.

    None from a ship at rest, or of unknown speed or course.
    """
    if math.isnan(cog_deg) or not sog_kn >= STILL_KN:
        return []
    found = np.zeros(MAX_AHEAD, AHEAD_DTYPE)
    reach_m = sog_kn * KNOT_M_S * REACH_H * 3600.0
    n = ahead(index, lon_deg, lat_deg, cog_deg, reach_m, found)
    rows: list[tuple[int, float]] = found[:n].tolist()
    return rows


@lean
def _copy_track(ship, started_ms, out, k):
    """Copy the meetings and vertices since the episode began; returns how many of each."""
    since_s = started_ms // 1000
    cables = 0
    for i in range(max(0, ship.crossings_n - MAX_CROSSINGS), ship.crossings_n):
        met = ship.crossings[i % MAX_CROSSINGS]
        if met.t_s >= since_s and not met.how & PENDING:
            out.event_cables[k, cables] = met
            cables += 1
    kept = 0
    for i in range(ship.vertices_n):
        if ship.vertices[i].t_s >= since_s:
            out.event_vertices[k, kept] = ship.vertices[i]
            kept += 1
    return cables, kept


@lean
def _is_near(ship, out, k, now_ms):
    """Whether an event names a line that was crossed, or one that is reached soon."""
    row = out.events[k]
    for i in range(row.cables_n):
        if not out.event_cables[k, i].how & CORRIDOR:
            return True
    way_m = ship.sog * KNOT_M_S * (CRITICAL_MS - (now_ms - ship.t_ms)) / 1000.0
    return row.ahead_n > 0 and out.event_ahead[k, 0].distance_m <= way_m


@lean
def _say(ship, rule, index, out, now_ms, what):
    episode = ship.episodes[rule]
    k = out.used[EVENTS]
    out.used[EVENTS] += 1
    row = out.events[k]
    row.t_ms, row.mmsi, row.track, row.rule, row.event = now_ms, ship.mmsi, ship.track, rule, what
    row.started_ms, row.raised_ms = _ms(episode.started_min), _ms(episode.raised_min)
    row.last_ms = ship.t_ms
    row.lon, row.lat, row.sog_kn, row.cog_deg = ship.lon, ship.lat, ship.sog, ship.cog
    row.log_odds = episode.best
    row.stopped_ms, row.sailed_ms = recovery.stopped_ms(ship), recovery.sailed_ms(ship)
    row.came_kn, row.after_kn = ship.came_ckn / 100.0, ship.leg_ckn / 100.0
    for i in range(MAX_TERMS):
        row.value[i] = episode.value[i]
    for i in range(MAX_RATIOS):
        row.ratio[i] = episode.ratio[i]
    for i in range(MAX_STATIONS):
        row.stations[i] = episode.stations[i]
    row.cables_n, row.vertices_n = _copy_track(ship, row.started_ms, out, k)
    row.ahead_n = 0
    if what != CLOSED:
        row.ahead_n = min(MAX_AHEAD, _look_ahead(ship, index, out.ahead))
        for i in range(row.ahead_n):
            out.event_ahead[k, i] = out.ahead[i]
    if row.ahead_n > 0:
        episode.next_cable = out.event_ahead[k, 0].cable
    if _is_near(ship, out, k, now_ms):
        episode.soon = 1
    row.soon, row.next_cable = episode.soon, episode.next_cable
    row.incident_rule, row.incident_ms = episode.incident_rule, _ms(episode.incident_min)
    episode.said_min = now_ms // MINUTE_MS
    episode.band = band_of(episode.best)
    episode.news = 0


@lean
def _take_best(episode, station, log_odds, value, ratio):
    """Keep the strongest moment of the episode, of equal ones the first, and who heard it."""
    strength = np.float32(log_odds)  # as it is kept
    if strength > episode.best:
        episode.best = strength
        for i in range(MAX_TERMS):
            episode.value[i] = value[i]
        for i in range(MAX_RATIOS):
            episode.ratio[i] = ratio[i]
    for i in range(MAX_STATIONS):
        if episode.stations[i] == station:
            return
        if episode.stations[i] == 0:
            episode.stations[i] = station
            return


@lean
def incident_of(ship, rule, started_min):
    """Start and rule of the first alert of the incident to which one that starts now belongs."""
    first_min, first_rule, newest_min = started_min, rule, 0
    for k in range(N_RULES):
        other = ship.episodes[k]
        near = other.open or started_min - other.said_min <= INCIDENT_MIN
        if near and other.said_min > newest_min:
            first_min, first_rule = other.incident_min, other.incident_rule
            newest_min = other.said_min
    return first_min, first_rule


@lean
def _begin(ship, rule, started_ms, now_ms):
    """Open an episode, in the incident of the ship's newest alert if that was not long before."""
    episode = ship.episodes[rule]
    started_min = started_ms // MINUTE_MS
    episode.incident_min, episode.incident_rule = incident_of(ship, rule, started_min)
    episode.started_min, episode.raised_min = started_min, now_ms // MINUTE_MS
    episode.open = 1
    episode.under = episode.soon = 0
    episode.next_cable = -1


@lean
def _wait(ship, rule, index, out, now_ms, log_odds, onset_ms):
    """One evaluation of an episode that is not open.

    It starts after the end of the one before, and what was met by then is that one's.
    """
    episode = ship.episodes[rule]
    started_ms = max(onset_ms, _ms(episode.said_min))
    met = ship.met_ms >= started_ms
    if log_odds < BANDS[0] or not (met or _look_ahead(ship, index, out.ahead) > 0):
        episode.over = 0
        return
    if episode.over == 0:
        episode.best = -np.inf
        for i in range(MAX_STATIONS):
            episode.stations[i] = 0
    _take_best(episode, ship.station, log_odds, out.value, out.ratio)
    episode.over += 1
    if episode.over >= RAISE_AFTER:
        _begin(ship, rule, started_ms, now_ms)
        _say(ship, rule, index, out, now_ms, RAISED)


@lean
def _go_on(ship, rule, index, out, now_ms, log_odds, lower):
    """One evaluation of an open episode."""
    episode = ship.episodes[rule]
    _take_best(episode, ship.station, log_odds, out.value, out.ratio)
    episode.under = episode.under + 1 if log_odds < lower else 0
    stale = now_ms - _ms(episode.said_min) >= REPEAT_MS
    if episode.under >= LOWER_AFTER:
        close(ship, rule, index, out, now_ms)
    elif band_of(episode.best) > episode.band or episode.news or stale:
        _say(ship, rule, index, out, now_ms, UPDATED)


@lean
def close(ship, rule, index, out, now_ms):
    """End an open episode at `now_ms`."""
    _say(ship, rule, index, out, now_ms, CLOSED)
    ship.episodes[rule].open = 0
    ship.episodes[rule].over = 0


@lean
def _note(ship, rule, out, now_ms, log_odds):
    """Leave the word of a rule where who watches one ship finds it."""
    word = out.words[rule, ship.track]
    word.t_ms, word.mmsi, word.log_odds = now_ms, ship.mmsi, log_odds
    for i in range(MAX_RATIOS):
        word.ratio[i] = out.ratio[i]


@lean
def step(ship, rule, index, out, now_ms, log_odds, onset_ms, lower):
    """One evaluation of a rule, its terms in `out`; NaN log odds change nothing.

    `onset_ms`, when an episode that this one opens began, is a whole minute. Below `lower`, the log
    odds at which the rule takes its evidence for gone, an episode ends.
    """
    _note(ship, rule, out, now_ms, log_odds)
    if np.isnan(log_odds):
        return
    if ship.episodes[rule].open:
        _go_on(ship, rule, index, out, now_ms, log_odds, lower)
    else:
        _wait(ship, rule, index, out, now_ms, log_odds, onset_ms)


@lean
def any_open(ship):
    """Whether any rule has an open episode on a track."""
    for rule in range(N_RULES):
        if ship.episodes[rule].open:
            return True
    return False


@lean
def deadline_ms(t_ms):
    """The whole minute at which a silent ship's episodes end."""
    return (t_ms + SILENCE_MS + MINUTE_MS - 1) // MINUTE_MS * MINUTE_MS
