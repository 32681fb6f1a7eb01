"""`cablewatch cables import` from outside: output, exit codes, questions on a terminal."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pyogrio
import pytest
import shapely
from cells import LINE, Object, write_cell

from cablewatch.cables.model import load_cables
from tests.commands import run

ROOT = Path(__file__).resolve().parents[3]
OPTIONS = ["--kind=telecom", "--position-class=charted", "--uncertainty-m=100", "--source=x",
           "--licence=y"]  # fmt: skip


def test_the_summary_says_what_became_of_each_feature(tmp_path, layer):
    frame = layer(LINE, shapely.Point(1, 1), name=["A", "B"])
    pyogrio.write_dataframe(frame, tmp_path / "a.geojson")
    done = run("cables", "import", "a.geojson", "--layer", "a", *OPTIONS, folder=tmp_path)
    assert "2 features read, 1 taken, 1 refused; 1 cables in my-cables.geojson" in done.stdout
    assert "refused 1 not a line (Point); first: layer a, feature 1" in done.stdout
    assert "default: Danish convention" in done.stdout and "credit: x, y" in done.stdout
    assert "A" in run("cables", "list", "--cables", "my-cables.geojson", folder=tmp_path).stdout


def test_without_a_terminal_the_option_is_named(tmp_path, layer):
    pyogrio.write_dataframe(layer(), tmp_path / "a.gpkg")
    done = run("cables", "import", "a.gpkg", *OPTIONS[:4], ok=2, folder=tmp_path)
    assert "--licence" in done.stderr and not (tmp_path / "my-cables.geojson").exists()
    done = run("cables", "import", "a.gpkg", "--map", "colour=RED", ok=2, folder=tmp_path)
    assert "--map" in done.stderr and "position-class" in done.stderr
    twice = run(
        "cables", "import", "a.gpkg", "--map", "id=A", "--map", "id=B", ok=2, folder=tmp_path
    )
    assert "id is there twice" in twice.stderr
    assert (
        "--zone-m"
        in run("cables", "import", "a.gpkg", "--zone-basis", "x", ok=2, folder=tmp_path).stderr
    )
    assert (
        "teleco"
        in run("cables", "import", "a.gpkg", "--kind", "teleco", ok=2, folder=tmp_path).stderr
    )


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_on_a_terminal_what_is_missing_is_asked_for(tmp_path, layer):
    pyogrio.write_dataframe(layer(), tmp_path / "a.gpkg")
    ours, theirs = os.openpty()
    call = [sys.executable, "-m", "cablewatch", "cables", "import", "a.gpkg", *OPTIONS[:2]]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    os.write(ours, b"far\n70\nthe owner\nby letter\n")  # an answer that is no number is asked again
    done = subprocess.run(
        call,
        cwd=tmp_path,
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
        env=env,
    )
    asked = os.read(ours, 65_536).decode()
    os.close(ours), os.close(theirs)
    assert done.returncode == 0, asked
    assert "in metres" in asked and "is no number" in asked
    (cable,) = load_cables(tmp_path / "my-cables.geojson")
    assert (cable.position_uncertainty_m, cable.source, cable.licence) == (
        70,
        "the owner",
        "by letter",
    )


def examples() -> list[str]:
    """The commands in the section of docs/cables.md on importing."""
    text = (ROOT / "docs" / "cables.md").read_text(encoding="utf-8")
    section = text.partition("## Importing")[2].partition("\n## ")[0]
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", section)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("cablewatch cables import")]


def _files(folder: Path, layer) -> None:
    """A small file of every name that the examples read."""
    frame = layer(ID=["1"], NAME=["A"], OPERATOR=["Op"])
    pyogrio.write_dataframe(frame.to_crs(25832), folder / "survey.gpkg", layer="as_laid")
    pyogrio.write_dataframe(frame, folder / "cables.shp")
    pyogrio.write_dataframe(layer(Name=["A"]), folder / "drawn.kml", driver="LIBKML")
    pyogrio.write_dataframe(layer(name=["A"]), folder / "lines.geojson")
    write_cell(folder / "DK4KATTG.000", [Object("CBLSUB", LINE, {"CATCBL": "4"})])
    tags = {"@id": ["way/1"], "communication": ["line"], "submarine": ["yes"]}
    pyogrio.write_dataframe(layer(**tags), folder / "export.geojson")
    nodes = "".join(f'<node id="{n}" lat="{y}" lon="{x}"/>' for n, (x, y) in enumerate(LINE, 1))
    way = '<nd ref="1"/><nd ref="2"/><tag k="power" v="cable"/><tag k="submarine" v="yes"/>'
    (folder / "baltic.osm").write_text(f'<osm version="0.6">{nodes}<way id="7">{way}</way></osm>')
    pyogrio.write_dataframe(layer(lokalid=["1"], navn=["A"]), folder / "pcablesnve.geojson")
    columns = {"id": ["a"], "name": ["A"], "color": ["#fff"], "feature_id": ["a-0"]}
    pyogrio.write_dataframe(layer(**columns), folder / "cable-geo.json", driver="GeoJSON")


@pytest.mark.parametrize("command", examples())
def test_the_documented_commands_run(tmp_path, layer, command):
    import shlex

    _files(tmp_path, layer)
    done = run(*shlex.split(command)[1:], folder=tmp_path)
    assert "1 features read, 1 taken, 0 refused" in done.stdout
    assert len(load_cables(tmp_path / "my-cables.geojson")) == 1


def test_every_profile_and_format_has_an_example():
    text = "\n".join(examples())
    for name in (
        ".gpkg",
        ".shp",
        ".kml",
        ".geojson",
        ".000",
        ".osm",
        "cable-geo.json",
        "pcablesnve",
    ):
        assert name in text
