"""Fixes as Arrow tables: the one set of columns that decode writes and the track store holds.

=======================================  =======================================================
``time_utc mmsi lon lat sog_kn cog_deg``  a fix; null is "not available"
``heading_deg nav_status flags``          likewise; flags are bits of ``FixFlag``
``station``                               name of the receiving station, null where unknown
=======================================  =======================================================

Decode adds the columns of static data (:data:`TABLE_SCHEMA`), null where nothing is said. Reading
a table back gives the very same fixes.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cablewatch.fixes import NAV_STATUS_UNDEFINED, Array, Fixes, Stations
from cablewatch.vessels.statics import STATIC_DTYPE, STATIC_NAMES, Statics

FIX_SCHEMA = pa.schema(
    [
        ("time_utc", pa.timestamp("ms", "UTC")),
        ("mmsi", pa.int32()),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
        ("sog_kn", pa.float32()),
        ("cog_deg", pa.float32()),
        ("heading_deg", pa.float32()),
        ("nav_status", pa.uint8()),
        ("flags", pa.uint8()),
        ("station", pa.string()),
    ]
)
_GAPPY = ("sog_kn", "cog_deg", "heading_deg")
TABLE_SCHEMA = pa.schema(
    [
        *FIX_SCHEMA,
        *(
            (name, pa.string() if kind.kind == "S" else pa.from_numpy_dtype(kind))
            for name, kind in ((name, STATIC_DTYPE[name]) for name in STATIC_NAMES)
        ),
    ]
)


def fix_table(fixes: Fixes, stations: Stations) -> pa.Table:
    """Fixes with the columns of :data:`FIX_SCHEMA`; station codes are those of `stations`."""
    codes, names = named_stations(fixes.station, stations)
    numbers = list(fixes.columns())[1:-1]
    columns = [
        pa.array(column, from_pandas=name in _GAPPY)
        for name, column in zip(FIX_SCHEMA.names[1:-1], numbers, strict=True)
    ]
    time = pa.array(fixes.t_ms, FIX_SCHEMA.field("time_utc").type)
    words = pa.array([name or None for name in names], pa.string())
    return pa.table([time, *columns, words.take(pa.array(codes))], schema=FIX_SCHEMA)


def named_stations(codes: Array, stations: Stations) -> tuple[Array, list[str]]:
    """Codes i4 into the sorted names of the stations present, which do not depend on the run."""
    present = np.unique(codes)
    names = [stations.name(int(code)) for code in present]
    order = np.argsort(np.array(names))
    rank = np.zeros(int(present[-1]) + 1 if len(present) else 1, np.int32)
    rank[present[order]] = np.arange(len(present))
    return rank[codes], [names[i] for i in order]


def table_fixes(table: pa.Table, stations: Stations) -> Fixes:
    """The fixes of a table with the columns of :data:`FIX_SCHEMA`; new stations join `stations`."""
    gaps = {"nav_status": NAV_STATUS_UNDEFINED, "flags": 0}
    columns = [
        (pc.fill_null(table[name], gaps[name]) if name in gaps else table[name]).to_numpy()
        for name in FIX_SCHEMA.names[1:-1]
    ]
    heard = table["station"]
    if not pa.types.is_dictionary(heard.type):
        heard = heard.dictionary_encode()
    heard = heard.unify_dictionaries().combine_chunks()
    if isinstance(heard, pa.ChunkedArray):
        heard = heard.chunk(0) if heard.num_chunks else pa.array([], heard.type)
    names = heard.dictionary.to_pylist()
    for name in sorted(names):  # so that the codes of a new table do not depend on the rows
        stations.code(name)
    codes = np.array([0, *(stations.code(name) for name in names)], np.uint16)
    at = pc.fill_null(heard.indices, -1).to_numpy(zero_copy_only=False)
    t_ms = table["time_utc"].cast(pa.int64()).to_numpy()
    made = [t_ms, *columns, codes[at + 1]]
    return Fixes.from_columns(**dict(zip(Fixes.__dataclass_fields__, made, strict=True)))


def static_columns(statics: Statics) -> dict[str, Any]:
    """Arrow columns of the static data, by name; what was not said is null."""
    made = {}
    for name in STATIC_NAMES:
        column = getattr(statics, name)
        if column.dtype.kind == "S":
            made[name] = _words(column)
        else:
            unsaid = np.isnan(column) if column.dtype.kind == "f" else column == 0
            made[name] = pa.array(column, mask=unsaid)
    return made


def _words(column: Array) -> pa.Array:
    """Strings of a column of bytes, few of which are not empty; null where one is."""
    said = np.flatnonzero(column != b"")
    words = pa.array(
        [text.decode("utf-8", "replace") for text in column[said].tolist()], pa.string()
    )
    codes = np.full(len(column), -1, np.int32)
    codes[said] = np.arange(len(said))
    return words.take(pa.array(codes, mask=codes < 0))
