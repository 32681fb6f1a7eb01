"""Cost of the cable index per pair of fixes, beside shapely's STRtree in a projected frame.

    python bench/cables.py

Prints medians of seven rounds in nanoseconds. A pair is two fixes 75 m apart; each takes one
``corridor`` and one ``crossings``. "away": a ship in the Kattegat, Baltic or North Sea with no
cable in its cell. "near": within 3 km of a route. "gap": 20 km between fixes.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter_ns

import geopandas
import numpy as np
import shapely

from cablewatch.cables.index import CROSSING_HIT_DTYPE, build_index, corridor, crossings, nearest
from cablewatch.cables.model import load_cables
from cablewatch.cables.segments import densified
from cablewatch.fixes import Array
from cablewatch.geodesy import destination, distances_m
from cablewatch.jit import kernel

PAIRS, ROUNDS, BALTIC_LAEA = 200_000, 7, "EPSG:3035"


@kernel
def sweep(index: tuple[Array, ...], pairs: Array, out: Array) -> int:
    found = 0
    for i in range(len(pairs)):
        lon0, lat0, lon1, lat1 = pairs[i]
        found += corridor(index, lon1, lat1, 50.0)[0] >= 0
        found += crossings(index, lon0, lat0, lon1, lat1, out)
    return found


@kernel
def shifted(lon_lat: Array, courses: Array, run_m: float) -> Array:
    out = np.empty_like(lon_lat)
    for i in range(len(lon_lat)):
        out[i] = destination(lon_lat[i, 0], lon_lat[i, 1], courses[i], run_m)
    return out


def per_item_ns(work: Callable[[], object], items: int) -> float:
    work()
    rounds = []
    for _ in range(ROUNDS):
        start = perf_counter_ns()
        work()
        rounds.append((perf_counter_ns() - start) / items)
    return median(rounds)


def main() -> None:
    cables = load_cables()
    index = build_index(cables)
    rng = np.random.default_rng(1)
    out = np.zeros(16, CROSSING_HIT_DTYPE)
    vertices = np.vstack(
        [densified(shapely.get_coordinates(p))[0] for c in cables for p in c.route.geoms]
    )
    courses = rng.uniform(0, 360, PAIRS)
    close = shifted(vertices[rng.integers(len(vertices), size=PAIRS)], courses, 1.0)
    close = shifted(close, rng.uniform(0, 360, PAIRS), 2000.0)
    wide = np.column_stack([rng.uniform(9, 28, 4 * PAIRS), rng.uniform(54, 65, 4 * PAIRS)])
    far = np.array([p for p in wide if nearest(index, p[0], p[1], 15_000.0)[0] < 0][:PAIRS])
    for name, start, run_m in (
        ("away", far, 75.0),
        ("near", close, 75.0),
        ("gap", far, 20_000.0),
    ):
        pairs = np.hstack([start, shifted(start, courses[: len(start)], run_m)])
        cost = per_item_ns(lambda p=pairs: sweep(index, p, out), len(pairs))  # type: ignore[misc]
        print(f"corridor + crossings, {name:5} {cost:9.1f} ns/pair  ({len(pairs)} pairs)")
    step = shifted(close, courses, 75.0)
    cost = per_item_ns(lambda: distances_m(*close.T.copy(), *step.T.copy()), PAIRS)
    print(f"distance_m                 {cost:9.1f} ns/pair")
    for name, start in (("away", far), ("near", close)):
        print(f"shapely STRtree, {name:5}     {peer_ns(start, courses):9.1f} ns/pair")


def peer_ns(start: Array, courses: Array) -> float:
    """Whole-array shapely: segments of all cables and pairs in one equal-area frame."""
    routes = [c.route for c in load_cables()]
    ends = [densified(shapely.get_coordinates(p))[0] for r in routes for p in r.geoms]
    segments = np.vstack([np.hstack([e[:-1], e[1:]]) for e in ends]).reshape(-1, 2, 2)
    frame = geopandas.GeoSeries(shapely.linestrings(segments), crs="EPSG:4326")
    tree = shapely.STRtree(frame.to_crs(BALTIC_LAEA).values)
    pairs = np.stack([start, shifted(start, courses[: len(start)], 75.0)], axis=1)

    def work() -> None:
        tracks = geopandas.GeoSeries(shapely.linestrings(pairs), crs="EPSG:4326")
        lines = tracks.to_crs(BALTIC_LAEA).values
        tree.query(lines, predicate="intersects")
        tree.query(lines, predicate="dwithin", distance=3250.0)

    return per_item_ns(work, len(pairs))


if __name__ == "__main__":
    main()
