"""Association: identities, how candidates become tracks, and how all are forgotten."""

import numpy as np

from cablewatch.engine import loiter, trail
from cablewatch.engine.baseline import forget_delayed, take_speed
from cablewatch.engine.crossing import drop_since, keep_vertex
from cablewatch.engine.episode import any_open
from cablewatch.engine.nursery import free_candidate
from cablewatch.engine.quality import fastest_kn, has_room
from cablewatch.engine.state import (
    BIN_MS,
    C_FORGOTTEN,
    C_JUMP,
    C_REPLACED,
    C_SHIPS_REFUSED,
    FORGET_CANDIDATE_MS,
    FORGET_SHIP_MS,
    FREE_SHIP,
    IDENT_DTYPE,
    IDENTS_USED,
    State,
)
from cablewatch.engine.transitions import SHARED_MMSI, notify
from cablewatch.fixes import NAV_STATUS_UNDEFINED, FixFlag
from cablewatch.jit import inlined, lean
from cablewatch.units import HOUR_MS, MINUTE_MS, NEVER_MS

COARSE = int(FixFlag.COARSE)  # flag of a type 27 report
SHARED_MS = HOUR_MS  # two tracks heard within it share their MMSI
IDENTS_LEAST = 1024  # records of the smallest table of identities; a power of two
DISPUTED = -1  # instead of a length: two were said


@inlined
def _ident(idents, mmsi):
    """Place of an MMSI in the table, or of the empty record where it would go."""
    mask = len(idents) - 1
    k = (mmsi * 2654435761) & mask
    while idents[k].mmsi != 0 and idents[k].mmsi != mmsi:
        k = (k + 1) & mask
    return k


@inlined
def known(state, mmsi):
    """Place of an MMSI, new on first sight; -1 when the table must grow first."""
    k = _ident(state.idents, mmsi)
    if state.idents[k].mmsi == 0:
        if 2 * (state.free[IDENTS_USED] + 1) > len(state.idents):
            return -1
        state.idents[k].mmsi = mmsi
        state.idents[k].ship = -1
        state.idents[k].candidate = -1
        state.idents[k].length_m = 0
        state.idents[k].ship_type = 0
        state.idents[k].t_ms = NEVER_MS
        state.free[IDENTS_USED] += 1
    return k


def idents_rebuilt(state: State) -> State:
    """The state with its table of identities rebuilt, without those that hold nothing.

    Its size follows what is kept, so that refused ships, which leave nothing, never make it grow.
    """
    kept = state.idents[
        (state.idents["mmsi"] != 0)
        & (
            (state.idents["ship"] >= 0)
            | (state.idents["candidate"] >= 0)
            | (state.idents["t_ms"] > NEVER_MS)
        )
    ]
    idents = np.zeros(max(IDENTS_LEAST, 1 << (3 * len(kept)).bit_length()), IDENT_DTYPE)
    _insert(idents, kept)
    state.free[IDENTS_USED] = len(kept)
    return state._replace(idents=idents)


@lean
def _insert(idents, kept):
    for i in range(len(kept)):
        idents[_ident(idents, kept[i].mmsi)] = kept[i]


@lean
def _settle(state, out, slot, candidate, mmsi, following, length_m, ship_type):
    """Make a track of a confirmed candidate; the fix that confirms it is absorbed next."""
    ship = state.ships[slot]
    state.free[FREE_SHIP] = ship.next
    state.ships[slot] = out.blank
    c = state.nursery[candidate]
    ship.mmsi, ship.next, ship.born_ms = mmsi, following, c.t_ms
    ship.t_ms, ship.lon, ship.lat = c.t_ms, c.lon, c.lat
    ship.sog, ship.cog, ship.station = c.sog, c.cog, c.station
    ship.heading, ship.status = np.nan, NAV_STATUS_UNDEFINED
    ship.length_m, ship.ship_type = length_m, ship_type
    ship.notice_ms = ship.met_ms = NEVER_MS
    ship.fine_ms = NEVER_MS if c.flags & COARSE else c.t_ms
    ship.heard_min = 1
    ship.tick_ms = c.t_ms // MINUTE_MS * MINUTE_MS
    ship.minute_kn = ship.baseline_kn = np.nan
    ship.cycle_deg = ship.cycle_gain = ship.cycle_period_s = ship.habit_deg = np.nan
    take_speed(ship, c.sog)
    forget_delayed(ship)
    trail.begin(ship, not c.flags & COARSE)
    ship.corridor_cable = -1
    keep_vertex(ship, False)
    loiter.sample(ship)
    ship.allowed_kn = ship.pace_kn = fastest_kn(c.sog)


@lean
def _is_stale(ship, t_ms):
    """Whether a track is forgotten at the next end of a bin."""
    return t_ms // BIN_MS * BIN_MS - ship.t_ms > FORGET_SHIP_MS


@lean
def _free_number(ships, slot, t_ms):
    """Least number that no living track of a chain has."""
    used = 0
    while slot >= 0:
        if not _is_stale(ships[slot], t_ms):
            used |= 1 << ships[slot].track
        slot = ships[slot].next
    number = 0
    while used >> number & 1:
        number += 1
    return number


@lean
def told(state, k, t_ms):
    """Length and type that an identity told, each 0 not known; without tracks for a day."""
    ident = state.idents[k]
    slot = ident.ship
    while slot >= 0 and _is_stale(state.ships[slot], t_ms):
        slot = state.ships[slot].next
    if slot < 0 and t_ms - ident.t_ms >= FORGET_CANDIDATE_MS:
        ident.t_ms = NEVER_MS
    if ident.t_ms == NEVER_MS:
        ident.length_m = ident.ship_type = 0
    return ident.length_m, ident.ship_type


@lean
def _any_heard(state, k, t_ms):
    """Whether any track of an identity was heard within an hour."""
    slot = state.idents[k].ship
    while slot >= 0:
        if t_ms - state.ships[slot].t_ms < SHARED_MS:
            return True
        slot = state.ships[slot].next
    return False


@lean
def is_newest(state, slot):
    """Whether no other track of the MMSI was heard after this one."""
    ship = state.ships[slot]
    other = state.idents[_ident(state.idents, ship.mmsi)].ship
    while other >= 0:
        if state.ships[other].t_ms > ship.t_ms:
            return False
        other = state.ships[other].next
    return True


@lean
def _free_ship(state, k, slot, before):
    """Take a track out of the chain of an identity."""
    ship = state.ships[slot]
    if before < 0:
        state.idents[k].ship = ship.next
    else:
        state.ships[before].next = ship.next
    ship.mmsi = 0
    ship.next = state.free[FREE_SHIP]
    state.free[FREE_SHIP] = slot


@lean
def _make_way(state, k, t_ms):
    """Free the weakest track of an identity, if any may go; whether it did.

    It was heard in the fewest minutes, or in as few and is the longest unheard, and has no open
    episode: forged tracks make way for a real one, and not the other way round.
    """
    weakest, before, previous = -1, -1, -1
    slot = state.idents[k].ship
    while slot >= 0:
        ship = state.ships[slot]
        if not _is_stale(ship, t_ms) and not any_open(ship):
            least = state.ships[weakest]
            if (
                weakest < 0
                or ship.heard_min < least.heard_min
                or (ship.heard_min == least.heard_min and ship.t_ms < least.t_ms)
            ):
                weakest, before = slot, previous
        previous, slot = slot, ship.next
    if weakest >= 0:
        _free_ship(state, k, weakest, before)
        state.counts[C_REPLACED] += 1
    return weakest >= 0


@lean
def confirm(state, out, k, candidate, before, tracks, t_ms):
    """Make a confirmed candidate the newest track of its MMSI; -1 when there is no room."""
    shared = _any_heard(state, k, t_ms)
    if not has_room(tracks) and not _make_way(state, k, t_ms):
        state.counts[C_SHIPS_REFUSED] += 1
        return -1
    slot = state.free[FREE_SHIP]
    if slot < 0:
        state.counts[C_SHIPS_REFUSED] += 1
        return -1
    mmsi = state.idents[k].mmsi
    if shared:
        notify(out, t_ms, mmsi, SHARED_MMSI)
    length_m, ship_type = told(state, k, t_ms)
    other = state.idents[k].ship
    _settle(state, out, slot, candidate, mmsi, other, length_m, ship_type)
    state.ships[slot].track = _free_number(state.ships, other, t_ms)
    state.idents[k].ship = slot
    free_candidate(state, k, candidate, before)
    return slot


@lean
def keep_earlier(ship):
    """Keep a track's last fix as the one before it; the next one is absorbed now."""
    last = ship.earlier
    last.t_ms, last.lon, last.lat = ship.t_ms, ship.lon, ship.lat
    last.sog, last.cog, last.station = ship.sog, ship.cog, ship.station


@lean
def go_back(state, slot):
    """Let a track go on from the fix before its last one, which was false."""
    ship = state.ships[slot]
    last = ship.earlier
    drop_since(ship, last.t_ms)
    trail.follow(ship, last.t_ms, last.lon, last.lat, last.cog, False)
    ship.heard_min -= ship.t_ms // MINUTE_MS > last.t_ms // MINUTE_MS
    newest = ship.vertices[ship.vertices_n - 1].t_s
    ship.vertices_n -= ship.vertices_n > 1 and newest == ship.t_ms // 1000
    if ship.sampled_ms == ship.t_ms:
        loiter.sample_again(ship, last.lon, last.lat)
    ship.t_ms, ship.lon, ship.lat = last.t_ms, last.lon, last.lat
    ship.clear_m = 0.0
    ship.sog, ship.station = last.sog, last.station
    ship.heading, ship.status = np.nan, NAV_STATUS_UNDEFINED
    ship.allowed_kn = min(ship.pace_kn, fastest_kn(last.sog))
    state.counts[C_JUMP] += 1


@lean
def forget(state, k, now_ms):
    """Forget the tracks, candidates and static data of an identity that are too old."""
    ident = state.idents[k]
    before, slot = -1, ident.ship
    while slot >= 0:
        following = state.ships[slot].next
        if _is_stale(state.ships[slot], now_ms):
            _free_ship(state, k, slot, before)
            state.counts[C_FORGOTTEN] += 1
        else:
            before = slot
        slot = following
    before, slot = -1, ident.candidate
    while slot >= 0:
        following = state.nursery[slot].next
        if now_ms - state.nursery[slot].t_ms > FORGET_CANDIDATE_MS:
            free_candidate(state, k, slot, before)
        else:
            before = slot
        slot = following
    if ident.ship < 0 and now_ms - ident.t_ms > FORGET_CANDIDATE_MS:
        ident.t_ms = NEVER_MS
