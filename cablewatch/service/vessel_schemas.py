"""Shapes of ships: what one says of itself, and where it was."""

from typing import Literal

from pydantic import AwareDatetime, Field
from typing_extensions import TypeAliasType

from cablewatch.service.geojson import Link, MultiLineString, Strict

Origin = TypeAliasType("Origin", Literal["reconstructed", "invented"])


class Gap(Strict):
    """A time without a fix."""

    start: AwareDatetime
    end: AwareDatetime


class ModelledSpan(Strict):
    """A time whose positions come from a model; null: without bound."""

    origin: Origin
    start: AwareDatetime | None = Field(alias="from")
    end: AwareDatetime | None = Field(alias="to")


class TrackProperties(Strict):
    """What is known at each vertex; `times` and `sog_kn` are nested like the coordinates."""

    mmsi: int
    fixes: int = Field(description="Fixes in this track; vertices made at longitude 180 are none.")
    gap_minutes: float = Field(description="A longer time without a fix is a gap.")
    gaps: list[Gap]
    times: list[list[AwareDatetime]]
    sog_kn: list[list[float | None]]
    modelled: list[ModelledSpan] = Field(description="Times of this ship that a model made.")


class TrackFeature(Strict):
    """A ship's track, cut at its gaps; geometry is null where there is no fix."""

    type: Literal["Feature"]
    geometry: MultiLineString | None
    properties: TrackProperties
    numberMatched: int = Field(
        description="Fixes of this page and those after it, before any is left out."
    )
    numberReturned: int = Field(description="Fixes in this answer.")
    links: list[Link] = Field(description="`self`, and `next` where there are more.")


class Vessel(Strict):
    """Last known static data, as the ship sends it: text, never markup; null: not known."""

    mmsi: int
    name: str | None
    imo: int | None
    callsign: str | None
    ship_type: int | None = Field(description="ITU-R M.1371-5, table 53.")
    destination: str | None
    draught_m: float | None


class Vessels(Strict):
    """Ships by name."""

    numberMatched: int
    numberReturned: int
    vessels: list[Vessel]
