"""From routes to the arrays of the index: short geodesic segments, and cells that list them.

Straight legs of a route are geodesics. They are cut into segments of at most 2 km, whose ends
are Earth-centred vectors: on so short a piece the plane through both ends and the Earth's centre
departs from the geodesic by less than a micrometre, and the chord runs 8 cm below the ground.

Cells are 0.1 degree wide, ten by ten to a block of one degree; only blocks near a cable exist.
A cell lists each segment whose bounding box, extended by the margin, meets it. So a segment
within the margin of a position is listed in the position's own cell.
"""

from collections.abc import Sequence
from math import cos, degrees, radians
from typing import NamedTuple

import numpy as np
import shapely

from cablewatch.cables.lines import WGS84, unwrapped
from cablewatch.cables.model import Cable
from cablewatch.fixes import Array
from cablewatch.geodesy import to_vector

LEG_M = 2000.0  # m, longest segment
MARGIN_M = 5000.0  # m, least margin of the cell lists
ERROR_M = 1000.0  # m, error of a position that the margin leaves room for at the widest corridor
PAD_M = 10.0  # m, more than a segment bulges out of the box of its ends, and than any rounding
CELLS_PER_DEG = 10
DEGREE_M = 110_574.0  # m in a degree of latitude where it is shortest, at the equator, WGS84
COLUMNS, ROWS = 360 * CELLS_PER_DEG, 180 * CELLS_PER_DEG
BLOCK_CELLS = CELLS_PER_DEG * CELLS_PER_DEG


class CableIndex(NamedTuple):
    """Segments of all cables and the grid that finds them: arrays only, for compiled code.

    ======================  ======================================================================
    ends f8[n, 6]           both ends of segment i as Earth-centred vectors, metres
    cable i4[n]             number of its cable in the order of the cables
    km f8[n]                kilometre point of its first end
    length_km f8[n]         its length
    half_width_m f8[c]      corridor of a cable: protection zone + uncertainty of the route
    margin_m f8[1]          segments this near are in a position's own cell
    blocks i4[180, 360]     number of the block of cells of each degree from 90S 180W, or -1
    starts i4[100 b + 1]    where the list of a cell starts in `members`
    members i4[...]         segments of each cell in turn
    ======================  ======================================================================
    """

    ends: Array
    cable: Array
    km: Array
    length_km: Array
    half_width_m: Array
    margin_m: Array
    blocks: Array
    starts: Array
    members: Array


def build_index(cables: Sequence[Cable]) -> CableIndex:
    """Index of `cables`; a cable's number is its place in the sequence. Empty works.

    Kilometre points start at the first vertex and run on from one part to the next.
    """
    half_width_m = np.array([c.half_width_m for c in cables], "f8")
    margin_m = max(MARGIN_M, float(half_width_m.max(initial=0.0)) + ERROR_M)
    points, ends, number, km, length_km = [], [], [], [], []
    for i, cable in enumerate(cables):
        start_km = 0.0
        for part in cable.route.geoms:
            lon_lat, run_km = densified(shapely.get_coordinates(part))
            xyz = np.array([to_vector(lon, lat) for lon, lat in lon_lat])
            points.append(np.hstack([lon_lat[:-1], lon_lat[1:]]))
            ends.append(np.hstack([xyz[:-1], xyz[1:]]))
            number.append(np.full(len(run_km), i, "i4"))
            length_km.append(run_km)
            km.append(start_km + np.cumsum(run_km) - run_km)
            start_km += run_km.sum()
    blocks, starts, members = _grid(_stack(points, 4), margin_m + PAD_M)
    return CableIndex(
        ends=_stack(ends, 6),
        cable=np.concatenate([*number, np.empty(0, "i4")]),
        km=np.concatenate([*km, np.empty(0)]),
        length_km=np.concatenate([*length_km, np.empty(0)]),
        half_width_m=half_width_m,
        margin_m=np.array([margin_m]),
        blocks=blocks,
        starts=starts,
        members=members,
    )


def _stack(rows: list[Array], width: int) -> Array:
    return np.ascontiguousarray(np.vstack([*rows, np.empty((0, width))]))


def densified(lon_lat: Array) -> tuple[Array, Array]:
    """Vertices (n, 2) with geodesic ones added, legs at most 2 km; and the legs' lengths in km.

    Given vertices are kept as they are; longitude runs on across the antimeridian.
    """
    lon, lat = unwrapped(lon_lat).T
    course, _, leg_m = WGS84.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    pieces = np.maximum(np.ceil(leg_m / LEG_M), 1).astype(int)
    leg = np.repeat(np.arange(len(leg_m)), pieces)
    nth = np.arange(len(leg)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    run_m = leg_m[leg] / pieces[leg]
    new_lon, new_lat, _ = WGS84.fwd(lon[leg], lat[leg], course[leg], nth * run_m)
    first = nth == 0
    new_lon, new_lat = np.where(first, lon[leg], new_lon), np.where(first, lat[leg], new_lat)
    dense = np.column_stack([np.append(new_lon, lon[-1]), np.append(new_lat, lat[-1])])
    return unwrapped(dense), run_m / 1000.0


def _grid(points: Array, pad_m: float) -> tuple[Array, Array, Array]:
    """Blocks, starts and members (see :class:`CableIndex`) of segments given in degrees."""
    rows, columns, listed = [], [], []
    for i, (lon0, lat0, lon1, lat1) in enumerate(points):
        south, north = min(lat0, lat1) - pad_m / DEGREE_M, max(lat0, lat1) + pad_m / DEGREE_M
        row = np.arange(max(_floor(south + 90), 0), min(_floor(north + 90), ROWS - 1) + 1)
        pad = degree_of_longitude(pad_m, max(abs(south), abs(north)))
        west, east = min(lon0, lon1) - pad, max(lon0, lon1) + pad
        column = np.arange(_floor(west + 180), _floor(east + 180) + 1)[:COLUMNS] % COLUMNS
        rows.append(np.repeat(row, len(column)))
        columns.append(np.tile(column, len(row)))
        listed.append(np.full(len(row) * len(column), i, "i4"))
    row, column = (np.concatenate([*x, np.empty(0, int)]) for x in (rows, columns))
    block_of = row // CELLS_PER_DEG * 360 + column // CELLS_PER_DEG
    present, block = np.unique(block_of, return_inverse=True)
    blocks = np.full(180 * 360, -1, "i4")
    blocks[present] = np.arange(len(present))
    cell = block * BLOCK_CELLS + row % CELLS_PER_DEG * CELLS_PER_DEG + column % CELLS_PER_DEG
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(len(present) * BLOCK_CELLS + 1))
    members = np.concatenate([*listed, np.empty(0, "i4")])[order]
    return blocks.reshape(180, 360), starts.astype("i4"), members


def _floor(deg: float) -> int:
    return int(np.floor(deg * CELLS_PER_DEG))


def degree_of_longitude(metres: float, lat_deg: float) -> float:
    """Degrees of longitude that span at least `metres` up to a latitude; 360 at a pole."""
    if lat_deg >= 89.9:
        return 360.0
    return min(360.0, degrees(metres / (DEGREE_M * degrees(1.0) * cos(radians(lat_deg)))))
