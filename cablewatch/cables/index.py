"""The compiled index of cables: the map of its public names.

:func:`build_index` makes a :class:`CableIndex` (arrays only) from cables. Kernels search it, from
Python or from other kernels: :func:`nearest`, :func:`corridor`, :func:`near_corridor`,
:func:`survey` and :func:`within` for a position, :func:`crossings` for the track between two fixes,
:func:`ahead` for a course. They number cables by their place in the sequence that was indexed.
Longitude may be of any turn (to 1,080 degrees); NaN, or a latitude off the globe, finds nothing.
Figures are within 1 m of the geodesic ones up to 20 km from a cable, at any latitude and across the
antimeridian.
"""

from cablewatch.cables.meetings import AHEAD_DTYPE, CROSSING_HIT_DTYPE, ahead, crossings
from cablewatch.cables.places import corridor, near_corridor, nearest, survey, within
from cablewatch.cables.segments import CableIndex, build_index, name_of

__all__ = [
    "AHEAD_DTYPE",
    "CROSSING_HIT_DTYPE",
    "CableIndex",
    "ahead",
    "build_index",
    "corridor",
    "crossings",
    "name_of",
    "near_corridor",
    "nearest",
    "survey",
    "within",
]
