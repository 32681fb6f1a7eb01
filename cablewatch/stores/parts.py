"""One Parquet file of the track store: its rows in order, its name from its content."""

import hashlib
from collections.abc import Container
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.output.tables import FIX_SCHEMA, fix_table, named_stations
from cablewatch.places import Place
from cablewatch.stores.places import write

GROUP_ROWS = 1 << 14  # a ship of a Danish day lies in one or two groups of each file
ENCODINGS = {"time_utc": "DELTA_BINARY_PACKED", "lon": "BYTE_STREAM_SPLIT"}
ENCODINGS |= {"lat": "BYTE_STREAM_SPLIT"}
WRITING: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": [name for name in FIX_SCHEMA.names if name not in ENCODINGS],
    "column_encoding": ENCODINGS,
    "write_statistics": ["time_utc", "mmsi"],
}


def write_file(
    home: Place,
    kind: str,
    ends: tuple[object, object],
    fixes: Fixes,
    stations: Stations,
    taken: Container[str] = (),
    groups: Array | None = None,
) -> Place:
    """Write a file named by its kind, its ends and a hash of its rows; those `taken` are left out.

    Parameters
    ----------
    fixes : Fixes
        In the order to write them.
    stations : Stations
        Table of their station codes.
    groups : array, optional
        First rows of the row groups; without it each has :data:`GROUP_ROWS`.
    """
    codes, names = named_stations(fixes.station, stations)
    digest = hashlib.sha256("\0".join(names).encode())
    for column in [*list(fixes.columns())[:-1], codes]:
        digest.update(column.tobytes())
    final = home / f"{kind}-{ends[0]}-{ends[1]}-{digest.hexdigest()[:16]}.parquet"
    if final.name not in taken:
        starts = np.arange(0, len(fixes), GROUP_ROWS) if groups is None else groups
        table = fix_table(fixes, stations)
        write(final, lambda path: _write_groups(path, table, [*starts.tolist(), len(fixes)]))
    return final


def _write_groups(path: Path, table: pa.Table, edges: list[int]) -> None:
    with pq.ParquetWriter(path, FIX_SCHEMA, **WRITING) as writer:
        for first, after in pairwise(edges):
            writer.write_table(table.slice(first, after - first), row_group_size=after - first)


def ship_order(fixes: Fixes) -> Array:
    """Rows by (mmsi, t_ms), rows alike in both in the order they came."""
    if (fixes.t_ms[1:] < fixes.t_ms[:-1]).any():
        return joint_order(fixes.mmsi, fixes.t_ms)
    coded = pa.array(fixes.mmsi).dictionary_encode()
    ships = coded.dictionary.to_numpy()
    rank = np.empty(len(ships), np.uint16 if len(ships) <= 1 << 16 else np.uint32)
    rank[np.argsort(ships)] = np.arange(len(ships))
    return np.argsort(rank[coded.indices.to_numpy()], kind="stable")


def distinct(fixes: Fixes, major: Array, minor: Array) -> Fixes:
    """Rows sorted by `major`, `minor` and all columns, one of each kind.

    `major` and `minor` are integer columns of the fixes' length that tell equal rows alike.
    """
    order = joint_order(major, minor)
    key = [major[order], minor[order]]
    same = np.logical_and.reduce([column[1:] == column[:-1] for column in key])
    if not same.any():
        return fixes.take(order)
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    rows = order[tied]
    bits = [column[rows].view(f"u{column.dtype.itemsize}") for column in fixes.columns()]
    within = np.lexsort([*reversed(bits), minor[rows], major[rows]])
    order[tied] = rows[within]
    new = np.ones(len(order), bool)
    new[tied[1:]] = np.logical_or.reduce([b[within][1:] != b[within][:-1] for b in bits])
    return fixes.take(order[new])


def joint_order(major: Array, minor: Array) -> Array:
    """Index that sorts by (major, minor), rows alike in both in the order they come."""
    if not len(major):
        return np.empty(0, np.int64)
    least, span = int(minor.min()), int(minor.max()) - int(minor.min()) + 1
    if (int(major.max()) - int(major.min()) + 1) * span >= 1 << 63:
        return np.lexsort((minor, major))
    key = (major.astype(np.int64) - int(major.min())) * span + (minor - least)
    return np.argsort(key, kind="stable")
