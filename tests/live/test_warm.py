"""A watch opens its sources once all that it takes to judge is compiled."""

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cablewatch.cables.model import Cable
from cablewatch.cli import app
from cablewatch.live import warm as live_warm

COUNTED = """
import gc
from pathlib import Path
from tempfile import TemporaryDirectory
from numba.core.dispatcher import Dispatcher
from cablewatch.live.warm import warm
from cablewatch.scenario.scenes import make_scene
from cablewatch.usecases.replay import replay

def compiled():
    kernels = [kernel for kernel in gc.get_objects() if isinstance(kernel, Dispatcher)]
    return {(kernel.__name__, str(said)) for kernel in kernels for said in kernel.signatures}

made = make_scene("anchor-drag", 1)
warm(made.cables)
before = compiled()
assert "fold" in {name for name, _ in before}
with TemporaryDirectory() as folder:
    log = Path(folder) / "scene.nmea"
    made.write(log)
    replay([log], made.cables)
print(*{name for name, _ in compiled() - before})
"""
SHORT = {"drop_all", "destination"}  # at the end of a file, and of a silence: a second each at most


def test_nothing_long_is_left_to_compile_for_the_first_ships() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNTED], capture_output=True, text=True, timeout=600, check=True
    )
    assert set(done.stdout.split()) <= SHORT


class Compiled(Exception):
    """The command got as far as that."""


def test_no_source_is_opened_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)

        def compiles(cables: Sequence[Cable]) -> None:
            with pytest.raises(TimeoutError):
                server.accept()
            raise Compiled

        monkeypatch.setattr(live_warm, "warm", compiles)
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        done = CliRunner().invoke(app, ["watch", url, "--store", str(tmp_path / "store")])
    assert isinstance(done.exception, Compiled)
