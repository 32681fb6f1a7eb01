"""Shapes of live sources: how each is, and what came of it."""

from typing import Literal

from pydantic import AwareDatetime, Field

from cablewatch.service.geojson import Strict


class FeedGap(Strict):
    """A time in which a source brought nothing because it was cut."""

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    reason: str


class LiveFeed(Strict):
    """A source, as the watcher last said."""

    name: str
    said: AwareDatetime = Field(description="When the watcher said this; it does every 5 s.")
    state: Literal["connecting", "receiving", "cut", "ended"]
    since: AwareDatetime = Field(description="Since when it has been so.")
    reason: str = Field(description="Of the last cut; empty where there was none.")
    cuts: int
    last: AwareDatetime | None = Field(description="When something came last.")
    received_bytes: int
    lost_messages: int = Field(description="Known to have been sent to it, and not received.")
    fixes: int
    statics: int
    refused: dict[str, int] = Field(description="What was read and not accepted, by reason.")
    backlog_rows: int = Field(description="Read and not yet judged, of all sources.")
    shed: dict[str, int] = Field(description="Left unjudged because too much came, by kind.")
    unread_bytes: int = Field(description="Left out before they were read, likewise.")
    gaps: list[FeedGap] = Field(description="The newest hundred.")


class LiveFeeds(Strict):
    """Sources by name."""

    numberMatched: int
    numberReturned: int
    feeds: list[LiveFeed]
