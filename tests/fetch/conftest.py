"""A host of archives that every test fills, and a connection that has little patience with it."""

import io
import random
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from host import Host, serving


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves this machine, whatever the environment says."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def host() -> Iterator[Host]:
    """A host without files."""
    with serving(Host({})) as answering:
        yield answering


@pytest.fixture(scope="session")
def archive() -> bytes:
    """A zip of 60 kB that does not compress."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as made:
        made.writestr("aisdk.csv", random.Random(1).randbytes(60_000))
    return memory.getvalue()
