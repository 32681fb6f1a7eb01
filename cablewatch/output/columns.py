"""Fixes of many ships as columns of integers, and as an Arrow stream.

::

    mmsi    one a ship, ascending             count   fixes of each ship
    t_ms    since a moment                    lon_e6 lat_e6   degrees x 1,000,000
    sog_e1 cog_e1   knots, degrees x 10       heading   degrees     nav_status   code

`t_ms`, `lon_e6` and `lat_e6` are differences: the first fix of a ship tells its value, every other
one what it adds to the fix before. The sums are exact. What is not available is None.
"""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cablewatch.fixes import NAV_STATUS_UNDEFINED, Array, Fixes, Stations
from cablewatch.output.tables import FIX_SCHEMA, fix_table
from cablewatch.output.text import Json


def integer_columns(fixes: Fixes, since_ms: int) -> dict[str, pa.Array]:
    """Columns of fixes sorted by (mmsi, time), i8; see the module's table."""
    mmsi, first, count = np.unique(fixes.mmsi, return_index=True, return_counts=True)
    status = fixes.nav_status.astype(np.float32)
    status[fixes.nav_status == NAV_STATUS_UNDEFINED] = np.nan
    return {
        "mmsi": pa.array(mmsi, pa.int64()),
        "count": pa.array(count, pa.int64()),
        "t_ms": _differences(fixes.t_ms - since_ms, first),
        "lon_e6": _differences(np.rint(fixes.lon_deg * 1e6).astype(np.int64), first),
        "lat_e6": _differences(np.rint(fixes.lat_deg * 1e6).astype(np.int64), first),
        "sog_e1": _figures(fixes.sog_kn, 10),
        "cog_e1": _figures(fixes.cog_deg, 10),
        "heading": _figures(fixes.heading_deg, 1),
        "nav_status": _figures(status, 1),
    }


def json_with_columns(said: Json, fixes: Fixes, since_ms: int) -> str:
    """JSON of `said`, one member at least, with the columns of fixes after it; no spaces."""
    head = json.dumps(said, separators=(",", ":"))[:-1]
    columns = integer_columns(fixes, since_ms).items()
    return ",".join([head, *(f'"{name}":[{_joined(values)}]' for name, values in columns)]) + "}"


def arrow_stream(fixes: Fixes, stations: Stations) -> bytes:
    """Arrow IPC stream with the columns of ``output.tables``; stations as a dictionary."""
    table = fix_table(fixes, stations)
    station = FIX_SCHEMA.get_field_index("station")
    table = table.set_column(station, "station", pc.dictionary_encode(table["station"]))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


def _differences(values: Array, first: Array) -> pa.Array:
    steps = np.diff(values, prepend=0)
    steps[first] = values[first]
    return pa.array(steps, pa.int64())


def _figures(values: Array, times: int) -> pa.Array:
    missing = np.isnan(values)
    whole = np.rint(np.where(missing, 0, values) * times).astype(np.int64)
    return pa.array(whole, mask=missing)


def _joined(values: pa.Array) -> str:
    """Integers as JSON has them, with commas between."""
    words = pc.fill_null(values.cast(pa.string()), "null")
    return str(pc.binary_join(pa.ListArray.from_arrays([0, len(words)], words), ",")[0])
