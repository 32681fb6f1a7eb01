"""The life of silences: begun in the first silent bin, said when judged so, ended by the return.

A silence is raised at the end of a bin whose evidence reaches `info`, if a cable was within the
ship's reach by then or lies ahead on her last course within 12 hours; updated when it reaches a
higher band and when she is back; closed a bin after that, or at the end of the bin in which twelve
hours of silence are over. What was said stays said.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cablewatch.cables.index import (
    CROSSING_HIT_DTYPE,
    CableIndex,
    crossings,
    nearest,
)
from cablewatch.engine.context import bin_end, cells_about
from cablewatch.engine.episode import (
    BANDS,
    CRITICAL_MS,
    SILENCE_MS,
    STILL_KN,
    band_of,
    cables_ahead,
)
from cablewatch.engine.hearing import VOTERS_MIN, Ballot, Coverage
from cablewatch.engine.silence import RULE, TERMS, Heard, chance, evaluate
from cablewatch.engine.state import (
    BIN_MS,
    INFERRED,
    MAX_AHEAD,
    MAX_CROSSINGS,
    MAX_STATIONS,
    NO_SPEED,
)
from cablewatch.engine.transitions import CLOSED, RAISED, SILENT, UPDATED, Event
from cablewatch.fixes import Array
from cablewatch.geodesy import destination, distance_m
from cablewatch.units import KNOT_M_S, MINUTE_MS, NAUTICAL_MILE_M

SPARE = 1.1  # a ship may go so much faster than she showed: wind, current; assumed


@dataclass
class Silence:
    """A silence under judgement, from its first bin until it ends."""

    hint: Any  # the newest, with the last fix
    started_ms: int
    incident: tuple[int, int]  # rule and start of its first alert
    ends_ms: int = 0
    vanished: int = 0  # the most ships that fell silent with her in a bin
    best: float = -math.inf
    value: list[float] = field(default_factory=lambda: [math.nan] * len(TERMS))
    ratio: list[float] = field(default_factory=lambda: [0.0, 0.0])
    reached: list[tuple[int, float]] = field(default_factory=list)  # cables and metres to them
    met: list[tuple[int, float, int, int, int, int]] = field(default_factory=list)
    raised_ms: int = 0  # 0 not raised
    band: int = 0
    soon: bool = False
    next_cable: int = -1
    back: bool = False


def share_across(hint: Any) -> float:
    """Speed made good over a silence, of the slower speed at its ends that moves."""
    seconds = (int(hint["next_ms"]) - int(hint["last_ms"])) / 1000.0
    way_m = distance_m(*_place(hint), float(hint["next_lon"]), float(hint["next_lat"]))
    own_kn = float(hint["sog_kn"])
    if STILL_KN <= hint["next_sog_kn"] < own_kn:
        own_kn = float(hint["next_sog_kn"])
    return float(way_m) / seconds / KNOT_M_S / own_kn


def _place(hint: Any) -> tuple[float, float]:
    return float(hint["lon"]), float(hint["lat"])


class Silences:
    """The silences of all ships, and what is known of hearing.

    Parameters
    ----------
    index : CableIndex
        Cables to watch.
    stations : callable
        Names of the stations behind a code in a fix.
    """

    def __init__(self, index: CableIndex, stations: Callable[[int], tuple[str, ...]]) -> None:
        self._index = index
        self._stations = stations
        self._coverage = Coverage()
        self._kept: dict[tuple[int, int], Silence] = {}

    def state(self) -> tuple[Any, ...]:
        """All that is kept, for a snapshot; :meth:`take_back` takes it."""
        return self._coverage.bins, self._kept

    def take_back(self, state: tuple[Any, ...]) -> None:
        """Go on from what a snapshot holds."""
        bins, self._kept = state
        self._coverage = Coverage(bins)

    def close_bin(self, number: int, hints: Array, heard: Array) -> list[Event]:
        """Judge the hints of a bin that ended; `heard` are its votes."""
        end_ms = (number + 1) * BIN_MS
        said = self.expire(end_ms)
        ballot = Ballot(heard, self._stations)
        self._coverage.turn_to(number)
        for hint in map(np.void.copy, hints):
            ship = int(hint["mmsi"]), int(hint["track"])
            if hint["what"] == SILENT:
                kept = self._kept.setdefault(ship, _begun(hint))
                kept.hint, kept.ends_ms = hint, bin_end(int(hint["last_ms"]) + SILENCE_MS)
                self._hear(kept, end_ms, ballot)
            elif ship in self._kept and not self._kept[ship].back:
                kept = self._kept[ship]
                kept.hint, kept.ends_ms, kept.back = hint, end_ms + BIN_MS, True
                self._cross(kept)
            else:
                continue
            said += self._told(kept, end_ms)
        self._coverage.add(number, ballot)
        return said

    def expire(self, until_ms: int) -> list[Event]:
        """End the silences whose time has come: a bin after the return, or twelve hours."""
        over = [ship for ship, kept in self._kept.items() if kept.ends_ms <= until_ms]
        ended = [self._kept.pop(ship) for ship in over]
        return [self._event(kept, kept.ends_ms, CLOSED) for kept in ended if kept.raised_ms]

    def _told(self, kept: Silence, now_ms: int) -> list[Event]:
        """What a bin's judgement says of a silence: nothing but news."""
        if kept.best < BANDS[0] or not (kept.met or self._ahead(kept)):
            return []
        band = int(band_of(kept.best))
        if kept.raised_ms and not kept.back and band <= kept.band:
            return []
        what = UPDATED if kept.raised_ms else RAISED
        kept.raised_ms = kept.raised_ms or now_ms
        kept.band = band
        return [self._event(kept, now_ms, what)]

    def _hear(self, kept: Silence, end_ms: int, ballot: Ballot) -> None:
        """Weigh another bin of silence."""
        hint = kept.hint
        silent_ms = end_ms - int(hint["last_ms"])
        here = cells_about(*_place(hint))
        there = cells_about(*_reckoned(hint, silent_ms - BIN_MS // 2))
        onward = cells_about(*_reckoned(hint, silent_ms + BIN_MS))
        witnesses = ballot.witnesses({*here, *there}, int(hint["station"]))
        is_first = silent_ms <= 2 * BIN_MS
        kept.vanished = max(kept.vanished, witnesses.gone - is_first)
        witnesses = witnesses._replace(gone=kept.vanished)
        known = [self._coverage.share(cells) for cells in (here, there)]
        share = float(np.max([share for share, _ in known]))
        votes = min(votes for _, votes in known)
        further = (set(onward) - set(here)) | {onward[0]}
        if onward[0] != here[0] and self._coverage.votes(further)[0] < VOTERS_MIN:
            return
        facts = Heard(share, votes, witnesses, int(hint["gaps"]), int(hint["heard_bins"]))
        q = chance(facts)
        if math.isnan(q):
            return
        odds, *ratio = evaluate(q, math.nan)
        kept.reached = kept.reached or self._within_reach(hint, silent_ms)
        if odds > kept.best:
            kept.best, kept.ratio = odds, ratio
            kept.value = [q, math.nan, silent_ms / MINUTE_MS, witnesses.by_each]
            kept.value += [witnesses.gone, share, votes]
            kept.value += [facts.gaps, facts.bins, float(hint["sog_kn"]), _least_nmi(kept)]

    def _cross(self, kept: Silence) -> None:
        """Weigh a silence that ended, and infer what was crossed in it."""
        hint = kept.hint
        if kept.best == -math.inf:
            return
        share = share_across(hint)
        kept.best, *kept.ratio = evaluate(kept.value[0], share)
        kept.value[1] = share
        kept.value[2] = (int(hint["next_ms"]) - int(hint["last_ms"])) / MINUTE_MS
        hits = np.zeros(MAX_CROSSINGS, CROSSING_HIT_DTYPE)
        here = float(hint["next_lon"]), float(hint["next_lat"])
        n = crossings(self._index, *_place(hint), *here, hits)
        span_ms = int(hint["next_ms"]) - int(hint["last_ms"])
        for cable, fraction, km, angle_deg in hits[:n].tolist():
            t_s = round((int(hint["last_ms"]) + fraction * span_ms) / 1000.0)
            kept.met.append((t_s, km, cable, NO_SPEED, round(angle_deg), INFERRED))

    def _within_reach(self, hint: Any, silent_ms: int) -> list[tuple[int, float]]:
        """The nearest cable that she can have come to by now, with its distance in metres."""
        own_kn = float(np.nanmax([hint["sog_kn"], hint["own_kn"]]))
        reach_m = SPARE * own_kn * KNOT_M_S * silent_ms / 1000.0
        cable, away_m, _, _ = nearest(self._index, *_place(hint), reach_m)
        return [(int(cable), float(away_m))] if cable >= 0 else []

    def _ahead(self, kept: Silence) -> list[tuple[int, float]]:
        """Cables that she may come to: the nearest, and those ahead on her last course."""
        hint = kept.hint
        end = "next_" if kept.back else ""
        last = [float(hint[end + name]) for name in ("lon", "lat", "sog_kn", "cog_deg")]
        reached = [] if kept.back else kept.reached
        known = {cable for cable, _ in reached}
        further = [row for row in cables_ahead(self._index, *last) if row[0] not in known]
        return sorted([*reached, *further], key=lambda row: row[1])[:MAX_AHEAD]

    def _event(self, kept: Silence, now_ms: int, what: int) -> Event:
        hint, end = kept.hint, "next_" if kept.back else ""
        following = self._ahead(kept) if what != CLOSED else []
        if following:
            kept.next_cable = following[0][0]
            in_time_m = float(hint["sog_kn"]) * KNOT_M_S * CRITICAL_MS / 1000.0
            kept.soon = kept.soon or following[0][1] <= in_time_m
        kept.soon = kept.soon or bool(kept.met)
        fields = {
            "t_ms": now_ms,
            "mmsi": hint["mmsi"],
            "track": hint["track"],
            "rule": RULE,
            "event": what,
            "soon": kept.soon,
            "incident_rule": kept.incident[0],
            "incident_ms": kept.incident[1],
            "started_ms": kept.started_ms,
            "raised_ms": kept.raised_ms,
            "last_ms": hint["next_ms" if kept.back else "last_ms"],
            "lon": hint[end + "lon"],
            "lat": hint[end + "lat"],
            "sog_kn": hint[end + "sog_kn"],
            "cog_deg": hint[end + "cog_deg"],
            "log_odds": kept.best,
            "value": list(kept.value),
            "ratio": [*kept.ratio, 0.0, 0.0],
            "stations": [int(hint["station"]), *[0] * (MAX_STATIONS - 1)],
            "next_cable": kept.next_cable,
        }
        before = (int(hint["last_ms"]) // 1000, *_place(hint))
        return Event(fields, list(kept.met), [before] if kept.back else [], following)


def _begun(hint: Any) -> Silence:
    """A silence in its first silent bin."""
    started_ms = int(hint["last_ms"]) // MINUTE_MS * MINUTE_MS
    incident = int(hint["incident_rule"]), int(hint["incident_min"]) * MINUTE_MS
    return Silence(hint, started_ms, incident)


def _reckoned(hint: Any, after_ms: int) -> tuple[float, float]:
    """Where she would be so long after the last fix, by its course and speed."""
    if math.isnan(hint["cog_deg"]):
        return _place(hint)
    run_m = float(hint["sog_kn"]) * KNOT_M_S * after_ms / 1000.0
    lon, lat = destination(*_place(hint), float(hint["cog_deg"]), run_m)
    return float(lon), float(lat)


def _least_nmi(kept: Silence) -> float:
    return kept.reached[0][1] / NAUTICAL_MILE_M if kept.reached else math.nan
