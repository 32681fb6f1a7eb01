"""docs/formats.md names every format, reason, column and word that readers know."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cablewatch.archives import FORMATS, checked, phrases, records, rows, specs
from cablewatch.archives.sniff import format_of
from cablewatch.archives.spec import TableSpec
from cablewatch.cli import FORMAT_NAMES, app
from cablewatch.output.tables import FIX_SCHEMA

TEXT = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
CODED = set(re.findall(r"`([^`\n]+)`", TEXT))


@pytest.mark.parametrize(
    "names",
    [
        FORMATS,
        re.findall(r"^(\w+_\w+)  ", rows.__doc__ or "", re.M),
        re.findall(r"^(\w+_\w+)  ", checked.__doc__ or "", re.M),
        re.findall(r"^(\w+_\w+)  ", records.__doc__ or "", re.M),
        ["bad_row", "unparsable", "other_member"],
        FIX_SCHEMA.names,
    ],
)
def test_names(names: list[str]) -> None:
    assert names
    assert set(names) - CODED == set()


@pytest.mark.parametrize("spec", specs.TABLES, ids=lambda spec: spec.format)
def test_columns(spec: TableSpec) -> None:
    coded = {name.lower() for name in CODED}
    assert spec.unread.union(*spec.columns.values()) - coded == set()


@pytest.mark.parametrize("table", [phrases.NAV_STATUS, phrases.SHIP_TYPE])
def test_words(table: dict[str, int]) -> None:
    cells = re.split(r"[|;]\s*", TEXT.lower())
    known = {cell.strip() for cell in cells}
    spelt_otherwise = {"restricted manoeuvrability", "ais-sart is active"}
    spelt_otherwise |= {"reserved for future amendment [wig]"}  # listed as "[WIG]"
    assert set(table) - known - spelt_otherwise == set()


SECTIONS = {
    title: body
    for section in re.split(r"^## ", TEXT, flags=re.M)[1:]
    for title, _, body in [section.partition("\n")]
    if "```console" in body
}
EXAMPLE = re.compile(r"```\n(.*?)```\n\n```console\n(.*?)```", re.S)


def test_help_names_every_format() -> None:
    assert tuple(FORMATS) == FORMAT_NAMES


def test_every_format_has_an_example() -> None:
    shown = {name for title in SECTIONS for name in re.findall(r"`([\w-]+)`", title)}
    assert shown == set(FORMATS)


def test_the_examples_are_of_every_format() -> None:
    shown = {
        format_of(content.encode(), {})
        for section in SECTIONS.values()
        for content, _ in EXAMPLE.findall(section)
    }
    assert shown - {None} == set(FORMATS) - {"parquet"}  # which its section makes of a csv


@pytest.mark.parametrize("title", SECTIONS)
def test_examples_run_as_shown(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = EXAMPLE.findall(SECTIONS[title])
    assert examples
    for content, console in examples:
        commands = re.findall(r"^\$ cablewatch (.*)$", console, re.M)
        (tmp_path / commands[0].split()[1]).write_text(content)
        said = [CliRunner().invoke(app, shlex.split(command)) for command in commands]
        assert [done.exit_code for done in said] == [0] * len(commands), said
        lines = [line for done in said for line in done.stdout.splitlines()]
        assert lines == [line for line in console.splitlines() if line[0] != "$"]
