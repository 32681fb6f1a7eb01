"""The coast that ships with the page: Natural Earth land, 1:50 million, as TopoJSON.

TopoJSON 1.0: arcs are quantised and delta-coded; a ring is a list of arcs, one that is ~k is arc k
the other way round, and the first point of an arc repeats the last of the one before.
"""

import json
from functools import cache
from importlib import resources

import numpy as np
import shapely

from cablewatch.fixes import Array

FILE = "service/assets/land-50m.json"


@cache
def land() -> shapely.MultiPolygon:
    """All land, degrees, longitude first."""
    text = resources.files("cablewatch").joinpath(FILE).read_text(encoding="utf-8")
    topology = json.loads(text)
    scale, origin = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(arc, axis=0) * scale + origin for arc in topology["arcs"]]
    polygons = [
        shapely.Polygon(_ring(rings[0], arcs), [_ring(hole, arcs) for hole in rings[1:]])
        for geometry in topology["objects"]["land"]["geometries"]
        for rings in geometry["arcs"]
    ]
    return shapely.MultiPolygon([polygon for polygon in polygons if polygon.is_valid])


def _ring(numbers: list[int], arcs: list[Array]) -> Array:
    parts = [arcs[k] if k >= 0 else arcs[~k][::-1] for k in numbers]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])
