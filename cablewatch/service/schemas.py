"""Shapes of the answers, as OpenAPI publishes them; a choice of words has a name there too.

Routes answer with what ``alerts/records.py`` made; tests hold the answers to these models.
"""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field
from typing_extensions import TypeAliasType

from cablewatch.service.geojson import Collection, LineString, MultiLineString, Point, Strict
from cablewatch.service.review_schemas import ReviewEntry, ReviewState
from cablewatch.service.vessel_schemas import ModelledSpan, Origin

AlertKind = TypeAliasType(
    "AlertKind",
    Literal[
        "anchor_drag",
        "anchor_drag_at_anchor",
        "anchored_on_cable",
        "loitering",
        "drifting",
        "silence",
        "identity",
        "integrity",
    ],
)
Severity = TypeAliasType("Severity", Literal["info", "watch", "warning", "critical"])
AlertState = TypeAliasType("AlertState", Literal["open", "closed"])
AlertSort = TypeAliasType(
    "AlertSort",
    Literal[
        "-raised",
        "-updated",
        "-severity",
        "-probability",
        "raised",
        "updated",
        "severity",
        "probability",
    ],
)
Confidence = TypeAliasType(
    "Confidence", Literal["surveyed", "charted", "generalised", "schematic", "none"]
)


class CableCrossing(Strict):
    """A cable met: a crossing, or the last minute in its corridor where it was not crossed."""

    id: str = Field(description="Of the cable.")
    km: float | None = Field(description="Kilometre point along the cable.")
    time: AwareDatetime
    angle_deg: float | None = Field(
        description="Between track and cable, 0 to 90; null in the corridor, without a crossing."
    )
    sog_kn: float | None = Field(description="Speed over ground at the cable.")
    inferred: bool = Field(description="Across a gap in the track, not between two close fixes.")


class NextCable(Strict):
    """A cable that present course and speed reach."""

    id: str
    distance_m: float | None
    eta: AwareDatetime


class Evidence(Strict):
    """One term of the score."""

    name: str
    value: float | None
    unit: str
    contribution: float | None = Field(description="Log-likelihood ratio, nats.")
    text: str


class AlertProperties(Strict):
    """What an alert says."""

    id: str
    incident_id: str = Field(description="Joins a ship's alerts less than 6 h apart.")
    kind: AlertKind
    mmsi: int
    name: str = Field(description="As the ship sends it: text, never markup.")
    state: AlertState
    review: ReviewState
    severity: Severity
    probability: float | None = Field(description="Posterior under the prior named in evidence.")
    started: AwareDatetime = Field(description="Start of the behaviour, as estimated.")
    raised: AwareDatetime = Field(description="When the alert could first be known.")
    updated: AwareDatetime
    ended: AwareDatetime | None
    observed: AwareDatetime | None = Field(
        description="When later evidence, a recovery stop, ended; lead time counts from `raised`."
    )
    refers_to: AwareDatetime | None = Field(
        description="Where that evidence is given: the last time that it speaks of."
    )
    cables: list[CableCrossing]
    next_cables: list[NextCable]
    evidence: list[Evidence]
    suppressed_by: list[str] = Field(description="Reasons that lower the score.")
    geometry_confidence: Confidence = Field(
        description="How well the routes of its cables are known, the least known of them."
    )
    stations: list[str] = Field(description="Receivers that heard the ship.")
    rule_version: str
    config_hash: str
    source: str


class MarkedProperties(AlertProperties):
    """What an alert says, and whether a receiver heard what it rests on."""

    modelled: Origin | None = Field(
        description="Where its positions come from if a model made them; null: as archived."
    )


class AlertFeature(Strict):
    """An alert; the geometry is the excerpt of its track."""

    type: Literal["Feature"]
    id: str
    geometry: Point | LineString | MultiLineString | None
    properties: MarkedProperties


class AlertVersion(Strict):
    """One version of an alert, in order of arrival."""

    version: int
    hash: str = Field(description="SHA-256 of the content.")
    properties: AlertProperties


class Since(Strict):
    """A severity, and from when on."""

    severity: Severity
    start: AwareDatetime = Field(alias="from")


class Named(Strict):
    """A cable that was said to be next, and how long before it was crossed."""

    id: str
    named: AwareDatetime = Field(description="When it was first named.")
    severity: Severity = Field(description="Of the alert at that time.")
    crossed: AwareDatetime | None = Field(description="First crossing after that.")
    lead_h: float | None = Field(description="Hours from named to crossed.")


class Timeline(Strict):
    """What the history tells."""

    severities: list[Since]
    named: list[Named]


class AlertWithHistory(AlertFeature):
    """An alert with every version that was ever stored."""

    attribution: str = Field(description="Whom the routes of cables are owed to.")
    history: list[AlertVersion]
    timeline: Timeline
    reviews: list[ReviewEntry] = Field(description="What people did with it, in order.")
    reported: bool = Field(description="Whether the store holds its report, for `f=report`.")


class AlertCollection(Collection):
    """Alerts, newest raised first."""

    features: list[AlertFeature]


class CableProperties(BaseModel):
    """What the file of routes says of a cable; a store may hold more or less of it."""

    id: str
    name: str = ""
    kind: str = Field("", description="telecom, power, gas_pipeline or pipeline.")
    owner: str = ""
    status: str = ""
    source: str = Field("", description="Where the route comes from.")
    licence: str = Field("", description="On what terms it may be used.")
    position_class: str = Field("", description="surveyed, charted, generalised or schematic.")
    position_uncertainty_m: float | None = Field(
        None, description="How far the cable may lie from its line."
    )
    protection_zone_m: float | None = Field(None, description="On each side of the line.")
    zone_basis: str = Field("", description="The rule or convention behind the zone.")
    published_length_km: float | None = Field(None, description="The owner's figure.")


class CableFeature(Strict):
    """A route."""

    type: Literal["Feature"]
    id: str
    geometry: LineString | MultiLineString | None
    properties: CableProperties


class CableCollection(Collection):
    """Routes of cables."""

    note: str = Field(description="What the routes are good for.")
    features: list[CableFeature]


class Replayed(Strict):
    """One replay into the store."""

    title: str
    about: str
    id: str | None = Field(description="Of its archives, from where they lie.")
    begun: AwareDatetime | None
    ended: AwareDatetime | None = Field(description="Null: it is still running, or was cut.")
    faults: list[str] = Field(description="What kept it from reading all.")


class ModelledShips(ModelledSpan):
    """Positions of some ships that come from a model."""

    mmsi: list[int]


class Run(Strict):
    """What was run to fill this store."""

    title: str
    about: str = Field(description="What the data are, as the replays say.")
    attribution: list[str]
    start: AwareDatetime | None = Field(alias="from", description="Start of the data.")
    end: AwareDatetime | None = Field(alias="to", description="End of the data.")
    config_hash: str | None
    created_by: str | None
    complete: bool = Field(description="Whether every replay ended and read all of its input.")
    replays: list[Replayed]
    modelled: list[ModelledShips] = Field(description="All other positions are as archived.")


class Health(Strict):
    """A sign of life."""

    status: Literal["ok"]
    version: str


class Ready(Strict):
    """The store can be read."""

    status: Literal["ready"]
