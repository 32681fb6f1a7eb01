"""Ships of a made-up Danish day: who is there, what she says of herself, how she moves.

Shares are those of one day of the Danish waters by order of size, not counts of a given day;
places and lanes are laid by hand to a kilometre or so. Everything in this file is assumed except
where a source is named.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.danish.lanes import ANCHORAGES, FERRIES, GROUNDS, LANES, PASSAGES, PORTS
from cablewatch.units import KNOT_M_S

Array = NDArray[np.generic]

MOBILES = ("Class A", "Class B", "Base Station", "AtoN")
CLASS_A, CLASS_B, BASE, ATON = range(4)
STILL, PASSAGE, FERRY, LOOP = range(4)
STATUSES = (
    "Under way using engine",
    "At anchor",
    "Moored",
    "Engaged in fishing",
    "Restricted maneuverability",
    "Constrained by her draught",
    "Under way sailing",
    "Not under command",
    "Unknown value",
)
UNDER_WAY, ANCHORED, MOORED, FISHING, RESTRICTED, DEEP, SAILING, NO_COMMAND, UNKNOWN = range(9)
STILL_STATUS = {UNDER_WAY: 0.33, ANCHORED: 0.06, MOORED: 0.44, UNKNOWN: 0.12, RESTRICTED: 0.05}
"""What still ships of class A claim; the first two as in the Danish feed of 2013."""
MOVING_STATUS = {UNDER_WAY: 0.92, DEEP: 0.02, NO_COMMAND: 0.01, UNKNOWN: 0.03, MOORED: 0.02}
KINDS = {  # type: (share of passages, of other class A, of class B; length m)
    "Cargo": (0.58, 0.10, 0.01, (70, 230)),
    "Tanker": (0.28, 0.05, 0.0, (80, 250)),
    "Passenger": (0.04, 0.12, 0.02, (25, 200)),
    "Fishing": (0.02, 0.30, 0.17, (9, 60)),
    "Sailing": (0.0, 0.04, 0.30, (8, 30)),
    "Pleasure": (0.01, 0.08, 0.35, (7, 30)),
    "Tug": (0.02, 0.09, 0.0, (15, 45)),
    "Pilot": (0.0, 0.03, 0.0, (10, 25)),
    "Dredging": (0.01, 0.03, 0.0, (30, 110)),
    "Military": (0.01, 0.03, 0.0, (20, 130)),
    "Other": (0.03, 0.08, 0.05, (10, 120)),
    "Undefined": (0.0, 0.05, 0.10, (8, 60)),
}
FIRST = ("NORD", "BALTIC", "ANNA", "SOLE", "HAV", "MARIE", "VEGA", "AMBER", "STELLA", "FREJA")
LAST = ("STAR", "TRADER", "BREEZE", "WIND", "PIONEER", "LADY", "CARRIER", "EXPRESS", "QUEEN")
CARGO = ("", "", "", "No additional information", "Category X", "Reserved for future use")
DEVICES = ("GPS", "GPS", "GPS", "GPS", "Undefined", "Combined GPS/GLONASS", "Internal", "GLONASS")
NATIONS = (219, 219, 219, 220, 265, 211, 244, 257, 273, 230, 255, 636, 538, 304, 305, 209, 248)
NEVER_S = 1 << 30


@dataclass(frozen=True)
class Fleet:
    """Columns of all ships; places are of berths, anchors and loop centres, or lane offsets."""

    mobile: Array
    mmsi: Array
    kind: Array  # index in KINDS
    motion: Array
    lane: Array
    reverse: Array  # passages against the order of the lane
    start_s: Array  # passages: when at the start; ferries: shift of the timetable
    dwell_s: Array
    lon: Array
    lat: Array
    cos_lat: Array
    speed_m_s: Array
    interval_s: Array
    loop_m: Array
    swing_m: Array
    phase: Array
    heading: Array
    has_heading: Array
    drift_deg: Array  # heading less course
    turns: Array  # says ROT
    still_status: Array
    moving_status: Array
    sog_noise_kn: Array
    cog_noise_deg: Array
    static_s: Array  # when the first static message is heard
    change_s: Array  # when destination and ETA change


class _Even:
    """Evenly spread sequences in [0, 1): any run of ships has about the mix of all.

    One sequence a dimension: additive recurrences of the powers of the generalised golden ratio.
    """

    DIMENSIONS = 7

    def __init__(self, rng: np.random.Generator, n: int) -> None:
        self._rng, self._n, self._used = rng, n, 0
        self._ratio = 2.0
        for _ in range(60):
            self._ratio = (1 + self._ratio) ** (1 / (self.DIMENSIONS + 1))

    def values(self) -> Array:
        self._used += 1
        steps = np.arange(self._n) * self._ratio**-self._used
        return (steps + self._rng.random()) % 1.0

    def choice(self, shares: dict[int, float]) -> Array:
        at = np.searchsorted(np.cumsum(list(shares.values()))[:-1], self.values(), side="right")
        return np.array(list(shares))[at]


def fleet(rng: np.random.Generator, n: int) -> Fleet:
    """`n` ships in no order."""
    even = _Even(rng, n)
    mobile = even.choice({CLASS_A: 0.62, CLASS_B: 0.33, BASE: 0.015, ATON: 0.035})
    motion_a = even.choice({STILL: 0.72, PASSAGE: 0.18, FERRY: 0.02, LOOP: 0.08})
    motion_b = even.choice({STILL: 0.86, LOOP: 0.14})
    motion = np.where(mobile == CLASS_A, motion_a, np.where(mobile == CLASS_B, motion_b, STILL))
    kind = _kinds(even, mobile, motion)
    still_status = np.where(mobile == CLASS_A, even.choice(STILL_STATUS), UNKNOWN)
    heading_said = even.values() < np.array([0.87, 0.01, 0.0, 0.0])[mobile]
    speed_kn = _speeds(rng, motion, mobile)
    lane, lon, lat = _places(rng, motion, still_status)
    length_m, v = LANES.length_m[lane], speed_kn * KNOT_M_S
    change_s = np.where(rng.random(n) < 0.33, rng.uniform(7_200, 86_400, n), NEVER_S)
    moving_status = np.where(mobile == CLASS_A, even.choice(MOVING_STATUS), UNKNOWN)
    fishing = (mobile == CLASS_A) & (kind == list(KINDS).index("Fishing")) & (motion == LOOP)
    silent = (mobile >= BASE) | (rng.random(n) < 0.03 + 0.1 * (mobile == CLASS_B))
    return Fleet(
        mobile=mobile,
        mmsi=_mmsis(rng, mobile),
        kind=kind,
        motion=motion,
        lane=lane,
        reverse=rng.random(n) < 0.5,
        start_s=rng.uniform(-length_m / v, 86_400),
        dwell_s=rng.uniform(900, 3_600, n),
        lon=lon,
        lat=lat,
        cos_lat=np.cos(np.radians(np.where(motion == PASSAGE, 56.0, lat))),
        speed_m_s=v,
        interval_s=_intervals(rng, mobile, motion, still_status, speed_kn),
        loop_m=rng.uniform(1_500, 7_000, n),
        swing_m=np.where(
            (motion == STILL) & (still_status == ANCHORED), rng.uniform(60, 250, n), 0
        ),
        phase=rng.uniform(0, 2 * np.pi, n),
        heading=rng.uniform(0, 360, n),
        has_heading=heading_said,
        drift_deg=rng.normal(0, 1.5, n),
        turns=(mobile == CLASS_A) & (rng.random(n) < 0.75),
        still_status=np.where(mobile == CLASS_A, still_status, UNKNOWN),
        moving_status=np.where(fishing, FISHING, moving_status),
        # medians and upper deciles of the Danish feed of 2013: 0.04 and 0.13 kn, 0.47 and 1.87 deg
        sog_noise_kn=np.where(mobile < BASE, 0.04 * np.exp(0.92 * rng.standard_normal(n)), 0),
        cog_noise_deg=0.47 * np.exp(1.08 * rng.standard_normal(n)),
        static_s=np.where(silent, NEVER_S, rng.uniform(0, 400, n)),
        change_s=np.where(silent | (mobile != CLASS_A), NEVER_S, change_s),
    )


def tails(fleet: Fleet, day: str) -> list[str]:
    """The static columns of each ship thrice: nothing said yet, said, and changed."""
    unsaid = "Unknown,,,Undefined,,,,Undefined,,,,AIS,,,,"
    return [text for k in range(len(fleet.mmsi)) for text in (unsaid, *_said(fleet, k, day))]


def _said(fleet: Fleet, k: int, day: str) -> tuple[str, str]:
    rng = np.random.default_rng([int(fleet.mmsi[k]), 1])
    kind = list(KINDS)[int(fleet.kind[k])]
    shortest, longest = KINDS[kind][3]
    length = int(rng.integers(shortest, longest))
    width = max(3, round(length / 6.5))
    bow, port = int(length * rng.uniform(0.1, 0.9)), int(width * rng.uniform(0.2, 0.8))
    class_a = fleet.mobile[k] == CLASS_A
    imo = f"{rng.integers(9_000_000, 9_999_999)}" if class_a and length > 50 else "Unknown"
    name = f"{rng.choice(FIRST)} {rng.choice(LAST)} {k % 97}"
    call = f"{rng.choice(['OX', 'OU', 'SB', 'DK', 'V2'])}{chr(65 + k % 26)}{k % 1_000:03d}"
    device = rng.choice(DEVICES)
    head = f"{imo},{call},{name},{kind},{rng.choice(CARGO)},{width},{length},{device}"
    size = f"AIS,{bow},{length - bow},{port},{width - port}"
    if not class_a:
        return (f"{head},,,,{size}",) * 2
    ports = list(PORTS)
    draught = f"{rng.uniform(1.5, 3 + length / 20):.1f}"
    date, month, year = day.split("/")
    voyages = [
        f"{ports[rng.integers(len(ports))].upper()},"
        f"{(int(date) + hours // 24) % 28 + 1:02d}/{month}/{year} {hours % 24:02d}:00:00"
        for hours in rng.integers(6, 80, 2).tolist()
    ]
    first, second = (f"{head},{draught},{voyage},{size}" for voyage in voyages)
    return first, second


def _kinds(even: _Even, mobile: Array, motion: Array) -> Array:
    column = np.where(mobile == CLASS_B, 2, np.where(motion == PASSAGE, 0, 1))
    shares = np.array([row[:3] for row in KINDS.values()]).T
    bounds = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)[column]
    kind = (even.values()[:, None] >= bounds[:, :-1]).sum(axis=1)
    return np.where(motion == FERRY, list(KINDS).index("Passenger"), kind)


def _speeds(rng: np.random.Generator, motion: Array, mobile: Array) -> Array:
    n = len(motion)
    passage = np.clip(rng.normal(13.2, 2.8, n), 7, 21)
    ferry, loop = rng.uniform(14, 26, n), np.clip(rng.gamma(3, 1.6, n), 1.5, 18)
    loop = np.where(mobile == CLASS_B, loop + 2, loop)
    return np.choose(motion, [np.ones(n), passage, ferry, loop])


def _intervals(
    rng: np.random.Generator, mobile: Array, motion: Array, still_status: Array, speed_kn: Array
) -> Array:
    """Nominal report intervals, s: ITU-R M.1371-5, table 1."""
    resting = (motion == STILL) & ((still_status != UNDER_WAY) | (mobile != CLASS_A))
    class_a = np.select([resting, speed_kn > 23, speed_kn > 14], [180.0, 2.0, 6.0], 10.0)
    own_slots = rng.random(len(mobile)) < 0.15  # class B "SO": 15 s above 14 kn, 5 s above 23
    quick = np.select([speed_kn > 23, speed_kn > 14], [5.0, 15.0], 30.0)
    class_b = np.where(resting, 180.0, np.where(own_slots, quick, 30.0))
    return np.choose(
        mobile, [class_a, class_b, np.full(len(mobile), 10.0), np.full(len(mobile), 180.0)]
    )


def _places(
    rng: np.random.Generator, motion: Array, still_status: Array
) -> tuple[Array, Array, Array]:
    """Lane of each ship, and longitude and latitude of its place (its offset, on a lane)."""
    n = len(motion)
    shares = np.array(list(PASSAGES.values()))
    lane = rng.choice(len(PASSAGES), n, p=shares / shares.sum())
    ferry = len(PASSAGES) + rng.integers(0, len(FERRIES), n)
    berth = np.array(list(PORTS.values()))[rng.integers(0, len(PORTS), n)]
    road = np.array(ANCHORAGES)[rng.integers(0, len(ANCHORAGES), n)]
    ground = np.array(GROUNDS)[rng.integers(0, len(GROUNDS), n)]
    anchored = (motion == STILL) & (still_status == ANCHORED)
    place = np.select([(motion == LOOP)[:, None], anchored[:, None]], [ground, road], berth)
    spread = np.select([motion == LOOP, anchored], [0.06, 0.02], 0.004)[:, None]
    place = place + spread * rng.standard_normal((n, 2)) * [1.8, 1.0]
    aside = (
        rng.standard_normal((n, 2)) * [0.012, 0.007] * np.where(motion == FERRY, 0.1, 1)[:, None]
    )
    on_lane = ((motion == PASSAGE) | (motion == FERRY))[:, None]
    place = np.where(on_lane, aside, place)
    return np.where(motion == FERRY, ferry, lane), place[:, 0], place[:, 1]


def _mmsis(rng: np.random.Generator, mobile: Array) -> Array:
    n = len(mobile)
    number = rng.permutation(999_999)[:n]
    nation = np.array(NATIONS)[rng.integers(0, len(NATIONS), n)]
    return np.select(
        [mobile == BASE, mobile == ATON],
        [2_190_000 + number % 10_000, 992_190_000 + number % 10_000],
        nation * 1_000_000 + number,
    )
