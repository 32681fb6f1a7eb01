"""Reading a store folder, as ``stores.folder`` writes it.

What a replay writes late (tracks, vessels) is empty while it is absent. Alerts must be there: a
folder without them is no store. What is damaged is a :class:`StoreError`.
"""

import json
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, NoReturn

import pyarrow as pa
from fastapi import Request

from cablewatch.alerts.model import Alert
from cablewatch.errors import StoreError
from cablewatch.fixes import Fixes, Stations
from cablewatch.places import Place
from cablewatch.stores.alerts import AlertReader
from cablewatch.stores.changes import ChangeLog
from cablewatch.stores.events import now_ms
from cablewatch.stores.folder import alerts_place
from cablewatch.stores.keys import KeyStore
from cablewatch.stores.places import read_table, stamp
from cablewatch.stores.reviews import Review, Reviewed, ReviewLog
from cablewatch.stores.run import Run, origin_of, read_run
from cablewatch.stores.ships import ships_beginning
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.engines import UNHURRIED, Bounds
from cablewatch.stores.tracks import read_track

_MEND = "write the store again with 'cablewatch replay --store'"


class StoreFolder:
    """The files of one store folder, and the database of its alerts where that is elsewhere."""

    def __init__(
        self, path: Place, database: str | None = None, bounds: Bounds = UNHURRIED
    ) -> None:
        if not path.is_dir():
            raise StoreError(str(path), "no such folder", "make one with 'cablewatch replay'")
        self.path = path
        self.tracks = path / "tracks"
        self._place = alerts_place(path, database)
        self._bounds = bounds

    @cached_property
    def alerts(self) -> AlertReader:
        """The alert store; StoreError where there is none."""
        reader = AlertReader(Database.to_read(self._place, self._bounds))
        reader.database.keep()
        return reader

    @cached_property
    def changes(self) -> ChangeLog:
        """What became of the alerts; StoreError where there is no alert store."""
        return ChangeLog(self.alerts.database)

    def reviews(self) -> ReviewLog:
        """What people did with the alerts, to be read."""
        return ReviewLog(self.alerts.database)

    def review(self, review: Review) -> Reviewed | None:
        """Append what somebody did; None where there is no such alert."""
        return ReviewLog(self.writing).append(review)

    @cached_property
    def writing(self) -> Database:
        """The database of the alerts, to be written; StoreError where there is none."""
        Database.to_read(self._place, self._bounds).close()  # where there is no store none is made
        return Database.to_write(self._place, self._bounds)

    @cached_property
    def keys(self) -> KeyStore:
        """The keys, in the database of the alerts; StoreError where there is none."""
        return KeyStore(self.alerts.database)

    def has_key(self) -> bool:
        """Whether there is a key that may be used now."""
        there = isinstance(self._place, str) or self._place.is_file()
        return there and any(key.holds(now_ms()) for key in self.keys.all())

    def check(self) -> None:
        """Read what is small; StoreError where it is damaged or this is no store."""
        for error in self.failures().values():
            raise error

    def failures(self) -> dict[str, StoreError]:
        """What of it cannot be read, by what that is called outside."""
        found = {}
        for name, look in _LOOKS.items():
            try:
                look(self)
            except StoreError as error:
                found[name] = error
        return found

    def run(self) -> Run:
        """Return what ``run.json`` says."""
        return read_run(self.path) or Run()

    def origin(self, run: Run, alert: Alert) -> str | None:
        """Where the positions of an alert come from, as far as they are modelled."""
        return origin_of(run.modelled, alert.mmsi, alert.started_ms, alert.updated_ms)

    def report(self, alert_id: str) -> Place | None:
        """The page that ``report ALERT --out STORE`` made of an alert; None where none is."""
        page = self.path / f"report-{alert_id}.html"
        return None if stamp(page) is None else page

    def cables(self) -> tuple[str, list[dict[str, Any]]]:
        """Return attribution and features of ``cables.geojson``."""
        path = self.path / "cables.geojson"
        said = _json(path)
        features, attribution = said.get("features", []), said.get("attribution", "")
        sound = isinstance(features, list) and isinstance(attribution, str)
        if not (sound and all(map(_is_route, features))):
            raise StoreError(str(path), "not a collection of routes", _MEND)
        return attribution, features

    def track(
        self, mmsi: int, start_ms: int | None, end_ms: int | None, stations: Stations | None = None
    ) -> Fixes:
        """Return the fixes of one ship by time, from `start_ms` up to and with `end_ms`."""
        if not self.tracks.is_dir():
            return Fixes.empty()
        return read_track(self.tracks, mmsi, start_ms, end_ms, stations=stations)

    def vessel(self, mmsi: int) -> dict[str, Any] | None:
        """Return static data of one ship, text as str; None where nothing is known of it."""
        rows = self._vessels([("mmsi", "=", mmsi)]).to_pylist()
        return {name: _text(value) for name, value in rows[-1].items()} if rows else None

    def ships(self, beginning: str | None) -> list[dict[str, Any]]:
        """Return static data of the ships that a text begins a name or number of, or of all."""
        found = ships_beginning(self._vessels(), beginning).to_pylist()
        return [{name: _text(value) for name, value in row.items()} for row in found]

    def names(self, ships: Iterable[int]) -> dict[int, str]:
        """Names of ships by MMSI, of those that said one."""
        rows = self._vessels([("mmsi", "in", sorted(set(ships)))]).to_pylist()
        return {row["mmsi"]: _text(row["name"]) for row in rows if row.get("name")}

    def _vessels(self, filters: list[tuple[str, str, Any]] | None = None) -> pa.Table:
        path = self.path / "vessels.parquet"
        try:
            return read_table(path, filters=filters)
        except FileNotFoundError:
            return pa.table({"mmsi": pa.array([], pa.int32())})
        except (OSError, pa.ArrowException) as error:
            raise StoreError(str(path), str(error).splitlines()[0], _MEND) from None


_LOOKS: dict[str, Callable[[StoreFolder], Any]] = {
    "alerts": lambda folder: folder.alerts.latest(limit=1),
    "run": StoreFolder.run,
    "cables": StoreFolder.cables,
    "vessels": lambda folder: folder.vessel(0),
}


def _is_route(feature: Any) -> bool:
    """Whether a feature is a line, or null, with properties that name it."""
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        return False
    geometry = feature.get("geometry")
    lines = isinstance(geometry, dict) and geometry.get("type") in ("LineString", "MultiLineString")
    return (geometry is None or lines) and isinstance(feature["properties"].get("id"), str)


def _json(path: Place) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
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
