"""Who publishes archives, under which names and terms.

Names and paths are those in use at the hosts in November 2026. A day can be in one of several
files; the first that exists is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

DMA_DAILY_FROM = date(2024, 3, 1)  # before it the archive has a file a month


@dataclass(frozen=True, slots=True)
class Source:
    """A publisher of archives.

    Attributes
    ----------
    name, title : str
        On the command line, and for people.
    base_url : str
        Where its paths begin.
    licence : str
        Terms, and whom to credit.
    first_day : date
        Of the archive.
    paths : function
        Paths of the files that can hold a day, the likeliest first.
    remark : str
        When to expect a day, for a user who misses one.
    """

    name: str
    title: str
    base_url: str
    licence: str
    first_day: date
    paths: Callable[[date], tuple[str, ...]]
    remark: str


def _danish(day: date) -> tuple[str, ...]:
    names = (f"aisdk-{day:%Y-%m-%d}.zip", f"aisdk-{day:%Y-%m}.zip")
    return names if day >= DMA_DAILY_FROM else names[::-1]


def _american(day: date) -> tuple[str, ...]:
    return (f"csv2/csv{day:%Y}/ais-{day:%Y-%m-%d}.csv.zst",)


SOURCES = {
    source.name: source
    for source in (
        Source(
            "dma",
            "Danish Maritime Authority, historical AIS data",
            "http://aisdata.ais.dk",
            "free use under the conditions for the use of Danish public data; say: Contains data "
            "from the Danish Maritime Authority that is used in accordance with the conditions "
            "for the use of Danish public data",
            date(2006, 3, 1),
            _danish,
            "files are monthly until February 2024 and daily since; new days come after a few days",
        ),
        Source(
            "marinecadastre",
            "MarineCadastre (NOAA, BOEM, US Coast Guard), vessel traffic",
            "https://noaaocm.blob.core.windows.net/ais",
            "public domain (CC0-1.0); say: MarineCadastre.gov, NOAA Office for Coastal Management",
            date(2015, 1, 1),
            _american,
            "files are daily since 2015; new days come after three to five months",
        ),
    )
}
