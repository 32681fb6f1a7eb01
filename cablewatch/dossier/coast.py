"""The coast that ships with the page: Natural Earth land, 1:50 million, as TopoJSON.

TopoJSON 1.0: arcs are quantised and delta-coded; a ring is a list of arcs, one that is ~k is arc k
the other way round, and the first point of an arc repeats the last of the one before.
"""

import json
import math
from functools import cache
from importlib import resources

import numpy as np
import shapely
from shapely.affinity import translate

from cablewatch.fixes import Array

FILE = "service/assets/land-50m.json"
TURNS_DEG = (-360.0, 0.0, 360.0)


@cache
def land() -> shapely.MultiPolygon:
    """All land, degrees, longitude first."""
    text = resources.files("cablewatch").joinpath(FILE).read_text(encoding="utf-8")
    topology = json.loads(text)
    scale, origin = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(arc, axis=0) * scale + origin for arc in topology["arcs"]]
    polygons = []
    for geometry in topology["objects"]["land"]["geometries"]:
        for rings in geometry["arcs"]:
            shell, *holes = (
                _area([arcs[k] if k >= 0 else arcs[~k][::-1] for k in r]) for r in rings
            )
            polygons.extend(shapely.get_parts(shell.difference(shapely.union_all(holes))))
    return shapely.MultiPolygon(polygons)


def _area(arcs: list[Array]) -> shapely.Geometry:
    """What a ring of arcs holds, cut at 180 degrees, over which the ring itself goes on.

    One that comes back a whole turn from where it began holds a pole.
    """
    ring = np.concatenate([arcs[0], *(arc[1:] for arc in arcs[1:])])
    ring[:, 0] = np.unwrap(ring[:, 0], period=360.0)
    if abs(ring[-1, 0] - ring[0, 0]) > 180.0:
        pole = math.copysign(90.0, ring[0, 1])
        ring = np.concatenate([ring, [[ring[-1, 0], pole], [ring[0, 0], pole]]])
    whole = shapely.make_valid(shapely.Polygon(ring))
    turned = [translate(whole, by) for by in TURNS_DEG]
    parts = shapely.get_parts(shapely.intersection(turned, shapely.box(-180.0, -90.0, 180.0, 90.0)))
    return shapely.union_all([part for part in parts if part.area > 0.0])
