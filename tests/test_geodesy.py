"""Geodesy against Karney's geodesics (pyproj), the outside authority."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from cablewatch.geodesy import (
    bearing_deg,
    destination,
    distance_m,
    distances_m,
    east_north_m,
    rhumb_step,
    to_lon_lat,
    to_vector,
)

GEOD = Geod(ellps="WGS84")
LON = st.floats(-180, 180)
LAT = st.floats(-75, 75)
COURSE = st.floats(0, 359.9)


@settings(deadline=None)
@given(LON, LAT, COURSE, st.floats(1.0, 100_000.0))
def test_distance_bearing_and_destination_are_geodesic_below_100_km(lon, lat, course, run_m):
    lon1, lat1, _ = GEOD.fwd(lon, lat, course, run_m)
    tolerance_m = 0.01 if run_m < 20_000 else 0.1
    assert distance_m(lon, lat, lon1, lat1) == pytest.approx(run_m, abs=tolerance_m)
    aside_deg = (bearing_deg(lon, lat, lon1, lat1) - course + 180) % 360 - 180
    assert abs(math.radians(aside_deg)) * run_m < tolerance_m
    assert GEOD.inv(*destination(lon, lat, course, run_m), lon1, lat1)[2] < tolerance_m
    east_m, north_m = east_north_m(lon, lat, lon1, lat1)
    assert east_m == pytest.approx(run_m * math.sin(math.radians(course)), abs=2 * tolerance_m)
    assert north_m == pytest.approx(run_m * math.cos(math.radians(course)), abs=2 * tolerance_m)


@settings(deadline=None)
@given(LON, LAT, LON, LAT)
def test_distance_is_sane_at_any_range(lon0, lat0, lon1, lat1):
    truth_m = GEOD.inv(lon0, lat0, lon1, lat1)[2]
    assert distance_m(lon0, lat0, lon1, lat1) == pytest.approx(truth_m, rel=0.05, abs=0.01)


@settings(deadline=None)
@given(LON, LAT, LON, LAT)
def test_a_turn_of_longitude_changes_nothing(lon0, lat0, lon1, lat1):
    once = distance_m(lon0, lat0, lon1, lat1)
    assert distance_m(lon0 + 360, lat0, lon1 + 360, lat1) == pytest.approx(once, abs=1e-6)
    assert distance_m(lon0, lat0, lon1 - 360, lat1) == pytest.approx(once, abs=0.01)


@settings(deadline=None)
@given(LON, st.floats(-89, 89))
def test_vectors_turn_back_into_positions(lon, lat):
    back_lon, back_lat = to_lon_lat(*to_vector(lon, lat))
    assert GEOD.inv(lon, lat, back_lon, back_lat)[2] < 1e-6


@settings(deadline=None)
@given(LON, st.floats(-70, 70), COURSE)
def test_rhumb_steps_keep_their_course(lon, lat, course):
    """On a Mercator map the walk is straight: 50 km in 25 steps, against the isometric latitude."""
    e = math.sqrt(0.0066943799901413165)

    def isometric(lat_deg):
        s = math.sin(math.radians(lat_deg))
        return math.atanh(s) - e * math.atanh(e * s)

    x, y = lon, lat
    for _ in range(25):
        x, y = rhumb_step(x, y, course, 2000.0)
    along, aside = math.cos(math.radians(course)), math.sin(math.radians(course))
    east, north = math.radians(x - lon), isometric(y) - isometric(lat)
    assert abs(east * along - north * aside) * 6.4e6 < 1.0
    if abs(along) > 0.1:
        straight_m = GEOD.inv(lon, lat, lon, y)[2] / abs(along)
        assert straight_m == pytest.approx(50_000, abs=1.0)


def test_missing_positions_stay_missing():
    assert math.isnan(distance_m(math.nan, 0.0, 1.0, 1.0))
    assert math.isnan(distance_m(20.0, 55.0, 20.0, math.nan))
    assert math.isnan(bearing_deg(20.0, 55.0, 20.0, math.nan))
    assert math.isnan(bearing_deg(20.0, 55.0, 20.0, 55.0))
    assert np.isnan(destination(20.0, math.nan, 0.0, 1.0)).all()
    assert east_north_m(20.0, 55.0, 20.0, 55.0) == (0.0, 0.0)


def test_columns_give_what_scalars_give():
    lon0, lat0, lon1, lat1 = np.random.default_rng(1).uniform(-80, 80, (4, 20))
    scalars = [distance_m(*row) for row in zip(lon0, lat0, lon1, lat1, strict=True)]
    assert distances_m(lon0, lat0, lon1, lat1).tolist() == scalars
    assert len(distances_m(*np.empty((4, 0)))) == 0
