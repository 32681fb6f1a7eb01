"""Shapes of what is known of one cable: days, crossings, and ships ranked by evidence."""

from typing import Literal

from pydantic import AwareDatetime, Field

from cablewatch.service.geojson import Collection, LineString, MultiLineString, Point, Strict
from cablewatch.service.schemas import AlertKind, CableFeature, Evidence, Severity


class AlertCount(Strict):
    """How many alerts of a kind and severity were raised."""

    kind: AlertKind
    severity: Severity
    count: int


class CableDay(Strict):
    """What happened at a cable on one UTC day."""

    day: str = Field(description="YYYY-MM-DD.")
    crossings: int = Field(description="By ships, alert or not.")
    alerts: list[AlertCount] = Field(description="Raised that day, of which it is a cable.")


class CableStatistics(Strict):
    """Days of a cable on which something happened."""

    crossings: int
    alerts: int
    days: list[CableDay]


class CableWithStatistics(CableFeature):
    """A route, and what happened at it."""

    attribution: str = Field(description="Whom the route is owed to.")
    note: str = Field(description="What the route is good for.")
    statistics: CableStatistics


class CrossingProperties(Strict):
    """A crossing of the line by a ship."""

    time: AwareDatetime = Field(description="Between the two fixes it lies between, to a second.")
    mmsi: int
    name: str | None = Field(description="As the ship sends it: text, never markup.")
    cable: str
    km: float | None = Field(description="Kilometre point along the route.")
    angle_deg: float | None = Field(description="Between track and cable, 0 to 90.")
    sog_before_kn: float | None
    sog_at_kn: float | None
    sog_after_kn: float | None
    inferred: bool = Field(description="Across a gap in the track, not between two close fixes.")


class CrossingFeature(Strict):
    """A crossing; the geometry is its place on the route."""

    type: Literal["Feature"]
    id: str
    geometry: Point | None
    properties: CrossingProperties


class CrossingCollection(Collection):
    """Crossings of a cable in order of time."""

    features: list[CrossingFeature]


class ReportedFault(Strict):
    """Where the cable is said to be faulty."""

    km: float | None
    error_m: float | None = Field(description="Uncertainty, two standard deviations.")
    off_line_m: float | None = Field(description="Of a reported position from the line.")


class CaseAsked(Strict):
    """What was asked."""

    cable: str
    position_class: str
    position_uncertainty_m: float
    length_km: float | None
    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to", description="Not included.")
    fault: ReportedFault | None
    source: str


class RankedShip(Strict):
    """A ship that crossed the cable or may have, or why another one did not."""

    role: Literal["suspect", "why_not"]
    rank: int | None
    mmsi: int
    name: str
    ship_type: int | None
    score: float | None = Field(description="Sum of log-likelihood ratios, nats; no probability.")
    how: str | None = Field(description="How the passage is known.")
    passages: int | None = Field(description="In the time asked for.")
    time: AwareDatetime | None
    earliest: AwareDatetime | None
    latest: AwareDatetime | None
    km: float | None
    km_from: float | None
    km_to: float | None
    angle_deg: float | None
    sog_before_kn: float | None
    sog_at_kn: float | None
    sog_after_kn: float | None
    off_line_m: float | None
    alert: str | None = Field(description="Id of an alert on the ship.")
    positions: str | None = Field(description="`as archived`, or what model made them.")
    evidence: list[Evidence] | None
    reason: str | None = Field(description="Of a ship that is no suspect.")
    text: str | None


class FaultPlace(ReportedFault):
    """The reported fault, on the map."""

    role: Literal["fault"]


class RankedFeature(Strict):
    """A ship with the excerpt of its track, or the reported fault."""

    type: Literal["Feature"]
    geometry: Point | LineString | MultiLineString | None
    properties: RankedShip | FaultPlace


class RankedCollection(Collection):
    """Ships by evidence: suspects first, by rank, then why not the others, the nearest first."""

    case: CaseAsked
    notes: list[str] = Field(description="What the store itself does not hold.")
    features: list[RankedFeature]
