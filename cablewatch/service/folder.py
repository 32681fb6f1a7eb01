"""Reading a store folder: what is absent is empty, what is damaged is a :class:`StoreError`.

=====================  ==========================================================================
``alerts.sqlite``      every version of every alert
``tracks/``            fixes of all ships, Parquet
``vessels.parquet``    last known static data, a row a ship
``cables.geojson``     the routes the alerts were made with
``run.json``           what was run: title, about, attribution, from, to, config_hash, created_by
=====================  ==========================================================================
"""

import json
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import Request

from cablewatch.errors import StoreError
from cablewatch.fixes import Fixes
from cablewatch.stores.alerts import AlertStore, Page
from cablewatch.stores.tracks import read_track

_MEND = "write the store again with 'cablewatch replay --store'"


class StoreFolder:
    """The files of one store folder."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise StoreError(str(path), "no such folder", "make one with 'cablewatch replay'")
        self.path = path

    @cached_property
    def _alerts(self) -> AlertStore:
        return AlertStore(self.path / "alerts.sqlite")

    def alerts(self) -> AlertStore | None:
        """Return the alert store; None where nothing has been stored yet."""
        return self._alerts if (self.path / "alerts.sqlite").is_file() else None

    def page_of_alerts(self, **wanted: Any) -> Page:
        """Return a page of :meth:`AlertStore.latest`."""
        store = self.alerts()
        return Page((), 0, None) if store is None else store.latest(**wanted)

    def run(self) -> dict[str, Any]:
        """Return what ``run.json`` says."""
        return self._json("run.json")

    def cables(self) -> list[dict[str, Any]]:
        """Return the features of ``cables.geojson``."""
        features = self._json("cables.geojson").get("features", [])
        return features if isinstance(features, list) else []

    def track(self, mmsi: int, start_ms: int | None, end_ms: int | None) -> Fixes:
        """Return the fixes of one ship by time, from `start_ms` up to and with `end_ms`."""
        folder = self.path / "tracks"
        return read_track(folder, mmsi, start_ms, end_ms) if folder.is_dir() else Fixes.empty()

    def vessel(self, mmsi: int) -> dict[str, Any] | None:
        """Return static data of one ship, text as str; None where nothing is known of it."""
        path = self.path / "vessels.parquet"
        if not path.is_file():
            return None
        try:
            rows = pq.read_table(path, filters=[("mmsi", "=", mmsi)]).to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise StoreError(str(path), str(error).splitlines()[0], _MEND) from None
        return {name: _text(value) for name, value in rows[-1].items()} if rows else None

    def _json(self, name: str) -> dict[str, Any]:
        path = self.path / name
        try:
            said = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise StoreError(str(path), f"not readable as JSON: {error}", _MEND) from None
        if not isinstance(said, dict):
            raise StoreError(str(path), "not a JSON object", _MEND)
        return said


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _text(value: Any) -> Any:
    return value.rstrip(b"\0").decode("utf-8", "replace") if isinstance(value, bytes) else value


async def store_folder(request: Request) -> StoreFolder:
    """Return the store folder of the application, as a dependency of routes."""
    folder: StoreFolder = request.app.state.folder
    return folder
