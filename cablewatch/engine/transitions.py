"""What the fold says: events, crossings, notices, tallies, hints and hearings, in buffers.

The buffers are filled by the kernels and drained by :class:`cablewatch.engine.fold.Engine`. One
fix or one ship's timers write at most `HEADROOM` rows into any of them, three times as many
crossings with those that four tracks of an MMSI may hold back; the kernels stop while that much
room is left, and go on where they stopped.
"""

from typing import Any, NamedTuple

import numpy as np

from cablewatch.cables.index import AHEAD_DTYPE, CROSSING_HIT_DTYPE
from cablewatch.engine.state import (
    CROSSING_DTYPE,
    MAX_AHEAD,
    MAX_CROSSINGS,
    MAX_RATIOS,
    MAX_STATIONS,
    MAX_TERMS,
    MAX_TRACKS_PER_MMSI,
    MAX_VERTICES,
    MET_DTYPE,
    N_RULES,
    RING,
    SHIP_DTYPE,
    VERTEX_DTYPE,
)
from cablewatch.jit import lean
from cablewatch.units import HOUR_MS

RAISED, UPDATED, CLOSED = 1, 2, 3
JUMP, SHARED_MMSI, FROZEN_POSITION, INTERFERENCE, SLOW_STATION, CROWDED = 1, 2, 3, 4, 5, 6
NOTICE_MS = HOUR_MS  # one notice of a kind in so long
NOTICES = (
    "",
    "jump",
    "mmsi_shared",
    "position_speed_conflict",
    "gnss_interference_suspect",
    "station_clock_skew",
    "mmsi_crowded",
)

EVENT_DTYPE = np.dtype(
    [
        ("t_ms", "i8"),
        ("mmsi", "i4"),
        ("rule", "u1"),
        ("event", "u1"),
        ("track", "u1"),  # number among the tracks of this MMSI
        ("soon", "u1"),  # a line was crossed, or near, then or when it was said before
        ("incident_rule", "u1"),  # rule and start of the first alert of its incident
        ("incident_ms", "i8"),
        ("started_ms", "i8"),
        ("raised_ms", "i8"),
        ("last_ms", "i8"),  # last fix of the ship
        ("stopped_ms", "i8"),  # of a recovery stop, where the rule counts one: when it began
        ("sailed_ms", "i8"),  # and when the ship sailed on
        ("came_kn", "f4"),  # speed of the leg before it
        ("after_kn", "f4"),  # and of the leg after
        ("lon", "f8"),
        ("lat", "f8"),
        ("sog_kn", "f4"),
        ("cog_deg", "f4"),
        ("log_odds", "f4"),
        ("value", "f4", (MAX_TERMS,)),
        ("ratio", "f4", (MAX_RATIOS,)),
        ("stations", "u2", (MAX_STATIONS,)),
        ("cables_n", "i4"),
        ("vertices_n", "i4"),
        ("ahead_n", "i4"),
        ("other_mmsi", "i4"),  # of a ship that this one goes on as; 0 none
        ("next_cable", "i4"),  # the first one ahead, or the one last said to be; -1 none
    ],
    align=True,
)


class Event(NamedTuple):
    """An event that is not of the fold: fields of `EVENT_DTYPE`, and the rows parallel to it."""

    fields: dict[str, Any]
    cables: list[tuple[int, float, int, int, int, int]]  # MET_DTYPE
    vertices: list[tuple[int, float, float]]  # VERTEX_DTYPE
    ahead: list[tuple[int, float]]  # AHEAD_DTYPE


WORD_DTYPE = np.dtype(
    [
        ("t_ms", "i8"),
        ("mmsi", "i4"),  # 0 nothing was said yet
        ("log_odds", "f4"),  # NaN where nothing could be said
        ("ratio", "f4", (MAX_RATIOS,)),
    ],
    align=True,
)
"""What a rule said when it was last evaluated, whether or not an alert came of it."""
NOTICE_DTYPE = np.dtype([("t_ms", "i8"), ("mmsi", "i4"), ("code", "i4")])
TALLY_DTYPE = np.dtype([("bin", "i8"), ("cell", "i8"), ("votes", "i8"), ("sum_milli", "i8")])
SILENT, RETURNED, VANISHED, APPEARED, CIRCLING = 1, 2, 3, 4, 5
HINT_DTYPE = np.dtype(
    [
        ("bin", "i8"),  # at whose end it is judged
        ("t_ms", "i8"),
        ("mmsi", "i4"),
        ("what", "u1"),
        ("track", "u1"),  # number among the tracks of this MMSI
        ("heard_bins", "u1"),
        ("gaps", "u1"),
        # the last fix, and the first one after it where there is one
        ("last_ms", "i8"),
        ("lon", "f8"),
        ("lat", "f8"),
        ("sog_kn", "f4"),
        ("cog_deg", "f4"),
        ("next_ms", "i8"),
        ("next_lon", "f8"),
        ("next_lat", "f8"),
        ("next_sog_kn", "f4"),
        ("next_cog_deg", "f4"),
        ("length_m", "f4"),  # 0 not known, -1 disputed
        ("own_kn", "f4"),  # upper quartile of its moving speed, NaN not known
        ("incident_min", "i4"),  # start and rule of the incident that it would belong to
        ("incident_rule", "u1"),
        ("station", "u2"),  # of the last fix
    ],
    align=True,
)
"""Something about a ship that only all ships together can judge, when the bin ends."""
HEARD_DTYPE = np.dtype(
    [("bin", "i8"), ("cell", "i8"), ("station", "i8"), ("heard", "i8"), ("gone", "i8")]
)
"""One vote a ship and bin: whether a ship under way was heard, by whom, or fell silent, where."""

HEADROOM = 128
SERIES = (
    "time_s",
    "course",
    "east_m",
    "north_m",
    "across_m",
    "line",
    "bow",
    "cos",
    "sin",
    "cos_step",
    "sin_step",
    "keep",
    "gained",
)
"""Scratch of the search for a cycle and of its weighing, one value a fix of the window."""


def _filter_of(states: int) -> np.dtype[np.void]:
    """Scratch of a filter of so many states (:mod:`.wander`)."""
    return np.dtype(
        [
            ("state", "f8", (states, 6)),  # of each series
            ("covariance", "f8", (states, states)),
            ("gain", "f8", (states,)),
            ("seen", "f8", (6,)),  # measured, then what of it surprises
            ("products", "f8", (6, 6)),  # of the surprises
            ("factor", "f8", (6, 6)),  # of the products, by Cholesky
        ]
    )


EVENTS, CROSSINGS, NOTICE_ROWS, TALLIES, HINTS, HEARD = range(6)


OUTPUT_DTYPE = np.dtype(
    [
        ("used", "i8", (6,)),  # rows of events, crossings, notices, tallies, hints and hearings
        ("events", EVENT_DTYPE, (2 * HEADROOM,)),
        ("event_cables", MET_DTYPE, (2 * HEADROOM, MAX_CROSSINGS)),
        ("event_vertices", VERTEX_DTYPE, (2 * HEADROOM, MAX_VERTICES)),
        ("event_ahead", AHEAD_DTYPE, (2 * HEADROOM, MAX_AHEAD)),
        ("crossings", CROSSING_DTYPE, (64 * HEADROOM,)),
        ("notices", NOTICE_DTYPE, (16 * HEADROOM,)),
        ("tallies", TALLY_DTYPE, (64 * HEADROOM,)),
        ("hints", HINT_DTYPE, (4 * HEADROOM,)),
        ("heard", HEARD_DTYPE, (64 * HEADROOM,)),
        ("words", WORD_DTYPE, (N_RULES, MAX_TRACKS_PER_MMSI)),  # of the ship last evaluated
        # scratch
        ("hits", CROSSING_HIT_DTYPE, (HEADROOM,)),
        ("ahead", AHEAD_DTYPE, (MAX_AHEAD,)),
        ("value", "f4", (MAX_TERMS,)),
        ("ratio", "f4", (MAX_RATIOS,)),
        ("blank", SHIP_DTYPE),  # stays 0
        *((name, "f8", (RING,)) for name in SERIES),
        ("wandering", _filter_of(2)),  # over them
        ("swinging", _filter_of(4)),
    ],
    align=True,
)
"""The buffers of one engine: one record, which compiled code passes for nothing."""


@lean
def has_headroom(out):
    """Whether one more fix or one more ship's timers surely fit into every buffer."""
    return (
        out.used[EVENTS] + HEADROOM <= len(out.events)
        and out.used[CROSSINGS] + 3 * HEADROOM <= len(out.crossings)
        and out.used[NOTICE_ROWS] + HEADROOM <= len(out.notices)
        and out.used[TALLIES] + HEADROOM <= len(out.tallies)
        and out.used[HINTS] + HEADROOM <= len(out.hints)
        and out.used[HEARD] + HEADROOM <= len(out.heard)
    )


@lean
def notify(out, t_ms, mmsi, code):
    """Write a notice of integrity."""
    row = out.notices[out.used[NOTICE_ROWS]]
    row.t_ms, row.mmsi, row.code = t_ms, mmsi, code
    out.used[NOTICE_ROWS] += 1
