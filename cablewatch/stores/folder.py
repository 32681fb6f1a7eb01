"""Writing a store folder: tracks, alerts, crossings, routes and what the run was.

=====================  ==========================================================================
``alerts.sqlite``      every version of every alert
``tracks/``            fixes of all ships, Parquet by UTC day
``crossings.parquet``  every crossing of every cable by every ship
``vessels.parquet``    last known static data, a row a ship
``cables.geojson``     the routes the alerts were made with
``run.json``           title, about, attribution, from, to, config_hash, created_by
=====================  ==========================================================================
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cablewatch import __version__
from cablewatch.alerts import Alert
from cablewatch.cables.model import Cable, as_collection
from cablewatch.engine.state import CROSSING_DTYPE
from cablewatch.errors import StoreError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.render import rfc3339
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.tracks import TrackWriter
from cablewatch.vessels import Vessels


class StoreWriter:
    """A store folder open for one replay; writing the same replay again adds nothing.

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

    @contextmanager
    def opened(self, stations: Stations) -> Iterator[None]:
        """Open the tracks for fixes whose station codes are those of `stations`."""
        with TrackWriter(self.folder / "tracks", stations) as self._tracks:
            yield

    def append(self, fixes: Fixes, alerts: Sequence[Alert], crossings: Array) -> None:
        """Add what one batch brought."""
        self._tracks.append(fixes)
        if alerts:
            self._alerts.append(alerts)
        self._crossings.append(crossings)

    def describe(
        self,
        cables: Sequence[Cable],
        vessels: Vessels,
        first_ms: int | None,
        last_ms: int | None,
        config_hash: str,
    ) -> None:
        """Write what is known at the end: routes, ships, crossings and the run itself."""
        routes = as_collection(tuple(cables))
        run = {
            "title": self._title,
            "about": self._about,
            "attribution": [routes["attribution"]] if cables else [],
            "from": None if first_ms is None else rfc3339(first_ms),
            "to": None if last_ms is None else rfc3339(last_ms),
            "config_hash": config_hash,
            "created_by": f"cablewatch {__version__}",
        }
        _replace(self.folder / "cables.geojson", json.dumps(routes).encode())
        known = vessels.known()
        self._write_table("vessels.parquet", _vessel_columns(known))
        self._write_table("crossings.parquet", self._crossing_columns(cables))
        _replace(self.folder / "run.json", json.dumps(run, indent=1).encode())

    def _crossing_columns(self, cables: Sequence[Cable]) -> dict[str, Any]:
        rows = np.concatenate([np.empty(0, CROSSING_DTYPE), *self._crossings])
        columns: dict[str, Any] = {name: rows[name] for name in rows.dtype.names or ()}
        columns["t_ms"] = pa.array(rows["t_ms"], pa.timestamp("ms", "UTC"))
        columns["cable"] = pa.array([cables[k].id for k in rows["cable"].tolist()], pa.string())
        columns["inferred"] = rows["inferred"].astype(bool)
        return {("time" if name == "t_ms" else name): value for name, value in columns.items()}

    def _write_table(self, name: str, columns: dict[str, Any]) -> None:
        path = self.folder / name
        pq.write_table(pa.table(columns), path.with_suffix(".tmp"), compression="zstd")
        os.replace(path.with_suffix(".tmp"), path)


def _vessel_columns(known: Any) -> dict[str, Any]:
    return {
        "mmsi": known.mmsi,
        "t_ms": known.t_ms,
        "ship_type": known.ship_type,
        "name": pa.array([name.decode("ascii", "replace") for name in known.name.tolist()]),
    }


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)
