"""A store in which one ship saws to and fro over a cable among others that pass, and its report."""

from pathlib import Path

import pytest

from cablewatch.archives import ReadOptions
from cablewatch.dossier.bundle import write_bundle
from cablewatch.usecases.report import Report, report
from tests.dossier.scenes import MADE_MS, loiterer, stored
from tests.investigation.scenes import archive, eastward


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Report]:
    """Store, archive, and the report of the alert in it."""
    folder = tmp_path_factory.mktemp("dossier")
    path = archive(folder, [loiterer(), *(eastward(219000001 + k, 11.0 + k / 4) for k in range(8))])
    store, alert = stored(path)
    return store, path, report(store, alert.id[:6], [], options=ReadOptions(), made_ms=MADE_MS)


@pytest.fixture
def bundle(made: tuple[Path, Path, Report], tmp_path: Path) -> Path:
    """The report as a file."""
    path = tmp_path / "report.zip"
    write_bundle(path, made[2].files)
    return path
