"""Tracks of ships: parts, fewer vertices, and the files that hold them."""

import csv
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cablewatch.fixes import Fixes
from cablewatch.geodesy import distance_m
from cablewatch.output.text import epoch_ms, rfc3339
from cablewatch.output.track import GAP_MS, gaps, simplified, track_feature, unbroken
from cablewatch.output.track_files import COLUMNS, FORMATS, Track
from cablewatch.units import MINUTE_MS

T0 = epoch_ms("2024-11-17T06:00:00Z")
GPX = {"g": "http://www.topografix.com/GPX/1/1"}
KML = {"k": "http://www.opengis.net/kml/2.2", "gx": "http://www.google.com/kml/ext/2.2"}


def fixes(minutes, lon, lat, **columns):
    """Fixes of one ship."""
    t_ms = T0 + np.asarray(minutes) * MINUTE_MS
    return Fixes.from_columns(
        t_ms=t_ms, mmsi=np.full(len(t_ms), 1), lon_deg=lon, lat_deg=lat, **columns
    )


def test_parts_are_cut_at_gaps_alone():
    track = fixes([0, 10, 20.001, 30, 60], np.arange(5.0), np.zeros(5))
    parts = unbroken(track)
    assert [len(part) for part in parts] == [2, 2, 1]
    assert [b - a > GAP_MS for a, b in gaps(parts)] == [True, True]
    assert unbroken(Fixes.empty()) == [] == gaps([])


def test_a_lone_fix_and_the_antimeridian_keep_times_beside_their_vertices():
    made = track_feature(unbroken(fixes([0, 60, 62], [179.0, 179.9, -179.9], [0.0, 0.0, 1.0])), 1)
    assert made["geometry"]["coordinates"] == [
        [[179.0, 0.0], [179.0, 0.0]],
        [[179.9, 0.0], [180.0, pytest.approx(0.5)]],
        [[-180.0, pytest.approx(0.5)], [-179.9, 1.0]],
    ]
    assert made["properties"]["times"][1][1] == rfc3339(T0 + 61 * MINUTE_MS)
    assert made["properties"]["sog_kn"] == [[None, None]] * 3


def farthest_m(whole, kept):
    """How far a fix of a short track lies from the line of those kept, metres, on a plane."""
    scale = 111_195.0 * np.array([np.cos(np.radians(whole.lat_deg[0])), 1.0])
    points = np.column_stack([whole.lon_deg, whole.lat_deg]) * scale
    line = np.column_stack([kept.lon_deg, kept.lat_deg]) * scale
    a, step = line[:-1], np.diff(line, axis=0)
    length = np.maximum((step**2).sum(1), 1e-12)
    share = np.clip(((points[:, None] - a) * step).sum(2) / length, 0.0, 1.0)
    return np.linalg.norm(points[:, None] - (a + share[..., None] * step), axis=2).min(1).max()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(-70, 70),
    st.sampled_from([5.0, 50.0, 500.0]),
    st.integers(3, 200),
)
def test_what_is_left_out_lies_within_the_metres_asked_for(seed, lat, tolerance_m, n):
    walk = np.random.default_rng(seed).normal(0, 0.001, (2, n)).cumsum(1)
    whole = fixes(np.arange(n), 20.0 + walk[0], lat + walk[1], sog_kn=np.arange(n) / 10)
    kept = simplified(whole, tolerance_m)
    assert set(zip(kept.t_ms, kept.lon_deg, kept.lat_deg, kept.sog_kn, strict=True)) <= set(
        zip(whole.t_ms, whole.lon_deg, whole.lat_deg, whole.sog_kn, strict=True)
    )
    assert (kept.t_ms[0], kept.t_ms[-1]) == (whole.t_ms[0], whole.t_ms[-1])
    assert (np.diff(kept.t_ms) > 0).all()
    assert farthest_m(whole, kept) <= tolerance_m * 1.01  # the plane of the test is a rough one


def test_metres_are_metres_wherever_the_ship_is():
    for lat, off_m, kept in ((0.0, 99, 2), (0.0, 101, 3), (59.8, 99, 2), (59.8, 101, 3)):
        east = 0.01
        off = east + off_m / distance_m(0.0, lat, 1.0, lat)
        track = fixes([0, 1, 2], [east, off, east], [lat - 0.1, lat, lat + 0.1])
        assert len(simplified(track, 100.0)) == kept, (lat, off_m)


def test_a_straight_track_across_longitude_180_needs_two_fixes():
    lon = (np.linspace(179.9, 180.1, 30) + 180) % 360 - 180
    assert len(simplified(fixes(np.arange(30), lon, np.full(30, 10.0)), 10.0)) == 2


def test_a_ship_that_lies_still_keeps_its_ends():
    track = fixes(np.arange(9), np.full(9, 5.0), np.full(9, 55.0))
    assert len(simplified(track, 1.0)) == 2
    assert len(simplified(track.take(slice(2)), 1.0)) == 2


HOSTILE = "=cmd|'/c calc'!A1 <b>&\x0b]]>"


@pytest.fixture
def track():
    """Two parts of a ship with a name that is meant to harm, the first hour modelled."""
    whole = fixes(
        [0, 1, 60.5, 61, 62],
        [10.0000004, 10.1, 10.2, 179.9, -179.9],
        [55.0, 55.1, 55.2, 55.3, 55.4],
        sog_kn=[1.234, np.nan, 3, 4, 5],
        nav_status=[0, 15, 1, 2, 3],
    )
    origin = lambda t_ms: "invented" if t_ms < T0 + 60 * MINUTE_MS else None  # noqa: E731
    return Track(219000001, HOSTILE, unbroken(whole), origin)


def times(track):
    return [[rfc3339(t_ms) for t_ms in part.t_ms.tolist()] for part in track.parts]


def test_gpx_has_a_segment_for_each_part(track):
    root = ET.fromstring("".join(FORMATS["gpx"](track)))
    segments = root.findall("g:trk/g:trkseg", GPX)
    assert [[t.text for t in s.findall("g:trkpt/g:time", GPX)] for s in segments] == times(track)
    point = root.find(".//g:trkpt", GPX)
    assert (point.get("lat"), point.get("lon")) == ("55.0", "10.0")
    assert root.find("g:trk/g:name", GPX).text == f"219000001 {HOSTILE}".replace("\x0b", "\ufffd")
    assert root.find("g:trk/g:desc", GPX).text == "Positions as archived and invented."


def test_kml_has_a_track_for_each_part(track):
    root = ET.fromstring("".join(FORMATS["kml"](track)))
    parts = root.findall("k:Placemark/gx:MultiTrack/gx:Track", KML)
    assert [[t.text for t in p.findall("k:when", KML)] for p in parts] == times(track)
    assert [c.text for c in parts[0].findall("gx:coord", KML)] == ["10.0 55.0 0", "10.1 55.1 0"]
    assert root.find("k:Placemark/k:name", KML).text.startswith("219000001 =cmd")


def test_csv_calculates_nothing_and_says_where_positions_come_from(track):
    rows = list(csv.DictReader(io.StringIO("".join(FORMATS["csv"](track)))))
    assert tuple(rows[0]) == COLUMNS
    assert {row["name"] for row in rows} == {f"'{HOSTILE}"}
    assert [row["segment"] for row in rows] == list("11222")
    assert [row["time"] for row in rows] == [time for part in times(track) for time in part]
    assert [row["sog_kn"] for row in rows] == ["1.23", "", "3.0", "4.0", "5.0"]
    assert [row["nav_status"] for row in rows] == ["0", "", "1", "2", "3"]
    assert [row["positions"] for row in rows] == ["invented"] * 2 + ["as archived"] * 3


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_track_without_fixes_is_a_file_without_any(form):
    text = "".join(FORMATS[form](Track(1, "", [], lambda _: None)))
    if form == "csv":
        assert text.count("\n") == 1
    else:
        ET.fromstring(text)
