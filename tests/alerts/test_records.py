"""Alerts as GeoJSON, JSON lines, CSV and GeoParquet."""

import csv
import io
import json
import math
from dataclasses import replace
from datetime import datetime

import geopandas
import pandas as pd
import pyarrow.parquet as pq
import pytest
from shapely.geometry import shape

from cablewatch.alerts.formats import FORMATS, feature, feature_collection
from cablewatch.alerts.model import Alert, CableCrossing, Evidence, NextCable
from cablewatch.alerts.parquet import SCHEMA, parquet
from cablewatch.alerts.records import PROPERTIES, alert_from_record, record
from cablewatch.output.text import content_hash, epoch_ms, rfc3339

T0 = epoch_ms("2024-11-17T08:00:00Z")


def alert() -> Alert:
    """An alert with every field in use and a figure that is not available in each list."""
    return Alert(
        id="a1",
        incident_id="i1",
        kind="anchor_drag",
        mmsi=414270000,
        name='=HYPERLINK("http://x")<b>',
        state="open",
        review="new",
        severity="warning",
        probability=0.75,
        started_ms=T0,
        raised_ms=T0 + 600_050,
        updated_ms=T0 + 1_200_000,
        ended_ms=None,
        cables=(CableCrossing("bcs", 91.5, T0 + 60_000, 88.0, math.nan, True),),
        next_cables=(NextCable("c-lion1", 120_000.5, T0 + 36_000_000),),
        evidence=(
            Evidence("speed", 0.8, "", 2.5, "ran at 0.80 of its own speed"),
            Evidence("depth", math.nan, "m", 0.0, "no bathymetry"),
        ),
        suppressed_by=("fishing",),
        geometry_confidence="charted",
        stations=("r1", "r2"),
        rule_version="1",
        config_hash="cafe",
        source="demo",
        track=((19.0, 57.0, T0), (19.1, 56.9, T0 + 60_000)),
        observed_ms=T0 + 1_100_000,
        refers_to_ms=T0 + 700_000,
    )


def same(a: Alert, b: Alert) -> bool:
    """Equality that takes NaN for equal to NaN."""
    return repr(a) == repr(b)


def test_property_names_and_their_order_are_the_published_ones():
    said = feature(alert())["properties"]
    assert tuple(said) == PROPERTIES
    assert tuple(said["cables"][0]) == ("id", "km", "time", "angle_deg", "sog_kn", "inferred")
    assert tuple(said["next_cables"][0]) == ("id", "distance_m", "eta")
    assert tuple(said["evidence"][0]) == ("name", "value", "unit", "contribution", "text")


def test_a_record_loses_nothing():
    assert same(alert_from_record(json.loads(json.dumps(record(alert())))), alert())
    closed = replace(alert(), state="closed", ended_ms=T0 + 1, track=(), probability=math.nan)
    assert same(alert_from_record(record(closed)), closed)


def test_times_are_utc_with_z_and_missing_figures_are_null():
    said = feature(alert())["properties"]
    assert said["started"] == "2024-11-17T08:00:00Z"
    assert said["raised"] == "2024-11-17T08:10:00.050Z"
    assert said["ended"] is None
    assert said["cables"][0]["sog_kn"] is None
    assert said["evidence"][1]["value"] is None


def test_the_hash_sees_content_not_key_order():
    said = record(alert())
    turned = dict(reversed(said.items()))
    assert content_hash(turned) == content_hash(said)
    assert content_hash({**said, "state": "closed"}) != content_hash(said)


def test_collections_name_whom_the_routes_are_owed_to():
    made = feature_collection([alert()], "my survey, CC0-1.0")
    assert made["attribution"] == "my survey, CC0-1.0"
    assert feature_collection([], "")["features"] == []
    written = json.loads("".join(FORMATS["geojson"]([alert()], "my survey, CC0-1.0")))
    assert written["attribution"] == "my survey, CC0-1.0"


def test_json_lines_hold_one_alert_a_line():
    lines = "".join(FORMATS["jsonl"]([alert(), alert()], "")).splitlines()
    assert [same(alert_from_record(json.loads(line)), alert()) for line in lines] == [True, True]


UNSEEN = "\x1b[2J\x07\x7f\x9b31m\u202e\u2028\ufeff\u200b\r\n"


@pytest.mark.parametrize("form", ["jsonl", "geojson"])
def test_json_shows_nothing_that_a_terminal_obeys_and_loses_nothing(form):
    name = f"ÖLAND {UNSEEN}"
    text = "".join(FORMATS[form]([replace(alert(), name=name)], ""))
    assert text.removesuffix("\n").isprintable() and "ÖLAND" in text
    said = json.loads(text)
    assert (said if form == "jsonl" else said["features"][0]["properties"])["name"] == name


def test_geojson_is_strict_json():
    def refuse(constant):
        raise AssertionError(constant)

    made = json.loads("".join(FORMATS["geojson"]([alert()], "")), parse_constant=refuse)
    assert made["features"][0]["id"] == "a1"


def test_csv_has_a_row_an_alert_and_escapes_formulas():
    text = "".join(FORMATS["csv"]([alert()], ""))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert tuple(row) == (*PROPERTIES, "track")
    assert row["name"].startswith("'=HYPERLINK")
    assert json.loads(row["cables"])[0]["id"] == "bcs"
    assert row["ended"] == ""
    assert text.startswith('"id","incident_id"') and ',"414270000",' in text
    assert "".join(FORMATS["csv"]([], "")).count("\r\n") == 1


def test_geoparquet_loses_nothing_and_is_what_gis_read(tmp_path):
    far = tuple((179.9 + n / 10, 51.0, T0 + n) for n in range(4))
    alerts = [alert(), replace(alert(), id="a2", track=far), replace(alert(), id="a3", track=())]
    (tmp_path / "alerts.parquet").write_bytes(parquet(alerts, "my survey, CC0-1.0"))
    table = pq.read_table(tmp_path / "alerts.parquet")
    assert table.schema.names == [*PROPERTIES, "track", "geometry"]
    assert table.schema.metadata[b"attribution"] == b"my survey, CC0-1.0"
    for row, one in zip(table.to_pylist(), alerts, strict=True):
        assert same(written_back(row), one)
    read = geopandas.read_parquet(tmp_path / "alerts.parquet")
    assert read.crs == "OGC:CRS84"
    for geometry, one in zip(read.geometry, alerts, strict=True):
        said = feature(one)["geometry"]
        assert geometry is None if said is None else geometry == shape(said)
    assert read.geometry[1].geom_type == "MultiLineString"
    assert read.started[0] == pd.Timestamp("2024-11-17T08:00Z")


def test_geoparquet_without_an_alert_has_its_columns(tmp_path):
    (tmp_path / "alerts.parquet").write_bytes(parquet([], ""))
    assert len(geopandas.read_parquet(tmp_path / "alerts.parquet")) == 0
    assert pq.read_schema(tmp_path / "alerts.parquet").names == SCHEMA.names


def written_back(row):
    """The alert of a row of Parquet."""

    def plain(value):
        if isinstance(value, datetime):
            return rfc3339(round(value.timestamp() * 1000))
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    said = plain({name: value for name, value in row.items() if name != "geometry"})
    said["track"] = [list(vertex.values()) for vertex in said["track"]]
    return alert_from_record(said)
