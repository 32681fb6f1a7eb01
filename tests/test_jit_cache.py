"""The kernel cache: an edit in any file of the core compiles anew, no other does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cablewatch

RULE = """
from cablewatch.jit import kernel

LIMIT = 7

@kernel
def limit():
    return LIMIT
"""
FOLD = """
from cablewatch.jit import kernel
from cablewatch.engine.probe_rule import limit

@kernel
def fold(x):
    return x + limit()
"""
CALL = """
import numba
from cablewatch.jit import is_compiled
from cablewatch.engine.probe_fold import fold
print(is_compiled(fold), fold(1), numba.config.CACHE_DIR == {numba_dir!r})
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package with a kernel that calls a kernel of another file."""
    shutil.copytree(
        Path(cablewatch.__file__).parent,
        tmp_path / "cablewatch",
        ignore=shutil.ignore_patterns("__pycache__", "data"),
    )
    (tmp_path / "cablewatch/engine/probe_rule.py").write_text(RULE)
    (tmp_path / "cablewatch/engine/probe_fold.py").write_text(FOLD)
    return tmp_path


def call(folder: Path, cache: Path, numba_dir: str = "") -> list[str]:
    """Words printed by a new process that calls the copy's fold."""
    env = os.environ | {
        "CABLEWATCH_CACHE_DIR": str(cache),
        "NUMBA_CACHE_DIR": numba_dir,
        "PYTHONPATH": str(folder),
    }
    # -P: the folder the tests run in must not hide the copy
    run = subprocess.run(
        [sys.executable, "-P", "-c", CALL.format(numba_dir=numba_dir)],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def kernels(cache: Path) -> dict[Path, int]:
    """Compiled kernels on disk and when each was written."""
    return {path: path.stat().st_mtime_ns for path in cache.rglob("*.nbc")}


def test_edit_in_another_file_compiles_anew(package: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert call(package, cache)[:2] == ["False", "8"]
    rule = package / "cablewatch/engine/probe_rule.py"
    rule.write_text(RULE.replace("LIMIT = 7", "LIMIT = 9"))
    assert call(package, cache)[:2] == ["False", "10"]


@pytest.mark.parametrize("edited", ["pipeline.py", "cables/importers/osm.py"])
def test_edit_outside_the_core_compiles_nothing(package: Path, tmp_path: Path, edited: str) -> None:
    cache = tmp_path / "cache"
    call(package, cache)
    (package / "cablewatch" / edited).write_text("")
    assert call(package, cache)[:2] == ["True", "8"]


def test_unchanged_package_compiles_nothing(package: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    call(package, cache)
    first = kernels(cache)
    assert first, "the first run must fill the cache"
    assert call(package, cache)[:2] == ["True", "8"]
    assert kernels(cache) == first


def test_numba_settings_of_the_process_stay(package: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    assert call(package, tmp_path / "cache", numba_dir=str(theirs))[2] == "True"
    assert not kernels(theirs)


def test_without_a_writable_folder_kernels_live_in_memory(package: Path, tmp_path: Path) -> None:
    # a file in place of the folder stops every user, root included; permissions stop only some
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    assert call(package, blocked)[:2] == ["False", "8"]
    assert blocked.read_text() == ""
    assert not kernels(tmp_path)


def test_only_unused_builds_are_removed(package: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    old, recent, foreign = (
        cache / name for name in ("kernels-" + 16 * "a", "kernels-" + 16 * "b", "kernels-of-others")
    )
    for folder in (old, recent, foreign):
        folder.mkdir(parents=True)
        (folder / "k.nbc").write_text("")
    for folder in (old, foreign):
        os.utime(folder, (0, 0))
    call(package, cache)
    assert not old.exists()
    assert recent.exists()
    assert foreign.exists()
