"""Quality: which fixes a rule may see, and whose they are.

A fix belongs to the track of its MMSI that it can have come from: the implied speed must not exceed
``1.5 x the faster reported speed + 10 kn`` beyond 50 m (100 m more for a type 27 report), and 30 s
of clock error: archives stamp the moment of receipt, which trails the moment of the fix. Nor may it
exceed what the last fix was allowed by more than a ship can gain since: a speed that only the fix
itself claims takes it nowhere. The slack is given once for the way from the last fix, and once for
all the way since the position sampled up to ten minutes before: many small steps go no farther than
one. Of several tracks the one wins that the fix is least unlike: in the speed to it that is not
reported, and in its reported velocity. But none does that was heard in fewer than half the minutes
of another which the fix is like as well: messages are forged at any rate, minutes are not.
A fix that no track can have sent waits as a candidate; a second fix that confirms it makes a track.
Where both are like the fix before a track's last one, which that one is not, it was the false one,
and the track goes on from before it. So a jump to and fro leaves the track as it was, two ships on
one MMSI become two tracks, and a single message is never a ship.

Frozen positions (repeated although the reported speeds say more than 100 m were sailed) and
type 27 reports between finer ones are set aside. Null island and values out of range never get
here: `ais` and `archives` refuse them.

MMSI classes: ITU-R M.585-9. Ships begin with a maritime identification digit 2-7; coast stations
(00), groups (0), SAR aircraft (111), aids (99), craft of a parent ship (98), handhelds (8) and
beacons (970, 972, 974) are not ships.
"""

import numpy as np

from cablewatch.engine.state import (
    BIN_MS,
    E7,
    FORGET_CANDIDATE_MS,
    FORGET_SHIP_MS,
    LOITER_SAMPLES,
    MAX_TRACKS_PER_MMSI,
)
from cablewatch.fixes import Array
from cablewatch.geodesy import distance_m, rhumb_step
from cablewatch.jit import inlined, lean
from cablewatch.units import KNOT_M_S, MINUTE_MS

SHIP_MMSI_FIRST = 201_000_000  # MID 201, Albania; ITU table of maritime identification digits
SHIP_MMSI_LAST = 775_999_999  # MID 775, Venezuela
UNKNOWN_SPEED_KN = 50.0  # faster than any merchant ship; assumed when no speed is reported
FASTEST_KN = 70.0  # the fastest ship in service, HSC Francisco, made 58 kn on trial
SPARE_KN = 10.0  # beyond what is reported: currents, speeds through water, noise; assumed
GAIN_KN_S = 0.5  # 0 to 35 kn in 70 s; planing boats gain more, within the 30 s of clock error
SLACK_M = 50.0  # GNSS and quantisation, both ends
COARSE_SLACK_M = 100.0  # 1/10 minute quantisation, ITU-R M.1371-5 table 84
COARSE_STALE_MS = 600_000  # a type 27 report counts once finer ones are this old; assumed
RESTING_KN = 1.0  # slower speeds are noise of a ship that lies still; assumed
CLAIM_S = 60.0  # a reported speed claims way for so long: four noisy reports in a row make 100 m
ABOUT_MS = 10 * MINUTE_MS  # so far a ship may hold her course; ordinary intervals end at 180 s
LIKE_KN = 3.0  # reports of one ship that holds her course differ by less; assumed
CLOCK_S = 30.0  # between fix and stamp: the UTC second of a report wraps each minute, so a receiver
# that corrects its stamps by it is within half a minute
DEGREE_MAX_M = 112_000.0  # more than any degree is long: 111,694 m at a pole, WGS84
FROZEN_M = 100.0  # way sailed by reported speed that a position must show; 500 x its resolution


@lean
def is_ship(mmsi):
    """Whether an MMSI is of the class that ITU-R M.585 gives to ships."""
    return SHIP_MMSI_FIRST <= mmsi <= SHIP_MMSI_LAST


def is_ship_mmsi(mmsi: Array) -> Array:
    """Which of an array of MMSI are of the class of ships."""
    return (mmsi >= SHIP_MMSI_FIRST) & (mmsi <= SHIP_MMSI_LAST)


@inlined
def fastest_kn(sog):
    """Highest implied speed allowed at a reported one."""
    return UNKNOWN_SPEED_KN if np.isnan(sog) else min(1.5 * sog + SPARE_KN, FASTEST_KN)


@lean
def gained_kn(ship, t_ms):
    """Highest speed that a track can have by now, from what its last fix was allowed."""
    return ship.allowed_kn + GAIN_KN_S * (t_ms - ship.t_ms) / 1000.0


@inlined
def allowed_kn(ship, t_ms, sog):
    """Highest speed allowed from a track to a fix: claimed by either, and within its gain."""
    return min(gained_kn(ship, t_ms), max(fastest_kn(ship.sog), fastest_kn(sog)))


@lean
def implied_kn(t0_ms, lon0, lat0, t1_ms, lon1, lat1, fastest, slack_m):
    """Speed that takes one fix to the other, knots; inf where it is above the fastest allowed."""
    way_m = max(0.0, distance_m(lon0, lat0, lon1, lat1) - slack_m)
    seconds = abs(t1_ms - t0_ms) / 1000.0 + CLOCK_S
    if way_m == 0.0:
        return 0.0
    speed_kn = way_m / seconds / KNOT_M_S
    return speed_kn if speed_kn <= fastest else np.inf


@lean
def surely_reached(ship, t_ms, lon, lat, sog, slack_m):
    """Whether a fix lies so near a track's last one that its distance need not be measured.

    The way is at most the differences of the degrees at their longest.
    """
    most_m = (abs(lon - ship.lon) + abs(lat - ship.lat)) * DEGREE_MAX_M
    seconds = (t_ms - ship.t_ms) / 1000.0 + CLOCK_S
    return most_m < slack_m + allowed_kn(ship, t_ms, sog) * KNOT_M_S * seconds


@lean
def keeps_pace(ship, t_ms, lon, lat, sog, slack_m):
    """Whether a fix can be reached from the newest sampled position at the speeds allowed since."""
    seconds = (t_ms - ship.sampled_ms) / 1000.0 + CLOCK_S
    most_m = slack_m + max(ship.pace_kn, allowed_kn(ship, t_ms, sog)) * KNOT_M_S * seconds
    lon0 = ship.sample_lon_e7[LOITER_SAMPLES - 1] * E7
    lat0 = ship.sample_lat_e7[LOITER_SAMPLES - 1] * E7
    if (abs(lon - lon0) + abs(lat - lat0)) * DEGREE_MAX_M < most_m:
        return True
    return distance_m(lon0, lat0, lon, lat) <= most_m


@lean
def _off_m(ship, sog, cog, t_ms, lon, lat):
    """How far from a fix a track lies that goes on from its last one at a speed and course."""
    run_m = sog * KNOT_M_S * (t_ms - ship.t_ms) / 1000.0
    lon1, lat1 = rhumb_step(ship.lon, ship.lat, cog, run_m)
    return distance_m(lon1, lat1, lon, lat)


@lean
def _astray_kn(last, t_ms, lon, lat, sog, cog, slack_m):
    """How far a fix strays from where an earlier one leads; NaN where that tells nothing."""
    if t_ms - last.t_ms > ABOUT_MS or np.isnan(sog + cog + last.sog + last.cog):
        return np.nan
    off_m = min(
        _off_m(last, last.sog, last.cog, t_ms, lon, lat), _off_m(last, sog, cog, t_ms, lon, lat)
    )
    east_kn = sog * np.sin(np.radians(cog)) - last.sog * np.sin(np.radians(last.cog))
    north_kn = sog * np.cos(np.radians(cog)) - last.sog * np.cos(np.radians(last.cog))
    seconds = (t_ms - last.t_ms) / 1000.0 + CLOCK_S
    off_kn = max(0.0, off_m - slack_m) / seconds / KNOT_M_S
    return off_kn + np.sqrt(east_kn * east_kn + north_kn * north_kn)


@lean
def _unlike_kn(ship, t_ms, lon, lat, sog, cog, slack_m):
    """How unlike a track a fix is, knots; inf out of reach.

    The speed to it that neither it nor the track's last fix reports, and by how much their reported
    velocities differ. What was not reported, or lies too far back, explains nothing.
    """
    fastest = allowed_kn(ship, t_ms, sog)
    speed = implied_kn(ship.t_ms, ship.lon, ship.lat, t_ms, lon, lat, fastest, slack_m)
    if speed == np.inf or not keeps_pace(ship, t_ms, lon, lat, sog, slack_m):
        return np.inf
    kn = _astray_kn(ship, t_ms, lon, lat, sog, cog, slack_m)
    return speed + SPARE_KN if np.isnan(kn) else kn


@lean
def led_astray(ships, slot, c, t_ms, lon, lat, sog, cog, slack_m):
    """First track from `slot` on that one false fix keeps from a candidate and its second; or -1.

    Both came after its last fix and are like the one before that; the last is not.
    """
    while slot >= 0:
        ship = ships[slot]
        last = ship.earlier
        if (
            c.t_ms >= ship.t_ms
            and _astray_kn(last, t_ms, lon, lat, sog, cog, slack_m) <= LIKE_KN
            and _astray_kn(last, c.t_ms, c.lon, c.lat, c.sog, c.cog, slack_m) <= LIKE_KN
            and _astray_kn(last, ship.t_ms, ship.lon, ship.lat, ship.sog, ship.cog, slack_m)
            > LIKE_KN
        ):
            return slot
        slot = ship.next
    return -1


@lean
def _best_of(ships, head, t_ms, lon, lat, sog, cog, slack_m):
    """What :func:`best_track` finds, of any number of tracks."""
    bin_ms = t_ms // BIN_MS * BIN_MS
    slot, tracks, longest = head, 0, 0
    while slot >= 0:
        ship = ships[slot]
        if bin_ms - ship.t_ms <= FORGET_SHIP_MS:
            tracks += 1
            if _unlike_kn(ship, t_ms, lon, lat, sog, cog, slack_m) <= LIKE_KN:
                longest = max(longest, ship.heard_min)
        slot = ship.next
    slot, best, best_kn = head, -1, np.inf
    while slot >= 0:
        ship = ships[slot]
        if bin_ms - ship.t_ms <= FORGET_SHIP_MS and 2 * ship.heard_min >= longest:
            kn = _unlike_kn(ship, t_ms, lon, lat, sog, cog, slack_m)
            if kn < best_kn or (kn == best_kn and best >= 0 and ship.born_ms < ships[best].born_ms):
                best, best_kn = slot, kn
        slot = ship.next
    return best, tracks


@inlined
def best_track(ships, head, t_ms, lon, lat, sog, cog, slack_m):
    """Slot of the track that a fix belongs to, or -1; and how many tracks there are."""
    slot = head
    bin_ms = t_ms // BIN_MS * BIN_MS
    if slot >= 0 and ships[slot].next < 0:
        ship = ships[slot]
        if (
            bin_ms - ship.t_ms <= FORGET_SHIP_MS
            and surely_reached(ship, t_ms, lon, lat, sog, slack_m)
            and keeps_pace(ship, t_ms, lon, lat, sog, slack_m)
        ):
            return slot, 1
    return _best_of(ships, head, t_ms, lon, lat, sog, cog, slack_m)


@lean
def best_candidate(nursery, head, t_ms, lon, lat, sog, slack_m):
    """Candidate that most easily reaches a fix, the one before it in the chain, and its length."""
    best, before, best_kn, waiting = -1, -1, np.inf, 0
    slot, previous = head, -1
    bin_ms = t_ms // BIN_MS * BIN_MS
    while slot >= 0:
        c = nursery[slot]
        if bin_ms - c.t_ms > FORGET_CANDIDATE_MS:
            previous, slot = slot, c.next
            continue
        fastest = max(fastest_kn(c.sog), fastest_kn(sog))
        speed = implied_kn(c.t_ms, c.lon, c.lat, t_ms, lon, lat, fastest, slack_m)
        if speed < best_kn:
            best, before, best_kn = slot, previous, speed
        waiting += 1
        previous, slot = slot, c.next
    return best, before, waiting


@lean
def claimed_way_m(ship, t_ms, lon, lat, sog):
    """Way that reported speeds claim while the position repeats, metres.

    0 once it changes, or a report says that the ship rests.
    """
    if lon != ship.lon or lat != ship.lat or sog < RESTING_KN:
        return 0.0
    if np.isnan(sog):
        return ship.claimed_m
    return ship.claimed_m + sog * KNOT_M_S * min((t_ms - ship.t_ms) / 1000.0, CLAIM_S)


@lean
def has_room(tracks):
    """Whether an MMSI with so many tracks or candidates may have one more."""
    return tracks < MAX_TRACKS_PER_MMSI
