"""The index against a slow reading by pyproj and shapely, and its rules at shared points.

The oracle lays the route and the track out every 200 m along geodesics and measures in an
azimuthal equidistant frame centred on the position or the track; 1 m is the promised tolerance
within 20 km.
"""

import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Geod, Proj

from cablewatch.cables.index import (
    AHEAD_DTYPE,
    CROSSING_HIT_DTYPE,
    ahead,
    build_index,
    corridor,
    crossings,
    name_of,
    nearest,
    survey,
    within,
)
from cablewatch.cables.model import Cable
from cablewatch.cables.segments import LEG_M, densified

GEOD = Geod(ellps="WGS84")
COURSE = st.floats(0, 360)
SHARE = st.floats(0.01, 0.99)
CALM = settings(deadline=None, max_examples=50)


def cable(*parts, zone_m=200.0, uncertainty_m=0.0):
    """A cable along the given parts; longitudes are brought into range."""
    lines = [[((lon + 180) % 360 - 180, lat) for lon, lat in part] for part in parts]
    return Cable(
        id="a",
        name="A cable",
        kind="telecom",
        owner="",
        status="unknown",
        source="drawn for a test",
        licence="CC0-1.0",
        position_class="surveyed",
        position_uncertainty_m=uncertainty_m,
        protection_zone_m=zone_m,
        zone_basis="test",
        route=shapely.MultiLineString(lines),
    )


@st.composite
def routes(draw):
    """Vertices of a route of 1-4 legs, 300 m to 50 km each, from anywhere between 68S and 68N."""
    lon = draw(st.one_of(st.floats(-180, 180), st.floats(179.5, 180)))
    lat, course = draw(st.floats(-64, 64)), draw(COURSE)
    vertices = [(lon, lat)]
    for turn, leg_m in draw(
        st.lists(st.tuples(st.floats(-50, 50), st.floats(300, 50_000)), min_size=1, max_size=4)
    ):
        course += turn
        lon, lat, _ = GEOD.fwd(lon, lat, course, leg_m)
        vertices.append((lon, lat))
    return vertices


def laid_out(vertices):
    """Points every 200 m at most along geodesic legs, and the metres run at each."""
    lon, lat = np.asarray(vertices, float).T
    points = [vertices[0]]
    for i in range(len(lon) - 1):
        length_m = GEOD.inv(lon[i], lat[i], lon[i + 1], lat[i + 1])[2]
        pieces = max(1, math.ceil(length_m / 200.0))
        if pieces > 1:
            points += GEOD.npts(lon[i], lat[i], lon[i + 1], lat[i + 1], pieces - 1)
        points.append((lon[i + 1], lat[i + 1]))
    x, y = np.asarray(points, float).T
    return np.column_stack([x, y]), np.r_[0.0, np.cumsum(GEOD.inv(x[:-1], y[:-1], x[1:], y[1:])[2])]


def in_frame(points, lon, lat):
    frame = Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")
    return np.column_stack(frame(points[:, 0], points[:, 1]))


def foot(points, run_m, lon, lat):
    """Distance, side (0 within 1 m of the line extended), metres run: of a position to a route."""
    xy = in_frame(points, lon, lat)
    start, along = xy[:-1], np.diff(xy, axis=0)
    share = -(start * along).sum(1) / (along**2).sum(1)
    gap = np.hypot(*(start + np.clip(share, 0, 1)[:, None] * along).T)
    i = int(gap.argmin())
    aside_m = (along[i, 1] * start[i, 0] - along[i, 0] * start[i, 1]) / np.hypot(*along[i])
    t = min(max(float(share[i]), 0.0), 1.0)
    return (
        float(gap[i]),
        np.sign(aside_m) * (abs(aside_m) > 1.0),
        run_m[i] + t * (run_m[i + 1] - run_m[i]),
    )


def beside(vertices, share, course, away_m):
    """A position `away_m` from the place at `share` of a route."""
    points, run_m = laid_out(vertices)
    place = points[int(share * (len(points) - 1))]
    return points, run_m, *GEOD.fwd(*place, course, away_m)[:2]


@CALM
@given(routes(), SHARE, COURSE, st.floats(0, 20_000))
def test_nearest_is_within_a_metre_of_the_geodesic_reading(vertices, share, course, away_m):
    points, run_m, lon, lat = beside(vertices, share, course, away_m)
    distance_m, side, _ = foot(points, run_m, lon, lat)
    found = nearest(build_index([cable(vertices)]), lon, lat, 25_000.0)
    assert found[0] == 0
    assert found[1] == pytest.approx(distance_m, abs=1.0)
    rivals = [foot(points[i : i + 2], run_m[i : i + 2], lon, lat) for i in range(len(points) - 1)]
    close = [r for r in rivals if r[0] < distance_m + 1.0]
    assert min(abs(found[3] * 1000 - r[2]) for r in close) < 1.0
    if side and all(r[1] == side for r in close):
        assert found[2] == side


@CALM
@given(routes(), SHARE, COURSE, st.floats(20_000, 2_000_000))
def test_nearest_beyond_the_margin_is_still_the_nearest(vertices, share, course, away_m):
    points, _, lon, lat = beside(vertices, share, course, away_m)
    assume(abs(lat) < 80)
    distance_m = GEOD.inv(*points.T, *np.broadcast_to([[lon], [lat]], (2, len(points))))[2].min()
    assume(distance_m > 15_000)
    index = build_index([cable(vertices)])
    cable_number, found_m, _, _ = nearest(index, lon, lat, 3e6)
    assert cable_number == 0 and found_m == pytest.approx(distance_m, rel=1e-3, abs=1.0)
    assert nearest(index, lon, lat, 0.99 * distance_m)[0] == -1


@CALM
@given(routes(), SHARE, COURSE, st.floats(0, 4_000), st.floats(0, 500))
def test_corridor_is_zone_and_uncertainty_and_position_error(vertices, share, course, away, error):
    points, run_m, lon, lat = beside(vertices, share, course, away)
    distance_m, _, _ = foot(points, run_m, lon, lat)
    index = build_index([cable(vertices, zone_m=200.0, uncertainty_m=2000.0)])
    number, found_m, km = corridor(index, lon, lat, error)
    assume(abs(distance_m - (2200.0 + error)) > 1.0)
    assert (number == 0) == (distance_m < 2200.0 + error)
    if number == 0:
        assert (found_m, km) == pytest.approx(nearest(index, lon, lat, 5e3)[1::2])


@CALM
@given(routes(), SHARE, COURSE, st.floats(0, 20_000))
def test_no_line_lies_where_a_survey_says_so(vertices, share, course, away):
    _, _, lon, lat = beside(vertices, share, course, away)
    index = build_index([cable(vertices)])
    number, km, clear_m = survey(index, lon, lat, 50.0)
    found = corridor(index, lon, lat, 50.0)
    assert (number, km) == pytest.approx(found[::2], nan_ok=True)
    distance_m = nearest(index, lon, lat, 3e6)[1]
    assert min(5_000.0, distance_m - LEG_M - 20.0) <= clear_m <= min(5_000.0, distance_m)


def test_the_nearest_of_overlapping_corridors_wins():
    narrow = cable([(17.0, 56.0), (18.0, 56.0)], zone_m=200.0)
    wide = cable([(17.0, 56.02), (18.0, 56.02)], zone_m=200.0, uncertainty_m=9000.0)
    index = build_index([narrow, wide])
    assert corridor(index, 17.5, 56.0035, 0.0)[0] == 1, "outside the narrow corridor"
    assert corridor(index, 17.5, 56.0035, 500.0)[0] == 0
    assert corridor(index, 17.5, 56.09, 0.0)[0] == 1, "the margin grows with the widest corridor"
    assert corridor(index, 17.5, 56.12, 0.0)[0] == -1


@CALM
@given(routes(), SHARE, SHARE, COURSE, st.floats(10, 20_000))
def test_crossings_are_within_a_metre_of_the_geodesic_reading(vertices, share, at, course, run_m):
    points, at_m = laid_out(vertices)
    i = int(share * (len(points) - 1))
    place = GEOD.npts(*points[i], *points[i + 1], 1)[0]
    lon, lat, _ = GEOD.fwd(*place, course, -at * run_m)
    lon1, lat1, _ = GEOD.fwd(*place, course, (1 - at) * run_m)
    expected = slow_crossings(points, at_m, (lon, lat), (lon1, lat1))
    index = build_index([cable(vertices)])
    out = np.zeros(16, CROSSING_HIT_DTYPE)
    hits = out[: crossings(index, lon, lat, lon1, lat1, out)]
    assert len(hits) == len(expected)
    track_m = GEOD.inv(lon, lat, lon1, lat1)[2]
    for hit, (fraction, metres, angle_deg) in zip(hits, expected, strict=True):
        sharp = max(math.sin(math.radians(angle_deg)), 0.05)
        assert abs(hit["fraction"] - fraction) * track_m < 1.0 / sharp
        assert abs(hit["km"] * 1000 - metres) < 1.0 / sharp
        assert hit["angle_deg"] == pytest.approx(angle_deg, abs=0.2)


def slow_crossings(points, at_m, start, end):
    """(fraction, metres run, angle) of each crossing; refuses to judge touches within 1 m."""
    track, track_m = laid_out([start, end])
    middle = track[len(track) // 2]
    a, b = in_frame(points, *middle), in_frame(track, *middle)
    found = []
    for j in range(len(b) - 1):
        p, d = b[j], b[j + 1] - b[j]
        e = np.diff(a, axis=0)
        w = a[:-1] - p
        det = d[0] * e[:, 1] - d[1] * e[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (w[:, 0] * e[:, 1] - w[:, 1] * e[:, 0]) / det
            u = (w[:, 0] * d[1] - w[:, 1] * d[0]) / det
        for i in np.flatnonzero((abs(t - 0.5) < 0.5 + 1e-6) & (abs(u - 0.5) < 0.5 + 1e-6)):
            angle = math.degrees(math.asin(min(1, abs(det[i]) / np.hypot(*d) / np.hypot(*e[i]))))
            run = track_m[j] + t[i] * (track_m[j + 1] - track_m[j])
            metres = at_m[i] + u[i] * (at_m[i + 1] - at_m[i])
            found.append((run / track_m[-1], metres, angle))
            assume(min(run, track_m[-1] - run, metres, at_m[-1] - metres) > 5.0 and angle > 3.0)
    line = shapely.LineString(a)
    assume(min(line.distance(shapely.Point(b[0])), line.distance(shapely.Point(b[-1]))) > 5.0)
    assume(shapely.LineString(b).distance(shapely.Point(a[0])) > 5.0)
    assume(shapely.LineString(b).distance(shapely.Point(a[-1])) > 5.0)
    found.sort()
    return [hit for k, hit in enumerate(found) if k == 0 or abs(hit[1] - found[k - 1][1]) > 0.01]


@CALM
@given(st.floats(-180, 180), st.floats(-65, 65), COURSE, st.floats(30, 150), SHARE)
def test_a_long_gap_is_a_geodesic(lon, lat, course, angle, at):
    """A straight 200 km cable across a gap of 400 km: 5 m at an acute angle of 30 or more."""
    ends = [GEOD.fwd(lon, lat, course + angle, metres)[:2] for metres in (-1e5, 1e5)]
    start = GEOD.fwd(lon, lat, course, -at * 4e5)[:2]
    end = GEOD.fwd(lon, lat, course, (1 - at) * 4e5)[:2]
    out = np.zeros(4, CROSSING_HIT_DTYPE)
    assert crossings(build_index([cable(ends)]), *start, *end, out) == 1
    assert out[0]["fraction"] * 4e5 == pytest.approx(at * 4e5, abs=10.0)
    assert out[0]["km"] == pytest.approx(100.0, abs=0.010)
    assert out[0]["angle_deg"] == pytest.approx(min(angle, 180 - angle), abs=0.1)


@CALM
@given(routes(), st.lists(st.tuples(SHARE, COURSE, st.floats(0, 3000)), min_size=2, max_size=8))
def test_cutting_a_track_neither_loses_nor_doubles_a_crossing(vertices, stops):
    """Each leg of a random walk, cut in four: the same crossings as uncut, at the same places."""
    index = build_index([cable(vertices)])
    walk = [beside(vertices, *stop)[2:] for stop in stops]
    out, part = np.zeros(64, CROSSING_HIT_DTYPE), np.zeros(64, CROSSING_HIT_DTYPE)
    for start, end in pairwise(walk):
        length_m = GEOD.inv(*start, *end)[2]
        if not 0.1 < length_m < 50_000:
            continue
        if nearest(index, *start, 1.0)[0] >= 0 or nearest(index, *end, 1.0)[0] >= 0:
            continue
        whole = out[: crossings(index, *start, *end, out)]
        if any(hit["angle_deg"] <= 1.0 for hit in whole):
            continue
        cut = [start, *GEOD.npts(*start, *end, 3), end]
        km = [
            float(hit["km"])
            for p, q in pairwise(cut)
            for hit in part[: crossings(index, *p, *q, part)]
        ]
        assert km == pytest.approx(whole["km"].tolist(), abs=0.01)


@CALM
@given(routes(), st.data())
def test_a_fix_exactly_on_a_vertex_is_one_crossing(vertices, data):
    """From one side to the other through a vertex, straight or bent, charted or added."""
    index = build_index([cable(vertices)])
    points, _ = densified(np.array(vertices))
    assume(len(points) > 2)
    i = data.draw(st.integers(1, len(points) - 2))
    lon, lat = (points[i, 0] + 180) % 360 - 180, points[i, 1]
    assume((points[i] == (points[i, 0], lat)).all())
    course = GEOD.inv(*points[i - 1], *points[i])[1] + 180.0
    out = np.zeros(8, CROSSING_HIT_DTYPE)
    for across in (90.0, -90.0):
        before = GEOD.fwd(lon, lat, course - across, 40.0)[:2]
        after = GEOD.fwd(lon, lat, course + across, 40.0)[:2]
        n = crossings(index, *before, lon, lat, out) + crossings(index, lon, lat, *after, out)
        assert n == 1


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=30))
@settings(deadline=None)
def test_a_walk_that_stops_on_the_line_changes_sides_as_often_as_it_crosses(steps):
    """Fixes on and off a cable along the equator, many on its vertices: on it counts as left."""
    index = build_index([cable([(10.0, 0.0), (10.2, 0.0), (10.5, 0.0)])])
    out = np.zeros(8, CROSSING_HIT_DTYPE)
    fixes = [(10.1 + 0.01 * k, 0.001 * step) for k, step in enumerate(steps)]
    n = sum(crossings(index, *p, *q, out) for p, q in pairwise(fixes))
    left = [lat >= 0 for _, lat in fixes]
    assert n == sum(a != b for a, b in pairwise(left))


@CALM
@given(
    st.floats(-180, 180), st.floats(-68, 68), COURSE, st.floats(100, 150_000), st.floats(40, 140)
)
def test_ahead_meets_the_line_where_the_rhumb_does(lon, lat, course, away_m, angle):
    """A cable laid across the end of a rhumb line (its isometric reading) is met at that end."""
    north = away_m * math.cos(math.radians(course))
    x, y = rhumb(lon, lat, course, away_m)
    assume(abs(y) < 70 and abs(north) > 0.05 * away_m)
    ends = [GEOD.fwd(x, y, course + angle, metres)[:2] for metres in (-3e4, 3e4)]
    out = np.zeros(4, AHEAD_DTYPE)
    index = build_index([cable(ends)])
    assert ahead(index, lon, lat, course, away_m + 1000.0, out) == 1
    assert out[0]["distance_m"] == pytest.approx(away_m, abs=max(1.0, 2e-5 * away_m))
    assert ahead(index, lon, lat, course, away_m - 10.0, out) == 0


def rhumb(lon, lat, course, run_m):
    """End of a rhumb line by Mercator's isometric latitude; meridian distance by geodesics."""
    e = math.sqrt(0.0066943799901413165)
    y = GEOD.fwd(lon, lat, 0.0, run_m * math.cos(math.radians(course)))[1]
    s0, s1 = math.sin(math.radians(lat)), math.sin(math.radians(y))
    rise = math.atanh(s1) - math.atanh(s0) - e * (math.atanh(e * s1) - math.atanh(e * s0))
    return lon + math.degrees(rise * math.tan(math.radians(course))), y


def test_ahead_gives_each_cable_once_nearest_first():
    zigzag = cable([(17.0, 56.0), (18.0, 56.1), (17.0, 56.2), (18.0, 56.3)])
    behind = cable([(17.0, 55.8), (18.0, 55.8)])
    far = cable([(17.0, 57.0), (18.0, 57.0)])
    near = cable([(17.0, 56.01), (18.0, 56.01)])
    index = build_index([far, zigzag, behind, near])
    out = np.zeros(8, AHEAD_DTYPE)
    n = ahead(index, 17.5, 55.9, 0.0, 200_000.0, out)
    assert out["cable"][:n].tolist() == [3, 1, 0]
    assert out["distance_m"][0] == pytest.approx(GEOD.inv(17.5, 55.9, 17.5, 56.01)[2], abs=150.0)
    assert ahead(index, 17.5, 55.9, 0.0, 200_000.0, out[:2]) == 2
    assert out["cable"][:2].tolist() == [3, 1]
    assert ahead(index, 17.5, 55.9, 0.0, 0.0, out) == 0


def test_only_the_first_crossings_are_kept_when_there_are_more_than_asked_for():
    lines = [cable([(17.0, 56.0 + 0.001 * k), (18.0, 56.0 + 0.001 * k)]) for k in (3, 1, 4, 0, 2)]
    index, out = build_index(lines), np.zeros(3, CROSSING_HIT_DTYPE)
    assert crossings(index, 17.5, 55.99, 17.5, 56.01, out) == 3
    assert out["cable"].tolist() == [3, 1, 4]
    assert crossings(index, 17.5, 56.01, 17.5, 55.99, out) == 3
    assert out["cable"].tolist() == [2, 0, 4]
    assert crossings(index, 17.5, 56.01, 17.5, 55.99, out[:0]) == 0


@CALM
@given(routes(), SHARE, COURSE, st.floats(0, 4000), st.sampled_from([-720, -360, 360, 720]))
def test_turns_of_longitude_change_nothing(vertices, share, course, away_m, turn):
    _, _, lon, lat = beside(vertices, share, course, away_m)
    index = build_index([cable(vertices)])
    plain, turned = nearest(index, lon, lat, 5e3), nearest(index, lon + turn, lat, 5e3)
    assert turned[:2] == pytest.approx(plain[:2], abs=1e-6)
    out = np.zeros((2, 8), CROSSING_HIT_DTYPE)
    n = crossings(index, lon, lat, lon + 0.02, lat, out[0])
    assume(nearest(index, lon + 0.02, lat, 10.0)[0] < 0 and plain[1] > 0.1)
    assert crossings(index, lon + turn, lat, lon + 0.02 + turn, lat, out[1]) == n
    assert out["fraction"][1, :n] == pytest.approx(out["fraction"][0, :n], abs=1e-6)


def test_the_antimeridian_is_an_ordinary_place():
    """The same scene around 180 and around 10 degrees east gives the same figures."""
    figures = []
    for middle in (10.0, 180.0):
        index = build_index([cable([(middle - 0.5, 56.0), (middle + 0.5, 56.1)])])
        out, far = np.zeros(2, CROSSING_HIT_DTYPE), np.zeros(2, AHEAD_DTYPE)
        west, east = middle - 0.001, (middle + 0.001 + 180) % 360 - 180
        assert crossings(index, west, 56.050, east, 56.053, out) == 1
        assert ahead(index, west, 56.0, 45.0, 20_000.0, far) == 1
        hit = out[0]
        figures.append(
            [
                *nearest(index, west, 56.04, 5e3),
                *corridor(index, east, 56.05, 50.0),
                *(hit["fraction"], hit["km"], hit["angle_deg"], far[0]["distance_m"]),
            ]
        )
    assert figures[0] == pytest.approx(figures[1], abs=1e-6)


def test_missing_and_impossible_positions_find_nothing():
    index = build_index([cable([(17.0, 56.0), (18.0, 56.0)])])
    out, far = np.zeros(4, CROSSING_HIT_DTYPE), np.zeros(4, AHEAD_DTYPE)
    nan = math.nan
    for bad in ((nan, 56.0), (17.5, nan), (math.inf, 56.0), (17.5, 91.0), (1e300, 56.0)):
        assert nearest(index, *bad, 1e6)[0] == -1
        assert corridor(index, *bad, 100.0)[0] == -1
        assert crossings(index, *bad, 17.5, 55.999, out) == 0
        assert crossings(index, 17.5, 56.001, *bad, out) == 0
        assert ahead(index, *bad, 180.0, 1e5, far) == 0
    assert nearest(index, 17.5, 56.0, nan)[0] == -1
    assert corridor(index, 17.5, 56.0, nan)[0] == -1
    assert ahead(index, 17.5, 56.001, nan, 1e5, far) == 0
    assert ahead(index, 17.5, 56.001, 180.0, nan, far) == 0
    assert crossings(index, 17.5, 56.0, 17.5, 56.0, out) == 0, "a pair of no length"


def test_no_cables_is_an_index_too():
    index = build_index([])
    assert nearest(index, 17.5, 56.0, 1e7)[0] == -1
    assert corridor(index, 17.5, 56.0, 100.0)[0] == -1
    assert crossings(index, 17.0, 56.0, 20.0, 56.0, np.zeros(4, CROSSING_HIT_DTYPE)) == 0
    assert ahead(index, 17.0, 56.0, 90.0, 1e5, np.zeros(4, AHEAD_DTYPE)) == 0


def test_kilometre_points_run_on_over_parts_and_equal_vertices_do_no_harm():
    index = build_index(
        [cable([(17.0, 0.0), (17.1, 0.0), (17.1 + 1e-15, 0.0)], [(18.0, 0.0), (18.1, 0.0)])]
    )
    part_km = GEOD.inv(17.0, 0.0, 17.1, 0.0)[2] / 1000
    assert nearest(index, 17.1, 0.01, 5e3)[3] == pytest.approx(part_km, abs=1e-3)
    assert nearest(index, 18.05, 0.01, 5e3)[3] == pytest.approx(1.5 * part_km, abs=1e-3)


@CALM
@given(routes())
def test_densified_legs_are_short_and_keep_the_charted_vertices(vertices):
    points, run_km = densified(np.array(vertices))
    assert run_km.max() * 1000 <= LEG_M + 1e-6
    assert run_km.sum() * 1000 == pytest.approx(GEOD.line_length(*np.array(vertices).T), abs=0.01)
    for lon, lat in vertices:
        aside_deg = abs((points[:, 0] - lon + 180) % 360 - 180)
        assert ((points[:, 1] == lat) & (aside_deg < 1e-12)).any()


def test_a_lon_lat_leg_of_100_km_is_bent_by_hundreds_of_metres():
    """Why legs are laid as geodesics: the reason is visible in the figures."""
    index = build_index([cable([(17.0, 60.0), (18.8, 60.0)])])
    assert nearest(index, 17.9, 60.0, 5e3)[1] > 150.0


HAIR = np.array([1e-9, 1e-13])
"""Degrees east and north, 0.1 mm and less: on fixes that are drawn tens of metres apart."""


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 2**32 - 1))
def test_a_walk_over_the_vertices_of_a_bent_line_crosses_as_a_hair_beside_it(seed):
    """Against shapely: the walk moved a hair to the east meets no vertex; its crossings count.

    Fixes are vertices of the line or places of their own, in any order; so the walk meets bends
    from all sides, turns on them, follows legs and skips vertices. No leg is cut into shorter ones,
    whose ends would lie in line with it but for rounding.
    """
    rng = np.random.default_rng(seed)
    vertices, others = rng.integers(2, 8), rng.integers(0, 6)
    places = np.array([10.0, 0.0]) + rng.uniform(-600.0, 600.0, (vertices + others, 2)) / 111_320
    places[:, 0] = (places[:, 0] + 180) % 360 - 180  # to the last bit as `cable` does
    line, walk = places[:vertices], places[rng.integers(0, len(places), rng.integers(2, 13))]
    route = shapely.LineString(line)
    assume(route.is_simple and apart_deg(places) > 2e-4)
    hair = walk + HAIR
    legs = [shapely.LineString(leg) for leg in pairwise(hair) if (leg[0] != leg[1]).any()]
    parts = [shapely.LineString(part) for part in pairwise(line)]
    # what a hair cannot tell: corners of the line or of the walk beside the other one
    near = [(leg, xy) for leg in legs for xy in line] + [(p, xy) for p in parts for xy in hair]
    gaps = [shape.distance(shapely.Point(xy)) for shape, xy in near]
    assume(all(1e-13 < gap < 1.5e-9 or gap > 1e-5 for gap in gaps))
    expected = sum(met(leg, parts, line) for leg in legs)
    index, out = build_index([cable(line.tolist())]), np.zeros(64, CROSSING_HIT_DTYPE)
    assert sum(crossings(index, *p, *q, out) for p, q in pairwise(walk)) == expected


def met(leg, parts, line):
    """Parts that a leg crosses, less the two whose bend it starts from or ends at and clips."""
    at = [leg.intersection(part) if leg.crosses(part) else None for part in parts]
    clips = [
        a is not None
        and b is not None
        and max(p.distance(shapely.Point(bend)) for p in (a, b)) < 1e-5
        for (a, b), bend in zip(pairwise(at), line[1:-1], strict=True)
    ]
    return sum(p is not None for p in at) - 2 * sum(clips)


def apart_deg(points):
    """Least distance between two places."""
    return min(np.hypot(*(p - q)) for i, p in enumerate(points) for q in points[:i])


@pytest.mark.parametrize("turn_deg", range(0, 360, 15))
@pytest.mark.parametrize("bend_deg", [-150, -90, -20, 0, 20, 90, 150])
def test_a_fix_on_a_bend_is_one_crossing_from_any_side_to_the_other(turn_deg, bend_deg):
    """A fix on the vertex, the fix before and after on either side of both legs, or on one side.

    Through the bend the track crosses once; from one side back to it, not at all or to and fro.
    """
    bend = 20.0, 55.0
    back, on = turn_deg + 180.0, turn_deg + bend_deg
    legs = [GEOD.fwd(*bend, course, 3000.0)[:2] for course in (back, on)]
    index, out = build_index([cable([legs[0], bend, legs[1]])]), np.zeros(8, CROSSING_HIT_DTYPE)
    open_deg = (back - on) % 360.0  # right of the line, from the leg on round to the leg back
    left = [on - share * (360.0 - open_deg) for share in (0.15, 0.5, 0.85)]
    right = [on + share * open_deg for share in (0.15, 0.5, 0.85)]
    for courses, other in ((left, right), (right, left)):
        for course in courses:
            before = GEOD.fwd(*bend, course, 40.0)[:2]
            for after_course in courses + other:
                after = GEOD.fwd(*bend, after_course, 40.0)[:2]
                n = crossings(index, *before, *bend, out) + crossings(index, *bend, *after, out)
                assert n == 1 if after_course in other else n in (0, 2)


def test_names_of_an_index_are_those_of_what_it_holds():
    line = [(17.0, 56.0), (18.0, 56.0)]
    one, other = cable(line), cable(line, zone_m=201.0)
    assert name_of(build_index([one])) == name_of(build_index([one]))
    made = [[], [one], [other], [one, other], [other, one], [one, one]]
    assert len({name_of(build_index(cables)) for cables in made}) == len(made)


@CALM
@given(routes(), SHARE, COURSE, st.floats(0, 200), st.floats(1, 200))
def test_within_is_the_distance_to_one_line(vertices, share, course, away_m, reach_m):
    _, _, lon, lat = beside(vertices, share, course, away_m)
    elsewhere = cable([(lon - 1.0, lat - 2.0), (lon + 1.0, lat - 2.0)])
    index = build_index([elsewhere, cable(vertices)])
    distance_m = nearest(index, lon, lat, 5e3)[1]
    assume(abs(distance_m - reach_m) > 0.01)
    assert within(index, 1, lon, lat, reach_m) == (distance_m < reach_m)
    assert not within(index, 0, lon, lat, reach_m)
