"""Crossings of a store: every crossing of every cable by every ship, alert or not."""

import pyarrow as pa

from cablewatch.errors import StoreError
from cablewatch.places import Place
from cablewatch.stores.places import read_table

CROSSING_SCHEMA = pa.schema(
    [
        ("time", pa.timestamp("ms", "UTC")),
        ("mmsi", pa.int32()),
        ("cable", pa.string()),
        ("km", pa.float32()),
        ("angle_deg", pa.float32()),
        ("sog_before_kn", pa.float32()),
        ("sog_at_kn", pa.float32()),
        ("sog_after_kn", pa.float32()),
        ("inferred", pa.bool_()),
    ]
)


def read_crossings(path: Place) -> pa.Table:
    """Rows of ``crossings.parquet`` in order of time; none while there is no such file.

    Raises
    ------
    StoreError
        The file cannot be read, or lacks a column.
    """
    try:
        table = read_table(path).select(CROSSING_SCHEMA.names).cast(CROSSING_SCHEMA)
    except FileNotFoundError:
        return CROSSING_SCHEMA.empty_table()
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        what = f"cannot be read ({str(error).partition(chr(10))[0]})"
        do = "write the store again with 'cablewatch replay --store'"
        raise StoreError(str(path), what, do) from error
    return table.sort_by([(name, "ascending") for name in ("time", "mmsi", "cable", "km")])
