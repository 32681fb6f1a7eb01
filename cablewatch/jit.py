"""The compiler of the core: numba, with a disk cache that sees every edit.

Numba's own cache key does not cover functions in *other* files. Kernels are therefore cached in
``<user cache>/cablewatch/kernels-<hash of the core's sources, Python, numba, processor>``: an edit
of any file that a kernel can be made of compiles anew, all others never do. The folder applies to
our kernels only; numba's settings stay as the process that imports us has them.

``CABLEWATCH_CACHE_DIR`` replaces ``<user cache>/cablewatch`` (a read-only container mounts a
volume there). Where the folder cannot be written, kernels are compiled in memory by each process.
"""

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import llvmlite.binding
import numba
import platformdirs

F = TypeVar("F", bound=Callable[..., Any])

SOURCES = (
    "ais/*.py",
    "cables/*.py",
    "engine/*.py",
    "errors.py",
    "fixes.py",
    "geodesy.py",
    "geojson.py",
    "jit.py",
    "ordering/*.py",
    "units.py",
    "vessels/*.py",
)
"""Patterns of the files of the package that kernels live in or take constants from."""
KEEP_UNUSED_S = 30 * 86_400  # s; a folder that no process opened for so long is removed


def _build_hash() -> str:
    """Name of everything a compiled kernel depends on."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in root.glob(pattern)):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    processor = llvmlite.binding.get_host_cpu_name()
    digest.update(f"{sys.version}|{numba.__version__}|{processor}".encode())
    return digest.hexdigest()[:16]


def _open_cache() -> Path | None:
    """Folder for the kernels of exactly this build, marked as used; None if it is read-only."""
    base = os.environ.get("CABLEWATCH_CACHE_DIR") or platformdirs.user_cache_dir("cablewatch")
    folder = Path(base) / f"kernels-{_build_hash()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _remove_unused(folder: Path) -> None:
    """Remove the kernels of builds that nobody runs any more, which stand beside `folder`."""
    for other in folder.parent.glob("kernels-" + 16 * "[0-9a-f]"):
        try:
            unused_s = time.time() - other.stat().st_mtime
        except OSError:  # another process removed it
            continue
        if unused_s > KEEP_UNUSED_S:
            shutil.rmtree(other, ignore_errors=True)


CACHE_DIR = _open_cache()
if CACHE_DIR is not None:
    _remove_unused(CACHE_DIR)


def kernel(function: F) -> F:
    """Compile a function of the core: cached on disk, without the GIL, IEEE arithmetic.

    Division by zero gives inf or NaN as in numpy. Floating point is never reordered, so that a
    result does not depend on how its input was cut.
    """
    return _compiled(function, "never")


def lean(function: F) -> F:
    """Compile like :func:`kernel`, without counting references to arrays.

    Counting takes two locked instructions for each array of each call. A function without it can
    allocate nothing and return no array; the caller keeps what it passes.
    """
    return _compiled(function, "never", _nrt=False)


def inlined(function: F) -> F:
    """Compile like :func:`lean`, as part of every caller: for what stands on the path of a fix."""
    return _compiled(function, "always", _nrt=False)


def _compiled(function: F, inline: Literal["never", "always"], **options: bool) -> F:
    settings: Any = numba.config
    theirs = settings.CACHE_DIR
    settings.CACHE_DIR = str(CACHE_DIR or "")  # read by the decorator, and only there
    try:
        njit: Any = numba.njit  # its types leave out _nrt
        decorate = njit(
            cache=CACHE_DIR is not None, nogil=True, error_model="numpy", inline=inline, **options
        )
        return cast(F, decorate(function))
    finally:
        settings.CACHE_DIR = theirs


def is_compiled(function: Callable[..., Any]) -> bool:
    """Whether this build's kernel is on disk already, so that its first call loads it."""
    if CACHE_DIR is None:
        return False
    folder = Path(function.stats.cache_path)  # type: ignore[attr-defined]
    return any(folder.glob(f"*.{function.__qualname__}-*.nbi"))
