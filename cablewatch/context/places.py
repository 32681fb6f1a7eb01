"""Places where ships stop, wait or slow down: polygons with a kind, and who was seen there.

A file is a FeatureCollection of Polygons and MultiPolygons in WGS84. Each feature has a ``kind`` of
:data:`KINDS`, and may have a ``name``. One that ``cablewatch context build`` wrote has ``visits``
as well, the ships that stopped there; such a place counts for a ship only where `VOTERS_MIN` others
stopped, so that no ship makes her own excuse.

Longitudes may lie beyond 180 degrees, and a polygon that steps over the antimeridian from one
vertex to the next is read as the small one, not the one round the globe.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException

from cablewatch.errors import ContextError
from cablewatch.fixes import Array
from cablewatch.geojson import features_of, read_document

KINDS = ("port", "berth", "anchorage", "roadstead", "windfarm", "pilotage", "tss")
STOP = "stop"
"""Kind of a learned cell with too few ships: a tally to go on from, and no place."""

FARM_CLASSES = ("dredger", "diving", "port_tender", "high_speed", "other")
"""Ships that work in wind farms, by class; tugs and pilots wait elsewhere as well."""

VOTERS_MIN = 4  # different ships besides the one in question; DESIGN section 2
MAX_BYTES = 512 * 2**20  # a learned cell takes about 500 bytes: a million of them
MAX_VERTICES = 5_000_000  # of all polygons of a file; bounds memory; assumed
WGS84_NAMES = ("CRS84", "EPSG:4326", "EPSG::4326")
_POLYGONS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, slots=True)
class Place:
    """A polygon in degrees, longitude first; `visitors` is None where nobody counted them."""

    kind: str
    name: str
    polygon: shapely.Geometry
    visitors: frozenset[int] | None = None

    def counts_for(self, mmsi: int) -> bool:
        """Whether enough other ships stopped here, or the place is given."""
        return self.visitors is None or len(self.visitors - {mmsi}) >= VOTERS_MIN


class Places:
    """Places of a run, and which of them hold a position."""

    def __init__(self, places: Sequence[Place] = ()) -> None:
        self.places = tuple(places)
        shown = [(number, part) for number, p in enumerate(places) for part in _shown(p.polygon)]
        self._numbers = np.array([number for number, _ in shown], int)
        self._tree = shapely.STRtree([part for _, part in shown])

    def __len__(self) -> int:
        return len(self.places)

    def at(self, lon_deg: Array, lat_deg: Array, mmsi: int) -> Iterator[tuple[int, Place]]:
        """Each position's number with each place that holds it and counts for the ship."""
        if not self.places:
            return
        points = shapely.points((lon_deg + 180.0) % 360.0 - 180.0, lat_deg)
        rows, parts = self._tree.query(points, predicate="intersects")
        found = zip(rows.tolist(), self._numbers[parts].tolist(), strict=True)
        for row, number in sorted(set(found)):
            if self.places[number].counts_for(mmsi):
                yield row, self.places[number]


def load_places(path: Path) -> tuple[bytes, list[Place]]:
    """Bytes of a file and its places; cells with too few ships are left out.

    Raises
    ------
    ContextError
        The file is no GeoJSON, or names a feature and the property or geometry that is wrong.
    """
    text, document = read_document(path, ContextError, MAX_BYTES)
    if not any(name in str(document.get("crs", WGS84_NAMES[0])) for name in WGS84_NAMES):
        raise ContextError(str(path), "crs is not WGS84", "export it in WGS84 (EPSG:4326)")
    learned = "cablewatch_context" in document
    places: list[Place] = []
    vertices = 0
    for number, feature in enumerate(features_of(path, document, ContextError)):
        where = f"{path}: feature {_label(feature, number)}"
        place = _place(where, feature, learned)
        vertices += shapely.get_num_coordinates(place.polygon)
        if vertices > MAX_VERTICES:
            raise ContextError(str(path), f"over {MAX_VERTICES} vertices", "simplify the polygons")
        if place.kind != STOP:
            places.append(place)
    return text, places


def _label(feature: Any, number: int) -> str:
    said = feature.get("id") if isinstance(feature, dict) else None
    known = isinstance(said, str | int) and str(said).isprintable()
    return str(said) if known and said != "" else f"number {number}"


def _place(where: str, feature: Any, learned: bool) -> Place:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise ContextError(where, "no properties", "add them, with a kind")
    kind, kinds = properties.get("kind"), (*KINDS, STOP) if learned else KINDS
    if kind not in kinds:
        what = "property kind is missing" if kind is None else f"kind {str(kind)[:40]!r} is unknown"
        raise ContextError(where, what, f"use one of {', '.join(KINDS)}")
    name = properties.get("name") or ""
    if not isinstance(name, str) or not name.isprintable():
        raise ContextError(where, "property name is not printable text", "correct or remove it")
    visitors = visitors_of(where, properties) if learned else None
    return Place(str(kind), name, _polygon(where, feature.get("geometry")), visitors)


def visitors_of(where: str, properties: dict[str, Any]) -> frozenset[int]:
    """Ships that stopped at a learned place: the keys of ``visits``."""
    visits = properties.get("visits")
    if not isinstance(visits, dict) or not all(n.isdecimal() and len(n) <= 9 for n in visits):
        raise ContextError(where, "property visits is not a table by MMSI", "build the file anew")
    return frozenset(map(int, visits))


def _polygon(where: str, geometry: Any) -> shapely.Geometry:
    """The polygon with continuous longitudes."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in _POLYGONS:
        what = f"geometry is {kind or 'missing'}, not a polygon"
        raise ContextError(where, what, "draw it as a Polygon or MultiPolygon")
    try:
        with np.errstate(invalid="ignore"):  # NaN is refused below
            polygon = shapely.force_2d(shapely.geometry.shape(geometry))
    except (AttributeError, LookupError, TypeError, ValueError, GEOSException) as e:
        do = "correct the coordinates"
        raise ContextError(where, "coordinates are not rings of [lon, lat] numbers", do) from e
    lon, lat = shapely.get_coordinates(polygon).T
    if not np.isfinite(lon).all() or not np.isfinite(lat).all() or not len(lon):
        raise ContextError(where, "coordinates are empty or not finite", "correct the coordinates")
    if (np.abs(lat) > 90.0).any() or (np.abs(lon) > 360.0).any():
        do = "write GeoJSON positions as [lon, lat] in degrees"
        raise ContextError(where, "a position is off the globe", do)
    parts = [_continuous(part) for part in shapely.get_parts(polygon)]
    polygon = shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]
    if not polygon.is_valid:
        reason = shapely.is_valid_reason(polygon)
        raise ContextError(where, f"the polygon is not valid: {reason}", "correct its rings")
    return polygon


def _continuous(polygon: shapely.Polygon) -> shapely.Polygon:
    """A polygon whose rings do not jump at the antimeridian; holes are moved to their shell."""
    shell = _unwrapped(polygon.exterior)
    middle = shell[:, 0].mean()
    holes = [_unwrapped(ring) for ring in polygon.interiors]
    for hole in holes:
        hole[:, 0] -= 360.0 * np.round((hole[:, 0].mean() - middle) / 360.0)
    return shapely.Polygon(shell, holes)


def _unwrapped(ring: shapely.LinearRing) -> Array:
    xy: Array = shapely.get_coordinates(ring).copy()
    if np.ptp(xy[:, 0]) > 180.0 and np.abs(np.diff(xy[:, 0])).max() > 180.0:
        xy[:, 0] = np.unwrap(xy[:, 0], period=360.0)
    return xy


def _shown(polygon: shapely.Geometry) -> Iterator[shapely.Geometry]:
    """The polygon where longitudes run from -180 to 180: turned once where it reaches beyond."""
    west, _, east, _ = polygon.bounds
    for turn in (-360.0, 0.0, 360.0):
        if west + turn <= 180.0 and east + turn >= -180.0:
            yield polygon if turn == 0.0 else _moved(polygon, turn)


def _moved(polygon: shapely.Geometry, degrees: float) -> shapely.Geometry:
    return shapely.transform(polygon, lambda xy: xy + np.array([degrees, 0.0]))
