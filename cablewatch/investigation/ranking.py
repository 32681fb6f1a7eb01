"""All ships that were heard: suspects by evidence, and of the rest why not.

The reasons why not:

==================  ===============================================================================
``outside_window``  crossed the cable, but not in the window
``service``         crossed it, and by every word of hers is a ship whose work is like that
``at_rest``         lay still in the window
``elsewhere``       was under way, and came no nearer than said
``not_in_window``   was heard before or after only, and no silence leads over the line
``no_data``         says neither speed nor course, and her positions do not pass the cable
``too_few_fixes``   one position: no ship is believed by a single message
``only_statics``    says what she is, and no position of hers was heard
==================  ===============================================================================
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cablewatch.alerts.model import SEVERITIES, Alert, Evidence
from cablewatch.alerts.suppression import service_term
from cablewatch.fixes import Fixes
from cablewatch.investigation import gaps, passages, terms
from cablewatch.investigation.case import Case
from cablewatch.investigation.heard import Heard, Said
from cablewatch.investigation.passages import Passage
from cablewatch.output.text import rfc3339
from cablewatch.stores.run import origin_of
from cablewatch.units import HOUR_MS

EXCERPT_MS = HOUR_MS  # of the track, on each side of the passage
HOLDS = SEVERITIES.index("watch")  # an alert from here on keeps a service ship among the suspects
PASSAGE = "anchor_drag"  # what a passage is asked for, so that fishing excuses none


@dataclass(frozen=True)
class Suspect:
    """A ship that crossed the cable or may have; the passage is the one with most evidence."""

    mmsi: int
    name: str
    ship_type: int
    passage: Passage
    passages: int  # in the window
    evidence: tuple[Evidence, ...]
    alert: Alert | None
    track: tuple[tuple[float, float, int], ...]  # lon, lat, t_ms about the passage
    origin: str | None  # of its positions, where they are modelled

    @property
    def score(self) -> float:
        """Sum of the contributions, nats."""
        return sum(term.contribution for term in self.evidence)


@dataclass(frozen=True)
class Cleared:
    """A ship that is no suspect, and why not."""

    mmsi: int
    name: str
    ship_type: int
    reason: str
    text: str
    km: float = math.nan  # nearest place in the window, or the passage
    off_m: float = math.nan
    t_ms: int | None = None
    score: float = math.nan  # of a service ship


@dataclass(frozen=True)
class Findings:
    """The answer: suspects by evidence, and all other ships, the nearest first."""

    suspects: tuple[Suspect, ...]
    why_not: tuple[Cleared, ...]


def rank(case: Case, heard: Heard) -> Findings:
    """Judge every ship that was heard."""
    span_ms = heard.span_ms
    suspects: list[Suspect] = []
    why_not: list[Cleared] = []
    known = set()
    for mmsi, track in heard.tracks():
        assert span_ms is not None
        known.add(mmsi)
        crossed, outside = crossings(case, heard, mmsi, track)
        closest = passages.approach(case, track)
        found = crossed or unseen(case, track, closest, span_ms)
        if not found:
            why_not.append(cleared(case, heard, mmsi, track, closest, outside))
            continue
        ship = best(case, heard, mmsi, track, found)
        if served := service(heard, ship):
            why_not.append(served)
        else:
            suspects.append(ship)
    why_not += only_statics(heard, known)
    suspects.sort(key=lambda s: (-round(s.score, 6), s.passage.t_ms, s.mmsi))
    near = [math.inf if math.isnan(c.off_m) else c.off_m for c in why_not]
    order = sorted(range(len(why_not)), key=lambda k: (near[k], why_not[k].mmsi))
    return Findings(tuple(suspects), tuple(why_not[k] for k in order))


def crossings(
    case: Case, heard: Heard, mmsi: int, track: Fixes
) -> tuple[list[Passage], list[Passage]]:
    """Crossings of a ship that were or may have been in the window, and all others."""
    inside: list[Passage] = []
    outside: list[Passage] = []
    for row in heard.crossings[heard.crossings["mmsi"] == mmsi]:
        passage = passages.seen(row)
        if passage.how == "inferred":
            passage = gaps.widened(case, passage, track)
        met = passage.share_within(case.start_ms, case.end_ms) > 0.0
        (inside if met else outside).append(passage)
    return inside, outside


def unseen(
    case: Case, track: Fixes, closest: passages.Approach | None, span_ms: tuple[int, int]
) -> list[Passage]:
    """Passages of a ship that crossed no line: inside its uncertainty, or in a silence."""
    found = []
    if closest is not None and not passages.lies_still(case, track):
        beside = passages.near(case, closest)
        found += [beside] if beside is not None else []
    return found + gaps.hidden(case, track, span_ms)


def best(case: Case, heard: Heard, mmsi: int, track: Fixes, found: Sequence[Passage]) -> Suspect:
    """The ship by her passage with most evidence."""
    said = heard.ships.get(mmsi, Said())
    alerts = [alert for alert in heard.alerts if alert.mmsi == mmsi]
    made = [suspect(case, heard, mmsi, said, track, passage, alerts) for passage in found]
    first = max(made, key=lambda s: (s.score, -s.passage.t_ms))
    return replace(first, passages=len(found))


def suspect(
    case: Case,
    heard: Heard,
    mmsi: int,
    said: Said,
    track: Fixes,
    passage: Passage,
    alerts: Sequence[Alert],
) -> Suspect:
    """One passage of a ship, with all its evidence."""
    alert = terms.alert_then(alerts, passage, case.cable.id)
    evidence = [
        terms.passage_term(case, passage),
        terms.time_term(case, passage),
        terms.place_term(case, passage),
        terms.angle_term(case, passage),
        terms.own_speed_term(track, passage, alert),
        terms.drop_term(track, passage),
        terms.alert_term(alert),
    ]
    work = service_term(PASSAGE, said.ship_type)
    if work is not None and said.standing:
        evidence.append(work)
    rows = track.take(
        (track.t_ms >= passage.first_ms - EXCERPT_MS) & (track.t_ms <= passage.last_ms + EXCERPT_MS)
    )
    vertices = zip(rows.lon_deg.tolist(), rows.lat_deg.tolist(), rows.t_ms.tolist(), strict=True)
    return Suspect(
        mmsi=mmsi,
        name=said.name,
        ship_type=said.ship_type,
        passage=passage,
        passages=1,
        evidence=tuple(evidence),
        alert=alert,
        track=tuple((round(lon, 5), round(lat, 5), t_ms) for lon, lat, t_ms in vertices),
        origin=origin_of(heard.modelled, mmsi, passage.first_ms, passage.last_ms),
    )


def service(heard: Heard, found: Suspect) -> Cleared | None:
    """A service ship among the cleared, unless an alert of watch or higher held then."""
    said = heard.ships.get(found.mmsi, Said())
    work = service_term(PASSAGE, said.ship_type)
    if work is None or not said.standing:
        return None
    if found.alert is not None and SEVERITIES.index(found.alert.severity) >= HOLDS:
        return None
    passage = found.passage
    return Cleared(
        found.mmsi,
        found.name,
        found.ship_type,
        "service",
        f"{_how(passage)} at km {passage.km:.1f}, {rfc3339(passage.t_ms)}, and every message says "
        f"{work.name.replace('_', ' ')} (type {said.ship_type}){_lowered(heard, found.mmsi)}",
        passage.km,
        passage.off_m,
        passage.t_ms,
        found.score,
    )


def cleared(
    case: Case,
    heard: Heard,
    mmsi: int,
    track: Fixes,
    closest: passages.Approach | None,
    outside: Sequence[Passage],
) -> Cleared:
    """Why a ship is no suspect."""
    said = heard.ships.get(mmsi, Said())
    reason, text = _why(case, track, closest, outside)
    text += _lowered(heard, mmsi)
    km, off_m, t_ms = math.nan, math.nan, None
    if closest is not None and closest.off_m < math.inf:
        km, off_m, t_ms = closest.km, closest.off_m, closest.t_ms
    return Cleared(mmsi, said.name, said.ship_type, reason, text, km, off_m, t_ms)


def _why(
    case: Case,
    track: Fixes,
    closest: passages.Approach | None,
    outside: Sequence[Passage],
) -> tuple[str, str]:
    nearest = "farther than 300 km from the line"
    if closest is not None and closest.off_m < math.inf:
        nearest = f"no nearer than {closest.off_m / 1000.0:.1f} km, at {rfc3339(closest.t_ms)}"
    if outside:
        times = ", ".join(rfc3339(passage.t_ms) for passage in outside[:3])
        more = f" and {len(outside) - 3} more" if len(outside) > 3 else ""
        return "outside_window", f"crossed at {times}{more}, not in the window"
    if len(track) < 2:
        return "too_few_fixes", f"heard in one minute only: {rfc3339(int(track.t_ms[0]))}"
    if closest is None:
        last = rfc3339(int(track.t_ms[np.argmin(np.abs(track.t_ms - case.start_ms))]))
        return (
            "not_in_window",
            f"heard outside the window only, as at {last}; no silence leads over the line",
        )
    if passages.lies_still(case, track):
        return "at_rest", f"lay still in the window; {nearest}"
    if np.isnan(track.sog_kn).all() and np.isnan(track.cog_deg).all():
        return "no_data", f"says neither speed nor course; {nearest}"
    return "elsewhere", nearest


def only_statics(heard: Heard, known: set[int]) -> list[Cleared]:
    """Ships that said what they are while others were heard, and never where."""
    span_ms = heard.span_ms
    return [
        Cleared(mmsi, said.name, said.ship_type, "only_statics", "no position was heard")
        for mmsi, said in sorted(heard.ships.items())
        if mmsi not in known and span_ms is not None and span_ms[0] <= said.said_ms <= span_ms[1]
    ]


def _lowered(heard: Heard, mmsi: int) -> str:
    """The ship's alerts that something lowers, each with its reasons; empty where none is."""
    said = [
        f"; her alert {alert.kind} ({alert.severity}) was lowered by "
        + ", ".join(name.replace("_", " ") for name in alert.suppressed_by)
        for alert in heard.alerts
        if alert.mmsi == mmsi and alert.suppressed_by
    ]
    return "".join(said[:3])


def _how(passage: Passage) -> str:
    words = {"near": f"came within {passage.off_m:,.0f} m of it", "gap": "may have crossed unheard"}
    return words.get(passage.how, "crossed")
