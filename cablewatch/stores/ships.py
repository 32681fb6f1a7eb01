"""Ships as tables: what they say of themselves, and how that changed."""

import pyarrow as pa
import pyarrow.compute as pc

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


def ships_beginning(ships: pa.Table, text: str | None) -> pa.Table:
    """Rows of ships of which a word of the name, the MMSI or the IMO number begins with a text.

    None stands for every ship, a text of spaces for none. Small and capital letters are the same.
    Rows come by name, then by MMSI; those without a name last.
    """
    asked = "" if text is None else text.strip().upper()
    met = pc.starts_with(pc.cast(ships["mmsi"], pa.string()), asked)
    if "imo" in ships.column_names:
        met = _either(met, pc.starts_with(pc.cast(ships["imo"], pa.string()), asked))
    name = pa.array([""] * len(ships), pa.string())
    if "name" in ships.column_names:
        name = pc.fill_null(pc.utf8_upper(pc.cast(ships["name"], pa.string())), "")
        words = pc.binary_join_element_wise(" ", name, "")
        met = _either(met, pc.match_substring(words, f" {asked}"))
    if text is not None and not asked:
        return ships.slice(0, 0)
    nameless = pc.equal(name, "")
    order = {"nameless": "ascending", "name": "ascending", "mmsi": "ascending"}
    keys = pa.table({"nameless": nameless, "name": name, "mmsi": ships["mmsi"]})
    at = pc.sort_indices(keys, sort_keys=list(order.items()))
    return ships.take(at).filter(pc.take(met, at))


def _either(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.or_(one, pc.fill_null(other, False))
