"""docs/operations.md names what the service tells of itself."""

from pathlib import Path

from cablewatch.service.folder import StoreFolder
from cablewatch.service.metrics import Metrics, StoreCollector

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def test_every_figure_is_documented_and_only_those(store):
    metrics = Metrics()
    metrics.registry.register(StoreCollector(StoreFolder(store)))
    made = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in metrics.registry.collect()
        if not family.name.endswith("_created")
    }
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `cablewatch_")]
    assert {row.split("`")[1] for row in rows} == made
