"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of recordings beside the project; tests that need it skip where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("CABLEWATCH_SHARED", default)) / "data"
    if not folder.is_dir():
        pytest.skip(f"recordings are absent: {folder} (set CABLEWATCH_SHARED)")
    return folder
