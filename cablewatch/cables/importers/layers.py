"""Layers of a file through GDAL (pyogrio), with one line for whatever goes wrong.

Only local files in the formats below are read. GDAL also knows formats that name other files or
hosts (virtual datasets, services); a file of that kind, under whatever ending, is refused.
"""

import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import pyproj
from pyogrio.errors import DataLayerError, DataSourceError, FieldError

from cablewatch.cables.importers.profile import Layout
from cablewatch.cables.importers.properties import text_of
from cablewatch.errors import CableError

FORMATS = {
    "GPKG": (".gpkg",),
    "ESRI Shapefile": (".shp", ".zip"),
    "KML": (".kml",),
    "LIBKML": (".kml", ".kmz"),
    "GeoJSON": (".geojson", ".json"),
    "S57": (".000",),
    "OSM": (".osm", ".pbf"),
    "FlatGeobuf": (".fgb",),
    "GML": (".gml",),
}
"""GDAL driver -> endings of its files."""
REFERENCES = (b"<OGR", b"gdal_streamed_alg")  # GDAL: OGRVRT, OGRWFS, OGRCSW; GDALG
HEAD_BYTES = 4096
ENCRYPTED = 1  # flag bit of a zip member
MAX_BYTES = 2 << 30  # features of a file are held in memory
KNOWN = "GeoPackage, Shapefile, KML, GeoJSON, S-57 (.000), OpenStreetMap (.osm, .pbf), GML"

_GDAL = (DataSourceError, DataLayerError, FieldError, OSError, RuntimeError, ValueError)


def layouts(path: Path) -> list[Layout]:
    """Layers of the file that have a geometry, before they are read.

    Raises
    ------
    CableError
        The file is missing, empty, too large, damaged, encrypted, of another format, or in a
        format that the installed GDAL lacks.
    """
    _refuse_at_sight(path)
    found = []
    with gdal_errors(str(path)):
        for name, geometry_type in pyogrio.list_layers(path):
            info = pyogrio.read_info(path, layer=name)
            if info["driver"] not in FORMATS:
                raise CableError(str(path), f"is read as {info['driver']}", f"give {KNOWN}")
            if geometry_type is None:
                continue
            columns = tuple(map(str, info["fields"]))
            found.append(Layout(str(name), columns, str(geometry_type), info["driver"]))
    if not found:
        raise CableError(str(path), "holds no layer with geometry", "export the lines again")
    return found


def _refuse_at_sight(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise CableError(
            str(path), f"cannot be read: {error.strerror}", "check the path"
        ) from error
    if path.is_dir() or not size:
        what = "is a folder" if path.is_dir() else "is empty"
        raise CableError(str(path), what, f"give a file: {KNOWN}")
    if size > MAX_BYTES:
        raise CableError(
            str(path), f"is larger than {MAX_BYTES >> 30} GiB", "cut out the region or the cables"
        )
    _refuse_references(path)
    _refuse_encrypted(path)
    drivers = [driver for driver, ends in FORMATS.items() if path.suffix.lower() in ends]
    if not drivers:
        raise CableError(str(path), f"has the ending {path.suffix!r}", f"give {KNOWN}")
    if not any("r" in pyogrio.list_drivers().get(driver, "") for driver in drivers):
        raise CableError(
            str(path),
            f"the installed GDAL lacks {' and '.join(drivers)}",
            "convert it to GeoPackage with another GDAL (ogr2ogr), or install pyogrio's own wheel",
        )


def _refuse_references(path: Path) -> None:
    """Refuse what makes GDAL open another file or host, before GDAL sees it."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if any(mark in head for mark in REFERENCES):
        raise CableError(str(path), "refers to other files or hosts", f"give the data: {KNOWN}")


def _refuse_encrypted(path: Path) -> None:
    """GDAL takes an encrypted member of a zip for a missing one."""
    if path.suffix.lower() not in (".zip", ".kmz"):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            encrypted = any(member.flag_bits & ENCRYPTED for member in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        raise CableError(str(path), f"no sound zip: {error}", "get the file again") from error
    if encrypted:
        raise CableError(str(path), "the zip is encrypted", "unpack it first")


def read(path: Path, layout: Layout, reading: Mapping[str, str], crs: str | None) -> Any:
    """GeoDataFrame of a layer on WGS84, longitude first, indexed by GDAL's feature number.

    Parameters
    ----------
    path, layout
        The file and which of its layers.
    reading
        GDAL's open options, and ``where``.
    crs
        Replaces the reference system that the file names; None keeps it.

    Raises
    ------
    CableError
        Damage, or a reference system that is missing or unknown.
    """
    where = f"{path}: layer {layout.label}"
    with gdal_errors(where):
        frame = pyogrio.read_dataframe(path, layer=layout.name, fid_as_index=True, **reading)
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise CableError(where, "has no geometry", "choose another with --layer")
    try:
        if crs is not None:
            frame = frame.set_crs(crs, allow_override=True)
        if frame.crs is None:
            raise CableError(where, "names no reference system", "say which with --crs EPSG:...")
        return frame.to_crs("OGC:CRS84")
    except (ValueError, pyproj.exceptions.ProjError) as error:
        raise CableError(
            where, f"its reference system cannot be used: {_line(error)}", "give --crs EPSG:..."
        ) from error


def choose(path: Path, found: Sequence[Layout], names: Sequence[str]) -> list[Layout]:
    """The layers that a user named.

    Raises
    ------
    CableError
        There is no layer of that name.
    """
    by_name = {layout.name: layout for layout in found}
    for name in names:
        if name not in by_name:
            raise CableError(
                str(path), f"has no layer {name!r}", f"there are {text_of(list(by_name))}"
            )
    return [by_name[name] for name in names]


@contextmanager
def gdal_errors(where: str) -> Iterator[None]:
    """Errors of GDAL as one line; its warnings are about things that are checked afterwards."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except _GDAL as error:
        do = "export it again; a chart that is encrypted (S-63) has to be decrypted first"
        raise CableError(where, f"cannot be read: {_line(error)}", do) from error


def _line(error: Exception) -> str:
    """The first sentence of what a library says, without what it suggests to programmers."""
    text = " ".join(str(error).split()).partition("; It might help")[0]
    return text[:200].rstrip(" .;") or type(error).__name__
