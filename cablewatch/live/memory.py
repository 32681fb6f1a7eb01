"""Memory that is free goes back to the system.

A snapshot takes for a moment several times what it holds, a compaction some hundred megabytes.
Allocators keep such pages between blocks that live on, Arrow's for each of its threads, and a watch
of months would look as if it grew.
"""

import ctypes
import os

_LIBC = ctypes.CDLL(None)


def use_one_allocator() -> None:
    """Have Arrow take its memory from the C library; it asks when it is loaded."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def give_back() -> None:
    """Return what the C library holds free; where it can."""
    if hasattr(_LIBC, "malloc_trim"):  # of glibc; others keep less
        _LIBC.malloc_trim(0)
