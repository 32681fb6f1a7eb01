"""What is compiled or loaded before the first source is opened.

On a machine that has compiled nothing yet that takes a minute or more, in which what came would
wait to be judged.
"""

from collections.abc import Sequence

from cablewatch.archives.recording import Entry, Senders
from cablewatch.cables.model import Cable
from cablewatch.fixes import Stations
from cablewatch.pipeline import Pipeline
from cablewatch.units import HOUR_MS

HEARD = Entry("warm", "nmea", b"!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A\n")
AT_MS = 1_731_888_000_000
HOURS = 3  # bins of time end, and are judged


def warm(cables: Sequence[Cable]) -> None:
    """Decode and judge a ship that nobody heard, as it would be done with one that was."""
    stations = Stations()
    senders = Senders(stations)
    with Pipeline(cables, stations) as pipeline:
        for hour in range(HOURS):
            pipeline.push(*senders.feed(HEARD._replace(at_ms=AT_MS + hour * HOUR_MS)))
        pipeline.flush()
