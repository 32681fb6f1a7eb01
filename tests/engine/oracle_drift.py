"""The drifting rule once more, slow and plain: from raw fixes and `docs/rules.md`.

Every figure is written out here as the text has it; none is taken from the code.
"""

import math

from oracle import GEOD, Fix, Said, apart_m, minutes, rows, samples

from cablewatch.fixes import Fixes
from cablewatch.units import KNOT_M_S, MINUTE_MS


def drift_odds(fixes: Fixes, length_m: float) -> list[Said]:
    """What `drift` says of one clean ship."""
    track = rows(fixes)
    headings, statuses = fixes.heading_deg.tolist(), fixes.nav_status.tolist()
    ahead = abeam = 0.0
    done, began, without, far = 1, 0, 0, False
    helpless = contrary = 0
    kn = math.nan
    said = []
    for now_ms, past, minute_kn in minutes(track):
        for i in range(done, len(past)):
            if track[i].t_ms - track[i - 1].t_ms > 3_600_000 and not kn > 6.0:
                began = 0
            ahead, abeam = carried(ahead, abeam, track[i - 1], track[i], headings[i], kn)
        done, kn = len(past), minute_kn
        heading, status = headings[done - 1], statuses[done - 1]
        course = held_course(past)
        sails = kn > 6.0 and done > 1 and past[-2].sog > 6.0
        if sails and not math.isnan(heading) and not math.isnan(course):
            off = abs((heading - course + 180.0) % 360.0 - 180.0)
            contrary = min(30, contrary + 1) if off >= 45.0 else max(0, contrary - 1)
        helpless = min(20, helpless + 1) if status == 2 else max(0, helpless - 1)
        now = now_ms // MINUTE_MS
        a = angle_ratio(ahead, abeam) if contrary < 10 else 0.0
        if not (ahead == 0.0 and abeam == 0.0 and began == 0):
            if a > 0.0 and began == 0:
                began = max(now - 10, track[0].t_ms // MINUTE_MS + 1)
            without = 0 if a > 0.0 else min(16, without + 1)
            began = 0 if without > 15 else began
        if began == 0:
            far = False
            said.append(Said(now_ms, math.log(0.01), {}))
        elif a == 0.0:
            said.append(Said(now_ms, math.nan, {}))
        else:
            way_m = max(abs(abeam), way_from(past, began))
            far |= now - began >= 20 and way_m >= 500.0
            far &= now - began < 130 or way_m >= 500.0
            a *= far
            said.append(adrift(now_ms, a, way_m, now - began, length_m, helpless, status))
    return said


def carried(
    ahead: float, abeam: float, a: Fix, b: Fix, heading: float, kn: float
) -> tuple[float, float]:
    """Way ahead and to starboard over ten minutes, with one step more."""
    if kn > 6.0:
        return 0.0, 0.0
    s = (b.t_ms - a.t_ms) / 1000.0
    kept = max(0.0, 1.0 - s / 600.0)
    ahead, abeam = ahead * kept, abeam * kept
    bearing, _, metres = GEOD.inv(a.lon, a.lat, b.lon, b.lat)
    if math.isnan(heading) or kn < 0.1 or s > 900.0 or metres > 30.0 + 6.0 * KNOT_M_S * s:
        return ahead, abeam
    metres *= 600.0 / max(600.0, s)
    angle = math.radians(bearing - heading)
    return ahead + metres * math.cos(angle), abeam + metres * math.sin(angle)


def held_course(past: list[Fix]) -> float:
    """The last course; it stands for a minute over fixes without one."""
    known = [fix for fix in past if not math.isnan(fix.cog)]
    return known[-1].cog if known and past[-1].t_ms - known[-1].t_ms <= 60_000 else math.nan


def angle_ratio(ahead: float, abeam: float) -> float:
    """Ratio of the angle between bow and way, where the way is that of 0.3 to 5 kn."""
    if not 0.3 <= math.hypot(ahead, abeam) / 600.0 / KNOT_M_S <= 5.0:
        return 0.0
    off = math.degrees(math.atan2(abs(abeam), ahead))
    if off <= 135.0:
        return math.log(12.0) * min(1.0, max(0.0, (off - 30.0) / 15.0))
    astern = min(1.0, (off - 135.0) / 30.0)
    return math.log(12.0) + astern * (math.log(3.0) - math.log(12.0))


def way_from(past: list[Fix], began: int) -> float:
    """Second longest way from the places of the drift to the nearer of the last two fixes."""
    places = samples(past)
    newest = past[-1].t_ms // (10 * MINUTE_MS)
    ways = sorted(
        min(apart_m(place, (fix.lon, fix.lat)) for fix in past[-2:])
        for k, place in enumerate(places)
        if (newest - len(places) + 1 + k) * 10 >= began + 10
    )
    return ways[-2] if len(ways) > 1 else 0.0


def adrift(
    now_ms: int,
    a: float,
    way_m: float,
    long: int,
    length_m: float,
    helpless: int,
    status: int,
) -> Said:
    """What is said in a minute in which the ship goes across its bow."""
    b = c = d = 0.0
    if a > 0.0:
        circle_m = 2.0 * (330.0 + (length_m or 200.0))
        share = a / math.log(12.0)
        b = share * math.log(6.0) * min(1.0, max(0.0, way_m / circle_m - 1.0))
        if b > 0.0:
            c = share * math.log(4.0) * min(1.0, max(0.0, (long - 30.0) / 90.0))
        d = math.log(3.0) if helpless >= 10 else -math.log(4.0) * (status in (1, 3, 5, 6, 7))
    terms = {"off_heading": a, "way_adrift": b, "time_adrift": c, "nav_status": d}
    return Said(now_ms, math.log(0.01) + a + b + c + d, terms)
