"""The question: which cable, between which times, and where the fault is said to be."""

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from cablewatch.cables.model import Cable
from cablewatch.errors import UsageError
from cablewatch.investigation.line import Line

ERROR_KM = 2.0  # of a fault located from the cable's end: 1 % of 200 km; assumed
OFF_ROUTE_M = 5000.0  # a report may lie so far off the line, and by both uncertainties more
NEAR_IDS = 3  # named where an id is not known


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the fault is reported: the place on the line, and how well it is known."""

    km: float
    error_m: float  # of the report, two standard deviations
    offset_m: float  # of a reported position from the line; 0 for a kilometre point


@dataclass(frozen=True)
class Case:
    """What is asked; times in UTC milliseconds, the end excluded."""

    cable: Cable
    line: Line
    start_ms: int
    end_ms: int
    fault: Fault | None = None


def cable_of(cables: Sequence[Cable], cable_id: str) -> Cable:
    """The cable of that id.

    Raises
    ------
    UsageError
        There is none; ids like it are named.
    """
    ids = {cable.id: cable for cable in cables}
    if cable_id in ids:
        return ids[cable_id]
    asked = cable_id.casefold()
    alike = [c.id for c in cables if asked and asked in f"{c.id} {c.name}".casefold()]
    alike += difflib.get_close_matches(asked, ids, NEAR_IDS, 0.4)
    near = ", ".join(list(dict.fromkeys(alike))[:NEAR_IDS])
    do = f"use {near}, or see" if near else "see"
    raise UsageError(
        "--cable", f"no route has the id {cable_id!r}", f"{do} 'cablewatch cables list'"
    )


def fault_at(text: str, error_km: float, cable: Cable, line: Line) -> Fault:
    """The fault that ``--at KM`` or ``--at LON,LAT`` reports.

    Raises
    ------
    UsageError
        No number, beyond the ends of the cable, or too far from its route.
    """
    do = "give a kilometre point as 50.3, or a position as 19.34,57.04"
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or not all(map(math.isfinite, numbers)):
        raise UsageError("--at", f"neither a kilometre point nor a position: {text!r}", do)
    error_m = error_km * 1000.0
    if len(numbers) == 1:
        (km,) = numbers
        if not 0.0 <= km <= line.length_km:
            what = f"{cable.id} has kilometre points from 0 to {line.length_km:.1f}, not {km:g}"
            raise UsageError("--at", what, do)
        return Fault(km, error_m, 0.0)
    lon, lat = numbers
    if abs(lon) > 180.0 or abs(lat) > 90.0:
        raise UsageError("--at", f"no longitude, latitude in degrees: {text!r}", do)
    limit_m = OFF_ROUTE_M + cable.position_uncertainty_m + error_m
    km, offset_m = line.nearest(lon, lat)
    if not offset_m <= limit_m:
        far = f"{offset_m / 1000.0:.1f} km" if offset_m < math.inf else "far"
        what = f"{text} lies {far} off the route of {cable.id}, more than {limit_m / 1000.0:.1f} km"
        raise UsageError("--at", what, "check the order lon,lat, or widen --at-error")
    return Fault(km, error_m, offset_m)
