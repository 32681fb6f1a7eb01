"""Rasters of made depths, written by the tests: GeoTIFF, and NetCDF in its classic format."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine

Array = NDArray[Any]
INT16, FLOAT64 = 3, 6  # external types of the classic format (CDF-1)
CODES = {INT16: ">i2", FLOAT64: ">f8"}


def geotiff(
    path: Path,
    heights: Array,
    west: float = 10.0,
    north: float = 60.0,
    step: float = 1.0,
    *,
    south_up: bool = False,
    crs: str | None = "EPSG:4326",
    **more: Any,
) -> Path:
    """Heights in rows from north to south (`south_up`: the file holds them the other way round)."""
    rows = heights[::-1] if south_up else heights
    top, dy = (north - step * len(rows), step) if south_up else (north, -step)
    tags, scales = more.pop("tags", {}), more.pop("scales", None)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=rows.shape[0],
        width=rows.shape[1],
        count=1,
        dtype=rows.dtype,
        crs=crs,
        transform=Affine(step, 0.0, west, 0.0, dy, top),
        **more,
    ) as raster:
        raster.write(rows, 1)
        raster.update_tags(1, **tags)
        if scales is not None:
            raster.scales, raster.offsets = (scales[0],), (scales[1],)
    return path


def netcdf(
    path: Path,
    values: Array,
    lon: Array,
    lat: Array,
    name: str = "elevation",
    dims: tuple[int, int] = (0, 1),
    **attributes: Any,
) -> Path:
    """A variable over (lat, lon), or (lon, lat) with `dims` (1, 0), packed as 16-bit integers."""
    lengths = {"lat": len(lat), "lon": len(lon)}
    variables = [
        ("lat", (0,), {"units": "degrees_north", "standard_name": "latitude"}, FLOAT64, lat),
        ("lon", (1,), {"units": "degrees_east", "standard_name": "longitude"}, FLOAT64, lon),
        (name, dims, attributes, INT16, values),
    ]
    begin = len(_header(lengths, variables, [0] * 3))
    starts, data = [], b""
    for *_, kind, column in variables:
        starts.append(begin + len(data))
        data += _padded(np.asarray(column).astype(CODES[kind]).tobytes())
    path.write_bytes(_header(lengths, variables, starts) + data)
    return path


def _header(lengths: dict[str, int], variables: list[Any], starts: list[int]) -> bytes:
    text = b"CDF\x01" + struct.pack(">i", 0) + struct.pack(">ii", 10, len(lengths))
    for dimension, length in lengths.items():
        text += _name(dimension) + struct.pack(">i", length)
    text += struct.pack(">ii", 0, 0) + struct.pack(">ii", 11, len(variables))
    for (name, dims, attributes, kind, column), start in zip(variables, starts, strict=True):
        size = len(_padded(np.asarray(column).astype(CODES[kind]).tobytes()))
        text += _name(name) + struct.pack(f">i{len(dims)}i", len(dims), *dims)
        text += _attributes(attributes) + struct.pack(">iii", kind, size, start)
    return text


def _attributes(attributes: dict[str, Any]) -> bytes:
    text = struct.pack(">ii", 12 if attributes else 0, len(attributes))
    for name, value in attributes.items():
        if isinstance(value, str):
            kind, raw, n = 2, value.encode(), len(value)
        elif isinstance(value, int):
            kind, raw, n = INT16, struct.pack(">h", value), 1
        else:
            kind, raw, n = FLOAT64, struct.pack(">d", value), 1
        text += _name(name) + struct.pack(">ii", kind, n) + _padded(raw)
    return text


def _name(name: str) -> bytes:
    return struct.pack(">i", len(name)) + _padded(name.encode())


def _padded(raw: bytes) -> bytes:
    return raw + b"\0" * (-len(raw) % 4)
