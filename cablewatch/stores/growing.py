"""Tables of a store that every replay adds to: by key, and of equal keys the newest row stays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cablewatch.cables.model import Cable
from cablewatch.engine.state import CROSSING_DTYPE
from cablewatch.errors import StoreError
from cablewatch.fixes import Array
from cablewatch.places import Place
from cablewatch.stores.places import read_table, write

TABLES = {
    "vessels.parquet": ("mmsi",),
    "vessel_changes.parquet": ("mmsi", "field", "confirmed"),
    "crossings.parquet": ("time", "mmsi", "cable", "km"),
}
"""Their names, and their keys."""


def table_at(path: Place) -> pa.Table | None:
    """A table of the store; None where there is none."""
    try:
        return read_table(path)
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def add_rows(path: Place, rows: pa.Table, newest: str) -> None:
    """Merge rows into a table; `newest` is the column that says which is newer."""
    key = list(TABLES[path.name])
    before = table_at(path)
    if before is not None:
        rows = _appended(path, before, rows)
    frame = rows.to_pandas().sort_values([newest, *key], kind="stable")
    rows = pa.Table.from_pandas(
        frame.drop_duplicates(key, keep="last"), rows.schema, preserve_index=False
    )
    write(path, lambda temporary: pq.write_table(rows, temporary, compression="zstd"))


def crossing_table(parts: Sequence[Array], cables: Sequence[Cable]) -> pa.Table:
    """Crossings (`CROSSING_DTYPE`) as a table; `cables` in the order of the engine's index."""
    rows = np.concatenate([np.empty(0, CROSSING_DTYPE), *parts])
    columns: dict[str, Any] = {name: rows[name] for name in rows.dtype.names or ()}
    columns["t_ms"] = pa.array(rows["t_ms"], pa.timestamp("ms", "UTC"))
    columns["cable"] = pa.array([cables[k].id for k in rows["cable"].tolist()], pa.string())
    columns["inferred"] = rows["inferred"].astype(bool)
    return pa.table({("time" if k == "t_ms" else k): value for k, value in columns.items()})


def _damaged(path: Place, error: Exception) -> StoreError:
    what = f"damaged ({str(error).partition(chr(10))[0]})"
    return StoreError(str(path), what, "remove it, or choose another folder")


def _appended(path: Place, before: pa.Table, rows: pa.Table) -> pa.Table:
    """Both tables with the columns of `rows`; what an older version did not write is "unknown"."""
    try:
        both = pa.concat_tables([before, rows], promote_options="default")
    except pa.ArrowException as error:
        raise _damaged(path, error) from error
    both = both.select(rows.schema.names)
    for i, field in enumerate(rows.schema):
        if not pa.types.is_floating(field.type):
            unknown = "" if pa.types.is_string(field.type) else 0
            unsaid = pa.scalar(unknown).cast(field.type)
            both = both.set_column(i, field, pc.fill_null(both.column(i), unsaid))
    return both
