"""A survey of a source: what it delivers, before anybody relies on it."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from cablewatch.archives.recording import Entry, Senders
from cablewatch.engine.quality import is_ship_mmsi
from cablewatch.feeds.base import Feed, Received
from cablewatch.feeds.keeping import Health, keep
from cablewatch.fixes import Fixes, FixFlag, Stations
from cablewatch.live.tallies import Tally


@dataclass
class Survey:
    """What came of a source in some seconds.

    Attributes
    ----------
    health : Health
        Whether it was connected, and cut.
    lines : int
        Lines of any kind.
    tally : Tally
        Fixes and static messages, and how old fixes were.
    untimed : int
        Fixes without a time of their own: the moment of receipt stands in.
    ships, stations : set
        Heard, and heard by.
    box : tuple or None
        West, south, east, north of all fixes, degrees.
    refused : Counter
        What was not accepted, by reason.
    """

    health: Health = field(default_factory=Health)
    lines: int = 0
    tally: Tally = field(default_factory=Tally)
    untimed: int = 0
    ships: set[int] = field(default_factory=set)
    stations: set[str] = field(default_factory=set)
    box: tuple[float, float, float, float] | None = None
    refused: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def note(self, fixes: Fixes, stations: Stations) -> None:
        """Take in fixes."""
        if not len(fixes):
            return
        self.untimed += int(np.count_nonzero(fixes.flags & FixFlag.RECEIPT_TIME))
        self.ships |= set(np.unique(fixes.mmsi[is_ship_mmsi(fixes.mmsi)]).tolist())
        self.stations |= {stations.name(code) for code in np.unique(fixes.station).tolist()}
        lon, lat = fixes.lon_deg, fixes.lat_deg
        said = float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())
        west, south, east, north = self.box or said
        self.box = (
            *(min(west, said[0]), min(south, said[1])),
            *(max(east, said[2]), max(north, said[3])),
        )


async def survey(feed: Feed, seconds: float) -> Survey:
    """Listen to a source for some seconds, or until it ends."""
    found, stations = Survey(), Stations()
    senders = Senders(stations)
    source = feed.source

    async def take(received: Received) -> None:
        found.lines += received.data.count(b"\n")
        entry = Entry(source.name, source.format, received.data, received.at_ms, received.sender)
        batch = senders.feed(entry)
        found.tally.note(batch, received.at_ms)
        found.note(batch.fixes, stations)

    try:
        async with asyncio.timeout(seconds):
            await keep(feed, take, found.health)
    except TimeoutError:
        pass
    for refused in senders.refused.values():
        found.refused.update(refused.counts)
        found.examples |= refused.examples
    return found
