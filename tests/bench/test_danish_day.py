"""The made-up Danish day: the form of the archive, and the mix of the real feed."""

from pathlib import Path

import numpy as np
import pyarrow.csv as pcsv
import pytest

from bench.danish.ships import KINDS, STATUSES
from bench.danish_day import HEADER, ODD, write_danish
from cablewatch.archives import open_archive
from cablewatch.archives.phrases import NAV_STATUS, SHIP_TYPE
from cablewatch.fixes import Fixes, FixFlag, Stations
from cablewatch.vessels.statics import Statics

ROWS = 300_000


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("danish") / "day.csv"
    write_danish(path, ROWS)
    return path


def test_every_row_is_a_fix_or_refused_for_a_reason_meant(day: Path) -> None:
    archive = open_archive(day, stations=Stations())
    batches = list(archive.batches(lambda _: None))
    fixes = Fixes.concat(batch.fixes for batch in batches)
    statics = Statics.concat(batch.statics for batch in batches)
    assert (archive.format, archive.ignored_columns) == ("danish-csv", [])
    counts = archive.refused.counts
    assert set(counts) == {"not_ship", "bad_mmsi", "no_position"}
    assert len(fixes) + sum(counts.values()) == ROWS
    refused = counts["no_position"] + counts["bad_mmsi"]
    assert refused / ROWS == pytest.approx(ODD["no_position"] + ODD["bad_mmsi"], rel=0.25)
    assert (np.diff(fixes.t_ms) >= 0).all()
    assert fixes.t_ms[-1] - fixes.t_ms[0] > 86_300_000
    assert 0.05 < ((fixes.flags & FixFlag.CLASS_B) != 0).mean() < 0.15
    for said in (statics.imo, statics.ship_type, statics.to_bow_m, statics.draught_m > 0):
        assert np.count_nonzero(said)
    assert np.count_nonzero(statics.name != b"") > 0.7 * len(np.unique(fixes.mmsi))


def test_shares_are_those_of_the_feed(day: Path) -> None:
    table = pcsv.read_csv(day).to_pandas()
    assert ",".join(table.columns) == HEADER
    assert 2_000 < ROWS / table["MMSI"].nunique() < 3_500
    ships = table[table["Type of mobile"].isin(["Class A", "Class B"])].dropna(subset=["SOG"])
    time = ships["# Timestamp"].str[11:]
    newest = ships[(time > "12:00:00") & (time < "12:06:00")].groupby("MMSI").tail(1)
    assert (newest["SOG"] < 0.5).mean() == pytest.approx(0.81, abs=0.05)
    class_a = newest[newest["Type of mobile"] == "Class A"]
    status = class_a[class_a["SOG"] < 0.5]["Navigational status"].value_counts(normalize=True)
    assert status["Under way using engine"] == pytest.approx(0.33, abs=0.08)
    assert status["At anchor"] == pytest.approx(0.06, abs=0.04)
    unheaded = newest["Heading"].isna().groupby(newest["Type of mobile"]).mean()
    assert unheaded["Class A"] == pytest.approx(0.13, abs=0.06)
    assert unheaded["Class B"] > 0.9


def test_a_moving_ship_moves_as_fast_as_it_says(day: Path) -> None:
    archive = open_archive(day, stations=Stations())
    fixes = Fixes.concat(batch.fixes for batch in archive.batches(lambda _: None))
    fixes = fixes.take((fixes.flags == 0) & (fixes.lon_deg != 0))
    fixes = fixes.take(np.argsort(fixes.mmsi, kind="stable"))
    hours = np.diff(fixes.t_ms) / 3_600_000
    near = (np.diff(fixes.mmsi) == 0) & (hours > 0) & (hours < 0.01) & (fixes.sog_kn[1:] > 8)
    north = np.diff(fixes.lat_deg) * 60
    east = np.diff(fixes.lon_deg) * 60 * np.cos(np.radians(fixes.lat_deg[1:]))
    made_kn = np.hypot(north, east)[near] / hours[near]
    assert np.median(np.abs(made_kn - fixes.sog_kn[1:][near])) < 1.0  # whole seconds, noise
    assert 8 < np.median(hours[near]) * 3600 <= 10


def test_the_seed_makes_the_day_and_words_are_known(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_danish(tmp_path / name, 5_000, seed)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c
    assert a.count(b"\r\n") == 5_001
    assert {kind.lower() for kind in KINDS} - {"undefined"} <= SHIP_TYPE.keys()
    assert {status.lower() for status in STATUSES} - {"unknown value"} <= NAV_STATUS.keys()
