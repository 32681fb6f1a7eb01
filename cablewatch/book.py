"""The alert book: events of the fold become versions of alerts.

Everything an alert says comes from its event, the cables and what ships had said of themselves by
then; so every engine that makes the same events makes the same alerts.
"""

import hashlib
import math
from collections.abc import Callable, Sequence

import numpy as np

from cablewatch.alerts import Alert, CableCrossing, Evidence, NextCable
from cablewatch.cables.model import POSITION_CLASSES, Cable
from cablewatch.engine.episode import BANDS
from cablewatch.engine.fold import RULES, Transitions
from cablewatch.engine.state import NO_SPEED
from cablewatch.engine.transitions import CLOSED
from cablewatch.fixes import Array
from cablewatch.units import HOUR_MS, KNOT_M_S
from cablewatch.vessels import Vessels
from cablewatch.wording import sentence

INCIDENT_MS = 6 * HOUR_MS  # alerts of a ship less apart are one incident; DESIGN section 5
CRITICAL_ETA_MS = 3 * HOUR_MS  # time for a duty desk to reach the ship; assumed
SERVICE_TYPES = {
    33: "dredger",
    35: "military",
    50: "pilot",
    51: "search_and_rescue",
    52: "tug",
    53: "port_tender",
    54: "anti_pollution",
    55: "law_enforcement",
}  # ITU-R M.1371-5, table 53
FISHING_TYPE = 30
SUPPRESSION = -math.log(20.0)  # nats; a service ship behaves so in its work; assumed


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
    """

    def __init__(
        self,
        cables: Sequence[Cable],
        vessels: Vessels,
        stations: Callable[[int], tuple[str, ...]],
        config_hash: str,
        source: str,
    ) -> None:
        self._cables = cables
        self._vessels = vessels
        self._stations = stations
        self.config_hash = config_hash
        self._source = source
        self._incidents: dict[int, tuple[str, int]] = {}

    def take(self, said: Transitions) -> list[Alert]:
        """New versions of alerts, one an event."""
        return [
            self._alert(event, cables, vertices, ahead)
            for event, cables, vertices, ahead in zip(
                said.events, said.event_cables, said.event_vertices, said.event_ahead, strict=True
            )
        ]

    def _alert(self, event: np.void, cables: Array, vertices: Array, ahead: Array) -> Alert:
        rule = RULES[event["rule"]]
        mmsi, t_ms = int(event["mmsi"]), int(event["t_ms"])
        started_ms, last_ms = int(event["started_ms"]), int(event["last_ms"])
        name = f"{rule.VERSION}|{mmsi}|{started_ms}"
        alert_id = hashlib.sha256(name.encode()).hexdigest()[:16]
        closed = event["event"] == CLOSED
        crossed = self._crossed(cables[: event["cables_n"]])
        next_cables = self._next(event, ahead[: event["ahead_n"]])
        suppressed_by = self._suppressed_by(rule.KIND, mmsi, t_ms)
        log_odds = float(event["log_odds"]) + SUPPRESSION * len(suppressed_by)
        soon = bool(crossed) or any(c.eta_ms - t_ms <= CRITICAL_ETA_MS for c in next_cables)
        return Alert(
            id=alert_id,
            incident_id=self._incident(mmsi, alert_id, started_ms, t_ms),
            kind=rule.KIND,
            mmsi=mmsi,
            name=self._vessels.name(mmsi, t_ms),
            state="closed" if closed else "open",
            review="new",
            severity=severity_of(log_odds, rule.KIND, soon),
            probability=1.0 / (1.0 + math.exp(-log_odds)),
            started_ms=started_ms,
            raised_ms=int(event["raised_ms"]),
            updated_ms=t_ms,
            ended_ms=t_ms if closed else None,
            cables=crossed,
            next_cables=next_cables,
            evidence=_evidence(rule.TERMS, event["value"].tolist(), event["ratio"].tolist()),
            suppressed_by=suppressed_by,
            geometry_confidence=self._confidence(
                [c.id for c in crossed] + [c.id for c in next_cables[:1]]
            ),
            stations=self._heard_by(event["stations"].tolist()),
            rule_version=rule.VERSION,
            config_hash=self.config_hash,
            source=self._source,
            track=_excerpt(vertices[: event["vertices_n"]], event, last_ms),
        )

    def _crossed(self, met: Array) -> tuple[CableCrossing, ...]:
        return tuple(
            CableCrossing(
                id=self._cables[row["cable"]].id,
                km=round(float(row["km"]), 3),
                t_ms=int(row["t_s"]) * 1000,
                angle_deg=float(row["angle_deg"]),
                sog_kn=math.nan if row["sog_ckn"] == NO_SPEED else int(row["sog_ckn"]) / 100.0,
                inferred=bool(row["inferred"]),
            )
            for row in met
        )

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

    def _incident(self, mmsi: int, alert_id: str, started_ms: int, t_ms: int) -> str:
        incident_id, until_ms = self._incidents.get(mmsi, (alert_id, started_ms))
        if started_ms - until_ms > INCIDENT_MS:
            incident_id = alert_id
        self._incidents[mmsi] = (incident_id, max(t_ms, until_ms))
        return incident_id

    def _suppressed_by(self, kind: str, mmsi: int, t_ms: int) -> tuple[str, ...]:
        ship_type = self._vessels.undisputed_type(mmsi, t_ms)
        if ship_type in SERVICE_TYPES:
            return (SERVICE_TYPES[ship_type],)
        return ("fishing",) if ship_type == FISHING_TYPE and kind == "loitering" else ()

    def _confidence(self, ids: Sequence[str]) -> str:
        classes = {c.id: c.position_class for c in self._cables}
        ranks = [POSITION_CLASSES.index(classes[i]) for i in ids]
        return POSITION_CLASSES[max(ranks)] if ranks else "none"

    def _heard_by(self, codes: Sequence[int]) -> tuple[str, ...]:
        return tuple(sorted({name for code in codes if code for name in self._stations(code)}))


def severity_of(log_odds: float, kind: str, soon: bool) -> str:
    """Severity band of log odds; a drag is critical once a cable is crossed or near."""
    if log_odds < BANDS[1]:
        return "info"
    if log_odds < BANDS[2]:
        return "watch"
    return "critical" if soon and kind == "anchor_drag" else "warning"


def _evidence(
    terms: Sequence[tuple[str, str]], values: Sequence[float], ratios: Sequence[float]
) -> tuple[Evidence, ...]:
    named = {name: value for (name, _), value in zip(terms, values, strict=False)}
    return tuple(
        Evidence(name, float(f"{value:.6g}"), unit, float(f"{ratio:.6g}"), sentence(name, named))
        for (name, unit), value, ratio in zip(terms, values, ratios, strict=False)
    )


def _excerpt(vertices: Array, event: np.void, last_ms: int) -> tuple[tuple[float, float, int], ...]:
    kept = [
        (round(float(v["lon"]), 5), round(float(v["lat"]), 5), int(v["t_s"]) * 1000)
        for v in vertices
        if int(v["t_s"]) < last_ms // 1000
    ]
    return (*kept, (round(float(event["lon"]), 5), round(float(event["lat"]), 5), last_ms))
