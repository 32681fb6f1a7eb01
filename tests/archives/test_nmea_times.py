"""Logs whose times need a zone, or the date in the file's name."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cablewatch.archives import ReadOptions, open_archive
from cablewatch.fixes import Fixes, Stations

SENTENCE = "!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A"


@pytest.mark.parametrize(
    ("name", "line", "zone", "time"),
    [
        ("a.log", f"2016-04-01 01:30:00,{SENTENCE}", "Europe/Paris", "2016-03-31T23:30:00"),
        ("seine_2016-03-31.log", f"23:59:58 {SENTENCE}", "UTC", "2016-03-31T23:59:58"),
    ],
)
def test_times_that_need_a_zone_or_the_date_of_the_name(
    tmp_path: Path, name: str, line: str, zone: str, time: str
) -> None:
    path = tmp_path / name
    path.write_text(line + "\n!AIVDM,1,1,,B,spoilt\n")
    options = ReadOptions(format="nmea", zone=ZoneInfo(zone))
    archive = open_archive(path, options=options, stations=Stations())
    fixes = Fixes.concat(batch.fixes for batch in archive.batches(lambda _: None))
    assert fixes.t_ms.astype("M8[ms]").astype(str).tolist() == [f"{time}.000"]
    [(reason, example)] = archive.refused.examples.items()
    assert archive.refused.counts == {reason: 1}
    assert "spoilt" in example and name in example
