"""Candidates: first fixes that wait for a second one to confirm them, four of an MMSI at once."""

from cablewatch.engine.quality import has_room
from cablewatch.engine.state import (
    C_CANDIDATES_REFUSED,
    C_DISPLACED,
    C_JUMP,
    E7,
    FREE_CANDIDATE,
)
from cablewatch.engine.transitions import CROWDED, JUMP, NOTICE_MS, notify
from cablewatch.jit import lean

KEPT_OF_64 = 4  # of 64 that come when all places are taken, so many take one


@lean
def note_aside(ship):
    """Count a fix of a ship's MMSI that was set aside, in the bin under way."""
    ship.aside = min(255, ship.aside + 1)


@lean
def free_candidate(state, k, slot, before):
    """Take a candidate out of the chain of an identity."""
    c = state.nursery[slot]
    if before < 0:
        state.idents[k].candidate = c.next
    else:
        state.nursery[before].next = c.next
    c.next = state.free[FREE_CANDIDATE]
    state.free[FREE_CANDIDATE] = slot


@lean
def _fill(c, t_ms, lon, lat, sog, cog, flags, station, following):
    c.t_ms, c.lon, c.lat, c.sog, c.cog = t_ms, lon, lat, sog, cog
    c.flags, c.station, c.next = flags, station, following


@lean
def _place_taken(state, k, t_ms, lat):
    """Candidate of an identity whose place a new one takes, or -1: the new one must go.

    One in 16 takes a place, which the fix itself decides by a hash. So a first fix of a real ship
    may wait for her second however many come between: the more, the later she gets through.
    """
    mixed = (t_ms ^ int(lat / E7) << 20) * 2654435761
    nth = ((mixed ^ mixed >> 29) * 2654435761 >> 33) % 64
    if nth >= KEPT_OF_64:
        return -1
    slot = state.idents[k].candidate
    while nth > 0:
        slot = state.nursery[slot].next
        nth -= 1
    return slot


@lean
def _notice_crowd(state, out, k, t_ms):
    """Count a first fix that finds no room, and notice the first of an hour."""
    state.counts[C_DISPLACED] += 1
    hour = 1 + t_ms // NOTICE_MS % 255
    noticed = False
    slot = state.idents[k].candidate
    while slot >= 0:
        noticed |= state.nursery[slot].noticed == hour
        state.nursery[slot].noticed = hour
        slot = state.nursery[slot].next
    if not noticed:
        notify(out, t_ms, state.idents[k].mmsi, CROWDED)


@lean
def wait_for_second(state, out, k, tracks, waiting, t_ms, lon, lat, sog, cog, flags, station):
    """Keep a fix that no track explains until a second one confirms it."""
    mmsi = state.idents[k].mmsi
    if tracks > 0:
        state.counts[C_JUMP] += 1
        slot = state.idents[k].ship
        while slot >= 0:
            note_aside(state.ships[slot])
            slot = state.ships[slot].next
        ship = state.ships[state.idents[k].ship]
        if t_ms - ship.notice_ms >= NOTICE_MS:
            notify(out, t_ms, mmsi, JUMP)
            ship.notice_ms = t_ms
    if not has_room(waiting):
        _notice_crowd(state, out, k, t_ms)
        slot = _place_taken(state, k, t_ms, lat)
        if slot >= 0:
            following = state.nursery[slot].next
            _fill(state.nursery[slot], t_ms, lon, lat, sog, cog, flags, station, following)
        return
    slot = state.free[FREE_CANDIDATE]
    if slot < 0:
        state.counts[C_CANDIDATES_REFUSED] += 1
        return
    state.free[FREE_CANDIDATE] = state.nursery[slot].next
    head = state.idents[k].candidate
    _fill(state.nursery[slot], t_ms, lon, lat, sog, cog, flags, station, head)
    state.nursery[slot].noticed = 0
    state.idents[k].candidate = slot
