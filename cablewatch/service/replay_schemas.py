"""Shapes of what is replayed."""

from pydantic import AwareDatetime, Field

from cablewatch.service.geojson import Strict

Integers = list[int | None]


class ReplayDay(Strict):
    """A UTC day with fixes."""

    day: str
    version: str = Field(description="Names what is stored of the day; changes when it does.")
    fixes: int
    counts: list[int] = Field(description="Fixes of each block of the day; duplicates count.")


class Replays(Strict):
    """What there is to replay."""

    start: AwareDatetime | None = Field(alias="from", description="Start of the data.")
    end: AwareDatetime | None = Field(alias="to", description="End of the data.")
    block_s: int = Field(description="Length of a block.")
    closed_to: AwareDatetime | None = Field(
        description="Blocks up to here are closed: nothing is added to them. Null: none is."
    )
    href: str = Field(description="Address of a block; {start} is an RFC 3339 multiple of block_s.")
    days: list[ReplayDay]


class Columns(Strict):
    """Fixes of many ships, ship by ship, in columns of integers; null is not available.

    Differences: the first fix of a ship tells its value, each other one what it adds to the last.
    """

    fixes: int
    mmsi: list[int] = Field(description="Ships, ascending.")
    count: list[int] = Field(description="Fixes of each of these ships.")
    t_ms: list[int] = Field(description="Milliseconds since start; differences.")
    lon_e6: list[int] = Field(description="Longitude, degrees x 1,000,000; differences.")
    lat_e6: list[int] = Field(description="Latitude, degrees x 1,000,000; differences.")
    sog_e1: Integers = Field(description="Speed over ground, knots x 10.")
    cog_e1: Integers = Field(description="Course over ground, degrees x 10.")
    heading: Integers = Field(description="True heading, degrees.")
    nav_status: Integers = Field(description="ITU-R M.1371-5, table 45.")


class ReplayBlock(Columns):
    """Fixes of a block."""

    start: AwareDatetime
    block_s: int
    closed: bool
    bbox: list[float] | None = Field(description="West, south, east, north; null: everywhere.")
