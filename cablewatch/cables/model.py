"""Cables: routes of known origin, read from GeoJSON and validated feature by feature.

A file is a FeatureCollection of lines. Positions are WGS84 unless a ``crs`` member says
otherwise (then they are reprojected). Each feature carries

======================  ==========================================================================
property                meaning
======================  ==========================================================================
id                      unique in the file, not empty
name, owner, status     free text; owner may be empty
kind                    one of :data:`KINDS`
source, licence         where the route comes from and on what terms it may be used
position_class          one of :data:`POSITION_CLASSES`
position_uncertainty_m  how far the charted line may be from the cable
protection_zone_m       on each side of the line
zone_basis              the rule or convention behind the zone
published_length_km     optional; the owner's figure
======================  ==========================================================================

Limits on files, which may come from anyone: 32 MiB, 32 levels of nesting, a million vertices,
3 million km of routes, zones and uncertainties of 100 km.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

import geopandas
import pyproj
import shapely

from cablewatch.cables import lines
from cablewatch.errors import CableError
from cablewatch.geojson import features_of, read_document

KINDS = ("telecom", "power", "gas_pipeline", "pipeline")
POSITION_CLASSES = ("surveyed", "charted", "generalised", "schematic")
MAX_BYTES = 32 * 2**20
MAX_LENGTH_KM = 3e6  # about twice the submarine cables of the world
DEFAULT_ZONE_M = 200.0  # m on each side; the convention of Danish protection zones
DEFAULT_ZONE_BASIS = "default: Danish convention, 200 m on each side; the zone in force may differ"
MAX_METRES = 100_000.0  # of a zone or an uncertainty; twice the worst schematic route measured

_TEXTS = ("id", "name", "kind", "owner", "status", "source", "licence", "zone_basis")
_METRES = ("position_uncertainty_m", "protection_zone_m")
_MAY_BE_EMPTY = ("owner",)


@dataclass(frozen=True, slots=True)
class Cable:
    """One cable or pipeline; the properties are those of the module's table.

    ``route`` is a MultiLineString in degrees, longitude first, WGS84. Kilometre points run
    through its parts in their order.
    """

    id: str
    name: str
    kind: str
    owner: str
    status: str
    source: str
    licence: str
    position_class: str
    position_uncertainty_m: float
    protection_zone_m: float
    zone_basis: str
    route: shapely.MultiLineString
    published_length_km: float | None = None

    @property
    def half_width_m(self) -> float:
        """Half the width of the corridor: protection zone and uncertainty of the route."""
        return self.protection_zone_m + self.position_uncertainty_m

    def as_feature(self) -> dict[str, Any]:
        """GeoJSON feature that :func:`load_cables` reads back."""
        properties = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "route"}
        if self.published_length_km is None:
            del properties["published_length_km"]
        geometry = json.loads(shapely.to_geojson(self.route))
        return {"type": "Feature", "id": self.id, "properties": properties, "geometry": geometry}


def attribution(cables: Sequence[Cable]) -> str:
    """Whom to name wherever `cables` are shown: their sources and licences."""
    sources = dict.fromkeys(f"{c.source}, {c.licence}" for c in cables)
    return "; ".join(s.replace("OpenStreetMap", "© OpenStreetMap", 1) for s in sources)


def as_collection(cables: tuple[Cable, ...], note: str = "") -> dict[str, Any]:
    """GeoJSON FeatureCollection of `cables` with the attribution of their sources."""
    collection: dict[str, Any] = {"type": "FeatureCollection", "attribution": attribution(cables)}
    if note:
        collection["note"] = note
    return collection | {"features": [cable.as_feature() for cable in cables]}


def collection_text(cables: tuple[Cable, ...], note: str = "") -> str:
    """GeoJSON text of `cables`, one feature a line, as :func:`load_cables` reads it."""
    collection = as_collection(cables, note)
    features = ",\n".join(json.dumps(f, ensure_ascii=False) for f in collection.pop("features"))
    head = json.dumps(collection, ensure_ascii=False)[:-1]
    return f'{head}, "features": [\n{features}\n]}}\n'


def shipped_routes() -> Path:
    """Path of the routes that ship: in the wheel, or beside the package in a checkout."""
    installed = Path(str(resources.files("cablewatch"))) / "data" / "cables.geojson"
    return installed if installed.exists() else installed.parents[2] / "data" / "cables.geojson"


def load_cables(path: Path | None = None) -> tuple[Cable, ...]:
    """Read and validate a cables file; None reads the routes that ship with the package.

    Raises
    ------
    CableError
        The file cannot be read, exceeds a limit, is not GeoJSON, is empty, or a feature is
        invalid; names the file and the feature and says what to do.
    """
    path = path or shipped_routes()
    _, document = read_document(path, CableError, MAX_BYTES)
    features = features_of(path, document, CableError)
    if not features:
        raise CableError(str(path), "no features", "add at least one cable")
    rows, ids = [], set()
    for number, feature in enumerate(features):
        row = _row(path, number, feature)
        if row["id"] in ids:
            raise CableError(f"{path}: feature {row['id']}", "id appears twice", "make ids unique")
        ids.add(row["id"])
        rows.append(row)
    _refuse_many_vertices(path, rows)
    frame = _to_wgs84(path, document, geopandas.GeoDataFrame(rows, geometry="route"))
    cables = tuple(
        Cable(**(row | {"route": route})) for row, route in zip(rows, frame["route"], strict=True)
    )
    for cable in cables:
        where = f"{path}: feature {cable.id}"
        lines.check(where, cable.route)
        if cable.published_length_km:
            lines.refuse_swapped(where, cable.route, cable.published_length_km)
    length_km = sum(lines.length_km(cable.route) for cable in cables)
    if length_km > MAX_LENGTH_KM:
        raise CableError(str(path), f"{length_km:.0f} km of routes", "remove what is no cable")
    return cables


def _refuse_many_vertices(path: Path, rows: list[dict[str, Any]]) -> None:
    count = sum(shapely.get_num_coordinates(row["route"]) for row in rows)
    if count > lines.MAX_VERTICES:
        raise CableError(
            str(path), f"{count} vertices, more than {lines.MAX_VERTICES}", "simplify the routes"
        )


def _row(path: Path, number: int, feature: Any) -> dict[str, Any]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise CableError(f"{path}: feature number {number}", "no properties", "add them")
    named = properties.get("id")
    known = isinstance(named, str) and named.isprintable() and named
    where = f"{path}: feature {known or f'number {number}'}"
    row: dict[str, Any] = {key: _text(where, properties, key) for key in _TEXTS}
    row["position_class"] = _text(where, properties, "position_class")
    for key, choice in (("kind", KINDS), ("position_class", POSITION_CLASSES)):
        if row[key] not in choice:
            raise CableError(
                where, f"{key} {row[key]!r} is unknown", f"use one of {', '.join(choice)}"
            )
    row |= {key: _number(where, properties, key, MAX_METRES) for key in _METRES}
    if properties.get("published_length_km") is not None:
        row["published_length_km"] = _number(
            where, properties, "published_length_km", MAX_LENGTH_KM
        )
    row["route"] = lines.lines(where, feature.get("geometry"))
    return row


def _text(where: str, properties: dict[str, Any], key: str) -> str:
    value = properties.get(key)
    if not isinstance(value, str) or not (value.strip() or key in _MAY_BE_EMPTY):
        raise CableError(where, f"property {key} is missing or not text", f"add {key}")
    if not value.isprintable():
        raise CableError(where, f"property {key} has control characters", "remove them")
    return value


def _number(where: str, properties: dict[str, Any], key: str, limit: float) -> float:
    value: Any = properties.get(key)
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if not numeric or not 0 <= value <= limit:
        raise CableError(
            where, f"property {key} is missing or not a number in 0-{limit:g}", f"correct {key}"
        )
    return float(value)


def _to_wgs84(path: Path, document: dict[str, Any], frame: Any) -> Any:
    if "crs" not in document:
        return frame.set_crs("OGC:CRS84")
    try:
        frame = frame.set_crs(document["crs"]["properties"]["name"])
        return frame.to_crs("OGC:CRS84")
    except (KeyError, TypeError, ValueError, pyproj.exceptions.ProjError) as error:
        raise CableError(
            str(path), f"unknown crs {str(document['crs'])[:80]}", "export it in WGS84 (EPSG:4326)"
        ) from error
