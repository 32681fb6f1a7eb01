"""Write data/cables.geojson from a folder of facts (cables.csv, cable_waypoints.csv).

    python tools/make_cables.py FACTS [data/cables.geojson]

The facts are routes of OpenStreetMap, generalised to 0.005 degree, with the owner's published
length where there is one. They say nothing about protection zones or service: the zone is the
Danish convention as a documented default, and the status is "unknown".
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

import shapely

from cablewatch.cables.model import DEFAULT_ZONE_BASIS, DEFAULT_ZONE_M, Cable, collection_text

NOTE = (
    "Routes are generalised to 0.005 degree (about 0.5 km) and are not charts; "
    "position_uncertainty_m is the compiler's estimate."
)


def routes_text(facts: Path) -> str:
    """GeoJSON text, one feature a line, of the cables in a facts folder."""
    parts: dict[str, dict[int, list[tuple[int, float, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    with (facts / "cable_waypoints.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            vertex = int(row["seq"]), float(row["lon_deg"]), float(row["lat_deg"])
            parts[row["cable_id"]][int(row["part"])].append(vertex)
    with (facts / "cables.csv").open(encoding="utf-8") as rows:
        cables = tuple(_cable(row, parts[row["cable_id"]]) for row in csv.DictReader(rows))
    return collection_text(cables, NOTE)


def _cable(row: dict[str, str], parts: dict[int, list[tuple[int, float, float]]]) -> Cable:
    length = row["published_length_km"]
    return Cable(
        id=row["cable_id"],
        name=row["name"],
        kind=row["kind"],
        owner=row["owner"],
        status="unknown",
        source=row["source"],
        licence=row["licence"],
        position_class=row["position_class"],
        position_uncertainty_m=float(row["position_uncertainty_m"]),
        protection_zone_m=DEFAULT_ZONE_M,
        zone_basis=DEFAULT_ZONE_BASIS,
        route=shapely.MultiLineString(
            [[(lon, lat) for _, lon, lat in sorted(parts[p])] for p in sorted(parts)]
        ),
        published_length_km=float(length) if length else None,
    )


if __name__ == "__main__":
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("data/cables.geojson")
    out.write_text(routes_text(Path(sys.argv[1])), encoding="utf-8")
