"""From routes to the arrays of the index: short geodesic segments, and cells that list them.

Straight legs of a route are geodesics. They are cut into segments of at most 2 km, whose ends
are Earth-centred vectors: on so short a piece the plane through both ends and the Earth's centre
departs from the geodesic by less than a micrometre, and the chord runs 8 cm below the ground.

Cells are 0.1 degree wide, ten by ten to a block of one degree; only blocks near a cable exist.
A cell lists each segment whose bounding box, extended by the margin, meets it. So a segment
within the margin of a position is listed in the position's own cell.
"""

import hashlib
from collections.abc import Sequence
from math import floor
from typing import NamedTuple

import numpy as np
import shapely

from cablewatch.cables.lines import WGS84, unwrapped
from cablewatch.cables.model import Cable
from cablewatch.errors import CableError
from cablewatch.fixes import Array
from cablewatch.geodesy import to_vector
from cablewatch.jit import lean

LEG_M = 2000.0  # m, longest segment
MARGIN_M = 5000.0  # m, least margin of the cell lists
ERROR_M = 1000.0  # m, error of a position that the margin leaves room for at the widest corridor
PAD_M = 10.0  # m, more than a segment bulges out of the box of its ends, and than any rounding
MAX_MEMBERS = 20_000_000  # entries of all cells; 21 Baltic systems have 20,000
CELLS_PER_DEG = 10
DEGREE_M = 110_574.0  # m in a degree of latitude where it is shortest, at the equator, WGS84
COLUMNS, ROWS = 360 * CELLS_PER_DEG, 180 * CELLS_PER_DEG
BLOCK_CELLS = CELLS_PER_DEG * CELLS_PER_DEG
DEGREES = 360 * 180


SEGMENT_DTYPE = np.dtype(
    [
        (name, "f8")
        for name in ("ax", "ay", "az", "bx", "by", "bz", "km", "length_km", "half_width_m")
    ]
    + [("cable", "i4")],
    align=True,
)


class CableIndex(NamedTuple):
    """Segments of all cables and the grid that finds them, for compiled code.

    Only two arrays, because compiled code counts a reference to each of them at every call.

    ========================  ====================================================================
    segments SEGMENT_DTYPE[n] ends A and B as Earth-centred vectors (metres), kilometre point of
                              A, length, corridor of the cable (protection zone + uncertainty of
                              the route), number of the cable in the order of the cables
    grid i4[...]              three tables in one. For each degree, row by row from 90S 180W:
                              where the block of its 100 cells starts, or 0. At a cell of a
                              block: where its list starts; it ends where the next one starts.
                              In a list: numbers of segments
    margin_m float            segments this near are in a position's own cell
    ========================  ====================================================================
    """

    segments: Array
    grid: Array
    margin_m: float


def build_index(cables: Sequence[Cable]) -> CableIndex:
    """Index of `cables`; a cable's number is its place in the sequence. Empty works.

    Kilometre points start at the first vertex and run on from one part to the next.
    """
    margin_m = max([MARGIN_M, *(cable.half_width_m + ERROR_M for cable in cables)])
    points, segments = [np.empty((0, 4))], [np.empty(0, SEGMENT_DTYPE)]
    for i, cable in enumerate(cables):
        start_km = 0.0
        for part in cable.route.geoms:
            lon_lat, run_km = densified(shapely.get_coordinates(part))
            xyz = np.array([to_vector(lon, lat) for lon, lat in lon_lat])
            points.append(np.hstack([lon_lat[:-1], lon_lat[1:]]))
            rows = np.empty(len(run_km), SEGMENT_DTYPE)
            rows["ax"], rows["ay"], rows["az"] = xyz[:-1].T
            rows["bx"], rows["by"], rows["bz"] = xyz[1:].T
            rows["km"] = start_km + np.cumsum(run_km) - run_km
            rows["length_km"], rows["half_width_m"] = run_km, cable.half_width_m
            rows["cable"] = i
            segments.append(rows)
            start_km += float(run_km.sum())
    grid = _grid(np.vstack(points), margin_m + PAD_M)
    return CableIndex(np.concatenate(segments), grid, margin_m)


def name_of(index: CableIndex) -> str:
    """Name of what an index holds, the same for the same cables in the same order."""
    digest = hashlib.sha256(np.float64(index.margin_m).tobytes())
    for column in SEGMENT_DTYPE.names or ():
        digest.update(index.segments[column].tobytes())
    return digest.hexdigest()[:16]


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


def _grid(points: Array, pad_m: float) -> Array:
    """Grid (see :class:`CableIndex`) of segments given in degrees."""
    lon0, lat0, lon1, lat1 = points.T
    south, north = np.minimum(lat0, lat1), np.maximum(lat0, lat1)
    south, north = south - pad_m / DEGREE_M, north + pad_m / DEGREE_M
    pad = _longitude_span(pad_m, np.maximum(np.abs(south), np.abs(north)))
    west, east = np.minimum(lon0, lon1) - pad, np.maximum(lon0, lon1) + pad
    low, left = np.maximum(_floor(south + 90), 0), _floor(west + 180)
    high = np.minimum(_floor(north + 90), ROWS - 1) - low + 1
    wide = np.minimum(_floor(east + 180) - left + 1, COLUMNS)
    listed = np.repeat(np.arange(len(points)), _limited(high * wide))
    nth = np.arange(len(listed)) - np.repeat(np.cumsum(high * wide) - high * wide, high * wide)
    row = low[listed] + nth // wide[listed]
    column = (left[listed] + nth % wide[listed]) % COLUMNS
    present, block = np.unique(
        row // CELLS_PER_DEG * 360 + column // CELLS_PER_DEG, return_inverse=True
    )
    cell = block * BLOCK_CELLS + row % CELLS_PER_DEG * CELLS_PER_DEG + column % CELLS_PER_DEG
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(len(present) * BLOCK_CELLS + 1))
    blocks = np.zeros(DEGREES, "i4")
    blocks[present] = DEGREES + np.arange(len(present)) * BLOCK_CELLS
    lists = DEGREES + len(starts)
    return np.concatenate([blocks, lists + starts, listed[order]]).astype("i4")


def _limited(counts: Array) -> Array:
    if counts.sum() > MAX_MEMBERS:
        raise CableError(
            "cables",
            f"corridors cover {int(counts.sum())} segment cells, more than {MAX_MEMBERS}",
            "use fewer cables or narrower zones and uncertainties",
        )
    return counts


def _floor(deg: Array) -> Array:
    cells: Array = np.floor(deg * CELLS_PER_DEG).astype(int)
    return cells


def _longitude_span(metres: float, lat_deg: Array) -> Array:
    """Degrees of longitude that span at least `metres` up to a latitude; 360 near a pole."""
    level = np.cos(np.radians(np.minimum(lat_deg, 89.9)))
    span: Array = np.where(lat_deg < 89.9, np.minimum(metres / (DEGREE_M * level), 360.0), 360.0)
    return span


@lean
def members_at(grid: Array, row: int, column: int) -> tuple[int, int]:
    """Range in `grid` of the list of a cell, its row from 90S and its column from 180W."""
    block = grid[row // CELLS_PER_DEG * 360 + column // CELLS_PER_DEG]
    if block == 0:
        return 0, 0
    cell = block + row % CELLS_PER_DEG * CELLS_PER_DEG + column % CELLS_PER_DEG
    return grid[cell], grid[cell + 1]


@lean
def members_near(grid: Array, lon: float, lat: float) -> tuple[int, int]:
    """Range in `grid` of the list of the cell that holds a position; empty off the globe."""
    if not (abs(lat) <= 90.0 and abs(lon) <= 1080.0):
        return 0, 0
    row = min(int((lat + 90.0) * CELLS_PER_DEG), ROWS - 1)
    return members_at(grid, row, floor((lon + 180.0) * CELLS_PER_DEG) % COLUMNS)


@lean
def kilometre_point(index: CableIndex, s: int, along: float) -> float:
    """Kilometre point of a place `along` (0..1) segment `s`."""
    return float(index.segments[s].km + along * index.segments[s].length_km)
