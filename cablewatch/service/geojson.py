"""Shapes of GeoJSON (RFC 7946), and of a page of features as OGC API - Features has it."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Position = Annotated[list[float], Field(min_length=2, description="Longitude, latitude.")]


class Strict(BaseModel):
    """A model that knows all its members."""

    model_config = ConfigDict(extra="forbid")


class Point(Strict):
    """One position."""

    type: Literal["Point"]
    coordinates: Position


class LineString(Strict):
    """A line."""

    type: Literal["LineString"]
    coordinates: list[Position]


class MultiLineString(Strict):
    """Lines: a track cut at its gaps or at longitude 180."""

    type: Literal["MultiLineString"]
    coordinates: list[list[Position]]


class Link(Strict):
    """A link to another document."""

    href: str
    rel: str
    type: str
    title: str


class Collection(Strict):
    """Members that all collections share."""

    type: Literal["FeatureCollection"]
    attribution: str = Field(description="Whom the routes of cables are owed to.")
    numberMatched: int = Field(description="Features on all pages together.")
    numberReturned: int
    timeStamp: AwareDatetime = Field(description="Moment of this answer.")
    links: list[Link] = Field(description="`self`, and `next` where there are more.")
