"""The compiled body of the fold: absorption and timers. See :mod:`.fold` for the flow."""

import numpy as np

from cablewatch.cables.index import survey
from cablewatch.engine import (
    anchor,
    circling,
    drag,
    drag_at_anchor,
    drift,
    episode,
    hints,
    loiter,
    speed_loss,
    stay,
    trail,
)
from cablewatch.engine.baseline import (
    MOVING_KN,
    close_minute,
    learn_interval,
    remember,
    take_speed,
)
from cablewatch.engine.context import count_minute, norm_at, vote
from cablewatch.engine.crossing import POSITION_ERROR_M, hits, keep_vertex, meet_lines, say_silent
from cablewatch.engine.nursery import free_candidate, note_aside, wait_for_second
from cablewatch.engine.quality import (
    COARSE_SLACK_M,
    COARSE_STALE_MS,
    FROZEN_M,
    SLACK_M,
    best_candidate,
    best_track,
    claimed_way_m,
    fastest_kn,
    gained_kn,
    has_room,
    is_ship,
    led_astray,
)
from cablewatch.engine.state import (
    BIN_MS,
    C_COARSE,
    C_FIXES,
    C_FROZEN,
    C_NOT_SHIP,
    END_MS,
    FREE_CANDIDATE,
    FREE_SHIP,
    MAX_RATIOS,
    MAX_TERMS,
    N_RULES,
    TICK_MS,
)
from cablewatch.engine.tracks import (
    DISPUTED,
    confirm,
    forget,
    go_back,
    keep_earlier,
    known,
    told,
)
from cablewatch.engine.transitions import (
    FROZEN_POSITION,
    NOTICE_MS,
    has_headroom,
    notify,
)
from cablewatch.engine.typical_speed import has_typical_speed
from cablewatch.fixes import FixFlag
from cablewatch.jit import inlined, lean
from cablewatch.units import MINUTE_MS

COARSE = int(FixFlag.COARSE)  # flag of a type 27 report
CLASS_B = int(FixFlag.CLASS_B)  # flag of a class B report
QUIET_MS = 15 * MINUTE_MS  # after it no timer but the deadline has anything to say
LENGTH_LEAST_M, LENGTH_MOST_M = 3, 500  # of ships; the longest was 458 m, a platform 488 m
LENGTH_SPREAD = 0.1  # an antenna entered anew shifts a length by less; assumed


@lean
def _agreed_m(length_m, said_m):
    """Length after another was said, 0 not in this message.

    A ship has one length: once another is said, neither counts, so that no foreign message refutes
    evidence.
    """
    if length_m == 0 or said_m < 0:
        return said_m
    if said_m > 0 and abs(length_m - said_m) > LENGTH_SPREAD * said_m:
        return DISPUTED
    return length_m


@lean
def _take_static(state, index, out, norms, t_ms, mmsi, length_m, ship_type):
    """Note a ship's length and type; False when the table of identities must grow first.

    Minutes that end before the message are evaluated with what was known then. A type without a
    typical speed is passed over: the one said before stays, so that no foreign message takes away
    what a ship is measured against.
    """
    length_m = length_m if LENGTH_LEAST_M <= length_m <= LENGTH_MOST_M else 0
    ship_type = ship_type if has_typical_speed(ship_type) else 0
    if (length_m == 0 and ship_type == 0) or not is_ship(mmsi):
        return True
    k = known(state, mmsi)
    if k < 0:
        return False
    said_m, said_type = told(state, k, t_ms)
    length_m = _agreed_m(length_m, said_m)
    ship_type = said_type if ship_type == 0 else ship_type
    ident = state.idents[k]
    ident.length_m, ident.ship_type, ident.t_ms = length_m, ship_type, t_ms
    slot = ident.ship
    while slot >= 0:
        ship = state.ships[slot]
        if ship.length_m != length_m or ship.ship_type != ship_type:
            run_timers(ship, index, out, norms, t_ms)
            ship.length_m, ship.ship_type = length_m, ship_type
        slot = ship.next
    return True


@inlined
def _absorb(state, index, out, slot, t_ms, lon, lat, sog, cog, heading, status, flags, station):
    """Let an accepted fix become the ship's last one."""
    ship = state.ships[slot]
    claimed_m = claimed_way_m(ship, t_ms, lon, lat, sog)
    if claimed_m > FROZEN_M:
        state.counts[C_FROZEN] += 1
        note_aside(ship)
        if t_ms - ship.notice_ms >= NOTICE_MS:
            notify(out, t_ms, ship.mmsi, FROZEN_POSITION)
            ship.notice_ms = t_ms
        return
    if flags & COARSE and t_ms - ship.fine_ms < COARSE_STALE_MS:
        state.counts[C_COARSE] += 1
        return
    if not flags & COARSE:
        ship.fine_ms = t_ms
    if ship.t_ms - ship.earlier.t_ms >= BIN_MS:
        hints.tell_return(ship, out, t_ms)
    seconds = (t_ms - ship.t_ms) / 1000.0
    if 0.0 < seconds < 3600.0:
        learn_interval(ship, seconds)
    keep_earlier(ship)
    lines = hits(ship, index, out, lon, lat)
    if lines > 0 or ship.pending > 0:
        meet_lines(ship, index, out, lines, t_ms, lon, lat, sog)
    take_speed(ship, sog)
    loiter.turn(ship, t_ms, sog, cog)
    circling.turn(ship, sog, cog, heading)
    east_m, north_m = trail.follow(ship, t_ms, lon, lat, cog, not flags & COARSE)
    drift.follow(ship, t_ms, east_m, north_m, heading)
    ship.allowed_kn = min(gained_kn(ship, t_ms), fastest_kn(sog))
    ship.heard_min += t_ms // MINUTE_MS > ship.t_ms // MINUTE_MS
    ship.t_ms, ship.lon, ship.lat, ship.station = t_ms, lon, lat, station
    ship.sog, ship.claimed_m = sog, claimed_m
    ship.heading, ship.status, ship.class_b = heading, status, flags & CLASS_B
    if t_ms >= ship.vertex_ms:
        keep_vertex(ship, episode.any_open(ship))
    loiter.sample(ship)
    ship.pace_kn = max(ship.allowed_kn, 0.0 if ship.sampled_ms == t_ms else ship.pace_kn)


@inlined
def _take(state, index, out, norms, k, t_ms, lon, lat, sog, cog, heading, status, flags, station):
    """Find the track a fix belongs to, and absorb it there."""
    slack_m = SLACK_M + COARSE_SLACK_M if flags & COARSE else SLACK_M
    head = state.idents[k].ship
    slot, tracks = best_track(state.ships, head, t_ms, lon, lat, sog, cog, slack_m)
    if slot < 0:
        head = state.idents[k].candidate
        candidate, before, waiting = best_candidate(
            state.nursery, head, t_ms, lon, lat, sog, slack_m
        )
        if candidate < 0:
            wait_for_second(
                state, out, k, tracks, waiting, t_ms, lon, lat, sog, cog, flags, station
            )
            return
        c = state.nursery[candidate]
        head = state.idents[k].ship
        slot = led_astray(state.ships, head, c, t_ms, lon, lat, sog, cog, slack_m)
        if slot >= 0:
            run_timers(state.ships[slot], index, out, norms, t_ms)
            go_back(state, slot)
            free_candidate(state, k, candidate, before)
        elif not has_room(tracks):  # what was raised by now decides which track may go
            older = state.idents[k].ship
            while older >= 0:
                run_timers(state.ships[older], index, out, norms, t_ms)
                older = state.ships[older].next
        if slot < 0:
            slot = confirm(state, out, k, candidate, before, tracks, t_ms)
            if slot >= 0 and state.ships[slot].next < 0:
                hints.tell_first(state.ships[slot], out, t_ms)
        if slot < 0:
            return
    if t_ms - state.ships[slot].tick_ms >= MINUTE_MS:
        run_timers(state.ships[slot], index, out, norms, t_ms)
    _absorb(state, index, out, slot, t_ms, lon, lat, sog, cog, heading, status, flags, station)


@lean
def fold(
    state,
    index,
    outs,
    norms,
    fixes,
    statics,
    done,
    ships_full,
    nursery_full,
):
    """Fold sorted fixes and statics from `done` on; returns how far it came.

    It stops early when a buffer must be drained or the state must grow; statics of a time come
    before the fixes of that time.
    """
    t, mmsi, lon, lat, sog, cog, heading, status, flags, station = fixes
    s_t, s_mmsi, s_bow, s_stern, s_type = statics
    i, j = done
    out = outs[0]
    while i < len(t) or j < len(s_t):
        if not has_headroom(out):
            return i, j
        if j < len(s_t) and (i >= len(t) or s_t[j] <= t[i]):
            length_m = int(s_bow[j]) + int(s_stern[j])
            if not _take_static(
                state, index, out, norms, s_t[j], s_mmsi[j], length_m, int(s_type[j])
            ):
                return i, j
            j += 1
            continue
        if not is_ship(mmsi[i]):
            state.counts[C_NOT_SHIP] += 1
            i += 1
            continue
        if state.free[FREE_SHIP] < 0 and not ships_full:
            return i, j
        if state.free[FREE_CANDIDATE] < 0 and not nursery_full:
            return i, j
        k = known(state, mmsi[i])
        if k < 0:
            return i, j
        state.counts[C_FIXES] += 1
        east = (lon[i] + 180.0) % 360.0 - 180.0 if not -180.0 <= lon[i] < 180.0 else lon[i]
        _take(
            state,
            index,
            out,
            norms,
            k,
            t[i],
            east,
            lat[i],
            sog[i],
            cog[i],
            heading[i],
            status[i],
            flags[i],
            station[i],
        )
        i += 1
    return i, j


@lean
def _clear(out):
    """Start the terms of a rule anew."""
    for i in range(MAX_TERMS):
        out.value[i] = 0.0
    for i in range(MAX_RATIOS):
        out.ratio[i] = 0.0


@lean
def _at_anchor(ship, index, out, now_ms):
    """The rules of ships at anchor: at each look, and once a stay is over until both are done."""
    seen, east_m, north_m = stay.follow(ship, now_ms)
    for rule in (anchor.RULE, drag_at_anchor.RULE):
        waits = ship.episodes[rule].open or ship.episodes[rule].over
        if seen == stay.LOOKED or (waits and ship.swing.n == 0):
            _clear(out)
            if rule == anchor.RULE:
                odds, onset_ms = anchor.evaluate(ship, now_ms, index, out)
                episode.step(ship, rule, index, out, now_ms, odds, onset_ms, anchor.LOWER)
            else:
                odds, onset_ms = drag_at_anchor.evaluate(ship, now_ms, index, east_m, north_m, out)
                episode.step(ship, rule, index, out, now_ms, odds, onset_ms, drag_at_anchor.LOWER)


@lean
def _evaluate(ship, index, out, norms, now_ms):
    """The timer of one minute: features, then every rule."""
    say_silent(ship, index, out, now_ms)
    close_minute(ship)
    remember(ship, speed_loss.frozen(ship, now_ms))
    count_minute(ship, MOVING_KN)
    cable, km = -1, np.nan
    if now_ms - ship.t_ms <= QUIET_MS:
        cable, km, ship.clear_m = survey(index, ship.lon, ship.lat, POSITION_ERROR_M)
    loiter.follow_corridor(ship, now_ms, cable, km)
    _clear(out)
    norm = norm_at(norms[0], norms[1], ship.lon, ship.lat)
    odds, onset_ms = drag.evaluate(ship, now_ms, norm, out)
    episode.step(ship, drag.RULE, index, out, now_ms, odds, onset_ms, drag.LOWER)
    _clear(out)
    odds, onset_ms = loiter.evaluate(ship, now_ms, out)
    episode.step(ship, loiter.RULE, index, out, now_ms, odds, onset_ms, loiter.LOWER)
    _clear(out)
    odds, onset_ms = drift.evaluate(ship, now_ms, out)
    episode.step(ship, drift.RULE, index, out, now_ms, odds, onset_ms, drift.LOWER)
    _at_anchor(ship, index, out, now_ms)


@lean
def run_timers(ship, index, out, norms, until_ms):
    """Run the whole minutes of a track up to `until_ms`, then its deadline if that passed."""
    minute_ms = ship.tick_ms + MINUTE_MS
    while minute_ms <= until_ms and minute_ms - ship.t_ms <= QUIET_MS:
        _evaluate(ship, index, out, norms, minute_ms)
        ship.tick_ms = minute_ms
        minute_ms += MINUTE_MS
    deadline_ms = episode.deadline_ms(ship.t_ms)
    if until_ms >= deadline_ms:
        for rule in range(N_RULES):
            if ship.episodes[rule].open:
                episode.close(ship, rule, index, out, deadline_ms)
    ship.tick_ms = max(ship.tick_ms, until_ms // MINUTE_MS * MINUTE_MS)


@lean
def timers(state, index, outs, norms, until_ms, slot):
    """Run the timers of all tracks from `slot` on; returns the first slot not done."""
    out = outs[0]
    if until_ms // MINUTE_MS == state.free[TICK_MS] // MINUTE_MS:
        return len(state.ships)
    while slot < len(state.ships):
        if not has_headroom(out):
            return slot
        if state.ships[slot].mmsi != 0:
            run_timers(state.ships[slot], index, out, norms, until_ms)
        slot += 1
    state.free[TICK_MS] = until_ms
    return slot


@lean
def close_bin(state, index, outs, norms, end_ms, slot):
    """Cast the votes of a bin that ends, hint, and forget what is too old, from `slot` on.

    A bin ends once, however often its end is visited.
    """
    out = outs[0]
    if end_ms <= state.free[END_MS]:
        return len(state.ships)
    while slot < len(state.ships):
        if not has_headroom(out):
            return slot
        ship = state.ships[slot]
        if ship.mmsi != 0:
            vote(ship, out, end_ms // BIN_MS - 1)
            hints.tell_bin(state, slot, out, end_ms)
        slot += 1
    for k in range(len(state.idents)):
        if state.idents[k].mmsi != 0:
            forget(state, k, end_ms)
    state.free[END_MS] = end_ms
    return slot
