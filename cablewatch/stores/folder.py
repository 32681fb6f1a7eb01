"""Writing a store folder: tracks, alerts, crossings, routes and what the run was.

==========================  =====================================================================
``alerts.sqlite``           every version of every alert
``tracks/``                 fixes of all ships, Parquet by UTC day
``crossings.parquet``       every crossing of every cable by every ship
``vessels.parquet``         last known static data, a row a ship, and which of it is confirmed
``vessel_changes.parquet``  every value that came to count, and from when
``cables.geojson``          the routes the alerts were made with
``run.json``                title, about, attribution, from, to, config_hash, created_by
==========================  =====================================================================
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cablewatch import __version__
from cablewatch.alerts import Alert
from cablewatch.cables.model import Cable, as_collection
from cablewatch.engine.state import CROSSING_DTYPE
from cablewatch.errors import StoreError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.render import rfc3339
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.compaction import MAX_PARTS, compact
from cablewatch.stores.tracks import TrackWriter
from cablewatch.tables import static_columns
from cablewatch.vessels import Vessels


class StoreWriter:
    """A store folder open for one replay.

    Writing the same replay again adds nothing, and another replay over the same routes by the same
    rules adds to it. What other rules, routes or selections made is never mixed in.

    Parameters
    ----------
    folder : Path
        Made when it is absent.
    title, about : str
        Shown by the page: what the data are, what is recorded and what is reconstructed.
    """

    def __init__(self, folder: Path, title: str, about: str) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                str(folder), f"cannot be made: {error.strerror}", "choose another folder"
            ) from error
        self.folder = folder
        self._title = title
        self._about = about
        self._alerts = AlertStore(folder / "alerts.sqlite")
        self._crossings: list[Array] = []
        self._before = self._run()

    @contextmanager
    def opened(self, stations: Stations, config_hash: str) -> Iterator[None]:
        """Open the tracks for fixes whose station codes are those of `stations`.

        Days in many parts are compacted when all is written.

        Raises
        ------
        StoreError
            The folder holds what another configuration made, or cannot be read.
        """
        self._config_hash = config_hash
        before = self._before.get("config_hash", config_hash)
        if before != config_hash:
            raise StoreError(
                str(self.folder),
                "was made with other rules, routes or selected ships",
                "choose another folder",
            )
        with TrackWriter(self.folder / "tracks", stations) as self._tracks:
            yield
        compact(self.folder / "tracks", MAX_PARTS)

    def append(self, fixes: Fixes, alerts: Sequence[Alert], crossings: Array) -> None:
        """Add what one batch brought."""
        self._tracks.append(fixes)
        if alerts:
            self._alerts.append(alerts)
        self._crossings.append(crossings)

    def describe(
        self, cables: Sequence[Cable], vessels: Vessels, first_ms: int | None, last_ms: int | None
    ) -> None:
        """Write what is known at the end: routes, ships, crossings and the run itself."""
        routes = as_collection(tuple(cables))
        starts = [self._before.get("from"), None if first_ms is None else rfc3339(first_ms)]
        ends = [self._before.get("to"), None if last_ms is None else rfc3339(last_ms)]
        run = {
            "title": self._title,
            "about": self._about,
            "attribution": [routes["attribution"]] if cables else [],
            "from": min(filter(None, starts), default=None),
            "to": max(filter(None, ends), default=None),
            "config_hash": self._config_hash,
            "created_by": f"cablewatch {__version__}",
        }
        _replace(self.folder / "cables.geojson", json.dumps(routes).encode())
        self._add_rows("vessels.parquet", _vessel_table(vessels), ["mmsi"], "t_ms")
        change = ["mmsi", "field", "confirmed"]
        self._add_rows("vessel_changes.parquet", _change_table(vessels), change, "confirmed")
        crossings = self._crossing_table(cables)
        self._add_rows("crossings.parquet", crossings, ["time", "mmsi", "cable", "km"], "time")
        _replace(self.folder / "run.json", json.dumps(run, indent=1).encode())

    def _run(self) -> dict[str, Any]:
        """What an earlier replay into the folder said of itself; empty when there was none."""
        try:
            said = json.loads((self.folder / "run.json").read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            do = "choose another folder"
            raise StoreError(str(self.folder / "run.json"), f"unreadable: {error}", do) from error
        return said if isinstance(said, dict) else {}

    def _crossing_table(self, cables: Sequence[Cable]) -> pa.Table:
        rows = np.concatenate([np.empty(0, CROSSING_DTYPE), *self._crossings])
        columns: dict[str, Any] = {name: rows[name] for name in rows.dtype.names or ()}
        columns["t_ms"] = pa.array(rows["t_ms"], pa.timestamp("ms", "UTC"))
        columns["cable"] = pa.array([cables[k].id for k in rows["cable"].tolist()], pa.string())
        columns["inferred"] = rows["inferred"].astype(bool)
        return pa.table({("time" if k == "t_ms" else k): value for k, value in columns.items()})

    def _add_rows(self, name: str, rows: pa.Table, key: list[str], newest: str) -> None:
        """Merge rows into a table by `key`; of equal keys the one with the newest time stays."""
        path = self.folder / name
        if path.exists():
            rows = _appended(pq.read_table(path), rows)
        frame = rows.to_pandas().sort_values([newest, *key], kind="stable")
        rows = pa.Table.from_pandas(
            frame.drop_duplicates(key, keep="last"), rows.schema, preserve_index=False
        )
        pq.write_table(rows, path.with_suffix(".tmp"), compression="zstd")
        os.replace(path.with_suffix(".tmp"), path)


def _appended(before: pa.Table, rows: pa.Table) -> pa.Table:
    """Both tables with the columns of `rows`; what an older version did not write is "unknown"."""
    both = pa.concat_tables([before, rows], promote_options="default").select(rows.schema.names)
    for i, field in enumerate(rows.schema):
        if not pa.types.is_floating(field.type):
            unknown = "" if pa.types.is_string(field.type) else 0
            unsaid = pa.scalar(unknown).cast(field.type)
            both = both.set_column(i, field, pc.fill_null(both.column(i), unsaid))
    return both


def _vessel_table(vessels: Vessels) -> pa.Table:
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


def _change_table(vessels: Vessels) -> pa.Table:
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


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)
