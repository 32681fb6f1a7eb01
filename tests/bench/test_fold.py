"""The bench of the fold starts a process of its own that folds."""

from pathlib import Path

from bench.fold import compile_s
from cablewatch.jit import CACHE_DIR


def test_a_new_process_folds(tmp_path: Path) -> None:
    """Kernels lie on disk as a rule, so that nothing is compiled here."""
    assert compile_s(str(CACHE_DIR.parent if CACHE_DIR else tmp_path)) > 0.0
