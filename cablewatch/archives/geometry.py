"""Points of GeoParquet (1.0 and 1.1): WKB, or a struct of x and y, in degrees on WGS84."""

import json
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import shapely

from cablewatch.errors import ArchiveError
from cablewatch.fixes import Array

USUAL_NAME = "geometry"
GEO = b"geo"  # key of GeoParquet's metadata
DEGREES = {("OGC", "CRS84"), ("OGC", "CRS84H"), ("EPSG", "4326"), ("EPSG", "4979")}


class Points(NamedTuple):
    """The column that holds the positions."""

    column: str


def points_of(schema: Any, where: str) -> Points | None:
    """Column of points of a Parquet file's arrow schema; None where there is none.

    Without the metadata of GeoParquet it is a binary column named "geometry".

    Raises
    ------
    ArchiveError
        Its coordinates are not degrees of longitude and latitude, or it holds no points.
    """
    try:
        geo = json.loads((schema.metadata or {}).get(GEO, b"{}"))
        column = geo.get("primary_column", USUAL_NAME)
        about = geo.get("columns", {}).get(column, {})
        kinds = set(about.get("geometry_types") or ["Point"])
        reference = (about.get("crs") or {}).get("id") or {}
    except (ValueError, AttributeError, TypeError) as error:
        what = f"the metadata of GeoParquet are unreadable ({error})"
        raise ArchiveError(where, what, "get the file again") from error
    if column not in schema.names:
        return None
    if not kinds <= {"Point", "Point Z"}:
        what = f"the geometry holds {', '.join(sorted(map(str, kinds)))}, not points"
        raise ArchiveError(where, what, "give the file of points")
    named = (str(reference.get("authority")), str(reference.get("code")))
    if reference and named not in DEGREES:
        what = f"the geometry is in {':'.join(named)}"
        raise ArchiveError(where, what, "convert it to longitude and latitude (EPSG:4326)")
    return Points(column)


def lon_lat(column: Any) -> tuple[Array, Array]:
    """Longitudes and latitudes float64 of a column of points; NaN where there is no point."""
    column = column.combine_chunks()
    if pa.types.is_struct(column.type):
        x, y = (column.field(name).to_numpy(zero_copy_only=False) for name in "xy")
        return x.astype(np.float64), y.astype(np.float64)
    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
    return shapely.get_x(shapes), shapely.get_y(shapes)
