"""Drags heard otherwise, and recorded incidents: labels, and what is left of the reports."""

from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest
from sailing import MMSI, START_MS, drag, straight

from cablewatch.archives import ReadOptions
from cablewatch.errors import ArchiveError
from cablewatch.evaluation.incidents import incidents, load_incidents
from cablewatch.evaluation.injections import injected
from cablewatch.evaluation.lattice import lattice
from cablewatch.evaluation.receptions import DRAWN_QUICK, RECEPTIONS, heard, receptions
from cablewatch.evaluation.traffic import Traffic
from cablewatch.evaluation.trials import product
from cablewatch.fixes import Fixes, FixFlag, Stations
from cablewatch.output.tables import fix_table
from cablewatch.output.text import rfc3339
from cablewatch.units import HOUR_MS, MINUTE_MS

HEAD = "name,mmsi,from,to,what,archive\n"


def table(folder: Path, *rows: str) -> Path:
    path = folder / "incidents.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def line(what: str = "drag", start: int = 3 * HOUR_MS, mmsi: int = MMSI) -> str:
    first, last = rfc3339(START_MS + start), rfc3339(START_MS + 5 * HOUR_MS)
    return f"the tow,{mmsi},{first},{last},{what},tow.csv"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Eight hours of one ship that drags for two of them, and a sister that does not."""
    one = drag(minutes=120.0, deviation_deg=5.0)
    towing, _ = injected(straight(noise_m=3.0), one)
    sister = straight(noise_m=3.0)
    sister.mmsi[:] = MMSI + 1
    sister.lat_deg[:] += 0.2
    fixes = Fixes.concat([towing, sister])
    fixes = fixes.take(np.argsort(fixes.t_ms, kind="stable"))
    fixes.station[:] = 0
    pyarrow.csv.write_csv(fix_table(fixes, Stations()), tmp_path / "tow.csv")
    return tmp_path


def test_a_recorded_drag_is_told_and_a_sister_is_not(archive: Path) -> None:
    named = load_incidents(table(archive, line(), line("ordinary", mmsi=MMSI + 1)))
    tow, sister = incidents(named, (), ReadOptions(), product)
    assert tow["watch"] and tow["probability"] > 0.2
    assert tow["known"]["own speed"] == 1.0 and tow["known"]["cycle"] > 0.5
    assert tow["minutes"] == 120 and tow["fixes"] > 600
    assert sister["watch"] is None and sister["probability"] == 0.0
    assert sister["highest_nats"] < tow["highest_nats"]


def test_a_ship_that_is_not_in_the_archive_is_told_as_unheard(archive: Path) -> None:
    (row,) = incidents(
        load_incidents(table(archive, line(mmsi=MMSI + 7))), (), ReadOptions(), product
    )
    assert row["fixes"] == row["minutes"] == 0
    assert row["highest_nats"] is None and row["known"]["cycle"] is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (line("anchor"), "say drag or ordinary"),
        (line(start=6 * HOUR_MS), "an end after the start"),
        (line().replace("Z", ""), "names no time zone"),
        (line().replace(str(MMSI), "many"), "invalid literal"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(ArchiveError, match=said) as caught:
        load_incidents(table(tmp_path, line(), row))
    assert "incidents.csv:3" in str(caught.value)


def test_a_missing_column_or_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    with pytest.raises(ArchiveError, match="cannot be read"):
        load_incidents(path)
    path.write_text("name,mmsi\nx,1\n", encoding="utf-8")
    with pytest.raises(ArchiveError, match="lacks from, to, what, archive"):
        load_incidents(path)


def test_a_reception_leaves_other_ships_alone() -> None:
    ours, theirs = straight(), straight()
    theirs.mmsi[:] = MMSI + 1
    fixes = Fixes.concat([ours, theirs])
    for reception in RECEPTIONS:
        left = heard(fixes, [MMSI], reception)
        assert (left.mmsi == MMSI + 1).sum() == len(theirs)
        mine = left.take(left.mmsi == MMSI)
        assert bool(np.all(mine.flags == int(FixFlag.CLASS_B))) == reception.class_b
        if reception.period_min:
            into_min = mine.t_ms / MINUTE_MS % reception.period_min
            assert 0 < len(mine) < len(ours) / 5 and into_min.max() < reception.pass_min


def test_rarer_reports_leave_less_to_compute(traffic: Traffic) -> None:
    rows = receptions(traffic, [lattice(traffic.fixes)], "calibrate", 0, [], DRAWN_QUICK, product)
    assert [row["reception"] for row in rows] == [r.name for r in RECEPTIONS]
    assert len({row["drags"] for row in rows}) == 1
    known = [row["known"]["cycle"] for row in rows]
    assert known[0] > 0.5 > known[-1]
