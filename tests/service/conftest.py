"""A store folder with a few alerts, tracks, routes and ships, and a client of it."""

import json
import pickle
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastapi.applications
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from cablewatch.alerts.model import Alert, CableCrossing, Evidence, NextCable
from cablewatch.fixes import Fixes, Stations
from cablewatch.output.text import epoch_ms, rfc3339
from cablewatch.service import create_app
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.crossings import CROSSING_SCHEMA
from cablewatch.stores.keys import KeyStore
from cablewatch.stores.sql.database import Database
from cablewatch.stores.tracks import TrackWriter
from cablewatch.units import HOUR_MS, MINUTE_MS
from tools.chromium import launched, missing

sys.path.insert(0, str(Path(__file__).parent))  # helpers beside the tests

T0 = epoch_ms("2024-11-17T06:00:00Z")
MMSI = 414270000
CREDIT = "Survey of nobody, CC0-1.0"
HOSTILE = "<img src=x onerror=alert(1)>"


def _fixes(mmsi: int = MMSI, minutes: int = 240, start_ms: int = T0) -> Fixes:
    """A fix a minute at 7 knots to the south-west, with half an hour missing after two hours."""
    n = np.arange(minutes)
    n = n[(n <= 120) | (n >= 150)]
    return Fixes.from_columns(
        t_ms=start_ms + n * MINUTE_MS,
        mmsi=np.full(len(n), mmsi),
        lon_deg=19.6 - n * 0.0024,
        lat_deg=57.2 - n * 0.0014,
        sog_kn=7.0 + np.sin(n / 3),
        cog_deg=np.full(len(n), 222.0),
    )


def _alert(number: int = 0, **changed: object) -> Alert:
    """An anchor drag over one cable, towards another."""
    track = _fixes().take(slice(None, None, 10))
    vertices = zip(track.lon_deg.tolist(), track.lat_deg.tolist(), track.t_ms.tolist(), strict=True)
    said: dict[str, object] = {
        "id": f"alert{number:03}",
        "incident_id": f"incident{number:03}",
        "kind": "anchor_drag",
        "mmsi": MMSI,
        "name": "YI PENG 3",
        "state": "open",
        "review": "new",
        "severity": "critical",
        "probability": 0.93,
        "started_ms": T0 + number * MINUTE_MS,
        "raised_ms": T0 + 40 * MINUTE_MS + number * MINUTE_MS,
        "updated_ms": T0 + 4 * HOUR_MS,
        "ended_ms": None,
        "cables": (CableCrossing("east", 91.5, T0 + 100 * MINUTE_MS, 71.0, 7.1, False),),
        "next_cables": (NextCable("west", 131_000.0, T0 + 14 * HOUR_MS),),
        "evidence": (
            Evidence("speed_loss", 0.62, "", 3.4, "Ran at 0.62 of its own speed for 95 min."),
            Evidence("limit_cycle", 4.1, "°", 2.3, "Course swung by 4.1° every 320 s."),
            Evidence("prior", float("nan"), "", -4.6, "One cargo ship in a hundred in this zone."),
        ),
        "suppressed_by": ("pilotage",),
        "geometry_confidence": "charted",
        "stations": ("gotland",),
        "rule_version": "1",
        "config_hash": "c0ffee",
        "source": "test",
        "track": tuple(vertices),
    }
    return Alert(**(said | changed))  # type: ignore[arg-type]


def _cable(name: str, lon: float) -> dict[str, object]:
    """A route from north to south."""
    return {
        "type": "Feature",
        "geometry": {
            "type": "LineString",
            "coordinates": [[lon, 58.0], [lon - 0.2, 57.0], [lon, 56.0]],
        },
        "properties": {
            "id": name,
            "name": f"Cable {name}",
            "kind": "telecom",
            "owner": "",
            "status": "in service",
            "source": "Survey of nobody",
            "licence": "CC0-1.0",
            "position_class": "charted",
            "position_uncertainty_m": 100.0,
            "protection_zone_m": 200.0,
            "zone_basis": "made up",
        },
    }


def _crossings() -> pa.Table:
    """Three crossings of two routes, by two ships."""
    rows = [(100, MMSI, "east", 91.5), (300, MMSI, "west", 20.0), (70, 1, "east", 10.25)]
    columns = {
        "time": [T0 + minutes * MINUTE_MS for minutes, *_ in rows],
        "mmsi": [row[1] for row in rows],
        "cable": [row[2] for row in rows],
        "km": [row[3] for row in rows],
        "angle_deg": [71.0, float("nan"), 45.0],
        "sog_before_kn": [7.0, 7.0, None],
        "sog_at_kn": [7.1, 7.0, 6.5],
        "sog_after_kn": [7.0, None, 6.0],
        "inferred": [False, True, False],
    }
    return pa.table(columns, schema=CROSSING_SCHEMA)


@pytest.fixture
def make_fixes() -> Callable[..., Fixes]:
    """Return a function that makes a track."""
    return _fixes


@pytest.fixture
def make_alert() -> Callable[..., Alert]:
    """Return a function that makes an alert, the same but for what is changed."""
    return _alert


@pytest.fixture(scope="session", autouse=True)
def documented_once() -> Iterator[None]:
    """Let applications of the same routes share what FastAPI says of them.

    It takes half a second to make. Each gets a copy, to which the service adds what it has to say.
    """
    make, made = fastapi.applications.get_openapi, {}

    def get_openapi(*, routes: list[Any], **said: Any) -> dict[str, Any]:
        key = tuple(
            route.path if hasattr(route, "path") else id(route.original_router) for route in routes
        )
        if key not in made:
            made[key] = pickle.dumps(make(routes=routes, **said))
        copied: dict[str, Any] = pickle.loads(made[key])
        return copied

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastapi.applications, "get_openapi", get_openapi)
        yield


@pytest.fixture(scope="session")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store folder as a replay leaves it, for all to copy and none to change."""
    folder = tmp_path_factory.mktemp("made")
    AlertStore(folder / "alerts.sqlite").append(
        [
            _alert(0),
            _alert(1, kind="loitering", severity="watch", mmsi=1, name=HOSTILE, next_cables=()),
            _alert(2, severity="info", state="closed", ended_ms=T0 + HOUR_MS, cables=()),
            _alert(3, severity="warning", track=()),
        ]
    )
    writer = TrackWriter(folder / "tracks", Stations())
    writer.append(_fixes())
    writer.append(_fixes(mmsi=1, minutes=30, start_ms=T0 + HOUR_MS))
    writer.close()
    routes = {
        "type": "FeatureCollection",
        "attribution": CREDIT,
        "features": [_cable("east", 19.5), _cable("west", 17.0)],
    }
    (folder / "cables.geojson").write_text(json.dumps(routes))
    pq.write_table(_crossings(), folder / "crossings.parquet")
    run = {
        "attribution": [CREDIT],
        "replays": [{"title": "Test run", "about": "All of it is made up.", "begun": rfc3339(T0)}],
        "modelled": [
            {
                "origin": "reconstructed",
                "mmsi": [MMSI],
                "from": rfc3339(T0),
                "to": rfc3339(T0 + HOUR_MS),
            },
            {"origin": "invented", "mmsi": [1]},
        ],
    }
    (folder / "run.json").write_text(json.dumps(run))
    ships = {"mmsi": [MMSI, 1], "name": ["YI PENG 3", HOSTILE], "draught_m": [0.0, 7.5]}
    pq.write_table(pa.table(ships), folder / "vessels.parquet")
    return folder


@pytest.fixture
def store(made_store: Path, tmp_path: Path) -> Path:
    """A store folder as a replay leaves it."""
    return Path(shutil.copytree(made_store, tmp_path, dirs_exist_ok=True))


@pytest.fixture
def keys(store: Path) -> KeyStore:
    """The keys of `store`."""
    return KeyStore(Database.to_write(store / "alerts.sqlite"))


@pytest.fixture
def client(store: Path) -> Iterator[TestClient]:
    """A client of the service over `store`; an unforeseen error is an answer, as in the field."""
    with TestClient(create_app(store), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Chromium, for all tests of a module; skips with the reason where that cannot be."""
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if reason := missing():
        pytest.skip(reason)
    with launched() as found:
        yield found


@pytest.fixture
def bare_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of the service over an empty folder."""
    app = create_app(tmp_path_factory.mktemp("bare"))
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
