"""The wheel as a stranger installs it: in an environment of its own, with no Node.js in reach."""

import os
import re
import shutil
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path

import pytest

from cablewatch.service.routes.page import ASSETS

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.soak


def test_an_installed_wheel_serves_the_map(tmp_path: Path) -> None:
    if not (ASSETS / "map/index.html").is_file():
        pytest.skip("the map is not built: `make map`, which needs Node.js")
    source = tmp_path / "source"  # a copy, for nothing is left behind
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-DATA"):
        shutil.copy(ROOT / name, source)
    for name in ("cablewatch", "data"):
        left = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=left)
    build = ["build", "--wheel", "--no-isolation", "--outdir", tmp_path, source]
    subprocess.run([sys.executable, "-m", *build], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")

    venv.create(tmp_path / "env", with_pip=True)
    commands = tmp_path / "env/bin"
    for wanted in (["--require-hashes", "-r", ROOT / "requirements.lock"], ["--no-deps", wheel]):
        subprocess.run([commands / "pip", "install", "--quiet", *wanted], check=True)

    store, alone = tmp_path / "store", {**os.environ, "PATH": str(commands)}
    store.mkdir()
    call = [commands / "cablewatch", "serve", "--store", store, "--port", "0"]
    with subprocess.Popen(
        call, cwd=tmp_path, env=alone, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        found = (re.search(r"http://\S+/", line) for line in process.stderr)
        url = next(place[0] for place in found if place)
        try:
            with urllib.request.urlopen(url) as answer:
                assert b'src="assets/map/main.js"' in answer.read()
            for file in (ASSETS / "map").iterdir():
                with urllib.request.urlopen(f"{url}assets/map/{file.name}") as answer:
                    assert answer.read() == file.read_bytes(), file.name
        finally:
            process.terminate()
