"""A store in which one ship saws to and fro over a cable among others that pass, and its report."""

from pathlib import Path

import pytest

from cablewatch.archives import ReadOptions
from cablewatch.cables.model import load_cables
from cablewatch.dossier.bundle import write_bundle
from cablewatch.stores.folder import StoreWriter
from cablewatch.usecases.replay import replay
from cablewatch.usecases.report import Report, report
from tests.dossier.scenes import MADE_MS, MMSI, loiterer
from tests.investigation.scenes import HEAD, cables, eastward


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Report]:
    """Store, archive, and the report of the alert in it."""
    folder = tmp_path_factory.mktemp("dossier")
    ships = [loiterer(), *(eastward(219000001 + k, kn=11.0 + k / 4) for k in range(8))]
    rows = sorted((row for ship in ships for row in ship.rows), key=lambda row: row[:24])
    archive = folder / "tracks.csv"
    archive.write_text(HEAD + "".join(rows))
    routes = cables(folder, {"north": [(18.0, 55.5), (18.0, 56.5)]}, off_m=1000)
    store = folder / "store"
    writer = StoreWriter.of_archives(store, [archive])
    result = replay([archive], load_cables(routes), store=writer)
    alert = next(a for a in result.ranked() if a.mmsi == MMSI)
    return store, archive, report(store, alert.id[:6], [], options=ReadOptions(), made_ms=MADE_MS)


@pytest.fixture
def bundle(made: tuple[Path, Path, Report], tmp_path: Path) -> Path:
    """The report as a file."""
    path = tmp_path / "report.zip"
    write_bundle(path, made[2].files)
    return path
