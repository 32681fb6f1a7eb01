"""docs/formats.md names every format, reason, column and word that readers know."""

import re
from pathlib import Path

import pytest

from cablewatch.archives import FORMATS, danish, generic, phrases, rows
from cablewatch.tables import FIX_SCHEMA

TEXT = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
CODED = set(re.findall(r"`([^`\n]+)`", TEXT))


@pytest.mark.parametrize(
    "names",
    [
        FORMATS,
        re.findall(r"^(\w+_\w+)  ", rows.__doc__ or "", re.M),
        ["bad_row", "unparsable", "not_ship", "other_member"],
        generic.KNOWN,
        FIX_SCHEMA.names,
    ],
)
def test_names(names: list[str]) -> None:
    assert names
    assert set(names) - CODED == set()


def test_danish_columns() -> None:
    assert danish.KNOWN - {name.lower() for name in CODED} == set()


@pytest.mark.parametrize("table", [phrases.NAV_STATUS, phrases.SHIP_TYPE])
def test_words(table: dict[str, int]) -> None:
    cells = re.split(r"[|;]\s*", TEXT.lower())
    known = {cell.strip() for cell in cells}
    spelt_otherwise = {"restricted manoeuvrability", "ais-sart is active"}
    spelt_otherwise |= {"reserved for future amendment [wig]"}  # listed as "[WIG]"
    assert set(table) - known - spelt_otherwise == set()
