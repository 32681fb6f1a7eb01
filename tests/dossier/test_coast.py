"""The coast of the dossier's map, also where it meets 180 degrees and a pole."""

import numpy as np
import pytest
import shapely

from cablewatch.dossier.coast import land


@pytest.mark.parametrize(
    ("name", "lon", "lat"),
    [
        ("Denmark", 9.2, 56.2),
        ("Sweden", 15.0, 60.0),
        ("Estonia", 25.5, 58.8),
        ("Siberia", 100.0, 62.0),
        ("Chukotka, west of 180 degrees", 175.0, 67.5),
        ("Chukotka, east of 180 degrees", -175.0, 66.7),
        ("Wrangel Island, west of 180 degrees", 179.5, 71.2),
        ("Wrangel Island, east of 180 degrees", -179.0, 71.2),
        ("Antarctica", 0.0, -80.0),
        ("Antarctica at 180 degrees", 179.9, -86.0),
        ("the South Pole", -120.0, -89.9),
        ("Canada", -100.0, 55.0),
    ],
)
def test_land_is_land(name: str, lon: float, lat: float) -> None:
    assert land().contains(shapely.Point(lon, lat)), name


@pytest.mark.parametrize(
    ("name", "lon", "lat"),
    [
        ("the Baltic", 19.5, 56.5),
        ("the Caspian", 51.0, 42.0),
        ("the Atlantic", -30.0, 40.0),
        ("the Bering Strait", -169.0, 66.0),
        ("the Bering Sea at 180 degrees", 180.0, 60.0),
        ("the Pacific", 179.9, 0.0),
        ("the Ross Sea", 180.0, -75.0),
        ("the North Pole", 0.0, 89.9),
    ],
)
def test_sea_is_sea(name: str, lon: float, lat: float) -> None:
    assert not land().intersects(shapely.Point(lon, lat)), name


def test_land_can_be_cut_and_is_29_in_100_of_the_globe() -> None:
    assert land().is_valid
    assert land().bounds[::2] == pytest.approx((-180.0, 180.0))
    cylinder = shapely.transform(
        land(), lambda at: np.column_stack([at[:, 0], np.sin(np.radians(at[:, 1]))])
    )
    assert cylinder.area / 720.0 == pytest.approx(0.291, abs=0.005)
