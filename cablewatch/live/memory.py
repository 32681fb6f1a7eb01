"""Memory that is free goes back to the system.

A snapshot takes for a moment several times what it holds, a compaction some hundred megabytes.
Allocators keep such pages between blocks that live on, Arrow's for each of its threads, and a watch
of months would look as if it grew.
"""

import ctypes

import pyarrow as pa

_LIBC = ctypes.CDLL(None)


def use_one_allocator() -> None:
    """Have Arrow take its memory from the C library from now on, in all of this process."""
    pa.set_memory_pool(pa.system_memory_pool())


def give_back() -> None:
    """Return what the C library holds free; where it can."""
    if hasattr(_LIBC, "malloc_trim"):  # of glibc; others keep less
        _LIBC.malloc_trim(0)
