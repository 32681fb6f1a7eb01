"""Alerts as GeoParquet 1.1: the properties of a record as typed columns, and the track twice.

``geometry`` is the line as GeoJSON has it, in WKB, for whoever draws; ``track`` holds the vertices
with their times. What a record says as text in RFC 3339 is a timestamp here, and null what is not
available.
"""

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from shapely.geometry import shape

from cablewatch.alerts.formats import feature
from cablewatch.alerts.model import Alert
from cablewatch.alerts.records import record
from cablewatch.output.text import epoch_ms

_TIME = pa.timestamp("ms", tz="UTC")
_MET = {"id": pa.string(), "km": pa.float64(), "time": _TIME, "angle_deg": pa.float64()}
_NEXT = {"id": pa.string(), "distance_m": pa.float64(), "eta": _TIME}
_TERM = {"name": pa.string(), "value": pa.float64(), "unit": pa.string()}
_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
}


def _list(fields: dict[str, pa.DataType]) -> pa.DataType:
    return pa.list_(pa.struct(fields))


SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "incident_id": pa.string(),
        "kind": pa.string(),
        "mmsi": pa.int64(),
        "name": pa.string(),
        "state": pa.string(),
        "review": pa.string(),
        "severity": pa.string(),
        "probability": pa.float64(),
        "started": _TIME,
        "raised": _TIME,
        "updated": _TIME,
        "ended": _TIME,
        "observed": _TIME,
        "refers_to": _TIME,
        "cables": _list({**_MET, "sog_kn": pa.float64(), "inferred": pa.bool_()}),
        "next_cables": _list(_NEXT),
        "evidence": _list({**_TERM, "contribution": pa.float64(), "text": pa.string()}),
        "suppressed_by": pa.list_(pa.string()),
        "geometry_confidence": pa.string(),
        "stations": pa.list_(pa.string()),
        "rule_version": pa.string(),
        "config_hash": pa.string(),
        "source": pa.string(),
        "track": _list({"lon": pa.float64(), "lat": pa.float64(), "time": _TIME}),
        "geometry": pa.binary(),
    }
)


def parquet(alerts: Iterable[Alert], attribution: str) -> bytes:
    """A file with a row an alert; `attribution` of the routes is in its metadata."""
    rows = [_row(alert) for alert in alerts]
    said = {"geo": json.dumps(_GEO), "attribution": attribution}
    table = pa.Table.from_pylist(rows, SCHEMA.with_metadata(said))
    made = pa.BufferOutputStream()
    pq.write_table(table, made, compression="zstd")
    return bytes(made.getvalue())


def _row(alert: Alert) -> dict[str, Any]:
    row = {name: _typed(value, SCHEMA.field(name).type) for name, value in record(alert).items()}
    geometry = feature(alert)["geometry"]
    row["geometry"] = geometry and shape(geometry).wkb
    return row


def _typed(value: Any, type_: pa.DataType) -> Any:
    """A value of a record as Arrow takes it: texts of times as milliseconds."""
    if value is None:
        return None
    if pa.types.is_timestamp(type_):
        return epoch_ms(value)
    if pa.types.is_list(type_):
        return [_typed(one, type_.value_type) for one in value]
    if pa.types.is_struct(type_):
        said = value if isinstance(value, dict) else dict(zip(type_.names, value, strict=True))
        return {field.name: _typed(said[field.name], field.type) for field in type_}
    return value
