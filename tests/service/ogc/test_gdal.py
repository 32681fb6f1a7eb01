"""A real client: GDAL's driver for OGC API - Features, in a process of its own."""

import json
import subprocess
import sys
from urllib.parse import parse_qs

import pyogrio
import pytest
from serving import running

from cablewatch.service import create_app

MMSI = 414270000
NAMES = ("alerts", "cables", "crossings", "tracks")

READ = """
import json, sys, geopandas, pyogrio
source, asked = sys.argv[1], json.loads(sys.argv[2])
said = {"layers": [name for name, _ in pyogrio.list_layers(source)]}
for layer, options in asked.items():
    options = {name: tuple(v) if name == "bbox" else v for name, v in options.items()}
    frame = geopandas.read_file(source, layer=layer, **options)
    kinds = sorted(set(frame.geom_type.dropna()))
    rows = json.loads(frame.to_json(default=str))
    said[layer] = {"crs": str(frame.crs), "kinds": kinds, "rows": rows}
print(json.dumps(said))
"""

pytestmark = pytest.mark.skipif(
    "OAPIF" not in pyogrio.list_drivers(), reason="this GDAL has no driver OAPIF"
)


def read(source, **asked):
    """Layers as geopandas reads them."""
    command = [sys.executable, "-c", READ, source, json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def properties(said):
    return [feature["properties"] for feature in said["rows"]["features"]]


class Noted:
    """An application that notes the queries it is asked, by path."""

    def __init__(self, app):
        self.app, self.asked = app, []

    def __getattr__(self, name):
        return getattr(self.app, name)

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            self.asked.append((scope["path"], parse_qs(scope["query_string"].decode())))
        await self.app(scope, receive, send)

    def query(self, name, parameter):
        """Every value of a parameter of a collection that was asked for."""
        path = f"/ogc/collections/{name}/items"
        return [said[parameter][0] for at, said in self.asked if at == path and parameter in said]


@pytest.fixture
def noted(store):
    return Noted(create_app(store))


@pytest.fixture
def source(store, noted):
    with running(store, app=noted) as served:
        yield "OAPIF:http://{}:{}/ogc".format(*served.address)


def test_gdal_reads_every_collection(source):
    said = read(source, alerts={}, cables={}, crossings={}, tracks={})
    assert said["layers"] == list(NAMES)
    assert {said[name]["crs"] for name in NAMES} == {"EPSG:4326"}
    assert {name: len(properties(said[name])) for name in NAMES} == {
        "alerts": 4,
        "cables": 2,
        "crossings": 3,
        "tracks": 2,
    }
    assert said["alerts"]["kinds"] == ["LineString"]
    assert {row["name"] for row in properties(said["cables"])} == {"Cable east", "Cable west"}
    assert said["crossings"]["kinds"] == ["Point"]
    assert {row["mmsi"]: row["fixes"] for row in properties(said["tracks"])} == {MMSI: 211, 1: 30}
    assert said["tracks"]["kinds"] == ["MultiLineString"]


def test_gdal_asks_for_a_box(source, noted):
    box = {"bbox": (16.0, 56.0, 19.1, 58.0)}
    said = read(source, **dict.fromkeys(NAMES, box))
    assert all(noted.query(name, "bbox") for name in NAMES)
    assert {name: len(properties(said[name])) for name in NAMES} == {
        "alerts": 3,
        "cables": 1,
        "crossings": 1,
        "tracks": 1,
    }


def test_gdal_asks_for_a_time(source, noted):
    wanted = {
        "alerts": {"where": "raised <= '2024-11-17T06:41:00Z'"},
        "crossings": {"where": "time <= '2024-11-17T07:30:00Z'"},
        "tracks": {"where": "start <= '2024-11-17T06:30:00Z'"},
    }
    said = read(source, **wanted)
    assert all(noted.query(name, "datetime") for name in wanted)
    assert {name: len(properties(said[name])) for name in wanted} == {
        "alerts": 2,
        "crossings": 1,
        "tracks": 1,
    }
