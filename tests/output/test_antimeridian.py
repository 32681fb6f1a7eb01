"""Lines as GeoJSON has them."""

from itertools import pairwise

import pytest

from cablewatch.output.antimeridian import line_geometry, split_at_antimeridian


@pytest.mark.parametrize(
    ("line", "kind"),
    [([], None), ([(1.0, 2.0)], "Point"), ([(1.0, 2.0), (3.0, 4.0)], "LineString")],
)
def test_geometry_follows_the_number_of_vertices(line, kind):
    made = line_geometry(line)
    assert (made and made["type"]) == kind


def test_a_track_over_the_antimeridian_is_cut_there():
    made = line_geometry([(179.5, 10.0), (-179.5, 11.0), (-179.0, 11.0)])
    assert made == {
        "type": "MultiLineString",
        "coordinates": [
            [(179.5, 10.0), (180.0, 10.5)],
            [(-180.0, 10.5), (-179.5, 11.0), (-179.0, 11.0)],
        ],
    }
    assert line_geometry([(179.5, 10.0), (180.5, 11.0)]) == line_geometry(
        [(179.5, 10.0), (-179.5, 11.0)]
    )


@pytest.mark.parametrize(
    "line",
    [
        [(180.0, 0.0), (-180.0, 0.0)],
        [(180.0, 0.0), (-179.0, 1.0)],
        [(179.0, 0.0), (-180.0, 1.0), (179.0, 2.0)],
    ],
)
def test_vertices_on_the_antimeridian_keep_lines_valid(line):
    parts = split_at_antimeridian(line)
    for part in parts:
        assert all(abs(b[0] - a[0]) <= 180 for a, b in pairwise(part))
    coordinates = line_geometry(line)["coordinates"]
    assert all(len(part) > 1 for part in coordinates)
