"""Depths of water from a bathymetry raster: GeoTIFF or NetCDF, such as GEBCO or EMODnet.

The first band counts; of a NetCDF with several variables the one named in `NAMES`. Values are
metres, heights above the water (negative below it) unless the file says that they run down: an
attribute ``positive = down``, or "depth" in the name of the variable, its description or standard
name. Packed integers are unpacked by their scale and offset. Rows may run either way, axes may be
exchanged (NetCDF), longitudes may run to 360, and any reference system is read; without one the
axes are longitude and latitude where they can be.

This is the only module that knows rasterio, an extra (``pip install 'cablewatch[bathymetry]'``).
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyproj

from cablewatch.errors import ContextError
from cablewatch.fixes import Array

NAMES = ("elevation", "depth", "z", "Band1", "topo", "bathymetry", "height")
METRES = ("", "m", "metre", "metres", "meter", "meters")
_MEND = "give a GeoTIFF or NetCDF of heights or depths in metres"


class Depths:
    """An open raster.

    Raises
    ------
    ContextError
        The file cannot be read, has no place on the globe or other units, or rasterio is missing.
    """

    def __init__(self, path: Path) -> None:
        self._raster = _opened(path)
        where, raster = str(path), self._raster
        tags = raster.tags(1)
        unit = (raster.units[0] or tags.get("units") or "").strip()
        if unit.lower() not in METRES:
            raise ContextError(where, f"its unit is {unit[:20]!r}, not metres", _MEND)
        if raster.crs is None and not _on_globe(raster):
            raise ContextError(where, "has no reference system", "add one, such as EPSG:4326")
        self._scale = float(raster.scales[0]), float(raster.offsets[0])
        self._down = _runs_down(raster, tags)
        self._swapped = raster.driver == "netCDF" and _swapped(raster, path)
        geographic = raster.crs is None or raster.crs.is_geographic
        self._to_raster = None if geographic else _transformer(where, raster)

    def at(self, lon_deg: Array, lat_deg: Array) -> Array:
        """Depth in metres of the pixels that hold positions, negative on land; NaN not known.

        Raises :class:`ContextError` where the file turns out to be damaged.
        """
        x, y = self._on_axes(np.asarray(lon_deg, float), np.asarray(lat_deg, float))
        x, y = (y, x) if self._swapped else (x, y)
        t = ~self._raster.transform
        columns, rows = t.a * x + t.b * y + t.c, t.d * x + t.e * y + t.f
        found = np.full(len(x), np.nan)
        known: dict[tuple[int, int], float] = {}
        for k, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
            if 0.0 <= row < self._raster.height and 0.0 <= column < self._raster.width:
                pixel = int(row), int(column)
                if pixel not in known:
                    known[pixel] = self._depth(*pixel)
                found[k] = known[pixel]
        return found

    def _on_axes(self, lon: Array, lat: Array) -> tuple[Array, Array]:
        """Positions in the raster's own system; longitudes by whole turns to where it begins."""
        if self._to_raster is not None:
            x, y = self._to_raster.transform((lon + 180.0) % 360.0 - 180.0, lat)
            return np.asarray(x), np.asarray(y)
        bounds = self._raster.bounds
        west = min((bounds.bottom, bounds.top) if self._swapped else (bounds.left, bounds.right))
        return west + (lon - west) % 360.0, lat

    def _depth(self, row: int, column: int) -> float:
        from rasterio.errors import RasterioError

        window = (row, row + 1), (column, column + 1)
        try:
            pixel = self._raster.read(1, window=window, masked=True).astype(float)
        except RasterioError as error:
            what = "is damaged: a part of it cannot be read"
            raise ContextError(self._raster.name, what, "get the file again") from error
        value = float(pixel.filled(np.nan)[0, 0]) * self._scale[0] + self._scale[1]
        return value if self._down else -value


def _opened(path: Path) -> Any:
    """The raster of the file; of a NetCDF with several variables the one of depths."""
    try:
        import rasterio
        from rasterio.errors import NotGeoreferencedWarning, RasterioError
    except ImportError as error:
        do = "install it: pip install 'cablewatch[bathymetry]'"
        raise ContextError(str(path), "reading bathymetry needs rasterio", do) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused by the caller
            raster = rasterio.open(path)
            if raster.count:
                return raster
            parts = {name.rpartition(":")[2]: name for name in raster.subdatasets}
            chosen = next((parts[name] for name in NAMES if name in parts), None)
            if chosen is not None:
                return rasterio.open(chosen)
    except (OSError, RasterioError) as error:
        what = str(error).partition("\n")[0][:200]
        raise ContextError(str(path), f"cannot be read ({what})", _MEND) from error
    what = f"no variable of depths among {', '.join(parts) or 'none'}"
    raise ContextError(str(path), what, f"name it one of {', '.join(NAMES)}")


def _on_globe(raster: Any) -> bool:
    """Whether axes without a reference system can be degrees."""
    left, bottom, right, top = raster.bounds
    placed = not raster.transform.is_identity
    return placed and max(map(abs, (left, right, bottom, top))) <= 361.0


def _runs_down(raster: Any, tags: dict[str, str]) -> bool:
    said = (raster.descriptions[0], tags.get("NETCDF_VARNAME"), tags.get("standard_name"))
    positive = tags.get("positive", "").lower()
    return positive == "down" or (
        positive != "up" and any("depth" in (text or "").lower() for text in said)
    )


def _swapped(raster: Any, path: Path) -> bool:
    """Whether the columns of a NetCDF are its latitudes, and its rows longitudes."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    units = {name: text for name, text in raster.tags().items() if name.endswith("#units")}
    axis = next((n for n, text in units.items() if text.lower().startswith("degrees_n")), None)
    if axis is None:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # an axis has no place
            with rasterio.open(f'NETCDF:"{path}":{axis.partition("#")[0]}') as column:
                lat = column.read(1).astype(float).ravel()
    except (OSError, RasterioError):
        return False
    step = np.ptp(lat) / max(1, len(lat) - 1)
    left, bottom, right, top = raster.bounds
    rows, columns = sorted((bottom, top)), sorted((left, right))
    middle = (lat.min() + lat.max()) / 2.0
    off_rows, off_columns = abs(sum(rows) / 2.0 - middle), abs(sum(columns) / 2.0 - middle)
    return bool(off_columns <= step < off_rows)


def _transformer(where: str, raster: Any) -> pyproj.Transformer:
    try:
        return pyproj.Transformer.from_crs("OGC:CRS84", raster.crs.to_wkt(), always_xy=True)
    except pyproj.exceptions.ProjError as error:
        raise ContextError(where, "its reference system is unknown", _MEND) from error
