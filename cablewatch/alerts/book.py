"""The alert book: events of the fold become versions of alerts.

Everything an alert says comes from its event, the cables, what ships had said of themselves by
then, and the notices of a week about misled receivers: nothing else is carried from event to event,
and how the input is cut into steps changes nothing. So every engine that makes the same events and
notices makes the same alerts.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from types import ModuleType

import numpy as np

from cablewatch.alerts.model import Alert, CableCrossing, Evidence, NextCable
from cablewatch.alerts.suppression import Episode, Recovery, suppressed_by, terms
from cablewatch.alerts.wording.identity import goes_on_as, in_turns
from cablewatch.alerts.wording.sentences import sentence
from cablewatch.cables.model import POSITION_CLASSES, Cable
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.engine import drag, identity
from cablewatch.engine.episode import BANDS
from cablewatch.engine.fold import RULES, Transitions
from cablewatch.engine.state import BIN_MS, CORRIDOR, INFERRED, NO_SPEED
from cablewatch.engine.transitions import CLOSED, INTERFERENCE
from cablewatch.fixes import Array
from cablewatch.units import DAY_MS, KNOT_M_S
from cablewatch.vessels.register import IDENTITY, Vessels

MISLED_MS = 7 * DAY_MS  # that a notice of a misled receiver is kept; a long episode; assumed


class AlertBook:
    """Turns the fold's events into versions of alerts, in their order.

    Parameters
    ----------
    cables : sequence of Cable
        In the order of the engine's index.
    vessels : Vessels
        Names and types as of an event's time.
    stations : callable
        Names of the stations behind a code in a fix.
    config_hash, source : str
        Said in every alert: the configuration and the input.
    surroundings : Surroundings
        Places and depths that may lower an alert.
    """

    def __init__(
        self,
        cables: Sequence[Cable],
        vessels: Vessels,
        stations: Callable[[int], tuple[str, ...]],
        config_hash: str,
        source: str,
        surroundings: Surroundings = NOWHERE,
    ) -> None:
        self._cables = cables
        self._vessels = vessels
        self._stations = stations
        self.config_hash = config_hash
        self._source = source
        self._surroundings = surroundings
        self.misled: dict[int, list[int]] = {}  # when receivers were found so of late, by ship

    def take(self, said: Transitions) -> list[Alert]:
        """New versions of alerts, one an event."""
        self._note(said)
        return [
            self._alert(event, cables, vertices, ahead)
            for event, cables, vertices, ahead in zip(
                said.events, said.event_cables, said.event_vertices, said.event_ahead, strict=True
            )
        ]

    def _note(self, said: Transitions) -> None:
        """Keep when receivers were found misled, as far back as an event of a step asks."""
        notices = said.notices[said.notices["code"] == INTERFERENCE]
        if not len(notices):
            return
        first_ms = min(rows["t_ms"].min() for rows in (notices, said.events) if len(rows))
        for t_ms, mmsi, _ in notices.tolist():
            self.misled.setdefault(mmsi, []).append(t_ms)
        recent = {m: [t for t in at if t >= first_ms - MISLED_MS] for m, at in self.misled.items()}
        self.misled = {mmsi: times for mmsi, times in recent.items() if times}

    def _alert(self, event: np.void, cables: Array, vertices: Array, ahead: Array) -> Alert:
        rule = RULES[int(event["rule"])]
        mmsi, t_ms = int(event["mmsi"]), int(event["t_ms"])
        started_ms, last_ms = int(event["started_ms"]), int(event["last_ms"])
        ship = mmsi, int(event["track"])
        closed = event["event"] == CLOSED
        met = self._met(cables[: event["cables_n"]])
        next_cables = self._next(event, ahead[: event["ahead_n"]])
        raised_ms = int(event["raised_ms"])
        track = _excerpt(vertices[: event["vertices_n"]], event, last_ms)
        ship_type = self._vessels.standing_type(mmsi, t_ms, started_ms, raised_ms)
        stop = _recovery(rule, event)
        since_ms = max(started_ms - BIN_MS, t_ms - MISLED_MS)
        until_ms = min(t_ms, raised_ms + BIN_MS)
        misled = any(since_ms <= t <= until_ms for t in self.misled.get(mmsi, ()))
        episode = Episode(rule.KIND, mmsi, ship_type, started_ms, raised_ms, track, stop, misled)
        lowering = terms(episode, self._surroundings)
        evidence = _evidence(rule, event)
        log_odds = float(event["log_odds"]) + sum(term.contribution for term in lowering)
        return Alert(
            id=id_of(rule.VERSION, ship, started_ms),
            incident_id=id_of(
                RULES[int(event["incident_rule"])].VERSION, ship, int(event["incident_ms"])
            ),
            kind=rule.KIND,
            mmsi=mmsi,
            name=self._vessels.name(mmsi, t_ms),
            state="closed" if closed else "open",
            review="new",
            severity=severity_of(log_odds, rule.KIND, bool(event["soon"])),
            probability=1.0 / (1.0 + math.exp(-log_odds)),
            started_ms=started_ms,
            raised_ms=raised_ms,
            updated_ms=t_ms,
            ended_ms=t_ms if closed else None,
            cables=met,
            next_cables=next_cables,
            evidence=evidence + self._identities(event) + lowering,
            suppressed_by=suppressed_by(lowering),
            geometry_confidence=self._confidence(cables[: event["cables_n"]], event["next_cable"]),
            stations=self._heard_by(event["stations"].tolist()),
            rule_version=rule.VERSION,
            config_hash=self.config_hash,
            source=self._source,
            track=track,
            observed_ms=None if stop is None else stop.to_ms,
            refers_to_ms=None if stop is None else stop.from_ms,
        )

    def _identities(self, event: np.void) -> tuple[Evidence, ...]:
        """Who a ship was before, and what it says of itself in turns; no evidence by itself."""
        if event["rule"] != identity.RULE:
            return ()
        mmsi, t_ms, other = int(event["mmsi"]), int(event["t_ms"]), int(event["other_mmsi"])
        names = (name for name, _ in identity.TERMS)
        values = dict(zip(names, event["value"].tolist(), strict=False))
        said = []
        if other:
            text = goes_on_as(self._vessels.name(other, t_ms), other)
            said.append(Evidence("other_ship", float(other), "MMSI", 0.0, text))
        for field, term in zip(IDENTITY, ("names", "numbers"), strict=True):
            pair = self._vessels.in_turns(mmsi, field, t_ms) if values[term] > 0.0 else None
            if pair is not None:
                text = in_turns(field, *pair)
                said.append(Evidence(f"{field}_in_turns", 2.0, "", 0.0, text))
        return tuple(said)

    def _met(self, rows: Array) -> tuple[CableCrossing, ...]:
        """Crossings, and the corridors of cables that were not crossed, in time order."""
        beside = rows["how"] & CORRIDOR != 0
        crossed = set(rows["cable"][~beside].tolist())
        met = [
            CableCrossing(
                id=self._cables[row["cable"]].id,
                km=round(float(row["km"]), 3),
                t_ms=int(row["t_s"]) * 1000,
                angle_deg=math.nan if in_corridor else float(row["angle_deg"]),
                sog_kn=math.nan if row["sog_ckn"] == NO_SPEED else int(row["sog_ckn"]) / 100.0,
                inferred=bool(row["how"] & INFERRED),
            )
            for row, in_corridor in zip(rows, beside.tolist(), strict=True)
            if not (in_corridor and int(row["cable"]) in crossed)
        ]
        return tuple(sorted(met, key=lambda c: c.t_ms))

    def _next(self, event: np.void, ahead: Array) -> tuple[NextCable, ...]:
        speed_m_s = float(event["sog_kn"]) * KNOT_M_S
        return tuple(
            NextCable(
                id=self._cables[row["cable"]].id,
                distance_m=round(float(row["distance_m"]), 1),
                eta_ms=int(event["last_ms"]) + round(float(row["distance_m"]) / speed_m_s * 1000.0),
            )
            for row in ahead
        )

    def _confidence(self, met: Array, following: int) -> str:
        """Worst position class of the cables met and of the one last named next."""
        named = set(met["cable"].tolist()) | ({int(following)} if following >= 0 else set())
        ranks = [POSITION_CLASSES.index(self._cables[k].position_class) for k in named]
        return POSITION_CLASSES[max(ranks)] if ranks else "none"

    def _heard_by(self, codes: Sequence[int]) -> tuple[str, ...]:
        return tuple(sorted({name for code in codes if code for name in self._stations(code)}))


def id_of(rule_version: str, ship: tuple[int, int], started_ms: int) -> str:
    """Id of an alert; `ship` is its MMSI and its number among the tracks of it, 0 for most."""
    mmsi, track = ship
    name = f"{rule_version}|{mmsi}|{started_ms}" + (f"|{track}" if track else "")
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def severity_of(log_odds: float, kind: str, soon: bool) -> str:
    """Severity band of log odds; a drag is critical once a cable is crossed or near."""
    if log_odds < BANDS[1]:
        return "info"
    if log_odds < BANDS[2]:
        return "watch"
    return "critical" if soon and kind == "anchor_drag" else "warning"


def _recovery(rule: ModuleType, event: np.void) -> Recovery | None:
    """The recovery stop that counts in an event of a drag."""
    nats = float(event["ratio"][drag.RECOVERY])
    if rule is not drag or not nats > 0.0:
        return None
    return Recovery(int(event["stopped_ms"]), int(event["sailed_ms"]), nats)


def _evidence(rule: ModuleType, event: np.void) -> tuple[Evidence, ...]:
    """The rule's stated prior, and its terms; only the first of them have a ratio."""
    values: list[float] = event["value"].tolist()
    padded = [*event["ratio"].tolist(), *[0.0] * len(rule.TERMS)]
    said = [
        ("prior", "", math.exp(rule.PRIOR), rule.PRIOR),
        *((*term, *figures) for term, *figures in zip(rule.TERMS, values, padded, strict=False)),
    ]
    named = {name: value for name, _, value, _ in said}
    named |= {name: float(event[name]) for name in ("came_kn", "after_kn")}
    return tuple(
        Evidence(name, float(f"{value:.6g}"), unit, float(f"{ratio:.6g}"), sentence(name, named))
        for name, unit, value, ratio in said
    )


def _excerpt(vertices: Array, event: np.void, last_ms: int) -> tuple[tuple[float, float, int], ...]:
    kept = [
        (round(float(v["lon"]), 5), round(float(v["lat"]), 5), int(v["t_s"]) * 1000)
        for v in vertices
        if int(v["t_s"]) < last_ms // 1000
    ]
    return (*kept, (round(float(event["lon"]), 5), round(float(event["lat"]), 5), last_ms))
