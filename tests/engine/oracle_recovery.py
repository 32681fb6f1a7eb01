"""The recovery stop once more, slow and plain: from raw fixes and `docs/rules.md` alone."""

import math
from typing import NamedTuple

from oracle import GEOD, minutes, rows

from cablewatch.fixes import Fixes
from cablewatch.units import KNOT_M_S


class Stop(NamedTuple):
    """A stop between two legs, as a minute knows it."""

    minute_ms: int
    came_kn: float
    after_kn: float
    minutes: int


class Hop(NamedTuple):
    """Five minutes of track or more."""

    kn: float
    minutes: int
    kind: str  # sails, waits, lies; parted: the beginning of a leg that is not measured
    reported_kn: float = math.nan


def recovery_stops(fixes: Fixes) -> list[Stop]:
    """Minutes of one clean ship at which a stop between two legs is known."""
    hops: list[Hop] = []
    begun = None
    found = []
    for now_ms, past, kn in minutes(rows(fixes)):
        last = past[-1]
        if begun is not None and last.t_ms // 1000 - begun.t_ms // 1000 < 300:
            found += _stop_of(now_ms, hops)
            continue
        if begun is not None:
            spent_s = last.t_ms // 1000 - begun.t_ms // 1000
            metres = GEOD.inv(begun.lon, begun.lat, last.lon, last.lat)[2]
            speed = metres / spent_s / KNOT_M_S
            seen = spent_s < 600 and kn >= 4.0
            kind = "sails" if speed >= 4.0 else "waits" if speed >= 3.0 or seen else "lies"
            hop = Hop(speed, round(spent_s / 60), kind, kn)
            hops = [*hops, hop] if spent_s <= 14_400 else []
        begun = last
        found += _stop_of(now_ms, hops)
    return found


def _stop_of(now_ms: int, hops: list[Hop]) -> list[Stop]:
    """Read all hops anew, phase by phase."""
    leg: list[Hop] = []
    came, stopped, after, early = math.nan, 0, [], 0
    for hop in hops:
        if stopped and sum(h.minutes for h in after) >= 60:
            leg = [Hop(_mean(after), sum(h.minutes for h in after), "sails")]
            stopped, after, early = 0, [], 0
        if not stopped and hop.kind == "lies":
            if sum(h.minutes for h in leg) < 30:
                leg = []
                continue
            came, stopped, leg = _fastest(leg), hop.minutes, []
        elif not stopped:
            leg = [*leg, hop] if leg or hop.kind == "sails" else []
        elif hop.kind == "lies" or (hop.kind == "waits" and not after):
            stopped += early + sum(h.minutes for h in after) + hop.minutes
            after, early = [], 0
        elif not after:
            sailed = hop.minutes
            if hop.reported_kn > hop.kn:
                sailed = int(hop.minutes * hop.kn / hop.reported_kn + 0.5)
            stopped += hop.minutes - sailed
            early = max(0, sailed - 15)
            after = [Hop(math.nan, max(1, min(sailed, 15)), "parted")]
        else:
            after.append(hop)
        if stopped > 240:
            leg, stopped, after, early = [], 0, [], 0
    if stopped >= 15 and sum(h.minutes for h in after) >= 45 and came <= 16.0:
        return [Stop(now_ms, came, _mean(after), stopped)]
    return []


def _fastest(leg: list[Hop]) -> float:
    """Fastest hop that ended within the last hour."""
    best, since = 0.0, 0
    for hop in leg:
        since += hop.minutes if hop.kind == "sails" else 0
        if hop.kind == "sails" and (hop.kn >= best or since > 60):
            best, since = hop.kn, 0
    return best


def _mean(after: list[Hop]) -> float:
    """Mean of the hops under way that end after a quarter of an hour, weighted by time."""
    mean, spent = 0.0, 0
    for hop in after:
        spent += hop.minutes
        counted = spent - 15
        if hop.kind == "sails" and counted > 0:
            mean += (hop.kn - mean) * min(1.0, hop.minutes / counted)
    return mean
