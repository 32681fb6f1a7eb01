"""An excerpt says of its ship what the whole archive says, whatever the format."""

import gzip
import json
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cablewatch.archives import ReadOptions, open_archive
from cablewatch.dossier.excerpt import Excerpt, excerpts, place_of, rows_of, written
from cablewatch.dossier.nmea import mmsi_of
from cablewatch.fixes import Fixes, Stations
from cablewatch.usecases.read import read_files
from cablewatch.vessels.statics import Statics
from tests.ais.conftest import Nmea

OWN, OTHER = 219000001, 219000002
SHARED = {
    "nmea/dma_2010-06-11_raw.nmea": 3,
    "nmea/exactearth_tag_block.nmea": 1,
    "nmea/dma_2013-11-12_5min.nmea.gz": 3,
    "archives/dma_aisdk_2018-06-01_head.csv": 2,
    "archives/marinecadastre_2023-01-11.csv": 2,
    "archives/spire_2021-07-01.csv": 2,
    "archives/digitraffic_2017-02-20.js": 2,
    "archives/digitraffic_reduced_2025-12-11.json.gz": 1,
    "archives/aisstream_samples.jsonl": 1,
}


def of(path: Path, mmsi: int) -> list[Excerpt]:
    archive = open_archive(path, stations=Stations(), options=ReadOptions())
    return list(excerpts(archive, ReadOptions(), mmsi, lambda read: None))


def said(fixes: Fixes, statics: Statics, mmsi: int) -> Counter[tuple[object, ...]]:
    """All that a ship says, whatever the order and the station codes."""
    own, told = fixes.take(fixes.mmsi == mmsi), statics.take(statics.mmsi == mmsi)
    columns = [np.nan_to_num(c, nan=-1.0).tolist() for c in list(own.columns())[:-1]]
    texts = [c.tolist() for c in list(told.columns())[:-1] if c.dtype.kind != "f"]
    return Counter([*zip(*columns, strict=True), *zip(*texts, strict=True)])


def check(path: Path, mmsi: int, folder: Path) -> list[Excerpt]:
    """Compare; returns the excerpts."""
    whole = read_files([path], ReadOptions())
    found = of(path, mmsi)
    assert all(len(excerpt.lines) == len(excerpt.rows) for excerpt in found)
    placed = {place_of(1, k, excerpt): excerpt for k, excerpt in enumerate(found, 1)}
    alone = read_files(written(placed, folder), ReadOptions())
    assert said(alone.fixes, alone.statics, mmsi) == said(whole.fixes, whole.statics, mmsi)
    return found


def test_parts_of_a_message_stay_together(tmp_path: Path) -> None:
    nmea = Nmea()
    static = {"type": 5, "shipname": "ANNA", "ship_type": 70, "to_bow": 90, "to_stern": 10}
    position = {"type": 1, "lon": 18.0, "lat": 56.0, "speed": 10.0, "course": 90.0}
    lines = []
    for k in range(6):
        own = nmea.encode(sequence=k, mmsi=OWN, **static)
        other = nmea.encode(sequence=k, mmsi=OTHER, channel="B", **static)
        stamp = nmea.tag(f"c:{1700000000 + 10 * k},s:pier")
        parts = [own[0], other[0], own[1], other[1]]
        lines += [stamp + part for part in (parts if k % 2 else parts[2:3] + parts[:2] + parts[3:])]
        lines += [stamp + nmea.encode(mmsi=m, **position)[0] for m in (OWN, OTHER)]
    path = tmp_path / "log.nmea"
    path.write_text("\n".join(lines) + "\n")
    (found,) = check(path, OWN, tmp_path)
    numbered = path.read_bytes().split(b"\n")
    assert found.rows == [numbered[line - 1] for line in found.lines]
    assert len(found.rows) == 6 * 3


def test_the_time_of_a_sentence_goes_with_it(tmp_path: Path) -> None:
    nmea = Nmea()
    lines = []
    for k in range(10):
        lines.append(nmea.pghp(f"1,2023,11,14,22,13,{10 + k},0,219,,2190067,1,62"))
        lines += nmea.encode(type=1, mmsi=OWN if k % 3 else OTHER, lon=18.0, lat=56.0 + k / 100)
    path = tmp_path / "log.nmea"
    path.write_text("\r\n".join(lines) + "\r\n")
    (found,) = check(path, OWN, tmp_path)
    assert len(found.rows) == 2 * 6


HEAD = "time_utc,mmsi,lon,lat,sog_kn,cog_deg,name"


def rows(n: int = 30) -> list[str]:
    return [
        f"2024-03-02T10:{k:02}:00Z,{(OTHER, OWN)[k % 2]},{18 + k / 100},56.0,9.5,90.0,SHIP {k % 2}"
        for k in range(n)
    ]


def test_a_table_keeps_its_header(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join([HEAD, *rows()]))
    (found,) = check(path, OWN, tmp_path)
    assert found.lines == (1, *range(3, 32, 2))
    assert found.heads == 1
    assert rows_of(found.part(2, 4)) == [found.rows[0], *found.rows[3:5]]


def test_packed_files_are_looked_into(tmp_path: Path) -> None:
    text = "\n".join([HEAD, *rows()]).encode()
    gz, many = tmp_path / "t.csv.gz", tmp_path / "many.zip"
    gz.write_bytes(gzip.compress(text))
    with zipfile.ZipFile(many, "w") as packed:
        packed.writestr("a.csv", text)
        packed.writestr("b.csv", text.replace(b"2024-03-02", b"2024-03-03"))
    assert [e.name for e in check(gz, OWN, tmp_path)] == ["t.csv"]
    (tmp_path / "zip").mkdir()
    assert [e.name for e in check(many, OWN, tmp_path / "zip")] == ["a.csv", "b.csv"]


def test_a_number_inside_another_is_not_the_ships(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    longer = rows(2)[0].replace(str(OTHER), f"9{OWN}")
    path.write_text("\n".join([HEAD, *rows(2), longer]))
    assert of(path, OWN)[0].lines == (1, 3)


def test_parquet_keeps_rows_and_their_numbers(tmp_path: Path) -> None:
    cells = [row.split(",") for row in rows()]
    columns = dict(zip(HEAD.split(","), map(list, zip(*cells, strict=True)), strict=True))
    columns |= {"mmsi": list(map(int, columns["mmsi"]))}
    columns |= {
        name: list(map(float, columns[name])) for name in ("lon", "lat", "sog_kn", "cog_deg")
    }
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=7)
    (found,) = check(path, OWN, tmp_path)
    assert found.lines == tuple(range(2, 31, 2))
    assert json.loads(found.rows[0])["mmsi"] == OWN


def test_a_ship_that_is_not_there_has_no_excerpt(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join([HEAD, *rows()]))
    assert of(path, 219000009) == []


@pytest.mark.parametrize(
    ("payload", "mmsi"), [(b"13AE=p0P291bGJ@PfV=<iS;1P000", 219500000), (b"1", 0)]
)
def test_ships_are_told_from_payloads(payload: bytes, mmsi: int) -> None:
    assert mmsi_of(payload) == mmsi


@pytest.mark.parametrize("name", SHARED)
def test_recorded_archives(shared: Path, tmp_path: Path, name: str) -> None:
    whole = read_files([shared / name], ReadOptions())
    ships, counts = np.unique(whole.fixes.mmsi, return_counts=True)
    busiest = ships[np.argsort(-counts, kind="stable")][: SHARED[name]]
    for mmsi in busiest.tolist():
        folder = tmp_path / str(mmsi)
        folder.mkdir()
        check(shared / name, mmsi, folder)
