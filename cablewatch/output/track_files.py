"""The track of one ship as GPX 1.1, KML 2.2 and CSV; every fix keeps its time.

Each unbroken part is a segment of its own (GPX ``trkseg``, KML ``gx:Track``, CSV column
``segment``), so that nothing is drawn across a gap.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from cablewatch.fixes import NAV_STATUS_UNDEFINED, Fixes
from cablewatch.output.text import csv_row, rfc3339
from cablewatch.output.track import PLACES, figure
from cablewatch.output.xml_text import xml_text

COLUMNS = (
    "mmsi",
    "name",
    "segment",
    "time",
    "lon",
    "lat",
    "sog_kn",
    "cog_deg",
    "heading_deg",
    "nav_status",
    "positions",
)
"""Of the CSV; ``positions`` is ``as archived`` unless a model made them."""

ARCHIVED = "as archived"


@dataclass(frozen=True)
class Track:
    """A track to be written: its ship, its unbroken parts, and where positions come from."""

    mmsi: int
    name: str  # as the ship sends it
    parts: Sequence[Fixes]
    origin: Callable[[int], str | None]  # of the position at a time; None: as archived

    @property
    def note(self) -> str:
        """What a map that shows the track must say of it."""
        times = (t_ms for part in self.parts for t_ms in part.t_ms.tolist())
        origins = sorted({self.origin(t_ms) or ARCHIVED for t_ms in times})
        return f"Positions {' and '.join(origins)}."


def gpx(track: Track) -> Iterator[str]:
    """GPX 1.1 (www.topografix.com/GPX/1/1)."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<gpx version="1.1" creator="cablewatch" xmlns="http://www.topografix.com/GPX/1/1">\n'
    yield f"<trk><name>{_title(track)}</name><desc>{_xml(track.note)}</desc>"
    yield f"<number>{track.mmsi}</number>\n"
    for part in track.parts:
        yield "<trkseg>\n"
        for t_ms, lon, lat in _places(part):
            yield f'<trkpt lat="{lat}" lon="{lon}"><time>{rfc3339(t_ms)}</time></trkpt>\n'
        yield "</trkseg>\n"
    yield "</trk>\n</gpx>\n"


def kml(track: Track) -> Iterator[str]:
    """KML 2.2 with the tracks of Google's extension, which alone have times."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">'
    yield f"\n<Placemark><name>{_title(track)}</name>"
    yield f"<description>{_xml(track.note)}</description>\n<gx:MultiTrack>\n"
    yield "<gx:interpolate>0</gx:interpolate>\n"
    for part in track.parts:
        yield "<gx:Track>\n"
        places = list(_places(part))
        yield from (f"<when>{rfc3339(t_ms)}</when>\n" for t_ms, _, _ in places)
        yield from (f"<gx:coord>{lon} {lat} 0</gx:coord>\n" for _, lon, lat in places)
        yield "</gx:Track>\n"
    yield "</gx:MultiTrack>\n</Placemark>\n</kml>\n"


def table(track: Track) -> Iterator[str]:
    """CSV with the columns of :data:`COLUMNS`; what is not available is empty."""
    yield csv_row(COLUMNS)
    for number, part in enumerate(track.parts, 1):
        figures = zip(
            part.sog_kn.tolist(), part.cog_deg.tolist(), part.heading_deg.tolist(), strict=True
        )
        rows = zip(_places(part), figures, part.nav_status.tolist(), strict=True)
        for (t_ms, lon, lat), (sog, cog, heading), status in rows:
            yield csv_row(
                (
                    *(track.mmsi, track.name, number, rfc3339(t_ms), lon, lat),
                    *(figure(sog, 2), figure(cog, 1), figure(heading, 0)),
                    None if status == NAV_STATUS_UNDEFINED else status,
                    track.origin(t_ms) or ARCHIVED,
                )
            )


FORMATS: dict[str, Callable[[Track], Iterator[str]]] = {"gpx": gpx, "kml": kml, "csv": table}
"""Writers by name: a track into pieces of text."""


def _places(part: Fixes) -> Iterator[tuple[int, float, float]]:
    """Time, longitude and latitude of each fix."""
    columns = (part.t_ms.tolist(), part.lon_deg.tolist(), part.lat_deg.tolist())
    for t_ms, lon, lat in zip(*columns, strict=True):
        yield t_ms, round(lon, PLACES), round(lat, PLACES)


def _title(track: Track) -> str:
    return _xml(f"{track.mmsi} {track.name}".strip())


def _xml(text: str) -> str:
    """Text of an element; what XML has no place for is U+FFFD."""
    return escape(xml_text(text))
