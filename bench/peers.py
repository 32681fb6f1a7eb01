"""The published rules of others beside cablewatch, over the same drags and the same traffic.

    python -m bench peers [SPLIT]

Takes the recorded tracks beside the project (``CABLEWATCH_SHARED``, else ``../shared``), the drags
of ``cablewatch evaluate`` (seed 0; `calibrate` unless `report` is named) and all ordinary ships and
days of that split. Each rule is written anew from its published thresholds, ship by ship:

===========  =====================================================================================
GRAPNEL      0.3-5 kn for 30 min and 3 km, median at most 0.55 of the own upper quartile, mean
             resultant length of the courses at least 0.94; no own speed of 6 kn: 0.985 and 5 km
WACHTA       1-7 kn for 15 min in five reports or more, circular spread of courses 20 degrees or
             more; within 2 km of a cable
AIS Guardian status "at anchor" or "moored", and faster than 0.5 kn or 0.05 nautical miles from
             where that status began
===========  =====================================================================================

An alarm is dated at the first report of a run at which the rule holds; those of a ship less than
six hours apart are one, as in an incident of ours. Recall waives the nearness of a cable for all
(ours: lines laid ahead of every ship); alarms are counted with it waived, and within two kilometres
of the made-up cables (GRAPNEL three). Then one threshold of each (share of own speed, spread of
courses, speed at anchor) is moved until it gives no more alarms than cablewatch does.
"""

import math
import sys
from bisect import insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import shapely

from bench.ordinary import METRES_DEG, TRACKS, shared
from cablewatch.archives import ReadOptions
from cablewatch.cables.model import load_cables
from cablewatch.evaluation.figures import is_target, is_target_drag, rate, recall
from cablewatch.evaluation.injections import Drag, injected
from cablewatch.evaluation.lattice import lattice
from cablewatch.evaluation.plan import FULL, plan
from cablewatch.evaluation.splits import within
from cablewatch.evaluation.summary import calm, interval_of, percent
from cablewatch.evaluation.traffic import Traffic
from cablewatch.evaluation.trials import GRACE_MS, KIND, Outcome, raised, run
from cablewatch.fixes import Array, Fixes
from cablewatch.geodesy import distance_m
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.usecases.read import read_files

TEST_CABLES = "tracks/test_cables.geojson"  # laid across the lanes; no such cables
SEED = 0
GAP_MS = 30 * MINUTE_MS  # a longer silence parts runs; GRAPNEL's figure, taken for all
APART_MS = 6 * HOUR_MS  # alarms of a ship less apart are one; DESIGN section 5
ANCHORED = (1, 5)  # navigational status: at anchor, moored
MILE_M = 1852.0

Rule = Callable[[Fixes, float], Iterator[int]]
"""Times (ms) at which a rule first holds for a track, with one threshold of it."""


def runs(track: Fixes, mask: Array) -> Iterator[Fixes]:
    """Parts of a track in which a condition holds without a break or a silence."""
    rows = np.flatnonzero(mask)
    ends = np.flatnonzero((np.diff(rows) > 1) | (np.diff(track.t_ms[rows]) > GAP_MS)) + 1
    for part in np.split(rows, ends):
        if len(part) > 2:
            yield track.take(part)


def resultants(part: Fixes) -> Array:
    """Mean resultant length of the courses from the first report up to each; (n,)."""
    course = np.radians(np.nan_to_num(part.cog_deg.astype(float)))
    known = ~np.isnan(part.cog_deg)
    count = np.maximum(np.cumsum(known), 1)
    parts = (np.cumsum(f(course) * known) / count for f in (np.cos, np.sin))
    length: Array = np.hypot(*parts)
    return length


def sailed_m(part: Fixes) -> Array:
    """Way from the first report up to each, metres; (n,)."""
    lat = np.radians(part.lat_deg)
    north = np.diff(lat, prepend=lat[0])
    east = np.radians(np.diff(part.lon_deg, prepend=part.lon_deg[0])) * np.cos(lat)
    way: Array = np.cumsum(6_371_000.0 * np.hypot(north, east))
    return way


def first(part: Fixes, holds: Array) -> Iterator[int]:
    """Time of the first report of a run at which a rule holds."""
    if holds.any():
        yield int(part.t_ms[int(holds.argmax())])


def grapnel(track: Fixes, ratio: float) -> Iterator[int]:
    """GRAPNEL's drag; `ratio` is the share of own speed, 0.55 as published."""
    moving = track.sog_kn[track.sog_kn >= 0.5]
    own_kn = float(np.quantile(moving, 0.75)) if len(moving) else math.nan
    for part in runs(track, (track.sog_kn >= 0.3) & (track.sog_kn <= 5.0)):
        lasted = part.t_ms - part.t_ms[0] >= 30 * MINUTE_MS
        straight, way = resultants(part), sailed_m(part)
        if own_kn >= 6.0:
            slow = running_median(part.sog_kn) <= ratio * own_kn
            yield from first(part, lasted & slow & (straight >= 0.94) & (way >= 3000.0))
        else:
            yield from first(part, lasted & (straight >= 0.985) & (way >= 5000.0))


def running_median(values: Array) -> Array:
    """Median of the first value up to each; (n,)."""
    seen: list[float] = []
    medians = []
    for value in values.tolist():
        insort(seen, value)
        medians.append(seen[len(seen) // 2])
    return np.array(medians)


def wachta(track: Fixes, spread_deg: float) -> Iterator[int]:
    """WACHTA's drag; `spread_deg` is the circular spread of courses, 20 as published."""
    for part in runs(track, (track.sog_kn >= 1.0) & (track.sog_kn <= 7.0)):
        lasted = (part.t_ms - part.t_ms[0] >= 15 * MINUTE_MS) & (np.arange(len(part)) >= 4)
        length = np.clip(resultants(part), 1e-9, 1.0)
        spread = np.degrees(np.sqrt(-2.0 * np.log(length)))
        yield from first(part, lasted & (spread >= spread_deg))


def guardian(track: Fixes, least_kn: float) -> Iterator[int]:
    """AIS Guardian's drag; `least_kn` is the speed at anchor, 0.5 as published."""
    for part in runs(track, np.isin(track.nav_status, ANCHORED)):
        lon, lat = float(part.lon_deg[0]), float(part.lat_deg[0])
        places = zip(part.lon_deg.tolist(), part.lat_deg.tolist(), strict=True)
        away = np.array([distance_m(lon, lat, *place) for place in places])
        moved = away > 0.05 * MILE_M * least_kn / 0.5
        yield from first(part, (part.sog_kn > least_kn) | moved)


class Peer(NamedTuple):
    """A rule, its threshold as published, and stricter ones to try."""

    name: str
    rule: Rule
    published: float
    stricter: Sequence[float]
    near_m: float


HEAD = """\
| rule | threshold | recall, as recorded | recall, all intervals | by chance | alarms anywhere \
| near cables | median, min |
|---|---|---|---|---|---|---|---|"""

PEERS = (
    Peer("GRAPNEL", grapnel, 0.55, (0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05), 3000.0),
    Peer("WACHTA", wachta, 20.0, (30.0, 45.0, 60.0, 75.0, 90.0, 120.0, 150.0, 180.0), 2000.0),
    Peer("AIS Guardian", guardian, 0.5, (1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0, 48.0), 2000.0),
)


class Alarm(NamedTuple):
    """An alarm as recorded."""

    t_ms: int
    mmsi: int
    near: bool


def held(traffic: Traffic, peer: Peer, value: float) -> dict[int, list[int]]:
    """Times at which a rule first holds for each ship as recorded, by MMSI."""
    ships = sorted(traffic.ships.items())
    return {mmsi: list(peer.rule(traffic.fixes.take(ship.rows), value)) for mmsi, ship in ships}


def alarms(
    traffic: Traffic, lines: shapely.Geometry, peer: Peer, times: Mapping[int, Sequence[int]]
) -> list[Alarm]:
    """Alarms of all ships as recorded; those less than six hours apart are one."""
    found = []
    for mmsi, held_ms in times.items():
        track = traffic.fixes.take(traffic.ships[mmsi].rows)
        last = -(10**18)
        for t_ms in held_ms:
            if t_ms - last >= APART_MS:
                k = int(np.searchsorted(track.t_ms, t_ms))
                place = float(track.lon_deg[k]), float(track.lat_deg[k])
                found.append(Alarm(t_ms, mmsi, away_m(lines, *place) <= peer.near_m))
            last = t_ms
    return found


def away_m(lines: shapely.Geometry, lon: float, lat: float) -> float:
    """Distance of a place to the nearest line, metres; plane about the place."""
    east = METRES_DEG * math.cos(math.radians(lat))
    plane = shapely.transform(lines, lambda xy: (xy - (lon, lat)) * (east, METRES_DEG))
    return float(plane.distance(shapely.Point(0.0, 0.0)))


def outcome(
    traffic: Traffic, one: Drag, peer: Peer, value: float, as_recorded: Sequence[int]
) -> Outcome:
    """What a rule makes of one drag, and of the same hours as recorded."""
    track, kept = injected(traffic.fixes.take(traffic.ships[one.mmsi].rows), one)
    with_drag = peer.rule(track.take(kept), value)
    last_ms = one.over_ms + GRACE_MS
    found, chance = (
        [t for t in times if one.start_ms < t <= last_ms] for times in (with_drag, as_recorded)
    )
    kind = traffic.ships[one.mmsi].kind.name
    return Outcome(one, kind, min(found, default=None), 0.0, bool(chance), None, 0)


def of_split(found: Sequence[Alarm], split: str) -> list[Alarm]:
    times = np.array([a.t_ms for a in found], np.int64)
    ours = within(split, times, np.array([a.mmsi for a in found], np.int64))
    return [alarm for alarm, mine in zip(found, ours.tolist(), strict=True) if mine]


def line(
    name: str, threshold: str, outcomes: Sequence[Outcome], counts: Sequence[int], days: float
) -> str:
    """One row of the table: targets as recorded and all, chance, alarms, time."""
    targets = [o for o in outcomes if is_target(o)]
    cells = [name, threshold]
    for chosen in ([o for o in targets if o.drag.interval_s == 0.0], targets):
        told = recall(chosen, SEED)
        cells.append(f"{percent(told['recall'])} ({interval_of(told['bootstrap'], 100)})")
    told = recall(targets, SEED)
    cells.append(f"{sum(o.chance for o in targets)} of {len(targets)}")
    for count in counts:
        per = rate(count, days)
        cells.append(f"{count}: {calm(per['per_1000'])} ({interval_of(per['poisson'])})")
    cells.append(calm(told["median_min"]) if told["found"] else "-")
    return "| " + " | ".join(cells) + " |"


def peer_lines(
    peer: Peer,
    traffic: Traffic,
    drags: Sequence[Drag],
    lines: shapely.Geometry,
    split: str,
    most: int,
) -> Iterator[str]:
    """Rows of a peer: as published, and at the alarms of cablewatch if its threshold permits."""
    days = sum(traffic.ship_days(split).values())
    for k, value in enumerate((peer.published, *peer.stricter)):
        times = held(traffic, peer, value)
        found = of_split(alarms(traffic, lines, peer, times), split)
        if k and len(found) > most:
            continue
        outcomes = [outcome(traffic, one, peer, value, times[one.mmsi]) for one in drags]
        counts = len(found), sum(alarm.near for alarm in found)
        yield line(peer.name, f"{value:g}" + " as published" * (k == 0), outcomes, counts, days)
        if len(found) <= most:
            return
    yield f"| {peer.name} | none permits | | | | | | |"


def main() -> None:
    folder = shared()
    if not folder.is_dir():
        print(f"recordings are absent: {folder} (set CABLEWATCH_SHARED)")
        return
    split = sys.argv[1] if len(sys.argv) > 1 else "calibrate"
    traffic = Traffic.of(read_files([folder / TRACKS], ReadOptions()))
    cables = load_cables(folder / TEST_CABLES)
    rounds = plan(traffic, split, FULL, SEED)
    targets = [one for drags in rounds for one in drags if is_target_drag(one)]
    ours = run(traffic, rounds, cables, lattice(traffic.fixes))
    days = sum(traffic.ship_days(split).values())
    anywhere = of_split([Alarm(a.t_ms, a.mmsi, True) for a in raised(ours.episodes)], split)
    drags = [Alarm(a.t_ms, a.mmsi, True) for a in ours.clean if a.kind == KIND]
    counts = len(anywhere), len(of_split(drags, split))
    print(f"{len(targets)} target drags, {days:.1f} ship-days, split {split}\n\n{HEAD}")
    print(line("cablewatch", "`watch`", ours.outcomes, counts, days))
    lines = shapely.union_all([cable.route for cable in cables])
    for peer in PEERS:
        for row in peer_lines(peer, traffic, targets, lines, split, counts[0]):
            print(row, flush=True)


if __name__ == "__main__":
    main()
