"""Alerts: what an episode of one ship and one kind means to people.

An alert names behaviour, never intent. Its `id` is a hash of rule, ship, start as estimated when
raised and rule version, so that every engine gives the same alert the same name; of ships that
share an MMSI, those after the first are told apart by the number of their track. Updates are
appended by the store and never rewrite what was said before; lead times count from `raised`.
"""

import math
from dataclasses import dataclass

KINDS = (
    "anchor_drag",
    "anchor_drag_at_anchor",
    "anchored_on_cable",
    "loitering",
    "drifting",
    "silence",
    "identity",
    "integrity",
)
SEVERITIES = ("info", "watch", "warning", "critical")
STATES = ("open", "closed")
REVIEWS = ("new", "acknowledged", "confirmed", "dismissed")


@dataclass(frozen=True, slots=True)
class CableCrossing:
    """A cable that the alert's ship met: a crossing, or the last minute in its corridor."""

    id: str
    km: float
    t_ms: int
    angle_deg: float  # NaN in the corridor, without crossing the line
    sog_kn: float  # NaN not available
    inferred: bool  # across a gap, not between two close fixes

    @property
    def crossed(self) -> bool:
        """Whether the line was crossed."""
        return not math.isnan(self.angle_deg)


@dataclass(frozen=True, slots=True)
class NextCable:
    """A cable that present course and speed reach; a closed alert names none."""

    id: str
    distance_m: float
    eta_ms: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One term of the score: a measured value and its log-likelihood ratio."""

    name: str
    value: float
    unit: str
    contribution: float  # nats
    text: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One version of an alert; times in UTC milliseconds, None "not yet"."""

    id: str
    incident_id: str
    kind: str
    mmsi: int
    name: str
    state: str
    review: str
    severity: str
    probability: float
    started_ms: int
    raised_ms: int
    updated_ms: int
    ended_ms: int | None
    cables: tuple[CableCrossing, ...]
    next_cables: tuple[NextCable, ...]
    evidence: tuple[Evidence, ...]
    suppressed_by: tuple[str, ...]
    geometry_confidence: (
        str  # worst position class of the cables met or last next; "none" when none was
    )
    stations: tuple[str, ...]
    rule_version: str
    config_hash: str
    source: str
    track: tuple[tuple[float, float, int], ...]  # lon, lat, t_ms: the excerpt, thinned
    observed_ms: int | None = None  # later evidence: when it was complete; None without any
    refers_to_ms: int | None = None  # and the last time that it speaks of
