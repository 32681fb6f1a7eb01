"""Hints: what the fold tells of a ship that only all ships together can judge.

At the end of each bin of half an hour every ship under way casts one vote, in the cell of its last
fix and for the stations that heard it: *heard*, if it was in the last quarter of an hour, or
*gone*, if it was heard in the bin before and not in this one. A ship that stays gone gives a hint
at the end of each of the first three bins, and one when it is back: with its second fix after a
silence of a whole bin or more, for one message alone ends no silence.

Class B equipment is switched off at will: it neither votes nor hints. Nor does a ship of whose
MMSI fixes are set aside: it is heard, but nobody knows where (see `quality`).
"""

from cablewatch.engine.baseline import MOVING_KN
from cablewatch.engine.circling import take_circling
from cablewatch.engine.context import cell_of
from cablewatch.engine.episode import incident_of
from cablewatch.engine.state import BIN_MS
from cablewatch.engine.tracks import is_newest
from cablewatch.engine.transitions import (
    APPEARED,
    CIRCLING,
    HEARD,
    HINTS,
    RETURNED,
    SILENT,
    VANISHED,
)
from cablewatch.jit import lean
from cablewatch.units import MINUTE_MS

SILENCE_RULE = 5  # number of the rule that judges them, see `silence`
LATE_MS = 15 * MINUTE_MS  # who is heard so near the end of a bin shows that reception lasted
JUDGED_BINS = 3  # of silence; after two hours nobody knows where the ship would be; assumed
ASIDE = 2  # fixes set aside in a bin from which a ship is not silent: one is a slip, or forged
VOTER_MIN = 10  # minutes heard, from which a track votes: two false fixes make a shorter one
HABIT_BINS = 96  # heard, two days; then both counts of the habit are halved; assumed


@lean
def _is_under_way(ship):
    """Whether a class A ship moved by its last two fixes."""
    return ship.class_b == 0 and ship.sog >= MOVING_KN and ship.earlier.sog >= MOVING_KN


@lean
def _cast(ship, out, number, gone):
    row = out.heard[out.used[HEARD]]
    row.bin, row.cell, row.station = number, cell_of(ship.lon, ship.lat), ship.station
    row.heard, row.gone = 1 - gone, gone
    out.used[HEARD] += 1


@lean
def _hint(ship, out, what, number, t_ms, last):
    """Write a hint; `last` is the ship, or its fix before a silence."""
    row = out.hints[out.used[HINTS]]
    row.bin, row.t_ms, row.mmsi, row.track, row.what = number, t_ms, ship.mmsi, ship.track, what
    row.heard_bins, row.gaps = ship.heard_bins, ship.gaps
    row.last_ms, row.lon, row.lat = last.t_ms, last.lon, last.lat
    row.sog_kn, row.cog_deg, row.station = last.sog, last.cog, last.station
    row.next_ms, row.next_lon, row.next_lat = ship.t_ms, ship.lon, ship.lat
    row.next_sog_kn, row.next_cog_deg = ship.sog, ship.cog
    row.length_m, row.own_kn = ship.length_m, ship.baseline_kn
    row.incident_min, row.incident_rule = incident_of(ship, SILENCE_RULE, last.t_ms // MINUTE_MS)
    out.used[HINTS] += 1


@lean
def tell_bin(state, slot, out, end_ms):
    """Cast a ship's vote for a bin that ends, and hint where it is silent."""
    ship = state.ships[slot]
    start_ms = end_ms - BIN_MS
    aside, ship.aside = ship.aside, 0
    if ship.t_ms >= start_ms:
        ship.heard_bins += 1
        if ship.heard_bins == HABIT_BINS:
            ship.heard_bins //= 2
            ship.gaps //= 2
    number = end_ms // BIN_MS - 1
    if take_circling(ship):
        _hint(ship, out, CIRCLING, number, end_ms, ship)
    if start_ms - BIN_MS <= ship.t_ms < start_ms and is_newest(state, slot):
        _hint(ship, out, VANISHED, number, end_ms, ship)
    if not _is_under_way(ship) or ship.heard_min < VOTER_MIN:
        return
    if ship.t_ms >= end_ms - LATE_MS:
        _cast(ship, out, number, 0)
        return
    silent = start_ms - JUDGED_BINS * BIN_MS <= ship.t_ms < start_ms and aside < ASIDE
    if silent and is_newest(state, slot):
        if ship.t_ms >= start_ms - BIN_MS:
            _cast(ship, out, number, 1)
        _hint(ship, out, SILENT, number, end_ms, ship)


@lean
def tell_first(ship, out, t_ms):
    """Hint that an MMSI is heard for the first time, with its first fix; the second came now."""
    _hint(ship, out, APPEARED, t_ms // BIN_MS, t_ms, ship)


@lean
def tell_return(ship, out, t_ms):
    """Hint that a ship is back: its last two fixes came after a silence, the second one now."""
    before = ship.earlier
    if before.t_ms > 0 and ship.t_ms // BIN_MS - before.t_ms // BIN_MS > 1:
        _hint(ship, out, RETURNED, t_ms // BIN_MS, t_ms, before)
        ship.gaps = min(HABIT_BINS, ship.gaps + 1)
