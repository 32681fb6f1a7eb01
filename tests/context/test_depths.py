"""Depths from rasters that the tests write: sign, scale, gaps, axes, edges."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from cablewatch.context.depths import Depths
from cablewatch.errors import ContextError
from tests.context.rasters import geotiff, netcdf

# 3 rows from 60 N and 4 columns from 10 E, a degree each
HEIGHTS = np.array([[-10, -20, -30, -40], [-50, -60, 5, -80], [-90, -100, -110, -120]], "i2")
LON = np.array([10.5, 11.5, 12.5, 13.5])
LAT = np.array([59.5, 58.5, 57.5])


def depth(path: Path, lon: float, lat: float) -> float:
    return float(Depths(path).at(np.array([lon]), np.array([lat]))[0])


def of_all(path: Path) -> np.ndarray:
    lon, lat = (axis.ravel() for axis in np.meshgrid(LON, LAT))
    return Depths(path).at(lon, lat).reshape(3, 4)


def test_heights_below_the_water_are_depths_and_land_is_negative(tmp_path: Path) -> None:
    assert of_all(geotiff(tmp_path / "a.tif", HEIGHTS)).tolist() == (-HEIGHTS).tolist()


@pytest.mark.parametrize("how", ["south up", "netcdf", "ascending", "exchanged", "scaled", "down"])
def test_the_same_water_however_it_is_written(tmp_path: Path, how: str) -> None:
    path = tmp_path / "a.raster"
    match how:
        case "south up":
            geotiff(path, HEIGHTS, south_up=True)
        case "netcdf":
            netcdf(path, HEIGHTS, LON, LAT)
        case "ascending":
            netcdf(path, HEIGHTS[::-1], LON, LAT[::-1], units="m")
        case "exchanged":
            netcdf(path, HEIGHTS.T, LON, LAT, dims=(1, 0))
        case "scaled":
            netcdf(path, HEIGHTS // 5 + 7, LON, LAT, scale_factor=5.0, add_offset=-35.0)
        case "down":
            netcdf(path, -HEIGHTS, LON, LAT, name="z", positive="down")
    assert of_all(path) == pytest.approx(-HEIGHTS.astype(float))


def test_a_variable_of_depths_runs_down(tmp_path: Path) -> None:
    assert of_all(netcdf(tmp_path / "a.nc", -HEIGHTS, LON, LAT, name="depth"))[0, 0] == 10.0
    up = netcdf(tmp_path / "b.nc", HEIGHTS, LON, LAT, name="depth", positive="up")
    assert of_all(up)[0, 0] == 10.0
    tagged = geotiff(tmp_path / "c.tif", -HEIGHTS, tags={"positive": "down"}, scales=(0.1, 2.0))
    assert of_all(tagged)[0, 0] == pytest.approx(3.0)


def test_what_is_not_there_is_not_known(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "a.tif", HEIGHTS, nodata=-60)
    assert math.isnan(depth(path, 11.5, 58.5))
    for lon, lat in ((9.9, 59.0), (14.1, 59.0), (12.0, 60.1), (12.0, 56.9), (math.nan, 59.0)):
        assert math.isnan(depth(path, lon, lat)), (lon, lat)
    filled = netcdf(tmp_path / "b.nc", HEIGHTS, LON, LAT, _FillValue=-60)
    assert math.isnan(depth(filled, 11.5, 58.5)) and depth(filled, 10.5, 58.5) == 50.0


def test_longitudes_may_run_to_360_and_over_the_antimeridian(tmp_path: Path) -> None:
    whole = geotiff(tmp_path / "a.tif", np.arange(360, dtype="i2")[None, :] * -1, 0.0, 60.0)
    assert [depth(whole, lon, 59.5) for lon in (-0.5, 0.5, 179.5, -179.5)] == [359, 0, 179, 180]
    over = geotiff(tmp_path / "b.tif", HEIGHTS, 178.0, 60.0)
    assert [depth(over, lon, 59.5) for lon in (179.5, -179.5, 180.5)] == [20.0, 30.0, 30.0]


def test_another_reference_system_is_read(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "a.tif", HEIGHTS, 5e5, 6.4e6, 1e4, crs="EPSG:32633")
    assert depth(path, 15.1, 57.69) == 10.0  # 6 km east of 500 km, 5 km below 6,400 km
    bare = geotiff(tmp_path / "b.tif", HEIGHTS, 5e5, 6.4e6, 1e4, crs=None)
    with pytest.raises(ContextError, match="no reference system"):
        Depths(bare)
    assert depth(geotiff(tmp_path / "c.tif", HEIGHTS, crs=None), 10.5, 59.5) == 10.0


def test_a_bad_file_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with pytest.raises(ContextError, match="cannot be read"):
        Depths(path)
    path.write_text("no raster")
    with pytest.raises(ContextError, match="cannot be read"):
        Depths(path)
    with pytest.raises(ContextError, match="'feet', not metres"):
        Depths(netcdf(tmp_path / "b.nc", HEIGHTS, LON, LAT, units="feet"))


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = geotiff(tmp_path / "a.tif", HEIGHTS)
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(ContextError, match=r"cablewatch\[bathymetry\]"):
        Depths(path)
