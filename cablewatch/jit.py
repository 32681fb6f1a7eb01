"""The compiler of the core: numba, with a cache that sees every edit.

Numba's own cache key does not cover functions in *other* files, so before numba is imported its
cache folder is set to ``<user cache>/cablewatch/<hash of our sources, Python, numba, machine>``.
An edit anywhere in the package therefore compiles anew, and an unchanged package never does.
``CABLEWATCH_CACHE_DIR`` overrides the user cache folder (a read-only container mounts a volume).
"""

import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

F = TypeVar("F", bound=Callable[..., Any])


def _sources_hash() -> str:
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    digest.update(f"{sys.version}|{version('numba')}|{platform.machine()}".encode())
    return digest.hexdigest()[:16]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def cache_dir() -> Path:
    """Folder of the compiled kernels of exactly these sources; created when it can be."""
    base = os.environ.get("CABLEWATCH_CACHE_DIR") or platformdirs.user_cache_dir("cablewatch")
    folder = Path(base) / _sources_hash()
    return folder if _writable(folder) else Path(tempfile.mkdtemp(prefix="cablewatch-"))


CACHE_DIR = cache_dir()
COMPILED = CACHE_DIR.exists() and any(CACHE_DIR.rglob("*.nbi"))
"""Whether an earlier process has compiled kernels of these sources."""

os.environ["NUMBA_CACHE_DIR"] = str(CACHE_DIR)

import numba  # noqa: E402  (the cache folder must be set first)

numba.config.CACHE_DIR = str(CACHE_DIR)


def kernel(function: F) -> F:
    """Compile a function of the core: cached on disk, without the GIL, IEEE arithmetic.

    Division by zero gives inf or NaN as in numpy. Floating point is never reordered, so that a
    result does not depend on how its input was cut.
    """
    compiled: F = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled
