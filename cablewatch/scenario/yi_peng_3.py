"""Yi Peng 3, 16-18 November 2024: what is recorded, and a passage that leads up to it.

Recorded are 24 key frames from 06:01:44 on the 18th, after both breaks. Everything before is
reconstructed: a path through the published places at the published times, sailed by the physics
of ``ship.py``. ``docs/demo.md`` lists every figure as published, derived or assumed.

The published figures bind each other. The way between the two breaks is 109 nm and takes 18 h
4 min, 6 kn on average, yet AIS shows about 7 kn while she drags: the rest went by more slowly where
no AIS shows it, in the dark hours. That speed is solved for, some 4.5 kn.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from cablewatch.fixes import Array
from cablewatch.scenario.ship import (
    GRID_S,
    Line,
    Motion,
    eased,
    limit_cycle,
    make_line,
    noise,
    sail,
    tow_speed_ratio,
    travelled,
    wander,
)


def utc_s(day: int, hour: int, minute: int = 0, second: int = 0) -> int:
    """Unix seconds of a moment in November 2024, UTC."""
    return int(datetime(2024, 11, day, hour, minute, second, tzinfo=UTC).timestamp())


MMSI = 414_270_000  # published
IMO = 9_224_984  # published
LENGTH_M = 225  # m, published
BEAM_M = 32  # m; assumed, the width of a Panamax

START_S = utc_s(16, 0)  # start of the window
DROP_S = utc_s(17, 2)  # assumed: 20:24 on the 16th gives 36 h, 04:24 on the 17th 180 nm
BCS_S = utc_s(17, 8)  # BCS East-West Interlink down at about 08:00; published
DARK_S = (utc_s(17, 10, 30), utc_s(17, 18))  # 7.5 h published; its place in the day assumed
C_LION1_S = utc_s(18, 2, 4)  # C-Lion1 down at 02:04; published (Cinia)
STOP_S = utc_s(18, 8, 24, 13)  # recorded: 0.7 kn

FREE_SPEED_KN = 10.75  # kn before the drop: 10.5-10.9 kn recorded after the anchor was free
TOW_RATIO = 0.65  # about 7 kn by AIS while dragging (published) over the free speed
DEVIATION_DEG = (2.5, 5.0)  # deg, drawn; assumed (no dense record of a merchant tow is public)
LENGTHS = (5.0, 12.0)  # wavelength in ship lengths, drawn; design, section 4

BCS_AT = (19.34099, 57.04104)  # where the path meets the generalised line; derived
C_LION1_AT = (17.08910, 55.89712)  # the same, at 7.32 kn and 254 deg from the first key frame

PATH = (
    (28.20, 59.85),  # off Ust-Luga; this and the next down to the Gulf's mouth: assumed lane
    (27.60, 59.93),
    (26.80, 59.97),
    (26.20, 59.93),
    (25.20, 59.83),
    (24.30, 59.68),
    (23.30, 59.50),
    (22.30, 59.38),
    (21.50, 59.15),
    (20.80, 58.80),
    (20.35, 58.20),
    (19.98, 57.70),
    (19.1872, 56.8800),  # straight through BCS_AT
    (18.95, 56.45),  # east and south of C-Lion1, which is met once: assumed
    (18.10, 56.13),
    (17.45, 55.955),
    (16.26661, 55.76059),  # first key frame: recorded
    (15.97856, 55.71554),  # second key frame: recorded
)

KEY_FRAME_SOURCE = (
    "Danish Maritime Authority, AIS of 18 November 2024, thinned to 30 s and line-simplified"
)
KEY_FRAMES = (  # time (18 Nov 2024, UTC), lon_deg, lat_deg, sog_kn, cog_deg
    ("06:01:44", 16.26661, 55.76059, 7.3, 255),
    ("07:26:43", 15.97856, 55.71554, 7.3, 255),
    ("08:13:34", 15.81156, 55.69243, 6.8, 256),
    ("08:24:13", 15.79452, 55.68962, 0.7, 246),
    ("08:41:04", 15.79797, 55.68883, 0.2, 243),
    ("09:02:04", 15.79957, 55.69084, 0.7, 255),
    ("11:31:35", 15.28301, 55.56551, 10.5, 248),
    ("12:03:34", 15.1225, 55.53985, 10.8, 253),
    ("13:03:34", 14.81562, 55.48432, 10.9, 251),
    ("13:44:06", 14.61564, 55.43812, 10.7, 243),
    ("13:51:04", 14.58567, 55.42695, 10.3, 226),
    ("14:12:05", 14.51401, 55.38138, 10.4, 221),
    ("14:32:05", 14.44927, 55.33717, 10.3, 217),
    ("15:19:04", 14.31458, 55.22964, 9.8, 220),
    ("16:15:34", 14.13879, 55.11292, 9.3, 223),
    ("16:41:34", 14.05432, 55.06509, 9.3, 238),
    ("17:25:34", 13.8755, 55.02416, 9.2, 250),
    ("20:38:05", 13.08258, 54.86649, 8.9, 251),
    ("20:59:05", 13.00099, 54.84791, 8.9, 248),
    ("21:48:04", 12.80165, 54.79209, 9.1, 243),
    ("22:08:05", 12.72254, 54.7724, 9.0, 242),
    ("22:26:05", 12.66261, 54.7444, 8.8, 235),
    ("22:56:34", 12.548, 54.70634, 9.2, 239),
    ("23:59:34", 12.31822, 54.61932, 8.8, 235),
)
RECORDED_FROM_S = utc_s(18, 6, 1, 44)
RECORDED_TO_S = utc_s(18, 23, 59, 34)


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """The passage before the key frames, and what was drawn for it."""

    motion: Motion  # to the first key frame, which it does not include
    deviation_deg: float  # mean amplitude of the course limit cycle
    lengths: float  # its mean wavelength in ship lengths
    dark_speed_kn: float  # mean speed in the dark hours, solved


def key_frame_times_s() -> Array:
    """Unix seconds of the key frames (24,)."""
    return np.array([utc_s(18, *map(int, row[0].split(":"))) for row in KEY_FRAMES])


def reconstruct(rng: np.random.Generator) -> Reconstruction:
    """Sail the passage once; each generator state gives another plausible tow."""
    line = make_line(np.array(PATH))
    t_s = np.arange(START_S, RECORDED_FROM_S + 1, GRID_S)
    dragging = eased(t_s, DROP_S, RECORDED_FROM_S + 3600, 300.0)
    s_m = _distance(rng, line, t_s, dragging)
    deviation, lengths = rng.uniform(*DEVIATION_DEG), rng.uniform(*LENGTHS)
    sway_m, yaw = limit_cycle(rng, s_m, LENGTH_M, deviation, lengths)
    grown = eased(t_s, DROP_S, RECORDED_FROM_S + 3600, 1200.0)  # 20 min to grow; assumed
    steering = wander(rng, s_m, 1500.0, 0.3) + wander(rng, s_m, 8000.0, 0.4)  # autopilot; assumed
    heading = yaw * grown + 0.4 * noise(rng, len(t_s), 40.0 / GRID_S, order=2)
    motion = sail(line, t_s, s_m, steering + sway_m * grown, heading)
    dark = (t_s >= DARK_S[0]) & (t_s <= DARK_S[1])
    return Reconstruction(
        motion=motion.cut(t_s < RECORDED_FROM_S),
        deviation_deg=float(deviation),
        lengths=float(lengths),
        dark_speed_kn=float(motion.sog_kn[dark].mean()),
    )


def _distance(rng: np.random.Generator, line: Line, t_s: Array, dragging: Array) -> Array:
    """Distance along the path in time, pinned at both cables and at the first key frame."""
    bcs_m, lion_m, key_m = (line.nearest_m(*at) for at in (BCS_AT, C_LION1_AT, PATH[-2]))
    free = FREE_SPEED_KN * (1.0 + 0.02 * noise(rng, len(t_s), 3600.0 / GRID_S))  # 2 %: assumed
    v = free * (1.0 - dragging * (1.0 - tow_speed_ratio(rng, t_s, TOW_RATIO)))
    last = eased(t_s, C_LION1_S - 3600, RECORDED_FROM_S + 3600, 3600.0)
    v = _stretched(t_s, v, C_LION1_S, RECORDED_FROM_S, key_m - lion_m, last)
    v = _stretched(t_s, v, BCS_S, C_LION1_S, lion_m - bcs_m, eased(t_s, *DARK_S, 1200.0))
    s_m = travelled(t_s, v)
    return s_m - np.interp(BCS_S, t_s, s_m) + bcs_m


def _stretched(
    t_s: Array, speed_kn: Array, start_s: float, end_s: float, distance_m: float, shape: Array
) -> Array:
    """Speed scaled where `shape` is above 0 so that `distance_m` is sailed between two times."""
    kept = np.diff(np.interp([start_s, end_s], t_s, travelled(t_s, speed_kn)))[0]
    shaped = np.diff(np.interp([start_s, end_s], t_s, travelled(t_s, speed_kn * shape)))[0]
    scaled: Array = speed_kn * (1.0 + (distance_m - kept) / shaped * shape)
    return scaled
