"""docs/investigate.md names every property, reason, term and figure."""

import re
from pathlib import Path

from cablewatch.commands.findings import REASONS
from cablewatch.engine.speed_loss import IN_BAND
from cablewatch.investigation import gaps, passages, ranking, terms
from cablewatch.investigation.case import ERROR_KM, OFF_ROUTE_M
from cablewatch.investigation.records import PROPERTIES

TEXT = (Path(__file__).parents[2] / "docs" / "investigate.md").read_text(encoding="utf-8")


def first_column(heading: str) -> list[str]:
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def test_properties_are_those_written() -> None:
    assert sorted(first_column("Output")) == sorted([*PROPERTIES, "track"])


def test_reasons_are_those_given() -> None:
    assert first_column("Why not") == list(REASONS)
    assert re.findall(r"(?m)^``(\w+)``", ranking.__doc__ or "") == list(REASONS)


def test_kinds_of_passage_and_terms_are_those_made() -> None:
    assert first_column("Passages") == re.findall(r"(?m)^``(\w+)``", passages.__doc__ or "")
    made = set(re.findall(r'_term\(\s*"(\w+)"', Path(terms.__file__).read_text(encoding="utf-8")))
    assert set(first_column("Evidence")) == made


def test_figures_are_those_of_the_code() -> None:
    for figure in (
        f"{gaps.UNKNOWN_KN:g} kn",
        f"within {passages.STILL_M:g} m",
        f"+{terms.DROP_SAYS:.2f}",
        f"{terms.DROP_DENIES:.2f}",
        f"+{IN_BAND:.2f}",
        f"{ERROR_KM:g} km if not given",
        f"by {OFF_ROUTE_M / 1000:g} km",
    ):
        assert figure in TEXT, figure
