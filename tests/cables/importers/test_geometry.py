"""Routes of any geometry: what is mended, what is refused, and that nothing is lost."""

import warnings

import numpy as np
import pytest
import shapely
from cells import LINE
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString

from cablewatch.cables import lines
from cablewatch.cables.importers.geometry import route_of, shape_key
from cablewatch.cables.importers.properties import Refused
from cablewatch.errors import CableError


def vertices(route):
    return [shapely.get_coordinates(part).tolist() for part in route.geoms]


def test_altitudes_go_and_repeated_vertices_too():
    route, cut = route_of(LineString([(17, 56, -40), (17, 56, -41), (18, 57, -50)]))
    assert vertices(route) == [[[17, 56], [18, 57]]] and not cut


def test_parts_that_meet_become_one_in_the_order_drawn():
    parts = [[(17, 56), (18, 56)], [(19, 57), (18, 56)], [(30, 60), (31, 60)]]
    route, _ = route_of(MultiLineString(parts))
    assert vertices(route) == [[[17, 56], [18, 56], [19, 57]], [[30, 60], [31, 60]]]


def test_three_parts_that_meet_stay_three():
    parts = [[(17, 56), (18, 56)], [(18, 56), (19, 57)], [(18, 56), (19, 55)]]
    assert len(route_of(MultiLineString(parts))[0].geoms) == 3


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([(170, 10), (190, 12)], [[170, 10], [-170, 12]]),
        ([(-170, 10), (-190, 12)], [[-170, 10], [170, 12]]),
        ([(179, 10), (-179, 12)], [[179, 10], [-179, 12]]),
        ([(-180, 10), (-179, 12)], [[180, 10], [-179, 12]]),
    ],
)
def test_the_antimeridian(given, expected):
    route, cut = route_of(LineString(given))
    assert vertices(route) == [expected] and not cut
    assert lines.length_km(route) < 2300, "the shorter way"


def test_a_bow_tie_is_cut_and_a_ring_is_not():
    bow = LineString([(0, 0), (1, 1), (1, 0), (0, 1)])
    route, cut = route_of(bow)
    assert cut and vertices(route) == [[[0, 0], [1, 1], [1, 0]], [[1, 0], [0, 1]]]
    ring, cut = route_of(shapely.LinearRing([(0, 0), (1, 1), (1, 0)]))
    assert not cut and len(ring.geoms) == 1
    there_and_back, cut = route_of(LineString([(0, 0), (1, 1), (0, 0)]))
    assert cut and len(there_and_back.geoms) == 2


def test_a_scribble_is_cut_in_time_that_grows_with_its_length():
    """A zigzag across itself at every leg, of 20,000 vertices."""
    n = np.arange(20_000)
    scribble = LineString(
        np.column_stack([n % 4 * 0.01 + n * 1e-4, (n // 2 % 2) * 0.01 + n % 3 * 1e-3])
    )
    route, cut = route_of(scribble)
    assert cut and route.length == pytest.approx(scribble.length)


def test_lines_are_taken_out_of_collections():
    mixed = shapely.GeometryCollection([shapely.Point(1, 1), LineString(LINE)])
    assert vertices(route_of(mixed)[0]) == [[list(xy) for xy in LINE]]


def broken(value):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return LineString([(1, 2), (value, 3)])


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "no geometry"),
        (LineString(), "no geometry"),
        (shapely.Point(1, 2), "not a line (Point)"),
        (shapely.box(0, 0, 1, 1), "an area"),
        (broken(np.nan), "NaN or infinite"),
        (broken(np.inf), "NaN or infinite"),
        (LineString([(450_000, 6_200_000), (460_000, 6_200_000)]), "off the globe"),
        (LineString([(56, 170), (57, 171)]), "swapped"),
        (LineString([(1, 2), (1, 2)]), "two distinct vertices"),
        (LineString([(1, 2), (1.000004, 2)]), "shorter than 1 m"),
    ],
)
def test_refusals(geometry, reason):
    with pytest.raises(Refused) as caught:
        route_of(geometry)
    assert reason in caught.value.reason


def test_the_key_of_a_shape_knows_no_direction():
    forth, back = (shape_key(route_of(LineString(line))[0]) for line in (LINE, LINE[::-1]))
    other = shape_key(route_of(LineString([*LINE, (18.1, 56.6)]))[0])
    assert forth == back != other


POINTS = st.tuples(st.integers(-3, 3), st.integers(-3, 3))  # a lattice: touching is ordinary
PARTS = st.lists(st.lists(POINTS, min_size=2, max_size=9), min_size=1, max_size=3)


@settings(max_examples=150, deadline=None)
@given(PARTS)
def test_any_lines_become_a_route_that_the_model_takes_and_nothing_is_lost(parts):
    drawn = MultiLineString(parts)
    try:
        route, _ = route_of(drawn)
    except Refused as refused:
        assert refused.reason == "fewer than two distinct vertices"
        assert drawn.length == 0
        return
    lines.check("", route)
    assert route.length == pytest.approx(drawn.length), "the same legs, in another cut"
    lengthy = MultiLineString([part for part in parts if LineString(part).length])
    assert route.hausdorff_distance(lengthy) < 1e-9


def test_the_model_refuses_what_is_cut_here():
    with pytest.raises(CableError, match="bow-tie"):
        lines.check("", MultiLineString([[(0, 0), (1, 1), (1, 0), (0, 1)]]))
