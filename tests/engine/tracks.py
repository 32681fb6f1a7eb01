"""Random but physical scenes: ships that pass, tow, loiter, lie, jump, freeze and share an MMSI.

Positions follow from speed and course, sampled once a second and reported at the ship's interval;
they are rounded as AIS rounds them (1/10,000 minute, 0.1 kn, 0.1 degree).
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import shapely
from laws import Scene, ordered
from moorings import at_anchor, hauled, none

from cablewatch.cables.model import Cable
from cablewatch.fixes import Array, Fixes, FixFlag
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS
from cablewatch.vessels.statics import Statics

T0_MS = 1_731_801_600_000  # 2024-11-17T00:00:00Z
DEGREE_M = 111_300.0  # of latitude, near enough
LAT = 55.0
QUANTUM_DEG = 1 / 600_000  # ITU-R M.1371-5, type 1
COARSE_DEG = 1 / 600  # type 27

Profile = Callable[[Array], Array]  # seconds since the start -> knots or degrees


def cable(name: str, points: list[tuple[float, float]], zone_m: float = 1000.0) -> Cable:
    """A made-up cable through points (longitude, latitude)."""
    return Cable(
        id=name,
        name=name,
        kind="telecom",
        owner="",
        status="active",
        source="laid for a test",
        licence="CC0-1.0",
        position_class="surveyed",
        position_uncertainty_m=100.0,
        protection_zone_m=zone_m,
        zone_basis="test",
        route=shapely.MultiLineString([points]),
    )


CABLES = (
    cable("meridian", [(0.02, 54.4), (0.0, 54.9), (0.03, 55.7)]),
    cable("east", [(0.95, 54.4), (0.9, 55.7)]),
    cable("level", [(-1.5, 55.31), (0.2, 55.3), (1.5, 55.33)]),
)


def steady(value: float) -> Profile:
    """The same all the time."""
    return lambda s: np.full(len(s), value)


def between(start_s: float, end_s: float, inside: float, outside: float) -> Profile:
    """`inside` from start to end, reached over two minutes, else `outside`."""

    def profile(s: Array) -> Array:
        rise = np.clip((s - start_s) / 120.0, 0.0, 1.0) * np.clip((end_s - s) / 120.0, 0.0, 1.0)
        return outside + (inside - outside) * rise

    return profile


def fishtail(
    start_s: float, end_s: float, course_deg: float, deviation_deg: float, period_s: float
) -> Profile:
    """A straight course with a limit cycle from start to end."""

    def profile(s: Array) -> Array:
        swing = deviation_deg * np.sin(2.0 * np.pi * (s - start_s) / period_s)
        return course_deg + np.where((s > start_s) & (s < end_s), swing, 0.0)

    return profile


def zigzag(leg_s: float, course_deg: float, turn_deg: float) -> Profile:
    """To and fro: the course and the course turned, leg by leg."""
    return lambda s: course_deg + turn_deg * ((s // leg_s) % 2)


def sail(
    rng: np.random.Generator,
    mmsi: int,
    start_ms: int,
    hours: float,
    lon: float,
    lat: float,
    sog_kn: Profile,
    cog_deg: Profile,
    interval_s: float = 10.0,
    flags: int = 0,
    heading_deg: Profile | None = None,
    nav_status: int = 0,
) -> Fixes:
    """Fixes of one ship, with the noise of a good receiver; else its bow lies in its course."""
    s = np.arange(0.0, hours * 3600.0)
    knots = np.maximum(0.0, sog_kn(s))
    course = cog_deg(s)
    step_m = knots * KNOT_M_S
    north_m = np.cumsum(step_m * np.cos(np.radians(course)))
    east_m = np.cumsum(step_m * np.sin(np.radians(course)))
    at = np.arange(0.0, len(s) - 1, interval_s)
    at = np.clip(at + rng.uniform(-0.1, 0.1, len(at)) * interval_s, 0, len(s) - 1)
    k = at.astype(int)
    lats = lat + north_m[k] / DEGREE_M + rng.normal(0.0, 3e-6, len(k))
    lons = lon + east_m[k] / DEGREE_M / np.cos(np.radians(lat)) + rng.normal(0.0, 5e-6, len(k))
    quantum = COARSE_DEG if flags & FixFlag.COARSE else QUANTUM_DEG
    noisy_cog = (course[k] + rng.normal(0.0, 0.3, len(k))) % 360.0
    return Fixes.from_columns(
        t_ms=start_ms + (at * 1000.0).astype("i8"),
        mmsi=np.full(len(k), mmsi),
        lon_deg=np.round(lons / quantum) * quantum,
        lat_deg=np.round(lats / quantum) * quantum,
        sog_kn=np.round(np.maximum(0.0, knots[k] + rng.normal(0.0, 0.05, len(k))), 1),
        cog_deg=np.round(noisy_cog, 1) % 360.0,
        heading_deg=np.round((heading_deg(s) if heading_deg else course)[k]) % 360.0,
        nav_status=nav_status,
        flags=flags,
        station=rng.integers(1, 4, len(k)),
    )


def towing(
    rng: np.random.Generator, mmsi: int, start_ms: int, kn: float = 7.0, lat: float = LAT
) -> Fixes:
    """Eastward over the meridian cable with its anchor in tow; sails on after two hours."""
    yaw = fishtail(0.0, 7200.0, 90.0, 4.0, 300.0)
    return sail(rng, mmsi, start_ms, 3.5, -0.3, lat, between(0.0, 7200.0, kn, 12.5), yaw)


DRAG_FROM_S, DRAG_TO_S = 2.4 * 3600.0, 3.6 * 3600.0


def dragging(
    rng: np.random.Generator,
    mmsi: int,
    start_ms: int,
    ratio: float = 0.7,
    deviation_deg: float = 4.0,
    hours: float = 5.0,
    lat: float = LAT,
    own_kn: float = 12.5,
    period_s: float = 300.0,
) -> Fixes:
    """Eastward across the meridian cable; tows its anchor from 2.4 to 3.6 h after the start."""
    start_lon = -own_kn * KNOT_M_S * 2.8 * 3600.0 / DEGREE_M / np.cos(np.radians(lat))
    return sail(
        rng,
        mmsi,
        start_ms,
        hours,
        start_lon,
        lat,
        between(DRAG_FROM_S, DRAG_TO_S, ratio * own_kn, own_kn),
        fishtail(DRAG_FROM_S, DRAG_TO_S, 90.0, deviation_deg, period_s),
    )


def weighing(
    rng: np.random.Generator,
    mmsi: int,
    start_ms: int,
    legs_kn: tuple[float, float] = (7.0, 10.5),
    stop_min: float = 60.0,
    before_h: float = 1.5,
    lat: float = LAT,
    interval_s: float = 10.0,
) -> Fixes:
    """Eastward over the meridian cable, then lies nearly still for a while, and sails on."""
    before_s, after_s = before_h * 3600.0, before_h * 3600.0 + stop_min * 60.0
    at_s = [before_s, before_s + 240.0, after_s, after_s + 600.0]
    came_kn, after_kn = legs_kn

    def speed(s: Array) -> Array:
        return np.interp(s, at_s, [came_kn, 0.4, 0.4, after_kn])

    lon = -came_kn * KNOT_M_S * (before_s - 900.0) / DEGREE_M / np.cos(np.radians(lat))
    hours = (after_s + 2.0 * 3600.0) / 3600.0
    return sail(rng, mmsi, start_ms, hours, lon, lat, speed, steady(90.0), interval_s)


def loitering(rng: np.random.Generator, mmsi: int, start_ms: int, hours: float = 5.0) -> Fixes:
    """Comes from the west, zigzags over the meridian cable for all but two hours, and leaves."""
    in_s, out_s = 3600.0, (hours - 1.0) * 3600.0

    def course(s: Array) -> Array:
        inside = (s > in_s) & (s < out_s)
        return np.where(inside, zigzag(700.0, 80.0, 190.0)(s - in_s), 90.0)

    lon = -0.005 - 8.0 * KNOT_M_S * in_s / DEGREE_M / np.cos(np.radians(LAT))
    return sail(
        rng, mmsi, start_ms, hours, lon, LAT + 0.1, between(in_s, out_s, 2.6, 8.0), course, 30.0
    )


ADRIFT_FROM_S = 3600.0


def drifting(
    rng: np.random.Generator,
    mmsi: int,
    start_ms: int,
    hours: float = 4.0,
    kn: float = 1.2,
    off_deg: float = 80.0,
    interval_s: float = 10.0,
    **known: int,
) -> Fixes:
    """Comes from the west, stops short of the meridian cable, and drifts over it for hours.

    The bow yaws by 15 degrees about its angle to the way; in the last hour it steams on.
    """
    end_s = (hours - 1.0) * 3600.0

    def heading(s: Array) -> Array:
        yaw = 15.0 * np.sin(2.0 * np.pi * s / 400.0)
        return 90.0 + np.where((s > ADRIFT_FROM_S) & (s < end_s - 120.0), off_deg + yaw, 0.0)

    lon = -0.01 - 11.0 * KNOT_M_S * ADRIFT_FROM_S / DEGREE_M / np.cos(np.radians(LAT))
    speed = between(ADRIFT_FROM_S, end_s, kn, 11.0)
    course = steady(90.0)
    return sail(
        rng, mmsi, start_ms, hours, lon, LAT, speed, course, interval_s, 0, heading, **known
    )


def passing(rng: np.random.Generator, mmsi: int, start_ms: int, hours: float = 4.5) -> Fixes:
    """A cargo ship on a straight course somewhere over the cables."""
    course = float(rng.choice([85.0, 95.0, 265.0, 275.0]) + rng.uniform(-3.0, 3.0))
    lon = -0.9 if course < 180.0 else 0.9
    lat = LAT + rng.uniform(-0.2, 0.2)
    speed = steady(float(rng.uniform(10.0, 16.0)))
    return sail(rng, mmsi, start_ms, hours, lon, lat, speed, steady(course))


def convoy(
    rng: np.random.Generator, first_mmsi: int, start_ms: int, ships: int, hours: float = 5.0
) -> list[Fixes]:
    """Ships that sail one lane together and slow down together, to and fro within a cell."""
    parts = []
    for k in range(ships):
        lon, lat = 0.1 + rng.uniform(0.0, 0.2), 55.1 + rng.uniform(0.0, 0.05)
        speed = between(2.5 * 3600.0, 5 * 3600.0, 8.0, 11.0)
        course = zigzag(float(rng.uniform(1200.0, 1800.0)), 90.0, 180.0)
        parts.append(sail(rng, first_mmsi + k, start_ms, hours, lon, lat, speed, course, 20.0))
    return parts


def going_dark(
    rng: np.random.Generator, mmsi: int, start_ms: int, from_h: float = 2.3, hours: float = 1.9
) -> Fixes:
    """Eastward through a `convoy`; not heard, and much slower, for some hours."""
    slow = between(3600.0 * from_h, 3600.0 * (from_h + hours), 1.6, 4.0)
    long_h = max(5.0, from_h + hours + 0.7)
    ship = sail(rng, mmsi, start_ms, long_h, -0.05, 55.12, slow, steady(90.0), 20.0)
    return with_gaps(ship, (60.0 * from_h - 0.1, 60.0 * (from_h + hours)))


def with_jumps(rng: np.random.Generator, fixes: Fixes, times: int) -> Fixes:
    """A few single positions far away."""
    lon = fixes.lon_deg.copy()
    lon[rng.choice(np.arange(10, len(lon)), times, replace=False)] += 1.5
    return Fixes.from_columns(**{**_columns(fixes), "lon_deg": lon})


def frozen(fixes: Fixes, start: int, count: int) -> Fixes:
    """Positions of `count` fixes repeat the one before them."""
    lon, lat = fixes.lon_deg.copy(), fixes.lat_deg.copy()
    lon[start : start + count], lat[start : start + count] = lon[start - 1], lat[start - 1]
    return Fixes.from_columns(**{**_columns(fixes), "lon_deg": lon, "lat_deg": lat})


def flooded(rng: np.random.Generator, mmsi: int, start_ms: int) -> list[Fixes]:
    """A ship, and between two of her reports six positions of her MMSI anywhere."""
    ship = sail(rng, mmsi, start_ms, 1.0, -0.9, 54.65, steady(10.0), steady(90.0))
    n = 6 * len(ship)
    noise = Fixes.from_columns(
        t_ms=start_ms + rng.integers(0, HOUR_MS, n),
        mmsi=[mmsi] * n,
        lon_deg=rng.uniform(-20.0, 20.0, n),
        lat_deg=rng.uniform(-60.0, 60.0, n),
        sog_kn=rng.uniform(0.0, 20.0, n),
        cog_deg=rng.uniform(0.0, 359.0, n),
    )
    return [ship, noise]


def with_gaps(fixes: Fixes, *gaps_min: tuple[float, float]) -> Fixes:
    """Nothing heard in spans of minutes since the first fix."""
    minutes = (fixes.t_ms - fixes.t_ms[0]) / MINUTE_MS
    heard = np.ones(len(fixes), bool)
    for start, end in gaps_min:
        heard &= (minutes < start) | (minutes >= end)
    return fixes.take(heard)


def with_missing(rng: np.random.Generator, fixes: Fixes, share: float) -> Fixes:
    """Speed, course and heading not available here and there."""
    made = _columns(fixes)
    for name in ("sog_kn", "cog_deg", "heading_deg"):
        made[name] = np.where(rng.random(len(fixes)) < share, np.nan, made[name])
    return Fixes.from_columns(**made)


def with_duplicates(rng: np.random.Generator, fixes: Fixes, share: float) -> Fixes:
    """Some fixes heard again by another receiver up to 2 s later."""
    again = fixes.take(np.flatnonzero(rng.random(len(fixes)) < share))
    made = _columns(again)
    made["t_ms"] = again.t_ms + rng.integers(0, 2000, len(again))
    made["station"] = again.station % 3 + 1
    return Fixes.concat([fixes, Fixes.from_columns(**made)])


def _columns(fixes: Fixes) -> dict[str, Array]:
    return {name: getattr(fixes, name) for name in fixes.__dataclass_fields__}


def types(rows: list[tuple[int, int, int]]) -> Statics:
    """Statics of (time, MMSI, ship type)."""
    t_ms, mmsi, ship_type = (list(column) for column in zip(*rows, strict=True))
    return Statics.from_columns(t_ms=t_ms, mmsi=mmsi, ship_type=ship_type)


def lengths(rows: list[tuple[int, int, int]]) -> Statics:
    """Statics of (time, MMSI, length in metres)."""
    t_ms, mmsi, length_m = (list(column) for column in zip(*rows, strict=True))
    return Statics.from_columns(
        t_ms=t_ms,
        mmsi=mmsi,
        to_bow_m=[length - 20 for length in length_m],
        to_stern_m=[20] * len(rows),
    )


def handed_over(rng: np.random.Generator, start_ms: int) -> list[Fixes]:
    """A ship that sails east over the meridian cable, and is another from two hours on."""
    whole = sail(rng, HANDED, start_ms, 5.0, -0.6, 55.12, steady(9.0), steady(90.0), 10.0)
    s = (whole.t_ms - start_ms) / 1000.0
    after = whole.take(s >= 7230.0)
    return [whole.take(s < 7200.0), replace(after, mmsi=np.full(len(after), HANDED_ON, "i4"))]


def in_turns(mmsi: int, from_ms: int) -> Statics:
    """Two names in turns for half an hour; then two IMO numbers."""
    n = np.arange(20)
    return Statics.from_columns(
        t_ms=from_ms + n * 6 * MINUTE_MS + 500,
        mmsi=np.full(20, mmsi),
        name=[b"" if k >= 6 else (b"ANNA", b"SHUNXING 39")[k % 2] for k in n],
        imo=[0 if k < 10 else (9224984, 9074729)[k % 2] for k in n],
    )


def anchoring(
    rng: np.random.Generator, mmsi: int, start_ms: int, lon: float, hours: float, dragged_m: Profile
) -> list[Fixes]:
    """A ship at anchor, whose anchor may drag eastwards, and her departure."""
    lies = at_anchor(rng, mmsi, start_ms, hours, lon, LAT + 0.12, 265.0, dragged_m=dragged_m)
    leaves_ms, east = int(lies.t_ms[-1]) + 30_000, float(lies.lon_deg[-1])
    leaves = sail(rng, mmsi, leaves_ms, 1.0, east, LAT + 0.12, steady(9.0), steady(20.0))
    return [lies, leaves]


DRAGGER, LATE_NAMED, SILENT_DRAGGER, LOITERER = 219000001, 219000002, 219000003, 219000004
SHARED, JUMPER, FROZEN, GAPPY = 219000005, 219000006, 219000007, 219000008
ANCHORED, PATCHY, SMALL, FAR, BACK = 219000009, 219000010, 219000011, 219000012, 219000013
DARK, HANDED, HANDED_ON = 219000050, 219000051, 219000052
CROWDED, FLOODED, WEIGHER, DRIFTER = 219000014, 219000015, 219000016, 219000017
SWINGING, ANCHOR_DRAGGER = 219000018, 219000019
TOWING, TYPE_CHANGED = 219000020, 219000021
FIRST_PASSING, FIRST_CONVOY, FIRST_GHOST = 230000001, 240000001, 250000001
NOT_SHIPS = (2190001, 992190001, 111219501)


def random_scene(seed: int) -> Scene:
    """All of it, over three cables, for most of a day; the last ships come after a long silence."""
    rng = np.random.default_rng(seed)

    def start() -> int:
        return T0_MS + int(rng.integers(0, 40 * MINUTE_MS))

    late = start()
    silent = with_gaps(dragging(rng, SILENT_DRAGGER, start(), hours=3.4, lat=54.9))
    ghosts = rng.integers(0, 5 * HOUR_MS, 20)
    parts = [
        dragging(rng, DRAGGER, start(), ratio=float(rng.uniform(0.65, 0.75))),
        dragging(rng, LATE_NAMED, late, lat=LAT + 0.05),
        silent,
        loitering(rng, LOITERER, start()),
        weighing(rng, WEIGHER, start()),
        towing(rng, TOWING, start()),
        towing(rng, TYPE_CHANGED, start(), lat=LAT + 0.03),
        drifting(rng, DRIFTER, start()),
        passing(rng, SHARED, start()),
        sail(rng, SHARED, start(), 4.0, -0.8, 54.7, steady(9.0), steady(90.0), 30.0),
        with_jumps(rng, passing(rng, JUMPER, start()), 5),
        frozen(passing(rng, FROZEN, start()), 500, 120),
        with_gaps(passing(rng, GAPPY, start()), (60.0, 150.0), (170.0, 172.5)),
        sail(
            rng, ANCHORED, start(), 5.0, 0.01, 55.15, steady(0.1), zigzag(400.0, 0.0, 90.0), 180.0
        ),
        with_missing(rng, passing(rng, PATCHY, start()), 0.1),
        sail(
            rng,
            SMALL,
            start(),
            3.0,
            -0.1,
            54.95,
            steady(5.5),
            zigzag(900.0, 60.0, 60.0),
            30.0,
            FixFlag.CLASS_B,
        ),
        sail(rng, FAR, start(), 5.0, -0.9, 54.8, steady(14.0), steady(90.0), 720.0, FixFlag.COARSE),
        sail(rng, JUMPER + 100, start(), 4.0, -0.5, 55.2, steady(10.0), steady(80.0)),
        *(
            sail(rng, CROWDED, start(), 2.0, -0.9 + 0.3 * k, 54.6, steady(9.0), steady(0.0), 30.0)
            for k in range(6)
        ),
        *flooded(rng, FLOODED, start()),
        *(passing(rng, FIRST_PASSING + k, start()) for k in range(3)),
        *convoy(rng, FIRST_CONVOY, start(), 6),
        Fixes.from_columns(
            t_ms=T0_MS + ghosts,
            mmsi=FIRST_GHOST + np.arange(20),
            lon_deg=rng.uniform(-1.0, 1.0, 20),
            lat_deg=rng.uniform(54.5, 55.5, 20),
        ),
        *(sail(rng, mmsi, start(), 0.5, 0.0, 55.0, steady(0.0), steady(0.0)) for mmsi in NOT_SHIPS),
        sail(rng, SILENT_DRAGGER, T0_MS + 19 * HOUR_MS, 1.0, 0.6, 54.9, steady(12.0), steady(90.0)),
        passing(rng, BACK, T0_MS + 19 * HOUR_MS),
        going_dark(rng, DARK, T0_MS + 30_000),
        *handed_over(rng, T0_MS),
        *anchoring(rng, SWINGING, start(), 0.006, 5.0, none),
        *anchoring(rng, ANCHOR_DRAGGER, start(), -0.06, 5.0, hauled(7200.0, 10_800.0, 1.3)),
    ]
    statics = [(T0_MS + 60_000, mmsi, 180) for mmsi in (DRAGGER, SILENT_DRAGGER, LOITERER)]
    statics += [(T0_MS + 90_000, FIRST_CONVOY + k, 120 + 10 * k) for k in range(6)]
    tow_ms = late + int(DRAG_FROM_S * 1000)
    statics += [(tow_ms + k * 6 * MINUTE_MS + 31_000, LATE_NAMED, 180) for k in range(2, 9)]
    fixes = with_duplicates(rng, Fixes.concat(parts), 0.02)
    minutes = ((55, 0), (63, 52), (71, 80), (79, 30), (90, 70))
    kinds = [(T0_MS + 45_000, mmsi, 79) for mmsi in (TOWING, DRAGGER, WEIGHER, LOITERER, CROWDED)]
    kinds += [(T0_MS + minute * MINUTE_MS + 7_000, TYPE_CHANGED, kind) for minute, kind in minutes]
    parts_said = [lengths(statics), types(kinds), in_turns(HANDED_ON, T0_MS + 3 * HOUR_MS)]
    said = Statics.concat(parts_said)
    return ordered(fixes, said.take(np.argsort(said.t_ms, kind="stable")), CABLES)
