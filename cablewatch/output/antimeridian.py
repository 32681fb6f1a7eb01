"""Lines as GeoJSON has them: cut where they pass longitude 180."""

import math
from collections.abc import Sequence

from cablewatch.output.text import Json

Vertex = tuple[float, ...]


def line_geometry(line: Sequence[Vertex]) -> Json | None:
    """GeoJSON geometry of a track: null, Point, LineString, or MultiLineString at longitude 180."""
    if len(line) < 2:
        return {"type": "Point", "coordinates": list(line[0])} if line else None
    parts = split_at_antimeridian(line)
    if len(parts) == 1:
        return {"type": "LineString", "coordinates": parts[0]}
    return {"type": "MultiLineString", "coordinates": parts}


def split_at_antimeridian(line: Sequence[Vertex]) -> list[list[Vertex]]:
    """Cut a line where it passes longitude 180, as RFC 7946 section 3.1.9 asks.

    A vertex is longitude, latitude and any further figures; a vertex made at the cut has all but
    its longitude interpolated. A step of more than half a turn is read as going the short way
    round. Longitudes beyond 180 are wrapped. A part of one vertex holds it twice, for a line
    has two.

    >>> split_at_antimeridian([(179.0, 0.0), (-179.0, 2.0)])
    [[(179.0, 0.0), (180.0, 1.0)], [(-180.0, 1.0), (-179.0, 2.0)]]
    """
    parts: list[list[Vertex]] = [[]]
    for lon, *rest in ((_wrapped(lon), *rest) for lon, *rest in line):
        if parts[-1] and abs(lon - parts[-1][-1][0]) > 180:
            last_lon, *last = parts[-1][-1]
            edge = math.copysign(180.0, last_lon)
            before, beyond = edge - last_lon, edge + lon
            share = before / (before + beyond) if before + beyond else 0.5
            cut = [a + share * (b - a) for a, b in zip(last, rest, strict=True)]
            if before:
                parts[-1].append((edge, *cut))
            parts.append([(-edge, *cut)] if beyond else [])
        parts[-1].append((lon, *rest))
    return [part if len(part) > 1 else part * 2 for part in parts if part]


def box_of(line: Sequence[Vertex]) -> tuple[float, float, float, float] | None:
    """West, south, east, north of a track; None where it is empty.

    West > east crosses the antimeridian. A track right round the earth reaches from -180 to 180.

    >>> box_of([(179.0, 0.0), (-179.0, 2.0)])
    (179.0, 0.0, -179.0, 2.0)
    """
    if not line:
        return None
    parts = split_at_antimeridian(line)
    lats = [vertex[1] for part in parts for vertex in part]
    spans = [(min(v[0] for v in part), max(v[0] for v in part)) for part in parts]
    west, east = spans[0]
    if len(parts) > 1:
        west = min((low for low, high in spans if high == 180), default=180.0)
        east = max((high for low, high in spans if low == -180), default=-180.0)
        if west <= east:
            west, east = -180.0, 180.0
    return west, min(lats), east, max(lats)


def _wrapped(lon: float) -> float:
    return lon if -180 <= lon <= 180 else (lon + 180) % 360 - 180
