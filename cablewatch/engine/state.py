"""State of the fold: bounded numpy records, nothing else.

::

    idents    one a MMSI, open addressing: heads of its candidate and ship chains, static data
    nursery   40 bytes a candidate: a first fix that no second, mutually reachable one confirms yet
    ships     one a confirmed track, with an episode a rule, the newest crossings and a thinned
              track; two ships that share an MMSI are two tracks

All that a ship has is one record: compiled code passes a record for nothing, and counts a reference
to each array. A confirmed ship takes at most 4 KiB, a candidate 40 bytes, and either 24 bytes in
the table of identities, which is half empty; pools double when full. Nothing is evicted for room:
at capacity a new ship is refused and counted. Forgetting is by event time alone, on edges of
context bins, so that it does not depend on how the input was cut.
"""

from typing import NamedTuple

import numpy as np

from cablewatch.fixes import Array
from cablewatch.units import DAY_MS, MINUTE_MS, NEVER_MS

BIN_MS = 30 * MINUTE_MS  # bins of event time; DESIGN section 2

RING = 134  # fixes of a trail: 40 min of one every 18 s
SPEED_BINS = 42  # half-knot bins of the baseline, 3-24 kn; faster ones count in the last
MINUTE_SPEEDS = 16  # of a minute: all at a report every 4 s, else the newest
DELAY_MIN = 30  # minutes that the baseline holds back (DESIGN section 4)
E7 = 1e-7  # degrees in a unit of the sampled positions
LOITER_SAMPLES = 13  # one position every 10 min, two hour blocks
MAX_CROSSINGS = 64  # DESIGN section 5
MAX_VERTICES = 64  # DESIGN section 5
MAX_TERMS = 12  # values of a rule, those with a ratio first
MAX_RATIOS = 4  # terms of a rule with a ratio, at most
MAX_STATIONS = 8  # station sets that an episode names; assumed
MAX_AHEAD = 8  # next cables named by an event
N_RULES = 5  # with an episode in the record of a ship

FORGET_SHIP_MS = 7 * DAY_MS  # an own habit is worth a week of absence; assumed
FORGET_CANDIDATE_MS = DAY_MS  # thinned archives report as rarely as every few hours
MAX_TRACKS_PER_MMSI = 4  # more than four at once is noise, not ships; assumed

IDENT_DTYPE = np.dtype(
    [
        ("mmsi", "i4"),  # 0 empty
        ("ship", "i4"),  # head of the chain of confirmed tracks, -1 none
        ("candidate", "i4"),  # head of the chain of candidates, -1 none
        ("length_m", "i2"),  # 0 not known, -1 disputed
        ("ship_type", "u1"),  # with a typical speed; 0 none was said
        ("t_ms", "i8"),  # newest word of either
    ],
    align=True,
)

CANDIDATE_DTYPE = np.dtype(
    [
        ("t_ms", "i8"),
        ("lon", "f8"),
        ("lat", "f8"),
        ("sog", "f4"),
        ("cog", "f4"),
        ("next", "i4"),
        ("station", "u2"),
        ("flags", "u1"),
        ("noticed", "u1"),  # hour of the notice that there were more, 1-255; 0 none
    ],
    align=True,
)

EPISODE_DTYPE = np.dtype(
    [
        ("open", "u1"),
        ("over", "u1"),  # evaluations in a row above the threshold
        ("under", "u1"),
        ("band", "u1"),  # severity band last said
        ("news", "u1"),  # a crossing came since the last event
        ("soon", "u1"),  # a line was crossed, or near, when it was said
        ("incident_rule", "u1"),  # rule of the first alert of its incident
        ("started_min", "i4"),  # whole minutes: all timers fall on them
        ("raised_min", "i4"),
        ("said_min", "i4"),
        ("incident_min", "i4"),  # start of the first alert of its incident
        ("best", "f4"),  # highest log odds of the episode
        ("stations", "u2", (MAX_STATIONS,)),  # codes of station sets, 0 unused
        ("value", "f4", (MAX_TERMS,)),  # measured values at that moment
        ("ratio", "f4", (MAX_RATIOS,)),  # log-likelihood ratios of the first of them
        ("next_cable", "i4"),  # last said to be next, -1 none
    ],
    align=True,
)

MET_DTYPE = np.dtype(
    [
        ("t_s", "u4"),
        ("km", "f4"),
        ("cable", "u2"),
        ("sog_ckn", "u2"),  # 0.01 knot, NO_SPEED not available
        ("angle_deg", "u1"),
        ("how", "u1"),  # INFERRED, PENDING, CORRIDOR
    ]
)
NO_SPEED = 65_535  # 0.01 kn; "not available" in a u2
MAX_CABLES = 1 << 16  # numbers that fit
INFERRED, PENDING, CORRIDOR = 1, 2, 4
"""Of a meeting: across a gap; not confirmed and said to nobody yet; in the corridor, no line."""

VERTEX_DTYPE = np.dtype([("t_s", "u4"), ("lon", "f4"), ("lat", "f4")])

TRAIL_DTYPE = np.dtype(
    [
        ("t_ms", "i8"),  # newest fix kept
        ("x_m", "f4"),  # way since then, east and north
        ("y_m", "f4"),
        ("n", "i2"),
        ("at", "i2"),  # place of the newest
        ("step_ds", "u2", (RING,)),  # time since the one before, 0.1 s
        ("cog_cdeg", "u2", (RING,)),  # course over ground, 0.01 degree
        ("dx", "i2", (RING,)),  # way since the one before, quarter metres east
        ("dy", "i2", (RING,)),
    ],
    align=True,
)

SWING_DTYPE = np.dtype(
    [
        ("origin_lon_e7", "i4"),  # of the places, 1e-7 degree
        ("origin_lat_e7", "i4"),
        ("east_m", "f4"),  # mean place
        ("north_m", "f4"),
        ("sin", "f4"),  # mean heading, as a vector
        ("cos", "f4"),
        ("arc_m", "f4"),  # covariance of place and heading
        ("spread_m2", "f4"),  # variance of the place, both axes together
        ("since_min", "i4"),  # when the stay began
        ("held_min", "i4"),  # last look that found the anchor in its place
        ("looked_min", "i4"),  # last look
        ("last_east", "i2", (2,)),  # way of the centre at the last looks, half metres
        ("last_north", "i2", (2,)),
        ("n", "u1"),  # looks, 0 no stay
        ("mute", "i1"),  # looks in a row without a heading; below 0 the fit is of places alone,
        # -1 less the looks in a row that had one
        ("gone", "u1"),  # minutes in a row too fast for a stay
        ("bow", "i1"),  # mean cosine of the course as seen from the bow, percent
    ],
    align=True,
)

SHIP_DTYPE = np.dtype(
    [
        ("mmsi", "i4"),  # 0 free
        ("next", "i4"),  # next track of this MMSI, or next free slot
        ("born_ms", "i8"),
        # last accepted fix
        ("t_ms", "i8"),
        ("fine_ms", "i8"),  # last one that was not of type 27
        ("lon", "f8"),
        ("lat", "f8"),
        ("sog", "f4"),
        ("cog", "f4"),  # held for a minute over fixes without one
        ("heading", "f4"),
        ("station", "u2"),
        ("status", "u1"),  # navigational status
        ("class_b", "u1"),  # whether class B equipment sent it
        ("earlier", CANDIDATE_DTYPE),  # the one before it
        ("track", "u1"),  # number among the tracks of this MMSI, 0-3
        ("pending", "u1"),  # crossings that are not said yet
        ("vertices_n", "u1"),
        ("samples_n", "u1"),
        ("heard_min", "i4"),  # minutes in which a fix was accepted
        ("claimed_m", "f4"),  # way by reported speed while the position repeats
        ("interval_s", "f4"),  # running median of report intervals
        ("length_m", "i2"),
        ("ship_type", "u1"),
        ("heard_bins", "u1"),  # in which it was heard; fading, with `gaps`
        ("gaps", "u1"),  # silences of a whole bin and more
        ("turned_ddeg", "i2"),  # courses of the bin under way, added up, 0.1 degree
        ("headed_ddeg", "i2"),  # headings
        ("aside", "u1"),  # fixes of its MMSI set aside in the bin under way
        ("notice_ms", "i8"),
        # the minute under way, and the last whole minute evaluated
        ("tick_ms", "i8"),
        ("minute_ckn", "u2", (MINUTE_SPEEDS,)),  # the newest speeds reported in it, 0.01 knot
        ("minute_n", "i4"),  # how many were reported
        ("minute_kn", "f4"),
        # tally of the bin under way
        ("plain_kn", "f4"),  # mean moving speed, 6 h memory, blind to every suspicion
        ("bin_sum", "f4"),
        ("bin_n", "i4"),
        # own baseline
        ("delay_ckn", "u2", (DELAY_MIN,)),  # 0.01 knot, NO_SPEED not available
        ("delay_at", "u1"),
        ("corridor_out_min", "u1"),  # minutes since then in which it was heard outside
        ("held_min", "u1"),  # minutes for which the last speed still stands
        ("speeds", "f4", (SPEED_BINS,)),
        ("speeds_min", "f4"),
        ("baseline_kn", "f4"),
        # drag: speed loss
        ("cusum", "f4"),
        ("cusum_since_min", "i4"),
        ("cusum_min", "i4"),  # last minute that entered it
        # drag: course limit cycle
        ("course_ms", "i8"),  # last fix with a course
        ("trail", TRAIL_DTYPE),
        ("cycle_deg", "f4"),
        ("cycle_gain", "f4"),  # nats
        ("cycle_period_s", "f4"),
        ("habit_mean_deg", "f4"),  # their mean
        ("habit_deg2", "f4"),  # and its variance
        ("habit_deg", "f4"),  # upper bound of the habit that the cycle was measured against
        ("habit_n", "u1"),  # searches that found the habit
        ("cycle_min", "u1"),  # minutes that it was found again, less those that it was not
        # drag: recovery stop
        ("fastest_min", "u1"),  # since the fastest hop of the leg before ended
        ("early_min", "u1"),  # of the leg after, before it was measured
        ("leg_min", "u2"),  # minutes of the leg under way
        ("stop_min", "u2"),  # minutes of the stop before it; 0 none
        ("leg_ckn", "u2"),  # fastest hop of a leg before a stop, mean of one after; 0.01 knot
        ("came_ckn", "u2"),  # speed of the leg before the stop
        ("hop_s", "u4"),  # where and when the hop under way began
        ("hop_lon_e7", "i4"),
        ("hop_lat_e7", "i4"),
        # loitering
        ("pace_kn", "f4"),  # highest speed allowed since the newest sample
        ("clear_m", "f4"),  # about the last fix, in which surely no line lies
        ("sampled_ms", "i8"),
        ("sample_lon_e7", "i4", (LOITER_SAMPLES,)),  # 1e-7 degree, 1 cm: the same at any longitude
        ("sample_lat_e7", "i4", (LOITER_SAMPLES,)),
        ("allowed_kn", "f4"),  # highest speed that the last fix was allowed
        ("corridor_cable", "i4"),  # -1 outside every corridor
        ("corridor_since_min", "i4"),  # whole minutes of event time
        ("corridor_last_min", "i4"),  # last one in which it was heard inside
        ("corridor_path_m", "f4"),
        ("corridor_min", "i4"),  # minutes of the stay whose speed is known
        ("returns", "i4"),
        ("turn_deg_min", "f4"),  # running mean of absolute course change while moving
        # drifting
        ("drift_ahead_m", "f4"),  # way over the last ten minutes along the bow
        ("drift_abeam_m", "f4"),  # and across it, to starboard
        ("drift_min", "i4"),  # minute in which the way across began, 0 none
        ("drift_far", "u1"),  # since then it once was found for long and went far enough
        ("drift_gap_min", "u1"),  # minutes in a row without it
        ("helpless_min", "u1"),  # minutes that said "not under command", less those that did not
        ("contrary_min", "u1"),  # minutes under way whose heading belied the course, less others
        ("swing", SWING_DTYPE),  # at anchor
        # meetings with cables, and the thinned track
        ("met_ms", "i8"),
        ("crossings_n", "i4"),
        ("before_kn", "f4"),  # speed before the first crossing that is pending
        ("vertex_ms", "i8"),  # when the next vertex is due
        ("vertex_step_ms", "i8"),
        ("crossings", MET_DTYPE, (MAX_CROSSINGS,)),  # a ring, with a corridor's place in it
        ("vertices", VERTEX_DTYPE, (MAX_VERTICES,)),
        ("episodes", EPISODE_DTYPE, (N_RULES,)),
    ],
    align=True,
)

CROSSING_DTYPE = np.dtype(
    [
        ("t_ms", "i8"),
        ("mmsi", "i4"),
        ("cable", "i4"),
        ("km", "f4"),
        ("angle_deg", "f4"),
        ("sog_before_kn", "f4"),
        ("sog_at_kn", "f4"),
        ("sog_after_kn", "f4"),
        ("inferred", "u1"),
    ],
    align=True,
)


class State(NamedTuple):
    """Arrays of the fold; see the module. `free` holds the heads of the free lists."""

    idents: Array
    nursery: Array
    ships: Array
    free: Array  # i8: free ship, free candidate, idents in use, newest tick, newest end of a bin
    counts: Array  # i8, by COUNTS


FREE_SHIP, FREE_CANDIDATE, IDENTS_USED, TICK_MS, END_MS = range(5)
COUNTS = (
    "fixes",
    "not_ship",
    "jump",
    "frozen_position",
    "coarse_between_fine",
    "ships_refused",
    "candidates_refused",
    "ships_forgotten",
    "tracks_replaced",
    "candidates_displaced",
)
(
    C_FIXES,
    C_NOT_SHIP,
    C_JUMP,
    C_FROZEN,
    C_COARSE,
    C_SHIPS_REFUSED,
    C_CANDIDATES_REFUSED,
    C_FORGOTTEN,
    C_REPLACED,
    C_DISPLACED,
) = range(10)

SHIP_BYTES = SHIP_DTYPE.itemsize  # bytes of a ship; at most 4,096, DESIGN section 2


def empty_state(ships: int = 256, candidates: int = 1024) -> State:
    """A state that has seen nothing, with room for so many ships and candidates."""
    idents = np.zeros(1 << (4 * candidates).bit_length(), IDENT_DTYPE)  # a power of two
    idents["ship"] = idents["candidate"] = -1
    free = np.array([0, 0, 0, NEVER_MS, NEVER_MS], np.int64)
    return State(
        idents,
        _chained(CANDIDATE_DTYPE, candidates),
        _chained(SHIP_DTYPE, ships),
        free,
        np.zeros(len(COUNTS), np.int64),
    )


def _chained(dtype: np.dtype[np.void], n: int, first: int = 0) -> Array:
    """`n` free records, each naming the next free one; numbered from `first`."""
    pool = np.zeros(n, dtype)
    pool["next"] = np.arange(first + 1, first + n + 1)
    pool["next"][-1:] = -1
    return pool


def grown(state: State, ships: int, candidates: int) -> State:
    """The same state with room for at least so many ships and candidates."""
    state = _grow_ships(state, ships) if ships > len(state.ships) else state
    return _grow_nursery(state, candidates) if candidates > len(state.nursery) else state


def _grow_ships(state: State, n: int) -> State:
    have = len(state.ships)
    more = _chained(SHIP_DTYPE, n - have, have)
    more["next"][-1] = state.free[FREE_SHIP]
    state.free[FREE_SHIP] = have
    return state._replace(ships=np.concatenate([state.ships, more]))


def _grow_nursery(state: State, n: int) -> State:
    have = len(state.nursery)
    more = _chained(CANDIDATE_DTYPE, n - have, have)
    more["next"][-1] = state.free[FREE_CANDIDATE]
    state.free[FREE_CANDIDATE] = have
    return state._replace(nursery=np.concatenate([state.nursery, more]))
