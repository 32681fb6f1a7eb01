"""Crossings as features: a point where the kilometre point of a crossing lies on the route."""

import math
import re
from bisect import bisect_left
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cablewatch.archives.selection import within
from cablewatch.cables.model import load_cables
from cablewatch.errors import CableError, StoreError
from cablewatch.fixes import Array
from cablewatch.investigation.line import Line
from cablewatch.output.text import Json, rfc3339
from cablewatch.places import Place
from cablewatch.service.folder import StoreFolder
from cablewatch.service.ogc.pages import Collection, Extent, Items, known_cursor, page_of
from cablewatch.service.ogc.query import Query
from cablewatch.stores.crossings import read_crossings
from cablewatch.stores.places import on_disk, stamp

PLACES = 6  # of degrees, 0.1 m
_ID = re.compile(r"\d{13}-\d{9}-.+-\d+\.\d{3}", re.ASCII | re.DOTALL)
FIGURES = ("km", "angle_deg", "sog_before_kn", "sog_at_kn", "sog_after_kn")


class Placed(NamedTuple):
    """Crossings in the order of their ids, which is that of their times."""

    ids: list[str]
    rows: pa.Table
    t_ms: Array
    lon: Array  # NaN where the route is not known
    lat: Array


def crossings(folder: StoreFolder, query: Query, cable: str | None = None) -> Items:
    """The page of crossings that a query asks for, of one cable or of all."""
    known_cursor(query, _ID.fullmatch)
    placed = _placed(folder)
    wanted = np.ones(len(placed.ids), bool)
    if cable is not None:
        wanted &= pc.equal(placed.rows["cable"], cable).to_numpy()
    if query.start_ms is not None:
        wanted &= placed.t_ms >= query.start_ms
    if query.end_ms is not None:
        wanted &= placed.t_ms <= query.end_ms
    if query.bbox is not None:
        wanted &= within(query.bbox, placed.lon, placed.lat) | np.isnan(placed.lon)
    found = np.flatnonzero(wanted)
    shown, cursor = page_of([placed.ids[i] for i in found.tolist()], query)
    return Items(_features(placed, found[shown]), len(found), cursor)


def _item(folder: StoreFolder, name: str) -> Json | None:
    placed = _placed(folder)
    at = bisect_left(placed.ids, name)
    return _features(placed, np.array([at]))[0] if placed.ids[at : at + 1] == [name] else None


def _extent(folder: StoreFolder) -> Extent:
    placed = _placed(folder)
    times = (int(placed.t_ms[0]), int(placed.t_ms[-1])) if placed.ids else (None, None)
    known = ~np.isnan(placed.lon)
    if not known.any():
        return Extent(None, *times)
    lon, lat = placed.lon[known], placed.lat[known]
    box = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    return Extent(box, *times)


def _features(placed: Placed, index: Array) -> list[Json]:
    rows = placed.rows.take(pa.array(index, pa.int64())).to_pylist()
    return [_feature(placed, i, row) for i, row in zip(index.tolist(), rows, strict=True)]


def _feature(placed: Placed, i: int, row: Json) -> Json:
    place = [round(float(degrees[i]), PLACES) for degrees in (placed.lon, placed.lat)]
    figures = {name: _rounded(row[name]) for name in FIGURES}
    return {
        "type": "Feature",
        "id": placed.ids[i],
        "geometry": None if math.isnan(place[0]) else {"type": "Point", "coordinates": place},
        "properties": {
            "time": rfc3339(int(placed.t_ms[i])),
            "mmsi": row["mmsi"],
            "cable": row["cable"],
            **figures,
            "inferred": row["inferred"],
        },
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None or math.isnan(figure) else round(figure, 3)


def _placed(folder: StoreFolder) -> Placed:
    """All crossings of a store, anew where a replay has written."""
    path, routes = folder.path / "crossings.parquet", folder.path / "cables.geojson"
    return _read(path, routes, (stamp(path), stamp(routes)))


@lru_cache(2)
def _read(path: Place, routes: Place, _written: object) -> Placed:
    rows = read_crossings(path)
    t_ms = rows["time"].cast(pa.int64()).to_numpy()
    names, km = rows["cable"].to_pylist(), rows["km"].to_numpy().astype(float)
    keys = zip(t_ms.tolist(), rows["mmsi"].to_pylist(), names, km.tolist(), strict=True)
    ids = [f"{t:013}-{mmsi:09}-{name}-{at:.3f}" for t, mmsi, name, at in keys]
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), int)
    lon, lat = _places(routes, np.array(names, object), km)
    rows = rows.take(pa.array(order, pa.int64()))
    return Placed([ids[i] for i in order], rows, t_ms[order], lon[order], lat[order])


def _places(routes: Place, names: Array, km: Array) -> tuple[Array, Array]:
    lon, lat = np.full(len(km), np.nan), np.full(len(km), np.nan)
    if not len(km):
        return lon, lat
    try:
        with on_disk(routes) as path:
            cables = load_cables(path) if path.is_file() else ()
    except CableError as error:
        raise StoreError(error.where, error.what, error.do) from error
    for cable in cables:
        here = names == cable.id
        if here.any():
            lon[here], lat[here] = Line(cable).places(km[here])
    return lon, lat


CROSSINGS = Collection(
    title="Crossings",
    about="Every crossing of every cable by every ship, alert or not, at its `time`, where the "
    "kilometre point `km` lies on the route.",
    limit=100,
    most=1000,
    items=crossings,
    item=_item,
    extent=_extent,
)
