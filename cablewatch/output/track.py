"""The track of one ship: its unbroken parts, fewer vertices, and GeoJSON.

A time of more than 10 minutes without a fix is a gap: nothing is drawn across it.
"""

from itertools import pairwise

import numpy as np
import pyproj
import shapely

from cablewatch.fixes import Array, Fixes
from cablewatch.output.antimeridian import split_at_antimeridian
from cablewatch.output.text import Json, rfc3339
from cablewatch.units import MINUTE_MS

GAP_MS = 10 * MINUTE_MS  # over three of the longest regular interval, 180 s (ITU-R M.1371-5)
PLACES = 6  # of degrees, 0.1 m; AIS carries 1/600,000 of a degree (ITU-R M.1371-5)


def unbroken(fixes: Fixes) -> list[Fixes]:
    """Parts of a track, sorted by time, without a gap."""
    cuts = np.flatnonzero(np.diff(fixes.t_ms) > GAP_MS) + 1
    edges = [0, *cuts.tolist(), len(fixes)]
    return [fixes.take(slice(a, b)) for a, b in pairwise(edges) if b > a]


def gaps(parts: list[Fixes]) -> list[tuple[int, int]]:
    """Last time before and first time after each gap between parts, UTC milliseconds."""
    return [(int(a.t_ms[-1]), int(b.t_ms[0])) for a, b in pairwise(parts)]


def simplified(part: Fixes, tolerance_m: float) -> Fixes:
    """The fixes of an unbroken part that Douglas and Peucker (1973) keep; ends are kept.

    No other fix lies further than `tolerance_m` from the line through those kept, measured in an
    azimuthal equidistant projection about the middle of the part. It shortens no distance, so that
    far from the middle more is kept, never less.
    """
    if len(part) < 3:
        return part
    numbered = np.column_stack([_metres(part), np.arange(len(part))])
    line = shapely.LineString(numbered).simplify(tolerance_m, preserve_topology=False)
    kept = shapely.get_coordinates(line, include_z=True)[:, 2].astype(np.intp)
    return part.take(kept)


def _metres(part: Fixes) -> Array:
    """Positions (n, 2) in metres east and north of the middle of a part."""
    lon, lat = part.lon_deg[len(part) // 2], part.lat_deg[len(part) // 2]
    local = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +ellps=WGS84 +units=m"
    project = pyproj.Transformer.from_crs("OGC:CRS84", local, always_xy=True)
    return np.column_stack(project.transform(part.lon_deg, part.lat_deg))


def track_feature(parts: list[Fixes], mmsi: int) -> Json:
    """Feature with a line for each part; `times` and `sog_kn` are nested like the coordinates.

    A fix alone is a line of no length; without any the geometry is null. Vertices made at longitude
    180 have their time and speed between those beside them.
    """
    lines = [line for part in parts for line in split_at_antimeridian(_vertices(part))]
    coordinates = [[[round(v, PLACES) for v in vertex[:2]] for vertex in line] for line in lines]
    return {
        "type": "Feature",
        "geometry": {"type": "MultiLineString", "coordinates": coordinates} if lines else None,
        "properties": {
            "mmsi": mmsi,
            "fixes": sum(map(len, parts)),
            "gap_minutes": GAP_MS / MINUTE_MS,
            "gaps": [{"start": rfc3339(a), "end": rfc3339(b)} for a, b in gaps(parts)],
            "times": [[rfc3339(int(vertex[2])) for vertex in line] for line in lines],
            "sog_kn": [[figure(vertex[3], 2) for vertex in line] for line in lines],
        },
    }


def _vertices(part: Fixes) -> list[tuple[float, ...]]:
    columns = (part.lon_deg, part.lat_deg, part.t_ms, part.sog_kn)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def figure(value: float, places: int) -> float | None:
    """A rounded figure; None where it is not available."""
    return None if np.isnan(value) else round(value, places)
