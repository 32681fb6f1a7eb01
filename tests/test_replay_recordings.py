"""Recordings through replay: read to the end or refused by name; one answer for any cut."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import shapely

from cablewatch.alerts.records import record
from cablewatch.cables.model import Cable, load_cables
from cablewatch.output.text import canonical_json
from cablewatch.units import MINUTE_MS
from cablewatch.usecases.replay import Replay, replay

READ = [
    "nmea/aisdb_20211101.nm4",
    "nmea/dma_2010-06-11_raw.nmea",
    "nmea/dma_2013-11-12_5min.nmea.gz",
    "nmea/dma_2014-09-28_drift_538004030.nmea",
    "nmea/dma_2014-10-02_nuc_212123000.nmea",
    "nmea/dma_sudden_stop_219165000.nmea",
    "nmea/exactearth_tag_block.nmea",
    "nmea/kystverket_1000_lines.nm4",
    "nmea/libais/tagblock.nmea",
    "nmea/libais/test.aivdm",
    "nmea/libais/typeexamples.nmea",
    "nmea/seine_2016-03-31.log.gz",
    "nmea/seine_2016-04-01.log.gz",
    "nmea/uscg_test.nmea",
    "archives/dma_aisdk_2018-06-01_head.csv",
    "incidents/controls_2024-11-18_keyframes.csv",
    "incidents/skinfaxe_r_2025-01-26_keyframes.csv",
    "incidents/yi_peng_3_2024-11-18_keyframes.csv",
]
BROKEN_OFF = {  # nothing in them can be replayed, and the error says why
    "nmea/amsa_timestamped.nmea": "no sentence has a time",
    "nmea/gpsd/ais-18-27.log": "no sentence has a time",
    "nmea/gpsd/ais-nmea.log": "no sentence has a time",
}
STOC_MARCIA = "nmea/dma_2014-10-02_nuc_212123000.nmea"  # not under command, adrift over a cable
TRACKS = "tracks/santa_barbara_2018-06-01_04_class_a.parquet"
YI_PENG_3 = "incidents/yi_peng_3_2024-11-18_keyframes.csv"
TEST_CABLES = "tracks/test_cables.geojson"


def said(result: Replay) -> dict[str, object]:
    """Alerts without the names of the input, which differ by design."""
    alerts = {}
    for alert in result.alerts.values():
        content = record(alert)
        del content["source"]
        alerts[alert.id] = json.loads(canonical_json(content))
    return alerts


def same(one: Replay, other: Replay) -> bool:
    """Whether two replays said and counted the same."""
    return said(one) == said(other) and all(
        getattr(one, name) == getattr(other, name)
        for name in ("counts", "fixes", "ships", "ship_days", "crossings", "first_ms", "last_ms")
    )


@pytest.mark.parametrize("name", READ)
def test_is_read_to_its_end(shared: Path, name: str) -> None:
    result = replay([shared / name], load_cables())
    assert result.fixes > 0 and result.ships > 0
    assert result.errors == []


@pytest.mark.parametrize("name", BROKEN_OFF)
def test_what_cannot_be_replayed_is_an_error_with_its_reason(shared: Path, name: str) -> None:
    result = replay([shared / name], load_cables())
    assert result.fixes == 0
    (error,) = result.errors
    assert str(shared / name) in error.where and BROKEN_OFF[name] in error.what and error.do


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("archives/marinecadastre_2023-01-11.csv", 1000),
        ("archives/spire_2021-07-01.csv", 500),
        ("archives/digitraffic_2017-02-20.js", 80),
        ("archives/digitraffic_reduced_2025-12-11.json.gz", 1000),
        ("archives/aisstream_samples.jsonl", 1),
    ],
)
def test_archives_of_other_publishers_replay(shared: Path, name: str, least: int) -> None:
    result = replay([shared / name], load_cables())
    assert result.errors == []
    assert result.fixes >= least


def test_sentences_with_broken_fields_are_counted(shared: Path) -> None:
    result = replay([shared / "nmea/malformed_gofree.nmea"], load_cables())
    assert (result.fixes, result.errors) == (0, [])
    assert result.counts["bad_field_count"] > 1000


def test_one_answer_for_any_cut_of_a_log(shared: Path, tmp_path: Path) -> None:
    whole = replay([shared / STOC_MARCIA], load_cables())
    assert whole.alerts and whole.crossings
    parts = cut(shared / STOC_MARCIA, tmp_path, 5)
    assert same(replay(parts[::-1], load_cables()), whole)
    assert same(replay([shared / STOC_MARCIA], load_cables(), workers=2), whole)


def cut(log: Path, folder: Path, count: int) -> Sequence[Path]:
    """Write a log of $PGHP lines and sentences as files cut between whole messages, one zipped."""
    lines = log.read_bytes().splitlines(keepends=True)
    whole = [
        k
        for k in range(len(lines) - 1)
        if lines[k].startswith(b"$PGHP") and lines[k + 1].startswith(b"!AIVDM,1,1,")
    ]
    edges = [0, *(whole[len(whole) * k // count] for k in range(1, count)), len(lines)]
    parts = []
    for k in range(count):
        content = b"".join(lines[edges[k] : edges[k + 1]])
        parts.append(folder / (f"{k}.nmea.gz" if k == 1 else f"{k}.nmea"))
        parts[-1].write_bytes(gzip.compress(content) if k == 1 else content)
    return parts


def test_one_answer_for_any_cut_of_a_table(shared: Path, tmp_path: Path) -> None:
    cables = load_cables(shared / TEST_CABLES)
    whole = replay([shared / TRACKS], cables)
    assert whole.fixes > 380_000 and whole.crossings > 100
    assert whole.alerts and whole.errors == []
    table = pq.read_table(shared / TRACKS)
    third = table.num_rows // 3
    for k in range(3):
        pq.write_table(table.slice(k * third, None if k == 2 else third), tmp_path / f"{k}.parquet")
    parts = sorted(tmp_path.glob("*.parquet"))
    assert same(replay(parts, cables, workers=2), whole)


def crossing_lines(around: Cable, lon: float, lat: float) -> list[Cable]:
    """Two made-up cables through a place, one along the parallel and one along the meridian."""
    ways = ([(lon - 0.2, lat), (lon + 0.2, lat)], [(lon, lat - 0.1), (lon, lat + 0.1)])
    return [
        replace(around, id=f"line-{k}", route=shapely.MultiLineString([way]))
        for k, way in enumerate(ways)
    ]


@pytest.mark.parametrize(
    ("name", "place", "kinds"),
    [
        ("nmea/dma_2014-09-28_drift_538004030.nmea", (11.35, 57.79), {"drifting"}),
        (STOC_MARCIA, (15.36, 55.63), {"drifting"}),
        ("nmea/dma_sudden_stop_219165000.nmea", (15.936, 54.4592), set()),
    ],
)
def test_recorded_drifts_are_told_and_a_sudden_stop_is_none(
    shared: Path, name: str, place: tuple[float, float], kinds: set[str]
) -> None:
    """Labelled by the Danish Maritime Authority; the cables are laid where the ships went."""
    cable = replace(load_cables()[0], protection_zone_m=4000.0)
    result = replay([shared / name], crossing_lines(cable, *place))
    mmsi = int(name.removesuffix(".nmea").split("_")[-1])
    told = {alert.kind for alert in result.alerts.values() if alert.mmsi == mmsi}
    assert told & {"drifting", "anchor_drag"} == kinds


def test_the_recovery_stop_of_yi_peng_3_is_told_and_no_ordinary_ship_is(shared: Path) -> None:
    """Key frames after both breaks: no cycle and no own speed can be computed of them."""
    told = replay([shared / YI_PENG_3], load_cables()).alerts.values()
    (alert,) = [a for a in told if a.kind == "anchor_drag"]
    assert (alert.mmsi, alert.severity) == (414270000, "info")
    assert alert.refers_to_ms is not None and alert.observed_ms is not None
    assert 60 <= (alert.observed_ms - alert.refers_to_ms) / MINUTE_MS <= 100
    text = {term.name: term.text for term in alert.evidence}["recovery_stop"]
    assert "made 7.5 kn at most in the hour before and 10.9 kn after" in text
    for name in ("controls_2024-11-18", "skinfaxe_r_2025-01-26"):
        said = replay([shared / f"incidents/{name}_keyframes.csv"], load_cables()).alerts
        assert [a for a in said.values() if a.kind == "anchor_drag"] == []
    for name in ("sudden_stop_219165000", "2014-09-28_drift_538004030", "2014-10-02_nuc_212123000"):
        said = replay([shared / f"nmea/dma_{name}.nmea"], load_cables()).alerts
        assert [a for a in said.values() if a.kind == "anchor_drag"] == []
