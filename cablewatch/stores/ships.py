"""Ships as tables: what they say of themselves, and how that changed."""

import pyarrow as pa

from cablewatch.output.tables import static_columns
from cablewatch.vessels.register import Vessels


def vessel_table(vessels: Vessels) -> pa.Table:
    """A row a ship: what it said last, and which of it is confirmed."""
    known, counts = vessels.known()
    said = {
        name: column.fill_null("" if pa.types.is_string(column.type) else 0)
        for name, column in static_columns(known).items()
        if name != "draught_m"
    }
    draught = pa.array(known.draught_m, from_pandas=True)
    flags = {f"{field}_confirmed": flag for field, flag in counts.items()}
    times = pa.array(known.t_ms)
    return pa.table({"mmsi": known.mmsi, "t_ms": times, **said, "draught_m": draught, **flags})


def change_table(vessels: Vessels) -> pa.Table:
    """A row for every value that came to count."""
    changes = vessels.changes()
    time = pa.timestamp("ms", "UTC")
    return pa.table(
        {
            "mmsi": pa.array([change.mmsi for change in changes], pa.int32()),
            "field": pa.array([change.field for change in changes], pa.string()),
            "value": pa.array([change.text for change in changes], pa.string()),
            "said": pa.array([change.said_ms for change in changes], time),
            "confirmed": pa.array([change.confirmed_ms for change in changes], time),
            "forgotten": pa.array([change.forgotten for change in changes], pa.int32()),
        }
    )
